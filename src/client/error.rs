//! Why a call came to nothing. Knows nothing of how it is shown.

use portico_api::problem::{Code, Problem};

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The server refused, and said why.
    Problem(Box<Refusal>),
    /// The server was not reached.
    Offline,
    /// The answer is not in the form of the contract.
    Unreadable,
}

/// A problem as the server sent it, with what its head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The problem.
    pub problem: Problem,
    /// After how many seconds to try again, if the server said so (`Retry-After`).
    pub retry_after: Option<u32>,
}

impl std::ops::Deref for Refusal {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        &self.problem
    }
}

impl ClientError {
    /// After how many seconds the server wants to be asked again, if it said so.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Problem(refusal) => refusal.retry_after,
            Self::Offline | Self::Unreadable => None,
        }
    }

    /// The problem's code, if the server gave one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Offline | Self::Unreadable => None,
        }
    }

    /// Whether the server refused for this reason.
    pub fn is(&self, code: Code) -> bool {
        self.code() == Some(code)
    }

    /// What is wrong with the field that this JSON pointer names, in words.
    pub fn field(&self, pointer: &str) -> Option<String> {
        match self {
            Self::Problem(problem) => problem
                .errors
                .iter()
                .find(|error| error.pointer == pointer)
                .map(|error| error.detail.clone()),
            Self::Offline | Self::Unreadable => None,
        }
    }

    /// The id under which the server's log has the request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.request_id),
            Self::Offline | Self::Unreadable => None,
        }
    }

    /// What happened, in a sentence.
    pub fn in_words(&self) -> String {
        match self {
            Self::Problem(problem) => problem.detail.clone(),
            Self::Offline => "The server could not be reached.".to_owned(),
            Self::Unreadable => {
                "The server's answer could not be read; the portal may be older than the server."
                    .to_owned()
            }
        }
    }
}
