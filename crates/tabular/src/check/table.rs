//! All inputs of a model over a table: checked row by row, counted, walked through.

use super::bits::Bits;
use super::input::Input;
use super::judge::way;
use super::walk::{is_open, listed};
use super::{Finding, Reading, decide};
use crate::mapping::Source;
use crate::table::{Row, Table};
use portico_api::schema::{ColumnType, Schema};
use serde_json::{Map, Value};
use std::ops::Range;

/// What the cells of a table are to the inputs of a model, as far as its rows are checked.
///
/// The same cells, sources and readings said by a person always come to the same findings, however
/// they came about: undoing an edit undoes what it led to.
pub struct Checks {
    pub(super) inputs: Vec<Input>,
    /// Columns that feed inputs, in order, each with its inputs.
    pub(super) columns: Vec<(u32, Vec<usize>)>,
    pub(super) checked: u32,
    pub(super) delimiter: Option<char>,
    pub(super) settled: bool,
    /// Rows with at least one error.
    pub(super) bad: Bits,
    /// Rows with at least one finding.
    pub(super) found: Bits,
}

/// How one input stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSummary {
    /// Where it comes from.
    pub source: Source,
    /// How its text is read.
    pub reading: Reading,
    /// How it could be read; empty where all ways come to the same.
    pub readings: Vec<Reading>,
    /// Whether a person has to say how.
    pub ambiguous: bool,
    /// Cells that are read otherwise than the wire takes them.
    pub converted: u32,
    /// Cells that can't be scored.
    pub errors: u32,
    /// Cells that are unusual, and those that could be meant otherwise while it is ambiguous.
    pub marks: u32,
}

impl Checks {
    /// Nothing checked yet. Inputs past the last source are missing.
    pub fn new(schema: &Schema, sources: &[Source]) -> Self {
        let sources = sources
            .iter()
            .cloned()
            .chain(std::iter::repeat(Source::Missing));
        let inputs = schema.inputs.iter().cloned().zip(sources);
        let mut checks = Self {
            inputs: inputs
                .map(|(column, source)| Input::new(column, source))
                .collect(),
            columns: Vec::new(),
            checked: 0,
            delimiter: None,
            settled: false,
            bad: Bits::default(),
            found: Bits::default(),
        };
        checks.arrange();
        checks
    }

    /// Checks the rows before `upto` that are not checked yet.
    pub fn advance(&mut self, table: &Table, upto: u32) {
        let from = self.checked;
        let upto = upto.min(table.rows());
        if from >= upto {
            return;
        }
        let mut row = Row::default();
        for number in from..upto {
            table.read(number, &mut row);
            for input in &mut self.inputs {
                if let Some(column) = input.place() {
                    input.check(number, row.bytes(column as usize));
                }
            }
        }
        self.checked = upto;
        self.decide(from..upto);
    }

    /// Says that the table is read to its end: what its columns do not tell is to be asked.
    /// `delimiter` is what stands between its cells, if it is a text.
    pub fn settle(&mut self, delimiter: Option<char>) {
        self.delimiter = delimiter;
        self.settled = true;
        self.decide(0..self.checked);
    }

    /// Reads an input's text as a person says. A reading that its type does not have is the plain one.
    pub fn set_reading(&mut self, input: usize, reading: Reading) {
        if let Some(input) = self.inputs.get_mut(input) {
            let other = way(input.column.column_type, reading) == 0;
            input.reading = if other { Reading::Plain } else { reading };
            input.told = true;
        }
        self.decide(0..self.checked);
        self.unite(0..self.checked);
    }

    /// Takes an input from somewhere else, and checks it anew.
    pub fn set_source(&mut self, input: usize, source: Source, table: &Table) {
        let Some(at) = self.inputs.get_mut(input) else {
            return;
        };
        at.reset(source);
        if let Some(column) = at.place() {
            let mut row = Row::default();
            for number in 0..self.checked.min(table.rows()) {
                table.read(number, &mut row);
                at.check(number, row.bytes(column as usize));
            }
        }
        self.arrange();
        self.decide(0..self.checked);
        self.unite(0..self.checked);
    }

    /// Checks rows again after an edit. Rows that the table no longer has are forgotten; rows that it
    /// has come to have are checked, those before them that are not checked yet too.
    pub fn recheck(&mut self, table: &Table, rows: Range<u32>) {
        let end = rows.end.max(self.checked.min(table.rows()));
        let before = self.checked;
        self.checked = before.min(table.rows());
        for number in self.checked..before {
            for input in &mut self.inputs {
                input.forget(number);
            }
        }
        let start = rows.start.min(self.checked);
        let mut row = Row::default();
        for number in start..self.checked.min(rows.end) {
            table.read(number, &mut row);
            for input in &mut self.inputs {
                if let Some(column) = input.place() {
                    input.forget(number);
                    input.check(number, row.bytes(column as usize));
                }
            }
        }
        self.decide(start..before);
        self.advance(table, end);
    }

    /// How many rows are checked.
    pub fn checked(&self) -> u32 {
        self.checked
    }

    /// What there is to say about a cell; an error before a mark, where it feeds two inputs.
    pub fn finding(&self, table: &Table, row: u32, column: u32) -> Option<Finding> {
        let inputs = self.inputs_of(column);
        if inputs.is_empty() || row >= self.checked {
            return None;
        }
        let mut cells = Row::default();
        table.read(row, &mut cells);
        self.finding_in(&cells, column, inputs)
    }

    /// What there is to say about the cells of a row that was read from the table, by column.
    pub fn findings_of_row(&self, row: &Row) -> Vec<(u32, Finding)> {
        let columns = self.columns.iter();
        let found = columns.filter_map(|(column, inputs)| {
            let finding = self.finding_in(row, *column, inputs)?;
            Some((*column, finding))
        });
        found.collect()
    }

    /// The row as it goes over the wire: an object by input name. Numbers are numbers where every
    /// reader of JSON gets the same double from them; a cell with an error is its text.
    pub fn values(&self, row: &Row) -> Map<String, Value> {
        let cells = self.inputs.iter().map(|input| {
            let value = match &input.source {
                Source::Missing => Value::Null,
                Source::Column(column) => input.value(row.bytes(*column as usize)),
                Source::Constant(text) => input.value(text.as_bytes()),
            };
            (input.column.name.clone(), value)
        });
        cells.collect()
    }

    /// Cells that can't be scored.
    pub fn errors(&self) -> u64 {
        let count = |inputs: &[usize]| match inputs {
            [one] => u64::from(self.inputs[*one].now().errors.count()),
            several => self.count(|at| self.error_word(several, at)),
        };
        self.columns.iter().map(|(_, inputs)| count(inputs)).sum()
    }

    /// Cells that are unusual and can be scored, and those that wait for a reading to be said.
    pub fn marks(&self) -> u64 {
        let count = |inputs: &[usize]| self.count(|at| self.mark_word(inputs, at));
        self.columns.iter().map(|(_, inputs)| count(inputs)).sum()
    }

    /// How many rows have an error.
    pub fn bad_rows(&self) -> u32 {
        self.bad.count()
    }

    /// Rows with an error.
    pub fn bad(&self) -> &Bits {
        &self.bad
    }

    /// Rows with a finding.
    pub fn found(&self) -> &Bits {
        &self.found
    }

    /// Whether a row has an error.
    pub fn row_has_error(&self, row: u32) -> bool {
        self.bad.get(row)
    }

    /// Whether a row has a finding.
    pub fn row_has_finding(&self, row: u32) -> bool {
        self.found.get(row)
    }

    /// How an input stands.
    pub fn input(&self, input: usize) -> Option<InputSummary> {
        let input = self.inputs.get(input)?;
        let marks = (0..input.words()).map(|at| input.mark_word(at).count_ones());
        Some(InputSummary {
            source: input.source.clone(),
            reading: input.reading,
            readings: decide::choices(input),
            ambiguous: input.ambiguous != 0,
            converted: input.now().converted.count(),
            errors: input.now().errors.count(),
            marks: marks.sum(),
        })
    }

    /// The input that a column feeds; the first one, if it feeds several.
    pub fn input_of(&self, column: u32) -> Option<usize> {
        self.inputs_of(column).first().copied()
    }

    /// Whether the cells of a column are read as numbers.
    pub fn numeric(&self, column: u32) -> bool {
        self.inputs_of(column).iter().any(|&input| {
            let kind = self.inputs[input].column.column_type;
            matches!(kind, ColumnType::Double | ColumnType::Integer)
        })
    }

    /// The next cell with a finding in the order of reading, or the one before; past the end it goes
    /// on from the start. The cell itself comes last. `None` where there is no finding at all.
    pub fn next(&self, row: u32, column: u32, back: bool) -> Option<(u32, u32)> {
        let here = self.columns.iter().map(|(column, _)| *column);
        if back {
            let before = self.last_in(row, |at| at < column).map(|at| (row, at));
            before
                .or_else(|| self.ends(self.found.last_before(row)?, true))
                .or_else(|| self.ends(self.found.last_before(u32::MAX)?, true))
        } else {
            let after = here
                .filter(|at| *at > column)
                .find(|at| self.cell_has_finding(row, *at))
                .map(|at| (row, at));
            let below = row.checked_add(1).and_then(|row| self.found.next(row));
            after
                .or_else(|| self.ends(below?, false))
                .or_else(|| self.ends(self.found.next(0)?, false))
        }
    }

    /// Why nothing can be scored whatever becomes of single rows, in words.
    pub fn blocked(&self) -> Option<String> {
        let mut words = Vec::new();
        let names = |wanted: &dyn Fn(&Input) -> bool| {
            let inputs = self.inputs.iter().filter(|input| wanted(input));
            inputs
                .map(|input| input.column.name.as_str())
                .collect::<Vec<_>>()
        };
        let missing = names(&|input| input.source == Source::Missing);
        if let Some(list) = listed(&missing, "or") {
            let each = if missing.len() > 1 { "each" } else { "it" };
            words.push(format!(
                "No column is used for {list}. Choose a column for {each}, or give one value for all rows."
            ));
        }
        for input in &self.inputs {
            if let Source::Constant(text) = &input.source
                && let Some(problem) = input.constant_problem(text)
            {
                words.push(format!("The value for all rows: {problem}"));
            }
        }
        let dates = names(&|input| is_open(input, true));
        if let Some(list) = listed(&dates, "and") {
            words.push(format!(
                "Say whether the day or the month comes first in {list}."
            ));
        }
        let numbers = names(&|input| is_open(input, false));
        if let Some(list) = listed(&numbers, "and") {
            words.push(format!(
                "Say whether a comma or a point marks the decimals in {list}."
            ));
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// Bytes that the findings take.
    pub fn memory(&self) -> usize {
        let inputs: usize = self.inputs.iter().map(Input::memory).sum();
        inputs + self.bad.memory() + self.found.memory()
    }
}
