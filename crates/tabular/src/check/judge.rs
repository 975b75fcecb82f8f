//! One cell under all ways of reading its column at once: the work that is done for every cell of a
//! table, without allocating. What comes out is put in words elsewhere.

use super::Reading;
use crate::date;
use crate::number::{self, Simple};
use portico_api::schema::{ColumnType, InputColumn};
use std::borrow::Cow;
use std::collections::HashSet;

/// The first way of reading: as the wire does.
pub(super) const FIRST: u8 = 1;
/// The second: decimal comma, or the day first.
pub(super) const SECOND: u8 = 2;
/// The third: the month first.
pub(super) const THIRD: u8 = 4;
const ALL: u8 = FIRST | SECOND | THIRD;

/// Under the readings, a cell's text is two different values, one of them for its comma.
pub(super) const COMMA: u8 = 1;
/// The same, for a point or the order of day and month.
pub(super) const OTHER: u8 = 2;

/// How many categories are compared one by one rather than looked up.
const FEW: usize = 8;

/// What became of a cell; one bit for each way of reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// It can't be scored.
    pub errors: u8,
    /// It is unusual.
    pub marks: u8,
    /// It is read otherwise than the wire takes it.
    pub converted: u8,
    /// It is another value under another reading: [`COMMA`], [`OTHER`].
    pub differs: u8,
}

impl Outcome {
    /// Nothing to say.
    pub(super) const CLEAN: Self = Self {
        errors: 0,
        marks: 0,
        converted: 0,
        differs: 0,
    };
    const WRONG: Self = Self {
        errors: ALL,
        ..Self::CLEAN
    };
}

/// The place of a reading among the ways in which a column of this type can be read.
pub(super) fn way(kind: ColumnType, reading: Reading) -> usize {
    match (kind, reading) {
        (ColumnType::Double | ColumnType::Integer, Reading::DecimalComma)
        | (ColumnType::Datetime, Reading::DayFirst) => 1,
        (ColumnType::Datetime, Reading::MonthFirst) => 2,
        _ => 0,
    }
}

/// The ways in which a column of this type can be read.
pub(super) fn ways(kind: ColumnType) -> &'static [Reading] {
    match kind {
        ColumnType::Double | ColumnType::Integer => &[Reading::Plain, Reading::DecimalComma],
        ColumnType::Datetime => &[Reading::Plain, Reading::DayFirst, Reading::MonthFirst],
        ColumnType::String | ColumnType::Boolean => &[Reading::Plain],
    }
}

enum Categories {
    Any,
    Few(Vec<Box<[u8]>>),
    Many(HashSet<Box<[u8]>>),
}

/// A column of the schema, ready to judge cells.
pub(super) struct Judge {
    kind: ColumnType,
    nullable: bool,
    low: f64,
    high: f64,
    categories: Categories,
}

impl Judge {
    pub(super) fn new(column: &InputColumn) -> Self {
        let bytes = column.categories.iter().map(|c| c.as_bytes().into());
        Self {
            kind: column.column_type,
            nullable: column.nullable,
            low: column.min.unwrap_or(f64::NEG_INFINITY),
            high: column.max.unwrap_or(f64::INFINITY),
            categories: match column.categories.len() {
                0 => Categories::Any,
                1..=FEW => Categories::Few(bytes.collect()),
                _ => Categories::Many(bytes.collect()),
            },
        }
    }

    /// Judges a cell.
    #[inline]
    pub(super) fn judge(&self, text: &[u8]) -> Outcome {
        match self.kind {
            ColumnType::Double | ColumnType::Integer => match Simple::read(text) {
                Some(simple) => self.simple(simple),
                None => self.number(text),
            },
            ColumnType::String => self.text(text),
            ColumnType::Boolean => self.boolean(text),
            ColumnType::Datetime => self.date(text),
        }
    }

    /// A cell without a value.
    fn missing(&self) -> Outcome {
        if self.nullable {
            Outcome::CLEAN
        } else {
            Outcome::WRONG
        }
    }

    fn unusual(&self, value: f64) -> bool {
        value < self.low || value > self.high
    }

    #[inline]
    fn simple(&self, simple: Simple) -> Outcome {
        let whole = self.kind == ColumnType::Integer;
        let mut out = Outcome::CLEAN;
        if self.unusual(simple.value) {
            out.marks = FIRST | SECOND;
        }
        if !simple.point {
            return out;
        }
        // Written with a point, it is a double on the wire, which is exact up to 2^53.
        let exact = simple.value.fract() == 0.0 && simple.value.abs() <= 9_007_199_254_740_992.0;
        if whole && !exact {
            out.errors = FIRST;
            out.marks &= !FIRST;
        }
        if simple.groups {
            // Without its point, which sets thousands apart.
            #[expect(clippy::cast_precision_loss, reason = "it has at most six digits")]
            let value = simple.digits as f64;
            out.marks &= !SECOND;
            if self.unusual(value) {
                out.marks |= SECOND;
            }
            out.converted = SECOND;
            if out.errors == 0 {
                out.differs = OTHER;
            }
        } else {
            out.errors |= SECOND;
            out.marks &= !SECOND;
        }
        out
    }

    #[cold]
    fn number(&self, bytes: &[u8]) -> Outcome {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Outcome::WRONG;
        };
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("nan") {
            return self.missing();
        }
        let mut out = Outcome::CLEAN;
        let mut values = [None; 2];
        for (at, &reading) in ways(self.kind).iter().enumerate().take(2) {
            let way = 1 << at;
            let read = if self.kind == ColumnType::Integer {
                number::whole(text, reading).map(|read| {
                    #[expect(
                        clippy::cast_precision_loss,
                        reason = "a bound is a rough range, and the wire compares it so"
                    )]
                    (read.value as f64, read.converted)
                })
            } else {
                number::double(text, reading).map(|read| (read.value, read.converted))
            };
            match read {
                None => out.errors |= way,
                Some((value, converted)) => {
                    values[at] = Some(value);
                    if self.unusual(value) {
                        out.marks |= way;
                    }
                    if converted {
                        out.converted |= way;
                    }
                }
            }
        }
        if let [Some(first), Some(second)] = values
            && first.to_bits() != second.to_bits()
        {
            out.differs = if bytes.contains(&b',') { COMMA } else { OTHER };
        }
        out
    }

    fn text(&self, text: &[u8]) -> Outcome {
        if text.is_empty() {
            return self.missing();
        }
        if memchr::memchr(0, text).is_some() {
            return Outcome::WRONG;
        }
        self.category(text)
    }

    fn category(&self, text: &[u8]) -> Outcome {
        let known = match &self.categories {
            Categories::Any => true,
            Categories::Few(list) => list.iter().any(|known| **known == *text),
            Categories::Many(set) => set.contains(text),
        };
        Outcome {
            marks: if known { 0 } else { ALL },
            ..Outcome::CLEAN
        }
    }

    fn boolean(&self, bytes: &[u8]) -> Outcome {
        if bytes.is_empty() {
            return self.missing();
        }
        match boolean(bytes) {
            Some(_) => Outcome::CLEAN,
            None => Outcome::WRONG,
        }
    }

    fn date(&self, bytes: &[u8]) -> Outcome {
        if bytes.is_empty() {
            return self.missing();
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Outcome::WRONG;
        };
        if memchr::memchr(0, bytes).is_some() {
            return Outcome::WRONG;
        }
        let text = text.trim();
        let seen = date::readings(text);
        let way = |yes: bool, way: u8| if yes { way } else { 0 };
        let fits =
            way(seen.plain, FIRST) | way(seen.day_first, SECOND) | way(seen.month_first, THIRD);
        let marks = match &self.categories {
            Categories::Any => 0,
            // Dates as categories are rare enough to be written out for each way.
            _ => ways(self.kind)
                .iter()
                .enumerate()
                .filter_map(|(at, &reading)| {
                    let iso = date::iso(text, reading).ok()?;
                    Some(self.category(iso.as_bytes()).marks & (1 << at))
                })
                .fold(0, |all, one| all | one),
        };
        Outcome {
            errors: ALL & !fits,
            marks,
            converted: if seen.iso { 0 } else { fits },
            differs: if seen.differs { OTHER } else { 0 },
        }
    }
}

/// True or false, as the wire reads it.
pub(crate) fn boolean(bytes: &[u8]) -> Option<bool> {
    let text: Cow<'_, str> = String::from_utf8_lossy(bytes);
    let word = text.trim();
    let is = |known: &str| word.eq_ignore_ascii_case(known);
    if is("true") || is("1") || is("yes") {
        Some(true)
    } else if is("false") || is("0") || is("no") {
        Some(false)
    } else {
        None
    }
}
