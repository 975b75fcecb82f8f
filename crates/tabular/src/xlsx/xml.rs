//! Cuts an XML part into tags and texts, in a window of bounded size.
//!
//! Only what workbooks need, and that on purpose: a general parser holds a whole text or tag, however
//! long, before anybody can say no. Here a long text comes in pieces, a long tag is refused, and a
//! document type, where entities that grow without bound are declared, is refused outright. Knows
//! nothing of workbooks.

use super::budget::damaged;
use super::part::Part;
use crate::refusal::Refusal;
use memchr::{memchr, memchr2, memmem};

/// The window at first, and the least space that is filled at once.
const WINDOW: usize = 64 << 10;
/// The longest tag.
const TAG: usize = 1 << 20;
/// The most elements within each other.
const DEPTH: usize = 64;

/// What comes next in a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An element begins.
    Open(Tag<'a>),
    /// An element of this name ends. Not said of one that was empty.
    Close(&'a [u8]),
    /// A piece of text as it is written, with its entities; none is cut in two.
    Text(&'a [u8]),
    /// A piece of text without entities.
    Data(&'a [u8]),
    /// The end of the part.
    End,
}

/// The beginning of an element.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) struct Tag<'a> {
    /// Its name without the prefix.
    pub name: &'a [u8],
    /// Whether it ends at once.
    pub empty: bool,
    attributes: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Names without prefix and values as written, in order.
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes {
            rest: self.attributes,
        }
    }

    /// An attribute's value as written.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a [u8]> {
        self.attributes()
            .find_map(|(key, value)| (key == name.as_bytes()).then_some(value))
    }

    /// An attribute's value as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut out = String::new();
        decode(self.attribute(name)?, &mut out);
        Some(out)
    }

    /// Whether an attribute says yes.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.attribute(name), Some(b"1" | b"true" | b"on"))
    }

    /// An attribute's whole number.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        whole(self.attribute(name)?)
    }
}

/// Names without prefix and values as written.
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // Names and values are a few bytes long: a plain loop finds their ends sooner than memchr.
        let equals = self.rest.iter().position(|byte| *byte == b'=')?;
        let key = local(self.rest[..equals].trim_ascii());
        let after = self.rest[equals + 1..].trim_ascii_start();
        let (&quote, inside) = after.split_first()?;
        if quote != b'"' && quote != b'\'' {
            return None;
        }
        let end = inside.iter().position(|byte| *byte == quote)?;
        self.rest = &inside[end + 1..];
        Some((key, &inside[..end]))
    }
}

/// A part that is being cut.
pub(super) struct Xml<'a> {
    part: Part<'a>,
    window: Vec<u8>,
    at: usize,
    end: usize,
    all: bool,
    depth: usize,
    begun: bool,
}

impl<'a> Xml<'a> {
    /// Begins to cut a part.
    pub(super) fn new(part: Part<'a>) -> Self {
        Self {
            part,
            window: vec![0; WINDOW],
            at: 0,
            end: 0,
            all: false,
            depth: 0,
            begun: false,
        }
    }

    /// How many bytes were unpacked so far.
    pub(super) fn unpacked(&self) -> u64 {
        self.part.out()
    }

    /// What comes next.
    ///
    /// # Errors
    /// When the part is damaged, passes its budget, or holds what workbooks don't.
    pub(super) fn next(&mut self) -> Result<Token<'_>, Refusal> {
        if !self.begun {
            self.begun = true;
            self.more()?;
            self.mark()?;
        }
        loop {
            if self.at == self.end && !self.more()? {
                if self.depth > 0 {
                    return Err(damaged("a part of it ends too early"));
                }
                return Ok(Token::End);
            }
            if self.window[self.at] != b'<' {
                let length = self.text()?;
                let start = self.at;
                self.at += length;
                return Ok(Token::Text(&self.window[start..start + length]));
            }
            self.need(9)?;
            match self.window[self.at..self.end].get(1) {
                Some(b'?') => self.skip(b"?>")?,
                Some(b'!') => {
                    let rest = &self.window[self.at..self.end];
                    if rest.starts_with(b"<!--") {
                        self.skip(b"-->")?;
                    } else if rest.starts_with(b"<![CDATA[") {
                        let (start, end) = self.data()?;
                        return Ok(Token::Data(&self.window[start..end]));
                    } else {
                        return Err(Refusal::new(
                            "entities",
                            "This workbook declares entities or a document type, as no spreadsheet program does. It is not opened.",
                        ));
                    }
                }
                _ => {
                    let length = self.tag()?;
                    let start = self.at;
                    self.at += length;
                    return self.token(start, length);
                }
            }
        }
    }

    /// Passes over the rest of an element whose beginning was just read.
    ///
    /// # Errors
    /// As [`Xml::next`].
    pub(super) fn pass(&mut self, empty: bool) -> Result<(), Refusal> {
        if empty {
            return Ok(());
        }
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if self.next()? == Token::End {
                break;
            }
        }
        Ok(())
    }

    fn token(&mut self, start: usize, length: usize) -> Result<Token<'_>, Refusal> {
        let inside = &self.window[start + 1..start + length - 1];
        if let Some(name) = inside.strip_prefix(b"/") {
            self.depth = self
                .depth
                .checked_sub(1)
                .ok_or_else(|| damaged("its XML is malformed"))?;
            return Ok(Token::Close(local(name.trim_ascii())));
        }
        let (inside, empty) = match inside.strip_suffix(b"/") {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        if !empty {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(damaged("its XML is nested too deeply"));
            }
        }
        let name_end = inside
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(inside.len());
        Ok(Token::Open(Tag {
            name: local(&inside[..name_end]),
            attributes: &inside[name_end..],
            empty,
        }))
    }

    /// Passes a mark of the encoding.
    fn mark(&mut self) -> Result<(), Refusal> {
        self.need(4)?;
        let head = &self.window[self.at..self.end];
        if head.starts_with(b"\xEF\xBB\xBF") {
            self.at += 3;
        } else if head.starts_with(b"\xFE\xFF")
            || head.starts_with(b"\xFF\xFE")
            || head.contains(&0)
        {
            return Err(damaged("a part of it is not in UTF-8"));
        }
        Ok(())
    }

    /// Moves what is left to the front and unpacks more behind it. False at the end.
    fn more(&mut self) -> Result<bool, Refusal> {
        if self.all {
            return Ok(false);
        }
        self.window.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        if self.window.len() - self.end < WINDOW / 2 {
            self.window.resize(self.window.len() * 2, 0);
        }
        let got = self.part.fill(&mut self.window[self.end..])?;
        self.end += got;
        self.all = got == 0;
        Ok(got > 0)
    }

    /// Sees to it that so many bytes are in the window, unless the part is shorter.
    fn need(&mut self, bytes: usize) -> Result<(), Refusal> {
        while self.end - self.at < bytes && self.more()? {}
        Ok(())
    }

    /// How long the piece of text is that begins here.
    fn text(&mut self) -> Result<usize, Refusal> {
        let rest = &self.window[self.at..self.end];
        if let Some(length) = memchr(b'<', rest) {
            return Ok(length);
        }
        // An entity may go on behind the window. None that means anything is longer than this.
        let tail = rest.len().saturating_sub(12);
        let cut = match rest[tail..].iter().rposition(|byte| *byte == b'&') {
            Some(at) if tail + at > 0 && !rest[tail + at..].contains(&b';') => tail + at,
            Some(at) if tail + at == 0 && rest.len() < 12 && !rest.contains(&b';') => {
                return if self.more()? {
                    self.text()
                } else {
                    Ok(self.end - self.at)
                };
            }
            _ => rest.len(),
        };
        Ok(cut)
    }

    /// How long the tag is that begins here, with its brackets.
    fn tag(&mut self) -> Result<usize, Refusal> {
        let mut seen = 1;
        let mut quote = None;
        loop {
            let rest = &self.window[self.at..self.end];
            while seen < rest.len() {
                let byte = rest[seen];
                seen += 1;
                match (byte, quote) {
                    (b'>', None) => {
                        return match seen {
                            ..=2 => Err(damaged("its XML is malformed")),
                            TAG.. => Err(damaged("a tag in it is too long")),
                            _ => Ok(seen),
                        };
                    }
                    (b'"' | b'\'', None) => quote = Some(byte),
                    (_, Some(open)) if byte == open => quote = None,
                    _ => {}
                }
            }
            if seen >= TAG {
                return Err(damaged("a tag in it is too long"));
            }
            if !self.more()? {
                return Err(damaged("a part of it ends too early"));
            }
        }
    }

    /// Passes what ends so.
    fn skip(&mut self, end: &[u8]) -> Result<(), Refusal> {
        self.at += 2;
        loop {
            let rest = &self.window[self.at..self.end];
            if let Some(found) = memmem::find(rest, end) {
                self.at += found + end.len();
                return Ok(());
            }
            self.at += rest.len().saturating_sub(end.len() - 1);
            if !self.more()? {
                return Err(damaged("a part of it ends too early"));
            }
        }
    }

    /// Where the bytes of the `CDATA` section stand that begins here. It has to fit the longest tag.
    fn data(&mut self) -> Result<(usize, usize), Refusal> {
        loop {
            let rest = &self.window[self.at..self.end];
            if let Some(found) = memmem::find(rest, b"]]>") {
                let start = self.at + 9;
                let end = self.at + found;
                self.at += found + 3;
                return Ok((start, end.max(start)));
            }
            if rest.len() > TAG {
                return Err(damaged("a section in it is too long"));
            }
            if !self.more()? {
                return Err(damaged("a part of it ends too early"));
            }
        }
    }
}

/// The whole number that a value is.
pub(super) fn whole(value: &[u8]) -> Option<u32> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    match name.iter().position(|byte| *byte == b':') {
        Some(at) => &name[at + 1..],
        None => name,
    }
}

/// Adds a text as written to one as meant: entities resolved, line ends made `\n`. Broken UTF-8 reads as
/// U+FFFD, an entity that is not XML's own stays as it is written.
pub(super) fn decode(mut written: &[u8], out: &mut String) {
    while let Some(at) = memchr2(b'&', b'\r', written) {
        out.push_str(&String::from_utf8_lossy(&written[..at]));
        if written[at] == b'\r' {
            out.push('\n');
            written = &written[at + 1..];
            written = written.strip_prefix(b"\n").unwrap_or(written);
            continue;
        }
        let entity = &written[at..];
        let end = entity.iter().take(12).position(|byte| *byte == b';');
        match end.and_then(|end| Some((end, resolve(&entity[1..end])?))) {
            Some((end, meant)) => {
                out.push(meant);
                written = &entity[end + 1..];
            }
            None => {
                out.push('&');
                written = &entity[1..];
            }
        }
    }
    match std::str::from_utf8(written) {
        Ok(text) => out.push_str(text),
        Err(_) => out.push_str(&String::from_utf8_lossy(written)),
    }
}

fn resolve(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        _ => {
            let digits = std::str::from_utf8(name.strip_prefix(b"#")?).ok()?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Entry;
    use super::super::part::Budget;
    use super::*;

    fn tokens(xml: &[u8]) -> Result<Vec<String>, Refusal> {
        let mut crc = flate2::Crc::new();
        crc.update(xml);
        let entry = Entry {
            data: 0..xml.len(),
            deflated: false,
            size: xml.len() as u64,
            crc: crc.sum(),
        };
        let mut cut = Xml::new(Part::open(xml, &entry, Budget::workbook(0))?);
        let mut out = Vec::new();
        loop {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            out.push(match cut.next()? {
                Token::Open(tag) => {
                    let mut line = format!("<{}", text(tag.name));
                    for (key, value) in tag.attributes() {
                        line.push_str(&format!(" {}={}", text(key), text(value)));
                    }
                    if tag.empty {
                        line.push('/');
                    }
                    line
                }
                Token::Close(name) => format!("/{}", text(name)),
                Token::Text(piece) => {
                    let mut out = String::new();
                    decode(piece, &mut out);
                    out
                }
                Token::Data(piece) => format!("[{}", text(piece)),
                Token::End => return Ok(out),
            });
        }
    }

    #[test]
    fn cuts_what_workbooks_hold() {
        assert_eq!(
            tokens(b"\xEF\xBB\xBF<?xml version='1.0'?><!-- > --><x:a r:id = \"1>2\" b='\"'><c/>1 &lt; &#x32;&bad;\r\n<![CDATA[&lt;]]></x:a>"),
            Ok(vec![
                "<a id=1>2 b=\"".to_owned(),
                "<c/".to_owned(),
                "1 < 2&bad;\n".to_owned(),
                "[&lt;".to_owned(),
                "/a".to_owned(),
            ])
        );
    }

    #[test]
    fn a_document_type_is_refused_wherever_it_stands() {
        for lead in [0, 1, WINDOW - 5, WINDOW, 3 * WINDOW + 7] {
            let xml = format!(
                "<?xml?>{}<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
                " ".repeat(lead)
            );
            assert_eq!(
                tokens(xml.as_bytes()).map_err(|refusal| refusal.code),
                Err("entities")
            );
        }
    }

    #[test]
    fn an_entity_across_a_border_is_whole() {
        for lead in WINDOW - 16..WINDOW + 2 {
            let xml = format!("<a>{}&amp;&#x41;</a>", "x".repeat(lead));
            let text: String = tokens(xml.as_bytes())
                .unwrap()
                .into_iter()
                .filter(|token| token.starts_with(['x', '&', 'A']))
                .collect();
            assert_eq!(text, format!("{}&A", "x".repeat(lead)), "after {lead}");
        }
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let deep = "<a>".repeat(DEPTH + 1);
        let long = format!("<a b='{}'/>", "x".repeat(TAG + WINDOW));
        for xml in [deep.as_str(), long.as_str(), "<a>", "<a", "<>", "</a>"] {
            assert_eq!(
                tokens(xml.as_bytes()).map_err(|refusal| refusal.code),
                Err("damaged"),
                "{}",
                &xml[..xml.len().min(20)]
            );
        }
    }
}
