//! The life of a key: what it can do at a moment, and what a rotation does to the keys of a slot.
//!
//! Moments are microseconds UTC. Ends are exclusive: a key is accepted while *now* is before
//! `grace_until` and `expires_at`, and refused from that moment on.

use portico_api::key::{GRACE_MAX_SECONDS, KeySlot, KeyState};

/// What the rules need to know of one generation of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its slot.
    pub slot: KeySlot,
    /// Its generation, from 1 on.
    pub generation: u32,
    /// When it was made.
    pub created_at: i64,
    /// When it stops being accepted, if a date was set.
    pub expires_at: Option<i64>,
    /// When its grace ends; set as soon as a newer generation exists.
    pub grace_until: Option<i64>,
    /// Whether it is switched off.
    pub disabled: bool,
}

impl KeyRecord {
    /// The first generation of a slot.
    pub fn first(slot: KeySlot, now: i64) -> Self {
        Self {
            slot,
            generation: 1,
            created_at: now,
            expires_at: None,
            grace_until: None,
            disabled: false,
        }
    }

    /// What it can do at this moment. A key whose grace has ended is *expired*.
    pub fn state_at(&self, now: i64) -> KeyState {
        let past = |end: Option<i64>| end.is_some_and(|end| now >= end);
        if self.disabled {
            KeyState::Disabled
        } else if past(self.expires_at) || past(self.grace_until) {
            KeyState::Expired
        } else if self.grace_until.is_some() {
            KeyState::Grace
        } else {
            KeyState::Live
        }
    }

    /// Whether a call with it is let in at this moment.
    pub fn accepted_at(&self, now: i64) -> bool {
        matches!(self.state_at(now), KeyState::Live | KeyState::Grace)
    }

    /// The record after its grace was ended by hand. Without a running grace nothing changes.
    #[must_use]
    pub fn grace_ended(self, now: i64) -> Self {
        Self {
            grace_until: self.grace_until.map(|until| until.min(now)),
            ..self
        }
    }

    /// The record with a grace of `grace_seconds` from now, which must be longer than what is left of it.
    /// A grace that is over is not brought back.
    ///
    /// # Errors
    /// [`ExtensionProblem`]; nothing changes then.
    pub fn grace_extended(self, now: i64, grace_seconds: u32) -> Result<Self, ExtensionProblem> {
        if grace_seconds > GRACE_MAX_SECONDS {
            return Err(ExtensionProblem::TooLong);
        }
        let present = self
            .grace_until
            .filter(|_| self.state_at(now) == KeyState::Grace);
        let present = present.ok_or(ExtensionProblem::NotInGrace)?;
        let until = now.saturating_add(i64::from(grace_seconds) * 1_000_000);
        if until <= present {
            return Err(ExtensionProblem::NotLonger);
        }
        Ok(Self {
            grace_until: Some(until),
            ..self
        })
    }
}

/// Why a grace can't be made longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtensionProblem {
    /// More than 30 days from now.
    #[error("the old key lives on for at most 30 days from now")]
    TooLong,
    /// Not after the moment at which it ends already.
    #[error("the old key would end no later than it does already; to shorten its grace, end it")]
    NotLonger,
    /// There is no grace that runs: it was never rotated away, or its grace is over and stays so.
    #[error("no grace is running")]
    NotInGrace,
}

/// Why a slot can't be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotationProblem {
    /// Longer than 30 days.
    #[error("the grace of a rotated key is at most 30 days")]
    GraceTooLong,
    /// The slot holds no key to rotate.
    #[error("the slot holds no key")]
    NoKey,
    /// The generation counter is used up.
    #[error("the slot can't be rotated any more")]
    Exhausted,
}

/// What a rotation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The new generation.
    pub next: KeyRecord,
    /// Older generations that change, as they are afterwards.
    pub changed: Vec<KeyRecord>,
}

/// Rotates one slot, given all its generations in any order.
///
/// The newest lives on for the grace (if it was accepted at all; a disabled or expired key gets
/// none), and the grace of any older one ends at once: at most one previous generation lives. The new
/// generation is switched on; it takes over the slot's expiry date if that is still to come.
///
/// # Errors
/// [`RotationProblem`]; nothing changes then.
pub fn rotate(
    generations: &[KeyRecord],
    now: i64,
    grace_seconds: u32,
) -> Result<Rotation, RotationProblem> {
    if grace_seconds > GRACE_MAX_SECONDS {
        return Err(RotationProblem::GraceTooLong);
    }
    let newest = generations
        .iter()
        .max_by_key(|record| record.generation)
        .ok_or(RotationProblem::NoKey)?;
    let next = KeyRecord {
        generation: newest
            .generation
            .checked_add(1)
            .ok_or(RotationProblem::Exhausted)?,
        expires_at: newest.expires_at.filter(|end| *end > now),
        ..KeyRecord::first(newest.slot, now)
    };
    let grace = if newest.accepted_at(now) {
        i64::from(grace_seconds) * 1_000_000
    } else {
        0
    };
    let changed = generations
        .iter()
        .filter_map(|record| {
            let after = if record.generation == newest.generation {
                KeyRecord {
                    grace_until: Some(now.saturating_add(grace)),
                    ..*record
                }
            } else {
                record.grace_ended(now)
            };
            (after != *record).then_some(after)
        })
        .collect();
    Ok(Rotation { next, changed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000_000;

    fn first() -> KeyRecord {
        KeyRecord::first(KeySlot::Primary, 0)
    }

    /// Applies a rotation to the generations of a slot, as the store does.
    fn applied(mut all: Vec<KeyRecord>, rotation: Rotation) -> Vec<KeyRecord> {
        for changed in rotation.changed {
            for record in &mut all {
                if record.generation == changed.generation {
                    *record = changed;
                }
            }
        }
        all.push(rotation.next);
        all
    }

    #[test]
    fn ends_are_exclusive() {
        let grace = KeyRecord {
            grace_until: Some(HOUR),
            ..first()
        };
        assert_eq!(grace.state_at(HOUR - 1), KeyState::Grace);
        assert!(grace.accepted_at(HOUR - 1));
        assert_eq!(grace.state_at(HOUR), KeyState::Expired);
        assert!(!grace.accepted_at(HOUR));
        let dated = KeyRecord {
            expires_at: Some(HOUR),
            ..first()
        };
        assert_eq!(dated.state_at(HOUR - 1), KeyState::Live);
        assert_eq!(dated.state_at(HOUR), KeyState::Expired);
        let off = KeyRecord {
            disabled: true,
            ..grace
        };
        assert_eq!(off.state_at(0), KeyState::Disabled);
        assert!(!off.accepted_at(0));
    }

    #[test]
    fn the_old_key_lives_through_its_grace() {
        let rotation = rotate(&[first()], HOUR, 3600).unwrap();
        assert_eq!(rotation.next.generation, 2);
        assert_eq!(rotation.next.created_at, HOUR);
        assert_eq!(rotation.changed[0].grace_until, Some(2 * HOUR));
    }

    #[test]
    fn no_grace_ends_at_once() {
        let rotation = rotate(&[first()], HOUR, 0).unwrap();
        assert!(!rotation.changed[0].accepted_at(HOUR));
    }

    #[test]
    fn rotating_again_ends_the_older_grace() {
        let all = applied(vec![first()], rotate(&[first()], 0, 3600).unwrap());
        let all = applied(all.clone(), rotate(&all, 1, 3600).unwrap());
        let live: Vec<u32> = all
            .iter()
            .filter(|record| record.accepted_at(1))
            .map(|record| record.generation)
            .collect();
        assert_eq!(live, [2, 3]);
    }

    #[test]
    fn a_refused_key_gets_no_grace() {
        let off = KeyRecord {
            disabled: true,
            ..first()
        };
        let rotation = rotate(&[off], 5, 3600).unwrap();
        assert_eq!(rotation.changed[0].grace_until, Some(5));
        assert!(!rotation.next.disabled);
    }

    #[test]
    fn a_date_to_come_is_taken_over_and_a_past_one_is_not() {
        let dated = KeyRecord {
            expires_at: Some(HOUR),
            ..first()
        };
        assert_eq!(rotate(&[dated], 5, 0).unwrap().next.expires_at, Some(HOUR));
        assert_eq!(rotate(&[dated], HOUR, 0).unwrap().next.expires_at, None);
    }

    #[test]
    fn what_can_not_be_rotated_is_refused() {
        assert_eq!(rotate(&[], 0, 0), Err(RotationProblem::NoKey));
        assert_eq!(
            rotate(&[first()], 0, GRACE_MAX_SECONDS + 1),
            Err(RotationProblem::GraceTooLong)
        );
        let last = KeyRecord {
            generation: u32::MAX,
            ..first()
        };
        assert_eq!(rotate(&[last], 0, 0), Err(RotationProblem::Exhausted));
    }

    #[test]
    fn a_grace_is_ended_by_hand_and_never_prolonged() {
        let grace = KeyRecord {
            grace_until: Some(HOUR),
            ..first()
        };
        assert_eq!(grace.grace_ended(5).grace_until, Some(5));
        assert_eq!(grace.grace_ended(2 * HOUR).grace_until, Some(HOUR));
        assert_eq!(first().grace_ended(5), first());
    }

    #[test]
    fn a_running_grace_is_extended_and_an_ended_one_is_not() {
        let grace = KeyRecord {
            grace_until: Some(HOUR),
            ..first()
        };
        let extended = grace.grace_extended(HOUR - 1, 3600).unwrap();
        assert_eq!(extended.grace_until, Some(2 * HOUR - 1));
        let check = |record: KeyRecord, now, seconds, problem| {
            assert_eq!(record.grace_extended(now, seconds), Err(problem));
        };
        check(grace, HOUR, 3600, ExtensionProblem::NotInGrace);
        check(first(), 0, 3600, ExtensionProblem::NotInGrace);
        let off = KeyRecord {
            disabled: true,
            ..grace
        };
        check(off, 0, 7200, ExtensionProblem::NotInGrace);
        let dated = KeyRecord {
            expires_at: Some(5),
            ..grace
        };
        check(dated, 5, 7200, ExtensionProblem::NotInGrace);
        check(grace, 0, 3600, ExtensionProblem::NotLonger);
        check(grace, 0, 0, ExtensionProblem::NotLonger);
        check(grace, 0, GRACE_MAX_SECONDS + 1, ExtensionProblem::TooLong);
        check(grace, 0, u32::MAX, ExtensionProblem::TooLong);
    }

    /// What is done to the one key in grace.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Extend(u32),
        End,
    }

    proptest! {
        /// The end that was last decided on is the end to the very microsecond.
        #[test]
        fn a_key_is_accepted_until_the_very_microsecond_of_its_end(
            grace in 1_u32..=GRACE_MAX_SECONDS,
            steps in prop::collection::vec(
                (0_i64..2 * HOUR, prop_oneof![Just(Step::End), (0_u32..=GRACE_MAX_SECONDS).prop_map(Step::Extend)]),
                0..8,
            ),
            at in 0_i64..HOUR,
        ) {
            let mut old = rotate(&[KeyRecord::first(KeySlot::Primary, at)], at, grace).unwrap().changed[0];
            let mut end = at + i64::from(grace) * 1_000_000;
            let mut now = at;
            for (wait, step) in steps {
                now += wait;
                match step {
                    Step::End => {
                        old = old.grace_ended(now);
                        end = end.min(now);
                    }
                    Step::Extend(seconds) => {
                        let until = now + i64::from(seconds) * 1_000_000;
                        let extended = old.grace_extended(now, seconds);
                        prop_assert_eq!(extended.is_ok(), now < end && until > end);
                        if let Ok(record) = extended {
                            (old, end) = (record, until);
                        }
                    }
                }
                prop_assert!(old.accepted_at(end - 1));
                prop_assert!(!old.accepted_at(end));
                prop_assert_eq!(old.accepted_at(now), now < end);
            }
        }

        #[test]
        fn after_any_rotations_one_key_is_live_and_at_most_one_in_grace(
            steps in prop::collection::vec((0_i64..3 * HOUR, 0_u32..=10_800), 1..12),
            later in 0_i64..4 * HOUR,
        ) {
            let mut all = vec![first()];
            let mut now = 0;
            for (wait, grace) in steps {
                now += wait;
                let rotation = rotate(&all, now, grace).unwrap();
                all = applied(all, rotation);
                for moment in [now, now + later] {
                    let count = |state| all.iter().filter(|r| r.state_at(moment) == state).count();
                    prop_assert_eq!(count(KeyState::Live), 1);
                    prop_assert!(count(KeyState::Grace) <= 1);
                }
                let newest = all.iter().map(|record| record.generation).max();
                prop_assert_eq!(newest, u32::try_from(all.len()).ok());
            }
        }
    }
}
