//! Moments on the wire: RFC 3339, UTC, milliseconds and `Z`. The portal hands the text to the
//! browser's own date, the server makes it from its clock; neither needs a calendar here.

use serde::{Deserialize, Serialize};

/// A moment, such as `2026-11-23T08:05:09.120Z`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Wraps a text that is already in the wire's form.
    pub fn from_rfc3339(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The last moment of a day, such as `2026-12-31`, in UTC; nothing for a text of another form.
    pub fn end_of_day(day: &str) -> Option<Self> {
        let shape = day.len() == 10
            && day.bytes().enumerate().all(|(index, byte)| match index {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let within = |from: usize, to: usize, first: &str, last: &str| {
            day.get(from..to)
                .is_some_and(|part| part >= first && part <= last)
        };
        let possible = shape
            && within(0, 4, "0001", "9999")
            && within(5, 7, "01", "12")
            && within(8, 10, "01", "31");
        possible.then(|| Self(format!("{day}T23:59:59.999Z")))
    }

    /// The day of the moment, in UTC, as a field for dates has it: `2026-12-31`.
    pub fn day(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }

    /// The text as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_moment() {
        let end = Timestamp::end_of_day("2027-01-31").unwrap();
        assert_eq!(end.as_str(), "2027-01-31T23:59:59.999Z");
        assert_eq!(end.day(), "2027-01-31");
        for day in [
            "",
            "2027",
            "2026-12",
            "2027-1-31",
            "2027-13-01",
            "2027-01-32",
            "2027-01-00",
            "0000-01-01",
            "+027-01-01",
            "2027-01-31-1",
            "31.12.2026",
            "26-12-31",
            "2026-12-3é",
            "2026-12-é",
        ] {
            assert_eq!(Timestamp::end_of_day(day), None, "{day}");
        }
        assert_eq!(Timestamp::from_rfc3339("soon").day(), "soon");
    }
}
