//! Endpoints: what a customer is given.

use crate::id::{CustomerId, EndpointId, ServiceId, WorkspaceId};
use crate::key::NewKeys;
use crate::name::EndpointName;
use crate::throttle::Throttle;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Which calls are written to the endpoint's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Logging {
    /// None.
    #[default]
    None,
    /// Failed calls.
    Error,
    /// All calls.
    All,
}

/// Where an endpoint is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Urls {
    /// Request-response: one call, one answer.
    pub request_response: String,
    /// Batch execution; absent while this server does not serve it.
    pub batch: Option<String>,
    /// The Open Inference Protocol, version 2: the base URL, below which its clients ask for `/v2/…`.
    pub inference: Option<String>,
}

/// A trained model as an endpoint runs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EndpointModel {
    /// The resource's name; absent for a stage that can't be replaced.
    pub resource: Option<String>,
    /// SHA-256 of the ONNX file in hexadecimal.
    pub sha256: String,
    /// Whether the endpoint has its own model here instead of the version's.
    pub own: bool,
    /// Why the model does not run, if it is quarantined.
    pub quarantine: Option<Quarantine>,
}

/// A model that ended the scoring process, or ran past its deadline, twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quarantine {
    /// Since when it does not run.
    pub since: Timestamp,
    /// What it did, in words.
    pub reason: String,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Endpoint {
    /// Its id, part of its URL.
    pub id: EndpointId,
    /// The workspace that it is in.
    pub workspace_id: WorkspaceId,
    /// The service that it serves.
    pub service_id: ServiceId,
    /// That service's name.
    pub service_name: String,
    /// Its name, unique in the service.
    pub name: EndpointName,
    /// What it is for.
    pub description: String,
    /// Whether it is the endpoint that every service has and that follows the newest version.
    pub is_default: bool,
    /// The version that it serves.
    pub version: u32,
    /// The limit that is enforced, read back from what enforces it.
    pub throttle: Throttle,
    /// Whether it refuses calls.
    pub paused: bool,
    /// Whether it is kept on its version: updates, rollouts and promotion are refused, runs pass it by.
    pub prevent_update: bool,
    /// Which calls are logged.
    pub logging: Logging,
    /// Whether callers may see the sample rows.
    pub sample_data_enabled: bool,
    /// Labels for filtering.
    pub tags: Vec<String>,
    /// The customer that it is granted to.
    pub customer_id: Option<CustomerId>,
    /// That customer's name.
    pub customer_name: Option<String>,
    /// Where it is called.
    pub urls: Urls,
    /// The models of its pipeline, in order of the stages.
    pub models: Vec<EndpointModel>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Makes an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateEndpoint {
    /// Its id, if the caller mints it; the same id with the same body again gives the same endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EndpointId>,
    /// Its name.
    pub name: EndpointName,
    /// What it is for: at most 2,000 characters.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    #[serde(default)]
    pub description: String,
    /// Its throttle; High with 20 (or the workspace's cap) if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// The version that it serves; the newest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The customer that it is granted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Which calls are logged.
    #[serde(default)]
    pub logging: Logging,
    /// Whether callers may see the sample rows.
    #[serde(default = "yes")]
    pub sample_data_enabled: bool,
    /// Whether it is kept on its version: updates, rollouts and promotion are refused, runs pass it by.
    #[serde(default)]
    pub prevent_update: bool,
    /// Labels for filtering: at most 20, each 1 to 40 characters.
    #[serde(default)]
    pub tags: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Answer to making an endpoint.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Both keys, once; a repeated request leaves them out.
    pub keys: Option<NewKeys>,
}

/// Changes an endpoint; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateEndpoint {
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its throttle, whole: a field of it that is absent gets its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// Whether it refuses calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Whether it is kept on its version: updates, rollouts and promotion are refused, runs pass it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevent_update: Option<bool>,
    /// Which calls are logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
    /// Whether callers may see the sample rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_data_enabled: Option<bool>,
    /// Labels for filtering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}
