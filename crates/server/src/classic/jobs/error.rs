//! Errors of batch execution, with classic's codes and words.

use crate::classic::error::ClassicError;
use axum::http::StatusCode;

impl ClassicError {
    /// There is no such blob.
    pub(in crate::classic) fn blob_not_found(blob: &str) -> Self {
        Self::argument(
            "BlobNotFound",
            format!("Unable to access the provided Azure blob - {blob}. There is no such blob."),
        )
    }

    /// A reference to a blob that can't be followed.
    pub(in crate::classic) fn invalid_blob(blob: &str, why: &str) -> Self {
        Self::argument(
            "InvalidBlob",
            format!(
                "Invalid blob specification for blob: {blob}. Verify that connection string / relative path or SAS token specification is correct and try again. Details: {why}."
            ),
        )
    }

    /// A name that is no blob's.
    pub(in crate::classic) fn blob_name(problem: crate::area::name::NameProblem) -> Self {
        use crate::area::name::NameProblem;
        let (code, words) = match problem {
            NameProblem::NoContainer => (
                "ContainerIsEmpty",
                "No Azure storage container name was provided. Provide a valid container name and try again.",
            ),
            NameProblem::Container => (
                "ContainerSegmentInvalid",
                "Invalid container name. Provide a valid container name and try again.",
            ),
            NameProblem::NoName => (
                "InputBlobRelativeLocationInvalid",
                "No Azure storage blob name provided. Provide a valid blob name and try again.",
            ),
            NameProblem::TooLong => (
                "BlobNameTooLong",
                "The blob name provided is too long. Shorten it and try again.",
            ),
            NameProblem::Name => (
                "InputBlobRelativeLocationInvalid",
                "Invalid Azure storage blob name. Provide a valid blob name and try again.",
            ),
        };
        Self::argument(code, format!("{words} Details: {problem}."))
    }

    /// A connection string that this server can't use. It is not repeated: it holds a key.
    pub(super) fn connection_string(why: &str) -> Self {
        Self::argument(
            "InvalidBlobConnectionString",
            format!(
                "The connection string specified for one of the input/output blobs is invalid: {why}. Please correct this and try again."
            ),
        )
    }

    /// An ending that is no table's.
    pub(super) fn blob_extension(blob: &str) -> Self {
        Self::argument(
            "InvalidBlobExtension",
            format!(
                "The blob reference: {blob} has an invalid or missing file extension. Supported file extensions for this output type are: \".csv, .tsv\"."
            ),
        )
    }

    /// An input with nothing in it.
    pub(super) fn blob_missing() -> Self {
        Self::argument(
            "MissingInputBlobInformation",
            "Missing Azure storage blob information. Provide a valid connection string and relative path or URI and try again.",
        )
    }

    /// No input.
    pub(super) fn inputs_missing() -> Self {
        Self::argument(
            "BatchJobInputsNotSpecified",
            "One or more required inputs were not specified with the request: input1. Ensure all expected inputs are specified with the request.",
        )
    }

    /// More inputs than one.
    pub(super) fn too_many_inputs() -> Self {
        Self::argument(
            "BatchJobInputsTooManySpecified",
            "The request specified more inputs than defined in the service, which has one: input1. Provide the correct number of inputs.",
        )
    }

    /// `Input` and `Inputs`.
    pub(super) fn duplicate_input() -> Self {
        Self::argument(
            "DuplicateInputInBatchCall",
            "Your batch request is invalid. You cannot specify both single and multiple input at the same time. Remove one of these items from the request and try again.",
        )
    }

    /// An input that the service does not have.
    pub(super) fn input_name(name: &str) -> Self {
        Self::argument(
            "InvalidInputNames",
            format!(
                "Invalid service input name(s) specified in the request: {name}. Please map the input data to the correct service inputs and try again. The service has: input1."
            ),
        )
    }

    /// An output that the service does not have.
    pub(super) fn output_name(name: &str) -> Self {
        Self::argument(
            "InvalidOutputOverrideName",
            format!(
                "Invalid output override name: {name}. The service does not have an output node with this name. Pass in a correct output node name to override (case sensitivity applies). The service has: output1."
            ),
        )
    }

    /// An output without a place.
    pub(super) fn output_missing(name: &str) -> Self {
        Self::argument(
            "MissingOutputOverrideSpecification",
            format!(
                "The batch job is missing the blob information for output override {name}. Provide a valid connection string and relative path and try again."
            ),
        )
    }

    /// A job that was started before.
    pub(super) fn cannot_start(state: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "InvalidOperation",
            "The request is invalid in the current context.",
            "CannotStartJob",
            format!("The job cannot be started because it is in {state} state."),
        )
    }

    /// There is no such job. Classic's table has no code for it.
    pub(super) fn job_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            "Resource not found.",
            "JobNotFound",
            "There is no job with this Id, or it was deleted. A job Id is returned when a job was submitted for the first time. Verify the job Id is correct and try again.",
        )
    }

    /// The endpoint's queue is full.
    pub(super) fn queue_full() -> Self {
        let mut error = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "Service is temporarily unavailable.",
            "TooManyConcurrentRequests",
            format!(
                "{} jobs of this endpoint are not over. Wait until some are, or delete those that were never started.",
                crate::batch::submit::OPEN_MAX
            ),
        );
        error.retry_after = Some(60);
        error
    }

    /// A blob with such a status and code, in the words of this server.
    pub(in crate::classic) fn of_blob(
        status: StatusCode,
        detail: &'static str,
        words: impl Into<String>,
    ) -> Self {
        let (code, message) = match status {
            StatusCode::NOT_FOUND => ("NotFound", "Resource not found."),
            StatusCode::CONFLICT => ("Conflict", "The request is invalid in the current context."),
            StatusCode::FORBIDDEN => ("Unauthorized", "Unauthorized"),
            StatusCode::INSUFFICIENT_STORAGE => {
                ("ServiceUnavailable", "Service is temporarily unavailable.")
            }
            _ => ("BadArgument", "Invalid argument provided."),
        };
        Self::new(status, code, message, detail, words)
    }
}
