//! When a server has more to do than it can: told by how long work waits before it is begun, after
//! the idea of CoDel (RFC 8289). A queue that empties now and then is a good one however long it gets
//! at times; one in which everything waits too long, for a while, only makes everybody late.
//!
//! Knows no clock: times are microseconds from any beginning.

/// Watches how long work waited.
#[derive(Debug)]
pub struct Sojourn {
    target: u64,
    interval: u64,
    above_since: Option<u64>,
}

impl Sojourn {
    /// Work may wait `target` microseconds, and longer for less than `interval` microseconds. A target
    /// of 0 watches nothing.
    pub fn new(target: u64, interval: u64) -> Self {
        Self {
            target,
            interval,
            above_since: None,
        }
    }

    /// Work that is begun now had waited for so long. Whether nothing that was begun for a whole
    /// interval had waited for less than the target.
    pub fn saw(&mut self, now: u64, waited: u64) -> bool {
        if self.target == 0 || waited < self.target {
            self.above_since = None;
            return false;
        }
        let since = *self.above_since.get_or_insert(now);
        now.saturating_sub(since) >= self.interval
    }

    /// Nothing waits any more.
    pub fn calm(&mut self) {
        self.above_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wait_that_lasts_is_too_much() {
        let mut sojourn = Sojourn::new(100, 1_000);
        assert!(!sojourn.saw(0, 99));
        assert!(!sojourn.saw(10, 5_000), "a burst");
        assert!(!sojourn.saw(1_009, 100));
        assert!(sojourn.saw(1_010, 100));
        assert!(sojourn.saw(5_000, 300));
        assert!(!sojourn.saw(5_001, 99), "one that did not wait");
        assert!(!sojourn.saw(5_002, 300), "a new interval");
        assert!(sojourn.saw(6_002, 300));
    }

    #[test]
    fn a_pause_begins_anew_and_no_target_watches_nothing() {
        let mut sojourn = Sojourn::new(100, 1_000);
        sojourn.saw(0, 200);
        sojourn.calm();
        assert!(!sojourn.saw(2_000, 200));
        let mut none = Sojourn::new(0, 0);
        assert!(!none.saw(0, 1_000_000));
    }
}
