//! Errors as answers of the REST wire: problem details (RFC 9457). The text of a 5xx stays here; the
//! log has it under the request's id.

use super::rate_limit;
use super::request_id::RequestId;
use crate::error::Error;
use crate::scoring::ScoringError;
use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::problem::{CONTENT_TYPE, Code, ERRORS_MAX, FieldError, LimitProblem, Problem};
use std::sync::Arc;

/// An error on its way out; the outermost layer writes it, because it alone knows the request's id.
#[derive(Clone)]
struct Pending(Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, _) = self.status();
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(Pending(Arc::new(self)));
        response
    }
}

/// Writes the body of a pending error, or of an error that the router made itself (405, 413 …).
pub(super) fn finish(response: Response, id: &RequestId) -> Response {
    if let Some(Pending(error)) = response.extensions().get::<Pending>().cloned() {
        let mut written = write(&error, id);
        // What the route had to say beside the error, such as the endpoint's limit.
        written
            .headers_mut()
            .extend(response.into_parts().0.headers);
        return written;
    }
    let bare = response.status().is_client_error()
        && !response.headers().contains_key(header::CONTENT_TYPE)
        && response.status() != StatusCode::NOT_MODIFIED;
    if !bare {
        return response;
    }
    let status = response.status();
    let code = match status {
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        _ => Code::Malformed,
    };
    let detail = status.canonical_reason().unwrap_or("Refused").to_owned();
    let (mut parts, _) = response.into_parts();
    let problem = problem(status.as_u16(), code, detail, id, Vec::new());
    let written = Json(problem).into_response();
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, written.into_body())
}

fn write(error: &Error, id: &RequestId) -> Response {
    let (status, code) = error.status();
    log(error, status, id);
    let detail = if status == 500 {
        "Something failed on the server. Its log has the cause under this request's id.".to_owned()
    } else {
        error.to_string()
    };
    let problem = problem(status, code, detail, id, fields(error));
    let mut response = match error.violated() {
        Some(share) => Json(LimitProblem {
            problem,
            violated_policies: vec![rate_limit::policy(share).to_owned()],
        })
        .into_response(),
        None => Json(problem).into_response(),
    };
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    rate_limit::write_retry_after(headers, error);
    response
}

fn fields(error: &Error) -> Vec<FieldError> {
    match error {
        Error::Invalid(errors) => errors.iter().take(ERRORS_MAX).cloned().collect(),
        Error::NameTaken { .. } => vec![FieldError {
            pointer: "/name".to_owned(),
            code: "name_taken".to_owned(),
            detail: error.to_string(),
        }],
        _ => Vec::new(),
    }
}

/// Logs what the caller must not read, once.
pub(crate) fn log(error: &Error, status: u16, id: &RequestId) {
    match error {
        Error::Scoring(
            ScoringError::ModelFailed { detail, .. } | ScoringError::ModelUnreadable { detail, .. },
        ) => {
            tracing::warn!(request_id = %id, %error, detail, "the model failed");
        }
        _ if status == 500 => tracing::error!(request_id = %id, ?error, "request failed"),
        _ => {}
    }
}

fn problem(
    status: u16,
    code: Code,
    detail: String,
    id: &RequestId,
    errors: Vec<FieldError>,
) -> Problem {
    let name = serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default();
    Problem {
        kind: rate_limit::problem_type(code)
            .map_or_else(|| format!("urn:portico:problem:{name}"), str::to_owned),
        title: title(code).to_owned(),
        status,
        detail,
        code,
        request_id: id.to_string(),
        errors,
    }
}

fn title(code: Code) -> &'static str {
    match code {
        Code::Malformed => "The request can't be read",
        Code::Invalid => "A field breaks a rule",
        Code::Unauthenticated => "Not signed in",
        Code::BadCredentials => "Sign-in failed",
        Code::CrossSite => "Request from another site",
        Code::Forbidden => "Not allowed",
        Code::StepUpRequired => "Password needed again",
        Code::NotFound => "Not found",
        Code::MethodNotAllowed => "Method not allowed",
        Code::NameTaken => "Name taken",
        Code::Conflict => "Not possible in this state",
        Code::IdempotencyKeyReused => "Idempotency key used before",
        Code::PreconditionRequired => "If-Match missing",
        Code::PreconditionFailed => "Changed meanwhile",
        Code::TooLarge => "Too large",
        Code::UnsupportedMediaType => "Not JSON",
        Code::TooManyRequests => "Too many tries",
        Code::Throttled => "Limit reached",
        Code::Overloaded => "The server is busy",
        Code::Paused => "Endpoint paused",
        Code::Quarantined => "Model quarantined",
        Code::ModelFailed => "The model failed",
        Code::DeadlineExceeded => "Too slow",
        Code::EngineEnded => "The engine ended",
        Code::EngineUnavailable => "The engine is not available",
        Code::LinkSpent => "Link spent",
        Code::NotRevealable => "Can't be shown",
        Code::NoRoom => "No room on the server",
        Code::Internal => "Server error",
    }
}
