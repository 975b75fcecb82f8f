//! Workspaces.

use crate::id::WorkspaceId;
use crate::session::Role;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The smallest and the largest limit on the body of a call that an owner can set: 64 KiB and 64 MiB.
pub const CALL_BYTES: std::ops::RangeInclusive<u32> = 64 * 1024..=64 * 1024 * 1024;
/// The shortest and the longest time in seconds that an owner can give a call.
pub const CALL_SECONDS: std::ops::RangeInclusive<u32> = 1..=600;

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
    /// The largest body of a call to any endpoint in it, in bytes; 4 MiB unless its owners or the
    /// server's operator set another.
    pub max_call_bytes: u32,
    /// How long a call to any endpoint in it may take in all, in seconds; 100 unless its owners or the
    /// server's operator set another.
    pub call_timeout_seconds: u32,
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
    pub name: String,
    /// What it is for: at most 2,000 characters.
    #[serde(default)]
    pub description: String,
}

/// Changes a workspace; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateWorkspace {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The cap on calls at once, 1 to 200. Endpoints above it keep their limit until changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_calls_cap: Option<u32>,
    /// Whether keys can be shown again. Going to *once* forgets all sealed copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveal_policy: Option<RevealPolicy>,
    /// The largest body of a call in bytes: 65,536 to 67,108,864 (64 KiB to 64 MiB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 65_536, maximum = 67_108_864))]
    pub max_call_bytes: Option<u32>,
    /// How long a call may take in all, in seconds: 1 to 600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 600))]
    pub call_timeout_seconds: Option<u32>,
}
