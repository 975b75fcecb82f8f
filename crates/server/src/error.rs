//! The one error enum of this crate. What a caller may read is in the variants; what only the log
//! may hold is in their sources. `http::problem` and `classic::error` turn it into answers.

use crate::scoring::ScoringError;
use portico_api::problem::{Code, FieldError};
use portico_domain::throttle::Share;

/// Everything that can go wrong in the server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the token is not good.
    #[error("Sign in first.")]
    Unauthenticated,
    /// E-mail and password don't belong together, or the account is locked or disabled.
    #[error("E-mail and password don't belong together.")]
    BadCredentials,
    /// Too many failed sign-ins.
    #[error("Too many tries. Wait {seconds} seconds and try again.")]
    TooManyRequests {
        /// How long to wait.
        seconds: u64,
    },
    /// A cookie came without proof that the portal's own pages sent the request.
    #[error("This request did not come from the portal's own pages.")]
    CrossSite,
    /// The object is visible, the act is not allowed.
    #[error("Your role does not allow this.")]
    Forbidden,
    /// The act wants a sign-in of at most 15 minutes.
    #[error("Give your password again to go on.")]
    StepUpRequired,
    /// No such object, or not for this caller. The two read alike.
    #[error("There is nothing here, or it is not shared with you.")]
    NotFound,
    /// The body or a parameter is not in the contract's form.
    #[error("{0}")]
    Malformed(String),
    /// Fields break rules.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// The endpoint name is taken or reserved.
    #[error("The name “{name}” is {}.", if *.reserved { "reserved: an endpoint with it was deleted and can still be restored" } else { "taken" })]
    NameTaken {
        /// The name.
        name: String,
        /// Whether a deleted endpoint that can be restored has it.
        reserved: bool,
    },
    /// The object's state does not allow the act.
    #[error("{0}")]
    Conflict(String),
    /// The idempotency key came before with another body.
    #[error("This Idempotency-Key was used before with another request.")]
    IdempotencyKeyReused,
    /// `If-Match` is missing.
    #[error("Send If-Match with the ETag that you read.")]
    PreconditionRequired,
    /// `If-Match` names an older state.
    #[error("It was changed meanwhile. Read it again and decide.")]
    PreconditionFailed,
    /// A body over its limit.
    #[error("The request is larger than {limit} bytes.")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A body that came too slowly.
    #[error("The request body came too slowly.")]
    TooSlow,
    /// The disk would be too full.
    #[error("The server has no room for this. Tell its administrator.")]
    NoRoom,
    /// Not JSON.
    #[error("Send the body as application/json.")]
    UnsupportedMediaType,
    /// The endpoint's limit is reached.
    #[error("Endpoint “{endpoint}” takes {limit} calls at once, and that many are running.")]
    Throttled {
        /// The endpoint's name.
        endpoint: String,
        /// The limit that refused the call.
        limit: u32,
        /// Which limit that is: the endpoint's, or the half of it for signed-in calls.
        of: Share,
    },
    /// The server as a whole has more to do than it can. No endpoint's limit has to do with it.
    #[error("The server is busy: {0} Try again in a moment.")]
    Overloaded(&'static str),
    /// The endpoint is paused.
    #[error("Endpoint “{endpoint}” is paused.")]
    Paused {
        /// The endpoint's name.
        endpoint: String,
    },
    /// The engine could not score.
    #[error("{0}")]
    Scoring(#[from] ScoringError),
    /// A one-time link was used, or has expired.
    #[error("This link was used before, or has expired.")]
    LinkSpent,
    /// The secret can't be shown.
    #[error("{0}")]
    NotRevealable(String),
    /// A package that can't be published.
    #[error("{0}")]
    Package(String),
    /// The server can't start as it was set up.
    #[error("{0}")]
    Start(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database could not be brought to this version: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Stored JSON can't be read, or JSON can't be written.
    #[error("stored data can't be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A file failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The blob store failed.
    #[error("the blob store failed: {0}")]
    Blob(#[from] object_store::Error),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] crate::clock::NoEntropy),
    /// The secrets folder can't be used.
    #[error("{0}")]
    Secrets(#[from] crate::keys::secrets::SecretsError),
    /// A sealed copy does not open.
    #[error("{0}")]
    Seal(#[from] crate::keys::seal::SealError),
    /// Stored latencies can't be read.
    #[error("{0}")]
    Histogram(#[from] crate::usage::histogram::HistogramDamaged),
    /// Something that should not be.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// One field breaks one rule.
    pub fn field(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            detail: detail.into(),
        }])
    }

    /// HTTP status and code of the problem. One place decides both, for all wires.
    pub fn status(&self) -> (u16, Code) {
        match self {
            Self::Unauthenticated => (401, Code::Unauthenticated),
            Self::BadCredentials => (401, Code::BadCredentials),
            Self::TooManyRequests { .. } => (429, Code::TooManyRequests),
            Self::CrossSite => (403, Code::CrossSite),
            Self::Forbidden => (403, Code::Forbidden),
            Self::StepUpRequired => (403, Code::StepUpRequired),
            Self::NotFound => (404, Code::NotFound),
            Self::Malformed(_) => (400, Code::Malformed),
            Self::Invalid(_) => (422, Code::Invalid),
            Self::NameTaken { .. } => (409, Code::NameTaken),
            Self::Conflict(_) => (409, Code::Conflict),
            Self::IdempotencyKeyReused => (422, Code::IdempotencyKeyReused),
            Self::PreconditionRequired => (428, Code::PreconditionRequired),
            Self::PreconditionFailed => (412, Code::PreconditionFailed),
            Self::TooLarge { .. } => (413, Code::TooLarge),
            Self::TooSlow => (408, Code::Malformed),
            Self::NoRoom => (507, Code::NoRoom),
            Self::UnsupportedMediaType => (415, Code::UnsupportedMediaType),
            Self::Throttled { .. } => (429, Code::Throttled),
            Self::Overloaded(_) => (503, Code::Overloaded),
            Self::Paused { .. } => (503, Code::Paused),
            Self::Scoring(error) => scoring_status(error),
            Self::LinkSpent => (410, Code::LinkSpent),
            Self::NotRevealable(_) => (409, Code::NotRevealable),
            Self::Package(_)
            | Self::Start(_)
            | Self::Database(_)
            | Self::Migration(_)
            | Self::Json(_)
            | Self::Io(_)
            | Self::Blob(_)
            | Self::Entropy(_)
            | Self::Secrets(_)
            | Self::Seal(_)
            | Self::Histogram(_)
            | Self::Internal(_) => (500, Code::Internal),
        }
    }

    /// The limit that refused a call, if one did.
    pub fn violated(&self) -> Option<Share> {
        match self {
            Self::Throttled { of, .. } => Some(*of),
            _ => None,
        }
    }

    /// Seconds after which a repeat may succeed, for `Retry-After`.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests { seconds } => Some(*seconds),
            Self::Throttled { .. } | Self::Overloaded(_) => Some(1),
            Self::Scoring(ScoringError::Unavailable(_) | ScoringError::EngineEnded) => Some(2),
            _ => None,
        }
    }
}

fn scoring_status(error: &ScoringError) -> (u16, Code) {
    match error {
        ScoringError::Quarantined(_) => (503, Code::Quarantined),
        ScoringError::DeadlineExceeded => (504, Code::DeadlineExceeded),
        ScoringError::EngineEnded => (503, Code::EngineEnded),
        ScoringError::Unavailable(_) => (503, Code::EngineUnavailable),
        ScoringError::BadInput { .. } => (422, Code::Invalid),
        _ => (422, Code::ModelFailed),
    }
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [only] => only.detail.clone(),
        [first, rest @ ..] => format!("{} And {} more.", first.detail, rest.len()),
        [] => "The request breaks a rule.".to_owned(),
    }
}
