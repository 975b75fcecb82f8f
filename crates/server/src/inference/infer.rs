//! A call: its body, a permit, its tensors, the engine, its answer.

use super::body::{HEADER_LENGTH, Wire};
use super::error::InferenceError;
use super::{Opened, answer, columns, request};
use crate::app::App;
use crate::calls::pipeline::{Given, Pipeline};
use crate::calls::{self, Answer, Call, rows};
use crate::error::Error;
use crate::http::RequestId;
use crate::scoring::ScoringError;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use portico_api::cell::Cell;
use portico_api::schema::Schema;
use request::{Input, Request as Asked, is_json, without_constants};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Parameters that clients of the protocol send for other servers, and that mean nothing to one whose
/// models keep no state: hints, and what they need to know of themselves.
const HINTS: [&str; 4] = ["priority", "timeout", "content_type", "headers"];
/// How the names of Triton's own parameters begin.
const HINTS_OF_TRITON: &str = "triton_";
/// Those that ask for what is not here.
const SEQUENCES: [&str; 3] = ["sequence_id", "sequence_start", "sequence_end"];

/// Scores one call. One that is `pinned` names the version in force, and no version that is tried scores it.
///
/// # Errors
/// Each with its status; those of the engine are the same as on every wire.
pub(super) async fn infer(
    app: &App,
    opened: &Opened,
    pinned: bool,
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
    if pinned {
        call.pin();
    }
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
    let (pipeline, version) = (Arc::clone(call.pipeline()), call.version());
    let schema = &pipeline.schema;
    answer::check(schema, &asked.outputs)?;
    let Asked {
        id: echoed,
        inputs,
        outputs,
        binary,
        patience,
        parameters,
    } = asked;
    let kept = call
        .has_shadow()
        .then(|| (inputs.clone(), parameters.clone()));
    let again = |pipeline: &Pipeline| match kept {
        Some((inputs, parameters)) => again(pipeline, inputs, parameters),
        None => Err(Error::Internal("the inputs are gone".to_owned())),
    };
    let parameters = global(schema, parameters)?.map_err(failed)?;
    let (tensors, rows) = columns::tensors(&pipeline, inputs)?;
    let given = Given {
        tensors,
        parameters,
    };
    let run = call.run(permit, given, rows, again);
    let Answer { columns, hold, .. } = match patience {
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
        version,
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
    Ok(crate::http::serve::holding(response, hold))
}

/// What a candidate's pipeline is given of a call that it scores in shadow.
fn again(
    pipeline: &Pipeline,
    inputs: Vec<Input<'_>>,
    parameters: Map<String, Value>,
) -> Result<Given, Error> {
    let not_taken = |_| Error::Malformed("The candidate does not take this call.".to_owned());
    let parameters = global(&pipeline.schema, parameters).map_err(not_taken)??;
    let (tensors, _) = columns::tensors(pipeline, inputs).map_err(not_taken)?;
    Ok(Given {
        tensors,
        parameters,
    })
}

/// The global parameters among those of a request.
fn global(
    schema: &Schema,
    mut sent: Map<String, Value>,
) -> Result<Result<Vec<(String, Cell)>, Error>, InferenceError> {
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
    Ok(rows::parameters(schema, &sent))
}
