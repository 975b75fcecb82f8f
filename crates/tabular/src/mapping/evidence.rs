//! What the columns of a table hold, from their first rows.

use crate::check::{Reading, boolean};
use crate::table::{Row, Table};
use crate::{date, number};
use portico_api::schema::{ColumnType, InputColumn};
use std::collections::HashMap;

/// How many rows are looked at.
const ROWS: u32 = 1_000;
/// How many different texts of a column are kept; a category has few.
const TEXTS: usize = 200;
/// How well a column fits that holds nothing to tell it by.
const UNKNOWN: f64 = 0.8;
/// How well a column of numbers fits an input whose range is not known: nothing speaks against it.
const ANY_NUMBER: f64 = 0.85;

/// What one column holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnEvidence {
    /// Cells with a text.
    pub filled: u32,
    /// Cells that are numbers, with a decimal point or comma.
    pub numbers: u32,
    /// Cells that are whole numbers.
    pub whole: u32,
    /// Cells that are dates in some order.
    pub dates: u32,
    /// Cells that are true or false.
    pub booleans: u32,
    /// Different texts and how often each stands there, as far as they are few.
    pub texts: HashMap<Box<str>, u32>,
    /// The numbers, read with a decimal point where possible.
    pub values: Vec<f64>,
}

/// What the columns of a table hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    columns: Vec<ColumnEvidence>,
}

impl Evidence {
    /// Looks at the first thousand rows.
    pub fn gather(table: &Table) -> Self {
        let mut columns = vec![ColumnEvidence::default(); table.columns()];
        let mut row = Row::default();
        for number in 0..table.rows().min(ROWS) {
            table.read(number, &mut row);
            for (at, column) in columns.iter_mut().enumerate() {
                column.add(&row.text(at));
            }
        }
        Self { columns }
    }

    /// What a column holds; nothing, where there is no such column.
    pub fn column(&self, column: usize) -> Option<&ColumnEvidence> {
        self.columns.get(column)
    }

    /// How well what a column holds fits an input, from 0 to 1.
    pub fn fit(&self, column: usize, input: &InputColumn) -> f64 {
        self.columns
            .get(column)
            .map_or(UNKNOWN, |column| column.fit(input))
    }
}

impl ColumnEvidence {
    fn add(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        let read = number::double(text, Reading::Plain)
            .or_else(|| number::double(text, Reading::DecimalComma));
        if let Some(read) = read {
            self.numbers += 1;
            self.whole += u32::from(read.value.fract() == 0.0);
            self.values.push(read.value);
        }
        let seen = date::readings(text);
        self.dates += u32::from(seen.plain || seen.day_first || seen.month_first);
        self.booleans += u32::from(boolean(text.as_bytes()).is_some());
        if let Some(count) = self.texts.get_mut(text) {
            *count += 1;
        } else if self.texts.len() < TEXTS {
            self.texts.insert(text.into(), 1);
        }
    }

    fn fit(&self, input: &InputColumn) -> f64 {
        if self.filled == 0 {
            return UNKNOWN;
        }
        let share = |count: u32| f64::from(count) / f64::from(self.filled);
        match input.column_type {
            ColumnType::Double => share(self.numbers) * self.in_range(input),
            ColumnType::Integer => share(self.whole) * self.in_range(input),
            ColumnType::Boolean => share(self.booleans),
            ColumnType::Datetime => share(self.dates),
            ColumnType::String if input.categories.is_empty() => {
                // Any text will do; numbers and dates are likelier to belong elsewhere.
                UNKNOWN - 0.3 * share(self.numbers.max(self.dates))
            }
            ColumnType::String => {
                let known = input
                    .categories
                    .iter()
                    .filter_map(|known| self.texts.get(known.as_str()));
                0.5 + 0.5 * share(known.sum::<u32>().min(self.filled))
            }
        }
    }

    /// From 0.7, where no number is in the range seen in training, to 1, where all are.
    fn in_range(&self, input: &InputColumn) -> f64 {
        if self.values.is_empty() || (input.min.is_none() && input.max.is_none()) {
            return ANY_NUMBER;
        }
        let low = input.min.unwrap_or(f64::NEG_INFINITY);
        let high = input.max.unwrap_or(f64::INFINITY);
        let inside = self
            .values
            .iter()
            .filter(|value| (low..=high).contains(*value));
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand rows")]
        let share = inside.count() as f64 / self.values.len() as f64;
        0.7 + 0.3 * share
    }
}

/// Whether a text is plainly a value rather than a name: a number, a date, true or false.
pub(super) fn is_value(text: &str) -> bool {
    let seen = date::readings(text);
    seen.plain
        || seen.day_first
        || seen.month_first
        || boolean(text.as_bytes()).is_some()
        || number::double(text, Reading::Plain).is_some()
        || number::double(text, Reading::DecimalComma).is_some()
}
