//! Errors on this wire: a status and `{"error": "…"}`. Statuses are those of the REST API, but for a
//! body that breaks a rule, which is 400 here as in every server of the protocol.

use crate::error::Error;
use crate::http::RequestId;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::problem::{Code, FieldError};
use portico_domain::throttle::Share;
use serde_json::json;

/// The most wrong cells or parameters that one error names.
const NAMED_MAX: usize = 5;

/// Why a request is refused, as its caller may read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct InferenceError {
    /// HTTP status.
    pub(super) status: u16,
    /// One sentence or two.
    pub(super) message: String,
    /// Seconds after which a repeat may succeed.
    retry_after: Option<u64>,
    /// The method that would have been right.
    allow: Option<&'static str>,
    /// The limit that refused the call, if one did.
    pub(super) violated: Option<Share>,
}

impl InferenceError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after: None,
            allow: None,
            violated: None,
        }
    }

    /// The request can't be read, or breaks a rule.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// A tensor breaks a rule.
    pub(super) fn tensor(name: &str, why: impl std::fmt::Display) -> Self {
        Self::bad_request(format!("Tensor {}: {why}", shortened(name)))
    }

    /// No such endpoint, or not with this key.
    pub(super) fn unauthorized() -> Self {
        Self::new(
            401,
            "Send a key of this endpoint: Authorization: Bearer <key>.",
        )
    }

    /// A key stands in the address, where proxies and logs keep it.
    pub(super) fn key_in_address() -> Self {
        Self::bad_request(
            "A key belongs into the Authorization header, never into an address. Rotate this one.",
        )
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(404, "The protocol has no such path.")
    }

    pub(super) fn wrong_method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(405, format!("This path takes {allow}."))
        }
    }

    /// An error of a call; what the caller must not read goes to the log.
    pub(super) fn of(error: &Error, id: &RequestId) -> Self {
        let (status, code) = error.status();
        crate::http::log(error, status, id);
        let answer = match error {
            Error::Invalid(fields) => Self::bad_request(named(fields)),
            _ if status == 500 => Self::new(
                500,
                "Something failed on the server. Its log has the cause under this answer's X-Request-Id.",
            ),
            // The engine's own word on a tensor.
            _ if code == Code::Invalid => Self::bad_request(error.to_string()),
            _ => Self::new(status, error.to_string()),
        };
        Self {
            retry_after: error.retry_after(),
            violated: error.violated(),
            ..answer
        }
    }
}

impl IntoResponse for InferenceError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = super::json(status, &json!({"error": self.message}));
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

fn named(fields: &[FieldError]) -> String {
    let mut text: Vec<&str> = fields
        .iter()
        .take(NAMED_MAX)
        .map(|field| field.detail.as_str())
        .collect();
    let more = format!("And {} more.", fields.len().saturating_sub(NAMED_MAX));
    if fields.len() > NAMED_MAX {
        text.push(&more);
    }
    text.join(" ")
}

/// What a caller sent, cut to 40 characters for a message.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_fields_are_all_named_and_many_are_counted() {
        let fields: Vec<FieldError> = (0..7)
            .map(|n| FieldError {
                pointer: String::new(),
                code: String::new(),
                detail: format!("Field {n}."),
            })
            .collect();
        assert_eq!(named(&fields[..2]), "Field 0. Field 1.");
        assert!(named(&fields).ends_with("Field 4. And 2 more."));
    }

    #[test]
    fn headers_tell_what_a_client_can_do() {
        let reply = InferenceError::unauthorized().into_response();
        assert_eq!(reply.headers()[header::WWW_AUTHENTICATE], "Bearer");
        let reply = InferenceError::wrong_method("POST").into_response();
        assert_eq!(
            (reply.status().as_u16(), &reply.headers()[header::ALLOW]),
            (405, &HeaderValue::from_static("POST"))
        );
    }
}
