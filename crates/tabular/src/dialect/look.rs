//! What a cell looks like: a number, a date, nothing. Only to tell dialects and headers apart; what a cell
//! means to a model is not decided here. Bytes outside ASCII are letters, in whatever encoding.

/// What a cell looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Look {
    /// Nothing, or a word that stands for nothing.
    Empty,
    /// A number, with whatever marks it has between its digits, or a sign of a currency or `%` beside it.
    Number,
    /// A date, a time, or both.
    Date,
    /// `true`, `no` and the like.
    Truth,
    /// An address on the web or of mail.
    Address,
    /// Words.
    Text,
}

impl Look {
    /// Whether it is of a kind that a header hardly is.
    pub fn is_value(self) -> bool {
        matches!(self, Self::Number | Self::Date | Self::Truth)
    }
}

/// What a cell looks like.
pub(crate) fn look(cell: &[u8]) -> Look {
    let cell = cell.trim_ascii();
    if is_null(cell) {
        Look::Empty
    } else if is_number(cell) {
        Look::Number
    } else if is_date(cell) {
        Look::Date
    } else if is_truth(cell) {
        Look::Truth
    } else if is_address(cell) {
        Look::Address
    } else {
        Look::Text
    }
}

fn is_null(cell: &[u8]) -> bool {
    const NULLS: [&[u8]; 10] = [
        b"na", b"n/a", b"#n/a", b"null", b"nil", b"none", b"nan", b"-", b"?", b".",
    ];
    cell.is_empty() || NULLS.iter().any(|null| cell.eq_ignore_ascii_case(null))
}

fn is_truth(cell: &[u8]) -> bool {
    const TRUTHS: [&[u8]; 8] = [b"true", b"false", b"yes", b"no", b"y", b"n", b"on", b"off"];
    TRUTHS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Signs that stand beside amounts: `$`, `€`, `£`, `¥` in UTF-8, and `€`, `£`, `¥` in Windows-1252.
const CURRENCIES: [&[u8]; 7] = [
    b"$",
    b"\xE2\x82\xAC",
    b"\xC2\xA3",
    b"\xC2\xA5",
    b"\x80",
    b"\xA3",
    b"\xA5",
];

fn is_number(cell: &[u8]) -> bool {
    let mut rest = cell;
    rest = rest.strip_suffix(b"%").map_or(rest, <[u8]>::trim_ascii_end);
    for sign in CURRENCIES {
        rest = rest.strip_prefix(sign).unwrap_or(rest).trim_ascii_start();
        rest = rest.strip_suffix(sign).unwrap_or(rest).trim_ascii_end();
    }
    rest = match rest {
        [b'(', inner @ .., b')'] | [b'+' | b'-', inner @ ..] => inner,
        [0xE2, 0x88, 0x92, inner @ ..] => inner,
        _ => rest,
    };
    for sign in CURRENCIES {
        rest = rest.strip_prefix(sign).unwrap_or(rest);
    }
    is_digits_with_marks(rest)
}

/// Digits with points, commas, apostrophes or spaces in groups of three between them, and an exponent.
fn is_digits_with_marks(text: &[u8]) -> bool {
    let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if let Some(exponent) = exponent {
        let digits = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            digits => digits,
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return false;
        }
    }
    let mut parts = mantissa.split(|byte| matches!(byte, b'.' | b',' | b'\'' | b' '));
    let marks: Vec<u8> = mantissa
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_digit())
        .collect();
    let first = parts.next().unwrap_or_default();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if !digits(first) {
        return false;
    }
    if marks.is_empty() {
        return !first.is_empty();
    }
    // All marks but the last are between thousands, and the same one; the last may be the decimal mark.
    let rest: Vec<&[u8]> = parts.collect();
    let Some((last, middle)) = rest.split_last() else {
        return false;
    };
    let grouped = middle
        .iter()
        .all(|part| matches!(part.len(), 2 | 3) && digits(part))
        && marks[..marks.len() - 1]
            .windows(2)
            .all(|pair| pair[0] == pair[1])
        && (middle.is_empty() || (1..=3).contains(&first.len()));
    let decimal = matches!(marks.last(), Some(b'.' | b','));
    digits(last)
        && grouped
        && !(first.is_empty() && last.is_empty())
        && (decimal || last.len() == 3)
        && (middle.is_empty() || decimal && marks[0] != marks[marks.len() - 1] || last.len() == 3)
}

fn is_date(cell: &[u8]) -> bool {
    if is_day(cell) || is_time(cell) {
        return true;
    }
    let parts = cell.iter().position(|byte| matches!(byte, b' ' | b'T'));
    parts.is_some_and(|at| is_day(&cell[..at]) && is_time(&cell[at + 1..]))
}

fn is_day(text: &[u8]) -> bool {
    for mark in [b'-', b'/', b'.'] {
        let parts: Vec<&[u8]> = text.split(|byte| *byte == mark).collect();
        let [first, middle, last] = parts.as_slice() else {
            continue;
        };
        let digits = |part: &[u8], most: usize| {
            (1..=most).contains(&part.len()) && part.iter().all(u8::is_ascii_digit)
        };
        let month = digits(middle, 2)
            || mark == b'-' && middle.len() == 3 && middle.iter().all(u8::is_ascii_alphabetic);
        return month
            && (digits(first, 4) && digits(last, 2) && first.len() != 3
                || digits(first, 2) && digits(last, 4) && last.len() != 3);
    }
    false
}

fn is_time(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let clock = text
        .iter()
        .position(|byte| !(byte.is_ascii_digit() || matches!(byte, b':' | b'.')))
        .unwrap_or(text.len());
    let (clock, rest) = text.split_at(clock);
    let parts: Vec<&[u8]> = clock.split(|byte| *byte == b':').collect();
    let two = |part: &&[u8]| part.len() == 2 && part.iter().all(u8::is_ascii_digit);
    let seconds = |part: &&[u8]| part.get(..2).is_some_and(|part| two(&part));
    let right = match parts.as_slice() {
        [hours, minutes] => hours.len() <= 2 && !hours.is_empty() && two(minutes),
        [hours, minutes, rest] => hours.len() <= 3 && two(minutes) && seconds(rest),
        _ => false,
    };
    let rest = rest.trim_ascii();
    let zone = rest.is_empty()
        || rest.eq_ignore_ascii_case(b"z")
        || rest.eq_ignore_ascii_case(b"am")
        || rest.eq_ignore_ascii_case(b"pm")
        || matches!(rest, [b'+' | b'-', offset @ ..]
            if offset.iter().all(|byte| byte.is_ascii_digit() || *byte == b':'));
    right
        && parts
            .iter()
            .all(|part| part.first().is_some_and(u8::is_ascii_digit))
        && zone
}

fn is_address(cell: &[u8]) -> bool {
    let spaced = cell.iter().any(u8::is_ascii_whitespace);
    let web = [b"http://".as_slice(), b"https://", b"ftp://", b"www."]
        .iter()
        .any(|start| cell.len() > start.len() && cell[..start.len()].eq_ignore_ascii_case(start));
    let mail = cell
        .iter()
        .position(|byte| *byte == b'@')
        .is_some_and(|at| at > 0 && cell[at..].contains(&b'.'));
    !spaced && (web || mail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_look_as_they_do_to_a_person() {
        let check = |look_: Look, cells: &[&str]| {
            for cell in cells {
                assert_eq!(look(cell.as_bytes()), look_, "{cell:?}");
            }
        };
        check(Look::Empty, &["", "  ", "NA", "n/a", "-", "."]);
        check(
            Look::Number,
            &[
                "1",
                "-5",
                "+3.25",
                "1,5",
                ".5",
                "5.",
                "1e-5",
                "1,234,567.89",
                "1.234.567,89",
                "1 234,5",
                "1'234.50",
                "12,34,567",
                "$1,234.50",
                "1.234 €",
                "(12.5)",
                "12.5 %",
                "−5",
                "00501",
                "9007199254740993",
            ],
        );
        check(
            Look::Date,
            &[
                "2026-01-31",
                "31/1/2026",
                "31.01.26",
                "2026-01-31T12:30:00Z",
                "12:30",
                "2026-01-31 12:30:00.5+01:00",
                "9:15 pm",
                "29-Feb-2023",
            ],
        );
        check(Look::Truth, &["true", "No", "Y"]);
        check(Look::Address, &["https://a.example/x?y=1,2", "a@b.example"]);
        check(
            Look::Text,
            &[
                "name",
                "1,5;2,5",
                "5;2",
                "a b",
                "12:30:00,5.5",
                "1-2",
                "1.2.3.4",
                "e5",
                "--",
                "Straße",
                "1,,2",
                ",",
                "10.0.0.1",
                "MARCH1",
                "2024 01",
            ],
        );
    }
}
