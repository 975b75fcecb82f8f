//! What can go wrong with a call, in our own words. Raw text of ONNX Runtime stays in `detail`,
//! which is for the log and never for an answer.

use super::{ModelDigest, Quarantine};

/// Why rows were not scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoringError {
    /// The model could not be loaded or gave an error for these rows.
    #[error("{reason}")]
    ModelFailed {
        /// A clean sentence.
        reason: String,
        /// What the runtime said; for the log alone.
        detail: String,
    },
    /// The call was not answered in time.
    #[error("The call was not answered within its deadline.")]
    DeadlineExceeded,
    /// The scoring process ended while this call ran. It is not sent again.
    #[error("The scoring process ended while this call ran.")]
    EngineEnded,
    /// A model of this call has ended too many processes or calls and is kept from running.
    #[error("Model {} is quarantined: {}", .0.digest, .0.reason)]
    Quarantined(Quarantine),
    /// There is no scoring process and none could be started in time.
    #[error("Scoring is unavailable: {0}")]
    Unavailable(String),
    /// The tensors given don't fit the model or can't be sent to it.
    #[error("Tensor `{tensor}`: {reason}")]
    BadInput {
        /// The tensor; empty where no single one is at fault.
        tensor: String,
        /// A clean sentence.
        reason: String,
    },
    /// The model source does not have this model.
    #[error("Model {0} does not exist.")]
    ModelNotFound(ModelDigest),
    /// The model source could not read this model.
    #[error("Model {digest} could not be read.")]
    ModelUnreadable {
        /// The model.
        digest: ModelDigest,
        /// What the source said; for the log alone.
        detail: String,
    },
    /// Vetting found that this model must not be loaded.
    #[error("{0}")]
    Refused(String),
}
