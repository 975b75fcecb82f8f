//! What walking and counting over all inputs stands on.

use super::input::Input;
use super::table::Checks;
use super::{Finding, decide};
use crate::table::Row;
use portico_api::schema::ColumnType;
use std::ops::Range;

impl Checks {
    /// Finds out which columns feed inputs.
    pub(super) fn arrange(&mut self) {
        self.columns.clear();
        for (at, input) in self.inputs.iter().enumerate() {
            let Some(column) = input.place() else {
                continue;
            };
            match self
                .columns
                .binary_search_by_key(&column, |(column, _)| *column)
            {
                Ok(known) => self.columns[known].1.push(at),
                Err(place) => self.columns.insert(place, (column, vec![at])),
            }
        }
    }

    /// Decides how columns are read, now that rows have changed.
    pub(super) fn decide(&mut self, changed: Range<u32>) {
        let all = decide::decide(&mut self.inputs, self.delimiter, self.settled);
        let rows = if all {
            0..changed.end.max(self.checked)
        } else {
            changed
        };
        self.unite(rows);
    }

    /// Brings the sets of rows with errors and findings up to date.
    pub(super) fn unite(&mut self, rows: Range<u32>) {
        let words = rows.start as usize / 64..(rows.end as usize).div_ceil(64);
        for at in words {
            let errors = self
                .inputs
                .iter()
                .fold(0, |all, input| all | input.error_word(at));
            let marks = self
                .inputs
                .iter()
                .fold(0, |all, input| all | input.mark_word(at));
            self.bad.put_word(at, errors);
            self.found.put_word(at, errors | marks);
        }
    }

    /// The inputs that a column feeds.
    pub(super) fn inputs_of(&self, column: u32) -> &[usize] {
        match self
            .columns
            .binary_search_by_key(&column, |(column, _)| *column)
        {
            Ok(at) => &self.columns[at].1,
            Err(_) => &[],
        }
    }

    pub(super) fn finding_in(&self, row: &Row, column: u32, inputs: &[usize]) -> Option<Finding> {
        let text = row.bytes(column as usize);
        let mut findings: Vec<Finding> = inputs
            .iter()
            .filter_map(|&input| self.inputs[input].finding(text))
            .collect();
        let first = findings.iter().position(|finding| finding.error);
        if findings.is_empty() {
            None
        } else {
            Some(findings.swap_remove(first.unwrap_or_default()))
        }
    }

    pub(super) fn error_word(&self, inputs: &[usize], at: usize) -> u64 {
        inputs
            .iter()
            .fold(0, |all, &input| all | self.inputs[input].error_word(at))
    }

    pub(super) fn mark_word(&self, inputs: &[usize], at: usize) -> u64 {
        let marks = inputs
            .iter()
            .fold(0, |all, &input| all | self.inputs[input].mark_word(at));
        marks & !self.error_word(inputs, at)
    }

    /// How many rows are in a set that is made 64 rows at a time.
    pub(super) fn count(&self, word: impl Fn(usize) -> u64) -> u64 {
        let words = (self.checked as usize).div_ceil(64);
        (0..words).map(|at| u64::from(word(at).count_ones())).sum()
    }

    pub(super) fn cell_has_finding(&self, row: u32, column: u32) -> bool {
        let (at, bit) = (row as usize / 64, 1_u64 << (row % 64));
        let inputs = self.inputs_of(column);
        (self.error_word(inputs, at) | self.mark_word(inputs, at)) & bit != 0
    }

    /// The last cell of a row with a finding, among these columns.
    pub(super) fn last_in(&self, row: u32, wanted: impl Fn(u32) -> bool) -> Option<u32> {
        let columns = self.columns.iter().rev().map(|(column, _)| *column);
        columns
            .filter(|column| wanted(*column))
            .find(|column| self.cell_has_finding(row, *column))
    }

    /// The first or the last cell of a row with a finding.
    pub(super) fn ends(&self, row: u32, last: bool) -> Option<(u32, u32)> {
        let column = if last {
            self.last_in(row, |_| true)
        } else {
            let columns = self.columns.iter().map(|(column, _)| *column);
            columns
                .into_iter()
                .find(|column| self.cell_has_finding(row, *column))
        };
        Some((row, column?))
    }
}

/// Whether an input waits for a person to say how it is read, and is one of dates, or of numbers.
pub(super) fn is_open(input: &Input, dates: bool) -> bool {
    input.ambiguous != 0 && (input.column.column_type == ColumnType::Datetime) == dates
}

/// Names as part of a sentence.
pub(super) fn listed(names: &[&str], word: &str) -> Option<String> {
    const SHOWN: usize = 4;
    match names {
        [] => None,
        [one] => Some((*one).to_owned()),
        [first @ .., last] if names.len() <= SHOWN => {
            Some(format!("{} {word} {last}", first.join(", ")))
        }
        _ => Some(format!(
            "{} {word} {} more",
            names[..SHOWN - 1].join(", "),
            names.len() - SHOWN + 1
        )),
    }
}
