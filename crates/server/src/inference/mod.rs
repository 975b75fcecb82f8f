//! The Open Inference Protocol, version 2 (HTTP), below each endpoint's own URL, so that any of its
//! clients works with that URL and the endpoint's key.
//!
//! | Route below the endpoint's URL | Answers |
//! |---|---|
//! | `GET v2` | name, version, extensions |
//! | `GET v2/health/live`, `GET v2/health/ready` | 200, or 503 with the reason |
//! | `GET v2/models/{model}[/versions/{version}]` | inputs and outputs with datatype and shape |
//! | `GET v2/models/{model}[/versions/{version}]/ready` | 200, or 503 with the reason |
//! | `POST v2/models/{model}[/versions/{version}]/infer` | the model's answer |
//!
//! The one model of an endpoint has its service's name, percent-encoded in the path, and the service's id
//! as an alias; its one version is the version that the endpoint serves. Anything else is 404.
//! Everything wants the endpoint's key, health too: without it an endpoint that does not exist and
//! one that does answer alike, before a body is read.
//!
//! | File | Holds |
//! |---|---|
//! | `path` | which route a path is |
//! | `describe` | metadata and readiness |
//! | `infer` | a call, from its body to its answer |
//! | `body` | compression, and where JSON ends and binary tensors begin |
//! | `request` | the JSON of a call |
//! | `datatype`, `data`, `elements` | tensors in binary and in JSON |
//! | `convert`, `columns` | tensors into the columns of a schema |
//! | `answer` | the answer in JSON and binary |
//! | `error` | errors, `{"error": "…"}` |
//!
//! It reads and writes this wire; it must not know SQL, nor how models are run.

mod answer;
mod body;
mod columns;
mod convert;
mod data;
mod datatype;
mod describe;
mod elements;
mod error;
mod infer;
mod path;
mod request;

use crate::app::App;
use crate::classic::{bearer, holds_key};
use crate::http::RequestId;
use crate::http::rate_limit::RateLimit;
use crate::snapshot::Entry;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use error::InferenceError;
use path::{Below, Target};
use portico_api::id::{EndpointId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use std::sync::Arc;

pub use path::base_url;

/// Missing values: `null` stands for a missing value in the JSON of FP32, FP64 and BYTES tensors, in
/// requests and answers. JSON has neither NaN nor infinities, and the protocol has no null.
const EXTENSION_NULLABLE: &str = "portico_nullable";
/// Tensors in binary behind the JSON.
const EXTENSION_BINARY: &str = "binary_tensor_data";

/// The routes of this wire.
pub fn router() -> Router<App> {
    Router::new()
        .route(path::ROOT, any(serve))
        .route(path::BELOW, any(serve))
}

/// The endpoint of a request, and the key that opened it.
struct Opened {
    entry: Arc<Entry>,
    slot: UsageSlot,
    key: KeyId,
}

async fn serve(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let opened = match open(&app, &request) {
        Ok(opened) => opened,
        Err(error) => return error.into_response(),
    };
    let outcome = answer(&app, &opened, &id, request).await;
    let violated = outcome.as_ref().err().and_then(|error| error.violated);
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    RateLimit::of(&opened.entry, opened.slot).write(&mut response, violated);
    crate::http::served_by::write(&mut response, &opened.entry);
    response
}

fn open(app: &App, request: &Request) -> Result<Opened, InferenceError> {
    if request.uri().query().is_some_and(holds_key) {
        return Err(InferenceError::key_in_address());
    }
    Below::parse(request.uri().path())
        .and_then(|below| opened(app, &below, request.headers()))
        .ok_or_else(InferenceError::unauthorized)
}

async fn answer(
    app: &App,
    opened: &Opened,
    id: &RequestId,
    request: Request,
) -> Result<Response, InferenceError> {
    let entry = &opened.entry;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let target = Below::parse(request.uri().path())
        .and_then(|below| below.target)
        .ok_or_else(InferenceError::no_such_path)?;
    if let Some(model) = target.model() {
        describe::known(entry, model)?;
    }
    match target {
        Target::Infer(model) if *request.method() == Method::POST => {
            let pinned = model.version.is_some();
            infer::infer(app, opened, pinned, id, request).await
        }
        Target::Infer(_) => Err(InferenceError::wrong_method("POST")),
        _ if !reads => Err(InferenceError::wrong_method("GET, HEAD")),
        Target::Server => Ok(describe::server()),
        Target::Live => Ok(describe::live()),
        Target::Ready => describe::ready(app, entry),
        Target::Model(_) => describe::model(app, entry, id).await,
        Target::ModelReady(_) => describe::model_ready(app, entry),
    }
}

/// The endpoint that the request's key opens. Cookies are not looked at.
fn opened(app: &App, below: &Below<'_>, headers: &HeaderMap) -> Option<Opened> {
    let text = bearer(headers)?;
    let workspace = WorkspaceId::parse(below.workspace).ok()?;
    let endpoint = EndpointId::parse(below.endpoint).ok()?;
    let snapshot = app.snapshot();
    // The key first, so that an endpoint that does not exist takes as long as a wrong key.
    let key = snapshot.endpoint_key(text, &endpoint, &app.secrets, app.clock.now())?;
    let entry = snapshot.endpoint(&endpoint)?;
    let slot = match key.slot {
        KeySlot::Primary => UsageSlot::Primary,
        KeySlot::Secondary => UsageSlot::Secondary,
    };
    (entry.stored.workspace_id == workspace).then(|| Opened {
        entry: Arc::clone(entry),
        slot,
        key: key.id,
    })
}

/// An answer in JSON.
fn json(status: axum::http::StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}
