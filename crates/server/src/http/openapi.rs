//! The OpenAPI 3.1 document: one line a route here, types from `portico_api`. The document is
//! checked in as `openapi.json`, and a test holds the two together.

use axum::Json;
use portico_api::problem::CONTENT_TYPE;
use portico_api::routes::{self, Method, Route};
use portico_api::{
    customer, difference, endpoint, key, name, problem, rollout, schema, score, service, session,
    throttle, time, update, usage, workspace,
};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(components(schemas(
    problem::Problem,
    problem::LimitProblem,
    problem::FieldError,
    problem::Code,
    session::SetUp,
    session::SignIn,
    session::StepUp,
    session::Me,
    session::Membership,
    session::Role,
    workspace::Workspace,
    workspace::CreateWorkspace,
    workspace::UpdateWorkspace,
    workspace::RevealPolicy,
    workspace::LeakPolicy,
    customer::Customer,
    customer::CreateCustomer,
    service::Service,
    service::UpdateService,
    service::Stage,
    service::Version,
    service::VersionSummary,
    service::Parity,
    schema::Schema,
    schema::InputColumn,
    schema::OutputColumn,
    schema::Parameter,
    schema::ColumnType,
    schema::OutputKind,
    endpoint::Endpoint,
    endpoint::CreateEndpoint,
    endpoint::CreatedEndpoint,
    endpoint::UpdateEndpoint,
    endpoint::EndpointModel,
    endpoint::Quarantine,
    endpoint::Urls,
    endpoint::Logging,
    key::ExtendGrace,
    key::Key,
    key::KeyList,
    key::KeySlot,
    key::KeyState,
    key::LeakReceived,
    key::NewKeys,
    key::ReportLeakedKey,
    key::RevealedKey,
    key::RotateKey,
    key::RotatedKey,
    key::UpdateKey,
    name::NameAvailability,
    name::Availability,
    name::EndpointName,
    score::ScoreRequest,
    score::ScoreAnswer,
    score::CellWarning,
    score::Timing,
    throttle::Throttle,
    throttle::ThrottleLevel,
    time::Timestamp,
    usage::Usage,
    usage::UsageRange,
    usage::Counts,
    usage::UsagePoint,
    usage::SlotUsage,
    usage::UsageSlot,
    difference::SchemaDifference,
    difference::SchemaChange,
    difference::SchemaPart,
    rollout::StartRollout,
    rollout::Rollout,
    rollout::ArmReport,
    rollout::ScoreBin,
    rollout::Notice,
    rollout::Stay,
    rollout::UpdateVersion,
    rollout::Replay,
    rollout::Replayed,
    rollout::ReplayRow,
    rollout::ReplaySide,
    update::CreateMany,
    update::ManyRow,
    update::CreatedMany,
    update::ManyLine,
    update::ManyState,
    update::ManyError,
    update::Fate,
    update::PlanLine,
    update::UpdatePlan,
    update::UpdateToVersion,
    update::Revision,
    update::LedgerLine,
    update::LedgerModel,
    update::Selection,
    update::RunAct,
    update::StartRun,
    update::RunPlan,
    update::RunState,
    update::Run,
    update::LineState,
    update::RunLine,
    portico_api::id::WorkspaceId,
    portico_api::id::ServiceId,
    portico_api::id::EndpointId,
    portico_api::id::PersonId,
    portico_api::id::CustomerId,
)))]
struct Types;

/// What an operation answers when all goes well.
enum Answer {
    Nothing,
    One(&'static str),
    Page(&'static str),
}

struct Operation {
    route: &'static Route,
    tag: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: Answer,
    /// The statuses of success; more than one where a repeat is told from a first time.
    success: &'static [u16],
    /// Whether the answer carries an ETag, and whether the request needs one.
    tags: (bool, bool),
}

const NOT_TAGGED: (bool, bool) = (false, false);
const TAGGED: (bool, bool) = (true, false);
const CHANGES: (bool, bool) = (true, true);

const fn op(
    route: &'static Route,
    tag: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: Answer,
    success: &'static [u16],
    tags: (bool, bool),
) -> Operation {
    Operation {
        route,
        tag,
        summary,
        body,
        answer,
        success,
        tags,
    }
}

fn operations() -> Vec<Operation> {
    use Answer::{Nothing, One, Page};
    vec![
        op(
            &routes::SET_UP,
            "session",
            "Make the first administrator with the set-up link and sign in",
            Some("SetUp"),
            Nothing,
            &[204],
            NOT_TAGGED,
        ),
        op(
            &routes::SIGN_IN,
            "session",
            "Sign in with a password or a one-time link",
            Some("SignIn"),
            Nothing,
            &[204],
            NOT_TAGGED,
        ),
        op(
            &routes::SIGN_OUT,
            "session",
            "Sign out",
            None,
            Nothing,
            &[204],
            NOT_TAGGED,
        ),
        op(
            &routes::STEP_UP,
            "session",
            "Give the password again before a sensitive act",
            Some("StepUp"),
            Nothing,
            &[204],
            NOT_TAGGED,
        ),
        op(
            &routes::REPORT_LEAKED_KEY,
            "keys",
            "Report a key that was found where it should not be; the answer is the same whether or not it exists",
            Some("ReportLeakedKey"),
            One("LeakReceived"),
            &[202],
            NOT_TAGGED,
        ),
        op(
            &routes::ME,
            "session",
            "Who is signed in",
            None,
            One("Me"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::MY_ENDPOINTS,
            "session",
            "Endpoints granted to your organisations",
            None,
            Page("Endpoint"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::WORKSPACES,
            "workspaces",
            "List workspaces",
            None,
            Page("Workspace"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CREATE_WORKSPACE,
            "workspaces",
            "Make a workspace",
            Some("CreateWorkspace"),
            One("Workspace"),
            &[201, 200],
            TAGGED,
        ),
        op(
            &routes::WORKSPACE,
            "workspaces",
            "One workspace",
            None,
            One("Workspace"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::UPDATE_WORKSPACE,
            "workspaces",
            "Change a workspace",
            Some("UpdateWorkspace"),
            One("Workspace"),
            &[200],
            CHANGES,
        ),
        op(
            &routes::DELETE_WORKSPACE,
            "workspaces",
            "Delete a workspace",
            None,
            Nothing,
            &[204],
            (false, true),
        ),
        op(
            &routes::TOKENS,
            "tokens",
            "List the tokens of a workspace",
            None,
            One("KeyList"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::REVEAL_TOKEN,
            "tokens",
            "Show a token",
            None,
            One("RevealedKey"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::ROTATE_TOKEN,
            "tokens",
            "Rotate a token; the old one lives on for its grace",
            Some("RotateKey"),
            One("RotatedKey"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::END_TOKEN_GRACE,
            "tokens",
            "End the grace of the old token now",
            None,
            One("KeyList"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CUSTOMERS,
            "customers",
            "List customers",
            None,
            Page("Customer"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CREATE_CUSTOMER,
            "customers",
            "Add a customer",
            Some("CreateCustomer"),
            One("Customer"),
            &[201, 200],
            NOT_TAGGED,
        ),
        op(
            &routes::SERVICES,
            "services",
            "List web services",
            None,
            Page("Service"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::SERVICE,
            "services",
            "One web service",
            None,
            One("Service"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::UPDATE_SERVICE,
            "services",
            "Change a web service",
            Some("UpdateService"),
            One("Service"),
            &[200],
            CHANGES,
        ),
        op(
            &routes::DELETE_SERVICE,
            "services",
            "Delete a web service",
            None,
            Nothing,
            &[204],
            (false, true),
        ),
        op(
            &routes::VERSIONS,
            "versions",
            "List versions, newest first",
            None,
            Page("VersionSummary"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::VERSION,
            "versions",
            "One version with its schema",
            None,
            One("Version"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::ENDPOINTS,
            "endpoints",
            "List endpoints",
            None,
            Page("Endpoint"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CREATE_ENDPOINT,
            "endpoints",
            "Make an endpoint with both its keys",
            Some("CreateEndpoint"),
            One("CreatedEndpoint"),
            &[201, 200],
            TAGGED,
        ),
        op(
            &routes::ENDPOINT,
            "endpoints",
            "One endpoint",
            None,
            One("Endpoint"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::UPDATE_ENDPOINT,
            "endpoints",
            "Change an endpoint",
            Some("UpdateEndpoint"),
            One("Endpoint"),
            &[200],
            CHANGES,
        ),
        op(
            &routes::DELETE_ENDPOINT,
            "endpoints",
            "Delete an endpoint; it can be restored for seven days",
            None,
            Nothing,
            &[204],
            (false, true),
        ),
        op(
            &routes::RESTORE_ENDPOINT,
            "endpoints",
            "Bring a deleted endpoint back",
            None,
            One("Endpoint"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::AVAILABILITY,
            "endpoints",
            "Whether a name is free",
            None,
            One("NameAvailability"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CUSTOMISE,
            "updates",
            "Give the endpoint its own model for a resource, as a raw .onnx body; it is checked against the slot and tried out first",
            None,
            One("Endpoint"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::UNCUSTOMISE,
            "updates",
            "Take the endpoint's own model for a resource away",
            None,
            Nothing,
            &[204],
            (false, true),
        ),
        op(
            &routes::UPDATE_PLAN,
            "updates",
            "What an update of the endpoint would do",
            None,
            One("UpdatePlan"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::UPDATE_VERSION_OF,
            "updates",
            "Move the endpoint to a version; its own models stay unless they are to be overwritten",
            Some("UpdateToVersion"),
            One("UpdatePlan"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::REVISIONS,
            "updates",
            "List the endpoint's revisions, newest first",
            None,
            Page("Revision"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::ROLL_BACK,
            "updates",
            "Bring a revision back as a new one",
            None,
            One("Revision"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::LEDGER,
            "updates",
            "Which endpoint runs which models, default first, then by name",
            None,
            Page("LedgerLine"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::PLAN_RUN,
            "runs",
            "What a run over many endpoints would do",
            Some("StartRun"),
            One("RunPlan"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::START_RUN,
            "runs",
            "Start a run over many endpoints",
            Some("StartRun"),
            One("Run"),
            &[202],
            NOT_TAGGED,
        ),
        op(
            &routes::RUNS,
            "runs",
            "List runs, newest first",
            None,
            Page("Run"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::RUN,
            "runs",
            "One run",
            None,
            One("Run"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::RUN_LINES,
            "runs",
            "What a run did to each endpoint, by name",
            None,
            Page("RunLine"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CANCEL_RUN,
            "runs",
            "Break a run off; what was done stays done",
            None,
            One("Run"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::KEYS,
            "keys",
            "List keys",
            None,
            One("KeyList"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::UPDATE_KEY,
            "keys",
            "Set a key's expiry, switch it off or on",
            Some("UpdateKey"),
            One("Key"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::REVEAL_KEY,
            "keys",
            "Show a key",
            None,
            One("RevealedKey"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::ROTATE_KEY,
            "keys",
            "Rotate a key; the old one lives on for its grace",
            Some("RotateKey"),
            One("RotatedKey"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::END_GRACE,
            "keys",
            "End the grace of the old key now",
            None,
            One("KeyList"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::EXTEND_GRACE,
            "keys",
            "Give the old key a longer grace",
            Some("ExtendGrace"),
            One("KeyList"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::SCORE,
            "scoring",
            "Score rows, signed in",
            Some("ScoreRequest"),
            One("ScoreAnswer"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::USAGE,
            "usage",
            "Usage over time",
            None,
            One("Usage"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::RELEASE,
            "endpoints",
            "Let quarantined models of the endpoint run again",
            None,
            One("Endpoint"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::UPDATE_VERSION,
            "versions",
            "Say until when customers may stay on the versions before",
            Some("UpdateVersion"),
            One("Version"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::CREATE_MANY,
            "endpoints",
            "Make many endpoints from a list, or check it; the same list again makes nothing twice",
            Some("CreateMany"),
            One("CreatedMany"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::ROLLOUT,
            "rollouts",
            "The endpoint's staged rollout with what both versions did",
            None,
            One("Rollout"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::START_ROLLOUT,
            "rollouts",
            "Try a version on a share of the endpoint's calls",
            Some("StartRollout"),
            One("Rollout"),
            &[201],
            TAGGED,
        ),
        op(
            &routes::UPDATE_ROLLOUT,
            "rollouts",
            "Change the share of the rollout",
            Some("StartRollout"),
            One("Rollout"),
            &[200],
            CHANGES,
        ),
        op(
            &routes::END_ROLLOUT,
            "rollouts",
            "Go back: all calls go to the version in force again",
            None,
            Nothing,
            &[204],
            (false, true),
        ),
        op(
            &routes::PROMOTE,
            "rollouts",
            "Update the endpoint to the version that was tried",
            None,
            One("Endpoint"),
            &[200],
            TAGGED,
        ),
        op(
            &routes::NOTICE,
            "endpoints",
            "What changes in the newest version; 404 where the endpoint serves it",
            None,
            One("Notice"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::STAY,
            "endpoints",
            "Keep the endpoint on its version until a date",
            Some("Stay"),
            One("Notice"),
            &[200],
            NOT_TAGGED,
        ),
        op(
            &routes::REPLAY,
            "scoring",
            "Score rows by the version in force and by another, side by side",
            Some("Replay"),
            One("Replayed"),
            &[200],
            NOT_TAGGED,
        ),
    ]
}

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
    if matches!(operation.route.name, "score" | "replay_examples") {
        statuses.extend([503, 504]);
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
    if let Some(body) = operation.body {
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
