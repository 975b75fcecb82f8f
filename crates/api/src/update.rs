//! Moving endpoints from version to version, one or many: plans, runs, revisions, the ledger.

use crate::id::EndpointId;
use crate::name::EndpointName;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What becomes of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Fate {
    /// The new version's model is taken; the endpoint had none of its own.
    Taken,
    /// The endpoint's own model stays.
    Kept,
    /// The endpoint's own model gives way, as was asked.
    Overwritten,
    /// The endpoint has its own model, and the new version has no such resource.
    Gone,
    /// The endpoint's own model does not fit the new version.
    NoLongerFits,
    /// The new version no longer has the resource.
    Dropped,
    /// The endpoint's own model of an earlier revision is there again; going back alone does this.
    Restored,
}

/// One resource in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanLine {
    /// The resource.
    pub resource: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Each difference that keeps an own model from fitting, in words.
    pub differences: Vec<String>,
    /// SHA-256 of the model that runs there now.
    pub before: Option<String>,
    /// SHA-256 of the model that would run there.
    pub after: Option<String>,
}

/// What an update of one endpoint would do, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdatePlan {
    /// The endpoint.
    pub endpoint: EndpointName,
    /// The version served now.
    pub from: u32,
    /// The version served afterwards.
    pub to: u32,
    /// Each resource, by name.
    pub resources: Vec<PlanLine>,
    /// Whether anything would be different afterwards.
    pub changes: bool,
    /// Why it is refused, in words.
    pub refused: Option<String>,
}

/// Updates an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateToVersion {
    /// The version; the newest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Whether the endpoint's own models give way to the version's.
    #[serde(default)]
    pub overwrite: bool,
}

/// A state that an endpoint was in: a version and the endpoint's own models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revision {
    /// 1, 2, 3 … in order of time.
    pub number: u32,
    /// When it came into force.
    pub at: Timestamp,
    /// Who brought it.
    pub actor: String,
    /// By what: `create`, `follow`, `customise`, `uncustomise`, `update`, `rollback`, `promote`.
    pub act: String,
    /// The version.
    pub version: u32,
    /// SHA-256 of the endpoint's own models by resource.
    pub own_models: BTreeMap<String, String>,
    /// Whether it is in force.
    pub current: bool,
}

/// One endpoint in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerLine {
    /// The endpoint's id.
    pub endpoint_id: EndpointId,
    /// Its name.
    pub name: EndpointName,
    /// Whether it is `default`.
    pub is_default: bool,
    /// The customer's name.
    pub customer_name: Option<String>,
    /// The version that it serves.
    pub version: u32,
    /// How many versions it is behind the newest.
    pub behind: u32,
    /// Whether it is kept on its version: updates, rollouts and promotion are refused, runs pass it by.
    pub prevent_update: bool,
    /// Until when it stays where it is, as its customer chose.
    pub stay_until: Option<Timestamp>,
    /// The models of its replaceable stages, in order of the stages.
    pub models: Vec<LedgerModel>,
    /// The number of the revision in force.
    pub revision: u32,
    /// Since when.
    pub since: Timestamp,
}

/// The model that runs in one replaceable stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerModel {
    /// The resource.
    pub resource: String,
    /// SHA-256.
    pub sha256: String,
    /// Whether it is the endpoint's own.
    pub own: bool,
}

/// Which endpoints of a service are meant. `default` is never among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Selection {
    /// All.
    All,
    /// Those without own models.
    AllExceptCustomised,
    /// These.
    Named {
        /// Their names: at most 10,000.
        names: Vec<EndpointName>,
    },
}

/// What a run does to each endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunAct {
    /// Updates it.
    Update {
        /// To this version; the newest at the time of the request if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
        /// Whether own models give way.
        #[serde(default)]
        overwrite: bool,
    },
    /// Takes back what an earlier run did to it, where nothing has changed it since.
    Rollback {
        /// The earlier run.
        run: String,
    },
}

/// Plans or starts a run over many endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRun {
    /// Which endpoints.
    pub selection: Selection,
    /// What is done.
    pub act: RunAct,
}

/// What a run would do, counted, with the plan of each endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunPlan {
    /// Endpoints that would change.
    pub change: u32,
    /// Of these, how many keep own models.
    pub keep_own: u32,
    /// Endpoints that are where they would be taken.
    pub unchanged: u32,
    /// Endpoints that would be passed by or refused.
    pub refused: u32,
    /// Each endpoint's plan, by name.
    pub plans: Vec<UpdatePlan>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunState {
    /// Under way; a server that starts again goes on with it.
    Running,
    /// All endpoints are done.
    Finished,
    /// Broken off by a person; what was done stays done.
    Cancelled,
}

/// A run over many endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Run {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// What it does.
    pub act: RunAct,
    /// How far it is.
    pub state: RunState,
    /// Endpoints in all.
    pub total: u32,
    /// Changed so far.
    pub changed: u32,
    /// Found where they would have been taken.
    pub unchanged: u32,
    /// Passed by or refused.
    pub refused: u32,
    /// Who started it.
    pub actor: String,
    /// When.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What a run did to one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LineState {
    /// Not yet its turn.
    Waiting,
    /// Changed.
    Changed,
    /// It was where it would have been taken.
    Unchanged,
    /// Passed by or refused.
    Refused,
}

/// One endpoint in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunLine {
    /// The endpoint.
    pub endpoint: EndpointName,
    /// What was done to it.
    pub state: LineState,
    /// The version before.
    pub from: Option<u32>,
    /// The version afterwards.
    pub to: Option<u32>,
    /// Old and new model of each resource that is another one now, and what became of the others.
    pub resources: Vec<PlanLine>,
    /// Why it was passed by or refused.
    pub detail: Option<String>,
}

/// One row of a list of endpoints to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManyRow {
    /// The name, unchecked: a bad one is said in the row's line.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// `low`, `high`, or a number of calls at once; empty: the default.
    #[serde(default)]
    pub throttle: String,
    /// The customer's name; empty: none. A customer that is not there is an error of the row.
    #[serde(default)]
    pub customer: String,
}

/// Makes many endpoints, or shows what would be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateMany {
    /// 1 to 1,000 rows.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1000))]
    pub rows: Vec<ManyRow>,
    /// Only checks.
    #[serde(default)]
    pub dry_run: bool,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ManyState {
    /// It can be made.
    New,
    /// It was made.
    Created,
    /// It is there already, just as the row says.
    Exists,
    /// It can't be made.
    Error,
}

/// An error of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManyError {
    /// `name`, `description`, `throttle` or `customer`.
    pub field: String,
    /// Machine-readable.
    pub code: String,
    /// In words.
    pub detail: String,
}

/// What became of each row, in the order of the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManyLine {
    /// The row, counted from 1.
    pub row: u32,
    /// What became of it.
    pub state: ManyState,
    /// Why it can't be made.
    pub errors: Vec<ManyError>,
}

/// Answer to making many endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedMany {
    /// A line for each row.
    pub lines: Vec<ManyLine>,
}
