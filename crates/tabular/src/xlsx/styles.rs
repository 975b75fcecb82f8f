//! What a cell's number format says that its number is: the only mark of a date in a workbook.

use super::xml::{Token, Xml};
use crate::refusal::Refusal;
use std::collections::HashMap;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number.
    Number,
    /// A number that is shown with leading zeros, such as a postal code.
    Padded,
    /// A day.
    Date,
    /// A time of the day.
    Time,
    /// A day and a time.
    Moment,
    /// A time that passed, of any number of hours.
    Duration,
}

/// More formats than Excel takes.
const MOST: usize = 1 << 17;

/// Kinds by the number of the cell format.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Vec<Kind>, Refusal> {
    let mut codes: HashMap<u32, Kind> = HashMap::new();
    let mut kinds = Vec::new();
    let mut within = false;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"numFmt" && codes.len() < MOST => {
                if let (Some(id), Some(code)) = (tag.number("numFmtId"), tag.text("formatCode")) {
                    codes.insert(id, of_code(&code));
                }
            }
            Token::Open(tag) if tag.name == b"cellXfs" => within = !tag.empty,
            Token::Close(b"cellXfs") => within = false,
            Token::Open(tag) if within && tag.name == b"xf" && kinds.len() < MOST => {
                let id = tag.number("numFmtId").unwrap_or(0);
                kinds.push(codes.get(&id).copied().unwrap_or_else(|| built_in(id)));
            }
            Token::End => return Ok(kinds),
            _ => {}
        }
    }
}

/// The kind of a format that has no code of its own (ECMA-376, 18.8.30; those of East Asia are dates).
fn built_in(id: u32) -> Kind {
    match id {
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Kind::Date,
        18..=21 | 32..=35 | 45 | 47 | 55 | 56 => Kind::Time,
        22 => Kind::Moment,
        46 => Kind::Duration,
        _ => Kind::Number,
    }
}

/// The kind that a format's code says. Only its first section counts.
fn of_code(code: &str) -> Kind {
    if code.to_ascii_lowercase().starts_with("general") {
        return Kind::Number;
    }
    let (mut day, mut clock, mut month) = (false, false, false);
    let mut last = ' ';
    let mut zeros = 0;
    let mut other = false;
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => {
                chars.by_ref().find(|c| *c == '"');
            }
            // The next one stands for itself, for its width, or fills the cell.
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let lower = inside.to_ascii_lowercase();
                let all = |letter| !lower.is_empty() && lower.chars().all(|c| c == letter);
                if all('h') || all('m') || all('s') {
                    return Kind::Duration;
                }
            }
            'a' | 'A' => {
                let rest = chars.as_str();
                for mark in ["m/pm", "/p"] {
                    if rest
                        .get(..mark.len())
                        .is_some_and(|rest| rest.eq_ignore_ascii_case(mark))
                    {
                        clock = true;
                        chars = rest[mark.len()..].chars();
                        break;
                    }
                }
            }
            _ => match c.to_ascii_lowercase() {
                'y' | 'd' | 'e' | 'g' | 'b' if !(c == 'E' && matches!(last, '0' | '#' | '.')) => {
                    day = true;
                    last = 'd';
                }
                'h' => {
                    clock = true;
                    last = 'h';
                }
                // Months or minutes: minutes after hours and before seconds.
                'm' if last == 'h' || last == 'n' => last = 'n',
                'm' => {
                    month = true;
                    last = 'm';
                }
                's' => {
                    clock = true;
                    if last == 'm' {
                        month = false;
                    }
                    last = 's';
                }
                '0' => {
                    zeros += 1;
                    last = '0';
                }
                '#' | '?' | '.' | ',' | '%' | '@' => {
                    other = true;
                    last = c;
                }
                _ => {}
            },
        }
    }
    match (day || month, clock) {
        (true, true) => Kind::Moment,
        (true, false) => Kind::Date,
        (false, true) => Kind::Time,
        (false, false) if zeros > 1 && !other => Kind::Padded,
        (false, false) => Kind::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_its_numbers_are() {
        for (code, expected) in [
            ("General", Kind::Number),
            ("0", Kind::Number),
            ("0.00", Kind::Number),
            ("#,##0.00", Kind::Number),
            ("0.00E+00", Kind::Number),
            ("##0.0E+0", Kind::Number),
            ("0%", Kind::Number),
            ("00000", Kind::Padded),
            ("000-00", Kind::Padded),
            ("\"day \"0", Kind::Number),
            ("[Red]0.0", Kind::Number),
            ("#,##0.00\\ [$€-407]", Kind::Number),
            ("_-* #,##0.00\\ _d_-", Kind::Number),
            ("0_);[Red]\\(0\\)", Kind::Number),
            ("@", Kind::Number),
            ("yyyy-mm-dd", Kind::Date),
            ("DD/MM/YY", Kind::Date),
            ("[$-409]d-mmm-yy;@", Kind::Date),
            ("mmm", Kind::Date),
            ("mmmm yyyy", Kind::Date),
            ("m/d/yy h:mm", Kind::Moment),
            ("yyyy\\-mm\\-dd\\Thh:mm:ss.000", Kind::Moment),
            ("h:mm AM/PM", Kind::Time),
            ("hh:mm:ss", Kind::Time),
            ("h:mm:ss AM/PM", Kind::Time),
            ("h:mm:ss a/p", Kind::Time),
            ("General\\ \"d\"", Kind::Number),
            ("mm:ss", Kind::Time),
            ("[h]:mm", Kind::Duration),
            ("[mm]:ss", Kind::Duration),
            ("[ss].00", Kind::Duration),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }
}
