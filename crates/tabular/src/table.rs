//! A table: the source's bytes, where its rows begin, and edits laid over them.
//!
//! A row is numbered from 0 among the data rows; [`Table::place`] tells where it stands in the source.
//! Cells are cut out of their row when they are asked for, and only then decoded.

use crate::csv::scan::Record;
use crate::csv::{Cells, Grammar};
use crate::header;
use crate::place::Place;
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A table.
pub struct Table {
    pub(crate) bytes: Vec<u8>,
    pub(crate) grammar: Grammar,
    /// UTF-8, or an encoding with one byte for each character.
    pub(crate) encoding: &'static Encoding,
    /// Whether the bytes are known to be well formed in their encoding.
    pub(crate) intact: bool,
    header: Vec<String>,
    /// Where data rows begin; one more at the end.
    starts: Vec<u32>,
    /// The source row of each data row where it is not the one before plus one: (row, source row).
    jumps: Vec<(u32, u32)>,
    /// The source row that the next data row has if nothing is left out before it.
    next_source_row: u32,
    sheet: Option<String>,
    columns: usize,
    edits: BTreeMap<(u32, u32), Box<str>>,
    added: u32,
}

/// The cells of one row, cut out. Reused from row to row.
#[derive(Default)]
pub struct Row {
    cells: Cells,
    decoded: Cells,
    over: Vec<(u32, Box<str>)>,
}

impl Row {
    /// A cell's bytes, in UTF-8; a character that was broken in the source is U+FFFD. Empty past the last
    /// cell.
    pub fn bytes(&self, column: usize) -> &[u8] {
        if !self.over.is_empty()
            && let Some((_, text)) = self.over.iter().find(|(at, _)| *at as usize == column)
        {
            return text.as_bytes();
        }
        self.cells.get(column)
    }

    /// A cell's text.
    pub fn text(&self, column: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(column))
    }

    /// Cuts a record of a source into cells of UTF-8.
    pub(crate) fn cut(&mut self, record: &[u8], grammar: Grammar, encoding: &'static Encoding) {
        self.over.clear();
        grammar.cut(record, &mut self.cells);
        if self.cells.text.is_ascii() {
            return;
        }
        if encoding == UTF_8 && std::str::from_utf8(&self.cells.text).is_ok() {
            return;
        }
        self.decoded.text.clear();
        self.decoded.bounds.clear();
        for cell in self.cells.iter() {
            let text = encoding.decode_without_bom_handling(cell).0;
            self.decoded.append(text.as_bytes());
        }
        std::mem::swap(&mut self.cells, &mut self.decoded);
    }

    fn clear(&mut self) {
        self.cells.text.clear();
        self.cells.bounds.clear();
        self.over.clear();
    }
}

impl Table {
    /// A table of text without any rows yet, whose first row begins at this offset.
    pub(crate) fn of_text(bytes: Vec<u8>, grammar: Grammar, encoding: &'static Encoding) -> Self {
        Self {
            bytes,
            grammar,
            encoding,
            intact: false,
            header: Vec::new(),
            starts: vec![0],
            jumps: Vec::new(),
            next_source_row: 0,
            sheet: None,
            columns: 0,
            edits: BTreeMap::new(),
            added: 0,
        }
    }

    /// Names of the columns, each one unlike the others.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many rows, added ones included.
    pub fn rows(&self) -> u32 {
        self.source_rows() + self.added
    }

    /// How many rows the source has.
    pub(crate) fn source_rows(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Where a cell stands in the source. Added rows are counted on from the last one.
    pub fn place(&self, row: u32, column: u32) -> Place {
        let source = match self.jumps.partition_point(|(from, _)| *from <= row) {
            0 => row + 1,
            at => self.jumps[at - 1].1 + (row - self.jumps[at - 1].0),
        };
        Place {
            sheet: self.sheet.clone(),
            row: source,
            column,
        }
    }

    /// Cuts a row into its cells.
    pub fn read(&self, row: u32, out: &mut Row) {
        match self.record(row) {
            Some(record) if self.intact => {
                out.over.clear();
                self.grammar.cut(record, &mut out.cells);
            }
            Some(record) => out.cut(record, self.grammar, self.encoding),
            None => out.clear(),
        }
        if !self.edits.is_empty() {
            let laid = self.edits.range((row, 0)..=(row, u32::MAX));
            let over = laid.map(|((_, column), text)| (*column, text.clone()));
            out.over.extend(over);
        }
    }

    /// Whether all of its text is plain ASCII.
    pub fn is_ascii(&self) -> bool {
        self.bytes.is_ascii() && self.edits.values().all(|text| text.is_ascii())
    }

    /// How many bytes a row takes in its source: about as many as its cells' texts.
    pub fn size_of(&self, row: u32) -> usize {
        self.record(row).map_or(0, <[u8]>::len)
    }

    /// The bytes of a row of the source, and what follows up to the next.
    pub(crate) fn record(&self, row: u32) -> Option<&[u8]> {
        let at = row as usize;
        let (from, to) = (*self.starts.get(at)?, *self.starts.get(at + 1)?);
        self.bytes.get(from as usize..to as usize)
    }

    /// Puts a text over a cell, or takes it away again; what lay over it before.
    pub fn lay(&mut self, row: u32, column: u32, text: Option<Box<str>>) -> Option<Box<str>> {
        match text {
            Some(text) => self.edits.insert((row, column), text),
            None => self.edits.remove(&(row, column)),
        }
    }

    /// Sets how many rows stand below those of the source.
    pub fn set_added(&mut self, rows: u32) {
        self.added = rows;
    }

    /// How many rows stand below those of the source.
    pub fn added(&self) -> u32 {
        self.added
    }

    /// The source rows from this one on are data; the bytes before this offset are not.
    pub(crate) fn begin(&mut self, source_row: u32, offset: usize) {
        self.starts = vec![narrow(offset)];
        self.jumps = vec![(0, source_row)];
        self.next_source_row = source_row;
    }

    /// Adds a record of the text as a row; one without cells only makes room.
    pub(crate) fn push_record(&mut self, record: Record) {
        if record.cells == 0 {
            if let Some(end) = self.starts.last_mut() {
                *end = narrow(record.next);
            }
            return;
        }
        self.count_source_row(record.row);
        self.starts.push(narrow(record.next));
    }

    /// Takes the last row away again.
    pub(crate) fn pop_record(&mut self) {
        if self.starts.len() > 1 {
            self.starts.pop();
        }
    }

    fn count_source_row(&mut self, source_row: u32) {
        let row = self.source_rows();
        if source_row != self.next_source_row {
            // A row that was taken away again left its jump behind.
            while self.jumps.last().is_some_and(|(from, _)| *from >= row) {
                self.jumps.pop();
            }
            self.jumps.push((row, source_row));
        }
        self.next_source_row = source_row.saturating_add(1);
    }

    /// Which row of the source holds this offset; none before the first.
    pub(crate) fn row_at(&self, offset: usize) -> Option<u32> {
        let at = self
            .starts
            .partition_point(|start| *start as usize <= offset);
        let row = u32::try_from(at.checked_sub(1)?).ok()?;
        (row < self.source_rows()).then_some(row)
    }

    /// Where a row begins in the bytes.
    pub(crate) fn start(&self, row: u32) -> usize {
        self.starts
            .get(row as usize)
            .map_or(0, |start| *start as usize)
    }

    /// Names the columns, and sets how many there are.
    pub(crate) fn set_header(
        &mut self,
        texts: impl IntoIterator<Item = impl AsRef<str>>,
        columns: usize,
    ) {
        self.header = header::names(texts, columns);
        self.columns = self.header.len();
    }
}

/// A text is shorter than `limits::TEXT_BYTES`, so that its offsets fit.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Makes a table from rows that are at hand already, such as those of a workbook.
pub struct Builder {
    table: Table,
}

impl Builder {
    /// An empty table of this sheet.
    pub fn new(sheet: Option<String>) -> Self {
        let mut table = Table::of_text(Vec::new(), Grammar::default(), UTF_8);
        table.sheet = sheet;
        // What is pushed is text already.
        table.intact = true;
        Self { table }
    }

    /// Adds a row that stands in this row of the source, from 1.
    pub fn push<'a>(&mut self, source_row: u32, cells: impl IntoIterator<Item = &'a str>) {
        let table = &mut self.table;
        table.count_source_row(source_row);
        let mut count = 0;
        for cell in cells {
            if count > 0 {
                table.bytes.push(b',');
            }
            count += 1;
            if cell
                .bytes()
                .any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'))
            {
                table.bytes.push(b'"');
                table.bytes.extend(cell.replace('"', "\"\"").bytes());
                table.bytes.push(b'"');
            } else {
                table.bytes.extend(cell.bytes());
            }
        }
        table.bytes.push(b'\n');
        table.columns = table.columns.max(count);
        table.starts.push(narrow(table.bytes.len()));
    }

    /// The table, with these names for its columns; columns without one are numbered, and a name that
    /// comes again gets a number as well.
    pub fn finish(mut self, header: Vec<String>) -> Table {
        let columns = self.table.columns;
        self.table.set_header(header, columns);
        self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_out_as_they_went_in() {
        let mut builder = Builder::new(Some("Sheet1".to_owned()));
        builder.push(2, ["a", "x,\"y\"\nz", ""]);
        builder.push(5, ["", "2"]);
        let mut table = builder.finish(vec!["one".to_owned()]);
        table.lay(1, 2, Some("over".into()));
        let mut row = Row::default();
        table.read(0, &mut row);
        assert_eq!(
            [row.text(0), row.text(1), row.text(2)],
            ["a", "x,\"y\"\nz", ""]
        );
        table.read(1, &mut row);
        assert_eq!([row.text(0), row.text(1), row.text(2)], ["", "2", "over"]);
        assert_eq!(table.place(1, 2).to_string(), "Sheet1!C5");
        assert_eq!(table.header(), ["one", "Column 2", "Column 3"]);
    }
}
