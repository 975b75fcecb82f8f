//! Dates as people write them, and the same in ISO 8601 for the wire. Knows nothing of columns or
//! tables: which of day and month comes first is told to it.
//!
//! Without being told: ISO 8601 as the wire takes it, the year first with `/`, `.` or `-`
//! (`2026/4/3`), and the day first with points (`3.4.2026`), because nobody writes the month first
//! with points. `3/4/2026` and `3-4-2026` need to be told. Years have four digits.

use crate::check::Reading;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Why a text is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateProblem {
    /// It does not look like one.
    #[error("")]
    Shape,
    /// The year has two digits.
    #[error("Write the year with four digits.")]
    ShortYear,
    /// The month is not 1 to 12.
    #[error("There is no month {0}.")]
    Month(u32),
    /// The month has no such day.
    #[error("That month has {0} days.")]
    Day(u32),
    /// The time of day is none.
    #[error("The time of day can't be read.")]
    Time,
    /// Whether day or month comes first is not told.
    #[error("Say whether the day or the month comes first.")]
    Order,
}

/// What a text is under each reading at once, for deciding over a whole column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Whether it is a date without being told the order.
    pub plain: bool,
    /// Whether it is one with the day first.
    pub day_first: bool,
    /// Whether it is one with the month first.
    pub month_first: bool,
    /// Whether it is another date with the day first than with the month first.
    pub differs: bool,
    /// Whether the wire takes it as it is.
    pub iso: bool,
}

/// How the parts of a date are laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Iso,
    YearFirst,
    DayFirst,
    Untold,
}

struct Parts<'a> {
    layout: Layout,
    year: u32,
    /// Month and day, or the two of which one is the month, as written.
    first: u32,
    second: u32,
    time: &'a str,
}

/// What a text is under each reading. Space around it does not count.
pub fn readings(text: &str) -> Readings {
    let Ok(parts) = Parts::read(text.trim()) else {
        return Readings::default();
    };
    let timed = parts.layout == Layout::Iso || parts.time.is_empty() || time(parts.time).is_some();
    let fits = |month: u32, day: u32| timed && valid(parts.year, month, day).is_ok();
    match parts.layout {
        Layout::Iso | Layout::YearFirst | Layout::DayFirst => {
            let fits = match parts.layout {
                Layout::DayFirst => fits(parts.second, parts.first),
                _ => fits(parts.first, parts.second),
            };
            Readings {
                plain: fits,
                day_first: fits,
                month_first: fits,
                differs: false,
                iso: fits && parts.layout == Layout::Iso,
            }
        }
        Layout::Untold => {
            let day_first = fits(parts.second, parts.first);
            let month_first = fits(parts.first, parts.second);
            Readings {
                plain: false,
                day_first,
                month_first,
                differs: day_first && month_first && parts.first != parts.second,
                iso: false,
            }
        }
    }
}

/// A date in ISO 8601, as the wire takes it: unchanged where it is so written, space around it cut.
///
/// # Errors
/// Why it is no date under this reading.
pub fn iso(text: &str, reading: Reading) -> Result<Cow<'_, str>, DateProblem> {
    let text = text.trim();
    let parts = Parts::read(text)?;
    let (month, day) = match (parts.layout, reading) {
        (Layout::Iso | Layout::YearFirst, _) | (Layout::Untold, Reading::MonthFirst) => {
            (parts.first, parts.second)
        }
        (Layout::DayFirst, _) | (Layout::Untold, Reading::DayFirst) => (parts.second, parts.first),
        (Layout::Untold, Reading::Plain | Reading::DecimalComma) => {
            valid(parts.year, parts.second, parts.first)
                .or_else(|_| valid(parts.year, parts.first, parts.second))?;
            return Err(DateProblem::Order);
        }
    };
    valid(parts.year, month, day)?;
    if parts.layout == Layout::Iso {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = format!("{:04}-{month:02}-{day:02}", parts.year);
    if !parts.time.is_empty() {
        time(parts.time).ok_or(DateProblem::Time)?.write(&mut out);
    }
    Ok(Cow::Owned(out))
}

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self, DateProblem> {
        let bytes = text.as_bytes();
        let (a, after_a) = digits(bytes, 0);
        let separator = bytes.get(after_a).copied().ok_or(DateProblem::Shape)?;
        if !matches!(separator, b'-' | b'/' | b'.') {
            return Err(DateProblem::Shape);
        }
        let (b, after_b) = digits(bytes, after_a + 1);
        if bytes.get(after_b) != Some(&separator) {
            return Err(DateProblem::Shape);
        }
        let (c, end) = digits(bytes, after_b + 1);
        let lengths = (after_a, after_b - after_a - 1, end - after_b - 1);
        // The digits before are ASCII, so that this is a boundary between characters.
        let rest = text.get(end..).unwrap_or_default();
        let begins_time = matches!(bytes.get(end), None | Some(b'T' | b't' | b' '));
        if !begins_time {
            return Err(DateProblem::Shape);
        }
        let time = rest.trim_start_matches(['T', 't', ' ']);
        let parts = |layout, year, first, second| Self {
            layout,
            year,
            first,
            second,
            time,
        };
        match lengths {
            (4, 2, 2) if separator == b'-' => Ok(parts(Layout::Iso, a, b, c)),
            (4, 1..=2, 1..=2) => Ok(parts(Layout::YearFirst, a, b, c)),
            (1..=2, 1..=2, 4) if separator == b'.' => Ok(parts(Layout::DayFirst, c, a, b)),
            (1..=2, 1..=2, 4) => Ok(parts(Layout::Untold, c, a, b)),
            (1..=2, 1..=2, 2) => Err(DateProblem::ShortYear),
            _ => Err(DateProblem::Shape),
        }
    }
}

/// At most four digits from a place on, as a number, and where they end.
fn digits(bytes: &[u8], from: usize) -> (u32, usize) {
    let mut value = 0;
    let mut at = from;
    while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        if at - from == 5 {
            break;
        }
        value = value * 10 + u32::from(byte - b'0');
        at += 1;
    }
    (value, at)
}

/// Whether a calendar has this day.
fn valid(year: u32, month: u32, day: u32) -> Result<(), DateProblem> {
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => return Err(DateProblem::Month(month)),
    };
    if (1..=days).contains(&day) {
        Ok(())
    } else {
        Err(DateProblem::Day(days))
    }
}

/// A time of day.
struct Time<'a> {
    hour: u32,
    minute: u32,
    second: u32,
    /// Digits after the second's point.
    fraction: &'a str,
    zone: Zone,
}

#[derive(Clone, Copy)]
enum Zone {
    None,
    Utc,
    /// Whether east, hours, minutes.
    Offset(bool, u32, u32),
}

impl Time<'_> {
    fn write(&self, out: &mut String) {
        // Writing into a string can't fail.
        let _ = write!(
            out,
            "T{:02}:{:02}:{:02}",
            self.hour, self.minute, self.second
        );
        if !self.fraction.is_empty() {
            let _ = write!(out, ".{}", self.fraction);
        }
        match self.zone {
            Zone::None => {}
            Zone::Utc => out.push('Z'),
            Zone::Offset(east, hours, minutes) => {
                let _ = write!(
                    out,
                    "{}{hours:02}:{minutes:02}",
                    if east { '+' } else { '-' }
                );
            }
        }
    }
}

/// `9:05`, `09:05:07.25`, with `AM` or `PM`, with `Z` or `+02:00`.
fn time(text: &str) -> Option<Time<'_>> {
    let bytes = text.as_bytes();
    let pair = |from: usize, least: usize| {
        let (value, end) = digits(bytes, from);
        (least..=2).contains(&(end - from)).then_some((value, end))
    };
    let (mut hour, mut at) = pair(0, 1)?;
    if bytes.get(at) != Some(&b':') {
        return None;
    }
    let minute;
    (minute, at) = pair(at + 1, 2)?;
    let mut second = 0;
    let mut fraction = "";
    if bytes.get(at) == Some(&b':') {
        (second, at) = pair(at + 1, 2)?;
        if bytes.get(at) == Some(&b'.') {
            let from = at + 1;
            at = from
                + bytes[from..]
                    .iter()
                    .take_while(|b| b.is_ascii_digit())
                    .count();
            fraction = text.get(from..at).filter(|digits| !digits.is_empty())?;
        }
    }
    let mut rest = text.get(at..)?.trim_start();
    let half = rest.get(..2).unwrap_or_default();
    if half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm") {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12
            + if half.eq_ignore_ascii_case("pm") {
                12
            } else {
                0
            };
        rest = rest[2..].trim_start();
    }
    let zone = zone(rest)?;
    (hour < 24 && minute < 60 && second <= 60).then_some(Time {
        hour,
        minute,
        second,
        fraction,
        zone,
    })
}

fn zone(text: &str) -> Option<Zone> {
    let (east, digits) = match text.as_bytes() {
        [] => return Some(Zone::None),
        [b'Z' | b'z'] => return Some(Zone::Utc),
        [b'+', ..] => (true, &text[1..]),
        [b'-', ..] => (false, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "0"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 14 && minutes < 60).then_some(Zone::Offset(east, hours, minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, reading: Reading, expected: Result<&str, DateProblem>) {
        assert_eq!(iso(text, reading), expected.map(Cow::Borrowed), "{text}");
    }

    #[test]
    fn dates_that_need_no_telling() {
        for reading in [Reading::Plain, Reading::DayFirst, Reading::MonthFirst] {
            check("2026-11-23", reading, Ok("2026-11-23"));
            check(
                " 2026-11-23T10:00:00Z ",
                reading,
                Ok("2026-11-23T10:00:00Z"),
            );
            check("2026/4/3", reading, Ok("2026-04-03"));
            check("2026.04.03", reading, Ok("2026-04-03"));
            check("2026-4-3", reading, Ok("2026-04-03"));
            check("3.4.2026", reading, Ok("2026-04-03"));
            check("29.2.2024 9:05", reading, Ok("2024-02-29T09:05:00"));
        }
    }

    #[test]
    fn the_order_is_told() {
        check("3/4/2026", Reading::DayFirst, Ok("2026-04-03"));
        check("3/4/2026", Reading::MonthFirst, Ok("2026-03-04"));
        check("3-4-2026", Reading::MonthFirst, Ok("2026-03-04"));
        check("3/4/2026", Reading::Plain, Err(DateProblem::Order));
        check("13/02/2026", Reading::DayFirst, Ok("2026-02-13"));
        check(
            "13/02/2026",
            Reading::MonthFirst,
            Err(DateProblem::Month(13)),
        );
        check(
            "4/3/2026 12:30 AM",
            Reading::MonthFirst,
            Ok("2026-04-03T00:30:00"),
        );
        check(
            "4/3/2026 1:02:03.5 pm",
            Reading::MonthFirst,
            Ok("2026-04-03T13:02:03.5"),
        );
        check(
            "4/3/2026 23:59 +0530",
            Reading::MonthFirst,
            Ok("2026-04-03T23:59:00+05:30"),
        );
    }

    #[test]
    fn days_that_no_calendar_has() {
        check("2023-02-29", Reading::Plain, Err(DateProblem::Day(28)));
        check("1900-02-29", Reading::Plain, Err(DateProblem::Day(28)));
        check("2026-13-01", Reading::Plain, Err(DateProblem::Month(13)));
        check("31.4.2026", Reading::Plain, Err(DateProblem::Day(30)));
        check("32/13/2026", Reading::Plain, Err(DateProblem::Month(32)));
        check("3/4/26", Reading::DayFirst, Err(DateProblem::ShortYear));
        check("3.4.2026 25:00", Reading::Plain, Err(DateProblem::Time));
        for shape in [
            "",
            "tall",
            "2026",
            "1.5",
            "1/2",
            "20260403",
            "2026-11-231",
            "1/2-2026",
            "12345-1-1",
        ] {
            check(shape, Reading::DayFirst, Err(DateProblem::Shape));
        }
    }

    proptest! {
        #[test]
        fn all_readings_at_once_say_the_same(text in "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ][0-9]{1,2}:[0-9]{2})?") {
            let at_once = readings(&text);
            prop_assert_eq!(at_once.plain, iso(&text, Reading::Plain).is_ok());
            prop_assert_eq!(at_once.day_first, iso(&text, Reading::DayFirst).is_ok());
            prop_assert_eq!(at_once.month_first, iso(&text, Reading::MonthFirst).is_ok());
            let both = at_once.day_first && at_once.month_first;
            prop_assert_eq!(
                at_once.differs,
                both && iso(&text, Reading::DayFirst) != iso(&text, Reading::MonthFirst)
            );
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,20}", reading in 0..3) {
            let reading = [Reading::Plain, Reading::DayFirst, Reading::MonthFirst][usize::try_from(reading).unwrap_or(0)];
            let _ = iso(&text, reading);
            let _ = readings(&text);
        }
    }
}
