//! This wire's errors: those of the request-response wire in form, with management's codes.

use crate::classic::error::{ClassicError, Detail};
use crate::error::Error;
use crate::http::RequestId;
use axum::http::StatusCode;
use portico_api::problem::FieldError;

/// No token or key, a wrong one, or one of something else: all alike.
pub(super) fn unauthorized() -> ClassicError {
    ClassicError::new(
        StatusCode::UNAUTHORIZED,
        "Unauthorized",
        "Unauthorized",
        "ManagementRequestUnauthorized",
        "Invalid credentials provided.",
    )
}

/// The key is good and does not reach as far as this.
pub(super) fn key_not_enough(words: &str) -> ClassicError {
    let (class, code) = ("Unauthorized", "ManagementRequestUnauthorized");
    ClassicError::new(StatusCode::FORBIDDEN, class, class, code, words)
}

/// The workspace has no such service.
pub(super) fn no_service() -> ClassicError {
    ClassicError::new(
        StatusCode::NOT_FOUND,
        "NotFound",
        "Resource not found.",
        "WebServiceIdNotFoundInWorkspace",
        "Web service not found. Verify the web service Id is correct and try again.",
    )
}

/// The service has no such endpoint.
pub(super) fn no_endpoint() -> ClassicError {
    ClassicError::new(
        StatusCode::NOT_FOUND,
        "NotFound",
        "Resource not found.",
        "WebServiceNotFound",
        "The web service has no endpoint of this name or id.",
    )
}

/// A field of the body has a value that it can't have.
pub(super) fn bad_value(field: &str, rule: impl Into<String>) -> ClassicError {
    let mut error = ClassicError::argument("BadParameterValue", rule);
    for detail in &mut error.details {
        detail.target = Some(field.to_owned());
    }
    error
}

/// Services are published as packages of models here, not as code.
pub(super) fn type_refused(words: &str) -> ClassicError {
    let mut error = ClassicError::argument("WebServiceTypeInvalid", words);
    for detail in &mut error.details {
        detail.target = Some("Type".to_owned());
    }
    error
}

/// The model of a PATCH can't be had from its location.
pub(super) fn bad_location(code: &'static str, resource: &str, words: String) -> ClassicError {
    let mut error = ClassicError::argument(code, words);
    for detail in &mut error.details {
        detail.target = Some(resource.to_owned());
    }
    error
}

fn invalid_operation(detail: &'static str, words: impl Into<String>) -> ClassicError {
    let message = "The request is invalid in the current context.";
    ClassicError::new(
        StatusCode::BAD_REQUEST,
        "InvalidOperation",
        message,
        detail,
        words,
    )
}

fn conflict(detail: &'static str, words: impl Into<String>) -> ClassicError {
    let message = "The request conflicts with the present state of the resource.";
    ClassicError::new(StatusCode::CONFLICT, "Conflict", message, detail, words)
}

/// The error on this wire; what the caller must not read goes to the log.
pub(super) fn answer(error: &Error, id: &RequestId) -> ClassicError {
    let answer = translate(error);
    crate::http::log(error, answer.status.as_u16(), id);
    answer
}

fn translate(error: &Error) -> ClassicError {
    match error {
        Error::Invalid(fields) => of_fields(fields),
        Error::NameTaken { .. } => conflict("EndpointNameTaken", error.to_string()),
        Error::Conflict(words) => conflict("OperationNotAllowed", words),
        Error::PreconditionFailed => conflict(
            "ResourceChanged",
            "It was changed meanwhile. Read it again and decide.",
        ),
        Error::NotFound => no_endpoint(),
        Error::TooLarge { limit } => ClassicError::too_large(*limit),
        Error::TooSlow => ClassicError::too_slow(),
        Error::Malformed(why) => ClassicError::body_invalid(why),
        Error::Scoring(_) => ClassicError::engine_unavailable(),
        _ => ClassicError::internal(),
    }
}

/// One item for each field; the first decides the class.
fn of_fields(fields: &[FieldError]) -> ClassicError {
    let details: Vec<Detail> = fields.iter().map(detail).collect();
    let class = match details.first().map(|detail| detail.code) {
        Some("IncompatibleModel" | "NoUpdatableResources") => invalid_operation("", ""),
        _ => ClassicError::argument("", ""),
    };
    if details.is_empty() {
        return ClassicError::internal();
    }
    ClassicError { details, ..class }
}

fn detail(field: &FieldError) -> Detail {
    let code = match field.code.as_str() {
        "model_does_not_fit" | "model_no_longer_fits" | "resource_gone" => "IncompatibleModel",
        "no_resources" => "NoUpdatableResources",
        "model_refused" => "InvalidBlob",
        "throttle_out_of_range" => "WebServiceConcurrentRequestRequirementInvalid",
        "throttle_above_cap" => "WebServiceTooManyConcurrentRequestRequirement",
        _ => "BadParameterValue",
    };
    let last = field.pointer.rsplit('/').next().unwrap_or_default();
    let target = match last {
        "max_concurrent_calls" => "MaxConcurrentCalls".to_owned(),
        "description" => "Description".to_owned(),
        name => name.replace("~1", "/").replace("~0", "~"),
    };
    Detail {
        code,
        target: Some(target),
        message: field.detail.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_let_in_is_told_one_thing() {
        assert_eq!(
            unauthorized().body(),
            r#"{"error":{"code":"Unauthorized","message":"Unauthorized","details":[{"code":"ManagementRequestUnauthorized","message":"Invalid credentials provided."}]}}"#
        );
    }

    #[test]
    fn errors_keep_their_sense_and_their_fields() {
        let check = |error: Error, status: u16, class: &str, code: &str, target: Option<&str>| {
            let answer = translate(&error);
            let detail = &answer.details[0];
            assert_eq!(
                (answer.status.as_u16(), answer.code, detail.code),
                (status, class, code),
                "{error}"
            );
            assert_eq!(detail.target.as_deref(), target, "{error}");
            assert!(!detail.message.is_empty() && !answer.message.is_empty());
        };
        let field = |pointer, code| Error::field(pointer, code, "Why.");
        let (argument, operation) = ("BadArgument", "InvalidOperation");
        check(
            field("/throttle/max_concurrent_calls", "throttle_out_of_range"),
            400,
            argument,
            "WebServiceConcurrentRequestRequirementInvalid",
            Some("MaxConcurrentCalls"),
        );
        check(
            field("/throttle/max_concurrent_calls", "throttle_above_cap"),
            400,
            argument,
            "WebServiceTooManyConcurrentRequestRequirement",
            Some("MaxConcurrentCalls"),
        );
        check(
            field("/description", "text_too_long"),
            400,
            argument,
            "BadParameterValue",
            Some("Description"),
        );
        check(
            field("/resources/a~1b", "model_does_not_fit"),
            400,
            operation,
            "IncompatibleModel",
            Some("a/b"),
        );
        check(
            field("/resources/m", "model_refused"),
            400,
            argument,
            "InvalidBlob",
            Some("m"),
        );
        check(
            Error::Conflict("Why.".to_owned()),
            409,
            "Conflict",
            "OperationNotAllowed",
            None,
        );
        check(
            Error::PreconditionFailed,
            409,
            "Conflict",
            "ResourceChanged",
            None,
        );
        check(
            Error::Internal("secret".to_owned()),
            500,
            "InternalError",
            "UnknownError",
            None,
        );
        assert!(
            !translate(&Error::Internal("secret".to_owned()))
                .body()
                .contains("secret")
        );
    }
}
