//! The XML of cells that are written. Text is always text: nothing that is written can be a formula.

use super::serial;
use super::strings;
use crate::limits;
use crate::place;
use crate::refusal::Refusal;

/// What goes into a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Out<'a> {
    /// Nothing.
    Empty,
    /// A text, whatever it looks like.
    Text(&'a str),
    /// A number in decimal notation. One that a spreadsheet would round is written as text all the same:
    /// whole numbers of more than 15 digits, and whatever a float of 64 bits does not hold.
    Number(&'a str),
    /// True or false.
    Boolean(bool),
}

/// Adds a cell. `style` is the number of a cell format.
///
/// # Errors
/// When a text is longer than a spreadsheet takes.
pub(super) fn cell(
    value: Out<'_>,
    (row, column): (u32, u32),
    letters: &str,
    style: u32,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let value = match value {
        Out::Empty if style == 0 => return Ok(()),
        Out::Number(number) if !exact(number) => Out::Text(number),
        value => value,
    };
    out.extend_from_slice(b"<c r=\"");
    out.extend_from_slice(letters.as_bytes());
    decimal(row + 1, out);
    if style > 0 {
        out.extend_from_slice(b"\" s=\"");
        decimal(style, out);
    }
    match value {
        Out::Empty => out.extend_from_slice(b"\"/>"),
        Out::Text(text) => {
            let long = text.len() > limits::XLSX_CELL_CHARS
                && text.encode_utf16().count() > limits::XLSX_CELL_CHARS;
            if long {
                return Err(Refusal::new(
                    "cell_too_long",
                    format!(
                        "The text of {}{} is longer than the {} characters that a workbook's cell takes. Download the rows as CSV.",
                        place::letters(column),
                        row + 1,
                        limits::XLSX_CELL_CHARS
                    ),
                ));
            }
            out.extend_from_slice(b"\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
            escape(text, out);
            out.extend_from_slice(b"</t></is></c>");
        }
        Out::Number(number) => {
            out.extend_from_slice(b"\"><v>");
            out.extend_from_slice(number.as_bytes());
            out.extend_from_slice(b"</v></c>");
        }
        Out::Boolean(value) => {
            out.extend_from_slice(b"\" t=\"b\"><v>");
            out.push(if value { b'1' } else { b'0' });
            out.extend_from_slice(b"</v></c>");
        }
    }
    Ok(())
}

/// Whether a spreadsheet shows and keeps a number as it is written here.
fn exact(written: &str) -> bool {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if digits.len() > 1 && digits.starts_with('0') && !digits[1..].starts_with(['.', 'e', 'E']) {
        return false;
    }
    if whole {
        return digits.len() <= 15;
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.ends_with('.') {
        return false;
    }
    let Some(value) = serial::value(written) else {
        return false;
    };
    let count = digits
        .bytes()
        .take_while(|byte| !matches!(byte, b'e' | b'E'))
        .filter(u8::is_ascii_digit)
        .count();
    if count <= 15 {
        return true;
    }
    let mut shortest = String::new();
    serial::shortest(value, &mut shortest);
    significant(&shortest) == significant(written)
}

/// A number's digits without zeros around them, and its power of ten: equal for equal numbers.
fn significant(written: &str) -> (String, i64) {
    let (digits, exponent) = match written.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse().unwrap_or(0)),
        None => (written, 0),
    };
    let fraction = digits
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    let all: String = digits.chars().filter(char::is_ascii_digit).collect();
    let all = all.trim_start_matches('0');
    let kept = all.trim_end_matches('0');
    let zeros = i64::try_from(all.len() - kept.len()).unwrap_or(0);
    let power = exponent - i64::try_from(fraction).unwrap_or(0) + zeros;
    (kept.to_owned(), power)
}

/// Adds a text as XML. What XML can't hold, or would change, becomes `_xHHHH_`.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let tail = &rest[at..];
        let Some(found) = tail.chars().next() else {
            return;
        };
        match found {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '_' => match tail.get(..7).and_then(strings::escape) {
                Some(_) => out.extend_from_slice(b"_x005F_"),
                None => out.push(b'_'),
            },
            other => out.extend_from_slice(format!("_x{:04X}_", u32::from(other)).as_bytes()),
        }
        rest = &tail[found.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
}

fn special(c: char) -> bool {
    match c {
        '&' | '<' | '>' | '_' => true,
        '\t' | '\n' => false,
        _ => c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}'),
    }
}

/// Adds a value for an attribute in double quotes.
pub(super) fn attribute(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\n' => out.extend_from_slice(b"&#10;"),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push(b' '),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Adds a whole number.
pub(super) fn decimal(mut number: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_be_rounded_are_texts() {
        for (number, expected) in [
            ("0", true),
            ("-12.5", true),
            ("0.5", true),
            ("123456789012345", true),
            ("1234567890123456", false),
            ("9007199254740993", false),
            ("0.8234567890123456", true),
            ("0.1000000000000000055511151231257827", false),
            ("1.5e-10", true),
            ("1e400", false),
            ("007", false),
            ("+5", false),
            (".5", false),
            ("5.", false),
            ("", false),
            ("-", false),
            ("1,5", false),
            ("=1+1", false),
            ("inf", false),
            ("0x10", false),
        ] {
            assert_eq!(exact(number), expected, "{number}");
        }
    }
}
