//! How a table comes onto the desk: from pieces of a text file, from a workbook, from a paste, from the
//! samples. Each way ends in the same place: columns mapped, cells checked.

use super::{Desk, Holding};
use crate::check::Checks;
use crate::diagnostic::{Diagnostic, Difference};
use crate::edit::History;
use crate::header;
use crate::intake::Reader;
use crate::mapping::{self, Evidence, Source};
use crate::protocol::{SourceFacts, View};
use crate::refusal::Refusal;
use crate::results::Results;
use crate::run::Run;
use crate::table::{Builder, Table};
use crate::xlsx::read::Sheet;

impl Desk {
    /// Begins to read a text file of this many bytes. What stood on the desk is gone.
    pub fn begin_text(&mut self, facts: SourceFacts, reader: Reader, bytes: f64) {
        self.clean();
        self.source = Some(facts);
        self.holding = Holding::Reading(reader);
        self.reading = Some((0.0, bytes));
    }

    /// Takes in the next piece of a text file, and checks the rows that it completes. Tells whether the
    /// table's columns became known with it.
    ///
    /// # Errors
    /// [`Refusal`] when this is no table; the desk is empty then.
    pub fn take_piece(&mut self, piece: &[u8], read: f64) -> Result<bool, Refusal> {
        let Holding::Reading(intake) = &mut self.holding else {
            return Ok(false);
        };
        let knew = intake.table().is_some();
        if let Err(refusal) = intake.push(piece) {
            self.clean();
            return Err(refusal);
        }
        if let Some((done, _)) = &mut self.reading {
            *done = read;
        }
        let knows = self.holding.table().is_some();
        if knows && !knew {
            self.understand();
        }
        self.check_more();
        Ok(knows && !knew)
    }

    /// Whether the first row names the model's inputs though it was read as data, or the other way
    /// round: the row that should be the header then (0: none).
    pub fn other_header(&self) -> Option<u32> {
        if !matches!(self.holding, Holding::Reading(_)) {
            return None;
        }
        let table = self.holding.table()?;
        let names: Vec<&str> = match self.header() {
            Some(_) => table.header().iter().map(String::as_str).collect(),
            None => Vec::new(),
        };
        if names.is_empty() {
            let mut row = crate::table::Row::default();
            table.read(0, &mut row);
            let first: Vec<String> = (0..table.columns())
                .map(|column| row.text(column).into_owned())
                .collect();
            let first: Vec<&str> = first.iter().map(String::as_str).collect();
            return mapping::looks_like_header(&self.start.schema, &first)
                .filter(|is_header| *is_header)
                .map(|_| table.place(0, 0).row);
        }
        mapping::looks_like_header(&self.start.schema, &names)
            .filter(|is_header| !*is_header)
            .map(|_| 0)
    }

    /// The last piece was taken in.
    ///
    /// # Errors
    /// [`Refusal`] when this is no table after all; the desk is empty then.
    pub fn finish_text(&mut self) -> Result<(), Refusal> {
        let Holding::Reading(intake) = std::mem::replace(&mut self.holding, Holding::Nothing)
        else {
            return Ok(());
        };
        let knew = intake.table().is_some();
        let text = match intake.finish() {
            Ok(text) => text,
            Err(refusal) => {
                self.clean();
                return Err(refusal);
            }
        };
        if let Some(source) = &mut self.source {
            source.encoding = Some(text.facts.encoding.clone());
            source.delimiter = text.facts.delimiter;
            source.header = text.facts.header;
            source.diagnostics.clone_from(&text.facts.diagnostics);
            source.differences.clone_from(&text.facts.differences);
        }
        self.holding = Holding::Whole(Box::new(text.table));
        if !knew {
            self.understand();
        }
        self.complete();
        Ok(())
    }

    /// Takes a sheet of a workbook.
    pub fn take_sheet(&mut self, facts: SourceFacts, sheet: Sheet) {
        self.clean();
        self.source = Some(SourceFacts {
            header: sheet.header,
            diagnostics: sheet.diagnostics,
            differences: sheet.differences,
            ..facts
        });
        self.set(sheet.table);
    }

    /// Takes pasted rows; the first is the header when it names the model's inputs, or when it is told.
    ///
    /// # Errors
    /// [`Refusal`] when there is nothing in it.
    pub fn take_rows(
        &mut self,
        facts: SourceFacts,
        rows: &[Vec<String>],
        header: Option<u32>,
    ) -> Result<(), Refusal> {
        let first = rows
            .first()
            .filter(|row| !row.is_empty())
            .ok_or_else(|| Refusal::new("empty", "There are no rows in what was pasted."))?;
        let names: Vec<&str> = first.iter().map(String::as_str).collect();
        let at = match header {
            Some(at) => at as usize,
            None => usize::from(
                mapping::looks_like_header(&self.start.schema, &names)
                    .unwrap_or_else(|| header::find(rows).named),
            ),
        };
        let mut builder = Builder::new(None);
        for (index, row) in rows.iter().enumerate().skip(at) {
            if row.iter().all(String::is_empty) {
                continue;
            }
            let source_row = u32::try_from(index + 1).unwrap_or(u32::MAX);
            builder.push(source_row, row.iter().map(String::as_str));
        }
        let texts = at.checked_sub(1).and_then(|row| rows.get(row));
        let names = texts.cloned().unwrap_or_default();
        self.clean();
        self.source = Some(SourceFacts {
            header: u32::try_from(at).ok().filter(|at| *at > 0),
            ..facts
        });
        self.set(builder.finish(names));
        Ok(())
    }

    /// Takes the version's sample rows.
    pub(super) fn take_samples(&mut self) -> Result<(), Refusal> {
        let mut rows = vec![
            self.start
                .schema
                .inputs
                .iter()
                .map(|input| input.name.clone())
                .collect(),
        ];
        rows.extend(self.start.samples.iter().cloned());
        let facts = SourceFacts {
            name: "Sample rows".to_owned(),
            kind: "samples".to_owned(),
            ..SourceFacts::default()
        };
        self.take_rows(facts, &rows, Some(1))
    }

    fn set(&mut self, table: Table) {
        self.holding = Holding::Whole(Box::new(table));
        self.understand();
        self.complete();
    }

    /// The columns are known: what feeds what.
    fn understand(&mut self) {
        if let (Some(source), Holding::Reading(reader)) = (&mut self.source, &self.holding)
            && let Some(facts) = reader.facts()
        {
            source.encoding = Some(facts.encoding);
            source.delimiter = facts.delimiter;
            source.header = facts.header;
        }
        let Some(table) = self.holding.table() else {
            return;
        };
        let evidence = Evidence::gather(table);
        let has_header = self.header().is_some();
        self.proposals =
            mapping::propose(&self.start.schema, table.header(), has_header, &evidence);
        let sources: Vec<Source> = self.proposals.iter().map(|p| p.source.clone()).collect();
        self.checks = Checks::new(&self.start.schema, &sources);
    }

    /// The header's row, as far as it is known.
    fn header(&self) -> Option<u32> {
        self.source.as_ref()?.header
    }

    fn check_more(&mut self) {
        if let Some(table) = self.holding.table() {
            self.checks.advance(table, table.rows());
        }
    }

    /// The table is whole: every cell is checked, and each column's reading is decided.
    fn complete(&mut self) {
        self.reading = None;
        self.check_more();
        let delimiter = self.source.as_ref().and_then(|source| source.delimiter);
        self.checks.settle(delimiter);
        let rows = self.holding.table().map_or(0, Table::rows);
        self.run = Run::new(rows);
        let names: Vec<String> = self
            .start
            .schema
            .outputs
            .iter()
            .map(|output| output.column.clone())
            .collect();
        // There are no predictions yet that other columns could belong to.
        let _ = self.results.set_columns(&names);
    }

    /// Empties the desk.
    pub fn clean(&mut self) {
        self.holding = Holding::Nothing;
        self.source = None;
        self.reading = None;
        self.proposals.clear();
        self.checks = Checks::new(
            &self.start.schema,
            &vec![Source::Missing; self.start.schema.inputs.len()],
        );
        self.history = History::default();
        self.run = Run::new(0);
        self.results = Results::new();
        self.view = View::All;
        self.shown = None;
        self.unsaved = false;
    }

    /// Says how many rows of a workbook are read; how many there are is known at its end alone.
    pub fn say_reading(&mut self, rows: u32) {
        self.reading = Some((f64::from(rows), 0.0));
    }

    /// Adds remarks about the source, such as those of the wrapping that it came in.
    pub fn remark(&mut self, diagnostics: Vec<Diagnostic>, differences: Vec<Difference>) {
        if let Some(source) = &mut self.source {
            source.diagnostics.extend(diagnostics);
            source.differences.extend(differences);
        }
    }
}
