//! What the grid does by itself once a frame is shown: it goes on looking for a row, fetches what may be
//! copied next, and tells the page of the active cell.

use super::core::Core;
use super::selection::Cell;
use super::wish::{Active, Purpose, Wish};
use portico_tabular::place::Place;
use portico_tabular::protocol::RowState;

/// The most cells whose text is fetched before anybody copies them.
const FETCHED_AHEAD: u64 = 5_000;

impl Core {
    /// Goes nearer to the row that is looked for: rows that the source leaves empty are not there, so
    /// its numbers run ahead of positions.
    pub(super) fn seek(&mut self) {
        let Some((wanted, tries)) = self.seeking else {
            return;
        };
        let at = self.selection.active;
        let Some((row, _)) = self.cache.row(at.row) else {
            return;
        };
        let off = i64::from(wanted) - i64::from(row.source_row);
        let last = i64::from(self.viewport.rows()) - 1;
        let to = (i64::from(at.row) + off).clamp(0, last.max(0));
        self.seeking = None;
        if let Ok(row) = u32::try_from(to)
            && row != at.row
            && tries < 24
        {
            self.jump(Cell { row, ..at });
            self.seeking = Some((wanted, tries + 1));
        }
    }

    pub(super) fn fetch_ahead(&mut self) {
        let area = self.selection.area();
        if area.cells() > FETCHED_AHEAD
            || !self.copied.asked.is_empty()
            || self.viewport.rows() == 0
        {
            return;
        }
        let there = self.copied.ready.as_ref().map(|(area, _)| *area);
        if there != Some(area) {
            self.copied.asked.push_back((area, Purpose::Ahead));
            self.wishes.push(Wish::Copy(area));
        }
    }

    pub(super) fn tell_active(&mut self) {
        let active = self.active();
        if self.told.as_ref() != Some(&active) {
            self.told = Some(active.clone());
            self.wishes.push(Wish::Active(active));
        }
    }

    /// The active cell, as it is before the next frame: its row in the table and its column. None
    /// while a row that only the view numbers is not at hand.
    pub(super) fn place(&self) -> Option<(u32, u32)> {
        let Cell { row, column } = self.selection.active;
        Some((self.table_row(row)?, column))
    }

    /// What there is to know of the active cell.
    fn active(&self) -> Active {
        let Cell { row, column } = self.selection.active;
        let Some((row, _)) = self.cache.row(row) else {
            return Active::default();
        };
        let index = usize::try_from(column).unwrap_or(usize::MAX);
        let area = self.selection.area();
        let sheet = self.source.as_ref().and_then(|source| {
            let sheet = source.sheets.get(source.sheet?)?;
            Some(sheet.clone())
        });
        let name = self.heads.get(index).map(|head| head.name.clone());
        let mut active = Active {
            row: row.row,
            column,
            name: name.unwrap_or_default(),
            selected: (area.rows, area.columns),
            ..Active::default()
        };
        if column < self.own {
            active.address = Place {
                sheet,
                row: row.source_row,
                column,
            }
            .to_string();
            active.text = row.cells.get(index).cloned().unwrap_or_default();
            let finding = row
                .findings
                .iter()
                .filter(|(at, _)| *at == column)
                .map(|(_, finding)| finding)
                .max_by_key(|finding| finding.error);
            if let Some(finding) = finding {
                active.words.clone_from(&finding.words);
                active.error = finding.error;
                return active;
            }
        } else {
            let output = usize::try_from(column - self.own).unwrap_or(usize::MAX);
            active.address = format!("Row {}", row.source_row);
            active.text = row.outputs.get(output).cloned().unwrap_or_default();
        }
        active.words = match row.state {
            RowState::Failed => format!("The row failed: {}", row.reason),
            RowState::Skipped => format!("The row was left out: {}", row.reason),
            RowState::Stale if column >= self.own => {
                "The row was changed since: this is the prediction for what stood there before."
                    .to_owned()
            }
            _ => String::new(),
        };
        active
    }
}
