//! The errors of the data plane as help pages list them: status, class, code, and when.

use super::markup::{escape, table, term};

/// Status, class, code, when it is answered.
type Row = (u16, &'static str, &'static str, &'static str);

/// What a request-response call can be answered.
const CALL: [Row; 24] = [
    (
        400,
        "BadArgument",
        "BadVersionCall",
        "The query names another api-version than 2.0.",
    ),
    (
        400,
        "BadArgument",
        "InvalidQueryParameter",
        "A query parameter has a value that it can't have, or holds a key.",
    ),
    (
        400,
        "BadArgument",
        "MissingRequestInput",
        "The body holds no input.",
    ),
    (
        400,
        "BadArgument",
        "RequestBodyInvalid",
        "The body is not the JSON that is read here. With status 413: it is too large; with 415: its Content-Encoding is not known.",
    ),
    (400, "BadArgument", "RequestIsEmpty", "There is no body."),
    (
        400,
        "BadUserArgument",
        "InputMismatchError",
        "A column is missing, or a cell is not of its column's type; the target names row and column.",
    ),
    (
        400,
        "BadUserArgument",
        "InputParseError",
        "The input is neither a table nor a list of rows, or has no row.",
    ),
    (
        400,
        "BadUserArgument",
        "MissingRequiredGlobalParameters",
        "A global parameter without a default has no value.",
    ),
    (
        400,
        "BadUserArgument",
        "UnexpectedParameter",
        "There is no such global parameter.",
    ),
    (
        400,
        "BadUserArgument",
        "UserParameterInvalid",
        "A global parameter's value is not of its type.",
    ),
    (
        400,
        "InvalidOperation",
        "MultipleInputsNotAllowed",
        "The body holds several inputs.",
    ),
    (
        400,
        "ModuleExecutionError",
        "ModuleExecutionError",
        "The model failed on these rows.",
    ),
    (
        401,
        "Unauthorized",
        "ScoreRequestUnauthorized",
        "The key is missing, wrong, expired or of another endpoint, or there is no such endpoint.",
    ),
    (
        404,
        "NotFound",
        "WebServiceNotFound",
        "There is no such address.",
    ),
    (
        405,
        "BadArgument",
        "BadParameterValue",
        "The address takes another method.",
    ),
    (
        408,
        "RequestTimeout",
        "RequestCanceled",
        "The body came too slowly or broke off.",
    ),
    (
        408,
        "RequestTimeout",
        "ScoreRequestTimeout",
        "Scoring took longer than a call may take.",
    ),
    (
        500,
        "InternalError",
        "UnknownError",
        "Something failed on the server; quote x-ms-request-id.",
    ),
    (
        503,
        "ServiceUnavailable",
        "EndpointPaused",
        "The endpoint is paused by its publisher.",
    ),
    (
        503,
        "ServiceUnavailable",
        "ModelQuarantined",
        "The model is kept from running because it ended its process.",
    ),
    (
        503,
        "ServiceUnavailable",
        "NoMoreResources",
        "Nothing can score at the moment.",
    ),
    (
        503,
        "ServiceUnavailable",
        "RequestThrottled",
        "As many calls run as the endpoint's limit allows; the message names it. Wait as Retry-After says.",
    ),
    (
        503,
        "ServiceUnavailable",
        "ScoringProcessEnded",
        "The scoring process ended while this call ran.",
    ),
    (
        503,
        "ServiceUnavailable",
        "TooManyConcurrentRequests",
        "The server as a whole is busy; the endpoint's own limit is not reached.",
    ),
];

/// What batch calls can be answered besides.
const BATCH: [Row; 17] = [
    (
        400,
        "BadArgument",
        "BatchJobInputsNotSpecified",
        "The request names no input.",
    ),
    (
        400,
        "BadArgument",
        "BatchJobInputsTooManySpecified",
        "The request names more inputs than the service has.",
    ),
    (
        400,
        "BadArgument",
        "BlobNameTooLong",
        "A blob's name is too long.",
    ),
    (
        400,
        "BadArgument",
        "BlobNotFound",
        "The input does not exist.",
    ),
    (
        400,
        "BadArgument",
        "ContainerIsEmpty",
        "A location names no container.",
    ),
    (
        400,
        "BadArgument",
        "ContainerSegmentInvalid",
        "A container's name breaks the rules of storage.",
    ),
    (
        400,
        "BadArgument",
        "DuplicateInputInBatchCall",
        "The request has both Input and Inputs.",
    ),
    (
        400,
        "BadArgument",
        "InputBlobRelativeLocationInvalid",
        "A location names no blob, or breaks the rules of storage.",
    ),
    (
        400,
        "BadArgument",
        "InvalidBlob",
        "A reference to a blob can't be followed.",
    ),
    (
        400,
        "BadArgument",
        "InvalidBlobConnectionString",
        "A connection string is not one, or not one of this server.",
    ),
    (
        400,
        "BadArgument",
        "InvalidBlobExtension",
        "A blob is neither .csv nor .tsv.",
    ),
    (
        400,
        "BadArgument",
        "InvalidInputNames",
        "The service has no input of this name.",
    ),
    (
        400,
        "BadArgument",
        "InvalidOutputOverrideName",
        "The service has no output of this name; small and capital letters are told apart.",
    ),
    (
        400,
        "BadArgument",
        "MissingInputBlobInformation",
        "An input says nothing of where it is.",
    ),
    (
        400,
        "BadArgument",
        "MissingOutputOverrideSpecification",
        "An output says nothing of where it goes.",
    ),
    (
        400,
        "InvalidOperation",
        "CannotStartJob",
        "The job was started before; the message names its state.",
    ),
    (
        404,
        "NotFound",
        "JobNotFound",
        "There is no such job, or it was deleted.",
    ),
];

/// The table for request-response calls.
pub(super) fn of_calls() -> String {
    rows(&CALL)
}

/// What the batch wire adds to it.
pub(super) fn of_jobs() -> String {
    rows(&BATCH)
}

fn rows(codes: &[Row]) -> String {
    let cells = |&(status, class, code, when): &Row| {
        vec![status.to_string(), term(class), term(code), escape(when)]
    };
    let rows: Vec<_> = codes.iter().map(cells).collect();
    table(&["Status", "code", "details[].code", "When"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classic::error::ClassicError;
    use portico_api::problem::FieldError;

    #[test]
    fn every_error_of_a_call_is_listed() {
        let field = |pointer: &str, code: &str| FieldError {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            detail: String::new(),
        };
        let fields = [
            field("/rows/0/a", "value_type"),
            field("/parameters/p", "parameter_missing"),
            field("/parameters/p", "parameter_unknown"),
            field("/parameters/p", "value_type"),
        ];
        let mut errors = vec![
            ClassicError::argument("BadVersionCall", ""),
            ClassicError::argument("InvalidQueryParameter", ""),
            ClassicError::unauthorized(),
            ClassicError::throttled("e", 1),
            ClassicError::paused("e"),
            ClassicError::quarantined(""),
            ClassicError::model_failed(""),
            ClassicError::deadline(),
            ClassicError::engine_ended(),
            ClassicError::engine_unavailable(),
            ClassicError::body_invalid(""),
            ClassicError::body_empty(),
            ClassicError::input_missing(),
            ClassicError::several_inputs(),
            ClassicError::input_unreadable("", ""),
            ClassicError::too_slow(),
            ClassicError::not_found(),
            ClassicError::method_not_allowed(),
            ClassicError::internal(),
        ];
        errors.extend(fields.map(|field| ClassicError::of_fields(&[field])));
        for error in errors {
            let code = error.details[0].code;
            let status = error.status.as_u16();
            let listed = CALL.iter().find(|row| row.2 == code);
            let found = listed.map(|row| (row.0, row.1));
            assert_eq!(found, Some((status, error.code)), "{code}");
        }
    }

    #[test]
    fn tables_are_in_order_and_whole() {
        assert!(CALL.is_sorted_by_key(|row| (row.0, row.1, row.2)));
        assert!(BATCH.is_sorted_by_key(|row| (row.0, row.1, row.2)));
        assert!(of_calls().contains("<td>503</td><td><code>ServiceUnavailable</code></td><td><code>RequestThrottled</code></td>"));
    }
}
