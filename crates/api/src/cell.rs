//! One cell against its column: what is an error everywhere, and what is only marked.
//!
//! A missing column or a wrong type is an error on every wire. A category never seen or a value
//! outside the range seen in training is marked in form and spreadsheet and scored on the wire:
//! the model has the last word.

use crate::schema::{ColumnType, InputColumn};
use serde_json::Value;
use std::borrow::Cow;

/// A cell's value, typed as its column wants it, with its text held by itself.
pub type Cell = TypedCell<String>;

/// A cell's value, typed as its column wants it, with its text where it was sent: a call has many cells,
/// and a copy of each costs more than reading it.
pub type CellRef<'a> = TypedCell<Cow<'a, str>>;

/// A cell's value, typed as its column wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum TypedCell<T> {
    /// Nothing.
    Missing,
    /// Text; dates too.
    Text(T),
    /// A number.
    Double(f64),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
}

impl CellRef<'_> {
    /// The same cell, holding its text.
    pub fn into_owned(self) -> Cell {
        match self {
            Self::Missing => Cell::Missing,
            Self::Text(text) => Cell::Text(text.into_owned()),
            Self::Double(number) => Cell::Double(number),
            Self::Integer(whole) => Cell::Integer(whole),
            Self::Boolean(flag) => Cell::Boolean(flag),
        }
    }
}

/// Why a cell can't be scored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    /// The column has no value here and needs one.
    #[error("{column} needs a value.")]
    Missing {
        /// The column.
        column: String,
    },
    /// The value is not of the column's type.
    #[error("{column} takes {expected}, not {found}.")]
    WrongType {
        /// The column.
        column: String,
        /// The type in words.
        expected: &'static str,
        /// What was sent, cut to 40 characters.
        found: String,
    },
    /// The text holds a NUL, which no model can read.
    #[error("{column} holds a NUL character.")]
    Nul {
        /// The column.
        column: String,
    },
}

impl CellProblem {
    /// The code that the wire carries.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "value_missing",
            Self::WrongType { .. } => "value_type",
            Self::Nul { .. } => "value_nul",
        }
    }
}

/// Why a cell is marked though it can be scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CellMark {
    /// Outside the range seen in training.
    #[error("{column} is outside {min} to {max}, the range seen in training.")]
    OutOfRange {
        /// The column.
        column: String,
        /// Lower end.
        min: String,
        /// Upper end.
        max: String,
    },
    /// A category that training never saw.
    #[error("{column}: “{found}” was never seen in training.")]
    UnknownCategory {
        /// The column.
        column: String,
        /// What was sent.
        found: String,
    },
}

impl ColumnType {
    /// The type in words, as part of a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Double => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Datetime => "a date in ISO 8601, such as 2026-11-23",
        }
    }
}

/// Reads a JSON value as a cell of this column. Text is read as the column's type, because classic's
/// clients send every cell as text.
///
/// # Errors
/// [`CellProblem`] when the value is missing where it must not be, or of another type.
pub fn read_value(column: &InputColumn, value: &Value) -> Result<Cell, CellProblem> {
    borrow_value(column, value).map(CellRef::into_owned)
}

/// As [`read_value`], without a copy of the text.
///
/// # Errors
/// As [`read_value`].
pub fn borrow_value<'a>(
    column: &InputColumn,
    value: &'a Value,
) -> Result<CellRef<'a>, CellProblem> {
    let wrong = |found: String| CellProblem::WrongType {
        column: column.name.clone(),
        expected: column.column_type.in_words(),
        found,
    };
    match (value, column.column_type) {
        (Value::Null, _) => missing(column),
        (Value::String(text), _) => borrow_text(column, text),
        (Value::Number(number), ColumnType::Double) => number
            .as_f64()
            .map(CellRef::Double)
            .ok_or_else(|| wrong(number.to_string())),
        (Value::Number(number), ColumnType::Integer) => match number.as_i64() {
            Some(whole) => Ok(CellRef::Integer(whole)),
            None => whole_of(number.as_f64())
                .map(CellRef::Integer)
                .ok_or_else(|| wrong(number.to_string())),
        },
        (Value::Number(number), ColumnType::String) => Ok(CellRef::Text(number.to_string().into())),
        (Value::Number(number), ColumnType::Boolean) => match number.as_f64() {
            Some(0.0) => Ok(CellRef::Boolean(false)),
            Some(1.0) => Ok(CellRef::Boolean(true)),
            _ => Err(wrong(number.to_string())),
        },
        (Value::Bool(flag), ColumnType::Boolean) => Ok(CellRef::Boolean(*flag)),
        (Value::Bool(flag), ColumnType::String) => Ok(CellRef::Text(flag.to_string().into())),
        (Value::Bool(flag), ColumnType::Double) => Ok(CellRef::Double(f64::from(u8::from(*flag)))),
        (Value::Bool(flag), ColumnType::Integer) => Ok(CellRef::Integer(i64::from(*flag))),
        (other, _) => Err(wrong(shortened(&other.to_string()))),
    }
}

/// Reads a cell's text as this column's type: what a CSV, a form field or a classic client holds.
/// Empty text is missing; so is `NaN` in a number column.
///
/// # Errors
/// As [`read_value`].
pub fn read_text(column: &InputColumn, text: &str) -> Result<Cell, CellProblem> {
    borrow_text(column, text).map(CellRef::into_owned)
}

/// As [`read_text`], without a copy of the text.
///
/// # Errors
/// As [`read_value`].
pub fn borrow_text<'a>(column: &InputColumn, text: &'a str) -> Result<CellRef<'a>, CellProblem> {
    if text.contains('\0') {
        return Err(CellProblem::Nul {
            column: column.name.clone(),
        });
    }
    if text.is_empty() {
        return missing(column);
    }
    if column.column_type == ColumnType::String {
        return Ok(CellRef::Text(text.into()));
    }
    let trimmed = text.trim();
    let cell = match column.column_type {
        ColumnType::String => None,
        ColumnType::Double | ColumnType::Integer
            if trimmed.is_empty() || trimmed.eq_ignore_ascii_case("nan") =>
        {
            return missing(column);
        }
        ColumnType::Double => double(trimmed).map(CellRef::Double),
        ColumnType::Integer => match trimmed.parse::<i64>() {
            Ok(whole) => Some(CellRef::Integer(whole)),
            Err(_) => whole_of(double(trimmed)).map(CellRef::Integer),
        },
        ColumnType::Boolean => boolean(trimmed).map(CellRef::Boolean),
        ColumnType::Datetime => is_iso_date(trimmed).then(|| CellRef::Text(trimmed.into())),
    };
    cell.ok_or_else(|| CellProblem::WrongType {
        column: column.name.clone(),
        expected: column.column_type.in_words(),
        found: shortened(text),
    })
}

/// The double nearest to a number in decimal notation, as Rust reads it; `None` if it is none.
#[cfg(not(target_arch = "wasm32"))]
pub fn double(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// The double nearest to a number in decimal notation, as Rust reads it; `None` if it is none.
///
/// In the browser its own reader does this: it is as exact, and Rust's tables are large.
#[cfg(target_arch = "wasm32")]
pub fn double(text: &str) -> Option<f64> {
    let decimal = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if !text.is_empty() && text.chars().all(decimal) {
        let number = wasm_bindgen::JsValue::from_str(text).unchecked_into_f64();
        return (!number.is_nan()).then_some(number);
    }
    let (sign, word) = match text.strip_prefix('-') {
        Some(word) => (-1.0, word),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("infinity") {
        Some(sign * f64::INFINITY)
    } else {
        word.eq_ignore_ascii_case("nan").then_some(f64::NAN)
    }
}

/// A number in decimal notation, as short as it is read back exactly.
#[cfg(not(target_arch = "wasm32"))]
pub fn written(number: f64) -> String {
    number.to_string()
}

/// A number in decimal notation, as short as it is read back exactly.
///
/// In the browser its own writer does this, for the reason of [`double`]; very large and very small
/// numbers come with an exponent.
#[cfg(target_arch = "wasm32")]
pub fn written(number: f64) -> String {
    use wasm_bindgen::JsValue;
    let text = &JsValue::from_str("") + &JsValue::from_f64(number);
    text.as_string().unwrap_or_default()
}

/// What should be marked about a cell that can be scored; nothing in most cases.
pub fn mark<T: AsRef<str>>(column: &InputColumn, cell: &TypedCell<T>) -> Option<CellMark> {
    let number = match cell {
        TypedCell::Double(value) => Some(*value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a bound is a rough range, and a whole number past 2^53 is far outside any"
        )]
        TypedCell::Integer(value) => Some(*value as f64),
        TypedCell::Text(text) => {
            let text = text.as_ref();
            if column.categories.is_empty() || column.categories.iter().any(|seen| seen == text) {
                return None;
            }
            return Some(CellMark::UnknownCategory {
                column: column.name.clone(),
                found: shortened(text),
            });
        }
        TypedCell::Missing | TypedCell::Boolean(_) => None,
    }?;
    let below = column.min.is_some_and(|min| number < min);
    let above = column.max.is_some_and(|max| number > max);
    let bound = |end: Option<f64>| end.map_or_else(|| "any".to_owned(), written);
    (below || above).then(|| CellMark::OutOfRange {
        column: column.name.clone(),
        min: bound(column.min),
        max: bound(column.max),
    })
}

fn missing<'a>(column: &InputColumn) -> Result<CellRef<'a>, CellProblem> {
    if column.nullable {
        Ok(CellRef::Missing)
    } else {
        Err(CellProblem::Missing {
            column: column.name.clone(),
        })
    }
}

/// A whole number that was written with a decimal point, if it is one and fits.
fn whole_of(number: Option<f64>) -> Option<i64> {
    let number = number?;
    // 2^53: past it a double can't tell neighbouring whole numbers apart.
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and within 2^53"
    )]
    exact.then_some(number as i64)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// `YYYY-MM-DD`, alone or followed by a time after `T` or a space.
fn is_iso_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let number =
        |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<u32>().ok());
    digits(0..4)
        && bytes.get(4) == Some(&b'-')
        && digits(5..7)
        && bytes.get(7) == Some(&b'-')
        && digits(8..10)
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=31).contains(&day))
        && matches!(bytes.get(10), None | Some(b'T' | b't' | b' '))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn column(column_type: ColumnType) -> InputColumn {
        InputColumn {
            name: "c".to_owned(),
            column_type,
            nullable: true,
            min: None,
            max: None,
            categories: Vec::new(),
            description: String::new(),
            tensor: None,
        }
    }

    #[test]
    fn cells_are_read_as_their_column_wants() {
        let check = |kind, value: Value, expected| {
            assert_eq!(read_value(&column(kind), &value), Ok(expected), "{value}");
        };
        check(ColumnType::Double, json!("39.1"), Cell::Double(39.1));
        check(ColumnType::Double, json!(39), Cell::Double(39.0));
        check(ColumnType::Double, json!("NaN"), Cell::Missing);
        check(ColumnType::Double, json!(""), Cell::Missing);
        check(ColumnType::Integer, json!("3.0"), Cell::Integer(3));
        check(
            ColumnType::Integer,
            json!(9_007_199_254_740_993_i64),
            Cell::Integer(9_007_199_254_740_993),
        );
        check(ColumnType::Boolean, json!("True"), Cell::Boolean(true));
        check(ColumnType::String, json!(7), Cell::Text("7".to_owned()));
        check(ColumnType::String, json!(null), Cell::Missing);
        check(
            ColumnType::Datetime,
            json!("2026-11-23T10:00:00Z"),
            Cell::Text("2026-11-23T10:00:00Z".to_owned()),
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |kind, value: Value, code| {
            assert_eq!(
                read_value(&column(kind), &value).map_err(|e| e.code()),
                Err(code),
                "{value}"
            );
        };
        check(ColumnType::Double, json!("tall"), "value_type");
        check(ColumnType::Integer, json!(1.5), "value_type");
        check(ColumnType::Double, json!([1]), "value_type");
        check(ColumnType::String, json!("a\0b"), "value_nul");
        check(ColumnType::Datetime, json!("23.11.2026"), "value_type");
        let mut strict = column(ColumnType::Double);
        strict.nullable = false;
        assert_eq!(
            read_value(&strict, &json!("")).map_err(|e| e.code()),
            Err("value_missing")
        );
    }

    #[test]
    fn unusual_values_are_marked_not_refused() {
        let mut ranged = column(ColumnType::Double);
        ranged.min = Some(0.0);
        ranged.max = Some(10.0);
        assert!(mark(&ranged, &Cell::Double(11.0)).is_some());
        assert!(mark(&ranged, &Cell::Double(10.0)).is_none());
        let mut category = column(ColumnType::String);
        category.categories = vec!["Biscoe".to_owned()];
        assert!(mark(&category, &Cell::Text("Mars".to_owned())).is_some());
        assert!(mark(&category, &Cell::Missing).is_none());
    }
}
