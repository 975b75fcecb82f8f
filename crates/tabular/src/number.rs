//! Numbers as people write them: what the wire accepts, thousands groups, decimal commas. Knows
//! nothing of columns or tables.
//!
//! The rules by name, beyond what the wire reads itself:
//! *groups*: thousands set apart by a comma (a point under [`Reading::DecimalComma`]), a space of any
//! width or an apostrophe, one kind in a number, the first group without a leading zero; also India's
//! `12,34,567`; *minus*: U+2212 is a minus; *currency*: one sign such as `$` or `€` at either end is
//! left out. A percent sign is no part of a number, because nobody but the person knows whether the
//! model wants 12.5 or 0.125.

use crate::check::Reading;
use portico_api::cell;

/// The longest number that is rewritten, in bytes; longer ones are read only as the wire reads them.
const LONGEST: usize = 64;
/// Powers of ten that a double holds exactly.
const POWERS: [f64; 19] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18,
];
/// The largest whole number below which a double holds each.
const EXACT: u64 = 1 << 53;

/// A number and whether its text had to be rewritten to be one on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Read<T> {
    /// The number.
    pub value: T,
    /// Whether the text is not what the wire itself takes for this number.
    pub converted: bool,
}

/// A number of few digits in the simplest notation: a sign, digits, a decimal point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Simple {
    /// The number, correctly rounded.
    pub value: f64,
    /// All digits as one whole number, with the sign: `-1.25` has -125.
    pub digits: i64,
    /// Whether there is a decimal point.
    pub point: bool,
    /// Whether the point could set thousands apart: `1.234`, not `0.123` or `12.34`.
    pub groups: bool,
}

impl Simple {
    /// Reads a number; `None` says that it takes the longer way, not that it is no number.
    #[inline]
    pub fn read(text: &[u8]) -> Option<Self> {
        let (negative, body) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if body.len() > 19 {
            return None;
        }
        let mut digits = 0_u64;
        let mut point = None;
        for (at, &byte) in body.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                digits = digits * 10 + u64::from(digit);
            } else if byte == b'.' && point.is_none() {
                point = Some(at);
            } else {
                return None;
            }
        }
        let count = body.len() - usize::from(point.is_some());
        if count == 0 || count > 18 {
            return None;
        }
        let decimals = point.map_or(0, |at| body.len() - at - 1);
        if decimals > 0 && digits > EXACT {
            return None;
        }
        // Both operands are exact, so that the quotient is rounded once: the nearest double.
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact up to 2^53, and rounded to the nearest past it, which is what is wanted"
        )]
        let size = digits as f64 / POWERS[decimals];
        let digits = i64::try_from(digits).ok()?;
        Some(Self {
            value: if negative { -size } else { size },
            digits: if negative { -digits } else { digits },
            point: point.is_some(),
            groups: decimals == 3 && (4..=6).contains(&count) && body[0] != b'0',
        })
    }
}

/// Reads a number. Space around it does not count; `NaN` is one (it means missing in a table).
pub fn double(text: &str, reading: Reading) -> Option<Read<f64>> {
    plain(text, reading, |text| {
        Simple::read(text.as_bytes())
            .map_or_else(|| cell::double(text), |simple| Some(simple.value))
    })
}

/// Reads a whole number, `3.0` too; exact to 64 bits.
pub fn whole(text: &str, reading: Reading) -> Option<Read<i64>> {
    plain(text, reading, |text| {
        text.parse().ok().or_else(|| {
            let number = cell::double(text)?;
            // 2^53: past it a double can't tell neighbouring whole numbers apart.
            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be whole and within 2^53"
            )]
            (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0)
                .then_some(number as i64)
        })
    })
}

/// A number's text as the wire takes it; `None` if it is none. The same text where the wire takes it so.
pub fn on_the_wire(text: &str, reading: Reading) -> Option<String> {
    let text = text.trim();
    if by_the_wire(text, reading) && cell::double(text).is_some() {
        return Some(text.to_owned());
    }
    rewritten(text, reading).map(|plain| plain.as_str().to_owned())
}

/// Whether a reading leaves this text to the wire's own rule first.
fn by_the_wire(text: &str, reading: Reading) -> bool {
    reading != Reading::DecimalComma || !text.bytes().any(|byte| matches!(byte, b'.' | b','))
}

fn plain<T>(text: &str, reading: Reading, read: impl Fn(&str) -> Option<T>) -> Option<Read<T>> {
    let text = text.trim();
    if by_the_wire(text, reading)
        && let Some(value) = read(text)
    {
        return Some(Read {
            value,
            converted: false,
        });
    }
    let plain = rewritten(text, reading)?;
    Some(Read {
        value: read(plain.as_str())?,
        converted: true,
    })
}

/// A number's text with a decimal point and nothing else but a sign, digits and an exponent.
struct Plain {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Plain {
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// Takes a text apart by the named rules of this module.
fn rewritten(text: &str, reading: Reading) -> Option<Plain> {
    let (decimal, group) = match reading {
        Reading::DecimalComma => (b',', b'.'),
        Reading::Plain | Reading::DayFirst | Reading::MonthFirst => (b'.', b','),
    };
    let mut out = Plain {
        bytes: [0; LONGEST],
        length: 0,
    };
    let body = sign_and_currency(text, &mut out)?.as_bytes();
    let mut groups = Groups::default();
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        if byte.is_ascii_digit() {
            out.push(byte)?;
            groups.digit(byte);
            at += 1;
        } else if byte == decimal || matches!(byte, b'e' | b'E') {
            break;
        } else {
            let (mark, width) = separator(&body[at..], group)?;
            groups.close(mark)?;
            at += width;
        }
    }
    let grouped = groups.finish()?;
    let mut digits = groups.digits;
    if body.get(at) == Some(&decimal) {
        out.push(b'.')?;
        at += 1;
        let before = digits;
        while let Some(byte) = body.get(at).filter(|byte| byte.is_ascii_digit()) {
            out.push(*byte)?;
            digits += 1;
            at += 1;
        }
        if digits == before {
            return None;
        }
    }
    if digits == 0 {
        return None;
    }
    if matches!(body.get(at), Some(b'e' | b'E')) && !grouped {
        for &byte in &body[at..] {
            out.push(byte)?;
        }
        return cell::double(out.as_str()).map(|_| out);
    }
    (at == body.len()).then_some(out)
}

/// Writes the sign and leaves out one currency sign, before or after; what remains of the text.
fn sign_and_currency<'a>(text: &'a str, out: &mut Plain) -> Option<&'a str> {
    let currency = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₹' | '₩');
    let bare = |text: &'a str| match text.strip_prefix(['-', '−']) {
        Some(rest) => (Some(b'-'), rest),
        None => match text.strip_prefix('+') {
            Some(rest) => (Some(b'+'), rest),
            None => (None, text),
        },
    };
    let (mut sign, mut body) = bare(text);
    if let Some(rest) = body.strip_prefix(currency) {
        body = rest.trim_start();
        if sign.is_none() {
            (sign, body) = bare(body);
        }
    } else if let Some(rest) = body.strip_suffix(currency) {
        body = rest.trim_end();
    }
    if let Some(sign) = sign {
        out.push(sign)?;
    }
    Some(body)
}

/// A mark between groups of digits, by its kind, and its length in bytes.
fn separator(text: &[u8], group: u8) -> Option<(u8, usize)> {
    match text {
        [b' ', ..] => Some((b' ', 1)),
        // No-break space; thin and narrow no-break space: spaces all.
        [0xC2, 0xA0, ..] => Some((b' ', 2)),
        [0xE2, 0x80, 0xAF | 0x89, ..] => Some((b' ', 3)),
        [b'\'', ..] => Some((b'\'', 1)),
        [0xE2, 0x80, 0x99, ..] => Some((b'\'', 3)),
        [byte, ..] if *byte == group => Some((group, 1)),
        _ => None,
    }
}

/// The groups of a number's whole part, as far as they are read.
#[derive(Default)]
struct Groups {
    digits: usize,
    /// Digits since the last mark.
    run: usize,
    first: usize,
    zero_led: bool,
    mark: Option<u8>,
    /// Groups after the first, the last one not counted: of three digits, of two.
    threes: usize,
    twos: usize,
}

impl Groups {
    fn digit(&mut self, byte: u8) {
        if self.digits == 0 {
            self.zero_led = byte == b'0';
        }
        self.digits += 1;
        self.run += 1;
    }

    fn close(&mut self, mark: u8) -> Option<()> {
        if *self.mark.get_or_insert(mark) != mark {
            return None;
        }
        match (self.first, self.run) {
            (0, 1..=3) => self.first = self.run,
            (1.., 3) => self.threes += 1,
            (1.., 2) => self.twos += 1,
            _ => return None,
        }
        self.run = 0;
        Some(())
    }

    /// Whether there are groups at all; `None` if they are not set as thousands are.
    fn finish(&self) -> Option<bool> {
        let Some(mark) = self.mark else {
            return Some(false);
        };
        let indian = self.twos > 0;
        let fits = self.run == 3
            && !self.zero_led
            && (!indian || (mark == b',' && self.threes == 0 && self.first <= 2));
        fits.then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str, reading: Reading) -> Option<f64> {
        double(text, reading).map(|read| read.value)
    }

    #[test]
    fn points_and_groups() {
        let check = |text: &str, expected: Option<f64>| {
            assert_eq!(value(text, Reading::Plain), expected, "{text}");
        };
        check(" 1.5 ", Some(1.5));
        check("1e3", Some(1000.0));
        check("1,234,567.5", Some(1_234_567.5));
        check("1,234", Some(1234.0));
        check("12,34,567", Some(1_234_567.0));
        check("1 234\u{a0}567", Some(1_234_567.0));
        check("1\u{202f}234.5", Some(1234.5));
        check("1'234.50", Some(1234.5));
        check("1’234", Some(1234.0));
        check("−5", Some(-5.0));
        check("$1,234.50", Some(1234.5));
        check("-$5", Some(-5.0));
        check("$-5", Some(-5.0));
        check("12.50 €", Some(12.5));
        for refused in [
            "1,5",
            "1,23",
            "0,123",
            "1,2345",
            "12,345,67",
            "1,234 567",
            "1,234e3",
            "12.5%",
            "1.2.3",
            "1,234.",
            ",234",
            "$",
            "-",
            "--5",
            "$5€",
            "1  234",
            "(5)",
            "5 kg",
            "1,,234",
            "１",
        ] {
            check(refused, None);
        }
    }

    #[test]
    fn decimal_commas() {
        let check = |text: &str, expected: Option<f64>| {
            assert_eq!(value(text, Reading::DecimalComma), expected, "{text}");
        };
        check("1.234,5", Some(1234.5));
        check("1,5", Some(1.5));
        check("-0,125", Some(-0.125));
        check(",5", Some(0.5));
        check("1 234,5", Some(1234.5));
        check("1,234", Some(1.234));
        check("1.234", Some(1234.0));
        check("1.234.567", Some(1_234_567.0));
        check("1,5e3", Some(1500.0));
        check("1e3", Some(1000.0));
        check("15", Some(15.0));
        check("1.234 €", Some(1234.0));
        for refused in [
            "1.5",
            "0.123",
            "1,234.5",
            "1.2345",
            "12.34.567",
            "1,",
            "1,5,2",
        ] {
            check(refused, None);
        }
    }

    #[test]
    fn whole_numbers_are_exact_to_64_bits() {
        let check = |text: &str, reading, expected: Option<i64>| {
            assert_eq!(
                whole(text, reading).map(|read| read.value),
                expected,
                "{text}"
            );
        };
        check("9223372036854775807", Reading::Plain, Some(i64::MAX));
        check(
            "9,007,199,254,740,993",
            Reading::Plain,
            Some(9_007_199_254_740_993),
        );
        check(
            "9.007.199.254.740.993",
            Reading::DecimalComma,
            Some(9_007_199_254_740_993),
        );
        check("3.0", Reading::Plain, Some(3));
        check("3,0", Reading::DecimalComma, Some(3));
        check("3.5", Reading::Plain, None);
        check("9223372036854775808", Reading::Plain, None);
        check("inf", Reading::Plain, None);
    }

    #[test]
    fn the_wire_gets_a_point() {
        assert_eq!(
            on_the_wire("1.234,5", Reading::DecimalComma).as_deref(),
            Some("1234.5")
        );
        assert_eq!(on_the_wire(" 1e3", Reading::Plain).as_deref(), Some("1e3"));
        assert_eq!(on_the_wire("tall", Reading::Plain), None);
    }

    proptest! {
        #[test]
        fn the_short_way_reads_as_rust_does(text in "[+-]?[0-9]{0,18}(\\.[0-9]{0,12})?") {
            if let Some(simple) = Simple::read(text.as_bytes()) {
                prop_assert_eq!(Some(simple.value.to_bits()), text.parse::<f64>().ok().map(f64::to_bits));
                if !simple.point {
                    prop_assert_eq!(Some(simple.digits), text.parse::<i64>().ok());
                }
            }
        }

        #[test]
        fn groups_and_a_comma_change_nothing(whole in 0_u32.., cents in 0_u8..100) {
            let plain = format!("{whole}.{cents:02}");
            let digits = whole.to_string();
            let mut grouped = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at) % 3 == 0 {
                    grouped.push('.');
                }
                grouped.push(digit);
            }
            prop_assert_eq!(
                value(&format!("{grouped},{cents:02}"), Reading::DecimalComma),
                plain.parse::<f64>().ok()
            );
            prop_assert_eq!(
                value(&format!("{}.{cents:02}", grouped.replace('.', "'")), Reading::Plain),
                plain.parse::<f64>().ok()
            );
        }
    }
}
