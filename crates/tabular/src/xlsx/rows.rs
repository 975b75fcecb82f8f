//! Rows of a sheet: which cells stand where. What they say is read in `value`.

use super::budget::damaged;
use super::notes::Notes;
use super::strings;
use super::value::{Meaning, Type, Written};
use super::xml::{self, Token, Xml};
use crate::diagnostic::Severity;
use crate::limits;
use crate::place;
use crate::refusal::Refusal;

/// The most rows and columns of a sheet.
const SHEET: (u32, u32) = (1_048_576, 16_384);
/// The most cells that are read, filled or not.
const CELLS: u64 = 50_000_000;

/// A row with its cells. Reused from row to row.
#[derive(Default)]
pub(super) struct Cells {
    /// The row, from 0.
    pub row: u32,
    text: String,
    spans: Vec<(usize, usize)>,
    /// Whether all filled cells are texts.
    pub texts: bool,
}

impl Cells {
    /// The cells from the first column to the last that is filled.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans
            .iter()
            .map(|(start, end)| self.text.get(*start..*end).unwrap_or_default())
    }

    /// How many columns they take.
    pub(super) fn columns(&self) -> usize {
        self.spans.len()
    }

    /// How many bytes of text they hold.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
        self.texts = true;
    }
}

/// A sheet that is being read.
pub(super) struct Rows<'a, 'b> {
    xml: Xml<'a>,
    meaning: &'b Meaning<'b>,
    /// The row that comes next where none is given.
    next_row: u32,
    /// The last row with a filled cell.
    filled: Option<u32>,
    cells: u64,
    raw: Vec<u8>,
    value: String,
    formula: String,
}

impl<'a, 'b> Rows<'a, 'b> {
    /// Begins to read a sheet.
    pub(super) fn new(xml: Xml<'a>, meaning: &'b Meaning<'b>) -> Self {
        Self {
            xml,
            meaning,
            next_row: 0,
            filled: None,
            cells: 0,
            raw: Vec::new(),
            value: String::new(),
            formula: String::new(),
        }
    }

    /// The next row with a filled cell. False at the end.
    pub(super) fn next(&mut self, out: &mut Cells, notes: &mut Notes) -> Result<bool, Refusal> {
        loop {
            match self.xml.next()? {
                Token::Open(tag) if tag.name == b"row" => {
                    let row = match tag.attribute("r") {
                        None => self.next_row,
                        Some(_) => tag
                            .number("r")
                            .and_then(|row| row.checked_sub(1))
                            .ok_or_else(|| damaged("a row has no number"))?,
                    };
                    if row < self.next_row || row >= SHEET.0 {
                        return Err(damaged(&format!(
                            "row {} stands where it can't",
                            row.saturating_add(1)
                        )));
                    }
                    self.next_row = row + 1;
                    let (empty, hidden) = (tag.empty, tag.flag("hidden"));
                    out.clear();
                    out.row = row;
                    if !empty {
                        self.row(out, notes)?;
                    }
                    if out.spans.is_empty() {
                        continue;
                    }
                    if hidden {
                        notes.remark("rows_hidden", Severity::Note, Some((row, 0)), "", || {
                            "Rows that are hidden in the workbook were read like the others."
                                .to_owned()
                        });
                    }
                    self.filled = Some(row);
                    return Ok(true);
                }
                Token::Open(tag) if tag.name == b"col" && tag.flag("hidden") => {
                    let (first, last) = (
                        tag.number("min").unwrap_or(1),
                        tag.number("max").unwrap_or(1),
                    );
                    let count = last.min(SHEET.1).saturating_sub(first.max(1)) + 1;
                    // To the right of a table everything is often hidden.
                    if last < SHEET.1 {
                        notes.remarks(
                            "columns_hidden",
                            Severity::Note,
                            Some((0, first.max(1) - 1)),
                            "",
                            u64::from(count),
                            || {
                                "Columns that are hidden in the workbook were read like the others."
                                    .to_owned()
                            },
                        );
                    }
                }
                Token::Open(tag) if tag.name == b"mergeCell" => {
                    let range = tag.text("ref").unwrap_or_default();
                    let at = range
                        .split(':')
                        .next()
                        .and_then(|corner| address(corner.as_bytes()));
                    notes.remark("cells_merged", Severity::Note, at, &range, || {
                        "Cells are merged. The value is in the first of them; the others are empty.".to_owned()
                    });
                }
                Token::End => return Ok(false),
                _ => {}
            }
        }
    }

    fn row(&mut self, out: &mut Cells, notes: &mut Notes) -> Result<(), Refusal> {
        let mut next_column = 0;
        loop {
            match self.xml.next()? {
                Token::Open(tag) if tag.name == b"c" => {
                    let (mut reference, mut kind, mut style) = (None, Type::Number, None);
                    for (key, value) in tag.attributes() {
                        match key {
                            b"r" => reference = Some(value),
                            b"t" => kind = Type::of(value),
                            b"s" => style = xml::whole(value),
                            _ => {}
                        }
                    }
                    let column = match reference.map(|reference| (reference, address(reference))) {
                        None => next_column,
                        Some((_, Some((row, column)))) if row == out.row => column,
                        Some((reference, _)) => {
                            return Err(damaged(&format!(
                                "a cell of row {} says that it stands in {:?}",
                                out.row + 1,
                                String::from_utf8_lossy(&reference[..reference.len().min(20)])
                            )));
                        }
                    };
                    next_column = column + 1;
                    self.cells += 1;
                    if self.cells > CELLS {
                        return Err(Refusal::new(
                            "too_many_cells",
                            "This sheet holds more than 50 million cells. Save it as CSV: there is no such limit for it.",
                        ));
                    }
                    if tag.empty {
                        continue;
                    }
                    self.cell((out.row, column), kind, style, out, notes)?;
                }
                Token::Close(b"row") | Token::End => return Ok(()),
                _ => {}
            }
        }
    }

    /// One cell, whose beginning was just read.
    fn cell(
        &mut self,
        at: (u32, u32),
        kind: Type,
        style: Option<u32>,
        out: &mut Cells,
        notes: &mut Notes,
    ) -> Result<(), Refusal> {
        self.value.clear();
        self.formula.clear();
        let (mut valued, mut formula) = (false, false);
        loop {
            match self.xml.next()? {
                Token::Open(tag) if tag.name == b"v" => {
                    valued = true;
                    if !tag.empty {
                        strings::plain(&mut self.xml, &mut self.raw, &mut self.value)?;
                    }
                }
                Token::Open(tag) if tag.name == b"is" => {
                    valued = true;
                    if !tag.empty {
                        strings::rich(&mut self.xml, b"is", &mut self.raw, &mut self.value)?;
                    }
                }
                Token::Open(tag) if tag.name == b"f" => {
                    formula = true;
                    if !tag.empty {
                        strings::plain(&mut self.xml, &mut self.raw, &mut self.formula)?;
                    }
                }
                Token::Open(tag) => {
                    let empty = tag.empty;
                    self.xml.pass(empty)?;
                }
                Token::Close(b"c") | Token::End => break,
                _ => {}
            }
        }
        let start = out.text.len();
        let written = Written {
            text: &self.value,
            kind,
            style,
        };
        let text = self.meaning.read(written, at, &mut out.text, notes);
        let end = out.text.len();
        if formula {
            let words = if self.formula.is_empty() {
                "a formula"
            } else {
                self.formula.as_str()
            };
            if valued && (end > start || kind == Type::Formula) {
                let written = format!("={words}");
                notes.differ("formula_value", at, &written, &out.text[start..end]);
            } else {
                notes.remark("formula_uncalculated", Severity::Warning, Some(at), words, || {
                    "A formula without a result, as programs write it that don't calculate. The cell counts as empty; open the workbook in your spreadsheet program and save it.".to_owned()
                });
            }
        }
        if end == start {
            return Ok(());
        }
        self.stands(at)?;
        out.texts &= text;
        let column = at.1 as usize;
        if out.spans.len() <= column {
            out.spans.resize(column + 1, (0, 0));
        }
        out.spans[column] = (start, end);
        Ok(())
    }

    /// Whether a filled cell stands where a table may reach.
    fn stands(&self, (row, column): (u32, u32)) -> Result<(), Refusal> {
        let gap = row - self.filled.map_or(0, |filled| (filled + 1).min(row));
        if gap <= limits::EMPTY_ROWS && (column as usize) < limits::COLUMNS {
            return Ok(());
        }
        let address = format!("{}{}", place::letters(column), row + 1);
        Err(Refusal::new(
            "far_cell",
            format!(
                "A value stands far off in {address}, with nothing but empty cells before it. Clear it, or delete its row and column, and save again."
            ),
        ))
    }
}

/// Row and column of an address such as `C17`, both from 0; none if it is none of a sheet.
fn address(text: &[u8]) -> Option<(u32, u32)> {
    let letters = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    if letters > 3 || text.len() > letters + 7 {
        return None;
    }
    let column = text[..letters].iter().fold(0, |column, letter| {
        column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    let row = xml::whole(&text[letters..])?;
    let (row, column) = (row.checked_sub(1)?, column.checked_sub(1)?);
    (row < SHEET.0 && column < SHEET.1).then_some((row, column))
}
