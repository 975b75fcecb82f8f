//! `POST /workspaces/{ws}/services/{endpoint}/execute`: the key, the body, the call, the answer.
//!
//! Cookies are ignored here. An endpoint that does not exist, one of another workspace and a wrong key
//! are answered alike, before the body is read.

use super::answer::{self, EchoColumn, OutputCells, OutputColumn};
use super::error::ClassicError;
use super::request;
use super::sent::Sent;
use super::{Execute, azureml, bearer, body, parse_query};
use crate::app::App;
use crate::calls::rows::{Marks, Rows};
use crate::calls::{Answer, Call};
use crate::error::Error;
use crate::http::RequestId;
use crate::http::rate_limit::RateLimit;
use crate::scoring::{ScoringError, Values};
use crate::snapshot::Entry;
use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use portico_api::id::{EndpointId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::schema::InputColumn;
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use portico_domain::throttle::Share;
use std::sync::Arc;

/// Scores one call.
pub(super) async fn execute(
    State(app): State<App>,
    path: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, ClassicError> {
    let query = query.as_deref().unwrap_or_default();
    let mut execute = parse_query(query)?;
    execute.details |= azureml::needs_types(request.headers(), query);
    let Path((workspace, endpoint)) = path.map_err(|_| ClassicError::unauthorized())?;
    let (entry, slot, key) = admitted(&app, &workspace, &endpoint, request.headers())
        .ok_or_else(ClassicError::unauthorized)?;
    let outcome = answered(&app, &entry, slot, key, &id, execute, request).await;
    let throttled = outcome.as_ref().is_err_and(ClassicError::is_throttled);
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    RateLimit::of(&entry, slot).write(&mut response, throttled.then_some(Share::Full));
    crate::http::served_by::write(&mut response, &entry);
    Ok(response)
}

async fn answered(
    app: &App,
    entry: &Arc<Entry>,
    slot: UsageSlot,
    key: KeyId,
    id: &RequestId,
    execute: Execute,
    request: Request,
) -> Result<Response, ClassicError> {
    let failed = |error: Error| answer_to(&error, id);
    let sent_as = body::SentAs::of(request.headers());
    let (body, seat) = crate::http::extract::read_call(app, entry, request)
        .await
        .map_err(failed)?;
    let mut call = Call::new(app, entry, slot, Some(key), seat);
    let permit = call.admit().await.map_err(failed)?;
    let (most, _) = crate::calls::limits(app, entry);
    let plain = sent_as.plain(&body, most)?;
    let rows = request::read(&plain)?;
    let rows = Rows {
        names: rows.columns,
        cells: rows.rows,
        parameters: rows.parameters,
    };
    let pipeline = Arc::clone(call.pipeline());
    let Answer { columns, hold, .. } = call
        .score(permit, &rows, Marks::Skipped)
        .await
        .map_err(failed)?;

    let inputs = &pipeline.schema.inputs;
    let echo: Vec<EchoColumn<'_>> = inputs.iter().map(|column| echo_of(column, &rows)).collect();
    let outputs: Vec<OutputColumn<'_>> = columns
        .iter()
        .map(|column| OutputColumn {
            name: &column.name,
            cells: cells_of(&column.values),
        })
        .collect();
    let body = answer::write(&execute, &echo, &rows.cells, &outputs);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    let response = ([(header::CONTENT_TYPE, json)], body).into_response();
    Ok(crate::http::serve::holding(response, hold))
}

/// The endpoint that the key opens, and the key.
pub(super) fn admitted(
    app: &App,
    workspace: &str,
    endpoint: &str,
    headers: &HeaderMap,
) -> Option<(Arc<Entry>, UsageSlot, KeyId)> {
    let text = bearer(headers)?;
    let workspace = WorkspaceId::parse(workspace).ok()?;
    let endpoint = EndpointId::parse(endpoint).ok()?;
    let snapshot = app.snapshot();
    // The key first, so that an endpoint that does not exist takes as long as a wrong key.
    let key = snapshot.endpoint_key(text, &endpoint, &app.secrets, app.clock.now())?;
    let entry = snapshot.endpoint(&endpoint)?;
    let slot = match key.slot {
        KeySlot::Primary => UsageSlot::Primary,
        KeySlot::Secondary => UsageSlot::Secondary,
    };
    (entry.stored.workspace_id == workspace).then(|| (Arc::clone(entry), slot, key.id))
}

fn echo_of<'a>(column: &'a InputColumn, rows: &Rows<Sent<'_>>) -> EchoColumn<'a> {
    EchoColumn {
        name: &column.name,
        column_type: column.column_type,
        cell: rows.names.iter().position(|name| *name == column.name),
    }
}

fn cells_of(values: &Values) -> OutputCells<'_> {
    match values {
        Values::F32(cells) => OutputCells::F32(cells),
        Values::F64(cells) => OutputCells::F64(cells),
        Values::I64(cells) => OutputCells::I64(cells),
        Values::Bool(cells) => OutputCells::Bool(cells),
        Values::Text(cells) => OutputCells::Text(cells.iter().collect()),
    }
}

/// The error on classic's wire; what the caller must not read goes to the log.
pub(super) fn answer_to(error: &Error, id: &RequestId) -> ClassicError {
    let answer = translate(error);
    crate::http::log(error, answer.status.as_u16(), id);
    answer
}

fn translate(error: &Error) -> ClassicError {
    match error {
        Error::Throttled {
            endpoint, limit, ..
        } => ClassicError::throttled(endpoint, *limit),
        Error::Paused { endpoint } => ClassicError::paused(endpoint),
        Error::Overloaded(why) => ClassicError::overloaded(why),
        Error::Invalid(fields) => ClassicError::of_fields(fields),
        Error::TooLarge { limit } => ClassicError::too_large(*limit),
        Error::TooSlow => ClassicError::too_slow(),
        Error::Malformed(why) => ClassicError::body_invalid(why),
        Error::Scoring(error) => match error {
            ScoringError::ModelFailed { reason, .. } => ClassicError::model_failed(reason),
            ScoringError::DeadlineExceeded => ClassicError::deadline(),
            ScoringError::EngineEnded => ClassicError::engine_ended(),
            ScoringError::Quarantined(_) => ClassicError::quarantined(&error.to_string()),
            ScoringError::Unavailable(_) => ClassicError::engine_unavailable(),
            ScoringError::BadInput { .. } => {
                ClassicError::input_unreadable("input1", &error.to_string())
            }
            ScoringError::ModelNotFound(_)
            | ScoringError::ModelUnreadable { .. }
            | ScoringError::Refused(_) => ClassicError::internal(),
        },
        _ => ClassicError::internal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_their_sense() {
        let check = |error: Error, status: u16, code: &str| {
            let answer = translate(&error);
            let found = (answer.status.as_u16(), answer.details[0].code);
            assert_eq!(found, (status, code), "{error}");
        };
        let endpoint = "acme".to_owned();
        check(
            Error::Paused {
                endpoint: endpoint.clone(),
            },
            503,
            "EndpointPaused",
        );
        check(
            Error::Throttled {
                endpoint,
                limit: 4,
                of: Share::Full,
            },
            503,
            "RequestThrottled",
        );
        check(Error::Overloaded("Why."), 503, "TooManyConcurrentRequests");
        check(
            Error::field("/rows/0/a", "value_type", "a."),
            400,
            "InputMismatchError",
        );
        check(Error::TooLarge { limit: 4 }, 413, "RequestBodyInvalid");
        check(Error::TooSlow, 408, "RequestCanceled");
        check(
            Error::Malformed("Broken.".to_owned()),
            400,
            "RequestBodyInvalid",
        );
        check(Error::Internal("secret".to_owned()), 500, "UnknownError");
        check(
            ScoringError::DeadlineExceeded.into(),
            408,
            "ScoreRequestTimeout",
        );
        check(ScoringError::EngineEnded.into(), 503, "ScoringProcessEnded");
        check(
            ScoringError::Unavailable("why".to_owned()).into(),
            503,
            "NoMoreResources",
        );
    }

    #[test]
    fn what_is_for_the_log_never_leaves() {
        let failed = ScoringError::ModelFailed {
            reason: "Why.".to_owned(),
            detail: "raw".to_owned(),
        };
        let answer = translate(&failed.into());
        assert_eq!(answer.details[0].code, "ModuleExecutionError");
        assert!(!answer.body().contains("raw"));
        let internal = translate(&Error::Internal("secret".to_owned()));
        assert!(!internal.body().contains("secret"));
    }
}
