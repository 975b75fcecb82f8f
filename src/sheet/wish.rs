//! What the grid wants of the page and says to it, and what is on its way to the clipboard. Plain values.

use super::cache::Wanted;
use super::worker::Clip;
use portico_tabular::protocol::Area;
use std::collections::VecDeque;
use web_sys::File;

/// What the grid wants of the page.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Rows to show.
    Rows(Wanted),
    /// A text for a cell: row by number in the table, column, text.
    Edit(u32, u32, String),
    /// Cells to empty.
    Clear(Area),
    /// The texts of cells, for the clipboard.
    Copy(Area),
    /// Rows to put from a cell on: row by number in the table, column.
    Paste(u32, u32, Clip),
    /// A file to open.
    File(File),
    /// The last act taken back.
    Undo,
    /// Or done again.
    Redo,
    /// The next finding, or the one before.
    Find(bool),
    /// A row to go to.
    GoTo,
    /// The active cell is another, or holds something else.
    Active(Active),
    /// Something to be said.
    Say(&'static str),
    /// The browser did not take what was copied.
    NotCopied,
}

/// What there is to know of the active cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Active {
    /// Its row, by number in the table.
    pub row: u32,
    /// Its column.
    pub column: u32,
    /// Its address, such as `Sheet1!C17`.
    pub address: String,
    /// Its column's name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What there is to say about it, or about its row.
    pub words: String,
    /// Whether that keeps the row from being scored.
    pub error: bool,
    /// How many rows and columns are selected.
    pub selected: (u32, u32),
}

/// Why cells are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody may copy them.
    Ahead,
    /// Somebody copied them.
    Copy,
}

/// The texts of the selected cells, once they are there.
#[derive(Default)]
pub struct Copied {
    /// What is there.
    pub ready: Option<(Area, Clip)>,
    /// What is on its way, in order.
    pub asked: VecDeque<(Area, Purpose)>,
}

/// What the pointer does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drag {
    /// It selects cells.
    Cells,
    /// Whole rows.
    Rows,
    /// Whole columns.
    Columns,
    /// It changes a column's width: which, where the pointer began, the width then.
    Width(u32, f64, f64),
}
