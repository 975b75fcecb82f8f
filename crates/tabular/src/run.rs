//! The course of a scoring run: which rows go out in which call, when, and what became of each row.
//!
//! A state machine without clock, sockets or chance of its own: the caller says what time it is, makes
//! the calls that [`Run::next`] names, and reports how each ended to [`Run::answered`]. Every row is at
//! all times exactly one of waiting, scored, failed and skipped. Knows nothing of cells and outputs:
//! rows are numbers here.

mod outcome;
mod pace;
mod rows;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use outcome::Outcome;

use crate::protocol::{RowState, RunFacts};
use pace::Pace;
use rows::Rows;
use std::collections::BTreeMap;
use std::ops::Range;

/// How often a call is sent when its connection breaks off each time; then the run stops.
pub const TRIES: u32 = 7;
/// How many rows may fail one by one before the first one is scored; then the run stops, because the
/// rows are hardly to blame.
pub const HOPELESS: u32 = 100;
/// What the rows of one call come to, in bytes as the caller estimates them; a single row may be larger.
pub const CALL_BYTES: usize = 1 << 20;

/// What is to be done now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send these rows, then ask again.
    Send {
        /// The call's number; no other call of this run or of a later one has it.
        call: u64,
        /// The rows, in the order in which they are to be sent.
        rows: Vec<u32>,
    },
    /// Ask again at this time, or when a call was answered.
    Wait {
        /// In milliseconds, on the caller's clock.
        until_ms: f64,
    },
    /// Ask again when a call was answered.
    Idle,
    /// The run has ended, or has not begun.
    Done,
}

/// A scoring run and what became of each row. Outlives single runs: what is scored stays scored, and
/// [`Run::begin`] goes on with the rest.
#[derive(Debug)]
pub struct Run {
    rows: Rows,
    pace: Pace,
    running: bool,
    words: String,
    /// From here on the table is looked through for queued rows.
    cursor: u32,
    /// Rows that are queued and not yet in any call.
    queued: u32,
    /// Rows that were in a call and go out again; the last first.
    back: Vec<Group>,
    calls: BTreeMap<u64, Call>,
    last_call: u64,
    retries: u64,
    scored_any: bool,
    failed_alone: u32,
}

/// Rows that go out together.
#[derive(Debug)]
struct Group {
    rows: Vec<u32>,
    /// How often their call broke off.
    tries: u32,
    not_before_ms: f64,
}

/// A call under way.
#[derive(Debug)]
struct Call {
    group: Group,
    sent_ms: f64,
}

impl Run {
    /// All these rows wait; nothing runs.
    pub fn new(rows: u32) -> Self {
        Self {
            rows: Rows::new(rows),
            pace: Pace::new(),
            running: false,
            words: String::new(),
            cursor: 0,
            queued: 0,
            back: Vec::new(),
            calls: BTreeMap::new(),
            last_call: 0,
            retries: 0,
            scored_any: false,
            failed_alone: 0,
        }
    }

    /// Rows were added below the last one, or taken away there. Added ones wait for the next run.
    pub fn set_rows(&mut self, rows: u32) {
        let gone = self.rows.resize(rows);
        self.unqueued(gone);
    }

    /// Begins, or goes on after a stop: rows that wait and rows that were edited since they were scored
    /// are queued, and with `again` those that failed too. Rows that were skipped are looked at anew.
    /// A row for which `skip` gives a reason is left out. `max_concurrent_calls` is the endpoint's limit;
    /// at most half of it is used. Returns how many rows are queued.
    pub fn begin(
        &mut self,
        again: bool,
        max_concurrent_calls: u32,
        mut skip: impl FnMut(u32) -> Option<String>,
    ) -> u32 {
        self.stop();
        self.retries = 0;
        self.scored_any = false;
        self.failed_alone = 0;
        self.rows.forget_spare_reasons();
        for row in 0..self.rows.len() {
            let wanted = match self.rows.state(row) {
                RowState::Waiting | RowState::Stale | RowState::Skipped => true,
                RowState::Failed => again,
                RowState::Scored => false,
            };
            if !wanted {
                self.rows.unqueue(row);
            } else if let Some(reason) = skip(row) {
                self.rows.unqueue(row);
                self.rows.settle(row, RowState::Skipped, &reason);
            } else {
                self.rows.queue(row);
                self.queued += 1;
            }
        }
        self.pace.begin(max_concurrent_calls, self.queued);
        self.running = self.queued > 0;
        self.queued
    }

    /// The endpoint's limit as the last answer told it; at most half of it is used.
    pub fn set_limit(&mut self, max_concurrent_calls: u32) {
        self.pace.set_limit(max_concurrent_calls);
    }

    /// What is to be done at this time. Ask until it is not [`Next::Send`]. `bytes` estimates what a row
    /// comes to in the body of a call.
    pub fn next(&mut self, now_ms: f64, bytes: impl Fn(u32) -> usize) -> Next {
        self.pace.at(now_ms);
        while self.running && self.calls.len() < self.pace.parallel() {
            if let Some(until_ms) = self.pace.held(now_ms) {
                return Next::Wait { until_ms };
            }
            let due = |group: &Group| group.not_before_ms <= now_ms;
            let mut group = match self.back.iter().rposition(due) {
                Some(at) => self.back.remove(at),
                None if self.queued > 0 => self.cut(&bytes),
                None => break,
            };
            group.rows.retain(|&row| self.rows.send(row));
            if group.rows.is_empty() {
                self.settle();
                continue;
            }
            self.last_call += 1;
            let call = self.last_call;
            let rows = group.rows.clone();
            let sent_ms = now_ms;
            self.calls.insert(call, Call { group, sent_ms });
            return Next::Send { call, rows };
        }
        let soonest = self.back.iter().map(|group| group.not_before_ms);
        match soonest.min_by(f64::total_cmp) {
            _ if !self.running => Next::Done,
            Some(until_ms) if self.calls.len() < self.pace.parallel() => Next::Wait { until_ms },
            _ => Next::Idle,
        }
    }

    /// How many rows the answer to this call must have; none if an answer to it no longer counts.
    pub fn expects(&self, call: u64) -> Option<usize> {
        self.calls.get(&call).map(|call| call.group.rows.len())
    }

    /// A call ended like this. Returns the rows whose outputs are to be kept, each as its place in the
    /// answer and its number in the table: none for an answer that is late or came twice, and none for a
    /// row that was edited while it was under way, which goes out again.
    pub fn answered(&mut self, call: u64, outcome: Outcome, now_ms: f64) -> Vec<(usize, u32)> {
        let Some(Call { group, sent_ms }) = self.calls.remove(&call) else {
            return Vec::new();
        };
        let took_ms = now_ms - sent_ms;
        let size = group.rows.len();
        if !matches!(outcome, Outcome::Lost { .. }) {
            self.pace.heard();
        }
        let mut kept = Vec::new();
        match outcome {
            Outcome::Scored { rows } if rows == size => {
                self.pace.went_well(size, took_ms);
                kept = self.scored(group, now_ms);
            }
            Outcome::Scored { rows } => self.lost(
                group,
                &format!("The answer to a call of {size} rows has {rows}."),
                call,
                now_ms,
            ),
            Outcome::Refused { retry_after_ms } => {
                self.refused(group, retry_after_ms, call, now_ms);
            }
            Outcome::Lost { words } => self.lost(group, &words, call, now_ms),
            Outcome::Wrong { rows } => self.wrong(group, &rows, now_ms),
            Outcome::Failed { reason } => self.failed(group, &reason, now_ms),
            Outcome::TooSlow { words } if size == 1 => {
                self.back.push(group);
                self.halt(words);
            }
            Outcome::TooSlow { .. } => {
                self.pace.too_slow(size, took_ms);
                self.halve(group);
            }
            Outcome::Stop { words } => {
                self.back.push(group);
                self.halt(words);
            }
        }
        self.settle();
        kept
    }

    /// Stops at once: rows under way wait again, and answers to their calls no longer count.
    pub fn stop(&mut self) {
        self.halt(String::new());
    }

    /// Cells of these rows were edited. A row that was scored is stale and waits for the next run; one
    /// that failed or was skipped waits for it too. A row that this run has yet to score stays in it, and
    /// if it is under way it goes out again.
    pub fn edited(&mut self, rows: Range<u32>) {
        for row in rows.start..rows.end.min(self.rows.len()) {
            self.rows.edit(row);
        }
    }

    /// Leaves out a row that waits, for this reason: an edit may have made it one that can't be scored.
    /// Nothing happens to a row that is scored, failed or skipped.
    pub fn skip(&mut self, row: u32, reason: &str) {
        if !matches!(self.rows.state(row), RowState::Waiting | RowState::Stale) {
            return;
        }
        if row < self.rows.len() {
            let gone = u32::from(self.rows.unqueue(row));
            self.rows.settle(row, RowState::Skipped, reason);
            self.unqueued(gone);
        }
    }

    /// Whether it runs now.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// How the run stands at this time.
    pub fn facts(&self, now_ms: f64) -> RunFacts {
        let count = |state| self.rows.count(state);
        RunFacts {
            running: self.running,
            scored: count(RowState::Scored),
            failed: count(RowState::Failed),
            skipped: count(RowState::Skipped),
            waiting: count(RowState::Waiting) + count(RowState::Stale),
            in_flight: u32::try_from(self.calls.len()).unwrap_or(u32::MAX),
            rate: self.pace.rate(now_ms),
            retries: self.retries,
            words: if self.running {
                self.pace.words(now_ms)
            } else {
                self.words.clone()
            },
        }
    }

    /// What became of a row; one that the table does not have waits.
    pub fn state(&self, row: u32) -> RowState {
        self.rows.state(row)
    }

    /// Why a row failed or was skipped; empty otherwise.
    pub fn reason(&self, row: u32) -> &str {
        self.rows.reason(row)
    }

    /// The rows that failed, in order.
    pub fn failed_rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.rows.failed()
    }

    /// The next queued rows, as many as a call takes.
    fn cut(&mut self, bytes: impl Fn(u32) -> usize) -> Group {
        let most = self.pace.chunk(self.queued);
        let mut rows = Vec::new();
        let mut size = 0;
        while let Some(row) = self.rows.next_queued(self.cursor) {
            self.cursor = row;
            size += bytes(row);
            if rows.len() >= most || (size > CALL_BYTES && !rows.is_empty()) {
                break;
            }
            self.rows.take(row);
            self.queued -= 1;
            rows.push(row);
        }
        Group {
            rows,
            tries: 0,
            not_before_ms: 0.0,
        }
    }

    fn scored(&mut self, group: Group, now_ms: f64) -> Vec<(usize, u32)> {
        self.scored_any = true;
        let mut kept = Vec::with_capacity(group.rows.len());
        let mut again = Vec::new();
        for (at, row) in group.rows.into_iter().enumerate() {
            if self.rows.counts(row) {
                self.rows.settle(row, RowState::Scored, "");
                kept.push((at, row));
            } else {
                again.push(row);
            }
        }
        self.pace.done(kept.len(), now_ms);
        self.put_back(again);
        kept
    }

    fn wrong(&mut self, group: Group, rows: &[(usize, String)], now_ms: f64) {
        let mut settled = 0;
        let mut named = false;
        for (at, reason) in rows {
            let Some(&row) = group.rows.get(*at) else {
                continue;
            };
            named = true;
            if self.rows.counts(row) {
                self.rows.settle(row, RowState::Failed, reason);
                settled += 1;
            }
        }
        if !named {
            let reason = "The server refused these rows without saying which is wrong.";
            return self.failed(group, reason, now_ms);
        }
        self.pace.done(settled, now_ms);
        self.put_back(group.rows);
    }

    /// The call as a whole failed: one half of its rows or both are to blame. A row alone is.
    fn failed(&mut self, group: Group, reason: &str, now_ms: f64) {
        match group.rows.as_slice() {
            &[row] if self.rows.counts(row) => {
                self.rows.settle(row, RowState::Failed, reason);
                self.pace.done(1, now_ms);
                self.failed_alone += 1;
                if !self.scored_any && self.failed_alone >= HOPELESS {
                    self.halt(format!(
                        "Stopped after {HOPELESS} rows failed and none was scored. The last one: {reason}"
                    ));
                }
            }
            _ => self.halve(group),
        }
    }

    fn halve(&mut self, mut group: Group) {
        let second = group.rows.split_off(group.rows.len().div_ceil(2));
        self.put_back(second);
        self.put_back(group.rows);
    }

    fn refused(&mut self, mut group: Group, retry_after_ms: Option<u32>, call: u64, now_ms: f64) {
        self.retries += 1;
        let until_ms = self
            .pace
            .refused(call, self.last_call, retry_after_ms, now_ms);
        group.not_before_ms = until_ms;
        if self.calls.is_empty() {
            let why = "The endpoint takes no more calls just now.";
            self.pace.hold(until_ms, why);
        }
        self.back.push(group);
    }

    fn lost(&mut self, mut group: Group, words: &str, call: u64, now_ms: f64) {
        group.tries += 1;
        if group.tries >= TRIES {
            self.back.push(group);
            return self.halt(format!("{words} It was tried {TRIES} times."));
        }
        self.retries += 1;
        group.not_before_ms = self.pace.lost(group.tries, call, now_ms);
        if self.calls.is_empty() || self.pace.is_cut_off() {
            self.pace.hold(group.not_before_ms, words);
        }
        self.back.push(group);
    }

    fn put_back(&mut self, mut rows: Vec<u32>) {
        rows.retain(|&row| self.rows.is_held(row));
        if !rows.is_empty() {
            self.back.push(Group {
                rows,
                tries: 0,
                not_before_ms: 0.0,
            });
        }
    }

    fn halt(&mut self, words: String) {
        let under_way = std::mem::take(&mut self.calls);
        let groups = under_way.into_values().map(|call| call.group);
        for row in groups
            .chain(self.back.drain(..))
            .flat_map(|group| group.rows)
        {
            self.rows.unqueue(row);
        }
        self.running = false;
        self.words = words;
        self.cursor = 0;
        self.queued = 0;
    }

    /// So many rows left the queue without being sent. Marks of a run that was stopped don't matter: they
    /// stand until the next one begins.
    fn unqueued(&mut self, rows: u32) {
        if self.running {
            self.queued -= rows;
            self.settle();
        }
    }

    fn settle(&mut self) {
        if self.queued == 0 && self.back.is_empty() && self.calls.is_empty() {
            self.running = false;
        }
    }
}
