//! Whether the process lives, and whether it can do its work.

use crate::app::App;
use crate::scoring::EngineStatus;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({"alive": true}))
}

/// Database, engine and secrets are there. Says which is not.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let database = app.store.version().await.is_ok();
    let engine = matches!(app.engine.status(), EngineStatus::Ready);
    let secrets = app.secrets.missing.is_empty();
    let ready = database && engine && secrets;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(json!({"ready": ready, "database": database, "engine": engine, "secrets": secrets})),
    )
}
