//! A tensor's values as those of columns. What would lose something is refused: a fraction in a column of
//! whole numbers, a whole number that no float equals, text where a column takes none.
//!
//! | Column | Datatypes |
//! |---|---|
//! | string | BYTES; BOOL and whole numbers as they are written |
//! | double | FP16, FP32, FP64; whole numbers that a double equals; BOOL as 0 and 1; BYTES that reads as a number |
//! | integer | whole numbers up to 64 bits with sign; floats that are whole and exact; BOOL; BYTES |
//! | boolean | BOOL; 0 and 1; BYTES that reads as true or false |
//! | datetime | BYTES in ISO 8601 |
//!
//! BYTES is read by the rule of a cell, as on every wire. A missing value (NaN, empty text) goes into a
//! column that is nullable alone.

mod holes;

use super::data::Data;
use super::datatype::Datatype;
use super::error::shortened;
use crate::scoring::{Text, Values};
use holes::Holes;
use portico_api::cell::{Cell, read_text};
use portico_api::schema::{ColumnType, InputColumn};

/// Which values of a tensor: from `offset` on each `stride`-th.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) offset: usize,
    pub(super) stride: usize,
}

impl Pick {
    /// All of them.
    pub(super) const ALL: Self = Self {
        offset: 0,
        stride: 1,
    };
}

/// Columns of one type whose values stand side by side, row by row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'s> {
    columns: &'s [&'s InputColumn],
    column_type: ColumnType,
    datatype: Datatype,
}

impl<'s> Columns<'s> {
    /// Columns that take values of this datatype; `None` if there are none, or if their types differ.
    pub(super) fn new(columns: &'s [&'s InputColumn], datatype: Datatype) -> Option<Self> {
        let column_type = columns.first()?.column_type;
        let same = columns
            .iter()
            .all(|column| column.column_type == column_type);
        same.then_some(Self {
            columns,
            column_type,
            datatype,
        })
    }

    /// All values of a tensor; those that fit as they are, are not copied.
    ///
    /// # Errors
    /// The row, the column and the rule, as the second half of a sentence.
    pub(super) fn whole(self, data: Data) -> Result<Values, String> {
        match (self.column_type, data) {
            (ColumnType::Double, Data::F32(values)) => {
                self.check(values.iter().map(|value| value.is_nan()))?;
                Ok(Values::F32(values))
            }
            (ColumnType::Double, Data::F64(values)) => {
                self.check(values.iter().map(|value| value.is_nan()))?;
                Ok(Values::F64(values))
            }
            (ColumnType::Integer, Data::I64(values)) => Ok(Values::I64(values)),
            (ColumnType::Boolean, Data::Bool(values)) => Ok(Values::Bool(values)),
            (ColumnType::String, Data::Text(values)) => {
                for (place, text) in values.iter().enumerate() {
                    self.check_text(place, text)?;
                }
                Ok(Values::Text(values))
            }
            (_, data) => self.part(&data, Pick::ALL),
        }
    }

    /// Some values of a tensor.
    ///
    /// # Errors
    /// As [`Columns::whole`].
    pub(super) fn part(self, data: &Data, pick: Pick) -> Result<Values, String> {
        macro_rules! picked {
            ($values:expr) => {
                $values
                    .iter()
                    .skip(pick.offset)
                    .step_by(pick.stride)
                    .copied()
            };
        }
        if let Data::Text(values) = data {
            return self.of_text(values.iter().skip(pick.offset).step_by(pick.stride));
        }
        match self.column_type {
            ColumnType::Datetime => Err(self.refused("BYTES")),
            ColumnType::String => {
                let mut text = Text::default();
                macro_rules! written {
                    ($values:expr) => {
                        picked!($values).for_each(|value| text.push(&value.to_string()))
                    };
                }
                match data {
                    Data::I64(values) => written!(values),
                    Data::U64(values) => written!(values),
                    Data::Bool(values) => written!(values),
                    Data::F32(_) | Data::F64(_) | Data::Text(_) => {
                        return Err(self.refused("BYTES"));
                    }
                }
                Ok(Values::Text(text))
            }
            ColumnType::Double => match data {
                Data::F32(values) => {
                    let values: Vec<f32> = picked!(values).collect();
                    self.check(values.iter().map(|value| value.is_nan()))?;
                    Ok(Values::F32(values))
                }
                Data::F64(values) => {
                    let values: Vec<f64> = picked!(values).collect();
                    self.check(values.iter().map(|value| value.is_nan()))?;
                    Ok(Values::F64(values))
                }
                Data::I64(values) => self.each(picked!(values), double_of_whole).map(Values::F64),
                Data::U64(values) => self.each(picked!(values), double_of_whole).map(Values::F64),
                Data::Bool(values) => Ok(Values::F64(
                    picked!(values)
                        .map(|flag| f64::from(u8::from(flag)))
                        .collect(),
                )),
                Data::Text(_) => Err(self.refused("numbers")),
            },
            ColumnType::Integer => match data {
                Data::I64(values) => Ok(Values::I64(picked!(values).collect())),
                Data::U64(values) => self
                    .each(picked!(values), |value| {
                        i64::try_from(value)
                            .map_err(|_| format!("{value} is past the largest 64-bit whole number"))
                    })
                    .map(Values::I64),
                Data::Bool(values) => Ok(Values::I64(picked!(values).map(i64::from).collect())),
                Data::F32(values) => self.wholes(picked!(values).map(f64::from)),
                Data::F64(values) => self.wholes(picked!(values)),
                Data::Text(_) => Err(self.refused("whole numbers")),
            },
            ColumnType::Boolean => match data {
                Data::Bool(values) => Ok(Values::Bool(picked!(values).collect())),
                Data::I64(values) => self.each(picked!(values), flag_of).map(Values::Bool),
                Data::U64(values) => self.each(picked!(values), flag_of).map(Values::Bool),
                Data::F32(values) => self.flags(picked!(values).map(f64::from)),
                Data::F64(values) => self.flags(picked!(values)),
                Data::Text(_) => Err(self.refused("true or false")),
            },
        }
    }

    fn refused(self, takes: &str) -> String {
        format!(
            "{} can't become column {}, which takes {takes}",
            self.datatype,
            shortened(&self.columns[0].name)
        )
    }

    /// An error at the value of this place.
    fn at(self, place: usize, why: &str) -> String {
        let width = self.columns.len();
        let column = &self.columns[place % width].name;
        format!("row {}, column {}: {why}", place / width, shortened(column))
    }

    fn each<T, U>(
        self,
        values: impl Iterator<Item = T>,
        read: impl Fn(T) -> Result<U, String>,
    ) -> Result<Vec<U>, String> {
        let read = |(place, value)| read(value).map_err(|why| self.at(place, &why));
        values.enumerate().map(read).collect()
    }

    /// Refuses missing values where a column takes none.
    fn check(self, missing: impl Iterator<Item = bool>) -> Result<(), String> {
        if self.columns.iter().all(|column| column.nullable) {
            return Ok(());
        }
        for (place, _) in missing.enumerate().filter(|(_, missing)| *missing) {
            self.missing(place)?;
        }
        Ok(())
    }

    fn missing(self, place: usize) -> Result<(), String> {
        if self.columns[place % self.columns.len()].nullable {
            Ok(())
        } else {
            Err(self.at(place, "the column is not nullable and needs a value"))
        }
    }

    fn check_text(self, place: usize, text: &str) -> Result<(), String> {
        if text.is_empty() {
            self.missing(place)
        } else if text.contains('\0') {
            Err(self.at(place, "the text holds a NUL character"))
        } else {
            Ok(())
        }
    }

    /// Whole numbers in a float's form; NaN is missing.
    fn wholes(self, values: impl Iterator<Item = f64>) -> Result<Values, String> {
        let exact_to = self.datatype.exact_to();
        let mut wholes = Holes::default();
        for (place, value) in values.enumerate() {
            if value.is_nan() {
                self.missing(place)?;
                wholes.push(None);
            } else if value.fract() == 0.0 && value.abs() <= exact_to {
                #[expect(clippy::cast_possible_truncation, reason = "whole, and within 2^53")]
                wholes.push(Some(value as i64));
            } else {
                let why = format!(
                    "{value} is no whole number up to {exact_to}, past which {} does not tell them apart",
                    self.datatype
                );
                return Err(self.at(place, &why));
            }
        }
        self.finish(wholes)
    }

    fn flags(self, values: impl Iterator<Item = f64>) -> Result<Values, String> {
        let mut flags = Holes::default();
        for (place, value) in values.enumerate() {
            if value.is_nan() {
                self.missing(place)?;
                flags.push(None);
            } else {
                flags.push(Some(flag_of(value).map_err(|why| self.at(place, &why))?));
            }
        }
        Ok(flags.full().map_or_else(
            |holes| holes.floats(|flag| f64::from(u8::from(flag))),
            Values::Bool,
        ))
    }

    /// Text into any column, each cell by the rule of every wire.
    fn of_text<'t>(self, texts: impl Iterator<Item = &'t str>) -> Result<Values, String> {
        if self.column_type == ColumnType::String {
            let mut out = Text::default();
            for (place, text) in texts.enumerate() {
                self.check_text(place, text)?;
                out.push(text);
            }
            return Ok(Values::Text(out));
        }
        let width = self.columns.len();
        let cell = |(place, text): (usize, &str)| {
            let read = read_text(self.columns[place % width], text);
            read.map_err(|problem| {
                format!("row {}: {problem}", place / width)
                    .trim_end_matches('.')
                    .to_owned()
            })
        };
        let mut cells = texts.enumerate().map(cell);
        match self.column_type {
            ColumnType::String | ColumnType::Datetime => {
                let mut text = Text::default();
                cells.try_for_each(|cell| {
                    match cell? {
                        Cell::Text(cell) => text.push(&cell),
                        _ => text.push(""),
                    }
                    Ok::<(), String>(())
                })?;
                Ok(Values::Text(text))
            }
            ColumnType::Double => {
                let number = |cell| match cell {
                    Cell::Double(value) => value,
                    _ => f64::NAN,
                };
                let values: Result<_, String> = cells.map(|cell| cell.map(number)).collect();
                values.map(Values::F64)
            }
            ColumnType::Integer => {
                let mut wholes = Holes::default();
                cells.try_for_each(|cell| {
                    wholes.push(match cell? {
                        Cell::Integer(value) => Some(value),
                        _ => None,
                    });
                    Ok::<(), String>(())
                })?;
                self.finish(wholes)
            }
            ColumnType::Boolean => {
                let mut flags = Holes::default();
                cells.try_for_each(|cell| {
                    flags.push(match cell? {
                        Cell::Boolean(flag) => Some(flag),
                        _ => None,
                    });
                    Ok::<(), String>(())
                })?;
                Ok(finished(flags))
            }
        }
    }

    /// Whole numbers, as floats where some are missing.
    fn finish(self, wholes: Holes<i64>) -> Result<Values, String> {
        match wholes.full() {
            Ok(values) => Ok(Values::I64(values)),
            Err(holes) => {
                for (place, value) in holes.values.iter().enumerate() {
                    double_of_whole(*value).map_err(|why| {
                        self.at(
                            place,
                            &format!("{why}, as beside a missing value it must be"),
                        )
                    })?;
                }
                #[expect(clippy::cast_precision_loss, reason = "checked to be exact")]
                Ok(holes.floats(|value| value as f64))
            }
        }
    }
}

/// Truth values, as floats where some are missing.
fn finished(flags: Holes<bool>) -> Values {
    let float = |flag| f64::from(u8::from(flag));
    flags
        .full()
        .map_or_else(|holes| holes.floats(float), Values::Bool)
}

/// A double that equals a whole number.
fn double_of_whole(value: impl Into<i128>) -> Result<f64, String> {
    let value = value.into();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "compared with the number itself"
    )]
    let (double, same) = (value as f64, value as f64 as i128 == value);
    if same {
        Ok(double)
    } else {
        Err(format!("no double equals {value}"))
    }
}

/// A number's truth value.
fn flag_of<T: Copy + PartialEq + From<bool> + std::fmt::Display>(value: T) -> Result<bool, String> {
    if value == T::from(false) {
        Ok(false)
    } else if value == T::from(true) {
        Ok(true)
    } else {
        Err(format!("{value} is neither 0 nor 1"))
    }
}

#[cfg(test)]
mod tests;
