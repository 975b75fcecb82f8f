//! What the page and its worker say to each other. The page shows; the worker holds the table, the
//! checks, the edits and the scoring run. A message is one JSON text, with bytes beside it where the
//! variant says so.

use crate::check::{Finding, Reading};
use crate::diagnostic::{Diagnostic, Difference};
use crate::mapping::Source;
use portico_api::schema::{ColumnType, Schema};
use serde::{Deserialize, Serialize};

/// What the page asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// The endpoint that rows are for. Comes first, once.
    Start(Box<Start>),
    /// Read a file; the `File` itself stands beside the message. Nothing of it leaves the browser.
    Open {
        /// The file's name.
        name: String,
        /// How to read it, where the reader should not decide itself.
        how: How,
    },
    /// Read what was pasted; `{html, text}` stands beside the message.
    Paste {
        /// How to read it.
        how: How,
    },
    /// Read the same bytes again in another way.
    Reread {
        /// In which.
        how: How,
    },
    /// Rows for the grid. Answered by [`Reply::Rows`].
    Rows {
        /// Comes back with the answer.
        ticket: u32,
        /// The first row, by position in the view.
        first: u32,
        /// How many.
        count: u32,
    },
    /// Show only rows with a finding, or a failure, or all.
    Filter {
        /// Which.
        view: View,
    },
    /// Take a model's input from somewhere else.
    Map {
        /// The input, by its number in the schema.
        input: usize,
        /// From where.
        source: Source,
    },
    /// Read a column's text in another way.
    ReadAs {
        /// The input, by its number in the schema.
        input: usize,
        /// In which.
        reading: Reading,
    },
    /// Set a global parameter.
    Parameter {
        /// Its number in the schema.
        index: usize,
        /// Its text; empty takes the default.
        text: String,
    },
    /// Put texts into cells from a corner on: one act, one step to undo. Rows are added where needed.
    Edit {
        /// The first row, by its number in the table.
        row: u32,
        /// The first column.
        column: u32,
        /// Texts by row.
        cells: Vec<Vec<String>>,
    },
    /// Put what was pasted into cells from a corner on; `{html, text}` stands beside the message.
    PasteAt {
        /// The first row, by its number in the table.
        row: u32,
        /// The first column.
        column: u32,
    },
    /// Empty cells: one act.
    Clear {
        /// Which.
        area: Area,
    },
    /// Take the last act back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// The texts of an area. Answered by [`Reply::Copied`], or refused where it has more than
    /// [`MOST_COPIED`] cells or the table is gone.
    Copy {
        /// Which; rows by their position in the view, and output columns after the table's own: what
        /// is copied is what is seen.
        area: Area,
    },
    /// The next cell with a finding after (or before) this one. Answered by [`Reply::Found`].
    Find {
        /// From this row, by its number in the table.
        row: u32,
        /// And this column.
        column: u32,
        /// Backwards.
        back: bool,
    },
    /// Cells with findings, in order. Answered by [`Reply::Findings`].
    Findings {
        /// How many at the most.
        count: u32,
    },
    /// Begin to score, or go on.
    Score {
        /// What becomes of rows with errors.
        policy: Policy,
    },
    /// Stop scoring; what is done stays.
    Stop,
    /// Make a file. Answered by [`Reply::File`].
    Export {
        /// Of which kind.
        format: Format,
    },
    /// An empty workbook to fill in. Answered by [`Reply::File`].
    Template,
    /// Take the version's sample rows as the table; they came with [`Request::Start`].
    Samples,
}

/// The endpoint that rows are for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// The workspace's id.
    pub ws: String,
    /// The service's id.
    pub svc: String,
    /// The service's name, for file names.
    pub service: String,
    /// The endpoint's name.
    pub name: String,
    /// The schema of the version that it serves.
    pub schema: Schema,
    /// Sample rows, cells by column of the schema.
    pub samples: Vec<Vec<String>>,
    /// Calls that the endpoint takes at once; the spreadsheet takes at most half of them.
    pub max_concurrent_calls: u32,
}

/// How to read a file, where the reader should not decide itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct How {
    /// The label of an encoding, such as `windows-1252`.
    pub encoding: Option<String>,
    /// The delimiter, one character.
    pub delimiter: Option<char>,
    /// The row that holds the header, from 1 as a spreadsheet counts; 0: there is none.
    pub header: Option<u32>,
    /// The sheet, by its number in the workbook.
    pub sheet: Option<usize>,
}

/// Which rows the grid shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// All.
    #[default]
    All,
    /// Those with a finding.
    Findings,
    /// Those that could not be scored.
    Failed,
}

/// The most cells whose texts are handed over for the clipboard at once.
pub const MOST_COPIED: u64 = 2_000_000;

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// The first row, by its number in the table.
    pub row: u32,
    /// The first column.
    pub column: u32,
    /// How many rows.
    pub rows: u32,
    /// How many columns.
    pub columns: u32,
}

impl Area {
    /// How many cells it has.
    #[must_use]
    pub fn cells(self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }
}

/// What becomes of rows with errors when the others are scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Nothing is scored while there are any.
    Block,
    /// They are left out, each with its reason.
    #[default]
    Skip,
    /// They are sent all the same; the server has the last word.
    Send,
}

/// A kind of file to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// CSV in UTF-8 with a byte order mark, so that Excel reads it right.
    Csv,
    /// A workbook.
    Xlsx,
}

/// What the worker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Reply {
    /// The worker runs and takes requests.
    Ready,
    /// How things stand. Sent after every change, and at most ten times a second while something runs.
    State(Box<State>),
    /// Rows for the grid.
    Rows {
        /// The request's.
        ticket: u32,
        /// The first row, by position in the view.
        first: u32,
        /// How many rows the view has.
        total: u32,
        /// The rows.
        rows: Vec<Row>,
    },
    /// The texts of an area, for the clipboard. Both stand beside the message as `text` and `html` and are
    /// empty in it: they can be large, and the page only hands them on.
    Copied {
        /// Tab-separated text.
        text: String,
        /// A table in HTML.
        html: String,
    },
    /// The cell that was looked for.
    Found {
        /// It; none where there is no finding at all.
        at: Option<Spot>,
    },
    /// Cells with findings, in order.
    Findings {
        /// They.
        list: Vec<Spot>,
    },
    /// An area changed, by an edit, an undo or a redo: look there.
    Changed {
        /// Which.
        area: Area,
        /// What was done, in words, such as `Undone: 12 cells pasted`.
        words: String,
    },
    /// A piece of a file that is made; its bytes stand beside the message.
    Piece,
    /// A file is complete; its pieces came before.
    File {
        /// Its name.
        name: String,
        /// Its media type.
        media_type: String,
        /// Cells that got a guard against being read as formulas.
        guarded: u64,
    },
    /// What was asked could not be done.
    Refused {
        /// What was asked.
        what: Asked,
        /// For programs.
        code: String,
        /// Why, in words.
        reason: String,
    },
}

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Reading a file or a paste.
    Read,
    /// Changing cells.
    Edit,
    /// The texts of cells.
    Copy,
    /// Scoring.
    Score,
    /// Making a file.
    Export,
}

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The table's source; none while there is no table.
    pub source: Option<SourceFacts>,
    /// Reading: bytes read, bytes in all; none when all is read. Of a workbook, rows read and 0: how many
    /// there are is known at its end alone.
    pub reading: Option<(f64, f64)>,
    /// The table's columns.
    pub columns: Vec<ColumnFacts>,
    /// The model's inputs and where they come from.
    pub inputs: Vec<InputFacts>,
    /// The global parameters.
    pub parameters: Vec<ParameterFacts>,
    /// Names of the output columns; they stand after the table's own.
    pub outputs: Vec<String>,
    /// Rows of the table, as far as it is read.
    pub rows: u32,
    /// Rows that the view shows.
    pub shown: u32,
    /// Which rows it shows.
    pub view: View,
    /// Rows that are checked.
    pub checked: u32,
    /// Cells that can't be scored.
    pub errors: u64,
    /// Cells that are unusual and can be scored.
    pub marks: u64,
    /// Rows with at least one error.
    pub bad_rows: u32,
    /// Rows without an error that *Score* would send now: those that are not scored yet, failed, or were
    /// changed since.
    #[serde(default)]
    pub ready: u32,
    /// Rows with an error that *Score* would leave out now, or send, as the policy says. Together with
    /// `ready`, all rows that are not scored or whose predictions are out of date.
    #[serde(default)]
    pub barred: u32,
    /// Why scoring can't begin, in words; empty when it can.
    pub blocked: String,
    /// What *Undo* would take back, in words.
    pub undo: Option<String>,
    /// What *Redo* would do again, in words.
    pub redo: Option<String>,
    /// The scoring run.
    pub run: RunFacts,
    /// Whether something would be lost with the page: edits or predictions that no file holds.
    pub unsaved: bool,
}

/// Where a table came from and how it was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// The file's name; `Pasted rows` for a paste.
    pub name: String,
    /// `csv`, `xlsx`, `paste`, `samples`.
    pub kind: String,
    /// The encoding's label, for text.
    pub encoding: Option<String>,
    /// The delimiter, for text.
    pub delimiter: Option<char>,
    /// The header's row as a spreadsheet counts; none: there is no header.
    pub header: Option<u32>,
    /// The sheet that is read.
    pub sheet: Option<usize>,
    /// Names of all sheets.
    pub sheets: Vec<String>,
    /// What is remarkable.
    pub diagnostics: Vec<Diagnostic>,
    /// What was read otherwise than written.
    pub differences: Vec<Difference>,
}

/// A column of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// The input that it feeds, by number.
    pub input: Option<usize>,
    /// Whether its cells are numbers, to be set to the right.
    pub numeric: bool,
}

/// A model's input and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputFacts {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// From where.
    pub source: Source,
    /// Why from there, in words, such as `same name`.
    pub why: String,
    /// How its text is read.
    pub reading: Reading,
    /// How it could be read, if there is a choice.
    pub readings: Vec<Reading>,
    /// Whether a person has to say how, because the column itself does not tell.
    pub ambiguous: bool,
    /// Cells read otherwise than written, such as `1,5` as 1.5.
    pub converted: u64,
    /// Cells that can't be scored.
    pub errors: u64,
    /// Cells that are unusual.
    pub marks: u64,
}

/// A global parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterFacts {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its default.
    pub default: Option<String>,
    /// Its text.
    pub text: String,
    /// What is wrong with it, in words; empty if nothing is.
    pub problem: String,
}

/// How a scoring run stands. Every row is exactly one of scored, failed, skipped and waiting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Whether it runs now.
    pub running: bool,
    /// Rows with predictions that are up to date.
    pub scored: u32,
    /// Rows that the server could not score.
    pub failed: u32,
    /// Rows that were left out.
    pub skipped: u32,
    /// Rows that are not scored yet, or were changed since.
    pub waiting: u32,
    /// Calls under way.
    pub in_flight: u32,
    /// Rows a second, over the last seconds.
    pub rate: f64,
    /// Calls that were refused or broken off and sent again.
    pub retries: u64,
    /// Why it waits or has stopped by itself, in words; empty otherwise.
    pub words: String,
}

/// A row for the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its number in the table, from 0.
    pub row: u32,
    /// Its number in the source, as a spreadsheet counts.
    pub source_row: u32,
    /// Texts of the table's columns.
    pub cells: Vec<String>,
    /// Findings by column.
    pub findings: Vec<(u32, Finding)>,
    /// What became of it.
    pub state: RowState,
    /// Texts of the output columns; empty when there are none yet.
    pub outputs: Vec<String>,
    /// Why it failed or was skipped.
    pub reason: String,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Not scored yet.
    #[default]
    Waiting,
    /// Scored.
    Scored,
    /// Scored, then changed: the predictions are of what stood there before.
    Stale,
    /// Could not be scored.
    Failed,
    /// Left out.
    Skipped,
}

/// A cell that is to be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// The row, by its number in the table.
    pub row: u32,
    /// The row's position in the view; none when the view does not show it.
    pub position: Option<u32>,
    /// The column.
    pub column: u32,
    /// Its address, such as `Sheet1!C17`.
    pub address: String,
    /// Its text.
    pub text: String,
    /// What there is to say about it.
    pub finding: Finding,
}
