//! What a cell says.
//!
//! It becomes what a person would have typed into a text table; where that differs from how the file writes
//! it, the notes say so.

use super::notes::Notes;
use super::serial::{self, NoDate};
use super::strings::{self, Strings};
use super::styles::Kind;
use crate::diagnostic::Severity;

/// What the numbers in a sheet refer to.
pub(super) struct Meaning<'a> {
    /// Shared texts.
    pub strings: &'a Strings,
    /// Kinds of numbers by cell format.
    pub kinds: &'a [Kind],
    /// Whether days are counted from 1904.
    pub from_1904: bool,
}

/// A cell as the file writes it.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    /// Its value.
    pub text: &'a str,
    /// How that is written.
    pub kind: Type,
    /// The number of its cell format.
    pub style: Option<u32>,
}

impl Meaning<'_> {
    /// Adds a cell's text. Whether it is one in the workbook too.
    pub(super) fn read(
        &self,
        cell: Written<'_>,
        at: (u32, u32),
        out: &mut String,
        notes: &mut Notes,
    ) -> bool {
        let written = cell.text;
        match cell.kind {
            Type::Inline => {
                out.push_str(written);
                true
            }
            Type::Formula => {
                let from = out.len();
                out.push_str(written);
                strings::unescape(out, from);
                true
            }
            Type::Shared => {
                let index = written.trim();
                if !index.is_empty() {
                    match index.parse().ok().and_then(|index| self.strings.get(index)) {
                        Some(text) => out.push_str(text),
                        None => notes.remark("text_missing", Severity::Error, Some(at), index, || {
                            "A cell points to a text that the workbook does not hold. The cell counts as empty.".to_owned()
                        }),
                    }
                }
                true
            }
            Type::Boolean => {
                let from = out.len();
                match written.trim() {
                    "1" => out.push_str("TRUE"),
                    "0" => out.push_str("FALSE"),
                    other => out.push_str(&other.to_ascii_uppercase()),
                }
                if out.len() > from && written != &out[from..] {
                    notes.differ("boolean", at, written, &out[from..]);
                }
                false
            }
            Type::Error => {
                out.push_str(written);
                notes.remark("cell_error", Severity::Warning, Some(at), written, || {
                    "Cells hold errors of the spreadsheet, such as #N/A, instead of values."
                        .to_owned()
                });
                false
            }
            Type::Iso => {
                out.push_str(written.trim());
                false
            }
            Type::Number => {
                self.number(cell, at, out, notes);
                false
            }
        }
    }

    /// Adds a number's text: of a day or time, when the cell's format says that it is one.
    fn number(&self, cell: Written<'_>, at: (u32, u32), out: &mut String, notes: &mut Notes) {
        let written = cell.text.trim();
        if written.is_empty() {
            return;
        }
        let from = out.len();
        let kind = cell
            .style
            .and_then(|style| self.kinds.get(style as usize))
            .copied()
            .unwrap_or(Kind::Number);
        if !matches!(kind, Kind::Number | Kind::Padded)
            && let Some(value) = serial::value(written)
        {
            let (code, words) = match serial::date(value, kind, self.from_1904, out) {
                Ok(()) => {
                    let code = match kind {
                        Kind::Duration => "duration_from_serial",
                        Kind::Time => "time_from_serial",
                        _ => "date_from_serial",
                    };
                    notes.differ(code, at, written, &out[from..]);
                    return;
                }
                Err(NoDate::Leap1900) => {
                    // As text, so that it is seen and fails where a date is wanted.
                    out.push_str("1900-02-29");
                    (
                        "date_1900_02_29",
                        "The workbook says 29 February 1900, a day that never was.",
                    )
                }
                Err(NoDate::Range) => {
                    serial::number(written, out);
                    (
                        "date_out_of_range",
                        "A number that is formatted as a date is none: it is before the first or after the last day. It was read as a number.",
                    )
                }
            };
            notes.remark(code, Severity::Warning, Some(at), written, || {
                words.to_owned()
            });
            return;
        }
        if !serial::number(written, out) {
            out.push_str(written);
            notes.remark(
                "number_unreadable",
                Severity::Warning,
                Some(at),
                written,
                || "A cell is marked as a number and holds none. It was read as text.".to_owned(),
            );
        } else if written != &out[from..] {
            notes.differ("number_form", at, written, &out[from..]);
        }
        if out.len() - from > 15
            && serial::value(&out[from..]).is_some_and(|value| value.abs() >= 1e15)
        {
            notes.remark("number_rounded", Severity::Warning, Some(at), written, || {
                "Whole numbers of more than 15 digits: spreadsheet programs round them to 15. Numbers that name things belong in cells of text.".to_owned()
            });
        }
        if kind == Kind::Padded {
            notes.remark("number_padded", Severity::Warning, Some(at), written, || {
                "The workbook shows numbers with leading zeros that they don't have, as for postal codes. They were read without.".to_owned()
            });
        }
    }
}

/// How a cell writes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Number,
    Shared,
    Inline,
    Formula,
    Boolean,
    Error,
    Iso,
}

impl Type {
    /// The kind that a cell's `t` names.
    pub(super) fn of(written: &[u8]) -> Self {
        match written {
            b"s" => Self::Shared,
            b"inlineStr" | b"is" => Self::Inline,
            b"str" => Self::Formula,
            b"b" => Self::Boolean,
            b"e" => Self::Error,
            b"d" => Self::Iso,
            _ => Self::Number,
        }
    }
}
