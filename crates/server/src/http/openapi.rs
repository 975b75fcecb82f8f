//! The OpenAPI 3.1 document: one entry a route in `operations`, types from `portico_api`. The document is
//! checked in as `openapi.json`, and a test holds the two together.

mod operations;
mod types;

use axum::Json;
use operations::{Answer, FILE, Operation, operations};
use portico_api::problem::CONTENT_TYPE;
use portico_api::routes::Method;
use serde_json::{Map, Value, json};
use types::Types;
use utoipa::OpenApi;

/// Statuses with a problem that any operation may answer, and some only with a body, a place or a precondition.
fn problems(operation: &Operation) -> Vec<u16> {
    let mut statuses = vec![400, 401, 403, 405, 429, 500];
    if operation.route.path.contains('{') {
        statuses.push(404);
    }
    if operation.route.name == "customise_endpoint" {
        statuses.extend([408, 412, 413, 422, 503, 507]);
    } else if operation.body.is_some() {
        statuses.extend([408, 413, 415, 422]);
    } else if matches!(operation.answer, Answer::Page(_)) || operation.route.name == "plan_update" {
        statuses.push(422);
    }
    // Worked out anew when the endpoint changes meanwhile, but not for ever.
    if matches!(
        operation.route.name,
        "update_endpoint_version"
            | "restore_revision"
            | "start_rollout"
            | "promote_rollout"
            | "stay_on_version"
    ) {
        statuses.push(412);
    }
    if operation.tags.1 {
        statuses.extend([412, 428]);
    }
    if !matches!(operation.route.method, Method::Get) {
        statuses.push(409);
    }
    if matches!(operation.route.name, "set_up" | "sign_in") {
        statuses.push(410);
    }
    match operation.route.name {
        "score" | "replay_examples" => statuses.extend([503, 504]),
        "publish_draft" => statuses.extend([503, 504, 507]),
        "preview_draft" | "check_version" => statuses.extend([422, 503, 504]),
        "create_draft" | "update_draft" => statuses.push(507),
        _ => {}
    }
    statuses.sort_unstable();
    statuses
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn answer_schema(answer: &Answer) -> Option<Value> {
    match answer {
        Answer::Nothing => None,
        Answer::One(name) => Some(reference(name)),
        Answer::Page(name) => Some(json!({
            "type": "object",
            "required": ["items", "next_page_token"],
            "properties": {
                "items": {"type": "array", "items": reference(name)},
                "next_page_token": {"type": ["string", "null"], "description": "Hand this in as page_token for the next page."}
            }
        })),
    }
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let mut list = Vec::new();
    let hex = json!({"type": "string", "pattern": "^[0-9a-f]{32}$"});
    for name in operation
        .route
        .path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next())
    {
        let schema = match name {
            "name" => json!({"type": "string", "pattern": "^[a-z0-9]{1,24}$"}),
            "slot" => reference("KeySlot"),
            "n" => json!({"type": "integer", "minimum": 1, "maximum": u32::MAX}),
            "resource" => json!({"type": "string", "minLength": 1}),
            _ => hex.clone(),
        };
        list.push(json!({"name": name, "in": "path", "required": true, "schema": schema}));
    }
    if matches!(operation.answer, Answer::Page(_)) {
        list.push(json!({"name": "page_size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": u32::MAX, "default": 50},
            "description": "Items a page; more than 200 is cut down to 200."}));
        list.push(json!({"name": "page_token", "in": "query", "schema": {"type": "string"}, "description": "The token of the page before."}));
    }
    if operation.route.name == "endpoint_usage" {
        list.push(json!({"name": "range", "in": "query", "schema": reference("UsageRange")}));
    }
    if operation.route.name == "plan_update" {
        list.push(json!({"name": "version", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": u32::MAX},
            "description": "The version; the newest if absent."}));
        list.push(json!({"name": "overwrite", "in": "query", "schema": {"type": "boolean", "default": false},
            "description": "Whether the endpoint's own models are to give way."}));
    }
    if operation.route.name == "create_draft" {
        list.push(json!({"name": "file", "in": "query", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "The file's name. What the file is is told by its bytes."}));
        list.push(json!({"name": "service", "in": "query", "schema": {"type": "string", "pattern": "^([0-9a-f]{32}|none)$"},
            "description": "The service whose next version it is to be; none for a new service. Absent: the service of the package's name, if there is one."}));
    }
    if operation.tags.1 {
        list.push(json!({"name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"}, "description": "The ETag that was read; * for any."}));
    }
    if operation.success.len() > 1
        || matches!(
            operation.route.name,
            "rotate_key" | "rotate_token" | "start_run"
        )
    {
        list.push(json!({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}));
    }
    list
}

fn describe(operation: &Operation) -> Value {
    let mut responses = Map::new();
    for status in operation.success {
        let mut response = json!({"description": "Done"});
        if let Some(schema) = answer_schema(&operation.answer) {
            response["content"] = json!({"application/json": {"schema": schema}});
        }
        if operation.tags.0 {
            response["headers"] = json!({"ETag": {"schema": {"type": "string"}}});
        }
        responses.insert(status.to_string(), response);
    }
    for status in problems(operation) {
        responses.insert(
            status.to_string(),
            json!({"$ref": "#/components/responses/Problem"}),
        );
    }
    if operation.route.name == "score" {
        describe_limits(&mut responses);
    }
    let public = matches!(
        operation.route.name,
        "set_up" | "sign_in" | "report_leaked_key"
    );
    let mut described = json!({
        "operationId": operation.route.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": responses,
        "security": if public { json!([]) } else { json!([{"session": []}, {"workspaceToken": []}]) },
    });
    if operation.body == Some(FILE) {
        described["requestBody"] = json!({"required": true, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}}});
    } else if let Some(body) = operation.body {
        described["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": reference(body)}}});
    }
    if operation.route.name == "customise_endpoint" {
        described["requestBody"] =
            json!({"required": true, "content": {"application/octet-stream": {"schema": {}}}});
    }
    described
}

/// The fields of `rate_limit`, which every answer carries once the endpoint is known, and what a throttled
/// call gets.
fn describe_limits(responses: &mut Map<String, Value>) {
    let field = |words: &str| json!({"schema": {"type": "string"}, "description": words});
    let fields = || {
        json!({
            "RateLimit-Policy": field("The limits that hold for the caller, such as \"endpoint\";q=20;qu=\"concurrent-requests\""),
            "RateLimit": field("Calls that could start now under each of them, such as \"endpoint\";r=3")
        })
    };
    if let Some(done) = responses.get_mut("200") {
        done["headers"] = fields();
        for (name, of) in [
            ("x-portico-version", "version"),
            ("x-portico-revision", "endpoint's revision"),
        ] {
            done["headers"][name] = json!({"schema": {"type": "integer", "minimum": 1},
                "description": format!("The number of the {of} that scored the rows")});
        }
    }
    let mut throttled = json!({
        "description": "The endpoint's limit, or the half of it for signed-in calls, is reached",
        "headers": fields(),
        "content": {CONTENT_TYPE: {"schema": reference("LimitProblem")}}
    });
    throttled["headers"]["Retry-After"] = json!({"schema": {"type": "integer", "minimum": 1}});
    responses.insert("429".to_owned(), throttled);
}

/// The document.
pub fn document() -> Value {
    let types = serde_json::to_value(Types::openapi()).unwrap_or_default();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let item = paths
            .entry(operation.route.path)
            .or_insert_with(|| json!({}));
        item[operation.route.method.as_str().to_ascii_lowercase()] = describe(&operation);
    }
    let mut components = types["components"].clone();
    components["responses"] = json!({"Problem": {
        "description": "Refused, or failed: what, why, and under which request id the log has it",
        "content": {CONTENT_TYPE: {"schema": reference("Problem")}}
    }});
    components["securitySchemes"] = json!({
        "session": {"type": "apiKey", "in": "cookie", "name": crate::access::session::COOKIE},
        "workspaceToken": {"type": "http", "scheme": "bearer"}
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Portico",
            "version": "1",
            "description": "Workspaces, web services, endpoints and their keys. Calls to endpoints with a key have wires of their own: request-response as Azure ML Studio (classic) had it, and the Open Inference Protocol, version 2, below an endpoint's urls.inference.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
        },
        "paths": paths,
        "components": components
    })
}

pub(super) async fn serve() -> Json<Value> {
    Json(document())
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::routes;

    #[test]
    fn every_route_is_described_once() {
        let mut described: Vec<_> = operations()
            .iter()
            .map(|operation| operation.route.name)
            .collect();
        let mut known: Vec<_> = routes::ALL.iter().map(|route| route.name).collect();
        described.sort_unstable();
        known.sort_unstable();
        assert_eq!(described, known);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(
                document["components"]["schemas"].get(name).is_some(),
                "{name}"
            );
        }
    }

    /// `UPDATE_SNAPSHOTS=1` writes the document anew.
    #[test]
    fn the_document_is_the_one_checked_in() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let now = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(file, &now).unwrap();
        }
        let checked_in = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            checked_in == now,
            "openapi.json differs: look at the change, then run with UPDATE_SNAPSHOTS=1"
        );
    }
}
