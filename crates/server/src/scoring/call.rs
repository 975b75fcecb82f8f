//! A call as a frame, and the answer to it as a result.

use std::time::Duration;

use super::{
    ModelDigest, Scored, ScoringError, Tensor, Values,
    frame::{self, FrameError, Kind},
    join::Head,
    message::{self, FailureCode, Stamps},
    pending::Reply,
};

/// The most bytes of tensors in one call; larger work comes in several calls.
const MAX_TENSORS: usize = 1 << 30;
/// The most stages, tensors given and tensors wanted; each a bound on memory, not on models.
const MAX_NAMES: usize = 65_536;

/// The frame of a call, not yet sealed: its number and the time left are known when it is sent.
pub(super) fn encode(
    group: &str,
    stages: &[ModelDigest],
    outputs: &[String],
    inputs: &[Tensor],
    (head, parameters): (Head, usize),
) -> Result<Vec<u8>, ScoringError> {
    if stages.is_empty() {
        return Err(bad("", "The call names no model."));
    }
    for count in [stages.len(), outputs.len(), inputs.len()] {
        if count > MAX_NAMES {
            return Err(bad("", "The call has too many tensors."));
        }
    }
    let size = message::size_of_tensors(inputs);
    if size > MAX_TENSORS {
        return Err(bad("", "The call has more than 1 GiB of values."));
    }
    for tensor in inputs {
        check(tensor)?;
    }
    let mut frame = frame::begin(size + 128 + 32 * stages.len() + group.len());
    message::put_request(
        &mut frame,
        group,
        stages,
        outputs,
        inputs,
        (head, parameters),
    );
    Ok(frame)
}

fn check(tensor: &Tensor) -> Result<(), ScoringError> {
    if tensor.rows.checked_mul(tensor.width) != Some(tensor.values.len()) {
        let (rows, width, cells) = (tensor.rows, tensor.width, tensor.values.len());
        let reason = format!("has {cells} values for {rows} rows of {width}");
        return Err(bad(&tensor.name, &reason));
    }
    match &tensor.values {
        // The runtime takes text with a NUL at its end, and would cut it there.
        Values::Text(text) if text.joined().as_bytes().contains(&0) => {
            Err(bad(&tensor.name, "has a text with a NUL character"))
        }
        _ => Ok(()),
    }
}

fn bad(tensor: &str, reason: &str) -> ScoringError {
    ScoringError::BadInput {
        tensor: tensor.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The stage whose model the child no longer has: the call was not started, and goes out again
/// behind the model.
pub(super) fn missing(reply: &Reply) -> Option<usize> {
    let Reply::Frame(Kind::Failed, payload) = reply else {
        return None;
    };
    let (_, failure) = message::read_failure(payload).ok()?;
    (failure.code == FailureCode::Missing).then_some(failure.stage as usize)
}

/// What a reply means; `None` where the call is to be sent again.
pub(super) fn decode(reply: &Reply) -> Option<Result<Scored, ScoringError>> {
    match reply {
        Reply::Frame(Kind::Scored, payload) => Some(scored(payload)),
        Reply::Frame(Kind::Failed, payload) => Some(Err(failure(payload))),
        Reply::Frame(..) => Some(Err(malformed(FrameError("kind")))),
        Reply::Ended => Some(Err(ScoringError::EngineEnded)),
        Reply::Overdue => Some(Err(ScoringError::DeadlineExceeded)),
        Reply::Lost => None,
    }
}

fn scored(payload: &[u8]) -> Result<Scored, ScoringError> {
    let (stamps, outputs) = message::read_scored(payload).map_err(malformed)?;
    let Stamps {
        received,
        started,
        ended,
    } = stamps;
    Ok(Scored {
        outputs,
        queue_time: Duration::from_nanos(started.saturating_sub(received)),
        model_time: Duration::from_nanos(ended.saturating_sub(started)),
    })
}

/// The error that a failure frame stands for.
pub(super) fn failure(payload: &[u8]) -> ScoringError {
    let failure = match message::read_failure(payload) {
        Ok((_, failure)) => failure,
        Err(error) => return malformed(error),
    };
    match failure.code {
        // The engine sends such a call again; whoever asks a child once has given it its models.
        FailureCode::Model | FailureCode::Missing => ScoringError::ModelFailed {
            reason: failure.reason,
            detail: failure.detail,
        },
        // Only a call whose caller has gone is cancelled, so nobody sees that one.
        FailureCode::Deadline | FailureCode::Cancelled => ScoringError::DeadlineExceeded,
        FailureCode::Input => ScoringError::BadInput {
            tensor: failure.tensor,
            reason: failure.reason,
        },
        FailureCode::Refused => ScoringError::Refused(failure.reason),
    }
}

/// The error for an answer that can't be read.
pub(super) fn malformed(error: FrameError) -> ScoringError {
    ScoringError::ModelFailed {
        reason: "The scoring process gave an answer that can't be read.".to_owned(),
        detail: error.to_string(),
    }
}
