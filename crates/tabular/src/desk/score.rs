//! The scoring run's outer half: what a call carries, and what its answer means for its rows.

use super::Desk;
use crate::protocol::{Policy, RowState};
use crate::refusal::Refusal;
use crate::run::{Next, Outcome};
use crate::table::Row;
use portico_api::score::{ScoreAnswer, ScoreRequest};
use serde_json::{Map, Value};

/// A call to make.
#[derive(Debug)]
pub enum Call {
    /// Send this; tell what came of it under this number.
    Send(u64, Box<ScoreRequest>),
    /// Ask again at this time, in milliseconds of the caller's clock, or when a call has ended.
    Wait(f64),
    /// Ask again when a call has ended.
    Idle,
    /// The run is over.
    Done,
}

/// Why a row is left out; which cell it is, the checks tell.
pub(super) const SKIPPED: &str = "Left out: a cell can’t be scored.";

impl Desk {
    /// Begins to score, or goes on.
    ///
    /// # Errors
    /// [`Refusal`] naming what keeps rows from being scored.
    pub fn begin(&mut self, policy: Policy, now_ms: f64) -> Result<(), Refusal> {
        self.still()?;
        let state = self.state(now_ms);
        if !state.blocked.is_empty() {
            return Err(Refusal::new("blocked", state.blocked));
        }
        if policy == Policy::Block && state.bad_rows > 0 {
            return Err(Refusal::new(
                "rows_bad",
                format!("{} rows have cells to fix first.", state.bad_rows),
            ));
        }
        let checks = &self.checks;
        // Rows that failed are tried again.
        self.run
            .begin(true, self.start.max_concurrent_calls, |row| {
                (policy == Policy::Skip && checks.row_has_error(row)).then(|| SKIPPED.to_owned())
            });
        self.policy = policy;
        Ok(())
    }

    /// What to do next.
    pub fn next_call(&mut self, now_ms: f64) -> Call {
        // A row's request is about as long as its cells.
        let table = self.holding.table();
        let size = |row| table.map_or(0, |table| table.size_of(row));
        match self.run.next(now_ms, size) {
            Next::Send { call, rows } => {
                let request = self.request(&rows);
                Call::Send(call, Box::new(request))
            }
            Next::Wait { until_ms } => Call::Wait(until_ms),
            Next::Idle => Call::Idle,
            Next::Done => Call::Done,
        }
    }

    fn request(&self, rows: &[u32]) -> ScoreRequest {
        let mut cut = Row::default();
        let mut out = Vec::with_capacity(rows.len());
        if let Some(table) = self.table() {
            for &row in rows {
                table.read(row, &mut cut);
                out.push(self.checks.values(&cut));
            }
        }
        let mut parameters = Map::new();
        for (parameter, text) in self.start.schema.parameters.iter().zip(&self.parameters) {
            if !text.is_empty() || parameter.default.is_none() {
                parameters.insert(parameter.name.clone(), Value::String(text.clone()));
            }
        }
        ScoreRequest {
            rows: out,
            parameters,
        }
    }

    /// Takes in the answer to a call. One that the run has given up changes nothing.
    pub fn answered(&mut self, call: u64, answer: &ScoreAnswer, now_ms: f64) {
        if self.run.expects(call).is_none() {
            return;
        }
        let limit = answer.throttle.max_concurrent_calls;
        self.start.max_concurrent_calls = limit;
        self.run.set_limit(limit);
        if self.results.set_columns(&answer.columns).is_err() {
            let words = "The endpoint was updated while rows were scored, and its answers have other columns now. Download what there is, then reload the page.".to_owned();
            self.failed(call, Outcome::Stop { words }, now_ms);
            return;
        }
        for (index, row) in self.run.answered(call, Outcome::of_answer(answer), now_ms) {
            if let Some(cells) = answer.rows.get(index)
                && self.results.store(row, cells).is_ok()
            {
                self.unsaved = true;
            }
        }
    }

    /// Takes in that a call came to nothing.
    pub fn failed(&mut self, call: u64, outcome: Outcome, now_ms: f64) {
        self.run.answered(call, outcome, now_ms);
    }

    /// Stops at once: what is under way counts as not sent.
    pub fn stop(&mut self) {
        self.run.stop();
    }

    /// Whether rows are being scored.
    pub fn is_running(&self) -> bool {
        self.run.is_running()
    }

    pub(super) fn is_scored(&self, row: u32) -> bool {
        self.run.state(row) == RowState::Scored
    }
}
