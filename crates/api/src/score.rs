//! Signed-in scoring: what the *Test* page and the spreadsheet send and get.

use crate::throttle::Throttle;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most rows a signed-in call takes.
pub const ROWS_MAX: usize = 10_000;

/// Rows to score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreRequest {
    /// Rows as objects by column name; cells as numbers, booleans, text or `null`. At most 10,000.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>, max_items = 10_000))]
    pub rows: Vec<Map<String, Value>>,
    /// Global parameters by name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Map<String, Value>,
}

/// A cell that was scored though it is unusual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CellWarning {
    /// JSON pointer to the cell, such as `/rows/0/island`.
    pub pointer: String,
    /// What is unusual, in words.
    pub detail: String,
}

/// Where the time of a call went, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timing {
    /// Waiting for a place at the endpoint, where it has a queue, and for the engine.
    pub queue_ms: f64,
    /// Running the models.
    pub model_ms: f64,
    /// From the request's last byte to the answer's first.
    pub total_ms: f64,
}

/// Scored rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreAnswer {
    /// Names of the output columns, in order.
    pub columns: Vec<String>,
    /// One row of output cells for each row sent, in the same order.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<Value>>))]
    pub rows: Vec<Vec<Value>>,
    /// Unusual cells; at most 100.
    pub warnings: Vec<CellWarning>,
    /// The version that scored.
    pub version: u32,
    /// Where the time went.
    pub timing: Timing,
    /// The endpoint's throttle, as enforced.
    pub throttle: Throttle,
    /// Calls that could start now.
    pub free_calls: u32,
    /// The id under which the server's log has this call.
    pub request_id: String,
}
