//! What there is to say about a cell, in words: what was expected, what was found, what may help.

use super::input::Input;
use super::judge::{COMMA, boolean, way, ways};
use super::{Finding, Reading};
use crate::mapping::likeness;
use crate::number::Simple;
use crate::{date, number};
use portico_api::cell::{self, Cell, CellMark, CellProblem};
use portico_api::schema::{ColumnType, InputColumn};
use serde_json::Value;

/// How alike a text and a category must be to be offered instead.
const ALIKE: f64 = 0.85;

impl Input {
    /// What there is to say about a cell with this text.
    pub(super) fn finding(&self, bytes: &[u8]) -> Option<Finding> {
        let outcome = self.judge.judge(bytes);
        let (error, mark) = self.verdict(outcome);
        let text = String::from_utf8_lossy(bytes);
        if error {
            return Some(self.problem(&text));
        }
        if !mark {
            return None;
        }
        let bit = 1 << way(self.column.column_type, self.reading);
        Some(if outcome.marks & bit == 0 {
            Finding {
                code: "value_ambiguous".to_owned(),
                error: false,
                words: self.two_ways(&text),
            }
        } else {
            self.unusual(&text)
        })
    }

    /// What keeps the one value for all rows from being sent, in words.
    pub(super) fn constant_problem(&self, text: &str) -> Option<String> {
        let outcome = self.judge.judge(text.as_bytes());
        if self.verdict(outcome).0 {
            return Some(self.problem(text).words);
        }
        // Nothing tells how a single value is meant.
        (outcome.differs & COMMA != 0).then(|| {
            format!(
                "{}: {} can be {} or {}. Write it without the comma.",
                self.column.name,
                excerpt(text.trim()),
                number::on_the_wire(text, Reading::Plain).unwrap_or_default(),
                number::on_the_wire(text, Reading::DecimalComma).unwrap_or_default(),
            )
        })
    }

    fn problem(&self, text: &str) -> Finding {
        let problem = match cell::read_text(&self.column, text) {
            Err(problem) => problem,
            // The wire would take it: this reading does not.
            Ok(_) => CellProblem::WrongType {
                column: self.column.name.clone(),
                expected: self.column.column_type.in_words(),
                found: excerpt(text),
            },
        };
        let mut words = problem.to_string();
        if matches!(problem, CellProblem::WrongType { .. })
            && let Some(hint) = self.hint(text)
        {
            words.push(' ');
            words.push_str(&hint);
        }
        Finding {
            code: problem.code().to_owned(),
            error: true,
            words,
        }
    }

    /// What may help with a cell that is of another type.
    fn hint(&self, text: &str) -> Option<String> {
        match self.column.column_type {
            ColumnType::Double | ColumnType::Integer => number_hint(text, self),
            ColumnType::Datetime => match date::iso(text, self.reading) {
                Err(date::DateProblem::Month(_)) if self.reads_otherwise(text) => Some(
                    match self.reading {
                        Reading::MonthFirst => "This column is read with the month first.",
                        _ => "This column is read with the day first.",
                    }
                    .to_owned(),
                ),
                Err(date::DateProblem::Shape) | Ok(_) => None,
                Err(problem) => Some(problem.to_string()),
            },
            ColumnType::String | ColumnType::Boolean => None,
        }
    }

    /// Whether a text can be read, but not in the way of this column.
    fn reads_otherwise(&self, text: &str) -> bool {
        let all = (1_u8 << ways(self.column.column_type).len()) - 1;
        self.judge.judge(text.as_bytes()).errors & all != all
    }

    fn two_ways(&self, text: &str) -> String {
        let found = excerpt(text.trim());
        let say = |reading| match self.column.column_type {
            ColumnType::Datetime => date::iso(text, reading)
                .map(String::from)
                .unwrap_or_default(),
            _ => number::on_the_wire(text, reading).unwrap_or_default(),
        };
        let (first, second) = match self.column.column_type {
            ColumnType::Datetime => (Reading::DayFirst, Reading::MonthFirst),
            _ => (Reading::Plain, Reading::DecimalComma),
        };
        format!(
            "{}: {found} can be {} or {}. Say how this column is read.",
            self.column.name,
            say(first),
            say(second)
        )
    }

    fn unusual(&self, text: &str) -> Finding {
        let mark = self
            .cell(text)
            .and_then(|cell| cell::mark(&self.column, &cell));
        let (code, words) = match mark {
            Some(CellMark::UnknownCategory { column, found }) => {
                let nearest = nearest(&self.column, text);
                let mark = CellMark::UnknownCategory { column, found };
                let hint = nearest.map(|known| format!(" Did you mean “{known}”?"));
                (
                    "value_category",
                    format!("{mark}{}", hint.unwrap_or_default()),
                )
            }
            Some(mark) => ("value_range", mark.to_string()),
            None => ("value_range", String::new()),
        };
        Finding {
            code: code.to_owned(),
            error: false,
            words,
        }
    }

    /// The cell that a text is on the wire.
    fn cell(&self, text: &str) -> Option<Cell> {
        cell::read_value(&self.column, &self.value(text.as_bytes())).ok()
    }

    /// The value that is sent for a cell with this text. A cell that can't be read is sent as it is.
    pub(super) fn value(&self, bytes: &[u8]) -> Value {
        let text = String::from_utf8_lossy(bytes);
        let kind = self.column.column_type;
        let value = match kind {
            ColumnType::String => return Value::String(text.into_owned()),
            ColumnType::Boolean => boolean(bytes).map(Value::Bool),
            ColumnType::Double => double(&text, self.reading),
            ColumnType::Integer => {
                number::whole(&text, self.reading).map(|read| Value::from(read.value))
            }
            ColumnType::Datetime => date::iso(&text, self.reading)
                .ok()
                .map(|iso| Value::String(iso.into_owned())),
        };
        value.unwrap_or_else(|| {
            let number = matches!(kind, ColumnType::Double | ColumnType::Integer);
            let blank = || matches!(text.trim(), word if word.is_empty() || word.eq_ignore_ascii_case("nan"));
            let none = text.is_empty() || (number && blank());
            if none && self.column.nullable {
                Value::Null
            } else {
                Value::String(text.into_owned())
            }
        })
    }
}

/// A number for the wire: as JSON's number where every reader gets the same double from it, as text
/// where only a careful one does.
fn double(text: &str, reading: Reading) -> Option<Value> {
    // More digits than this, and a fast reader of JSON may be off by the last bit.
    const CAREFREE: i64 = 1_000_000_000_000_000;
    let carefree = |simple: &Simple| simple.digits.abs() < CAREFREE;
    let text = text.trim();
    if text.eq_ignore_ascii_case("nan") {
        return None;
    }
    let simple = Simple::read(text.as_bytes()).filter(carefree);
    if let Some(simple) = simple.filter(|s| !s.point || reading != Reading::DecimalComma) {
        return json(simple);
    }
    let plain = number::on_the_wire(text, reading)?;
    let simple = Simple::read(plain.as_bytes()).filter(carefree);
    simple.and_then(json).or(Some(Value::String(plain)))
}

fn json(simple: Simple) -> Option<Value> {
    // Whole numbers know no minus zero.
    if simple.point || (simple.digits == 0 && simple.value.is_sign_negative()) {
        serde_json::Number::from_f64(simple.value).map(Value::Number)
    } else {
        Some(Value::from(simple.digits))
    }
}

fn number_hint(text: &str, input: &Input) -> Option<String> {
    if input.column.nullable && stands_for_nothing(text.trim()) {
        return Some("Empty the cell if there is no value.".to_owned());
    }
    if text.contains('%') {
        return Some(
            "Leave out the percent sign, and write the number as the model was trained: \
             12.5 % may be 12.5 or 0.125."
                .to_owned(),
        );
    }
    input.reads_otherwise(text).then(|| {
        match input.reading {
            Reading::DecimalComma => "This column is read with a decimal comma.",
            _ => "This column is read with a decimal point.",
        }
        .to_owned()
    })
}

/// Whether a text is what some programs write where there is no value.
fn stands_for_nothing(text: &str) -> bool {
    let known = [
        "na", "n/a", "#n/a", "null", "none", "nil", "-", "–", "?", ".",
    ];
    known.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The category that is most like a text, if one is.
fn nearest<'a>(column: &'a InputColumn, text: &str) -> Option<&'a str> {
    let folded = text.trim().to_lowercase();
    let scored = column
        .categories
        .iter()
        .map(|known| (likeness(&known.trim().to_lowercase(), &folded), known));
    let best = scored.fold((ALIKE, None), |best, (score, known)| {
        if score > best.0 {
            (score, Some(known))
        } else {
            best
        }
    });
    best.1.map(String::as_str)
}

/// At most 40 characters of a text.
fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
