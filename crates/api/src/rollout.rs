//! Staged rollouts of one endpoint, and what customers hear of a coming version.

use crate::difference::SchemaDifference;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Starts a staged rollout: the candidate is what an update to the version would make of the endpoint, its
/// own models kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRollout {
    /// The version that is tried.
    pub version: u32,
    /// Of a hundred calls, how many the candidate answers. 0 with `shadow` answers none.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100))]
    pub share_percent: u32,
    /// Whether calls that the candidate does not answer are scored by it too, without effect on the caller.
    #[serde(default)]
    pub shadow: bool,
}

/// Changes a staged rollout; absent fields stay as they are. Another version is another rollout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateRollout {
    /// Of a hundred calls, how many the candidate answers. 0 with `shadow` answers none.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_percent: Option<u32>,
    /// Whether calls that the candidate does not answer are scored by it too, without effect on the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<bool>,
}

/// Scores of one output column that fell into one range, or had one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreBin {
    /// The label, or the range in words.
    pub label: String,
    /// Rows with it from the version in force.
    pub current: u64,
    /// Rows with it from the candidate.
    pub candidate: u64,
}

/// What is known of one side of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArmReport {
    /// The version.
    pub version: u32,
    /// Calls that it was given, shadow calls among them on the candidate's side.
    pub calls: u64,
    /// Of these, shadow calls.
    pub shadow_calls: u64,
    /// Of the calls, those that failed.
    pub errors: u64,
    /// Median time in milliseconds that its models took for a call.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
}

/// A staged rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rollout {
    /// Of a hundred calls, how many the candidate answers.
    pub share_percent: u32,
    /// Whether the other calls are scored by it too.
    pub shadow: bool,
    /// Since when.
    pub started_at: Timestamp,
    /// Who started it.
    pub actor: String,
    /// The version in force.
    pub current: ArmReport,
    /// The candidate.
    pub candidate: ArmReport,
    /// The output column whose scores are counted.
    pub column: String,
    /// Its scores on both sides.
    pub scores: Vec<ScoreBin>,
    /// Rows that both sides scored in shadow.
    pub compared_rows: u64,
    /// Of these, rows whose label or number differs.
    pub different_rows: u64,
}

/// A newer version that an endpoint may move to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// The version that the endpoint serves.
    pub from: u32,
    /// The newest version.
    pub to: u32,
    /// Its notes.
    pub notes: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// What changes for callers.
    pub difference: SchemaDifference,
    /// Until when customers may stay, as the publisher set it; absent: without limit.
    pub may_stay_until: Option<Timestamp>,
    /// Until when this endpoint stays, as its customer chose.
    pub stay_until: Option<Timestamp>,
}

/// A customer's choice to stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stay {
    /// Until when; at most what the publisher allows. `null`: it need not stay. It has to be there, so that
    /// no request lets an endpoint go by leaving something out.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    #[serde(deserialize_with = "Option::deserialize")]
    pub until: Option<Timestamp>,
}

/// Changes what can be changed of a version: not what it is, but how customers are led to it. That is one
/// field, which each request names: nothing else can be overwritten with it, and no `If-Match` is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateVersion {
    /// Until when customers may stay on the versions before; `null`: without limit.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    #[serde(deserialize_with = "Option::deserialize")]
    pub may_stay_until: Option<Timestamp>,
}

/// Rows to be scored by two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replay {
    /// The version to compare with; the newest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Rows, cells as text in the order of the input columns of the version that the endpoint serves: at
    /// most 100. Empty: the sample rows, for a customer where the endpoint shows them.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    #[serde(default)]
    pub rows: Vec<Vec<String>>,
}

/// One side of a replayed row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplaySide {
    /// Cells in the order of the side's output columns; empty if it failed.
    pub cells: Vec<String>,
    /// Why it failed, in words.
    pub error: Option<String>,
}

/// A replayed row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayRow {
    /// What was sent.
    pub inputs: Vec<String>,
    /// As the endpoint scores it now.
    pub current: ReplaySide,
    /// As it would score it afterwards.
    pub candidate: ReplaySide,
    /// Whether they differ by more than rounding.
    pub differs: bool,
}

/// Rows scored by two versions, side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replayed {
    /// The version served now.
    pub from: u32,
    /// The version compared with.
    pub to: u32,
    /// Names of the input columns.
    pub inputs: Vec<String>,
    /// Names of the output columns now.
    pub current_columns: Vec<String>,
    /// Names of the output columns then.
    pub candidate_columns: Vec<String>,
    /// The rows.
    pub rows: Vec<ReplayRow>,
}
