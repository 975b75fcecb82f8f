//! Drafts: what was uploaded to become a version, while it is vetted and described.

use crate::difference::SchemaDifference;
use crate::id::ServiceId;
use crate::schema::Schema;
use crate::service::Parity;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DraftState {
    /// Its models are loaded and tried in a process of their own.
    Vetting,
    /// It can be described, previewed and published.
    Ready,
    /// It was refused; nothing of it is kept but the reason.
    Refused,
    /// It is a version now.
    Published,
}

/// A tensor of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TensorInfo {
    /// Its name in the graph.
    pub name: String,
    /// Its element type in words, such as `32-bit float` or `text`.
    pub element: String,
    /// Values in a row; absent where the graph leaves that open.
    pub width: Option<u64>,
}

/// A stage of a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftStage {
    /// The file's name.
    pub file: String,
    /// The trained model's name, if endpoints may replace it by their own.
    pub resource: Option<String>,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// The tensors that it needs.
    pub inputs: Vec<TensorInfo>,
    /// The tensors that it makes.
    pub outputs: Vec<TensorInfo>,
}

/// Something uploaded that is to become a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Draft {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// How far it is.
    pub state: DraftState,
    /// What is done just now, in words, while it is vetted.
    pub step: String,
    /// Why it was refused.
    pub refused: Option<String>,
    /// The uploaded file's name.
    pub file: String,
    /// The service whose next version it is to be; absent: it makes a new service.
    pub service_id: Option<ServiceId>,
    /// The service's name.
    pub name: String,
    /// What the service predicts.
    pub description: String,
    /// Notes for customers.
    pub notes: String,
    /// The pipeline, in order.
    pub stages: Vec<DraftStage>,
    /// Input columns, output columns, global parameters: read from the graph or the package's manifest,
    /// then as it was edited.
    pub schema: Schema,
    /// The first sample rows, cells as text in the order of the input columns; at most 20.
    pub samples: Vec<Vec<String>>,
    /// How many sample rows there are.
    #[serde(default)]
    pub sample_rows: u32,
    /// Values of the global parameters that the sample rows are scored with; defaults stand in for others.
    #[serde(default)]
    pub sample_parameters: BTreeMap<String, String>,
    /// Whether the samples were made up from the schema, because the upload came with none.
    pub samples_made_up: bool,
    /// How the samples scored against the expected outputs of the package; absent before that.
    pub parity: Option<Parity>,
    /// What changes against the newest version of the service.
    pub difference: Option<SchemaDifference>,
    /// The version that it became.
    pub version: Option<u32>,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// When.
    pub created_at: Timestamp,
}

/// The name of a stage's trained model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageResource {
    /// The stage's file.
    pub file: String,
    /// The resource's name; absent: endpoints can't replace it.
    #[serde(default)]
    pub resource: Option<String>,
}

/// Changes a draft; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateDraft {
    /// The service's name: 1 to 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it predicts: at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Notes for customers: at most 2,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The schema, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// Sample rows, whole: 1 to 1,000. Outputs expected of the rows before are dropped with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<Vec<Vec<String>>>,
    /// Values of the global parameters that the sample rows are scored with, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_parameters: Option<BTreeMap<String, String>>,
    /// Which stages are trained models that endpoints may replace; stages that are not named stay as
    /// they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<StageResource>>,
}

/// What the sample rows of a draft score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Names of the columns: the inputs, then the outputs.
    pub columns: Vec<String>,
    /// Rows, cells as text.
    pub rows: Vec<Vec<String>>,
}

/// Publishes a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishDraft {
    /// Has to be set where the schema breaks callers of the version before.
    #[serde(default)]
    pub accept_breaking: bool,
}

/// Where a draft was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishedDraft {
    /// The service.
    pub service_id: ServiceId,
    /// The version's number.
    pub version: u32,
}
