//! What an endpoint says of itself: metadata and readiness.

use super::answer::datatype;
use super::error::InferenceError;
use super::path::Model;
use super::{EXTENSION_BINARY, EXTENSION_NULLABLE, json};
use crate::app::App;
use crate::calls::pipeline::Pipeline;
use crate::calls::trial;
use crate::error::Error;
use crate::http::RequestId;
use crate::scoring::EngineStatus;
use crate::snapshot::Entry;
use axum::http::StatusCode;
use axum::response::Response;
use portico_api::schema::{ColumnType, InputColumn};
use serde_json::Value;
use std::sync::Arc;

/// The format of the models, in the protocol's words: project and format.
const PLATFORM: &str = "onnx_onnxv1";

/// Fails unless the endpoint serves this model in this version.
///
/// # Errors
/// 404.
pub(super) fn known(entry: &Entry, model: &Model<'_>) -> Result<(), InferenceError> {
    let stored = &entry.stored;
    if model.name != stored.service_name.as_str() && model.name != stored.service_id.as_str() {
        return Err(InferenceError::new(
            404,
            "This endpoint has no such model. Its one model has its service's name, percent-encoded, or its service's id.",
        ));
    }
    match &model.version {
        Some(version) if *version != stored.version.to_string() => Err(InferenceError::new(
            404,
            format!("This endpoint serves version {} alone.", stored.version),
        )),
        _ => Ok(()),
    }
}

/// `GET v2`.
pub(super) fn server() -> Response {
    let body = serde_json::json!({
        "name": "portico",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": [EXTENSION_BINARY, EXTENSION_NULLABLE],
    });
    json(StatusCode::OK, &body)
}

/// `GET v2/health/live`.
pub(super) fn live() -> Response {
    json(StatusCode::OK, &serde_json::json!({"live": true}))
}

/// `GET v2/health/ready`.
///
/// # Errors
/// 503 with the reason.
pub(super) fn ready(app: &App, entry: &Entry) -> Result<Response, InferenceError> {
    is_ready(app, entry)?;
    Ok(json(StatusCode::OK, &serde_json::json!({"ready": true})))
}

/// `GET v2/models/{model}/ready`.
///
/// # Errors
/// 503 with the reason.
pub(super) fn model_ready(app: &App, entry: &Entry) -> Result<Response, InferenceError> {
    is_ready(app, entry)?;
    let body = serde_json::json!({"name": entry.stored.service_name, "ready": true});
    Ok(json(StatusCode::OK, &body))
}

/// Whether a call would be taken now, but for the endpoint's limit.
fn is_ready(app: &App, entry: &Entry) -> Result<(), InferenceError> {
    let unready = |why: String| Err(InferenceError::new(503, why));
    if entry.stored.paused {
        let endpoint = entry.stored.name.to_string();
        return unready(Error::Paused { endpoint }.to_string());
    }
    let snapshot = app.snapshot();
    let mut stages = entry.pipeline.stages.iter();
    let quarantined = stages.find_map(|stage| snapshot.quarantine(&stage.to_string()).cloned());
    if let Some(model) = quarantined {
        return unready(format!(
            "Model {} is quarantined: {}",
            model.sha256, model.reason
        ));
    }
    match app.engine.status() {
        EngineStatus::Ready => Ok(()),
        EngineStatus::Unavailable(why) => unready(why),
    }
}

/// `GET v2/models/{model}`.
///
/// # Errors
/// What a call would have answered, where the model has not answered one yet and can't be tried.
pub(super) async fn model(
    app: &App,
    entry: &Arc<Entry>,
    id: &RequestId,
) -> Result<Response, InferenceError> {
    let pipeline = &entry.pipeline;
    if pipeline.output_types().is_none() {
        trial::score_one_row(app, entry)
            .await
            .map_err(|error| InferenceError::of(&error, id))?;
    }
    let types = pipeline.output_types().unwrap_or_default();
    let inputs: Vec<Value> = pipeline
        .inputs()
        .iter()
        .map(|input| input_of(pipeline, input))
        .collect();
    let outputs: Vec<Value> = pipeline
        .schema
        .outputs
        .iter()
        .zip(types)
        .map(|(output, element)| tensor(&output.column, datatype(element), 1))
        .collect();
    let body = serde_json::json!({
        "name": entry.stored.service_name,
        "versions": [entry.stored.version.to_string()],
        "platform": PLATFORM,
        "inputs": inputs,
        "outputs": outputs,
    });
    Ok(json(StatusCode::OK, &body))
}

fn input_of(pipeline: &Pipeline, (name, members): &(String, Vec<usize>)) -> Value {
    let column = |at: &usize| &pipeline.schema.inputs[*at];
    let types: Vec<&str> = members.iter().map(|at| type_of(column(at))).collect();
    let same = types.iter().all(|datatype| *datatype == types[0]);
    // Numbers of several types in one matrix are doubles.
    let datatype = if same { types[0] } else { "FP64" };
    let name = match &members[..] {
        [only] => &column(only).name,
        _ => name,
    };
    tensor(name, datatype, members.len())
}

/// The datatype that holds every value of a column. Whole numbers and truth values that may be missing
/// need a float's NaN.
fn type_of(column: &InputColumn) -> &'static str {
    match (column.column_type, column.nullable) {
        (ColumnType::String | ColumnType::Datetime, _) => "BYTES",
        (ColumnType::Integer, false) => "INT64",
        (ColumnType::Boolean, false) => "BOOL",
        (ColumnType::Double | ColumnType::Integer | ColumnType::Boolean, _) => "FP64",
    }
}

fn tensor(name: &str, datatype: &str, width: usize) -> Value {
    serde_json::json!({"name": name, "datatype": datatype, "shape": [-1, width]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::schema::Schema;
    use serde_json::json;

    #[test]
    fn inputs_are_columns_and_matrices() {
        let schema: Schema = serde_json::from_value(json!({
            "inputs": [
                {"name": "island", "type": "string"},
                {"name": "at", "type": "datetime", "tensor": "time"},
                {"name": "a", "type": "double", "tensor": "x"},
                {"name": "b", "type": "integer", "tensor": "x"},
                {"name": "n", "type": "integer"},
                {"name": "m", "type": "integer", "nullable": true},
                {"name": "f", "type": "boolean"},
                {"name": "g", "type": "boolean", "nullable": true},
            ],
            "outputs": []
        }))
        .unwrap();
        let pipeline = Pipeline::of_stages(Arc::new(schema), Arc::new([]), "g".into());
        let found: Vec<Value> = pipeline
            .inputs()
            .iter()
            .map(|input| input_of(&pipeline, input))
            .collect();
        let expected = json!([
            {"name": "island", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "at", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "x", "datatype": "FP64", "shape": [-1, 2]},
            {"name": "n", "datatype": "INT64", "shape": [-1, 1]},
            {"name": "m", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "f", "datatype": "BOOL", "shape": [-1, 1]},
            {"name": "g", "datatype": "FP64", "shape": [-1, 1]},
        ]);
        assert_eq!(Value::from(found), expected);
    }
}
