//! What a person changed in a table, act by act, with a way back and forth. Knows nothing of checks or
//! scoring: it tells which area an act touched.

use crate::protocol::Area;
use crate::table::{Row, Table};
use std::collections::VecDeque;

/// The most acts that can be taken back.
pub const ACTS: usize = 1_000;
/// The most bytes that acts may keep.
pub const BYTES: usize = 256 << 20;

/// What kind of act it is, for its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Cells were typed over.
    Edit,
    /// Cells were pasted.
    Paste,
    /// Cells were emptied.
    Clear,
}

/// A cell that an act changes: where, and the text that lies over it on the other side of the act
/// (before it, once it is done; after it, once it is taken back).
struct Change {
    row: u32,
    column: u32,
    other: Option<Box<str>>,
}

/// One act of a person: one step to take back.
struct Act {
    words: String,
    changes: Vec<Change>,
    area: Area,
    /// Rows below those of the source, on the other side of the act.
    other_added: u32,
    stamp: u64,
    bytes: usize,
}

/// What an act came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The cells that may have changed.
    pub area: Area,
    /// What was done, such as `Pasted 12 cells`.
    pub words: String,
    /// Texts that were dropped, because there is no column for them.
    pub cut: usize,
}

/// What was done, and what was taken back.
#[derive(Default)]
pub struct History {
    done: VecDeque<Act>,
    undone: Vec<Act>,
    bytes: usize,
    stamps: u64,
    /// The state when all acts in `done` are taken back.
    oldest: u64,
}

impl History {
    /// Puts texts into cells from a corner on: one act. Rows are added where the table ends; texts
    /// past the last column are dropped. `None` when every cell has its text already.
    pub fn put(
        &mut self,
        table: &mut Table,
        row: u32,
        column: u32,
        cells: &[Vec<String>],
        kind: Kind,
    ) -> Option<Touched> {
        let columns = u32::try_from(table.columns()).unwrap_or(u32::MAX);
        let width = cells.iter().map(Vec::len).max().unwrap_or_default();
        let room = columns.saturating_sub(column);
        let area = Area {
            row,
            column,
            rows: u32::try_from(cells.len()).unwrap_or(u32::MAX),
            columns: u32::try_from(width).unwrap_or(u32::MAX).min(room),
        };
        let cut = cells
            .iter()
            .map(|texts| texts.len().saturating_sub(room as usize));
        let cut = cut.sum();
        let before = table.added();
        let end = row.saturating_add(area.rows);
        let missing = end.saturating_sub(table.rows());
        if missing > 0 && area.columns > 0 {
            table.set_added(before + missing);
        }
        let texts = cells.iter().map(|texts| texts.iter().map(String::as_str));
        let laid = lay(table, area, texts);
        if laid.changes.is_empty() && table.added() == before {
            return None;
        }
        let words = words(table, kind, &laid.changes, area);
        self.keep(words.clone(), laid, area, before);
        Some(Touched { area, words, cut })
    }

    /// Empties cells: one act. `None` when all are empty already.
    pub fn clear(&mut self, table: &mut Table, area: Area) -> Option<Touched> {
        let rows = area.rows.min(table.rows().saturating_sub(area.row));
        let columns = u32::try_from(table.columns()).unwrap_or(u32::MAX);
        let columns = area.columns.min(columns.saturating_sub(area.column));
        let area = Area {
            rows,
            columns,
            ..area
        };
        let empty = (0..rows).map(|_| (0..columns).map(|_| ""));
        let laid = lay(table, area, empty);
        if laid.changes.is_empty() {
            return None;
        }
        let words = words(table, Kind::Clear, &laid.changes, area);
        let added = table.added();
        self.keep(words.clone(), laid, area, added);
        Some(Touched {
            area,
            words,
            cut: 0,
        })
    }

    /// Takes the last act back.
    pub fn undo(&mut self, table: &mut Table) -> Option<Touched> {
        let mut act = self.done.pop_back()?;
        for change in act.changes.iter_mut().rev() {
            change.other = table.lay(change.row, change.column, change.other.take());
        }
        act.swap_added(table);
        let touched = act.touched();
        self.undone.push(act);
        Some(touched)
    }

    /// Does again what was taken back last.
    pub fn redo(&mut self, table: &mut Table) -> Option<Touched> {
        let mut act = self.undone.pop()?;
        act.swap_added(table);
        for change in &mut act.changes {
            change.other = table.lay(change.row, change.column, change.other.take());
        }
        let touched = act.touched();
        self.done.push_back(act);
        Some(touched)
    }

    /// What [`History::undo`] would take back, in words.
    pub fn undo_words(&self) -> Option<&str> {
        self.done.back().map(|act| act.words.as_str())
    }

    /// What [`History::redo`] would do again, in words.
    pub fn redo_words(&self) -> Option<&str> {
        self.undone.last().map(|act| act.words.as_str())
    }

    /// A number for the state of the table: the same after an act and its undo, another after every
    /// other act; 0 before the first.
    pub fn stamp(&self) -> u64 {
        self.done.back().map_or(self.oldest, |act| act.stamp)
    }

    fn keep(&mut self, words: String, laid: Laid, area: Area, added_before: u32) {
        for act in self.undone.drain(..) {
            self.bytes -= act.bytes;
        }
        self.stamps += 1;
        self.bytes += laid.bytes;
        self.done.push_back(Act {
            words,
            changes: laid.changes,
            area,
            other_added: added_before,
            stamp: self.stamps,
            bytes: laid.bytes,
        });
        while self.done.len() > ACTS || (self.bytes > BYTES && self.done.len() > 1) {
            if let Some(oldest) = self.done.pop_front() {
                self.bytes -= oldest.bytes;
                self.oldest = oldest.stamp;
            }
        }
    }
}

impl Act {
    fn swap_added(&mut self, table: &mut Table) {
        let now = table.added();
        table.set_added(self.other_added);
        self.other_added = now;
    }

    fn touched(&self) -> Touched {
        Touched {
            area: self.area,
            words: self.words.clone(),
            cut: 0,
        }
    }
}

/// What laying texts over cells came to.
#[derive(Default)]
struct Laid {
    changes: Vec<Change>,
    /// What keeping both sides of it takes.
    bytes: usize,
}

/// Lays texts over cells that do not have them yet.
fn lay<'a, R>(table: &mut Table, area: Area, texts: impl Iterator<Item = R>) -> Laid
where
    R: Iterator<Item = &'a str>,
{
    let mut laid = Laid::default();
    let mut cells = Row::default();
    for (row, texts) in (area.row..).zip(texts) {
        table.read(row, &mut cells);
        for (column, text) in (area.column..area.column + area.columns).zip(texts) {
            if cells.bytes(column as usize) != text.as_bytes() {
                let other = table.lay(row, column, Some(text.into()));
                laid.bytes +=
                    size_of::<Change>() + text.len() + other.as_ref().map_or(0, |t| t.len());
                laid.changes.push(Change { row, column, other });
            }
        }
    }
    laid
}

fn words(table: &Table, kind: Kind, changes: &[Change], area: Area) -> String {
    let verb = match kind {
        Kind::Edit => "Edited",
        Kind::Paste => "Pasted",
        Kind::Clear => "Cleared",
    };
    match (kind, changes) {
        (Kind::Edit | Kind::Clear, [one]) => {
            let mut place = table.place(one.row, one.column);
            place.sheet = None;
            format!("{verb} {place}")
        }
        // What was pasted counts, whether or not a cell had its text already.
        (Kind::Paste, _) => {
            let cells = area.cells();
            let s = if cells == 1 { "" } else { "s" };
            format!("{verb} {cells} cell{s}")
        }
        (_, several) => format!("{verb} {} cells", several.len()),
    }
}
