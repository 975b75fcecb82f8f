//! Numbers of a workbook as text: days counted from 1900 or 1904 as ISO 8601, numbers in their shortest form.

use super::styles::Kind;
use std::fmt::Write;

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// Why a number that is to be a date is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoDate {
    /// Day 60 of 1900: 29 February, which never was.
    Leap1900,
    /// Before the first or after the last day that Excel shows.
    Range,
}

/// Adds a day number as text.
///
/// # Errors
/// When there is no such day; nothing is added then.
pub(super) fn date(
    serial: f64,
    kind: Kind,
    from_1904: bool,
    out: &mut String,
) -> Result<(), NoDate> {
    let last = if from_1904 { 2_957_004.0 } else { 2_958_466.0 };
    if !serial.is_finite() || serial.abs() >= last {
        return Err(NoDate::Range);
    }
    // A number holds a moment to about a microsecond; milliseconds are what was meant.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than three million days of milliseconds"
    )]
    let total = (serial * DAY as f64).round() as i64;
    if kind == Kind::Duration {
        if total < 0 {
            out.push('-');
        }
        clock(total.abs(), out);
        return Ok(());
    }
    if total < 0 {
        return Err(NoDate::Range);
    }
    let (day, time) = (total / DAY, total % DAY);
    if day == 0 && (kind == Kind::Time || !from_1904 && (kind != Kind::Date || time > 0)) {
        clock(time, out);
        return Ok(());
    }
    let since_1970 = match day {
        _ if from_1904 => day - 24_107,
        0 => return Err(NoDate::Range),
        60 => return Err(NoDate::Leap1900),
        // The calendar of 1900 counts a 29 February too many.
        ..60 => day - 25_568,
        _ => day - 25_569,
    };
    let (year, month, day) = civil(since_1970);
    if year > 9999 {
        return Err(NoDate::Range);
    }
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
    if kind != Kind::Date || time > 0 {
        out.push('T');
        clock(time, out);
    }
    Ok(())
}

/// Adds hours, minutes, seconds, and milliseconds if there are any.
fn clock(time: i64, out: &mut String) {
    let (seconds, rest) = (time / 1000, time % 1000);
    let _ = write!(
        out,
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if rest > 0 {
        let _ = write!(out, ".{rest:03}");
    }
}

/// Year, month and day of a day counted from 1970-01-01 (Howard Hinnant, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The day number of a date, or date and time, in ISO 8601; none if it is none, or before March 1900.
pub(super) fn parse(text: &str) -> Option<f64> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, time.trim_end_matches('Z')),
        None => (text, "00:00:00"),
    };
    let mut fields = date.splitn(3, '-').map(str::parse::<i64>);
    let mut next = || fields.next()?.ok();
    let (year, month, day) = (next()?, next()?, next()?);
    if date.len() != 10 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let before = year - i64::from(month <= 2);
    let shifted = (month + 9) % 12;
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    let of_era = before.rem_euclid(400) * 365 + before.rem_euclid(400) / 4
        - before.rem_euclid(400) / 100
        + of_year;
    let days = before.div_euclid(400) * 146_097 + of_era - 719_468;
    if civil(days) != (year, month, day) || days + 25_569 < 61 {
        return None;
    }
    let mut fields = time.splitn(3, ':').map(str::parse::<f64>);
    let (hour, minute) = (fields.next()?.ok()?, fields.next()?.ok()?);
    let second = fields.next().map_or(Some(0.0), Result::ok)?;
    let ok = (0.0..24.0).contains(&hour)
        && (0.0..60.0).contains(&minute)
        && (0.0..60.0).contains(&second);
    #[expect(
        clippy::cast_precision_loss,
        reason = "days of four-digit years are small"
    )]
    ok.then(|| (days + 25_569) as f64 + (hour * 3600.0 + minute * 60.0 + second) / 86_400.0)
}

/// Adds a number in its shortest form that means the same. False when it is no number; nothing is added
/// then.
pub(super) fn number(written: &str, out: &mut String) -> bool {
    if plain(written) {
        out.push_str(written);
        return true;
    }
    let Some(value) = value(written) else {
        return false;
    };
    shortest(value, out);
    true
}

/// The value of a number as XML writes it.
pub(super) fn value(written: &str) -> Option<f64> {
    let digits = written
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if !digits {
        return None;
    }
    written.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Adds a value in as few digits as hold it, with an exponent only where there would be many zeros.
pub(super) fn shortest(value: f64, out: &mut String) {
    let size = value.abs();
    let _ = if value == 0.0 {
        write!(out, "0")
    } else if (1e-7..1e21).contains(&size) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    };
}

/// Whether a number is written in its shortest form: whole with any number of digits, which a float would
/// round, or with a fraction of so few digits that a float holds them.
fn plain(written: &str) -> bool {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all(whole) || whole.len() > 1 && whole.starts_with('0') {
        return false;
    }
    match fraction {
        None => written != "-0",
        Some(fraction) => {
            all(fraction)
                && !fraction.ends_with('0')
                && whole.len() + fraction.len() <= 15
                && fraction.len() < 7
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(serial: f64, kind: Kind, from_1904: bool) -> Result<String, NoDate> {
        let mut out = String::new();
        date(serial, kind, from_1904, &mut out).map(|()| out)
    }

    #[test]
    fn days_are_read_in_both_systems() {
        for (serial, kind, from_1904, expected) in [
            (1.0, Kind::Date, false, Ok("1900-01-01")),
            (59.0, Kind::Date, false, Ok("1900-02-28")),
            (60.0, Kind::Date, false, Err(NoDate::Leap1900)),
            (60.5, Kind::Moment, false, Err(NoDate::Leap1900)),
            (61.0, Kind::Date, false, Ok("1900-03-01")),
            (25_569.0, Kind::Date, false, Ok("1970-01-01")),
            (46_349.0, Kind::Date, false, Ok("2026-11-23")),
            (46_349.0, Kind::Moment, false, Ok("2026-11-23T00:00:00")),
            (
                46_349.416_666_666_664,
                Kind::Moment,
                false,
                Ok("2026-11-23T10:00:00"),
            ),
            (46_349.5, Kind::Date, false, Ok("2026-11-23T12:00:00")),
            (
                46_349.999_999_999,
                Kind::Moment,
                false,
                Ok("2026-11-24T00:00:00"),
            ),
            (
                46_349.000_011_574_1,
                Kind::Moment,
                false,
                Ok("2026-11-23T00:00:01"),
            ),
            (
                46_349.123_456_789,
                Kind::Moment,
                false,
                Ok("2026-11-23T02:57:46.667"),
            ),
            (0.416_666_666_666_666_7, Kind::Time, false, Ok("10:00:00")),
            (0.416_666_666_666_666_7, Kind::Moment, false, Ok("10:00:00")),
            (0.0, Kind::Time, false, Ok("00:00:00")),
            (0.0, Kind::Date, false, Err(NoDate::Range)),
            (-1.0, Kind::Date, false, Err(NoDate::Range)),
            (2_958_465.0, Kind::Date, false, Ok("9999-12-31")),
            (2_958_466.0, Kind::Date, false, Err(NoDate::Range)),
            (1.520_833_333_333_333, Kind::Duration, false, Ok("36:30:00")),
            (-0.25, Kind::Duration, false, Ok("-06:00:00")),
            (0.0, Kind::Date, true, Ok("1904-01-01")),
            (44_887.0, Kind::Date, true, Ok("2026-11-23")),
            (0.5, Kind::Time, true, Ok("12:00:00")),
            (60.0, Kind::Date, true, Ok("1904-03-01")),
        ] {
            assert_eq!(
                read(serial, kind, from_1904),
                expected.map(str::to_owned),
                "{serial} as {kind:?}, 1904: {from_1904}"
            );
        }
    }

    #[test]
    fn dates_come_back_as_they_went() {
        for (text, expected) in [
            ("2026-11-23", Some(46_349.0)),
            ("2026-11-23T12:00:00", Some(46_349.5)),
            ("2026-11-23 06:00", Some(46_349.25)),
            ("1900-03-01", Some(61.0)),
            ("1900-02-28", None),
            ("2026-02-30", None),
            ("2026-1-1", None),
            ("soon", None),
            ("2026-11-23T24:00:00", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for serial in 61..200_000 {
            let mut out = String::new();
            date(f64::from(serial), Kind::Date, false, &mut out).unwrap();
            assert_eq!(parse(&out), Some(f64::from(serial)));
        }
    }

    #[test]
    fn numbers_are_read_in_their_shortest_form() {
        for (written, expected) in [
            ("1250", Some("1250")),
            ("1250.0", Some("1250")),
            ("-7.5", Some("-7.5")),
            ("0.1", Some("0.1")),
            ("0.10000000000000001", Some("0.1")),
            ("0.30000000000000004", Some("0.30000000000000004")),
            ("123456789012345678", Some("123456789012345678")),
            ("1.2345678901234567E+17", Some("123456789012345660")),
            ("9007199254740993", Some("9007199254740993")),
            ("1E-3", Some("0.001")),
            ("1.5E-10", Some("1.5e-10")),
            ("1e300", Some("1e300")),
            ("-0", Some("0")),
            ("007", Some("7")),
            ("1e999", None),
            ("inf", None),
            ("NaN", None),
            ("", None),
            ("1,5", None),
        ] {
            let mut out = String::new();
            let ok = number(written, &mut out);
            assert_eq!(ok.then_some(out.as_str()), expected, "{written}");
        }
    }
}
