//! The grammar of delimited text (RFC 4180 and its relatives): how one record is cut into cells. Where
//! records begin and end is [`scan`]'s. Knows nothing of encodings, headers or tables: it sees bytes of an
//! ASCII superset.
//!
//! It is read as `csv-core` reads it, which the tests hold it to: a quote counts only where a cell
//! begins, what follows a closing quote belongs to the cell, a quote inside a plain cell is a character.
//! `csv-core` itself copies every byte through a state machine; here a cell is found by jumping from
//! delimiter to delimiter, and only cells with a doubled quote in them are copied.

pub mod scan;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

/// How a text is cut into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grammar {
    /// Between cells; none: a record is one cell.
    pub delimiter: Option<u8>,
    /// Around cells that hold a delimiter or a line break; none: nothing is quoted.
    pub quote: Option<u8>,
    /// Before a quote inside quotes that is a character of the cell. A doubled quote is one as well.
    pub escape: Option<u8>,
    /// Whether spaces behind a delimiter belong to it, as in `a, "b, c"`.
    pub spaced: bool,
}

impl Default for Grammar {
    fn default() -> Self {
        Self {
            delimiter: Some(b','),
            quote: Some(b'"'),
            escape: None,
            spaced: false,
        }
    }
}

/// Where the cells of one record are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    /// The record, and behind it the cells that are not written in it as they are read.
    pub text: Vec<u8>,
    /// From where to where each cell goes in `text`.
    pub bounds: Vec<(u32, u32)>,
}

impl Cells {
    /// A cell's bytes, empty past the last.
    pub fn get(&self, column: usize) -> &[u8] {
        self.bounds
            .get(column)
            .and_then(|&(from, to)| self.text.get(from as usize..to as usize))
            .unwrap_or_default()
    }

    /// All cells' bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.bounds.len()).map(|column| self.get(column))
    }

    /// Adds a cell with this text.
    pub fn append(&mut self, cell: &[u8]) {
        let from = self.text.len();
        self.text.extend_from_slice(cell);
        self.push(from, self.text.len());
    }

    fn push(&mut self, from: usize, to: usize) {
        // A record is shorter than `limits::RECORD_BYTES`, so that its offsets fit.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.bounds.push((narrow(from), narrow(to)));
    }
}

impl Grammar {
    /// The delimiter's byte. NUL stands for none: it occurs in no text that is read.
    pub(crate) fn delimiter_byte(self) -> u8 {
        self.delimiter.unwrap_or(0)
    }

    /// Cuts a record into cells. It may be followed by its line break and anything after that. A line
    /// without anything is a record of one empty cell.
    pub(crate) fn cut(self, record: &[u8], out: &mut Cells) {
        out.text.clear();
        out.bounds.clear();
        let quote = self.quote.unwrap_or(0);
        if self.spaced || memchr(quote, record).is_some() {
            self.cut_quoted(record, out);
            return;
        }
        let end = memchr2(b'\n', b'\r', record).unwrap_or(record.len());
        out.text.extend_from_slice(&record[..end]);
        let mut from = 0;
        for at in memchr_iter(self.delimiter_byte(), &record[..end]) {
            out.push(from, at);
            from = at + 1;
        }
        out.push(from, end);
    }

    fn cut_quoted(self, record: &[u8], out: &mut Cells) {
        let delimiter = self.delimiter_byte();
        out.text.extend_from_slice(record);
        let mut from = 0;
        loop {
            if self.spaced {
                from += record[from..].iter().take_while(|b| **b == b' ').count();
            }
            let end = if self.quote.is_some() && record.get(from) == self.quote.as_ref() {
                self.cut_quote(record, from + 1, out)
            } else {
                let rest = &record[from..];
                let end =
                    from + memchr3(delimiter, b'\n', b'\r', rest).unwrap_or(record.len() - from);
                out.push(from, end);
                end
            };
            if record.get(end) != Some(&delimiter) {
                return;
            }
            from = end + 1;
        }
    }

    /// Cuts the cell whose opening quote stands just before `from`; returns where it ends.
    fn cut_quote(self, record: &[u8], from: usize, out: &mut Cells) -> usize {
        let quote = self.quote.unwrap_or(0);
        // Without an escape the quote is looked for twice, which costs nothing.
        let escape = self.escape.unwrap_or(quote);
        // What is copied begins here in `out.text`; what is not copied yet begins at `run`.
        let copy = out.text.len();
        let (mut run, mut at) = (from, from);
        let close = loop {
            let Some(found) = record.get(at..).and_then(|r| memchr2(quote, escape, r)) else {
                break record.len();
            };
            let here = at + found;
            let next = record.get(here + 1).copied();
            if record[here] == quote && next != Some(quote) {
                break here;
            }
            if record[here] == quote || next == Some(quote) || next == Some(escape) {
                out.text.extend_from_slice(&record[run..here]);
                run = here + 1;
            }
            at = here + 2;
        };
        let behind = (close + 1).min(record.len());
        let rest = &record[behind..];
        let delimiter = self.delimiter_byte();
        let end = behind + memchr3(delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        // With the delimiter ` ` or spaces around it, what stands behind the quote may be nothing but spaces.
        let stray = &record[behind..end];
        let stray = if self.spaced && stray.iter().all(|b| *b == b' ') {
            &[]
        } else {
            stray
        };
        if out.text.len() == copy && run == from && stray.is_empty() {
            out.push(from, close);
        } else {
            out.text.extend_from_slice(&record[run.min(close)..close]);
            out.text.extend_from_slice(stray);
            let to = out.text.len();
            out.push(copy, to);
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(grammar: Grammar, record: &str, expected: &[&str]) {
        let mut cells = Cells::default();
        grammar.cut(record.as_bytes(), &mut cells);
        let found: Vec<_> = cells.iter().map(String::from_utf8_lossy).collect();
        assert_eq!(found, expected, "{record:?}");
    }

    #[test]
    fn quotes_count_where_a_cell_begins() {
        let plain = Grammar::default();
        check(plain, "a,b\r\nc,d", &["a", "b"]);
        check(plain, "", &[""]);
        check(plain, ",", &["", ""]);
        check(plain, "\"a,b\"\"\n\",c\n", &["a,b\"\n", "c"]);
        check(plain, "\"\",\"\"", &["", ""]);
        check(plain, "\"\"\"\"", &["\""]);
        check(
            plain,
            "\"x\"y,5\" pipe, \"z\"",
            &["xy", "5\" pipe", " \"z\""],
        );
        check(plain, "\"a\"\"b\"c\"d,e", &["a\"bc\"d", "e"]);
    }

    #[test]
    fn other_dialects_are_cut_by_their_own_rules() {
        let one = Grammar {
            delimiter: None,
            ..Grammar::default()
        };
        check(one, "a,b;c\td\n", &["a,b;c\td"]);
        check(one, "\"a\nb\"\n", &["a\nb"]);
        let escaped = Grammar {
            escape: Some(b'\\'),
            ..Grammar::default()
        };
        check(
            escaped,
            r#""say \"hi\"","C:\new","\\",\n,"a""b""#,
            &["say \"hi\"", r"C:\new", r"\", r"\n", "a\"b"],
        );
        let spaced = Grammar {
            spaced: true,
            ..Grammar::default()
        };
        check(spaced, "a, \"b, c\" ,  d ,", &["a", "b, c", "d ", ""]);
        let apostrophe = Grammar {
            quote: Some(b'\''),
            ..Grammar::default()
        };
        check(apostrophe, "'it''s',\"b\"", &["it's", "\"b\""]);
        let unquoted = Grammar {
            quote: None,
            ..Grammar::default()
        };
        check(unquoted, "\"a,b\"", &["\"a", "b\""]);
    }
}
