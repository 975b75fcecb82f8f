//! What changed in a schema from one version to the next, and what of it breaks callers.

use serde::{Deserialize, Serialize};

/// Which part of a schema a change is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SchemaPart {
    /// Columns that callers send.
    Input,
    /// Columns that answers add.
    Output,
    /// Global parameters.
    Parameter,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchemaChange {
    /// Where.
    pub part: SchemaPart,
    /// The column's or the parameter's name.
    pub name: String,
    /// What changed, machine-readable: `added`, `removed`, `type`, `nullable`, `range`, `categories`,
    /// `default`, `description`, `order`, `kind`, `tensor`.
    pub code: String,
    /// The change in words, old and new: `“age” is text now, it was a number`.
    pub detail: String,
    /// Whether a caller that worked with the version before can fail, or read something else, now.
    pub breaking: bool,
}

/// All changes of a schema, breaking ones first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchemaDifference {
    /// The version that is compared with.
    pub from: u32,
    /// The changes; empty if the schemas are the same.
    pub changes: Vec<SchemaChange>,
}

impl SchemaDifference {
    /// How many of the changes break callers.
    pub fn breaking(&self) -> usize {
        self.changes.iter().filter(|change| change.breaking).count()
    }
}
