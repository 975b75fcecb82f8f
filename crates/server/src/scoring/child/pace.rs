//! How many rows of one kind of call may go into one run: learnt from the runs themselves.
//!
//! A kind that was never run alone is not joined, so that a model that never ends is known by its
//! own calls. The first joined runs of a kind are compared with lone ones: a model whose answer
//! for a row depends on the other rows is never joined again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use super::super::join::RUN_ROWS;

/// What a joined run may take: a call waits for others' rows no longer than this.
const RUN_TIME: Duration = Duration::from_millis(5);
/// Joined runs of a kind that are compared with lone ones.
const CHECKS: u8 = 3;
/// For how long a kind is not joined after a joined run failed.
const PAUSE: Duration = Duration::from_secs(1);
/// Kinds remembered; past that all are learnt anew.
const KINDS: usize = 4_096;

#[derive(Debug, Default)]
struct Pace {
    /// Nanoseconds a row; 0 until a call has run alone.
    row: u64,
    checked: u8,
    /// Never joined again.
    off: bool,
    /// Not joined until then.
    until: Option<Instant>,
}

/// What is known of every kind of call, by its key.
#[derive(Debug, Default)]
pub(super) struct Paces(HashMap<u64, Pace>);

impl Paces {
    /// Rows that one run of this kind may have; 0 where it is not joined.
    pub(super) fn room(&self, key: u64, now: Instant) -> usize {
        let Some(pace) = self.0.get(&key).filter(|_| key != 0) else {
            return 0;
        };
        if pace.off || pace.row == 0 || pace.until.is_some_and(|until| now < until) {
            return 0;
        }
        let rows = RUN_TIME.as_nanos() / u128::from(pace.row);
        usize::try_from(rows).unwrap_or(RUN_ROWS).min(RUN_ROWS)
    }

    /// Whether the next joined run of this kind is to be compared with lone ones.
    pub(super) fn unchecked(&self, key: u64) -> bool {
        self.0.get(&key).is_none_or(|pace| pace.checked < CHECKS)
    }

    /// A run of this kind went well. Quick to believe that it is fast, slow to believe otherwise:
    /// a load or a busy machine is no property of the model.
    pub(super) fn ran(&mut self, key: u64, rows: usize, nanoseconds: u64) {
        if key == 0 || rows == 0 {
            return;
        }
        if self.0.len() >= KINDS && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let row = (nanoseconds / rows as u64).max(1);
        let pace = self.0.entry(key).or_default();
        pace.row = match pace.row {
            0 => row,
            before if row < before => row,
            before => before + (row - before) / 8,
        };
    }

    /// A joined run gave every call what it gets alone.
    pub(super) fn agreed(&mut self, key: u64) {
        if let Some(pace) = self.0.get_mut(&key) {
            pace.checked = pace.checked.saturating_add(1);
        }
    }

    /// A joined run failed.
    pub(super) fn failed(&mut self, key: u64, now: Instant) {
        if let Some(pace) = self.0.get_mut(&key) {
            pace.until = Some(now + PAUSE);
        }
    }

    /// Calls of this kind can't share a run.
    pub(super) fn part(&mut self, key: u64) {
        self.0.entry(key).or_default().off = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_joined_once_it_has_run_alone() {
        let (mut paces, now) = (Paces::default(), Instant::now());
        assert_eq!(paces.room(7, now), 0);
        paces.ran(7, 1, 20_000);
        assert_eq!(paces.room(7, now), 250);
        paces.ran(7, 100, 300_000);
        assert_eq!(paces.room(7, now), 1_024);
        paces.ran(0, 1, 1);
        assert_eq!(paces.room(0, now), 0);
    }

    #[test]
    fn a_slow_kind_is_not_joined_and_one_slow_run_is_forgiven() {
        let (mut paces, now) = (Paces::default(), Instant::now());
        paces.ran(7, 1, 100_000_000);
        assert_eq!(paces.room(7, now), 0);
        paces.ran(7, 1, 10_000);
        assert_eq!(paces.room(7, now), 500);
        paces.ran(7, 1, 90_000);
        assert_eq!(paces.room(7, now), 250);
    }

    #[test]
    fn failures_pause_and_disagreement_parts() {
        let (mut paces, now) = (Paces::default(), Instant::now());
        paces.ran(7, 1, 10_000);
        paces.failed(7, now);
        assert_eq!(paces.room(7, now), 0);
        assert_eq!(paces.room(7, now + PAUSE), 500);
        assert!(paces.unchecked(7));
        (0..CHECKS).for_each(|_| paces.agreed(7));
        assert!(!paces.unchecked(7));
        paces.part(7);
        assert_eq!(paces.room(7, now + PAUSE), 0);
    }
}
