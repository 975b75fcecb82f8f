//! Staying on a version: a customer chooses a date, and the publisher of a newer version says how long
//! that may be. Times are microseconds since 1970 in UTC.

/// Why a date is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StayProblem {
    /// The date is not ahead.
    #[error("Choose a date that is still to come.")]
    Past,
    /// The publisher's date is earlier.
    #[error("The publisher lets customers stay on earlier versions only up to an earlier date.")]
    TooLong,
    /// The publisher's date has gone by.
    #[error("The time in which customers could stay on earlier versions is over.")]
    Over,
}

impl StayProblem {
    /// The code that the wire carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::Past => "date_past",
            Self::TooLong => "date_too_late",
            Self::Over => "stay_over",
        }
    }
}

/// Whether an endpoint may be kept on its version until then. `allowed` is the earliest date that a newer
/// version's publisher set; `None` where none did.
///
/// # Errors
/// [`StayProblem`].
pub fn check(until: i64, allowed: Option<i64>, now: i64) -> Result<(), StayProblem> {
    match allowed {
        Some(allowed) if allowed <= now => Err(StayProblem::Over),
        _ if until <= now => Err(StayProblem::Past),
        Some(allowed) if until > allowed => Err(StayProblem::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_ahead_and_within_what_the_publisher_allows() {
        assert_eq!(check(11, None, 10), Ok(()));
        assert_eq!(check(11, Some(11), 10), Ok(()));
        assert_eq!(check(10, None, 10), Err(StayProblem::Past));
        assert_eq!(check(12, Some(11), 10), Err(StayProblem::TooLong));
        assert_eq!(check(9, Some(11), 10), Err(StayProblem::Past));
        assert_eq!(check(11, Some(10), 10), Err(StayProblem::Over));
    }
}
