//! Rows as CSV (RFC 4180) or with another delimiter, safe to open in a spreadsheet program.

/// The byte order mark by which Excel knows UTF-8. Stands first in a file.
pub const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// Appends one cell. With `guard`, a text that a spreadsheet program would take for a formula gets an
/// apostrophe before it, by which such programs know text. Whether it got one.
pub fn csv_cell(out: &mut Vec<u8>, text: &str, delimiter: u8, guard: bool) -> bool {
    let guarded = guard && is_formula(text);
    let special = |byte: u8| byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n');
    if !text.bytes().any(special) {
        if guarded {
            out.push(b'\'');
        }
        out.extend_from_slice(text.as_bytes());
        return guarded;
    }
    out.push(b'"');
    if guarded {
        out.push(b'\'');
    }
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=at]);
        out.push(b'"');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
    guarded
}

/// Appends a row with its line break; how many of its cells were guarded. A row that would be a blank
/// line, which readers leave out, gets quotes.
pub fn csv_row<'a>(
    out: &mut Vec<u8>,
    cells: impl IntoIterator<Item = &'a str>,
    delimiter: u8,
    guard: bool,
) -> u64 {
    let begin = out.len();
    let mut guarded = 0;
    for (column, cell) in cells.into_iter().enumerate() {
        if column > 0 {
            out.push(delimiter);
        }
        guarded += u64::from(csv_cell(out, cell, delimiter, guard));
    }
    if out[begin..].iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        out.insert(begin, b'"');
        out.push(b'"');
    }
    out.extend_from_slice(b"\r\n");
    guarded
}

/// Whether a text is a number just as a spreadsheet program shows it: no leading zero or plus, no zeros
/// at the end of its decimals, no exponent, at most 15 digits. Only such a text loses nothing when it
/// becomes a number of a workbook.
pub fn is_canonical_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole)
        && fraction.is_none_or(|part| all(part) && !part.ends_with('0'))
        && (whole == "0" || !whole.starts_with('0'))
        && whole.len() + fraction.map_or(0, str::len) <= 15
        && text != "-0"
}

/// Whether a spreadsheet program may take a text for a formula: it begins with a character that leads one,
/// and is no number.
pub fn is_formula(text: &str) -> bool {
    let leads = |first: char| {
        matches!(
            first,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠'
        )
    };
    text.starts_with(leads) && !is_plain_number(text)
}

/// A sign, digits with points or commas between them, and an exponent.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix(['+', '-']).unwrap_or(exponent),
        ),
        None => (digits, "0"),
    };
    let all = |text: &str, more: &[char]| {
        text.chars()
            .all(|c| c.is_ascii_digit() || more.contains(&c))
            && text.contains(|c: char| c.is_ascii_digit())
    };
    all(mantissa, &['.', ',']) && all(exponent, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_a_workbook_shows_as_they_are_written() {
        for text in ["0", "-5", "39.1", "0.05", "123456789012345"] {
            assert!(is_canonical_number(text), "{text}");
        }
        for text in [
            "",
            "007",
            "+1",
            "1.50",
            "1e5",
            "1,5",
            ".5",
            "5.",
            "-0",
            "1234567890123456",
            "NaN",
            "--1",
        ] {
            assert!(!is_canonical_number(text), "{text}");
        }
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let check = |text: &str, expected: &str| {
            let mut out = Vec::new();
            assert!(!csv_cell(&mut out, text, b',', true));
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check("", "");
        check("a b", "a b");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("a\r\nb", "\"a\r\nb\"");
        check("a;b\tc", "a;b\tc");
    }

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        let check = |text: &str, expected: &str| {
            let mut out = Vec::new();
            let guarded = csv_cell(&mut out, text, b',', true);
            assert_eq!(String::from_utf8_lossy(&out), expected);
            assert_eq!(guarded, expected.trim_start_matches('"').starts_with('\''));
            out.clear();
            assert!(!csv_cell(&mut out, text, b',', false));
        };
        check("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1");
        check("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"");
        check("-2+3", "'-2+3");
        check("@SUM(A1)", "'@SUM(A1)");
        check("+41 79 000", "'+41 79 000");
        check("\t=1", "'\t=1");
        check("\r=1", "\"'\r=1\"");
        check("\0", "'\0");
        check("＝1", "'＝1");
        check("-", "'-");
        check("+", "'+");
        for number in ["-5", "+3.25e-7", "-.5", "+41790000000"] {
            check(number, number);
        }
        for number in ["-1,5", "-1.234,5"] {
            check(number, &format!("\"{number}\""));
        }
        check("a=1", "a=1");
    }

    #[test]
    fn no_row_is_a_blank_line() {
        let check = |cells: &[&str], expected: &str| {
            let mut out = Vec::new();
            csv_row(&mut out, cells.iter().copied(), b',', true);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check(&["a", "b,c", ""], "a,\"b,c\",\r\n");
        check(&[""], "\"\"\r\n");
        check(&["  "], "\"  \"\r\n");
        check(&["", ""], ",\r\n");
    }
}
