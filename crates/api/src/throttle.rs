//! The throttle: how many calls at once an endpoint takes.

use serde::{Deserialize, Serialize};

/// Calls at once at level Low, as classic had it.
pub const LOW_CALLS: u32 = 4;
/// Calls at once that a new endpoint at level High has, as classic documented.
pub const HIGH_DEFAULT: u32 = 20;
/// The most calls at once that level High can be set to.
pub const HIGH_MAX: u32 = 200;

/// The longest time in milliseconds that a call may wait for a place.
pub const QUEUE_MS_MAX: u32 = 2_000;
/// The most calls that may wait at one endpoint.
pub const QUEUE_MAX: u32 = 1_000;

/// Classic's two levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ThrottleLevel {
    /// Four calls at once.
    Low,
    /// 1 to 200 calls at once.
    High,
}

/// An endpoint's throttle as the wire carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Throttle {
    /// The level.
    pub level: ThrottleLevel,
    /// Calls at once, 1 to 200. At level Low it is 4, whatever was sent.
    #[serde(default = "default_calls")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200))]
    pub max_concurrent_calls: u32,
    /// How long in milliseconds a call beyond the limit waits for a place before it is refused. 0, the
    /// default, refuses at once.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 2_000))]
    pub queue_ms: u32,
    /// How many calls may wait at the same time; those beyond are refused at once. At least 1 where
    /// `queue_ms` is not 0.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000))]
    pub queue_max: u32,
}

fn default_calls() -> u32 {
    HIGH_DEFAULT
}

/// Why a throttle is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThrottleProblem {
    /// Outside 1 to 200.
    #[error("Calls at once is a whole number from 1 to 200.")]
    OutOfRange,
    /// Above what the workspace allows.
    #[error("The owner of this workspace caps endpoints at {cap} calls at once.")]
    AboveCap {
        /// The workspace's cap.
        cap: u32,
    },
    /// The time to wait is above 2,000 ms.
    #[error("A call waits for 0 to 2,000 milliseconds.")]
    QueueTooLong,
    /// The calls that wait are above 1,000.
    #[error("0 to 1,000 calls may wait.")]
    QueueTooMany,
    /// A text that is neither a level nor a number.
    #[error("Write low, high, or how many calls at once: a whole number from 1 to 200.")]
    Unreadable,
    /// Calls are to wait, but none may.
    #[error("Say how many calls may wait, 1 to 1,000, or set the time to 0.")]
    QueueWithoutPlaces,
}

impl ThrottleProblem {
    /// The code that the wire carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::OutOfRange => "throttle_out_of_range",
            Self::Unreadable => "throttle_unreadable",
            Self::AboveCap { .. } => "throttle_above_cap",
            Self::QueueTooLong => "queue_too_long",
            Self::QueueTooMany => "queue_too_many",
            Self::QueueWithoutPlaces => "queue_without_places",
        }
    }

    /// The field that breaks the rule.
    pub fn field(self) -> &'static str {
        match self {
            Self::OutOfRange | Self::Unreadable | Self::AboveCap { .. } => "max_concurrent_calls",
            Self::QueueTooLong => "queue_ms",
            Self::QueueTooMany | Self::QueueWithoutPlaces => "queue_max",
        }
    }
}

impl Throttle {
    /// Level Low.
    pub const LOW: Self = Self {
        level: ThrottleLevel::Low,
        max_concurrent_calls: LOW_CALLS,
        queue_ms: 0,
        queue_max: 0,
    };

    /// What a new endpoint has in a workspace with this cap: High with 20, or the cap if it is lower.
    pub fn default_under(cap: u32) -> Self {
        Self {
            level: ThrottleLevel::High,
            max_concurrent_calls: HIGH_DEFAULT.min(cap),
            queue_ms: 0,
            queue_max: 0,
        }
    }

    /// Reads a limit as a list of endpoints writes it, in a workspace with this cap: `low`, `high` for what
    /// a new endpoint has, or how many calls at once. Empty means what a new endpoint has, too.
    ///
    /// # Errors
    /// [`ThrottleProblem`] for any other text, and for a number that is out of range or above the cap.
    pub fn read(text: &str, cap: u32) -> Result<Self, ThrottleProblem> {
        let word = text.trim().to_ascii_lowercase();
        let throttle = match word.as_str() {
            "" | "high" => Self::default_under(cap),
            "low" => Self::LOW,
            number => Self {
                max_concurrent_calls: number.parse().map_err(|_| ThrottleProblem::Unreadable)?,
                ..Self::default_under(cap)
            },
        };
        throttle.checked(cap)
    }

    /// How many calls may wait: none where there is no time to.
    pub fn places(self) -> u32 {
        if self.queue_ms == 0 {
            0
        } else {
            self.queue_max
        }
    }

    /// The throttle in force for what was asked, in a workspace with this cap.
    ///
    /// # Errors
    /// [`ThrottleProblem`] when High is outside 1 to 200 or above the cap, or when the queue breaks its
    /// rules. A cap below four caps Low too.
    pub fn checked(self, cap: u32) -> Result<Self, ThrottleProblem> {
        let throttle = match self.level {
            ThrottleLevel::Low => Self {
                queue_ms: self.queue_ms,
                queue_max: self.queue_max,
                ..Self::LOW
            },
            ThrottleLevel::High => self,
        };
        if !(1..=HIGH_MAX).contains(&throttle.max_concurrent_calls) {
            return Err(ThrottleProblem::OutOfRange);
        }
        if throttle.max_concurrent_calls > cap {
            return Err(ThrottleProblem::AboveCap { cap });
        }
        if throttle.queue_ms > QUEUE_MS_MAX {
            return Err(ThrottleProblem::QueueTooLong);
        }
        if throttle.queue_max > QUEUE_MAX {
            return Err(ThrottleProblem::QueueTooMany);
        }
        if throttle.queue_ms > 0 && throttle.queue_max == 0 {
            return Err(ThrottleProblem::QueueWithoutPlaces);
        }
        Ok(throttle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn high(calls: u32) -> Throttle {
        Throttle {
            max_concurrent_calls: calls,
            ..Throttle::default_under(HIGH_MAX)
        }
    }

    #[test]
    fn the_queue_has_its_rules_at_both_levels() {
        let check = |queue_ms, queue_max, expected: Result<u32, ThrottleProblem>| {
            for throttle in [high(9), Throttle::LOW] {
                let asked = Throttle {
                    queue_ms,
                    queue_max,
                    ..throttle
                };
                assert_eq!(asked.checked(200).map(Throttle::places), expected);
            }
        };
        check(0, 0, Ok(0));
        check(0, 1_000, Ok(0));
        check(2_000, 1_000, Ok(1_000));
        check(1, 1, Ok(1));
        check(2_001, 1, Err(ThrottleProblem::QueueTooLong));
        check(0, 1_001, Err(ThrottleProblem::QueueTooMany));
        check(1, 0, Err(ThrottleProblem::QueueWithoutPlaces));
        assert_eq!(ThrottleProblem::QueueTooLong.field(), "queue_ms");
    }

    #[test]
    fn a_list_writes_levels_or_numbers() {
        let check = |text, expected| assert_eq!(Throttle::read(text, 50), expected, "{text}");
        check("", Ok(high(20)));
        check(" High ", Ok(high(20)));
        check("low", Ok(Throttle::LOW));
        check("4", Ok(high(4)));
        check("50", Ok(high(50)));
        check("51", Err(ThrottleProblem::AboveCap { cap: 50 }));
        check("0", Err(ThrottleProblem::OutOfRange));
        check("201", Err(ThrottleProblem::OutOfRange));
        check("-1", Err(ThrottleProblem::Unreadable));
        check("medium", Err(ThrottleProblem::Unreadable));
        assert_eq!(Throttle::read("", 8), Ok(high(8)));
        assert_eq!(
            Throttle::read("low", 3),
            Err(ThrottleProblem::AboveCap { cap: 3 })
        );
    }

    #[test]
    fn low_is_four_whatever_was_sent() {
        let sent = Throttle {
            max_concurrent_calls: 99,
            ..Throttle::LOW
        };
        assert_eq!(sent.checked(200), Ok(Throttle::LOW));
    }

    #[test]
    fn high_is_bounded_and_capped() {
        assert_eq!(high(0).checked(200), Err(ThrottleProblem::OutOfRange));
        assert_eq!(high(201).checked(500), Err(ThrottleProblem::OutOfRange));
        assert_eq!(
            high(51).checked(50),
            Err(ThrottleProblem::AboveCap { cap: 50 })
        );
        assert_eq!(high(50).checked(50), Ok(high(50)));
        assert_eq!(Throttle::default_under(8), high(8));
    }
}
