//! Collects what is remarkable about a sheet: one entry for each kind, with its first place and how many.

use crate::diagnostic::{Diagnostic, Difference, Severity};
use crate::place::Place;

/// The most characters of an excerpt.
const EXCERPT: usize = 80;

/// What is remarkable, so far.
pub(super) struct Notes {
    sheet: String,
    diagnostics: Vec<Diagnostic>,
    differences: Vec<Difference>,
}

impl Notes {
    /// Nothing yet about this sheet.
    pub(super) fn new(sheet: &str) -> Self {
        Self {
            sheet: sheet.to_owned(),
            diagnostics: Vec::new(),
            differences: Vec::new(),
        }
    }

    /// The place of a cell, both numbers from 0.
    pub(super) fn place(&self, row: u32, column: u32) -> Place {
        Place {
            sheet: Some(self.sheet.clone()),
            row: row + 1,
            column,
        }
    }

    /// One more of this kind, at this cell. The words are made only for the first.
    pub(super) fn remark(
        &mut self,
        code: &str,
        severity: Severity,
        at: Option<(u32, u32)>,
        excerpt: &str,
        detail: impl FnOnce() -> String,
    ) {
        self.remarks(code, severity, at, excerpt, 1, detail);
    }

    /// So many more of this kind.
    pub(super) fn remarks(
        &mut self,
        code: &str,
        severity: Severity,
        at: Option<(u32, u32)>,
        excerpt: &str,
        count: u64,
        detail: impl FnOnce() -> String,
    ) {
        if let Some(known) = self.diagnostics.iter_mut().find(|known| known.code == code) {
            known.count += count;
            return;
        }
        let place = at.map(|(row, column)| self.place(row, column));
        self.diagnostics.push(Diagnostic {
            code: code.to_owned(),
            severity,
            address: place.as_ref().map(ToString::to_string).unwrap_or_default(),
            place,
            offset: None,
            excerpt: excerpt.chars().take(EXCERPT).collect(),
            count,
            detail: detail(),
        });
    }

    /// One more cell that was read otherwise than it is written.
    pub(super) fn differ(&mut self, code: &str, at: (u32, u32), written: &str, read: &str) {
        if let Some(known) = self.differences.iter_mut().find(|known| known.code == code) {
            known.count += 1;
            return;
        }
        self.differences.push(Difference {
            code: code.to_owned(),
            address: self.place(at.0, at.1).to_string(),
            written: written.chars().take(EXCERPT).collect(),
            read: read.chars().take(EXCERPT).collect(),
            count: 1,
        });
    }

    /// Whether the result of a formula was read.
    pub(super) fn holds_formulas(&self) -> bool {
        self.differences
            .iter()
            .any(|one| one.code == "formula_value")
    }

    /// All of it; what matters most comes first.
    pub(super) fn finish(mut self) -> (Vec<Diagnostic>, Vec<Difference>) {
        self.diagnostics.sort_by_key(|one| match one.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Note => 2,
        });
        (self.diagnostics, self.differences)
    }
}
