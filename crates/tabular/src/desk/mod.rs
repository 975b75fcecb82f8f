//! What a person works on: a table, what its columns feed, its checks, its edits, its scoring run and
//! the predictions. The browser's worker is a thin shell around it, so that all of it can be tested
//! without a browser. Reads no file, sends no request, knows no clock.

mod export;
mod intake;
mod rows;
mod score;
mod state;

pub use export::Export;
pub use score::Call;

use crate::check::Checks;
use crate::edit::{History, Kind, Touched};
use crate::intake::Reader;
use crate::mapping::{Proposal, Source};
use crate::protocol::{Area, Policy, Reply, Request, SourceFacts, Start, View};
use crate::refusal::Refusal;
use crate::results::Results;
use crate::run::Run;
use crate::table::Table;

/// The table, complete or while it is being read.
enum Holding {
    Nothing,
    Reading(Reader),
    Whole(Box<Table>),
}

impl Holding {
    fn table(&self) -> Option<&Table> {
        match self {
            Self::Nothing => None,
            Self::Reading(reader) => reader.table(),
            Self::Whole(table) => Some(table),
        }
    }
}

/// One endpoint's spreadsheet.
pub struct Desk {
    start: Start,
    holding: Holding,
    source: Option<SourceFacts>,
    /// Bytes read and bytes in all, while a file is being read.
    reading: Option<(f64, f64)>,
    proposals: Vec<Proposal>,
    checks: Checks,
    parameters: Vec<String>,
    history: History,
    run: Run,
    results: Results,
    policy: Policy,
    view: View,
    /// Rows that the view shows, in order; none: all.
    shown: Option<Vec<u32>>,
    unsaved: bool,
}

impl Desk {
    /// An empty desk for this endpoint.
    pub fn new(start: Start) -> Self {
        let nothing = vec![Source::Missing; start.schema.inputs.len()];
        Self {
            checks: Checks::new(&start.schema, &nothing),
            proposals: Vec::new(),
            parameters: vec![String::new(); start.schema.parameters.len()],
            holding: Holding::Nothing,
            source: None,
            reading: None,
            history: History::default(),
            run: Run::new(0),
            results: Results::new(),
            policy: Policy::default(),
            view: View::All,
            shown: None,
            unsaved: false,
            start,
        }
    }

    /// The endpoint that rows are for.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// The table, as far as it is read.
    pub fn table(&self) -> Option<&Table> {
        self.holding.table()
    }

    /// Carries out a request that needs neither file nor network nor time; the others are nothing here.
    ///
    /// # Errors
    /// [`Refusal`] in words when it can't be done; nothing has changed then.
    pub fn carry_out(&mut self, request: &Request) -> Result<Vec<Reply>, Refusal> {
        let mut replies = Vec::new();
        match request {
            Request::Rows {
                ticket,
                first,
                count,
            } => return Ok(vec![self.window(*ticket, *first, *count)]),
            Request::Filter { view } => self.filter(*view),
            Request::Map { input, source } => self.map(*input, source)?,
            Request::ReadAs { input, reading } => {
                self.still()?;
                self.checks.set_reading(*input, *reading);
                self.all_changed();
            }
            Request::Parameter { index, text } => {
                self.still()?;
                if let Some(parameter) = self.parameters.get_mut(*index) {
                    parameter.clone_from(text);
                    self.all_changed();
                }
            }
            Request::Edit { row, column, cells } => {
                let one = cells.len() == 1 && cells[0].len() == 1;
                let kind = if one { Kind::Edit } else { Kind::Paste };
                replies.extend(self.put(*row, *column, cells, kind)?);
            }
            Request::Clear { area } => replies.extend(self.clear(*area)?),
            Request::Undo => replies.extend(self.step_back()?),
            Request::Redo => replies.extend(self.step_forth()?),
            Request::Copy { area } => return Ok(vec![self.copied(*area)?]),
            Request::Find { row, column, back } => {
                return Ok(vec![self.found(*row, *column, *back)]);
            }
            Request::Findings { count } => return Ok(vec![self.findings(*count)]),
            Request::Samples => self.take_samples()?,
            Request::Start(_)
            | Request::Open { .. }
            | Request::Paste { .. }
            | Request::PasteAt { .. }
            | Request::Reread { .. }
            | Request::Score { .. }
            | Request::Stop
            | Request::Export { .. }
            | Request::Template => {}
        }
        replies.push(Reply::State(Box::new(self.state(0.0))));
        Ok(replies)
    }

    /// Refuses what can't be done while a file is read or rows are scored.
    fn still(&self) -> Result<(), Refusal> {
        if self.reading.is_some() {
            return Err(Refusal::new("reading", "The file is still being read."));
        }
        if self.run.is_running() {
            return Err(Refusal::new(
                "scoring",
                "Rows are being scored. Stop first, or wait until they are done.",
            ));
        }
        Ok(())
    }

    fn map(&mut self, input: usize, source: &Source) -> Result<(), Refusal> {
        self.still()?;
        let Holding::Whole(table) = &self.holding else {
            return Ok(());
        };
        // A column feeds one input: whoever had it before loses it.
        if let Source::Column(column) = source {
            for (other, proposal) in self.proposals.iter_mut().enumerate() {
                if other != input && proposal.source == Source::Column(*column) {
                    proposal.source = Source::Missing;
                    proposal.why = String::new();
                    self.checks.set_source(other, Source::Missing, table);
                }
            }
        }
        if let Some(proposal) = self.proposals.get_mut(input) {
            proposal.source = source.clone();
            proposal.why = "chosen".to_owned();
            self.checks.set_source(input, source.clone(), table);
            self.all_changed();
        }
        Ok(())
    }

    /// Puts texts into cells from a corner on: one act. Nothing where they stand there already.
    ///
    /// # Errors
    /// [`Refusal`] when they don't fit, or the file is still being read.
    pub fn put(
        &mut self,
        row: u32,
        column: u32,
        cells: &[Vec<String>],
        kind: Kind,
    ) -> Result<Option<Reply>, Refusal> {
        let (table, history) = self.editable()?;
        let width = cells.iter().map(Vec::len).max().unwrap_or(0);
        let room = table.columns().saturating_sub(column as usize);
        if width > room {
            return Err(Refusal::new(
                "too_wide",
                format!(
                    "{width} columns were pasted where the table has {room}. Start further left, or paste fewer columns."
                ),
            ));
        }
        let touched = history.put(table, row, column, cells, kind);
        Ok(touched.map(|touched| self.touched(touched, "")))
    }

    fn clear(&mut self, area: Area) -> Result<Option<Reply>, Refusal> {
        let (table, history) = self.editable()?;
        let touched = history.clear(table, area);
        Ok(touched.map(|touched| self.touched(touched, "")))
    }

    fn editable(&mut self) -> Result<(&mut Table, &mut History), Refusal> {
        match &mut self.holding {
            Holding::Whole(table) => Ok((table, &mut self.history)),
            Holding::Reading(_) => Err(Refusal::new(
                "reading",
                "The file is still being read. Cells can be edited once it is complete.",
            )),
            Holding::Nothing => Err(Refusal::new("no_table", "There is no table.")),
        }
    }

    fn step_back(&mut self) -> Result<Option<Reply>, Refusal> {
        let (table, history) = self.editable()?;
        let touched = history.undo(table);
        Ok(touched.map(|touched| self.touched(touched, "Undone: ")))
    }

    fn step_forth(&mut self) -> Result<Option<Reply>, Refusal> {
        let (table, history) = self.editable()?;
        let touched = history.redo(table);
        Ok(touched.map(|touched| self.touched(touched, "Redone: ")))
    }

    /// After cells changed: they are checked again, and what was predicted for them is of before.
    fn touched(&mut self, Touched { area, words, .. }: Touched, before: &str) -> Reply {
        if let Holding::Whole(table) = &self.holding {
            let rows = area.row..area.row + area.rows;
            self.run.set_rows(table.rows());
            self.checks.recheck(table, rows.clone());
            self.run.edited(rows.clone());
            if self.run.is_running() && self.policy == Policy::Skip {
                for row in rows.filter(|row| self.checks.row_has_error(*row)) {
                    self.run.skip(row, score::SKIPPED);
                }
            }
            self.unsaved = true;
        }
        Reply::Changed {
            area,
            words: format!("{before}{words}"),
        }
    }

    /// After something changed that bears on every row.
    fn all_changed(&mut self) {
        if let Some(table) = self.holding.table() {
            self.run.edited(0..table.rows());
        }
    }
}
