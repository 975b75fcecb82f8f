//! A call: its body, a permit, its tensors, the engine, its answer.

use super::body::{HEADER_LENGTH, Wire};
use super::error::InferenceError;
use super::{Opened, answer, columns, request};
use crate::app::App;
use crate::calls::{self, Answer, Call, rows};
use crate::error::Error;
use crate::http::RequestId;
use crate::scoring::ScoringError;
use crate::snapshot::Entry;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use portico_api::cell::Cell;
use request::{Request as Asked, is_json, without_constants};
use serde_json::{Map, Value};

/// Parameters that clients of the protocol send for other servers, and that mean nothing to one whose
/// models keep no state: hints, and what they need to know of themselves.
const HINTS: [&str; 4] = ["priority", "timeout", "content_type", "headers"];
/// How the names of Triton's own parameters begin.
const HINTS_OF_TRITON: &str = "triton_";
/// Those that ask for what is not here.
const SEQUENCES: [&str; 3] = ["sequence_id", "sequence_start", "sequence_end"];

/// Scores one call.
///
/// # Errors
/// Each with its status; those of the engine are the same as on every wire.
pub(super) async fn infer(
    app: &App,
    opened: &Opened,
    id: &RequestId,
    request: Request,
) -> Result<Response, InferenceError> {
    let failed = |error: Error| InferenceError::of(&error, id);
    let wire = Wire::of(request.headers())?;
    let entry = &opened.entry;
    let (body, seat) = crate::http::extract::read_call(app, entry, request)
        .await
        .map_err(failed)?;
    let mut call = Call::new(app, entry, opened.slot, Some(opened.key), seat);
    let permit = call.admit().await.map_err(failed)?;

    // What a body holds once it is inflated may be as large as a plain one.
    let (limit, _) = calls::limits(app, entry);
    let body = wire.inflate(body, limit)?;
    let (json, binary) = wire.cut(&body)?;
    // JSON as Python's writers have it is read a second time, without the constants that JSON lacks.
    let plain = match request::read(json, binary) {
        Err(_) if !is_json(json) => without_constants(json),
        _ => None,
    };
    let asked = request::read(plain.as_deref().unwrap_or(json), binary)?;
    let schema = &entry.pipeline.schema;
    answer::check(schema, &asked.outputs)?;
    let Asked {
        id: echoed,
        inputs,
        outputs,
        binary,
        patience,
        parameters,
    } = asked;
    let parameters = global(entry, parameters, id)?;
    let (tensors, rows) = columns::tensors(&entry.pipeline, inputs)?;
    let run = call.run(permit, tensors, parameters, rows);
    let Answer {
        columns, permit, ..
    } = match patience {
        None => run.await,
        // A caller that gives up early is answered so; the run is cancelled with it.
        Some(patience) => tokio::time::timeout(patience, run)
            .await
            .unwrap_or_else(|_| Err(ScoringError::DeadlineExceeded.into())),
    }
    .map_err(failed)?;

    let outputs = answer::outputs(schema, &columns, &outputs, binary)?;
    let head = answer::Head {
        model: &entry.stored.service_name,
        version: entry.stored.version,
        id: echoed.as_deref(),
    };
    let body = answer::write(head, &outputs)?;
    let kind = if body.json.is_some() {
        "application/octet-stream"
    } else {
        "application/json"
    };
    let (bytes, coding) = wire.deflate(body.bytes);
    let mut response = ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    let headers = response.headers_mut();
    if let Some(length) = body.json {
        headers.insert(HEADER_LENGTH, HeaderValue::from(length));
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, coding);
    }
    Ok(crate::http::serve::holding(response, permit))
}

/// The global parameters among those of a request.
fn global(
    entry: &Entry,
    mut sent: Map<String, Value>,
    id: &RequestId,
) -> Result<Vec<(String, Cell)>, InferenceError> {
    let schema = &entry.pipeline.schema;
    let own = |name: &str| {
        schema
            .parameters
            .iter()
            .any(|parameter| parameter.name == name)
    };
    let sequence = SEQUENCES
        .into_iter()
        .find(|name| sent.contains_key(*name) && !own(name));
    if let Some(name) = sequence {
        return Err(InferenceError::bad_request(format!(
            "Parameter {name}: sequences are not served; each call stands for itself."
        )));
    }
    sent.retain(|name, _| {
        own(name) || !(HINTS.contains(&name.as_str()) || name.starts_with(HINTS_OF_TRITON))
    });
    rows::parameters(schema, &sent).map_err(|error| InferenceError::of(&error, id))
}
