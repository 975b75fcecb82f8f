//! Which records of a text are rows of its table: what stands above the header is left out, and so are
//! blank lines; how many cells rows have is counted.

use crate::csv::scan::{self, Fault, Record, Scanner, Spot, Tally};
use crate::csv::{Cells, Grammar};
use crate::header;
use crate::limits;
use crate::refusal::Refusal;
use crate::table::{Row, Table};

/// How many records of the sample decide where the table begins.
const PLAN_RECORDS: usize = 400;

/// Where the table begins in its text. Rows are counted as a spreadsheet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The header's row, if there is one.
    pub header: Option<u32>,
    /// The first row of data.
    pub data: u32,
    /// How many columns there are where no header tells.
    pub width: usize,
}

impl Plan {
    /// Finds the beginning in a sample of the text, or takes what was told: 0 for no header.
    pub fn of(sample: &[u8], complete: bool, grammar: Grammar, told: Option<u32>) -> Self {
        let (records, _) = scan::sample(sample, complete, grammar, PLAN_RECORDS);
        let mut cells = Cells::default();
        let rows: Vec<Vec<Vec<u8>>> = records
            .iter()
            .map(|record| {
                if record.cells == 0 {
                    return Vec::new();
                }
                grammar.cut(&sample[record.start..record.end], &mut cells);
                cells.iter().map(<[u8]>::to_vec).collect()
            })
            .collect();
        let found = header::find(&rows);
        let first = u32::try_from(found.first + 1).unwrap_or(u32::MAX);
        let header = match told {
            Some(0) => None,
            Some(row) => Some(row),
            None => found.named.then_some(first),
        };
        // Who says that there is no header wants all rows.
        let data = match told {
            Some(0) => 1,
            _ => header.map_or(first, |row| row.saturating_add(1)),
        };
        let from = usize::try_from(data.saturating_sub(1)).unwrap_or(usize::MAX);
        Self {
            header,
            data,
            width: width(rows.get(from..).unwrap_or_default()),
        }
    }
}

/// The commonest number of cells, without columns behind that have nothing in them.
fn width(rows: &[Vec<Vec<u8>>]) -> usize {
    let mut width = header::common_width(rows);
    let filled = |column: usize| {
        rows.iter().any(|row| {
            row.get(column)
                .is_some_and(|cell| !cell.trim_ascii().is_empty())
        })
    };
    while width > 1 && !filled(width - 1) {
        width -= 1;
    }
    width.max(1)
}

/// Finds rows as bytes arrive, and counts what is remarkable about them.
pub(super) struct Index {
    scanner: Scanner,
    plan: Plan,
    /// Where the header's record begins, once it is found.
    header: Option<usize>,
    began: bool,
    /// How many cells a row has at least, without being short.
    least: usize,
    /// How many it may have, without being long.
    most: usize,
    columns: usize,
    pub short: Tally,
    pub long: Tally,
    /// Blank lines between rows.
    pub blank: Tally,
    /// Blank lines that may yet be at the end, where they are nothing to speak of.
    blank_behind: Tally,
    /// Rows with nothing but delimiters at the end, which were left out.
    pub hollow: Tally,
}

impl Index {
    pub fn new(grammar: Grammar, from: usize, plan: Plan) -> Self {
        Self {
            scanner: Scanner::new(grammar, from),
            plan,
            header: None,
            began: false,
            least: plan.width,
            most: plan.width,
            columns: plan.width,
            short: Tally::default(),
            long: Tally::default(),
            blank: Tally::default(),
            blank_behind: Tally::default(),
            hollow: Tally::default(),
        }
    }

    pub fn plan(&self) -> Plan {
        self.plan
    }

    pub fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// Whether header and columns are known.
    pub fn is_ready(&self) -> bool {
        self.began
    }

    /// The cell that is being read.
    pub fn here(&self) -> Spot {
        self.scanner.here()
    }

    /// Cells with something behind their closing quote.
    pub fn stray(&self) -> Tally {
        self.scanner.stray
    }

    /// Quotes inside cells.
    pub fn inside(&self) -> Tally {
        self.scanner.inside
    }

    /// Finds the rows that are complete; `last` when no more bytes come.
    pub fn add(&mut self, table: &mut Table, last: bool) -> Result<(), Stop> {
        let bytes = std::mem::take(&mut table.bytes);
        let mut scanner = self.scanner.clone();
        let mut wide = None;
        let result = scanner.scan(&bytes, last, |record| {
            if let Some(spot) = self.take(&bytes, record, table) {
                wide.get_or_insert(spot);
            }
        });
        self.scanner = scanner;
        table.bytes = bytes;
        if self.began && table.columns() != self.columns {
            self.name_columns(table);
        }
        if let Some(spot) = wide {
            return Err(Stop::TooWide(spot));
        }
        result.map_err(Stop::Fault)
    }

    /// Takes a record in; its place, if it is too wide.
    fn take(&mut self, bytes: &[u8], record: Record, table: &mut Table) -> Option<Spot> {
        if self.plan.header == Some(record.row) {
            return self.take_header(bytes, record, table);
        }
        if record.row < self.plan.data {
            return None;
        }
        if !self.began {
            self.began = true;
            table.begin(record.row, record.start);
        }
        table.push_record(record);
        let spot = |column: usize| Spot {
            row: record.row,
            column: u32::try_from(column).unwrap_or(u32::MAX),
            offset: record.start,
        };
        if record.cells == 0 {
            self.blank_behind.add(spot(0));
            return None;
        }
        if let Some(first) = self.blank_behind.first {
            self.blank.first.get_or_insert(first);
            self.blank.count += std::mem::take(&mut self.blank_behind).count;
        }
        let mut cells = record.cells as usize;
        if cells > self.least {
            let line = &bytes[record.start..record.end];
            cells = cells
                .saturating_sub(empty_behind(line, table.grammar))
                .max(self.least);
        }
        if cells < self.least {
            self.short.add(spot(cells));
        } else if cells > self.most {
            self.long.add(spot(self.most));
        }
        if cells > limits::COLUMNS {
            return Some(spot(limits::COLUMNS));
        }
        self.columns = self.columns.max(cells);
        None
    }

    fn take_header(&mut self, bytes: &[u8], record: Record, table: &mut Table) -> Option<Spot> {
        self.header = Some(record.start);
        self.began = true;
        table.begin(record.row.saturating_add(1), record.next);
        let line = &bytes[record.start..record.end];
        // A blank line has no cells; taken as header, it names nothing.
        if record.cells > 0 {
            self.most = record.cells as usize;
            self.least = self
                .most
                .saturating_sub(empty_behind(line, table.grammar))
                .max(1);
            self.columns = self.least;
        }
        (self.columns > limits::COLUMNS).then_some(Spot {
            row: record.row,
            column: u32::try_from(limits::COLUMNS).unwrap_or(u32::MAX),
            offset: record.start,
        })
    }

    /// Gives the columns the header's names, or numbers.
    pub fn name_columns(&self, table: &mut Table) {
        let names = self.texts_of_header(table);
        let names = names.iter().take(self.columns).map(String::as_str);
        table.set_header(names, self.columns);
    }

    /// The header's cells as they are written.
    pub fn texts_of_header(&self, table: &Table) -> Vec<String> {
        let Some(start) = self.header else {
            return Vec::new();
        };
        let line = &table.bytes[start..];
        let mut row = Row::default();
        row.cut(
            &line[..line.len().min(limits::RECORD_BYTES)],
            table.grammar,
            table.encoding,
        );
        (0..self.most)
            .map(|column| row.text(column).into_owned())
            .collect()
    }

    /// Ends the table: rows at its end with nothing but delimiters are no rows.
    pub fn finish(&mut self, table: &mut Table) -> Result<(), Refusal> {
        if let (Some(row), None) = (self.plan.header, self.header) {
            let rows = self.here().row.saturating_sub(1);
            let reason = format!(
                "The header was said to be in row {row}, but the text has {rows} rows. Choose another row."
            );
            return Err(Refusal::new("header_missing", reason));
        }
        while let Some(row) = table.source_rows().checked_sub(1) {
            let delimiter = table.grammar.delimiter;
            let hollow = table.record(row).is_some_and(|record| {
                delimiter.is_some_and(|delimiter| record.contains(&delimiter))
                    && record
                        .iter()
                        .all(|byte| Some(*byte) == delimiter || byte.is_ascii_whitespace())
            });
            if !hollow {
                break;
            }
            self.hollow.count += 1;
            self.hollow.first = Some(Spot {
                row: table.place(row, 0).row,
                column: 0,
                offset: table.start(row),
            });
            table.pop_record();
        }
        if self.began {
            self.name_columns(table);
        }
        Ok(())
    }
}

/// Why a text can't be a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its records can't be found.
    Fault(Fault),
    /// A row has more columns than a table may have.
    TooWide(Spot),
}

/// How many cells behind the last one that holds something are empty.
fn empty_behind(line: &[u8], grammar: Grammar) -> usize {
    let Some(delimiter) = grammar.delimiter else {
        return 0;
    };
    let mut rest = line;
    let mut count = 0;
    loop {
        while grammar.spaced && rest.last() == Some(&b' ') {
            rest = &rest[..rest.len() - 1];
        }
        if let [before @ .., a, b] = rest
            && Some(*a) == grammar.quote
            && a == b
            && before.last() == Some(&delimiter)
        {
            rest = before;
        }
        match rest {
            [before @ .., byte] if *byte == delimiter => rest = before,
            _ => return count,
        }
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cells_behind_are_counted() {
        let check = |line: &str, expected: usize| {
            assert_eq!(
                empty_behind(line.as_bytes(), Grammar::default()),
                expected,
                "{line:?}"
            );
        };
        check("a,b", 0);
        check("a,b,", 1);
        check("a,,,", 3);
        check("a,\"\",\"\"", 2);
        check("a,\"b\"\"\"", 0);
        check("\"\"", 0);
        check("\",\"\"\"", 0);
    }
}
