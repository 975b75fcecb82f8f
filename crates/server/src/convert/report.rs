//! What `--report` writes.

use super::source::{Detected, Found};
use portico_tabular::diagnostic::Difference;
use portico_tabular::profile::{self, ColumnProfile};
use portico_tabular::{Diagnostic, Refusal};
use serde::Serialize;
use std::fs;
use std::path::Path;

/// The report.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// What was detected about the file.
    detected: &'a Detected,
    /// Data rows.
    rows: u32,
    /// The columns, and what all of their cells have in common.
    columns: Vec<ColumnProfile>,
    /// What is remarkable, with addresses.
    diagnostics: &'a [Diagnostic],
    /// What was read otherwise than it is written, with addresses.
    differences: &'a [Difference],
    /// Cells of a text output that got a leading `'`, so that no spreadsheet takes them for formulas.
    guarded: u64,
}

impl<'a> Report<'a> {
    /// The report about a table that was found.
    pub fn of(found: &'a Found, guarded: u64) -> Self {
        Self {
            detected: &found.detected,
            rows: found.table.rows(),
            columns: profile::of(&found.table),
            diagnostics: &found.diagnostics,
            differences: &found.differences,
            guarded,
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`Refusal`] when the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), Refusal> {
        let failed = |error: String| {
            Refusal::new(
                "unwritable",
                format!("{} can’t be written: {error}.", path.display()),
            )
        };
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.to_string()))?;
        fs::write(path, text + "\n").map_err(|error| failed(error.to_string()))
    }
}
