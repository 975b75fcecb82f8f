//! A table's cells against an endpoint's schema: what can't be scored, what is unusual, and what goes
//! over the wire. Knows nothing of files, edits or scoring.
//!
//! What each cell came to is kept as bits (one a row for each input and way of reading), and put in
//! words when it is asked for.

mod bits;
mod decide;
mod explain;
mod input;
mod judge;
mod table;
mod walk;

pub use bits::Bits;
pub(crate) use judge::boolean;
pub use table::{Checks, InputSummary};

use serde::{Deserialize, Serialize};

/// How a column's text is read as the type that the model wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// As the wire reads it: a decimal point, dates in ISO 8601.
    #[default]
    Plain,
    /// Numbers with a decimal comma: `1.234,5` is 1234.5.
    DecimalComma,
    /// Dates with the day first: `3/4/2026` is 3 April.
    DayFirst,
    /// Dates with the month first: `3/4/2026` is 4 March.
    MonthFirst,
}

/// What there is to say about a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// For programs: `value_missing`, `value_type`, `value_nul`, `value_range`, `value_category`, `value_ambiguous`.
    pub code: String,
    /// Whether the cell keeps its row from being scored; otherwise it is only unusual.
    pub error: bool,
    /// What is wrong, expected against found, in words.
    pub words: String,
}
