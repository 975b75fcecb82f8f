//! The texts that cells of a workbook share, one after another in one memory.

use super::xml::{Token, Xml, decode};
use crate::refusal::Refusal;

/// The longest text of a cell. Excel takes 32,767 characters; nothing sensible is near this.
const LONGEST: usize = 16 << 20;

/// Shared texts by number.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Reads a part of shared texts.
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Self, Refusal> {
        let mut strings = Self::default();
        let mut raw = Vec::new();
        loop {
            match xml.next()? {
                Token::Open(tag) if tag.name == b"si" => {
                    if !tag.empty {
                        rich(xml, b"si", &mut raw, &mut strings.text)?;
                    }
                    strings
                        .ends
                        .push(u32::try_from(strings.text.len()).unwrap_or(u32::MAX));
                }
                Token::End => return Ok(strings),
                _ => {}
            }
        }
    }

    /// A text by its number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)? as usize;
        let start = match number {
            0 => 0,
            _ => self.ends[number - 1] as usize,
        };
        self.text.get(start..end)
    }
}

/// Adds the text of a `si` or `is` element, whose beginning was just read: its runs joined, without the
/// readings of Japanese words.
pub(super) fn rich(
    xml: &mut Xml<'_>,
    element: &[u8],
    raw: &mut Vec<u8>,
    out: &mut String,
) -> Result<(), Refusal> {
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"t" => {
                let keep = tag.attribute("space") == Some(b"preserve");
                let from = out.len();
                if !tag.empty {
                    plain(xml, raw, out)?;
                }
                if !keep {
                    trim(out, from);
                }
                unescape(out, from);
            }
            Token::Open(tag) if tag.name == b"rPh" => {
                let empty = tag.empty;
                xml.pass(empty)?;
            }
            Token::Close(name) if name == element => return Ok(()),
            Token::End => return Ok(()),
            _ => {}
        }
    }
}

/// Adds the text of an element whose beginning was just read, up to its end.
pub(super) fn plain(xml: &mut Xml<'_>, raw: &mut Vec<u8>, out: &mut String) -> Result<(), Refusal> {
    raw.clear();
    let mut within = 0_usize;
    let from = out.len();
    loop {
        match xml.next()? {
            // A piece may end within a character, so pieces are joined before they become text.
            Token::Text(piece) => raw.extend_from_slice(piece),
            Token::Data(piece) => {
                decode(raw, out);
                raw.clear();
                out.push_str(&String::from_utf8_lossy(piece));
            }
            Token::Open(tag) => within += usize::from(!tag.empty),
            Token::Close(_) if within > 0 => within -= 1,
            Token::Close(_) | Token::End => {
                decode(raw, out);
                return Ok(());
            }
        }
        if raw.len() + out.len() - from > LONGEST {
            return Err(Refusal::new(
                "cell_too_long",
                "A cell of this workbook holds more than 16 MB of text. Shorten it and save again.",
            ));
        }
    }
}

/// Takes spaces off both ends of what was added, as XML does where nothing says to keep them.
fn trim(out: &mut String, from: usize) {
    let spaces = [' ', '\t', '\r', '\n'];
    let end = from + out[from..].trim_end_matches(spaces).len();
    out.truncate(end);
    let lead = out[from..].len() - out[from..].trim_start_matches(spaces).len();
    out.replace_range(from..from + lead, "");
}

/// Resolves `_x000D_` and its like, which stand for characters that XML can't hold.
pub(super) fn unescape(out: &mut String, from: usize) {
    if !out[from..].contains("_x") {
        return;
    }
    let added = out.split_off(from);
    let mut rest = added.as_str();
    let mut units: Vec<u16> = Vec::new();
    while let Some(at) = rest.find('_') {
        let unit = rest.get(at..at + 7).and_then(escape);
        if at > 0 || unit.is_none() {
            flush(&mut units, out);
            out.push_str(&rest[..at]);
        }
        match unit {
            Some(unit) => {
                units.push(unit);
                rest = &rest[at + 7..];
            }
            None => {
                out.push('_');
                rest = &rest[at + 1..];
            }
        }
    }
    flush(&mut units, out);
    out.push_str(rest);
}

/// The unit of UTF-16 that `_xHHHH_` stands for.
pub(super) fn escape(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("_x")?.strip_suffix('_')?;
    let hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or('\u{FFFD}')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_what_they_stand_for() {
        for (written, expected) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_xD83D__xDCF7_!", "\u{1F4F7}!"),
            ("_xD83D_x", "\u{FFFD}x"),
            ("_x00_ _xZZZZ_ __x0041_", "_x00_ _xZZZZ_ _A"),
            ("_", "_"),
            ("_xäöü_", "_xäöü_"),
        ] {
            let mut out = "kept _x0041_ ".to_owned();
            let from = out.len();
            out.push_str(written);
            unescape(&mut out, from);
            assert_eq!(out, format!("kept _x0041_ {expected}"));
        }
    }
}
