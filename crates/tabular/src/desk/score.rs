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

/// What came of a call.
#[derive(Debug)]
pub enum Heard {
    /// It was answered.
    Answer(Box<ScoreAnswer>),
    /// It came to nothing, and this is what that means for its rows.
    Nothing(Outcome),
}

impl Desk {
    /// Begins to score, or goes on.
    ///
    /// # Errors
    /// [`Refusal`] naming what keeps rows from being scored.
    pub fn begin(&mut self, policy: Policy, now_ms: f64) -> Result<(), Refusal> {
        self.still()?;
        let state = self.state(now_ms);
        if !state.blocked.is_empty() {
            return Err(Refusal::new("blocked", format!("{}.", state.blocked)));
        }
        if policy == Policy::Block && state.bad_rows > 0 {
            return Err(Refusal::new(
                "rows_bad",
                format!("{} rows have cells to fix first.", state.bad_rows),
            ));
        }
        let parallel = share(self.start.max_concurrent_calls);
        let checks = &self.checks;
        self.run.begin(
            |row| (policy == Policy::Skip && checks.row_has_error(row)).then(|| "A cell of this row can’t be scored.".to_owned()),
            parallel,
        );
        self.policy = policy;
        self.words.clear();
        self.running = true;
        Ok(())
    }

    /// What to do next.
    pub fn next_call(&mut self, now_ms: f64) -> Call {
        if !self.running {
            return Call::Done;
        }
        match self.run.next(now_ms) {
            Next::Send { call, rows } => {
                let request = self.request(&rows);
                Call::Send(call, Box::new(request))
            }
            Next::Wait { until_ms } => Call::Wait(until_ms),
            Next::Idle => Call::Idle,
            Next::Done => {
                self.running = false;
                Call::Done
            }
        }
    }

    fn request(&self, rows: &[u32]) -> ScoreRequest {
        let mut cut = Row::default();
        let mut out = Vec::with_capacity(rows.len());
        if let Some(table) = self.table() {
            for &row in rows {
                table.read(row, &mut cut);
                let mut cells = Map::new();
                self.checks.values(&cut, &mut cells);
                out.push(cells);
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

    /// Takes in what came of a call. A call that the run has given up changes nothing.
    pub fn heard(&mut self, call: u64, heard: Heard, now_ms: f64) {
        let outcome = match heard {
            Heard::Nothing(outcome) => outcome,
            Heard::Answer(answer) => {
                self.start.max_concurrent_calls = answer.throttle.max_concurrent_calls;
                self.run.set_limit(share(answer.throttle.max_concurrent_calls));
                let rows = self.run.rows_of(call);
                let fits = rows.as_ref().is_some_and(|rows| rows.len() == answer.rows.len());
                if !fits {
                    Outcome::Lost
                } else if answer.columns != self.results.columns() {
                    Outcome::Stop {
                        words: "The endpoint was updated while rows were being scored: its answers have other columns now. Reload the page to go on.".to_owned(),
                    }
                } else {
                    self.store(call, &answer, now_ms);
                    return;
                }
            }
        };
        if let Outcome::Stop { words } = &outcome {
            self.words.clone_from(words);
            self.running = false;
        }
        self.run.answered(call, outcome, now_ms);
        self.ended();
    }

    fn store(&mut self, call: u64, answer: &ScoreAnswer, now_ms: f64) {
        // Rows that were edited while the call was under way keep what they had.
        let rows = self.run.answered(call, Outcome::Scored, now_ms);
        for (row, index) in rows {
            if let Some(cells) = answer.rows.get(index) {
                self.results.store(row, cells);
                self.unsaved = true;
            }
        }
        self.ended();
    }

    /// A run that stopped by itself says why.
    fn ended(&mut self) {
        if self.running
            && let Some(words) = self.run.stopped()
        {
            self.words = words.to_owned();
            self.running = false;
        }
    }

    /// Stops at once: what is under way counts as not sent.
    pub fn stop(&mut self) {
        self.run.stop();
        self.running = false;
    }

    /// Whether rows are being scored.
    pub fn is_running(&self) -> bool {
        self.running
    }

    pub(super) fn is_scored(&self, row: u32) -> bool {
        self.run.state(row) == RowState::Scored
    }
}

/// What the spreadsheet may take of an endpoint's limit: half, at least one.
fn share(limit: u32) -> u32 {
    (limit / 2).max(1)
}
