//! Web services and their versions.

use crate::difference::SchemaDifference;
use crate::id::{ServiceId, WorkspaceId};
use crate::schema::Schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A web service: published once, served by many endpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// The workspace that it is in.
    pub workspace_id: WorkspaceId,
    /// Its name; several services may share one.
    pub name: String,
    /// What it predicts.
    pub description: String,
    /// The number of its newest version.
    pub newest_version: u32,
    /// How many endpoints of it the signed-in person can see.
    pub endpoints: u32,
    /// The request-response URL of an endpoint, with `{endpoint_id}` where the endpoint's id goes.
    pub endpoint_url_template: String,
    /// Median time of a scored call over the last 24 hours in milliseconds; absent without calls.
    pub latency_ms: Option<f64>,
    /// When it was published first.
    pub created_at: Timestamp,
    /// When it, or its newest version, last changed.
    pub updated_at: Timestamp,
}

/// Changes a service; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateService {
    /// Its name: 1 to 128 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, pattern = r"\S")
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it predicts: at most 2,000 characters.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One stage of a version's pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stage {
    /// The file's name in the package.
    pub file: String,
    /// The trained model's name, if an endpoint may replace it by its own.
    pub resource: Option<String>,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// The file's size in bytes.
    pub bytes: u64,
}

/// A version as it stands in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionSummary {
    /// 1, 2, 3 …
    pub number: u32,
    /// Notes for customers.
    pub notes: String,
    /// Who published it; for customers “the publisher”.
    pub published_by: String,
    /// When it was published.
    pub created_at: Timestamp,
    /// How many endpoints serve it.
    pub endpoints: u32,
    /// How its sample rows scored when they were scored last.
    #[serde(default)]
    pub parity: Parity,
    /// What its schema changes against the version before; absent for the first.
    #[serde(default)]
    pub difference: Option<SchemaDifference>,
}

/// A version of a service: immutable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    /// 1, 2, 3 …
    pub number: u32,
    /// Notes for customers.
    pub notes: String,
    /// Who published it; for customers “the publisher”.
    pub published_by: String,
    /// When it was published.
    pub created_at: Timestamp,
    /// Input columns, output columns, global parameters.
    pub schema: Schema,
    /// The pipeline, in order.
    pub stages: Vec<Stage>,
    /// The first sample rows of the package, cells as text in the order of the input columns; at most 20. For
    /// a customer none, unless an endpoint of its own shows them.
    pub samples: Vec<Vec<String>>,
    /// How the sample rows scored when they were scored last.
    pub parity: Parity,
    /// Until when customers may stay on the versions before this one; absent: without limit.
    #[serde(default)]
    pub may_stay_until: Option<Timestamp>,
    /// What its schema changes against the version before; absent for the first.
    #[serde(default)]
    pub difference: Option<SchemaDifference>,
}

/// A cell of the expected outputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParityCell {
    /// The row, counted from 1.
    pub row: u32,
    /// The output column.
    pub column: String,
}

/// How a version scored its package's sample rows, against the expected outputs of the package: when it was
/// published, and again on each engine that it was loaded on since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Parity {
    /// Rows that were scored.
    pub rows: u32,
    /// Rows whose label differs from the expected one.
    pub label_differences: u32,
    /// The largest difference of a number: absolute below 1, relative above.
    pub largest_difference: f64,
    /// Rows that were compared; 0 where the package came without expected outputs.
    #[serde(default)]
    pub compared: u32,
    /// The share of rows whose label differs, from 0 to 1, in the label column where it is largest.
    #[serde(default)]
    pub label_share: f64,
    /// Where the largest difference of a number is.
    #[serde(default)]
    pub largest_at: Option<ParityCell>,
    /// What scored: ONNX Runtime and Portico with their versions. Empty where that was not recorded.
    #[serde(default)]
    pub engine: String,
    /// When.
    #[serde(default)]
    pub checked_at: Option<Timestamp>,
    /// Why this engine does not score the sample rows; the figures are then those of the engine before.
    #[serde(default)]
    pub failed: Option<String>,
}
