//! A table: the source's bytes, where its rows begin, and edits laid over them.
//!
//! A row is numbered from 0 among the data rows; [`Table::place`] tells where it stands in the source.
//! Cells are cut out of their row when they are asked for.

use crate::csv::Grammar;
use crate::place::Place;
use std::borrow::Cow;
use std::collections::HashMap;

/// A table.
pub struct Table {
    bytes: Vec<u8>,
    grammar: Grammar,
    header: Vec<String>,
    /// Where data rows begin; one more at the end.
    starts: Vec<u32>,
    /// The source row of each data row where it is not the one before plus one: (row, source row).
    jumps: Vec<(u32, u32)>,
    sheet: Option<String>,
    columns: usize,
    edits: HashMap<(u32, u32), Box<str>>,
    added: u32,
}

/// The cells of one row, cut out. Reused from row to row.
#[derive(Default)]
pub struct Row {
    text: Vec<u8>,
    ends: Vec<usize>,
    over: Vec<(u32, Box<str>)>,
}

impl Row {
    /// A cell's bytes: UTF-8, except where the source's encoding was broken. Empty past the last cell.
    pub fn bytes(&self, column: usize) -> &[u8] {
        if let Some((_, text)) = self.over.iter().find(|(at, _)| *at as usize == column) {
            return text.as_bytes();
        }
        let Some(&end) = self.ends.get(column) else {
            return &[];
        };
        let start = if column == 0 {
            0
        } else {
            self.ends[column - 1]
        };
        &self.text[start..end]
    }

    /// A cell's text; a broken byte reads as U+FFFD.
    pub fn text(&self, column: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(column))
    }
}

impl Table {
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
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX) + self.added
    }

    /// Where a cell stands in the source.
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
        out.text.clear();
        out.ends.clear();
        out.over.clear();
        let at = row as usize;
        if at + 1 < self.starts.len() {
            let mut input = &self.bytes[self.starts[at] as usize..self.starts[at + 1] as usize];
            let mut reader = self.grammar.reader();
            out.text.resize(input.len() + 1, 0);
            out.ends.resize(self.columns.max(16), 0);
            let (mut written, mut ended) = (0, 0);
            loop {
                let (result, read, wrote, ends) =
                    reader.read_record(input, &mut out.text[written..], &mut out.ends[ended..]);
                input = &input[read..];
                written += wrote;
                ended += ends;
                match result {
                    csv_core::ReadRecordResult::OutputEndsFull => {
                        out.ends.resize(out.ends.len() * 2, 0)
                    }
                    csv_core::ReadRecordResult::OutputFull => {
                        out.text.resize(out.text.len() * 2 + 64, 0)
                    }
                    csv_core::ReadRecordResult::InputEmpty => {}
                    csv_core::ReadRecordResult::Record | csv_core::ReadRecordResult::End => break,
                }
            }
            out.text.truncate(written);
            out.ends.truncate(ended);
        }
        for column in 0..self.columns {
            let column = u32::try_from(column).unwrap_or_default();
            if self.edits.is_empty() {
                break;
            }
            if let Some(text) = self.edits.get(&(row, column)) {
                out.over.push((column, text.clone()));
            }
        }
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
}

/// Makes a table from rows that are at hand already, such as those of a workbook.
pub struct Builder {
    table: Table,
    next_source_row: u32,
}

impl Builder {
    /// An empty table of this sheet.
    pub fn new(sheet: Option<String>) -> Self {
        Self {
            table: Table {
                bytes: Vec::new(),
                grammar: Grammar::default(),
                header: Vec::new(),
                starts: vec![0],
                jumps: Vec::new(),
                sheet,
                columns: 0,
                edits: HashMap::new(),
                added: 0,
            },
            next_source_row: 1,
        }
    }

    /// Adds a row that stands in this row of the source, from 1.
    pub fn push<'a>(&mut self, source_row: u32, cells: impl IntoIterator<Item = &'a str>) {
        let table = &mut self.table;
        let row = table.rows();
        if source_row != self.next_source_row || row == 0 {
            table.jumps.push((row, source_row));
        }
        self.next_source_row = source_row + 1;
        let mut count = 0;
        for cell in cells {
            if count > 0 {
                table.bytes.push(b',');
            }
            count += 1;
            if cell.is_empty() && count == 1
                || cell
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
        table
            .starts
            .push(u32::try_from(table.bytes.len()).unwrap_or(u32::MAX));
    }

    /// The table, with these names for its columns; columns without one are numbered.
    pub fn finish(mut self, header: Vec<String>) -> Table {
        self.table.columns = self.table.columns.max(header.len());
        self.table.header = header;
        for column in self.table.header.len()..self.table.columns {
            self.table.header.push(format!("Column {}", column + 1));
        }
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
