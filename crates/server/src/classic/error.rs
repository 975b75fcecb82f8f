//! Errors in classic's form: `{"error":{"code","message","details":[{"code","target"?,"message"}]}}`.
//!
//! The outer code is a class of errors, the inner one the error; texts are those of the page *Azure
//! Machine Learning Studio REST API Error Codes*. `details` is never empty: clients read its first
//! item without looking. Throttling is 503, as it was in classic, and not 429.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::problem::FieldError;
use serde::Serialize;

/// One error in detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// The error's code.
    pub code: &'static str,
    /// What it is about, such as `input1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is wrong, in words.
    pub message: String,
}

/// An error as classic's clients read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ClassicError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The class of errors.
    pub code: &'static str,
    /// The class in words.
    pub message: &'static str,
    /// The errors; at least one.
    pub details: Vec<Detail>,
    /// Seconds after which a repeat may succeed.
    pub retry_after: Option<u32>,
}

impl Detail {
    /// What is wrong with a cell (`/rows/0/age`) or with a global parameter (`/parameters/scale`).
    pub fn of_field(field: &FieldError) -> Self {
        let cell = field.pointer.strip_prefix("/rows/");
        let place = cell.and_then(|cell| cell.split_once('/'));
        let (code, words, target) = match (place, field.code.as_str()) {
            (Some((row, column)), _) => {
                let target = format!("row {row}, column {}", unescaped(column));
                ("InputMismatchError", MISMATCH, target)
            }
            (None, code) => {
                let name = field.pointer.trim_start_matches("/parameters/");
                let (code, words) = match code {
                    "parameter_missing" => ("MissingRequiredGlobalParameters", PARAMETER_MISSING),
                    "parameter_unknown" => ("UnexpectedParameter", PARAMETER_UNEXPECTED),
                    _ => ("UserParameterInvalid", ""),
                };
                (code, words, unescaped(name))
            }
        };
        Self {
            code,
            target: Some(target),
            message: format!("{words} {}", field.detail).trim_start().to_owned(),
        }
    }
}

/// A name out of a JSON pointer (RFC 6901).
fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

const MISMATCH: &str = "Input data does not match input port schema.";
const PARAMETER_MISSING: &str = "Parameter(s) expected by the web service are missing. Verify all the required parameters expected by the web service are correct and try again.";
const PARAMETER_UNEXPECTED: &str =
    "Verify only the required parameters expected by the web service are passed and try again.";
const UNAVAILABLE: &str = "Service is temporarily unavailable.";
const THROTTLED: &str = "RequestThrottled";
const TIMED_OUT: &str = "The operation could not be completed within the permitted time.";

impl ClassicError {
    /// An error of this class with one detail.
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        message: &'static str,
        detail: &'static str,
        words: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message,
            details: vec![Detail {
                code: detail,
                target: None,
                message: words.into(),
            }],
            retry_after: None,
        }
    }

    /// A wrong argument of the request itself.
    pub(super) fn argument(detail: &'static str, words: impl Into<String>) -> Self {
        let message = "Invalid argument provided.";
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadArgument",
            message,
            detail,
            words,
        )
    }

    /// A wrong value among those that the model is to score.
    fn user_argument(detail: &'static str, words: impl Into<String>) -> Self {
        let message = "Invalid user argument provided.";
        Self::new(
            StatusCode::BAD_REQUEST,
            "BadUserArgument",
            message,
            detail,
            words,
        )
    }

    fn unavailable(detail: &'static str, words: impl Into<String>) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "ServiceUnavailable", UNAVAILABLE, detail, words)
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A missing or wrong key, or an endpoint that does not exist: the two read alike.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            "Unauthorized",
            "ScoreRequestUnauthorized",
            "Invalid credentials provided.",
        )
    }

    /// As many calls run as the endpoint's limit allows.
    pub fn throttled(endpoint: &str, limit: u32) -> Self {
        Self::unavailable(
            THROTTLED,
            format!(
                "Request was throttled for {endpoint} endpoint. The maximum concurrency for the endpoint is {limit}."
            ),
        )
        .retry_after(1)
    }

    /// Whether this is [`ClassicError::throttled`].
    pub fn is_throttled(&self) -> bool {
        self.details.iter().any(|item| item.code == THROTTLED)
    }

    /// The server as a whole has more to do than it can; the endpoint's own limit is not reached.
    pub fn overloaded(why: &str) -> Self {
        let words = format!(
            "The server is busy with calls of all endpoints, and this one was not begun. {why} The endpoint's own limit is not reached."
        );
        Self::unavailable("TooManyConcurrentRequests", words).retry_after(1)
    }

    /// The endpoint is paused. Nobody knows until when, so no time to repeat is named.
    pub fn paused(endpoint: &str) -> Self {
        let words = format!("The {endpoint} endpoint is paused. Ask its publisher.");
        Self::unavailable("EndpointPaused", words)
    }

    /// A model of the endpoint is kept from running.
    pub fn quarantined(reason: &str) -> Self {
        Self::unavailable("ModelQuarantined", reason)
    }

    /// The model gave an error for these rows.
    pub fn model_failed(reason: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ModuleExecutionError",
            "Module execution encountered an error.",
            "ModuleExecutionError",
            reason,
        )
    }

    /// The call was not scored within its deadline.
    pub fn deadline() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "RequestTimeout",
            TIMED_OUT,
            "ScoreRequestTimeout",
            "Execution request timed out.",
        )
    }

    /// The scoring process ended while this call ran. Classic had no such case on its wire; it is of
    /// the class that clients repeat by themselves.
    pub fn engine_ended() -> Self {
        let words = "The scoring process ended while this call ran. The call was not repeated.";
        Self::unavailable("ScoringProcessEnded", words).retry_after(2)
    }

    /// There is nothing that could score now.
    pub fn engine_unavailable() -> Self {
        let words = "No resources available for request.";
        Self::unavailable("NoMoreResources", words).retry_after(2)
    }

    /// The body is not what the route reads.
    pub fn body_invalid(why: &str) -> Self {
        let words = "No request body provided or error in deserializing the request body.";
        Self::argument("RequestBodyInvalid", format!("{words} Details: {why}"))
    }

    /// There is no body.
    pub fn body_empty() -> Self {
        let words = "No request provided. Provide a valid request and try again.";
        Self::argument("RequestIsEmpty", words)
    }

    /// The body holds no input.
    pub fn input_missing() -> Self {
        Self::argument(
            "MissingRequestInput",
            "The web service expects an input, but no input was provided. Ensure valid inputs are provided based on the published input ports in the model and try again.",
        )
    }

    /// The body holds several inputs.
    pub fn several_inputs() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidOperation",
            "The request is invalid in the current context.",
            "MultipleInputsNotAllowed",
            "The model does not allow multiple inputs.",
        )
    }

    /// The table of this input can't be read as one.
    pub fn input_unreadable(input: &str, why: &str) -> Self {
        let words = format!(
            "Parsing of input vector failed.  Verify the input vector has the correct number of columns and data types.  Additional details: {why}."
        );
        let mut error = Self::user_argument("InputParseError", words);
        for detail in &mut error.details {
            detail.target = Some(input.to_owned());
        }
        error
    }

    /// Cells or global parameters don't fit the schema: one item for each, see [`Detail::of_field`].
    pub fn of_fields(fields: &[FieldError]) -> Self {
        let mut error = Self::user_argument("InputMismatchError", MISMATCH);
        if !fields.is_empty() {
            error.details = fields.iter().map(Detail::of_field).collect();
        }
        error
    }

    /// The body is larger than `limit` bytes. Classic's limit was 4 MB.
    pub fn too_large(limit: usize) -> Self {
        let why = format!("the body is larger than {limit} bytes");
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            ..Self::body_invalid(&why)
        }
    }

    /// The body came too slowly or broke off.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "RequestTimeout",
            TIMED_OUT,
            "RequestCanceled",
            "The request body came too slowly or broke off.",
        )
    }

    /// There is no such path.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            "Resource not found.",
            "WebServiceNotFound",
            "Web service not found. Verify the web service Id is correct and try again.",
        )
    }

    /// The path exists with another method.
    pub fn method_not_allowed() -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            ..Self::argument(
                "BadParameterValue",
                "The path exists, but not with this method.",
            )
        }
    }

    /// Something that should not be. Says no more; the log does.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "Execution encountered an internal error.",
            "UnknownError",
            "Unknown error.",
        )
    }

    /// The body of the answer.
    pub fn body(&self) -> String {
        #[derive(Serialize)]
        struct Inner<'a> {
            code: &'a str,
            message: &'a str,
            details: &'a [Detail],
        }
        #[derive(Serialize)]
        struct Outer<'a> {
            error: Inner<'a>,
        }
        let body = Outer {
            error: Inner {
                code: self.code,
                message: self.message,
                details: &self.details,
            },
        };
        // Text and lists always serialise.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl IntoResponse for ClassicError {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        let mut response = (self.status, self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_is_answered_word_for_word() {
        assert_eq!(
            ClassicError::unauthorized().body(),
            r#"{"error":{"code":"Unauthorized","message":"Unauthorized","details":[{"code":"ScoreRequestUnauthorized","message":"Invalid credentials provided."}]}}"#
        );
        let response = ClassicError::unauthorized().into_response();
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn a_throttled_call_names_endpoint_and_limit() {
        let error = ClassicError::throttled("acme", 20);
        assert_eq!(
            error.body(),
            r#"{"error":{"code":"ServiceUnavailable","message":"Service is temporarily unavailable.","details":[{"code":"RequestThrottled","message":"Request was throttled for acme endpoint. The maximum concurrency for the endpoint is 20."}]}}"#
        );
        let response = error.into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/json; charset=utf-8"
        );
    }

    #[test]
    fn each_case_has_its_status_class_and_code() {
        let check = |error: ClassicError, status: u16, class: &str, code: &str| {
            assert_eq!(
                (error.status.as_u16(), error.code, error.details[0].code),
                (status, class, code)
            );
            assert!(!error.details[0].message.is_empty());
        };
        let unavailable = "ServiceUnavailable";
        check(
            ClassicError::paused("e"),
            503,
            unavailable,
            "EndpointPaused",
        );
        check(
            ClassicError::overloaded("r"),
            503,
            unavailable,
            "TooManyConcurrentRequests",
        );
        assert!(!ClassicError::overloaded("r").is_throttled());
        assert!(ClassicError::throttled("e", 4).is_throttled());
        check(
            ClassicError::quarantined("r"),
            503,
            unavailable,
            "ModelQuarantined",
        );
        check(
            ClassicError::engine_ended(),
            503,
            unavailable,
            "ScoringProcessEnded",
        );
        check(
            ClassicError::engine_unavailable(),
            503,
            unavailable,
            "NoMoreResources",
        );
        check(
            ClassicError::deadline(),
            408,
            "RequestTimeout",
            "ScoreRequestTimeout",
        );
        check(
            ClassicError::too_slow(),
            408,
            "RequestTimeout",
            "RequestCanceled",
        );
        let module = "ModuleExecutionError";
        check(ClassicError::model_failed("r"), 400, module, module);
        let (argument, user) = ("BadArgument", "BadUserArgument");
        check(
            ClassicError::too_large(4),
            413,
            argument,
            "RequestBodyInvalid",
        );
        check(
            ClassicError::method_not_allowed(),
            405,
            argument,
            "BadParameterValue",
        );
        check(
            ClassicError::not_found(),
            404,
            "NotFound",
            "WebServiceNotFound",
        );
        check(
            ClassicError::internal(),
            500,
            "InternalError",
            "UnknownError",
        );
        check(
            ClassicError::of_fields(&[]),
            400,
            user,
            "InputMismatchError",
        );
        check(
            ClassicError::input_unreadable("i", "w"),
            400,
            user,
            "InputParseError",
        );
    }

    #[test]
    fn each_wrong_field_is_an_item() {
        let field = |pointer: &str, code: &str| FieldError {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            detail: "Why.".to_owned(),
        };
        let error = ClassicError::of_fields(&[
            field("/rows/3/a~1b~0c", "value_type"),
            field("/parameters/p", "parameter_missing"),
            field("/parameters/q", "parameter_unknown"),
            field("/parameters/r", "value_type"),
        ]);
        let items: Vec<_> = error
            .details
            .iter()
            .map(|d| {
                (
                    d.code,
                    d.target.as_deref().unwrap_or_default(),
                    d.message.clone(),
                )
            })
            .collect();
        let message = |words: &str| format!("{words} Why.").trim_start().to_owned();
        let expected = [
            (
                "InputMismatchError",
                "row 3, column a/b~c",
                message(MISMATCH),
            ),
            (
                "MissingRequiredGlobalParameters",
                "p",
                message(PARAMETER_MISSING),
            ),
            ("UnexpectedParameter", "q", message(PARAMETER_UNEXPECTED)),
            ("UserParameterInvalid", "r", message("")),
        ];
        assert_eq!(items, expected);
        assert_eq!(error.code, "BadUserArgument");
    }
}
