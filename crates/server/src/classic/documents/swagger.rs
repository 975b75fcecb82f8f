//! An endpoint's description in Swagger 2.0, as classic gave it.
//!
//! The R package reads it by place: it calls the *second* path's method, looks for the operation named
//! `execute`, takes column names from `ExecutionRequest`'s example and types from `output1Item`, whose
//! fields stand in the order of an answer's columns. It also compares the first item of whatever an
//! operation holds with a text, which fails on null: parameters of one operation all have the same fields.

use super::json::{Json, object};
use super::{Described, example};
use portico_api::schema::{ColumnType, OutputKind};
use serde_json::json;

/// The document.
pub(super) fn document(described: &Described) -> Json {
    let entry = &described.entry.stored;
    let address = &described.address;
    object([
        ("swagger", Json::from("2.0")),
        (
            "info",
            object([
                ("version", Json::from("2.0")),
                ("title", Json::from(entry.service_name.as_str())),
                ("description", Json::from(described.description.as_str())),
                ("x-endpoint-name", Json::from(entry.name.as_str())),
            ]),
        ),
        ("host", Json::from(address.host.as_str())),
        ("basePath", Json::from(address.base_path.as_str())),
        ("schemes", Json::from(json!([address.scheme]))),
        ("consumes", Json::from(json!(["application/json"]))),
        ("produces", Json::from(json!(["application/json"]))),
        ("security", Json::from(json!([{"Bearer": []}]))),
        ("paths", paths()),
        ("definitions", definitions(described)),
        (
            "securityDefinitions",
            Json::from(json!({"Bearer": {
                "type": "apiKey", "name": "Authorization", "in": "header",
                "description": "The word Bearer, a space, and a key of the endpoint."
            }})),
        ),
    ])
}

/// In the order that is this document's contract.
fn paths() -> Json {
    object([
        ("/swagger.json", object([("get", get_document())])),
        (
            "/execute?api-version=2.0&format=swagger",
            object([("post", execute())]),
        ),
        ("/jobs?api-version=2.0", object([("post", submit())])),
        (
            "/jobs/{jobId}?api-version=2.0",
            object([
                (
                    "get",
                    of_job(
                        "getJobStatus",
                        "Get the status of a batch job, and its results once it has finished.",
                        Some("BatchJobStatus"),
                    ),
                ),
                (
                    "delete",
                    of_job(
                        "cancelJob",
                        "Cancel a batch job, or forget a finished one.",
                        None,
                    ),
                ),
            ]),
        ),
        (
            "/jobs/{jobId}/start?api-version=2.0",
            object([(
                "post",
                of_job("startJob", "Start a batch job that was submitted.", None),
            )]),
        ),
    ])
}

fn get_document() -> Json {
    let answer = json!({"description": "This document.", "schema": {"type": "object"}});
    object([
        (
            "summary",
            Json::from("Get swagger API document for the web service"),
        ),
        ("operationId", Json::from("getSwaggerDocument")),
        ("security", Json::from(json!([]))),
        ("responses", responses(Json::from(answer))),
    ])
}

fn execute() -> Json {
    object([
        (
            "summary",
            Json::from("Execute the web service and get a response synchronously"),
        ),
        ("operationId", Json::from("execute")),
        ("parameters", body("executionPayload", "ExecutionRequest")),
        (
            "responses",
            responses(answer("Execution response", "ExecutionResponse")),
        ),
    ])
}

fn submit() -> Json {
    let id = json!({"description": "The job's id.", "schema": {"type": "string"}});
    object([
        (
            "summary",
            Json::from("Submit a batch job; it runs once it is started"),
        ),
        ("operationId", Json::from("submitJob")),
        ("parameters", body("jobPayload", "BatchJobRequest")),
        ("responses", responses(Json::from(id))),
    ])
}

fn of_job(operation: &str, summary: &str, definition: Option<&str>) -> Json {
    let id = json!([{"name": "jobId", "in": "path", "description": "What submitting answered.", "required": true, "type": "string"}]);
    let done = || Json::from(json!({"description": "Done"}));
    object([
        ("summary", Json::from(summary)),
        ("operationId", Json::from(operation)),
        ("parameters", Json::from(id)),
        (
            "responses",
            responses(definition.map_or_else(done, |name| answer("Status", name))),
        ),
    ])
}

fn body(name: &str, definition: &str) -> Json {
    let schema = reference(definition);
    let parameter = object([
        ("name", Json::from(name)),
        ("in", Json::from("body")),
        ("description", Json::from("The request")),
        ("required", Json::from(true)),
        ("schema", schema),
    ]);
    Json::List(vec![parameter])
}

fn answer(description: &str, definition: &str) -> Json {
    object([
        ("description", Json::from(description)),
        ("schema", reference(definition)),
    ])
}

fn responses(success: Json) -> Json {
    object([
        ("200", success),
        ("default", answer("Error", "ErrorResponse")),
    ])
}

fn reference(definition: &str) -> Json {
    Json::from(json!({"$ref": format!("#/definitions/{definition}")}))
}

fn definitions(described: &Described) -> Json {
    let rows = |item: &str| {
        Json::from(json!({"type": "array", "items": {"$ref": format!("#/definitions/{item}")}}))
    };
    let of =
        |properties: Json| object([("type", Json::from("object")), ("properties", properties)]);
    let request = object([
        ("type", Json::from("object")),
        (
            "properties",
            object([
                ("Inputs", of(object([("input1", rows("input1Item"))]))),
                ("GlobalParameters", global_parameters(described)),
            ]),
        ),
        ("required", Json::from(json!(["Inputs"]))),
        ("example", example::typed_request(described)),
    ]);
    object([
        ("ExecutionRequest", request),
        ("input1Item", of(inputs(described))),
        (
            "ExecutionResponse",
            of(object([(
                "Results",
                of(object([("output1", rows("output1Item"))])),
            )])),
        ),
        ("output1Item", of(outputs(described))),
        ("BatchJobRequest", batch_request(described)),
        ("BatchJobStatus", batch_status()),
        ("BlobReference", blob_reference()),
        ("ErrorResponse", error_response()),
    ])
}

fn inputs(described: &Described) -> Json {
    let columns = described.schema.inputs.iter();
    columns
        .map(|column| {
            let described = property(column.column_type, &column.description, column.nullable);
            (column.name.clone(), described)
        })
        .collect()
}

/// In the order of an answer's columns: the inputs again, then the outputs.
fn outputs(described: &Described) -> Json {
    let repeated = described.schema.inputs.iter().map(|column| {
        let described = property(column.column_type, &column.description, column.nullable);
        (column.name.clone(), described)
    });
    let made = described.schema.outputs.iter().map(|output| {
        let kind = match output.kind {
            OutputKind::Label => ColumnType::String,
            OutputKind::Probability | OutputKind::Value => ColumnType::Double,
        };
        (output.column.clone(), property(kind, "", false))
    });
    repeated.chain(made).collect()
}

fn global_parameters(described: &Described) -> Json {
    let parameters = || described.schema.parameters.iter();
    let properties: Json = parameters()
        .map(|parameter| {
            let mut described = property(parameter.column_type, &parameter.description, false);
            if let (Json::Object(fields), Some(default)) = (&mut described, &parameter.default) {
                let default = example::typed(&parameter.as_column(), default);
                fields.push(("default".to_owned(), default));
            }
            (parameter.name.clone(), described)
        })
        .collect();
    let required: Vec<_> = parameters()
        .filter(|parameter| parameter.default.is_none())
        .map(|parameter| parameter.name.as_str())
        .collect();
    let mut fields = vec![
        ("type".to_owned(), Json::from("object")),
        ("properties".to_owned(), properties),
    ];
    // Swagger has no empty list of required fields.
    if !required.is_empty() {
        fields.push(("required".to_owned(), Json::from(json!(required))));
    }
    Json::Object(fields)
}

fn property(column_type: ColumnType, description: &str, nullable: bool) -> Json {
    let (name, format) = match column_type {
        ColumnType::String => ("string", None),
        ColumnType::Double => ("number", Some("double")),
        ColumnType::Integer => ("integer", Some("int64")),
        ColumnType::Boolean => ("boolean", None),
        ColumnType::Datetime => ("string", Some("date-time")),
    };
    let mut fields = vec![("type", Json::from(name))];
    fields.extend(format.map(|format| ("format", Json::from(format))));
    if !description.is_empty() {
        fields.push(("description", Json::from(description)));
    }
    if nullable {
        fields.push(("x-nullable", Json::from(true)));
    }
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn batch_request(described: &Described) -> Json {
    let blobs = || {
        Json::from(
            json!({"type": "object", "additionalProperties": {"$ref": "#/definitions/BlobReference"}}),
        )
    };
    object([
        ("type", Json::from("object")),
        (
            "properties",
            object([
                ("Inputs", blobs()),
                ("Outputs", blobs()),
                ("GlobalParameters", global_parameters(described)),
            ]),
        ),
    ])
}

fn batch_status() -> Json {
    Json::from(json!({"type": "object", "properties": {
        "StatusCode": {"type": "string", "enum": ["NotStarted", "Running", "Failed", "Cancelled", "Finished"]},
        "Results": {"type": "object", "additionalProperties": {"$ref": "#/definitions/BlobReference"}},
        "Details": {"type": "string"}
    }}))
}

fn blob_reference() -> Json {
    Json::from(json!({"type": "object", "properties": {
        "ConnectionString": {"type": "string"}, "RelativeLocation": {"type": "string"},
        "BaseLocation": {"type": "string"}, "SasBlobToken": {"type": "string"}
    }}))
}

fn error_response() -> Json {
    let detail = json!({"type": "object", "required": ["code", "message"], "properties": {
        "code": {"type": "string"}, "target": {"type": "string"}, "message": {"type": "string"}
    }});
    Json::from(
        json!({"type": "object", "required": ["error"], "properties": {"error": {
            "type": "object", "required": ["code", "message", "details"], "properties": {
                "code": {"type": "string"}, "message": {"type": "string"}, "details": {"type": "array", "items": detail}
            }
        }}}),
    )
}
