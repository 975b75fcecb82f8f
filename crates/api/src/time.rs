//! Moments on the wire: RFC 3339, UTC, milliseconds and `Z`. The portal hands the text to the
//! browser's own date, the server makes it from its clock; neither needs a calendar here.

use serde::{Deserialize, Serialize};

/// A moment, such as `2026-11-23T08:05:09.120Z`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Wraps a text that is already in the wire's form.
    pub fn from_rfc3339(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
