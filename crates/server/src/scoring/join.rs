//! Which calls may be answered by one run, and the rows of such calls put together.
//!
//! The server writes a *head* in front of every call: whose turn it takes, what it can be joined
//! with, and how many rows it has. The child compares heads alone until it joins calls, and then
//! looks at the calls themselves.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{
    ModelDigest, Tensor, Values,
    frame::{self, FrameError, Reader},
    message::ScoreRequest,
};

/// Rows in one run, joined or not: one large run is slower than several of this size, and takes
/// more memory.
pub(super) const RUN_ROWS: usize = 1_024;
/// Calls in one run.
pub(super) const RUN_CALLS: usize = 64;

/// What the child knows of a call before it reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    /// Whose turn the call takes: calls of one endpoint wait for each other, not for those of others.
    pub(super) flow: u64,
    /// Calls with the same number may be joined; 0 is joined with none.
    pub(super) key: u64,
    /// How many rows.
    pub(super) rows: u32,
}

impl Head {
    /// The head of a call. `parameters` of its inputs, the last ones, are given once for all rows.
    pub(super) fn of(
        group: &str,
        stages: &[ModelDigest],
        outputs: &[String],
        inputs: &[Tensor],
        parameters: usize,
    ) -> Self {
        let mut flow = DefaultHasher::new();
        group.hash(&mut flow);
        let flow = flow.finish();
        let (rows, shared) = inputs.split_at(inputs.len().saturating_sub(parameters));
        let count = rows.iter().map(|tensor| tensor.rows).max().unwrap_or(0);
        let even = rows.iter().all(|tensor| tensor.rows == count)
            && shared.iter().all(|tensor| tensor.rows == 1);
        let head = Self {
            flow,
            key: 0,
            rows: u32::try_from(count).unwrap_or(u32::MAX),
        };
        if !even || count == 0 || count > RUN_ROWS / 2 {
            return head;
        }
        let mut key = DefaultHasher::new();
        (stages, outputs, parameters).hash(&mut key);
        for tensor in rows {
            shape(tensor, &mut key);
        }
        for tensor in shared {
            shape(tensor, &mut key);
            values(&tensor.values, &mut key);
        }
        Self {
            key: key.finish().max(1),
            ..head
        }
    }

    /// Appends this head to a frame begun.
    pub(super) fn put(&self, frame: &mut Vec<u8>) {
        frame::put_numbers(frame, &[self.flow, self.key], u64::to_le_bytes);
        frame::put_numbers(frame, &[self.rows], u32::to_le_bytes);
    }

    /// Reads the head of a payload.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, FrameError> {
        Ok(Self {
            flow: reader.u64()?,
            key: reader.u64()?,
            rows: reader.u32()?,
        })
    }
}

fn kind(values: &Values) -> u8 {
    match values {
        Values::F32(_) => 1,
        Values::F64(_) => 2,
        Values::I64(_) => 3,
        Values::Bool(_) => 4,
        Values::Text(_) => 5,
    }
}

fn shape(tensor: &Tensor, hasher: &mut impl Hasher) {
    (&tensor.name, tensor.width, kind(&tensor.values)).hash(hasher);
}

fn values(values: &Values, hasher: &mut impl Hasher) {
    match values {
        Values::F32(values) => values.iter().for_each(|value| value.to_bits().hash(hasher)),
        Values::F64(values) => values.iter().for_each(|value| value.to_bits().hash(hasher)),
        Values::I64(values) => values.hash(hasher),
        Values::Bool(values) => values.hash(hasher),
        Values::Text(text) => (text.ends(), text.joined()).hash(hasher),
    }
}

/// The rows of all these calls as one call, in order. `None` where they are not alike after all: a
/// key is only a hash.
pub(super) fn join(requests: Vec<ScoreRequest>) -> Option<ScoreRequest> {
    let mut requests = requests.into_iter();
    let mut joined = requests.next()?;
    for request in requests {
        let same = request.stages == joined.stages
            && request.outputs == joined.outputs
            && request.parameters == joined.parameters
            && request.inputs.len() == joined.inputs.len();
        if !same {
            return None;
        }
        let rows = joined.inputs.len().checked_sub(joined.parameters)?;
        for (at, (to, more)) in joined.inputs.iter_mut().zip(request.inputs).enumerate() {
            if to.name != more.name || to.width != more.width {
                return None;
            }
            if at < rows {
                to.append(more)?;
            } else if !to.values.same(&more.values) {
                return None;
            }
        }
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::{Head, join};
    use crate::scoring::{ModelDigest, Tensor, Values, message::ScoreRequest};

    fn column(name: &str, values: &[f64]) -> Tensor {
        Tensor::column(name, Values::F64(values.to_vec()))
    }

    fn head(group: &str, inputs: &[Tensor], parameters: usize) -> Head {
        let stages = [ModelDigest::from_bytes([7; 32])];
        Head::of(group, &stages, &["label".to_owned()], inputs, parameters)
    }

    #[test]
    fn calls_alike_have_one_key_whatever_their_rows_are() {
        let one = head("a", &[column("x", &[1.0])], 0);
        let two = head("b", &[column("x", &[2.0, f64::NAN])], 0);
        assert_eq!((one.rows, two.rows, one.key), (1, 2, two.key));
        assert_ne!(one.flow, two.flow);
        assert_ne!(one.key, head("a", &[column("y", &[1.0])], 0).key);
        let whole = Tensor::column("x", Values::I64(vec![1]));
        assert_ne!(one.key, head("a", &[whole], 0).key);
    }

    #[test]
    fn parameters_must_be_equal() {
        let with = |scale: f64| head("a", &[column("x", &[1.0]), column("scale", &[scale])], 1).key;
        assert_eq!(with(2.0), with(2.0));
        assert_ne!(with(2.0), with(3.0));
        let as_a_row = head("a", &[column("x", &[1.0]), column("scale", &[2.0])], 0);
        assert_ne!(with(2.0), as_a_row.key);
    }

    #[test]
    fn what_can_not_be_joined_has_no_key() {
        let uneven = [column("x", &[1.0, 2.0]), column("y", &[1.0])];
        assert_eq!(head("a", &uneven, 0).key, 0);
        assert_eq!(head("a", &[column("x", &[0.0; 513])], 0).key, 0);
        assert_eq!(head("a", &[], 0).key, 0);
    }

    #[test]
    fn rows_are_put_together_and_parameters_are_not() {
        let request = |rows: &[f64], scale: f64| ScoreRequest {
            head: Head::default(),
            group: String::new(),
            stages: Vec::new(),
            outputs: Vec::new(),
            parameters: 1,
            inputs: vec![column("x", rows), column("scale", &[scale])],
        };
        let joined = join(vec![request(&[1.0], 2.0), request(&[3.0, 4.0], 2.0)]).unwrap();
        assert_eq!(joined.inputs, request(&[1.0, 3.0, 4.0], 2.0).inputs);
        assert!(join(vec![request(&[1.0], 2.0), request(&[3.0], 5.0)]).is_none());
        let other = ScoreRequest {
            outputs: vec!["label".to_owned()],
            ..request(&[1.0], 2.0)
        };
        assert!(join(vec![request(&[1.0], 2.0), other]).is_none());
    }
}
