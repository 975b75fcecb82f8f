//! What the grid shows: rows of the view, findings, the texts of an area.

use super::Desk;
use crate::protocol::{Area, MOST_COPIED, Reply, Row as Shown, RowState, Spot, View};
use crate::refusal::Refusal;
use crate::table::Row;

/// The most rows that go into one answer.
const WINDOW: u32 = 400;

impl Desk {
    pub(super) fn filter(&mut self, view: View) {
        self.view = view;
        let rows = self.table().map_or(0, crate::Table::rows);
        self.shown = match view {
            View::All => None,
            View::Findings => Some(
                self.checks
                    .found()
                    .iter()
                    .take_while(|row| *row < rows)
                    .collect(),
            ),
            View::Failed => Some(self.run.failed_rows().collect()),
        };
    }

    /// How many rows the view shows.
    pub(super) fn shown(&self) -> u32 {
        match &self.shown {
            Some(list) => u32::try_from(list.len()).unwrap_or(u32::MAX),
            None => self.table().map_or(0, crate::Table::rows),
        }
    }

    fn row_at(&self, position: u32) -> Option<u32> {
        match &self.shown {
            Some(list) => list.get(position as usize).copied(),
            None => Some(position),
        }
    }

    fn position_of(&self, row: u32) -> Option<u32> {
        match &self.shown {
            Some(list) => list
                .binary_search(&row)
                .ok()
                .and_then(|at| u32::try_from(at).ok()),
            None => Some(row),
        }
    }

    pub(super) fn window(&self, ticket: u32, first: u32, count: u32) -> Reply {
        let total = self.shown();
        let last = first.saturating_add(count.min(WINDOW)).min(total);
        let mut cut = Row::default();
        let rows = (first..last)
            .filter_map(|position| self.row_at(position))
            .filter_map(|row| self.show(row, &mut cut))
            .collect();
        Reply::Rows {
            ticket,
            first,
            total,
            rows,
        }
    }

    fn show(&self, row: u32, cut: &mut Row) -> Option<Shown> {
        let table = self.table()?;
        table.read(row, cut);
        let state = self.run.state(row);
        let outputs = match state {
            RowState::Scored | RowState::Stale => self.outputs_of(row),
            RowState::Waiting | RowState::Failed | RowState::Skipped => Vec::new(),
        };
        Some(Shown {
            row,
            source_row: table.place(row, 0).row,
            cells: (0..table.columns())
                .map(|column| cut.text(column).into_owned())
                .collect(),
            findings: self.checks.findings_of_row(cut),
            state,
            outputs,
            reason: self.run.reason(row).to_owned(),
        })
    }

    pub(super) fn outputs_of(&self, row: u32) -> Vec<String> {
        (0..self.results.columns().len())
            .map(|column| self.results.text(row, column).into_owned())
            .collect()
    }

    pub(super) fn found(&self, row: u32, column: u32, back: bool) -> Reply {
        let at = self
            .checks
            .next(row, column, back)
            .and_then(|(row, column)| self.spot(row, column));
        Reply::Found { at }
    }

    fn spot(&self, row: u32, column: u32) -> Option<Spot> {
        let table = self.table()?;
        let mut cut = Row::default();
        table.read(row, &mut cut);
        Some(Spot {
            row,
            position: self.position_of(row),
            column,
            address: table.place(row, column).to_string(),
            text: cut.text(column as usize).into_owned(),
            finding: self.checks.finding(table, row, column)?,
        })
    }

    pub(super) fn findings(&self, count: u32) -> Reply {
        let mut list: Vec<Spot> = Vec::new();
        // The last cell of all: the next one is the first with a finding.
        let mut at = (u32::MAX, u32::MAX);
        while let Some((row, column)) = self.checks.next(at.0, at.1, false) {
            let around = at.0 != u32::MAX && (row, column) <= at;
            if around || list.len() >= count as usize {
                break;
            }
            list.extend(self.spot(row, column));
            at = (row, column);
        }
        Reply::Findings { list }
    }

    /// The texts of an area for the clipboard: as tab-separated text, and as a table in HTML whose
    /// line breaks stay inside their cells.
    pub(super) fn copied(&self, area: Area) -> Result<Reply, Refusal> {
        let Some(table) = self.table() else {
            return Err(Refusal::new("no_table", "There is nothing to copy."));
        };
        if area.cells() > MOST_COPIED {
            return Err(Refusal::new(
                "too_large",
                "At most 2,000,000 cells can be copied at once. Download the table instead.",
            ));
        }
        let mut text = String::new();
        let mut html = String::from("<table>");
        let mut cut = Row::default();
        let own = u32::try_from(table.columns()).unwrap_or(u32::MAX);
        for position in area.row..area.row.saturating_add(area.rows).min(self.shown()) {
            let Some(row) = self.row_at(position) else {
                break;
            };
            table.read(row, &mut cut);
            let outputs = match self.run.state(row) {
                RowState::Scored | RowState::Stale => self.outputs_of(row),
                _ => Vec::new(),
            };
            html.push_str("<tr>");
            for column in area.column..area.column + area.columns {
                let cell = if column < own {
                    cut.text(column as usize)
                } else {
                    outputs
                        .get((column - own) as usize)
                        .map(|text| text.as_str().into())
                        .unwrap_or_default()
                };
                if column > area.column {
                    text.push('\t');
                }
                if cell.contains(['\t', '\n', '\r', '"']) {
                    text.push('"');
                    text.push_str(&cell.replace('"', "\"\""));
                    text.push('"');
                } else {
                    text.push_str(&cell);
                }
                html.push_str("<td>");
                escape(&cell, &mut html);
                html.push_str("</td>");
            }
            html.push_str("</tr>");
            text.push('\n');
        }
        html.push_str("</table>");
        Ok(Reply::Copied { text, html })
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' => out.push_str("<br style=\"mso-data-placement:same-cell\">"),
            _ => out.push(c),
        }
    }
}
