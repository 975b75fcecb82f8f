//! Errors on the REST wire: problem details (RFC 9457) with `code`, `request_id` and errors by field.

use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// The most broken rules that a problem names.
pub const ERRORS_MAX: usize = 100;

/// A name as one part of a JSON pointer (RFC 6901).
pub fn reference_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What went wrong, for programs. One list for the whole REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Code {
    /// The body or a parameter is not in the form the contract asks for.
    Malformed,
    /// A field breaks a rule; `errors` names field and rule.
    Invalid,
    /// Nobody is signed in, or the token is not good.
    Unauthenticated,
    /// E-mail and password don't belong together.
    BadCredentials,
    /// The request did not come from the portal's own pages.
    CrossSite,
    /// The object is visible, the act is not allowed to this role.
    Forbidden,
    /// The act needs a fresh sign-in (password again).
    StepUpRequired,
    /// No such object, or not for you.
    NotFound,
    /// The route knows no such method.
    MethodNotAllowed,
    /// The name is taken.
    NameTaken,
    /// The object is in a state that does not allow the act.
    Conflict,
    /// The same idempotency key came with another body.
    IdempotencyKeyReused,
    /// `If-Match` is missing.
    PreconditionRequired,
    /// `If-Match` names an older state.
    PreconditionFailed,
    /// The body is too large.
    TooLarge,
    /// The media type is not JSON.
    UnsupportedMediaType,
    /// Too many tries; wait as `Retry-After` says.
    TooManyRequests,
    /// The endpoint's throttle is reached.
    Throttled,
    /// The server as a whole has more to do than it can; the endpoint's limit is not reached.
    Overloaded,
    /// The endpoint is paused.
    Paused,
    /// The model is quarantined.
    Quarantined,
    /// The model failed on these rows.
    ModelFailed,
    /// The call ran past its deadline.
    DeadlineExceeded,
    /// The engine ended while the call was running.
    EngineEnded,
    /// The scoring engine is not available.
    EngineUnavailable,
    /// A one-time link was used before, or has expired.
    LinkSpent,
    /// The secret can't be shown: it was shown once, or the key file is missing.
    NotRevealable,
    /// The server's disk has no room for what was sent.
    NoRoom,
    /// Something failed on the server; the log has it under the request id.
    Internal,
}

/// One broken rule in one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// JSON pointer into the request, such as `/rows/3/island`.
    pub pointer: String,
    /// The rule's code, such as `name_too_long`.
    pub code: String,
    /// The rule in words, fit to stand under the field.
    pub detail: String,
}

/// A problem as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable URI for this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, in words for a person.
    pub detail: String,
    /// The kind for programs.
    pub code: Code,
    /// The id under which the server's log has this request.
    pub request_id: String,
    /// Broken rules by field; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// A problem about the limit of an endpoint: the problem, and which limits refused the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitProblem {
    /// The problem; its type is `https://iana.org/assignments/http-problem-types#quota-exceeded`.
    #[serde(flatten)]
    pub problem: Problem,
    /// The limits by their names in `RateLimit-Policy`: `endpoint`, or `signed-in` for the half of it
    /// that signed-in calls share.
    #[serde(rename = "violated-policies")]
    pub violated_policies: Vec<String>,
}
