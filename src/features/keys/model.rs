//! What is said about a key: countdowns, warnings, verdicts, graces. Plain values; moments are
//! milliseconds since 1970, as the browser counts them.

use crate::ui::number::counted;
use portico_api::key::{GRACE_DEFAULT_SECONDS, GRACE_MAX_SECONDS, Key, KeySlot, KeyState};

/// How long a revealed key stays on the screen, in seconds.
pub const REVEAL_SECONDS: u32 = 30;

const SECOND: f64 = 1_000.0;
const DAY: f64 = 24.0 * 60.0 * 60.0 * SECOND;

/// A slot as a heading names it.
pub fn slot_word(slot: KeySlot) -> &'static str {
    match slot {
        KeySlot::Primary => "Primary key",
        KeySlot::Secondary => "Secondary key",
    }
}

/// A slot inside a sentence.
pub fn slot_in_sentence(slot: KeySlot) -> &'static str {
    match slot {
        KeySlot::Primary => "the primary key",
        KeySlot::Secondary => "the secondary key",
    }
}

/// A state in a word.
pub fn state_word(state: KeyState) -> &'static str {
    match state {
        KeyState::Live => "Live",
        KeyState::Grace => "In grace",
        KeyState::Expired => "Expired",
        KeyState::Disabled => "Disabled",
    }
}

/// A choice of grace: seconds, and what it means in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// How long the old key lives on.
    pub seconds: u32,
    /// The choice.
    pub label: &'static str,
}

/// The graces that can be chosen.
pub const GRACES: [Grace; 5] = [
    Grace {
        seconds: 0,
        label: "None: the old key stops at once",
    },
    Grace {
        seconds: 60 * 60,
        label: "1 hour",
    },
    Grace {
        seconds: GRACE_DEFAULT_SECONDS,
        label: "24 hours",
    },
    Grace {
        seconds: 7 * 24 * 60 * 60,
        label: "7 days",
    },
    Grace {
        seconds: GRACE_MAX_SECONDS,
        label: "30 days",
    },
];

/// The grace that *Extend* gives: the shortest one that is clearly longer than what is left, else the
/// longest.
pub fn longer_grace(left_ms: f64) -> Grace {
    let longer = |grace: &Grace| f64::from(grace.seconds) * SECOND > 1.5 * left_ms;
    let [.., longest] = GRACES;
    GRACES.into_iter().skip(2).find(longer).unwrap_or(longest)
}

/// The keys of one slot: the newest, and the one that is still in grace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which slot.
    pub slot: KeySlot,
    /// The newest generation.
    pub newest: Option<Key>,
    /// The generation before, while its grace runs.
    pub old: Option<Key>,
}

/// The keys by slot, in the order of the slots.
pub fn by_slot(keys: &[Key]) -> Vec<Slot> {
    KeySlot::ALL
        .into_iter()
        .map(|slot| {
            let of_slot = || keys.iter().filter(|key| key.slot == slot);
            let newest = of_slot().max_by_key(|key| key.generation).cloned();
            let old = of_slot()
                .filter(|key| {
                    newest
                        .as_ref()
                        .is_some_and(|newest| key.generation < newest.generation)
                })
                .max_by_key(|key| key.generation)
                .cloned();
            Slot { slot, newest, old }
        })
        .collect()
}

/// That somebody found a key and reported it, in words.
pub fn leak(key: &Key) -> Option<String> {
    let date = key.leaked_at.as_ref()?.day();
    let (at, place) = match &key.leak_found_at {
        Some(place) => (", found at ", place.as_str()),
        None => ("", ""),
    };
    let now = match key.state {
        KeyState::Disabled => "Switched off",
        _ => "Still accepted: stop it",
    };
    Some(format!("Reported as leaked on {date}{at}{place}. {now}."))
}

/// Whether an old key can go, in words.
pub fn verdict(old: &Key) -> (bool, String) {
    if let Some(words) = leak(old) {
        return (false, words);
    }
    match old.calls_last_hour {
        0 => (
            true,
            "Safe to retire: no call with it in the last hour.".to_owned(),
        ),
        calls => {
            let calls = counted(calls, "call", "calls");
            (
                false,
                format!("Still in use: {calls} with it in the last hour."),
            )
        }
    }
}

/// A span of time to go, in its two largest units; seconds only in the last hour. None once it is over.
pub fn countdown(until_ms: f64, now_ms: f64) -> Option<String> {
    let left = ((until_ms - now_ms) / SECOND).ceil();
    if !left.is_finite() || left <= 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "finite and positive; the cast saturates far beyond any grace"
    )]
    let left = left as u64;
    let (days, hours) = (left / 86_400, left / 3_600 % 24);
    let (minutes, seconds) = (left / 60 % 60, left % 60);
    Some(match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (1, _, _) => format!("1 day {hours} h"),
        _ => format!("{days} days {hours} h"),
    })
}

/// How near the end of a key is: the warnings come at 30, 7 and 1 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// Within 30 days.
    Month,
    /// Within 7 days.
    Week,
    /// Within a day.
    Day,
}

/// The warning about a key that ends at `expires_ms`, if it is near: how near, and in words.
pub fn expiry_warning(expires_ms: f64, now_ms: f64) -> Option<(Nearness, String)> {
    let left = expires_ms - now_ms;
    let nearness = match left / DAY {
        days if days <= 0.0 || days > 30.0 => return None,
        days if days > 7.0 => Nearness::Month,
        days if days > 1.0 => Nearness::Week,
        _ => Nearness::Day,
    };
    let time = countdown(expires_ms, now_ms)?;
    Some((
        nearness,
        format!("Expires in {time}. Rotate it before then."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::time::Timestamp;

    fn key(slot: KeySlot, generation: u32, calls_last_hour: u64) -> Key {
        Key {
            slot,
            generation,
            id: "abcdefghijk".to_owned(),
            masked: "portico_p1_············wxyz".to_owned(),
            state: KeyState::Live,
            created_at: Timestamp::from_rfc3339("2026-11-23T08:05:09.120Z"),
            expires_at: None,
            last_used_at: None,
            grace_until: None,
            calls_last_hour,
            revealable: true,
            leaked_at: None,
            leak_found_at: None,
        }
    }

    #[test]
    fn generations_are_told_apart_by_slot() {
        let slots = by_slot(&[
            key(KeySlot::Secondary, 1, 0),
            key(KeySlot::Primary, 2, 0),
            key(KeySlot::Primary, 3, 0),
        ]);
        let generations: Vec<(KeySlot, Option<u32>, Option<u32>)> = slots
            .iter()
            .map(|s| {
                (
                    s.slot,
                    s.newest.as_ref().map(|k| k.generation),
                    s.old.as_ref().map(|k| k.generation),
                )
            })
            .collect();
        assert_eq!(
            generations,
            [
                (KeySlot::Primary, Some(3), Some(2)),
                (KeySlot::Secondary, Some(1), None)
            ]
        );
    }

    #[test]
    fn countdowns_have_two_units() {
        let check = |seconds: f64, expected: Option<&str>| {
            assert_eq!(
                countdown(seconds * SECOND, 0.0).as_deref(),
                expected,
                "{seconds}"
            );
        };
        check(0.0, None);
        check(-5.0, None);
        check(0.2, Some("1 s"));
        check(252.0, Some("4 min 12 s"));
        check(86_340.0, Some("23 h 59 min"));
        check(86_400.0, Some("1 day 0 h"));
        check(8.5 * 86_400.0, Some("8 days 12 h"));
        assert_eq!(countdown(f64::NAN, 0.0), None);
    }

    #[test]
    fn a_grace_is_extended_by_more_than_is_left() {
        let check = |left_hours: f64, expected: &str| {
            let grace = longer_grace(left_hours * 3_600.0 * SECOND);
            assert_eq!(grace.label, expected, "{left_hours}");
        };
        check(0.5, "24 hours");
        check(15.9, "24 hours");
        check(24.0, "7 days");
        check(24.0 * 7.0, "30 days");
        check(24.0 * 29.0, "30 days");
    }

    #[test]
    fn a_leaked_key_says_when_it_was_found_where_and_what_became_of_it() {
        let mut found = key(KeySlot::Primary, 1, 0);
        assert_eq!(leak(&found), None);
        found.leaked_at = Some(Timestamp::from_rfc3339("2026-11-23T08:05:09.120Z"));
        let words = leak(&found).unwrap_or_default();
        assert_eq!(
            words,
            "Reported as leaked on 2026-11-23. Still accepted: stop it."
        );
        assert_eq!(verdict(&found), (false, words));
        found.state = KeyState::Disabled;
        found.leak_found_at = Some("https://code.example/a".to_owned());
        assert_eq!(
            leak(&found).as_deref(),
            Some(
                "Reported as leaked on 2026-11-23, found at https://code.example/a. Switched off."
            )
        );
    }

    #[test]
    fn warnings_come_at_30_7_and_1_days() {
        let near = |days: f64| expiry_warning(days * DAY, 0.0).map(|(nearness, _)| nearness);
        assert_eq!(near(31.0), None);
        assert_eq!(near(30.0), Some(Nearness::Month));
        assert_eq!(near(7.0), Some(Nearness::Week));
        assert_eq!(near(1.0), Some(Nearness::Day));
        assert_eq!(near(0.0), None);
    }

    #[test]
    fn a_silent_key_is_safe_to_retire() {
        assert!(verdict(&key(KeySlot::Primary, 1, 0)).0);
        let (safe, words) = verdict(&key(KeySlot::Primary, 1, 2));
        assert!(!safe);
        assert!(words.contains("2 calls"), "{words}");
    }
}
