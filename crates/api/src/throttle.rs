//! The throttle: how many calls at once an endpoint takes.

use serde::{Deserialize, Serialize};

/// Calls at once at level Low, as classic had it.
pub const LOW_CALLS: u32 = 4;
/// Calls at once that a new endpoint at level High has, as classic documented.
pub const HIGH_DEFAULT: u32 = 20;
/// The most calls at once that level High can be set to.
pub const HIGH_MAX: u32 = 200;

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
}

impl ThrottleProblem {
    /// The code that the wire carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::OutOfRange => "throttle_out_of_range",
            Self::AboveCap { .. } => "throttle_above_cap",
        }
    }
}

impl Throttle {
    /// Level Low.
    pub const LOW: Self = Self {
        level: ThrottleLevel::Low,
        max_concurrent_calls: LOW_CALLS,
    };

    /// What a new endpoint has in a workspace with this cap: High with 20, or the cap if it is lower.
    pub fn default_under(cap: u32) -> Self {
        Self {
            level: ThrottleLevel::High,
            max_concurrent_calls: HIGH_DEFAULT.min(cap),
        }
    }

    /// The throttle in force for what was asked, in a workspace with this cap.
    ///
    /// # Errors
    /// [`ThrottleProblem`] when High is outside 1 to 200 or above the cap. A cap below four caps Low too.
    pub fn checked(self, cap: u32) -> Result<Self, ThrottleProblem> {
        let throttle = match self.level {
            ThrottleLevel::Low => Self::LOW,
            ThrottleLevel::High => self,
        };
        if !(1..=HIGH_MAX).contains(&throttle.max_concurrent_calls) {
            return Err(ThrottleProblem::OutOfRange);
        }
        if throttle.max_concurrent_calls > cap {
            return Err(ThrottleProblem::AboveCap { cap });
        }
        Ok(throttle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn high(calls: u32) -> Throttle {
        Throttle {
            level: ThrottleLevel::High,
            max_concurrent_calls: calls,
        }
    }

    #[test]
    fn low_is_four_whatever_was_sent() {
        let sent = Throttle {
            level: ThrottleLevel::Low,
            max_concurrent_calls: 99,
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
