//! Reads a workbook: which sheets it has, and one of them as a table.

use super::budget::{self, Package};
use super::header::{self, Candidate};
use super::notes::Notes;
use super::part::Budget;
use super::rows::{Cells, Rows};
use super::strings::Strings;
use super::styles::{self, Kind};
use super::value::Meaning;
use super::workbook::{self, Workbook};
use crate::diagnostic::{Diagnostic, Difference, Severity};
use crate::refusal::Refusal;
use crate::table::{Builder, Table};

pub use super::workbook::{SheetFacts, Shown};

/// How many rows are looked at to find the header.
const TOP: usize = 50;
/// The most bytes of all cells: one shared text may stand in a million of them.
const TEXT: usize = 256 << 20;
/// How often progress is told, in rows.
const STEP: u32 = 4096;

/// A workbook that was opened.
pub struct Book {
    bytes: Vec<u8>,
    package: Package,
    workbook: Workbook,
    /// Shared texts and kinds of numbers, once they are needed, and how many bytes they unpacked to.
    meaning: Option<(Strings, Vec<Kind>, u64)>,
}

/// A sheet as a table.
pub struct Sheet {
    /// The rows below the header.
    pub table: Table,
    /// The header's row as a spreadsheet counts it, from 1; none: there is no header.
    pub header: Option<u32>,
    /// What is remarkable.
    pub diagnostics: Vec<Diagnostic>,
    /// What was read otherwise than it is written.
    pub differences: Vec<Difference>,
}

impl Book {
    /// Opens a workbook. Only its list of sheets is unpacked.
    ///
    /// # Errors
    /// With a reason when it is no workbook, is damaged, encrypted or too large.
    pub fn open(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let package = budget::check(&bytes)?;
        let workbook = Workbook::read(&bytes, &package)?;
        Ok(Self {
            bytes,
            package,
            workbook,
            meaning: None,
        })
    }

    /// Its sheets in order. Those without cells, such as charts, are left out.
    pub fn sheets(&self) -> &[SheetFacts] {
        &self.workbook.sheets
    }

    /// The sheet that a person means most likely: the first one that is shown and has a filled cell.
    ///
    /// # Errors
    /// When there is none, or a sheet on the way to it is damaged.
    pub fn first_filled(&mut self) -> Result<usize, Refusal> {
        let mut cells = Cells::default();
        for sheet in 0..self.workbook.sheets.len() {
            if self.workbook.sheets[sheet].shown != Shown::Visible {
                continue;
            }
            let mut notes = Notes::new("");
            if self.rows(sheet, |rows| rows.next(&mut cells, &mut notes))? {
                return Ok(sheet);
            }
        }
        Err(Refusal::new(
            "workbook_empty",
            "No sheet of this workbook that is shown holds a value.",
        ))
    }

    /// Reads a sheet. `header` is the header's row from 1, 0 for none; `None` finds it. `progress` is told
    /// how many rows are read, from time to time.
    ///
    /// # Errors
    /// With a reason when the sheet is damaged or too large, or a value stands far off.
    pub fn read(
        &mut self,
        sheet: usize,
        header: Option<u32>,
        progress: &mut dyn FnMut(u32),
    ) -> Result<Sheet, Refusal> {
        let name = match self.workbook.sheets.get(sheet) {
            Some(facts) => facts.name.clone(),
            None => {
                return Err(Refusal::new(
                    "no_such_sheet",
                    format!("This workbook has no sheet number {}.", sheet + 1),
                ));
            }
        };
        let mut notes = Notes::new(&name);
        self.note_workbook(&mut notes);
        let mut take = Take::new(name, header);
        self.rows(sheet, |rows| {
            let mut cells = Cells::default();
            let mut told = STEP;
            while rows.next(&mut cells, &mut notes)? {
                take.row(&cells)?;
                if cells.row >= told {
                    told = cells.row + STEP;
                    progress(cells.row + 1);
                }
            }
            Ok(())
        })?;
        // Some programs ask for it in every workbook; it matters where a formula was read.
        if self.workbook.recalculate && notes.holds_formulas() {
            notes.remark("formulas_stale", Severity::Note, None, "", || {
                "The workbook asks for its formulas to be calculated anew; their results may be old. Open it in your spreadsheet program and save it to be sure.".to_owned()
            });
        }
        Ok(take.finish(notes))
    }

    /// Says what is remarkable about the workbook as a whole.
    fn note_workbook(&self, notes: &mut Notes) {
        let hidden: Vec<&str> = self
            .workbook
            .sheets
            .iter()
            .filter(|sheet| sheet.shown != Shown::Visible)
            .map(|sheet| sheet.name.as_str())
            .collect();
        if !hidden.is_empty() {
            let count = hidden.len() as u64;
            notes.remarks(
                "sheets_hidden",
                Severity::Note,
                None,
                &hidden.join(", "),
                count,
                || {
                    "Sheets of this workbook are hidden. They can be chosen like the others."
                        .to_owned()
                },
            );
        }
    }

    /// Begins to read a sheet's rows.
    fn rows<T>(
        &mut self,
        sheet: usize,
        read: impl FnOnce(&mut Rows<'_, '_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let (strings, kinds, spent) = match self.meaning.take() {
            Some(known) => known,
            None => self.meaning()?,
        };
        let meaning = Meaning {
            strings: &strings,
            kinds: &kinds,
            from_1904: self.workbook.from_1904,
        };
        let part = &self.workbook.parts[sheet];
        let result = workbook::open(&self.bytes, &self.package, part, Budget::workbook(spent))
            .and_then(|xml| read(&mut Rows::new(xml, &meaning)));
        self.meaning = Some((strings, kinds, spent));
        result
    }

    fn meaning(&self) -> Result<(Strings, Vec<Kind>, u64), Refusal> {
        let mut spent = self.workbook.unpacked;
        let mut kinds = Vec::new();
        if let Some(part) = &self.workbook.styles {
            let budget = Budget::workbook(spent);
            let mut xml = workbook::open(&self.bytes, &self.package, part, budget)?;
            kinds = styles::read(&mut xml)?;
            spent += xml.unpacked();
        }
        let mut strings = Strings::default();
        if let Some(part) = &self.workbook.strings {
            let budget = Budget::shared_strings(spent);
            let mut xml = workbook::open(&self.bytes, &self.package, part, budget)?;
            strings = Strings::read(&mut xml)?;
            spent += xml.unpacked();
        }
        Ok((strings, kinds, spent))
    }
}

/// Takes rows into a table and finds the header among the first of them.
struct Take {
    builder: Builder,
    wanted: Option<u32>,
    /// The first rows, until the header is known.
    top: Option<Vec<Candidate>>,
    header: Option<Candidate>,
    preamble: Option<(u32, u64)>,
    columns: usize,
    bytes: usize,
}

impl Take {
    fn new(sheet: String, wanted: Option<u32>) -> Self {
        Self {
            builder: Builder::new(Some(sheet)),
            wanted,
            top: wanted.is_none().then(Vec::new),
            header: None,
            preamble: None,
            columns: 0,
            bytes: 0,
        }
    }

    fn row(&mut self, cells: &Cells) -> Result<(), Refusal> {
        self.bytes += cells.bytes() + cells.columns();
        if self.bytes > TEXT {
            return Err(Refusal::new(
                "too_much_text",
                "The cells of this sheet hold more than 256 MB of text. Save it as CSV: there is no such limit for it.",
            ));
        }
        if let Some(top) = &mut self.top {
            top.push(candidate(cells));
            if top.len() >= TOP {
                self.decide();
            }
            return Ok(());
        }
        match self.wanted {
            Some(header) if cells.row + 1 < header => self.above(cells.row),
            Some(header) if cells.row + 1 == header => self.header = Some(candidate(cells)),
            _ => {
                self.columns = self.columns.max(cells.columns());
                self.builder.push(cells.row + 1, cells.iter());
            }
        }
        Ok(())
    }

    /// Counts a row above the header.
    fn above(&mut self, row: u32) {
        let (_, count) = self.preamble.get_or_insert((row, 0));
        *count += 1;
    }

    /// Finds the header among the first rows and takes those below it in.
    fn decide(&mut self) {
        let Some(top) = self.top.take() else {
            return;
        };
        let found = header::find(&top);
        for (at, row) in top.into_iter().enumerate() {
            match found {
                Some(header) if at < header => self.above(row.row),
                Some(header) if at == header => self.header = Some(row),
                _ => {
                    self.columns = self.columns.max(row.cells.len());
                    self.builder
                        .push(row.row + 1, row.cells.iter().map(String::as_str));
                }
            }
        }
    }

    fn finish(mut self, mut notes: Notes) -> Sheet {
        self.decide();
        if let Some((row, count)) = self.preamble {
            notes.remarks(
                "preamble",
                Severity::Note,
                Some((row, 0)),
                "",
                count,
                || "Rows above the header were left out.".to_owned(),
            );
        }
        let cells = self.header.as_ref().map_or(&[][..], |header| &header.cells);
        let columns = self.columns.max(cells.len());
        let names = header::names(cells, columns);
        let (diagnostics, differences) = notes.finish();
        Sheet {
            table: self.builder.finish(names),
            header: match self.wanted {
                Some(0) => None,
                Some(row) => Some(row),
                None => self.header.map(|header| header.row + 1),
            },
            diagnostics,
            differences,
        }
    }
}

fn candidate(cells: &Cells) -> Candidate {
    Candidate {
        row: cells.row,
        cells: cells.iter().map(str::to_owned).collect(),
        texts: cells.texts,
    }
}
