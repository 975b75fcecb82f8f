//! Workspaces.

use crate::id::WorkspaceId;
use crate::session::Role;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether keys can be shown again after they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RevealPolicy {
    /// A sealed copy is kept; a person with the right can reveal it.
    AnyTime,
    /// Shown once, when made; only a verifier is kept.
    Once,
}

/// A workspace: the container of web services, with members of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The most calls at once that any endpoint in it may be set to; its owners set this.
    pub max_concurrent_calls_cap: u32,
    /// Whether keys can be shown again.
    pub reveal_policy: RevealPolicy,
    /// Whether whoever knows an endpoint's id can read its `swagger.json` and help pages without a key.
    pub public_documents: bool,
    /// What the signed-in person is in it; absent for an administrator without membership.
    pub role: Option<Role>,
    /// How many web services of it the signed-in person can see.
    pub services: u32,
    /// How many endpoints of it the signed-in person can see.
    pub endpoints: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Makes a workspace; who makes it becomes its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateWorkspace {
    /// Its name: 1 to 128 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, pattern = r"\S")
    )]
    pub name: String,
    /// What it is for: at most 2,000 characters.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    #[serde(default)]
    pub description: String,
}

/// Changes a workspace; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateWorkspace {
    /// Its name.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, pattern = r"\S")
    )]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The cap on calls at once, 1 to 200. Endpoints above it keep their limit until changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_calls_cap: Option<u32>,
    /// Whether keys can be shown again. Going to *once* forgets all sealed copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal_policy: Option<RevealPolicy>,
    /// Whether endpoints' `swagger.json` and help pages are public by their id. Switched off, they answer as if
    /// they did not exist; calls are not touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_documents: Option<bool>,
}
