//! Making a file of the table and its predictions, piece by piece, so that nobody waits and nothing is
//! held twice.

use super::{Desk, Holding};
use crate::export;
use crate::place::letters;
use crate::protocol::{Format, RowState};
use crate::refusal::Refusal;
use crate::table::Row;
use crate::xlsx::write::{Out, Writer};
use portico_api::schema::ColumnType;

/// How many rows a step writes.
const STEP: u32 = 2_000;

enum Form {
    Csv(Vec<u8>),
    Xlsx(Box<Writer>),
}

/// A file in the making.
pub struct Export {
    form: Option<Form>,
    next: u32,
    /// Whether each of the table's columns may hold numbers: not if it feeds an input of text.
    numbers: Vec<bool>,
    /// Whether a last column says what became of each row.
    states: bool,
    /// Cells that got a guard against being read as formulas.
    pub guarded: u64,
}

impl Desk {
    /// Begins to make a file.
    ///
    /// # Errors
    /// [`Refusal`] when there is no whole table.
    pub fn export(&self, format: Format) -> Result<Export, Refusal> {
        let Holding::Whole(table) = &self.holding else {
            return Err(Refusal::new(
                "no_table",
                "There is no whole table to download yet.",
            ));
        };
        let facts = self.column_facts();
        let inputs = &self.start.schema.inputs;
        let numbers = facts
            .iter()
            .map(|column| {
                column
                    .input
                    .is_none_or(|input| inputs[input].column_type != ColumnType::String)
            })
            .collect();
        let scored = (0..table.rows()).any(|row| self.run.state(row) != RowState::Waiting);
        let states = scored && (0..table.rows()).any(|row| !self.is_scored(row));
        let mut export = Export {
            form: None,
            next: 0,
            numbers,
            states,
            guarded: 0,
        };
        let mut header: Vec<&str> = table.header().iter().map(String::as_str).collect();
        if scored {
            header.extend(self.results.columns().iter().map(String::as_str));
        }
        if states {
            header.push("Status");
        }
        export.form = Some(match format {
            Format::Csv => {
                // The mark tells Excel that this is UTF-8. Plain ASCII needs none.
                let ascii = table.is_ascii() && self.results.is_ascii();
                let mut out = if ascii {
                    Vec::new()
                } else {
                    export::BOM.to_vec()
                };
                export.guarded += export::csv_row(&mut out, header.iter().copied(), b',', true);
                Form::Csv(out)
            }
            Format::Xlsx => {
                let mut writer = Writer::new("Rows");
                writer.header(&header)?;
                Form::Xlsx(Box::new(writer))
            }
        });
        Ok(export)
    }

    /// The name of the file that an export makes.
    pub fn file_name(&self, format: Format) -> String {
        let source = self
            .source
            .as_ref()
            .filter(|source| matches!(source.kind.as_str(), "csv" | "xlsx"));
        let stem = match source {
            Some(source) => source
                .name
                .rsplit_once('.')
                .map_or(source.name.as_str(), |(stem, _)| stem)
                .to_owned(),
            None => format!("{} {}", self.start.service, self.start.name),
        };
        let stem: String = stem
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_. ()".contains(c) {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let ending = match format {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
        };
        format!("{} scored.{ending}", stem.trim())
    }

    /// Everything is in a file now.
    pub fn saved(&mut self) {
        self.unsaved = false;
    }
}

impl Export {
    /// Writes some rows; the bytes that are ready, and whether the file is complete.
    ///
    /// # Errors
    /// [`Refusal`] naming a cell that does not fit the format.
    pub fn step(&mut self, desk: &Desk) -> Result<(Vec<u8>, bool), Refusal> {
        let Some(table) = desk.table() else {
            return Ok((Vec::new(), true));
        };
        let last = (self.next + STEP).min(table.rows());
        let mut cut = Row::default();
        let scored = desk.results.columns().len();
        for row in self.next..last {
            table.read(row, &mut cut);
            let state = desk.run.state(row);
            let outputs = match state {
                RowState::Scored | RowState::Stale => desk.outputs_of(row),
                _ => vec![String::new(); if self.states { scored } else { 0 }],
            };
            let status = self.states.then(|| status(desk, row, state));
            match &mut self.form {
                Some(Form::Csv(out)) => {
                    let own: Vec<_> = (0..table.columns())
                        .map(|column| cut.text(column))
                        .collect();
                    let more = outputs.iter().chain(&status).map(String::as_str);
                    let cells = own.iter().map(|text| &**text).chain(more);
                    self.guarded += export::csv_row(out, cells, b',', true);
                }
                Some(Form::Xlsx(writer)) => {
                    let texts: Vec<_> = (0..table.columns())
                        .map(|column| cut.text(column))
                        .collect();
                    let own = texts
                        .iter()
                        .zip(&self.numbers)
                        .map(|(text, numbers)| cell(text, *numbers));
                    let all = own
                        .chain(outputs.iter().map(|text| predicted(text)))
                        .chain(status.iter().map(|text| Out::Text(text)));
                    writer.row(all)?;
                }
                None => {}
            }
        }
        self.next = last;
        let complete = last == table.rows();
        let bytes = match (&mut self.form, complete) {
            (Some(Form::Csv(out)), _) => std::mem::take(out),
            (Some(Form::Xlsx(writer)), false) => writer.take(),
            (form @ Some(Form::Xlsx(_)), true) => match form.take() {
                Some(Form::Xlsx(writer)) => writer.finish()?,
                _ => Vec::new(),
            },
            (None, _) => Vec::new(),
        };
        Ok((bytes, complete))
    }
}

fn cell(text: &str, numbers: bool) -> Out<'_> {
    if text.is_empty() {
        Out::Empty
    } else if numbers && export::is_canonical_number(text) {
        Out::Number(text)
    } else {
        Out::Text(text)
    }
}

/// A prediction: the answer's own number, or a label.
fn predicted(text: &str) -> Out<'_> {
    match text.parse::<f64>() {
        _ if text.is_empty() => Out::Empty,
        Ok(number) if number.is_finite() => Out::Number(text),
        _ => Out::Text(text),
    }
}

fn status(desk: &Desk, row: u32, state: RowState) -> String {
    let reason = desk.run.reason(row);
    match state {
        RowState::Scored => "scored".to_owned(),
        RowState::Waiting => "not scored".to_owned(),
        RowState::Stale => "changed since it was scored".to_owned(),
        RowState::Failed => format!("failed: {reason}"),
        RowState::Skipped => {
            let mut words = format!("skipped: {reason}");
            if let Some(table) = desk.table() {
                let mut cut = Row::default();
                table.read(row, &mut cut);
                let findings = desk.checks.findings_of_row(&cut);
                if let Some((column, finding)) = findings.iter().find(|(_, finding)| finding.error)
                {
                    words = format!(
                        "skipped: {}{}: {}",
                        letters(*column),
                        table.place(row, 0).row,
                        finding.words
                    );
                }
            }
            words
        }
    }
}
