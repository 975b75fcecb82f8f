//! How much room loaded models have, and what they do when it is used up.
//!
//! What counts is the memory of the whole process, which is more than the models are known to
//! hold: the allocator keeps gaps, and runs need some too. So the process's memory decides first;
//! what the models held when it was used up is kept in mind as their budget. From then on each
//! model that is loaded takes the place of others in memory that the process has already: a load
//! that meets memory on its way back to the system takes almost twice as long.

use std::sync::atomic::{AtomicU64, Ordering};

/// The share of the cap, in percent, that the process may pass before it gives memory back, and the one that is
/// then left.
const HIGH: u64 = 80;
const LOW: u64 = 79;
/// The share below which the budget was too small.
const SPARE: u64 = 75;
/// The share past which a load waits for room.
const FULL: u64 = 90;

/// The room that models have.
#[derive(Debug)]
pub(super) struct Room {
    /// Bytes of the whole process; 0 for no cap.
    cap: u64,
    /// Bytes that models may hold; `u64::MAX` while that is not known.
    budget: AtomicU64,
}

/// What makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Models that hold so many bytes go, and their memory is kept for the next ones.
    Reuse(u64),
    /// Models that hold so many bytes go, and their memory is given back to the system.
    GiveBack(u64),
}

impl Room {
    pub(super) fn new(cap: u64) -> Self {
        Self {
            cap,
            budget: AtomicU64::new(u64::MAX),
        }
    }

    fn share(&self, percent: u64) -> u64 {
        self.cap / 100 * percent
    }

    /// Whether a load that needs so many bytes has to wait for room, in a process of `resident` bytes.
    pub(super) fn is_full(&self, resident: u64, needed: u64) -> bool {
        self.cap > 0 && resident.saturating_add(needed) > self.share(FULL)
    }

    /// Whether models have to make room, in a process of `resident` bytes whose models hold `held` of them.
    pub(super) fn is_short(&self, resident: u64, held: u64) -> bool {
        if self.cap == 0 {
            return false;
        }
        if resident < self.share(SPARE) {
            self.budget.store(u64::MAX, Ordering::Relaxed);
        }
        resident > self.share(HIGH) || held > self.budget.load(Ordering::Relaxed)
    }

    /// What to do about it; `needed` bytes more are wanted. One at a time: while models go, the process is
    /// larger for a moment than what they hold, and whoever learnt from that would make their budget too small.
    pub(super) fn step(&self, resident: u64, needed: u64, held: u64) -> Option<Step> {
        let wanted = resident.saturating_add(needed);
        if self.cap > 0 && wanted > self.share(HIGH) {
            let bytes = wanted - self.share(LOW);
            // Somebody's need for once says nothing of what models may hold later.
            if needed == 0 {
                let budget = held.saturating_sub(bytes);
                self.budget.store(budget, Ordering::Relaxed);
            }
            return Some(Step::GiveBack(bytes));
        }
        self.is_short(resident, held)
            .then(|| Step::Reuse(held.saturating_sub(self.budget.load(Ordering::Relaxed))))
    }
}

#[cfg(test)]
mod tests {
    use super::{Room, Step};

    #[test]
    fn without_a_cap_nothing_goes() {
        let room = Room::new(0);
        assert_eq!(room.step(u64::MAX, 1, u64::MAX), None);
        assert!(!room.is_full(u64::MAX, 1));
        assert!(!room.is_short(u64::MAX, u64::MAX));
    }

    #[test]
    fn a_look_learns_nothing() {
        let room = Room::new(1_000);
        assert!(room.is_short(805, 700));
        assert!(room.is_short(805, 650));
        assert_eq!(room.step(805, 0, 700), Some(Step::GiveBack(15)));
        // Models have gone, and their memory is still on its way back.
        assert!(room.is_short(805, 685));
        assert!(!room.is_short(790, 685));
        assert!(room.is_short(790, 686));
    }

    #[test]
    fn the_process_decides_first_and_its_models_then_replace_each_other() {
        let room = Room::new(1_000);
        assert_eq!(room.step(800, 0, 700), None);
        assert_eq!(room.step(805, 0, 700), Some(Step::GiveBack(15)));
        // Kept in mind: 685.
        assert_eq!(room.step(795, 0, 685), None);
        assert_eq!(room.step(795, 0, 695), Some(Step::Reuse(10)));
        // Gaps have grown: a smaller budget.
        assert_eq!(room.step(810, 0, 685), Some(Step::GiveBack(20)));
        assert_eq!(room.step(790, 0, 666), Some(Step::Reuse(1)));
    }

    #[test]
    fn a_budget_that_leaves_memory_unused_is_forgotten() {
        let room = Room::new(1_000);
        room.step(810, 0, 500);
        assert_eq!(room.step(760, 0, 600), Some(Step::Reuse(120)));
        assert_eq!(room.step(740, 0, 600), None);
        assert_eq!(room.step(760, 0, 600), None);
    }

    #[test]
    fn what_one_load_needs_is_freed_and_not_kept_in_mind() {
        let room = Room::new(1_000);
        assert!(!room.is_full(700, 200));
        assert!(room.is_full(701, 200));
        assert_eq!(room.step(701, 200, 600), Some(Step::GiveBack(111)));
        assert_eq!(room.step(780, 0, 600), None);
    }
}
