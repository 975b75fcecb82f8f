//! The throttle of an endpoint: how many calls are let in at once.
//!
//! Limit and counts stand in one atomic word, so that every admission sees a number of calls in
//! flight below the limit then in force, however limits change meanwhile. When a limit shrinks,
//! running calls end in peace.
//!
//! Must not know what a call is, nor wait: a call that does not fit is refused at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What of the limit a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it: calls with a key.
    Full,
    /// At most half of it, and at least one: signed-in calls, which must not starve those with a key.
    Half,
}

/// A call that did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {limit} calls at once is reached")]
pub struct Refused {
    /// The limit that refused it: that of the endpoint, or half of it for [`Share::Half`] when the
    /// signed-in calls alone were too many.
    pub limit: u32,
    /// Which of the two: all of the endpoint's limit, or the half of it for signed-in calls.
    pub of: Share,
}

/// How much room a gate had at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The limit in force for this share.
    pub limit: u32,
    /// Calls of this share that could have started, as if the one asking had ended.
    pub free: u32,
}

/// The word: limit (16 bits), calls in flight (24), those of them with half a share (24).
#[derive(Clone, Copy)]
struct Word(u64);

const COUNT_BITS: u32 = 24;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const LIMIT_SHIFT: u32 = 2 * COUNT_BITS;
const ONE: u64 = 1 << COUNT_BITS;

impl Word {
    fn limit(self) -> u64 {
        self.0 >> LIMIT_SHIFT
    }

    fn in_flight(self) -> u64 {
        (self.0 >> COUNT_BITS) & COUNT_MASK
    }

    fn half(self) -> u64 {
        self.0 & COUNT_MASK
    }

    fn half_limit(self) -> u64 {
        (self.limit() / 2).max(1)
    }

    fn with_limit(self, limit: u32) -> Self {
        let limit = u64::from(limit.min(u32::from(u16::MAX)));
        Self((limit << LIMIT_SHIFT) | (self.0 & ((1 << LIMIT_SHIFT) - 1)))
    }

    /// What a call of this share adds. In-flight never passes 65,535, so no count runs over.
    fn weight(share: Share) -> u64 {
        match share {
            Share::Full => ONE,
            Share::Half => ONE + 1,
        }
    }

    /// The word once such a call is let in, or the limit that is in its way.
    fn admitted(self, share: Share) -> Result<Self, Refused> {
        let refused = |limit, of| Refused {
            limit: count(limit),
            of,
        };
        if self.in_flight() >= self.limit() {
            return Err(refused(self.limit(), Share::Full));
        }
        if share == Share::Half && self.half() >= self.half_limit() {
            return Err(refused(self.half_limit(), Share::Half));
        }
        Ok(Self(self.0 + Self::weight(share)))
    }
}

/// The gate of one endpoint.
#[derive(Debug)]
pub struct Gate(AtomicU64);

impl Gate {
    /// A gate that lets in so many calls at once; more than 65,535 count as 65,535, and 0 lets in none.
    pub fn new(limit: u32) -> Self {
        Self(AtomicU64::new(Word(0).with_limit(limit).0))
    }

    /// Lets a call in, or refuses it; never waits.
    ///
    /// # Errors
    /// [`Refused`] when as many calls are in flight as the limit now in force allows.
    pub fn try_admit(self: &Arc<Self>, share: Share) -> Result<Permit, Refused> {
        self.admit(share).map(|_| Permit {
            gate: Arc::clone(self),
            share,
        })
    }

    /// Counts a call in; the word that it made.
    fn admit(&self, share: Share) -> Result<Word, Refused> {
        let mut seen = self.word();
        loop {
            let next = seen.admitted(share)?;
            match self
                .0
                .compare_exchange_weak(seen.0, next.0, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return Ok(next),
                Err(now) => seen = Word(now),
            }
        }
    }

    /// Puts another limit in force from now on. Calls in flight are not touched.
    pub fn set_limit(&self, limit: u32) {
        let mut seen = self.word();
        while let Err(now) = self.0.compare_exchange_weak(
            seen.0,
            seen.with_limit(limit).0,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            seen = Word(now);
        }
    }

    /// The limit in force.
    pub fn limit(&self) -> u32 {
        count(self.word().limit())
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> u32 {
        count(self.word().in_flight())
    }

    /// Calls that could start now; zero while more run than a shrunken limit allows.
    pub fn free(&self) -> u32 {
        let word = self.word();
        count(word.limit().saturating_sub(word.in_flight()))
    }

    /// The room for calls of this share; `own` is how many calls in flight are the caller's, which it
    /// counts as ended.
    pub fn room(&self, share: Share, own: u32) -> Room {
        let word = self.word();
        let own = u64::from(own);
        let whole = word
            .limit()
            .saturating_sub(word.in_flight().saturating_sub(own));
        let (limit, free) = match share {
            Share::Full => (word.limit(), whole),
            Share::Half => {
                let half = word.half().saturating_sub(own);
                let limit = word.half_limit().min(word.limit());
                (limit, limit.saturating_sub(half).min(whole))
            }
        };
        Room {
            limit: count(limit),
            free: count(free),
        }
    }

    fn word(&self) -> Word {
        Word(self.0.load(Ordering::Acquire))
    }
}

fn count(field: u64) -> u32 {
    u32::try_from(field).unwrap_or(u32::MAX)
}

/// The right of one call to run; given back when dropped. Shared as `Arc<Permit>` by all that must end
/// before the place is free again.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    share: Share,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate
            .0
            .fetch_sub(Word::weight(self.share), Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicBool, AtomicU32};

    #[test]
    fn calls_beyond_the_limit_are_refused_and_places_come_back() {
        let gate = Arc::new(Gate::new(2));
        let first = gate.try_admit(Share::Full).unwrap();
        let _second = gate.try_admit(Share::Full).unwrap();
        assert_eq!(
            gate.try_admit(Share::Full).unwrap_err(),
            Refused {
                limit: 2,
                of: Share::Full
            }
        );
        assert_eq!((gate.free(), gate.in_flight()), (0, 2));
        drop(first);
        assert_eq!(gate.free(), 1);
        assert!(gate.try_admit(Share::Full).is_ok());
    }

    #[test]
    fn signed_in_calls_take_at_most_half_and_at_least_one() {
        for (limit, most) in [(1, 1), (2, 1), (3, 1), (4, 2), (20, 10), (200, 100)] {
            let gate = Arc::new(Gate::new(limit));
            let mut held = Vec::new();
            let refused = loop {
                match gate.try_admit(Share::Half) {
                    Ok(permit) => held.push(permit),
                    Err(refused) => break refused,
                }
            };
            assert_eq!(held.len(), most as usize, "limit {limit}");
            assert_eq!(refused.limit, most);
            let of = if limit == 1 { Share::Full } else { Share::Half };
            assert_eq!(refused.of, of);
            assert_eq!(gate.free(), limit - most);
        }
    }

    #[test]
    fn the_room_is_that_of_the_share_without_the_own_call() {
        let gate = Arc::new(Gate::new(5));
        let room = |share, own| {
            let room = gate.room(share, own);
            (room.limit, room.free)
        };
        assert_eq!(
            (room(Share::Full, 0), room(Share::Half, 0)),
            ((5, 5), (2, 2))
        );
        let _signed = gate.try_admit(Share::Half).unwrap();
        assert_eq!(
            (room(Share::Full, 0), room(Share::Half, 0)),
            ((5, 4), (2, 1))
        );
        assert_eq!(
            (room(Share::Full, 1), room(Share::Half, 1)),
            ((5, 5), (2, 2))
        );
        let held: Vec<_> = (0..4)
            .map(|_| gate.try_admit(Share::Full).unwrap())
            .collect();
        assert_eq!(
            (room(Share::Full, 0), room(Share::Half, 0)),
            ((5, 0), (2, 0))
        );
        gate.set_limit(2);
        assert_eq!(
            (room(Share::Full, 1), room(Share::Half, 1)),
            ((2, 0), (1, 0))
        );
        drop(held);
        gate.set_limit(0);
        assert_eq!(
            (room(Share::Full, 1), room(Share::Half, 1)),
            ((0, 0), (0, 0))
        );
    }

    #[test]
    fn a_gate_without_places_lets_in_no_share() {
        let gate = Arc::new(Gate::new(0));
        assert_eq!(gate.try_admit(Share::Half).unwrap_err().limit, 0);
        assert_eq!(gate.try_admit(Share::Full).unwrap_err().limit, 0);
    }

    #[test]
    fn a_shrunken_limit_lets_running_calls_end() {
        let gate = Arc::new(Gate::new(4));
        let mut held: Vec<Permit> = (0..4)
            .map(|_| gate.try_admit(Share::Full).unwrap())
            .collect();
        gate.set_limit(2);
        assert_eq!((gate.limit(), gate.in_flight(), gate.free()), (2, 4, 0));
        held.truncate(2);
        assert_eq!(gate.try_admit(Share::Full).unwrap_err().limit, 2);
        held.truncate(1);
        assert!(gate.try_admit(Share::Full).is_ok());
    }

    #[test]
    fn the_place_is_free_only_when_all_sharers_are_done() {
        let gate = Arc::new(Gate::new(1));
        let answer = Arc::new(gate.try_admit(Share::Full).unwrap());
        let run = Arc::clone(&answer);
        drop(answer);
        assert_eq!(gate.free(), 0);
        drop(run);
        assert_eq!(gate.free(), 1);
    }

    #[test]
    fn a_call_that_panics_gives_its_place_back() {
        let gate = Arc::new(Gate::new(1));
        let inside = Arc::clone(&gate);
        let ended = std::thread::spawn(move || {
            let _permit = inside.try_admit(Share::Full).unwrap();
            std::panic::resume_unwind(Box::new(()));
        })
        .join();
        assert!(ended.is_err());
        assert_eq!(gate.free(), 1);
    }

    #[test]
    fn limits_above_the_widest_count_as_the_widest() {
        assert_eq!(Gate::new(u32::MAX).limit(), 65_535);
    }

    /// Eight threads, 100,000 calls each; `running` counts them apart from the gate.
    fn storm(gate: &Arc<Gate>, running: &AtomicU32, highest: u32) -> u32 {
        let admitted = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8_u32 {
                let admitted = &admitted;
                scope.spawn(move || {
                    for call in 0..100_000_u32 {
                        let half = (call ^ thread).is_multiple_of(3);
                        let share = if half { Share::Half } else { Share::Full };
                        // Through `admit`, to see the very word that the admission made.
                        let Ok(word) = gate.admit(share) else {
                            continue;
                        };
                        let permit = Permit {
                            gate: Arc::clone(gate),
                            share,
                        };
                        assert!(word.in_flight() <= word.limit());
                        assert!(share == Share::Full || word.half() <= word.half_limit());
                        assert!(running.fetch_add(1, Ordering::SeqCst) < highest);
                        admitted.fetch_add(1, Ordering::Relaxed);
                        if call.is_multiple_of(64) {
                            std::thread::yield_now();
                        }
                        running.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!((gate.in_flight(), gate.word().half()), (0, 0));
        admitted.into_inner()
    }

    #[test]
    fn a_fixed_limit_is_never_passed() {
        for limit in [1, 3, 5] {
            let gate = Arc::new(Gate::new(limit));
            assert!(storm(&gate, &AtomicU32::new(0), limit) > 0);
            assert_eq!(gate.free(), limit);
        }
    }

    #[test]
    fn a_changing_limit_is_never_passed() {
        let gate = Arc::new(Gate::new(4));
        let running = AtomicU32::new(0);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut next = 0_u32;
                while !done.load(Ordering::Relaxed) {
                    next += 1;
                    gate.set_limit(next % 5 + 1);
                    std::thread::yield_now();
                }
            });
            let admitted = storm(&gate, &running, 5);
            done.store(true, Ordering::Relaxed);
            assert!(admitted > 0);
        });
        assert_eq!(gate.free(), gate.limit());
    }

    proptest! {
        /// Any order of calls, ends and changes does what a plain list of permits would do.
        #[test]
        fn the_gate_acts_like_its_model(
            start in 0_u32..8,
            steps in prop::collection::vec((0_u8..4, 0_u32..8), 0..200),
        ) {
            let gate = Arc::new(Gate::new(start));
            let mut limit = start;
            let mut held: Vec<(Share, Permit)> = Vec::new();
            for (step, number) in steps {
                match step {
                    0 | 1 => {
                        let share = if step == 0 { Share::Full } else { Share::Half };
                        let halves = held.iter().filter(|(s, _)| *s == Share::Half).count();
                        let fits = held.len() < limit as usize
                            && (share == Share::Full || halves < (limit as usize / 2).max(1));
                        let answer = gate.try_admit(share);
                        prop_assert_eq!(answer.is_ok(), fits);
                        held.extend(answer.ok().map(|permit| (share, permit)));
                    }
                    2 if !held.is_empty() => {
                        held.swap_remove(number as usize % held.len());
                    }
                    _ => {
                        limit = number;
                        gate.set_limit(limit);
                    }
                }
                prop_assert_eq!(gate.limit(), limit);
                prop_assert_eq!(gate.in_flight() as usize, held.len());
                prop_assert_eq!(gate.free() as usize, (limit as usize).saturating_sub(held.len()));
            }
            drop(held);
            prop_assert_eq!(gate.free(), limit);
        }
    }
}
