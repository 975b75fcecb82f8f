//! How well a text fits a delimiter: whether its records are equally long, and its cells look like values.

use super::look::{Look, look};
use crate::csv::scan;
use crate::csv::{Cells, Grammar};
use crate::header;
use std::collections::BTreeMap;

/// Delimiters that are seldom part of a cell; one that is left in a cell speaks against the one that cut it.
const TELLING: &[u8] = b",;\t|";

/// What a sample is like under one grammar.
#[derive(Debug, Default)]
pub struct Measure {
    /// Records with anything in them.
    records: usize,
    /// How many bytes of the sample they take.
    bytes: usize,
    /// The commonest number of cells of a record.
    width: usize,
    /// The share of records that have it.
    uniform: f64,
    /// How much cells look like values, from 0 to 1.
    clean: f64,
    /// Whether a column has hardly anything but values below its first cell.
    valued: bool,
    /// The share of whole records that look like one value.
    one_value: f64,
    /// The share of records with a quote that does not end its cell.
    stray: f64,
    /// Whether the first record is as long as the others, or what stands above the header is no part of it.
    begins_well: bool,
    /// Cells behind a delimiter, and how many of them begin with a space.
    delimiters: usize,
    spaced: usize,
    /// Whether a quote follows such a space.
    spaced_quote: bool,
}

impl Measure {
    /// Measures a sample's first records.
    pub fn of(sample: &[u8], complete: bool, grammar: Grammar, most: usize) -> Self {
        let (records, stray) = scan::sample(sample, complete, grammar, most);
        let mut rows: Vec<Vec<Vec<u8>>> = Vec::new();
        let mut measure = Self {
            bytes: records.last().map_or(0, |record| record.next),
            ..Self::default()
        };
        let mut widths = BTreeMap::new();
        let mut cells = Cells::default();
        let mut one_value = 0;
        for record in &records {
            let line = &sample[record.start..record.end];
            let mut row = Vec::new();
            if record.cells > 0 {
                grammar.cut(line, &mut cells);
                row = cells.iter().map(<[u8]>::to_vec).collect();
                *widths.entry(row.len()).or_insert(0_usize) += 1;
                measure.records += 1;
                one_value += usize::from(!matches!(look(line), Look::Text | Look::Empty));
                measure.count_spaces(line, &cells, grammar);
            }
            rows.push(row);
        }
        if measure.records == 0 {
            return measure;
        }
        let of_records = |count: usize| count as f64 / measure.records as f64;
        let first = rows.iter().position(|row| !row.is_empty()).unwrap_or(0);
        // Of equally common ones the wider.
        let (width, count) = widths
            .iter()
            .max_by_key(|(width, count)| (**count, **width))
            .map_or((1, 0), |(width, count)| (*width, *count));
        // Rows that leave cells out at their end are nearly as good where the first one, which should be
        // the header, names them all.
        let named = rows[first].len();
        let shorter: usize = match named {
            0..3 => 0,
            _ => widths.range(2..=named).map(|(_, count)| count).sum(),
        };
        let uniform = of_records(count).max((of_records(count) + of_records(shorter)) / 2.0);
        let one_value = of_records(one_value);
        let stray = (stray as f64 / measure.records as f64).min(1.0);
        measure.width = width;
        measure.uniform = uniform;
        measure.one_value = one_value;
        measure.stray = stray;
        measure.weigh_cells(&rows, grammar.delimiter);
        measure.begins_well = rows[first].len() > 1 || header::find(&rows).first > first;
        measure
    }

    fn count_spaces(&mut self, line: &[u8], cells: &Cells, grammar: Grammar) {
        // A cell that is empty has no space to tell by.
        let told = cells.bounds.iter().skip(1).filter(|(from, to)| from < to);
        for from in told.map(|(from, _)| *from as usize) {
            self.delimiters += 1;
            // A space inside quotes is the cell's own: such a cell does not begin behind the delimiter.
            let behind = from < line.len() && line[from - 1] == grammar.delimiter_byte();
            if behind && line[from] == b' ' {
                self.spaced += 1;
                let next = line.get(from + 1);
                self.spaced_quote |= next.is_some() && next == grammar.quote.as_ref();
            }
        }
    }

    /// Whether something stands between a closing quote and the end of its cell.
    pub fn has_stray_quotes(&self) -> bool {
        self.stray > 0.0
    }

    /// Whether there are more records to the byte, and they are no less equally long.
    pub fn splits_better(&self, other: &Self) -> bool {
        self.records * other.bytes > other.records * self.bytes && self.uniform >= other.uniform
    }

    /// Whether spaces behind delimiters belong to them: nearly all have one, or quotes follow.
    pub fn is_spaced(&self, delimiter: Option<u8>) -> bool {
        let all = self.delimiters > 1 && self.spaced * 20 >= self.delimiters * 19;
        let most = self.spaced * 2 >= self.delimiters;
        !matches!(delimiter, None | Some(b' ')) && (all || most && self.spaced_quote)
    }

    fn weigh_cells(&mut self, rows: &[Vec<Vec<u8>>], delimiter: Option<u8>) {
        let (mut cells, mut clean) = (0_usize, 0.0);
        let mut values = vec![0_usize; self.width];
        let mut below = 0_usize;
        let wide = || rows.iter().filter(|row| row.len() == self.width);
        for (number, row) in wide().enumerate() {
            below = number;
            for (cell, values) in row.iter().zip(&mut values) {
                let look = look(cell);
                *values += usize::from(number > 0 && look.is_value());
                cells += 1;
                clean += match look {
                    Look::Empty => 0.8,
                    Look::Number | Look::Date | Look::Truth | Look::Address => 1.0,
                    Look::Text => weight_of_text(cell, delimiter),
                };
            }
        }
        self.clean = clean / (cells as f64).max(1.0);
        self.valued = values
            .iter()
            .any(|count| *count > 0 && *count * 5 >= below * 4);
    }

    /// How well the sample fits, from 0 to about 1.
    pub fn score(&self, delimiter: u8) -> f64 {
        if self.width < 2 || !self.begins_well {
            return 0.0;
        }
        // A space or a colon is part of words and times; it delimits only values in perfect columns.
        if matches!(delimiter, b' ' | b':')
            && (self.uniform < 0.95 || self.records < 2 || !self.valued || self.one_value > 0.5)
        {
            return 0.0;
        }
        let wide = 1.0 - 0.2 / self.width as f64;
        self.uniform * self.uniform * self.clean * wide * (1.0 - 0.7 * self.stray)
    }
}

/// How much a text looks like one cell. Other delimiters left in it speak against that, unless they stand
/// as in a sentence.
fn weight_of_text(cell: &[u8], delimiter: Option<u8>) -> f64 {
    let left = cell.iter().enumerate().filter(|(at, byte)| {
        TELLING.contains(byte)
            && Some(**byte) != delimiter
            && cell.get(at + 1).is_some_and(|next| *next != b' ')
    });
    match left.count() {
        0 => 0.95,
        1 => 0.4,
        _ => 0.15,
    }
}
