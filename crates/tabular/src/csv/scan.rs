//! Where records begin and end, found as bytes arrive. Holds the limits of a record: nothing behind it
//! ever sees one that is longer than [`limits::RECORD_BYTES`] or has more than [`limits::FIELDS`] cells.

use super::Grammar;
use crate::limits;
use memchr::{memchr_iter, memchr2, memchr3};

/// A record that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number as a spreadsheet counts: from 1, records without anything counted.
    pub row: u32,
    /// Where it begins.
    pub start: usize,
    /// Where its text ends.
    pub end: usize,
    /// Where the next one begins.
    pub next: usize,
    /// How many cells it has; 0 where it is blank.
    pub cells: u32,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub row: u32,
    pub column: u32,
    pub offset: usize,
}

/// How often something was met, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub count: u64,
    pub first: Option<Spot>,
}

impl Tally {
    pub fn add(&mut self, spot: Spot) {
        self.count += 1;
        self.first.get_or_insert(spot);
    }
}

/// Why no more records can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A quote that opened here is not closed: before the record's limit, or at all.
    Unclosed { opened: Spot, at_end: bool },
    /// The record that begins here is too long.
    TooLong(Spot),
    /// The record that begins here has too many cells.
    TooMany(Spot),
}

/// Finds records. Keeps where it stands between two calls with more bytes.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    grammar: Grammar,
    at: usize,
    start: usize,
    row: u32,
    delimiters: u32,
    quoted: bool,
    /// Where the last quote opened.
    opened: Spot,
    /// Cells with something between their closing quote and the delimiter.
    pub stray: Tally,
    /// Quotes inside cells that do not begin with one.
    pub inside: Tally,
}

impl Scanner {
    /// A scanner of the text that begins at this offset.
    pub fn new(grammar: Grammar, from: usize) -> Self {
        Self {
            grammar,
            at: from,
            start: from,
            row: 1,
            delimiters: 0,
            quoted: false,
            opened: Spot {
                row: 1,
                column: 0,
                offset: from,
            },
            stray: Tally::default(),
            inside: Tally::default(),
        }
    }

    /// Where the record begins that is not complete yet, and how it is counted.
    pub fn pending(&self) -> Spot {
        self.spot(0, self.start)
    }

    /// The cell that the scanner stands in.
    pub fn here(&self) -> Spot {
        self.spot(self.delimiters, self.at)
    }

    fn spot(&self, column: u32, offset: usize) -> Spot {
        Spot {
            row: self.row,
            column,
            offset,
        }
    }

    /// Looks at all bytes that are there now; `last` when no more come. Passes on each record that is
    /// complete. The bytes of an earlier call must stand where they stood.
    ///
    /// # Errors
    ///
    /// When a record passes a limit, or a quote is open at the end.
    pub fn scan(
        &mut self,
        bytes: &[u8],
        last: bool,
        mut found: impl FnMut(Record),
    ) -> Result<(), Fault> {
        let mut go_on = true;
        while go_on && self.at < bytes.len() {
            go_on = if self.quoted {
                self.scan_quoted(bytes, last)
            } else {
                self.scan_plain(bytes, last, &mut found)?
            };
        }
        self.check_limits(self.at)?;
        if last {
            if self.quoted {
                return Err(Fault::Unclosed {
                    opened: self.opened,
                    at_end: true,
                });
            }
            if self.start < bytes.len() {
                self.complete(bytes, bytes.len(), bytes.len(), &mut found)?;
            }
        }
        Ok(())
    }

    /// Inside quotes. Whether there is anything left to look at.
    fn scan_quoted(&mut self, bytes: &[u8], last: bool) -> bool {
        let quote = self.grammar.quote.unwrap_or(0);
        let escape = self.grammar.escape.unwrap_or(quote);
        let Some(found) = memchr2(quote, escape, &bytes[self.at..]) else {
            self.at = bytes.len();
            return false;
        };
        let here = self.at + found;
        let Some(&next) = bytes.get(here + 1) else {
            // What comes next decides what this is.
            self.at = if last { bytes.len() } else { here };
            self.quoted = !(last && bytes[here] == quote);
            return false;
        };
        if bytes[here] != quote || next == quote {
            self.at = here + 2;
            return true;
        }
        self.quoted = false;
        self.at = here + 1;
        let ends = next == b'\n' || next == b'\r' || next == self.grammar.delimiter_byte();
        let spaced = self.grammar.spaced && next == b' ';
        if !(ends || spaced) {
            self.stray.add(self.spot(self.delimiters, here));
        }
        true
    }

    /// Outside quotes. Whether there is anything left to look at.
    fn scan_plain(
        &mut self,
        bytes: &[u8],
        last: bool,
        found: &mut impl FnMut(Record),
    ) -> Result<bool, Fault> {
        let rest = &bytes[self.at..];
        // Without a quote the line feed is looked for twice, which costs nothing.
        let quote = self.grammar.quote.unwrap_or(b'\n');
        let stop = memchr3(quote, b'\n', b'\r', rest).unwrap_or(rest.len());
        self.count_delimiters(&rest[..stop]);
        self.at += stop;
        let Some(&byte) = bytes.get(self.at) else {
            return Ok(false);
        };
        if Some(byte) == self.grammar.quote {
            if self.cell_begins(bytes) {
                self.quoted = true;
                self.opened = self.here();
            } else {
                self.inside.add(self.here());
            }
            self.at += 1;
            return Ok(true);
        }
        let mut next = self.at + 1;
        if byte == b'\r' {
            match bytes.get(next) {
                Some(b'\n') => next += 1,
                // A line feed that comes next belongs to this break.
                None if !last => return Ok(false),
                _ => {}
            }
        }
        self.complete(bytes, self.at, next, found)?;
        Ok(true)
    }

    fn count_delimiters(&mut self, plain: &[u8]) {
        if let Some(delimiter) = self.grammar.delimiter {
            let count = memchr_iter(delimiter, plain).count();
            self.delimiters = self
                .delimiters
                .saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    /// Whether a cell begins where the scanner stands.
    fn cell_begins(&self, bytes: &[u8]) -> bool {
        let mut before = &bytes[self.start..self.at];
        if self.grammar.spaced {
            while let [rest @ .., b' '] = before {
                before = rest;
            }
        }
        // A closing quote is never a delimiter, so that this one is outside quotes.
        before
            .last()
            .is_none_or(|byte| Some(*byte) == self.grammar.delimiter)
    }

    fn complete(
        &mut self,
        bytes: &[u8],
        end: usize,
        next: usize,
        found: &mut impl FnMut(Record),
    ) -> Result<(), Fault> {
        self.check_limits(end)?;
        let blank = self.is_blank(&bytes[self.start..end]);
        found(Record {
            row: self.row,
            start: self.start,
            end,
            next,
            cells: if blank { 0 } else { self.delimiters + 1 },
        });
        self.row = self.row.saturating_add(1);
        self.delimiters = 0;
        self.start = next;
        self.at = next;
        Ok(())
    }

    /// Whether a line has nothing on it but spaces and tabs that are no delimiters.
    fn is_blank(&self, line: &[u8]) -> bool {
        let delimiter = self.grammar.delimiter;
        line.iter()
            .all(|byte| matches!(byte, b' ' | b'\t') && Some(*byte) != delimiter)
    }

    fn check_limits(&self, at: usize) -> Result<(), Fault> {
        if at - self.start > limits::RECORD_BYTES {
            // A quote is open from here, or was before the limit: either way it swallowed the lines between.
            return Err(if self.quoted {
                Fault::Unclosed {
                    opened: self.opened,
                    at_end: false,
                }
            } else {
                Fault::TooLong(self.pending())
            });
        }
        if self.delimiters as usize >= limits::FIELDS {
            return Err(Fault::TooMany(self.pending()));
        }
        Ok(())
    }
}

/// How much is looked at of a record that is longer than its sample.
const SAMPLE_RECORD_BYTES: usize = 64 << 10;

/// The first records of a sample, at most so many, and how often something follows a closing quote in
/// it. `complete` when the sample is all there is; otherwise its last record is left out, unless it is the
/// only one. What is wrong in the sample ends it: it is named when the whole text is scanned.
pub(crate) fn sample(
    bytes: &[u8],
    complete: bool,
    grammar: Grammar,
    most: usize,
) -> (Vec<Record>, u64) {
    let mut records = Vec::new();
    let mut scanner = Scanner::new(grammar, 0);
    let mut add = |record: Record| {
        if records.len() < most {
            records.push(record);
        }
    };
    let fault = scanner.scan(bytes, complete, &mut add).is_err();
    if records.iter().all(|record| record.cells == 0) && scanner.start < bytes.len() {
        let end = bytes.len().min(scanner.start + SAMPLE_RECORD_BYTES);
        let mut rest = Scanner::new(grammar, scanner.start);
        rest.row = scanner.row;
        let whole = rest.scan(&bytes[..end], true, |record| records.push(record));
        if fault || whole.is_err() {
            // A quote that stays open, or too many cells: as far as it goes.
            records.push(Record {
                row: scanner.row,
                start: scanner.start,
                end,
                next: end,
                cells: scanner.delimiters.max(1),
            });
        }
    }
    (records, scanner.stray.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &[u8], grammar: Grammar, piece: usize) -> Result<Vec<Record>, Fault> {
        let mut scanner = Scanner::new(grammar, 0);
        let mut found = Vec::new();
        for end in (0..text.len()).step_by(piece.max(1)) {
            scanner.scan(&text[..end], false, |record| found.push(record))?;
        }
        scanner.scan(text, true, |record| found.push(record))?;
        Ok(found)
    }

    fn check(text: &str, expected: &[(&str, u32)]) {
        for piece in 1..8 {
            let found = records(text.as_bytes(), Grammar::default(), piece).expect("records");
            let found: Vec<_> = found
                .iter()
                .map(|r| (&text[r.start..r.end], r.cells))
                .collect();
            assert_eq!(found, expected, "{text:?} in pieces of {piece}");
        }
    }

    #[test]
    fn line_breaks_of_every_kind_end_a_record() {
        check(
            "a,b\r\nc\rd\n\ne",
            &[("a,b", 2), ("c", 1), ("d", 1), ("", 0), ("e", 1)],
        );
        check("a\n\n", &[("a", 1), ("", 0)]);
        check("  \n\t\n,\n", &[("  ", 0), ("\t", 0), (",", 2)]);
        check("", &[]);
    }

    #[test]
    fn line_breaks_in_quotes_do_not() {
        check("\"a\r\n\"\"b\",c\nd", &[("\"a\r\n\"\"b\",c", 2), ("d", 1)]);
        check("x,\"\"\"\n\"\r\ny", &[("x,\"\"\"\n\"", 2), ("y", 1)]);
        check("5\" a,b\"\nc", &[("5\" a,b\"", 2), ("c", 1)]);
    }

    #[test]
    fn a_quote_that_stays_open_is_named() {
        let text = b"a,b\n\nc,\"d\ne,f\n";
        let opened = Spot {
            row: 3,
            column: 1,
            offset: 7,
        };
        for piece in 1..8 {
            let fault = records(text, Grammar::default(), piece).expect_err("a fault");
            let expected = Fault::Unclosed {
                opened,
                at_end: true,
            };
            assert_eq!(fault, expected);
        }
    }

    #[test]
    fn limits_hold_before_a_record_is_complete() {
        let text = [b"a\n".as_slice(), &[b'x'; limits::RECORD_BYTES + 1]].concat();
        let at = Spot {
            row: 2,
            column: 0,
            offset: 2,
        };
        let mut scanner = Scanner::new(Grammar::default(), 0);
        assert_eq!(scanner.scan(&text, false, |_| {}), Err(Fault::TooLong(at)));
        let text = [b"a\n".as_slice(), &vec![b','; limits::FIELDS]].concat();
        let mut scanner = Scanner::new(Grammar::default(), 0);
        assert_eq!(scanner.scan(&text, false, |_| {}), Err(Fault::TooMany(at)));
        let text = [b"a\n".as_slice(), &vec![b','; limits::FIELDS - 1]].concat();
        assert!(records(&text, Grammar::default(), usize::MAX).is_ok());
    }
}
