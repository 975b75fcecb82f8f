//! What is remarkable about a table that was read: never silent, always with its address.

use crate::place::Place;
use serde::{Deserialize, Serialize};

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Something may be other than meant.
    Warning,
    /// Something is lost or wrong.
    Error,
}

/// One remark about a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// For programs, such as `row_short`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// The first place that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The place as a spreadsheet says it, such as `Sheet1!C17`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Where it begins in the file, in bytes, for text tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// At most 80 characters of what stands there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub excerpt: String,
    /// How many places it is true of, this one included.
    pub count: u64,
    /// What it is and what to do, in words.
    pub detail: String,
}

/// Something that was read otherwise than it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What was done, such as `date_from_serial`.
    pub code: String,
    /// The cell, or the first of them, such as `Sheet1!C17`.
    pub address: String,
    /// What stands in the file.
    pub written: String,
    /// What was read.
    pub read: String,
    /// How many cells were read so.
    pub count: u64,
}
