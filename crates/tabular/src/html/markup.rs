//! Cuts a text in HTML into tags and texts. Inert: a tag is a name and some characters, nothing more.

/// What comes next.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Token<'a> {
    /// An element begins: its name as written, its attributes as written.
    Open(&'a str, &'a str),
    /// An element of this name ends.
    Close(&'a str),
    /// A text as written.
    Text(&'a str),
}

/// Elements whose content is no text of the page.
const RAW: [&str; 7] = [
    "style", "script", "title", "textarea", "noscript", "iframe", "xml",
];

/// A text that is being cut.
pub(super) struct Markup<'a> {
    rest: &'a str,
}

impl<'a> Markup<'a> {
    /// Begins to cut a text.
    pub(super) fn new(html: &'a str) -> Self {
        Self { rest: html }
    }

    /// Takes so many bytes off the front.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Passes what ends so, or everything.
    fn skip(&mut self, end: &str) {
        self.rest = match self.rest.find(end) {
            Some(at) => &self.rest[at + end.len()..],
            None => "",
        };
    }

    /// Passes the content of an element, up to its end.
    fn skip_raw(&mut self, name: &str) {
        let mut at = 0;
        while let Some(found) = self.rest[at..].find("</") {
            at += found;
            let tail = &self.rest[at + 2..];
            if tail
                .get(..name.len())
                .is_some_and(|tail| tail.eq_ignore_ascii_case(name))
            {
                self.rest = &self.rest[at..];
                return;
            }
            at += 2;
        }
        self.rest = "";
    }

    /// How long a tag is that begins here, with its brackets; all of the rest where it does not end.
    fn tag(&self) -> usize {
        let mut quote = None;
        let mut value = false;
        for (at, byte) in self.rest.bytes().enumerate() {
            match quote {
                Some(open) if byte == open => quote = None,
                Some(_) => {}
                None if byte == b'>' => return at + 1,
                // A quote counts only where a value begins, as browsers have it.
                None if value && matches!(byte, b'"' | b'\'') => {
                    quote = Some(byte);
                    value = false;
                }
                None => value = byte == b'=' || value && byte.is_ascii_whitespace(),
            }
        }
        self.rest.len()
    }
}

impl<'a> Iterator for Markup<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let bytes = self.rest.as_bytes();
            let first = *bytes.first()?;
            if first != b'<' {
                let length = self.rest.find('<').unwrap_or(self.rest.len());
                return Some(Token::Text(self.take(length)));
            }
            match bytes.get(1) {
                Some(b'!') if bytes.starts_with(b"<!--") => self.skip("-->"),
                Some(b'!' | b'?') => self.skip(">"),
                Some(b'/') => {
                    let tag = self.take(self.tag());
                    let inside = tag[2..].trim_end_matches('>').trim();
                    return Some(Token::Close(inside));
                }
                Some(byte) if byte.is_ascii_alphabetic() => {
                    let tag = self.take(self.tag());
                    let inside = tag[1..].strip_suffix('>').unwrap_or(&tag[1..]);
                    let end = inside
                        .find(|c: char| c.is_ascii_whitespace() || c == '/')
                        .unwrap_or(inside.len());
                    let (name, attributes) = inside.split_at(end);
                    if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(name)) {
                        self.skip_raw(name);
                    }
                    return Some(Token::Open(name, attributes));
                }
                _ => {
                    let after = self.rest[1..]
                        .find('<')
                        .map_or(self.rest.len(), |at| at + 1);
                    return Some(Token::Text(self.take(after)));
                }
            }
        }
    }
}

/// Names and values as written.
pub(super) struct Attributes<'a> {
    rest: &'a str,
}

/// An element's attributes.
pub(super) fn attributes(written: &str) -> Attributes<'_> {
    Attributes { rest: written }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let space = |c: char| c.is_ascii_whitespace() || c == '/';
        let rest = self.rest.trim_start_matches(space);
        if rest.is_empty() {
            return None;
        }
        // An equals sign in the first place belongs to the name.
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| space(*c) || *c == '=')
            .map_or(rest.len(), |(at, _)| at);
        let (name, after) = rest.split_at(end);
        let Some(value) = after
            .trim_start_matches(|c: char| c.is_ascii_whitespace())
            .strip_prefix('=')
        else {
            self.rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let (value, rest) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inside = &value[1..];
                match inside.find(quote) {
                    Some(end) => (&inside[..end], &inside[end + 1..]),
                    None => (inside, ""),
                }
            }
            _ => {
                let end = value
                    .find(|c: char| c.is_ascii_whitespace())
                    .unwrap_or(value.len());
                value.split_at(end)
            }
        };
        self.rest = rest;
        Some((name, value))
    }
}

/// Adds a text as written to one as meant: its entities resolved. What is none stays.
pub(super) fn decode(written: &str, out: &mut String) {
    let mut rest = written;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match entity(rest) {
            Some((meant, length)) => {
                out.push(meant);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
}

/// The character of an entity that begins here, and how long it is.
fn entity(text: &str) -> Option<(char, usize)> {
    let body = &text[1..];
    if let Some(digits) = body.strip_prefix('#') {
        let (digits, lead, radix) = match digits.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, 3, 16),
            None => (digits, 2, 10),
        };
        let end = digits
            .bytes()
            .take(9)
            .take_while(|byte| char::from(*byte).is_digit(radix))
            .count();
        let code = u32::from_str_radix(digits.get(..end)?, radix).ok()?;
        let semicolon = usize::from(digits[end..].starts_with(';'));
        return Some((numbered(code), lead + end + semicolon));
    }
    let end = body
        .bytes()
        .take(9)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    if !body[end..].starts_with(';') {
        return None;
    }
    let name = &body[..end];
    let found = NAMED.iter().find(|(known, _)| *known == name)?;
    Some((found.1, end + 2))
}

/// The character that a number stands for. From 128 to 159 browsers read Windows-1252.
fn numbered(code: u32) -> char {
    match code {
        0x80 => '€',
        0x85 => '…',
        0x91 => '‘',
        0x92 => '’',
        0x93 => '“',
        0x94 => '”',
        0x95 => '•',
        0x96 => '–',
        0x97 => '—',
        0x99 => '™',
        0 => '\u{FFFD}',
        _ => char::from_u32(code).unwrap_or('\u{FFFD}'),
    }
}

/// Named entities that spreadsheet programs write.
const NAMED: [(&str, char); 62] = [
    ("nbsp", '\u{A0}'),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("iexcl", '¡'),
    ("cent", '¢'),
    ("pound", '£'),
    ("curren", '¤'),
    ("yen", '¥'),
    ("sect", '§'),
    ("copy", '©'),
    ("laquo", '«'),
    ("not", '¬'),
    ("shy", '\u{AD}'),
    ("reg", '®'),
    ("deg", '°'),
    ("plusmn", '±'),
    ("sup2", '²'),
    ("sup3", '³'),
    ("micro", 'µ'),
    ("para", '¶'),
    ("middot", '·'),
    ("raquo", '»'),
    ("frac12", '½'),
    ("iquest", '¿'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("szlig", 'ß'),
    ("agrave", 'à'),
    ("aacute", 'á'),
    ("acirc", 'â'),
    ("ccedil", 'ç'),
    ("egrave", 'è'),
    ("eacute", 'é'),
    ("ecirc", 'ê'),
    ("euml", 'ë'),
    ("iacute", 'í'),
    ("ntilde", 'ñ'),
    ("oacute", 'ó'),
    ("ocirc", 'ô'),
    ("oslash", 'ø'),
    ("uacute", 'ú'),
    ("times", '×'),
    ("divide", '÷'),
    ("euro", '€'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bull", '•'),
    ("hellip", '…'),
    ("trade", '™'),
    ("minus", '−'),
    ("ensp", '\u{2002}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_become_characters() {
        for (written, expected) in [
            ("a &amp; b", "a & b"),
            ("&#65;&#x42;&#67", "ABC"),
            ("&nbsp;|&euro;|&auml;", "\u{A0}|€|ä"),
            ("&#128;", "€"),
            ("&bogus; &; & &#; &#x;", "&bogus; &; & &#; &#x;"),
            ("&#1114112;&#0;", "\u{FFFD}\u{FFFD}"),
            ("&ä;", "&ä;"),
        ] {
            let mut out = String::new();
            decode(written, &mut out);
            assert_eq!(out, expected, "{written}");
        }
    }

    #[test]
    fn tags_are_cut_and_scripts_passed() {
        let html = "a<td x:num=\"1>2\" b=c/d hidden>1 < 2<script>if (a</b) <td></script></TD ><!-- <td> --><![if !x]><";
        let found: Vec<_> = Markup::new(html).collect();
        assert_eq!(
            found,
            [
                Token::Text("a"),
                Token::Open("td", " x:num=\"1>2\" b=c/d hidden"),
                Token::Text("1 "),
                Token::Text("< 2"),
                Token::Open("script", ""),
                Token::Close("script"),
                Token::Close("TD"),
                Token::Text("<"),
            ]
        );
        let list: Vec<_> = attributes(" x:num=\"1>2\" b=c/d hidden é='ü' =").collect();
        assert_eq!(
            list,
            [
                ("x:num", "1>2"),
                ("b", "c/d"),
                ("hidden", ""),
                ("é", "ü"),
                ("=", "")
            ]
        );
    }
}
