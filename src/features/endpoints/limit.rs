//! The throttle while it is being chosen: what is typed, whether it holds, and what it means.
//! Plain values; the selector shows them.

use crate::ui::number::{counted, fixed, grouped};
use portico_api::throttle::{HIGH_MAX, LOW_CALLS, Throttle, ThrottleLevel, ThrottleProblem};

/// A throttle as the selector holds it: the number as it was typed, so that nothing is lost while a
/// person types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitDraft {
    /// The chosen level.
    pub level: ThrottleLevel,
    /// The number field's text; counts at level High only.
    pub calls: String,
    /// How long calls may wait for a place, in milliseconds, and how many: as typed.
    pub queue: [String; 2],
}

impl LimitDraft {
    /// The draft that stands for this throttle. At Low the number waits with what High would start
    /// with in a workspace with this cap.
    pub fn of(throttle: Throttle, cap: u32) -> Self {
        let calls = match throttle.level {
            ThrottleLevel::Low => Throttle::default_under(cap).max_concurrent_calls,
            ThrottleLevel::High => throttle.max_concurrent_calls,
        };
        Self {
            level: throttle.level,
            calls: calls.to_string(),
            queue: [throttle.queue_ms, throttle.queue_max].map(|number| number.to_string()),
        }
    }

    /// The throttle that is meant.
    ///
    /// # Errors
    /// [`ThrottleProblem`] when a number is none, the calls are outside 1 to 200 or above the cap, or the
    /// queue breaks its rules.
    pub fn read(&self, cap: u32) -> Result<Throttle, ThrottleProblem> {
        let calls = match self.level {
            ThrottleLevel::Low => LOW_CALLS,
            ThrottleLevel::High => self
                .calls
                .trim()
                .parse()
                .map_err(|_| ThrottleProblem::OutOfRange)?,
        };
        // What is no number is none that is allowed.
        let [queue_ms, queue_max] =
            [0, 1].map(|at: usize| self.queue[at].trim().parse().unwrap_or(u32::MAX));
        Throttle {
            level: self.level,
            max_concurrent_calls: calls,
            queue_ms,
            queue_max,
        }
        .checked(cap)
    }

    /// Whether both mean the same throttle: at Low the waiting number does not count.
    pub fn means_same(&self, other: &Self) -> bool {
        let calls = self.level == ThrottleLevel::Low || self.calls.trim() == other.calls.trim();
        self.level == other.level && calls && self.queue == other.queue
    }

    /// Where the slider stands: the typed number, moved into the slider's range.
    pub fn slider(&self, cap: u32) -> u32 {
        let typed = self.calls.trim().parse().unwrap_or(1);
        u32::clamp(typed, 1, slider_max(cap))
    }
}

/// How far the slider goes: never past what the workspace allows.
pub fn slider_max(cap: u32) -> u32 {
    cap.clamp(1, HIGH_MAX)
}

/// A limit in words.
pub fn calls_in_words(calls: u32) -> String {
    counted(u64::from(calls), "call at once", "calls at once")
}

/// How many calls a second a limit lets through at a measured time of one call, in words; none
/// without a usable measurement.
pub fn rate_in_words(calls: u32, latency_ms: Option<f64>) -> Option<String> {
    let ms = latency_ms.filter(|ms| ms.is_finite() && *ms > 0.0)?;
    let rate = f64::from(calls) * 1000.0 / ms;
    Some(format!(
        "About {} calls a second at the service’s measured {} ms.",
        rounded(rate),
        rounded(ms)
    ))
}

/// Two significant digits: more than that such a figure does not hold.
fn rounded(number: f64) -> String {
    if number < 10.0 {
        return fixed(number, 1);
    }
    let mut unit = 1.0;
    while number / unit >= 100.0 {
        unit *= 10.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded, and positive; it saturates far beyond any rate"
    )]
    grouped(((number / unit).round() * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn high(calls: &str) -> LimitDraft {
        LimitDraft {
            calls: calls.to_owned(),
            ..LimitDraft::of(Throttle::default_under(200), 200)
        }
    }

    #[test]
    fn what_was_typed_is_kept_and_judged() {
        assert_eq!(high(" 7 ").read(200).map(|t| t.max_concurrent_calls), Ok(7));
        for text in ["", "many", "0", "201", "-1", "2.5", "99999999999"] {
            assert_eq!(
                high(text).read(200),
                Err(ThrottleProblem::OutOfRange),
                "{text}"
            );
        }
        assert_eq!(
            high("51").read(50),
            Err(ThrottleProblem::AboveCap { cap: 50 })
        );
    }

    #[test]
    fn low_waits_with_the_number_that_high_starts_with() {
        let draft = LimitDraft::of(Throttle::LOW, 8);
        assert_eq!(draft.calls, "8");
        assert_eq!(draft.read(200), Ok(Throttle::LOW));
        assert_eq!(draft.read(2), Err(ThrottleProblem::AboveCap { cap: 2 }));
    }

    #[test]
    fn the_number_that_waits_at_low_is_no_change() {
        let low = LimitDraft::of(Throttle::LOW, 200);
        let mut other = low.clone();
        other.calls = "77".to_owned();
        assert!(low.means_same(&other));
        assert!(!high("5").means_same(&high("6")));
        assert!(!low.means_same(&high("20")));
    }

    #[test]
    fn the_queue_belongs_to_the_throttle() {
        let mut draft = high("5");
        draft.queue = ["250".to_owned(), "10".to_owned()];
        let read = draft.read(200).map(|t| (t.queue_ms, t.queue_max));
        assert_eq!(read, Ok((250, 10)));
        assert!(!draft.means_same(&high("5")));
        draft.queue[0] = "2001".to_owned();
        assert_eq!(draft.read(200), Err(ThrottleProblem::QueueTooLong));
        draft.queue = ["1".to_owned(), String::new()];
        assert_eq!(draft.read(200), Err(ThrottleProblem::QueueTooMany));
    }

    #[test]
    fn the_slider_stays_in_its_range() {
        assert_eq!(high("500").slider(50), 50);
        assert_eq!(high("").slider(50), 1);
        assert_eq!(high("30").slider(50), 30);
        assert_eq!(slider_max(500), 200);
    }

    #[test]
    fn limits_are_told_in_words() {
        assert_eq!(calls_in_words(1), "1 call at once");
        assert_eq!(calls_in_words(4), "4 calls at once");
        let rate = |calls, ms| rate_in_words(calls, Some(ms)).unwrap_or_default();
        assert_eq!(
            rate(4, 2.7),
            "About 1,500 calls a second at the service’s measured 2.7 ms."
        );
        assert_eq!(
            rate(1, 250.0),
            "About 4.0 calls a second at the service’s measured 250 ms."
        );
        assert_eq!(rate_in_words(4, None), None);
        assert_eq!(rate_in_words(4, Some(0.0)), None);
    }
}
