//! What frames carry: rows to score, scored rows, failures, signatures.

use super::{
    Element, ModelDigest, Port, Signature, Tensor, Text, Values,
    frame::{self, FrameError, Reader},
    join::Head,
};

/// Rows to score, as the child reads them.
#[derive(Debug, PartialEq)]
pub(super) struct ScoreRequest {
    pub(super) head: Head,
    pub(super) group: String,
    pub(super) stages: Vec<ModelDigest>,
    pub(super) outputs: Vec<String>,
    /// How many of the inputs, the last ones, are given once for all rows.
    pub(super) parameters: usize,
    pub(super) inputs: Vec<Tensor>,
}

/// When things happened to a call, in nanoseconds of the machine's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stamps {
    /// Its frame was read.
    pub(super) received: u64,
    /// A worker took it; 0 if none did.
    pub(super) started: u64,
    /// Its run had ended.
    pub(super) ended: u64,
}

/// Why a call has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureCode {
    /// The model gave an error or can't be loaded.
    Model,
    /// The deadline passed, waiting or running.
    Deadline,
    /// The server cancelled it.
    Cancelled,
    /// The tensors don't fit the model.
    Input,
    /// Vetting refused the model.
    Refused,
    /// The child does not have a model of the call, or no more. The call was not started.
    Missing,
}

const CODES: [(FailureCode, u8); 6] = [
    (FailureCode::Model, 1),
    (FailureCode::Deadline, 2),
    (FailureCode::Cancelled, 3),
    (FailureCode::Input, 4),
    (FailureCode::Refused, 5),
    (FailureCode::Missing, 6),
];

/// A failed call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub(super) code: FailureCode,
    /// The stage that ran last.
    pub(super) stage: u32,
    /// The tensor at fault, for [`FailureCode::Input`].
    pub(super) tensor: String,
    /// A clean sentence.
    pub(super) reason: String,
    /// Raw text of the runtime.
    pub(super) detail: String,
}

impl Failure {
    pub(super) fn new(code: FailureCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            stage: 0,
            tensor: String::new(),
            reason: reason.into(),
            detail: String::new(),
        }
    }

    /// The tensors don't fit.
    pub(super) fn input(tensor: &str, reason: impl Into<String>) -> Self {
        Self {
            tensor: tensor.to_owned(),
            ..Self::new(FailureCode::Input, reason)
        }
    }

    /// The model failed, with what the runtime said.
    pub(super) fn model(reason: impl Into<String>, detail: &impl ToString) -> Self {
        Self {
            detail: detail.to_string(),
            ..Self::new(FailureCode::Model, reason)
        }
    }
}

/// Appends a score request to a frame begun.
pub(super) fn put_request(
    frame: &mut Vec<u8>,
    group: &str,
    stages: &[ModelDigest],
    outputs: &[String],
    inputs: &[Tensor],
    (head, parameters): (Head, usize),
) {
    head.put(frame);
    frame::put_text(frame, group);
    frame::put_count(frame, stages.len());
    for stage in stages {
        frame.extend_from_slice(stage.as_bytes());
    }
    frame::put_count(frame, outputs.len());
    for output in outputs {
        frame::put_text(frame, output);
    }
    frame::put_count(frame, parameters);
    put_tensors(frame, inputs);
}

/// Reads a score request.
pub(super) fn read_request(payload: &[u8]) -> Result<ScoreRequest, FrameError> {
    let mut reader = Reader::new(payload);
    let head = Head::read(&mut reader)?;
    let group = reader.text()?.to_owned();
    let count = reader.count(32)?;
    let stages = (0..count)
        .map(|_| reader.digest().map(ModelDigest::from_bytes))
        .collect::<Result<_, _>>()?;
    let count = reader.count(2)?;
    let outputs = (0..count)
        .map(|_| reader.text().map(str::to_owned))
        .collect::<Result<_, _>>()?;
    let parameters = reader.u32()? as usize;
    let inputs = read_tensors(&mut reader)?;
    reader.end()?;
    Ok(ScoreRequest {
        head,
        group,
        stages,
        outputs,
        parameters,
        inputs,
    })
}

/// About how many bytes the tensors take in a frame.
pub(super) fn size_of_tensors(tensors: &[Tensor]) -> usize {
    tensors
        .iter()
        .map(|tensor| {
            let values = match &tensor.values {
                Values::F32(values) => values.len() * 4,
                Values::F64(values) => values.len() * 8,
                Values::I64(values) => values.len() * 8,
                Values::Bool(values) => values.len(),
                Values::Text(text) => text.len() * 4 + text.joined().len() + 4,
            };
            16 + tensor.name.len() + values
        })
        .sum()
}

fn put_tensors(frame: &mut Vec<u8>, tensors: &[Tensor]) {
    frame::put_count(frame, tensors.len());
    for tensor in tensors {
        frame::put_text(frame, &tensor.name);
        frame::put_count(frame, tensor.rows);
        frame::put_count(frame, tensor.width);
        match &tensor.values {
            Values::F32(values) => {
                frame.push(1);
                frame::put_numbers(frame, values, f32::to_le_bytes);
            }
            Values::F64(values) => {
                frame.push(2);
                frame::put_numbers(frame, values, f64::to_le_bytes);
            }
            Values::I64(values) => {
                frame.push(3);
                frame::put_numbers(frame, values, i64::to_le_bytes);
            }
            Values::Bool(values) => {
                frame.push(4);
                frame::put_numbers(frame, values, |value| [u8::from(value)]);
            }
            Values::Text(text) => {
                frame.push(5);
                frame::put_numbers(frame, text.ends(), |end| (end as u32).to_le_bytes());
                frame::put_count(frame, text.joined().len());
                frame.extend_from_slice(text.joined().as_bytes());
            }
        }
    }
}

fn read_tensors(reader: &mut Reader<'_>) -> Result<Vec<Tensor>, FrameError> {
    let count = reader.count(11)?;
    let mut tensors = Vec::with_capacity(count);
    for _ in 0..count {
        let name = reader.text()?.to_owned();
        let rows = reader.u32()? as usize;
        let width = reader.u32()? as usize;
        let cells = rows.checked_mul(width).ok_or(FrameError("size"))?;
        let values = match reader.u8()? {
            1 => Values::F32(reader.numbers(cells, f32::from_le_bytes)?),
            2 => Values::F64(reader.numbers(cells, f64::from_le_bytes)?),
            3 => Values::I64(reader.numbers(cells, i64::from_le_bytes)?),
            4 => Values::Bool(reader.numbers(cells, |[byte]| byte != 0)?),
            5 => {
                let ends = reader.numbers(cells, |end| u32::from_le_bytes(end) as usize)?;
                let length = reader.count(1)?;
                let joined =
                    std::str::from_utf8(reader.take(length)?).map_err(|_| FrameError("text"))?;
                Text::from_parts(ends, joined.to_owned())
                    .map(Values::Text)
                    .ok_or(FrameError("text"))?
            }
            _ => return Err(FrameError("element type")),
        };
        tensors.push(Tensor {
            name,
            rows,
            width,
            values,
        });
    }
    Ok(tensors)
}

fn put_stamps(frame: &mut Vec<u8>, stamps: Stamps) {
    let stamps = [stamps.received, stamps.started, stamps.ended];
    frame::put_numbers(frame, &stamps, u64::to_le_bytes);
}

fn read_stamps(reader: &mut Reader<'_>) -> Result<Stamps, FrameError> {
    Ok(Stamps {
        received: reader.u64()?,
        started: reader.u64()?,
        ended: reader.u64()?,
    })
}

/// Appends scored rows to a frame begun.
pub(super) fn put_scored(frame: &mut Vec<u8>, stamps: Stamps, outputs: &[Tensor]) {
    put_stamps(frame, stamps);
    put_tensors(frame, outputs);
}

/// Reads scored rows.
pub(super) fn read_scored(payload: &[u8]) -> Result<(Stamps, Vec<Tensor>), FrameError> {
    let mut reader = Reader::new(payload);
    let stamps = read_stamps(&mut reader)?;
    let outputs = read_tensors(&mut reader)?;
    reader.end()?;
    Ok((stamps, outputs))
}

/// Appends a failure to a frame begun.
pub(super) fn put_failure(frame: &mut Vec<u8>, stamps: Stamps, failure: &Failure) {
    put_stamps(frame, stamps);
    let code = CODES
        .iter()
        .find(|(code, _)| *code == failure.code)
        .map_or(0, |(_, byte)| *byte);
    frame.push(code);
    frame.extend_from_slice(&failure.stage.to_le_bytes());
    frame::put_text(frame, &failure.tensor);
    frame::put_text(frame, &failure.reason);
    frame::put_text(frame, &failure.detail);
}

/// Reads a failure.
pub(super) fn read_failure(payload: &[u8]) -> Result<(Stamps, Failure), FrameError> {
    let mut reader = Reader::new(payload);
    let stamps = read_stamps(&mut reader)?;
    let byte = reader.u8()?;
    let failure = Failure {
        code: CODES
            .iter()
            .find(|(_, known)| *known == byte)
            .map(|(code, _)| *code)
            .ok_or(FrameError("failure code"))?,
        stage: reader.u32()?,
        tensor: reader.text()?.to_owned(),
        reason: reader.text()?.to_owned(),
        detail: reader.text()?.to_owned(),
    };
    reader.end()?;
    Ok((stamps, failure))
}

/// Appends a signature to a frame begun.
pub(super) fn put_signature(frame: &mut Vec<u8>, signature: &Signature) {
    for ports in [&signature.inputs, &signature.outputs] {
        frame::put_count(frame, ports.len());
        for port in ports {
            frame::put_text(frame, &port.name);
            let (byte, words) = match &port.element {
                Element::F32 => (1, ""),
                Element::F64 => (2, ""),
                Element::I64 => (3, ""),
                Element::I32 => (4, ""),
                Element::Bool => (5, ""),
                Element::Text => (6, ""),
                Element::Other(words) => (7, words.as_str()),
            };
            frame.push(byte);
            frame::put_text(frame, words);
            frame::put_count(frame, port.shape.len());
            for dimension in &port.shape {
                // An open dimension travels as the largest number, which no tensor can have.
                let dimension = dimension.unwrap_or(u64::MAX);
                frame.extend_from_slice(&dimension.to_le_bytes());
            }
        }
    }
    frame::put_count(frame, signature.classes.len());
    for class in &signature.classes {
        frame::put_text(frame, class);
    }
}

/// Reads a signature.
pub(super) fn read_signature(payload: &[u8]) -> Result<Signature, FrameError> {
    let mut reader = Reader::new(payload);
    let inputs = read_ports(&mut reader)?;
    let outputs = read_ports(&mut reader)?;
    let count = reader.count(2)?;
    let mut classes = Vec::with_capacity(count);
    for _ in 0..count {
        classes.push(reader.text()?.to_owned());
    }
    reader.end()?;
    Ok(Signature {
        inputs,
        outputs,
        classes,
    })
}

fn read_ports(reader: &mut Reader<'_>) -> Result<Vec<Port>, FrameError> {
    let count = reader.count(9)?;
    let mut ports = Vec::with_capacity(count);
    for _ in 0..count {
        let name = reader.text()?.to_owned();
        let byte = reader.u8()?;
        let words = reader.text()?;
        let element = match byte {
            1 => Element::F32,
            2 => Element::F64,
            3 => Element::I64,
            4 => Element::I32,
            5 => Element::Bool,
            6 => Element::Text,
            7 => Element::Other(words.to_owned()),
            _ => return Err(FrameError("element type")),
        };
        let rank = reader.count(8)?;
        let shape = reader
            .numbers(rank, u64::from_le_bytes)?
            .into_iter()
            .map(|dimension| (dimension != u64::MAX).then_some(dimension))
            .collect();
        ports.push(Port {
            name,
            element,
            shape,
        });
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{
        super::frame::{HEADER, Header, Kind, begin, seal},
        *,
    };

    fn values(cells: usize) -> impl Strategy<Value = Values> {
        prop_oneof![
            vec(-1e9f32..1e9, cells).prop_map(Values::F32),
            vec(-1e9f64..1e9, cells).prop_map(Values::F64),
            vec(any::<i64>(), cells).prop_map(Values::I64),
            vec(any::<bool>(), cells).prop_map(Values::Bool),
            vec(".{0,8}", cells).prop_map(|cells| Values::Text(cells.into_iter().collect())),
        ]
    }

    fn tensor() -> impl Strategy<Value = Tensor> {
        ("[a-zé]{0,6}", 0usize..6, 0usize..4).prop_flat_map(|(name, rows, width)| {
            values(rows * width).prop_map(move |values| Tensor {
                name: name.clone(),
                rows,
                width,
                values,
            })
        })
    }

    fn request() -> impl Strategy<Value = ScoreRequest> {
        (
            ".{0,6}",
            vec(any::<[u8; 32]>().prop_map(ModelDigest::from_bytes), 0..4),
            vec(".{0,6}", 0..4),
            vec(tensor(), 0..4),
            any::<(u64, u64, u32)>(),
        )
            .prop_map(
                |(group, stages, outputs, inputs, (flow, key, rows))| ScoreRequest {
                    head: Head { flow, key, rows },
                    parameters: inputs.len() / 2,
                    group,
                    stages,
                    outputs,
                    inputs,
                },
            )
    }

    fn encoded(request: &ScoreRequest) -> Vec<u8> {
        let mut frame = begin(0);
        put_request(
            &mut frame,
            &request.group,
            &request.stages,
            &request.outputs,
            &request.inputs,
            (request.head, request.parameters),
        );
        seal(&mut frame, Kind::Score, 7, 30_000);
        frame
    }

    proptest! {
        #[test]
        fn a_request_comes_back_as_it_went(request in request()) {
            let frame = encoded(&request);
            let header = Header::read(frame.first_chunk().unwrap()).unwrap();
            let expected = Header {
                payload: frame.len() - HEADER, kind: Kind::Score, call: 7, deadline_ms: 30_000,
            };
            prop_assert_eq!(header, expected);
            prop_assert_eq!(read_request(&frame[HEADER..]).unwrap(), request);
        }

        #[test]
        fn a_cut_or_changed_request_never_panics(
            request in request(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut payload = encoded(&request).split_off(HEADER);
            let at = at.index(payload.len());
            prop_assert!(read_request(&payload[..at]).is_err());
            payload[at] = byte;
            let _ = read_request(&payload);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = read_request(&bytes);
            let _ = read_scored(&bytes);
            let _ = read_failure(&bytes);
            let _ = read_signature(&bytes);
            if let Some(header) = bytes.first_chunk() {
                let _ = Header::read(header);
            }
        }

        #[test]
        fn answers_come_back_as_they_went(outputs in vec(tensor(), 0..4), received: u64, stage: u32) {
            let stamps = Stamps { received, started: 2, ended: 3 };
            let mut frame = Vec::new();
            put_scored(&mut frame, stamps, &outputs);
            prop_assert_eq!(read_scored(&frame).unwrap(), (stamps, outputs));
            let failure = Failure { stage, ..Failure::input("age", "is not whole") };
            let mut frame = Vec::new();
            put_failure(&mut frame, stamps, &failure);
            prop_assert_eq!(read_failure(&frame).unwrap(), (stamps, failure));
        }
    }

    #[test]
    fn a_signature_comes_back_as_it_went() {
        let port = |name: &str, element| Port {
            name: name.to_owned(),
            element,
            shape: vec![None, Some(3)],
        };
        let signature = Signature {
            inputs: vec![port("a", Element::F32), port("b", Element::Text)],
            outputs: vec![port("c", Element::Other("Sequence".to_owned()))],
            classes: vec!["yes".to_owned(), String::new()],
        };
        let mut frame = Vec::new();
        put_signature(&mut frame, &signature);
        assert_eq!(read_signature(&frame), Ok(signature));
    }

    #[test]
    fn a_frame_that_claims_too_much_is_refused() {
        let mut header = [0xff; HEADER];
        header[4] = 2;
        assert!(Header::read(&header).is_err());
        header[..4].copy_from_slice(&3u32.to_le_bytes());
        assert!(Header::read(&header).is_err());
    }
}
