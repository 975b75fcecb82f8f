//! Predictions by row: what the endpoint answered, kept small.
//!
//! Numbers are kept as the bits that came, so that they print as the answer had them; texts, of which
//! most are alike, once each. Knows nothing of the rows' own cells and of what became of a row.

#[cfg(test)]
mod tests;

use crate::intern::Texts;
use serde_json::{Number, Value};
use std::borrow::Cow;

/// Rows of a block. Blocks are made when the first of their rows is stored and are never moved.
const BLOCK_ROWS: usize = 4_096;

/// Why cells can't be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultsError {
    /// The answer has other columns than those before it.
    #[error(
        "The endpoint now answers with other columns than before: {now} instead of {before}. \
         It may serve another version. Clear the predictions to score all rows anew."
    )]
    ColumnsChanged {
        /// Names of the columns that are stored, with commas between.
        before: String,
        /// Names of the columns that came.
        now: String,
    },
    /// A row of the answer has more or fewer cells than columns.
    #[error("The answer has a row of {cells} cells for {columns} columns.")]
    Width {
        /// How many cells came.
        cells: usize,
        /// How many columns there are.
        columns: usize,
    },
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    Nothing,
    Null,
    False,
    True,
    /// The bits of a double.
    Double,
    /// A whole number of 64 bits with a sign.
    Integer,
    /// A whole number of 64 bits without one, past those with one.
    Large,
    /// The number of a text.
    Text,
    /// The number of the JSON text of a list or an object.
    Json,
}

#[derive(Clone, Debug)]
struct Block {
    bits: Box<[u64]>,
    tags: Box<[Tag]>,
}

/// Predictions by row.
#[derive(Clone, Debug, Default)]
pub struct Results {
    columns: Vec<String>,
    texts: Vec<Texts>,
    blocks: Vec<Option<Block>>,
}

impl Results {
    /// No predictions, no columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names of the output columns, as the first answer had them.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether all texts and names are plain ASCII.
    pub fn is_ascii(&self) -> bool {
        let names = self.columns.iter().all(|name| name.is_ascii());
        names && self.texts.iter().all(Texts::is_ascii)
    }

    /// Takes the columns of an answer: those of the first one, and the same of every later one.
    ///
    /// # Errors
    /// [`ResultsError::ColumnsChanged`] if predictions are kept under other columns.
    pub fn set_columns(&mut self, columns: &[String]) -> Result<(), ResultsError> {
        if self.columns == columns {
            return Ok(());
        }
        if self.blocks.iter().any(Option::is_some) {
            return Err(ResultsError::ColumnsChanged {
                before: self.columns.join(", "),
                now: columns.join(", "),
            });
        }
        self.columns = columns.to_vec();
        self.texts = vec![Texts::default(); columns.len()];
        Ok(())
    }

    /// Forgets all predictions and the columns.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Keeps the cells of a row, in the order of the columns, in place of what it had.
    ///
    /// # Errors
    /// [`ResultsError::Width`]; nothing is changed then.
    pub fn store(&mut self, row: u32, cells: &[Value]) -> Result<(), ResultsError> {
        let columns = self.columns.len();
        if cells.len() != columns {
            return Err(ResultsError::Width {
                cells: cells.len(),
                columns,
            });
        }
        let (block, first) = place(row, columns);
        if self.blocks.len() <= block {
            self.blocks.resize(block + 1, None);
        }
        let block = self.blocks[block].get_or_insert_with(|| Block {
            bits: vec![0; BLOCK_ROWS * columns].into(),
            tags: vec![Tag::Nothing; BLOCK_ROWS * columns].into(),
        });
        for ((at, cell), texts) in (first..).zip(cells).zip(&mut self.texts) {
            (block.tags[at], block.bits[at]) = packed(cell, texts);
        }
        Ok(())
    }

    /// Forgets the cells of a row.
    pub fn clear(&mut self, row: u32) {
        let columns = self.columns.len();
        let (block, first) = place(row, columns);
        if let Some(Some(block)) = self.blocks.get_mut(block) {
            block.tags[first..first + columns].fill(Tag::Nothing);
        }
    }

    /// A cell as it came; none if the row has no predictions.
    pub fn value(&self, row: u32, column: usize) -> Option<Value> {
        let (tag, bits) = self.cell(row, column);
        Some(match tag {
            Tag::Nothing => return None,
            Tag::Null => Value::Null,
            Tag::False => Value::Bool(false),
            Tag::True => Value::Bool(true),
            Tag::Double => Value::from(f64::from_bits(bits)),
            Tag::Integer => Value::from(bits.cast_signed()),
            Tag::Large => Value::from(bits),
            Tag::Text => Value::from(self.interned(column, bits)),
            Tag::Json => serde_json::from_str(self.interned(column, bits)).unwrap_or_default(),
        })
    }

    /// A cell's text: a text as it is, a number in the fewest digits that read back as the same number,
    /// `true` or `false`; empty for `null` and for a row without predictions.
    pub fn text(&self, row: u32, column: usize) -> Cow<'_, str> {
        let (tag, bits) = self.cell(row, column);
        match tag {
            Tag::Nothing | Tag::Null => Cow::Borrowed(""),
            Tag::False => Cow::Borrowed("false"),
            Tag::True => Cow::Borrowed("true"),
            Tag::Text | Tag::Json => Cow::Borrowed(self.interned(column, bits)),
            Tag::Double => Number::from_f64(f64::from_bits(bits))
                .map_or(Cow::Borrowed(""), |number| Cow::Owned(number.to_string())),
            Tag::Integer => Cow::Owned(bits.cast_signed().to_string()),
            Tag::Large => Cow::Owned(bits.to_string()),
        }
    }

    fn cell(&self, row: u32, column: usize) -> (Tag, u64) {
        let (block, first) = place(row, self.columns.len());
        match self.blocks.get(block) {
            Some(Some(block)) if column < self.columns.len() => {
                let at = first + column;
                (block.tags[at], block.bits[at])
            }
            _ => (Tag::Nothing, 0),
        }
    }

    fn interned(&self, column: usize, bits: u64) -> &str {
        let number = u32::try_from(bits).unwrap_or(u32::MAX);
        self.texts
            .get(column)
            .and_then(|texts| texts.get(number))
            .unwrap_or_default()
    }
}

/// The block of a row, and where its cells begin there.
fn place(row: u32, columns: usize) -> (usize, usize) {
    let row = row as usize;
    (row / BLOCK_ROWS, row % BLOCK_ROWS * columns)
}

fn packed(cell: &Value, texts: &mut Texts) -> (Tag, u64) {
    match cell {
        Value::Null => (Tag::Null, 0),
        Value::Bool(false) => (Tag::False, 0),
        Value::Bool(true) => (Tag::True, 0),
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                (Tag::Integer, whole.cast_unsigned())
            } else if let Some(large) = number.as_u64() {
                (Tag::Large, large)
            } else {
                let double = number.as_f64().unwrap_or(f64::NAN);
                (Tag::Double, double.to_bits())
            }
        }
        Value::String(text) => (Tag::Text, u64::from(texts.number_of(text))),
        other => (Tag::Json, u64::from(texts.number_of(&other.to_string()))),
    }
}
