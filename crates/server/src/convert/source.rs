//! A file on its way into a table.

use super::Convert;
use portico_tabular::diagnostic::Difference;
use portico_tabular::intake::Reader;
use portico_tabular::kind::{self, Kind};
use portico_tabular::limits;
use portico_tabular::protocol::How;
use portico_tabular::xlsx::read::Book;
use portico_tabular::{Diagnostic, Refusal, Table};
use serde::Serialize;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

const HEAD: usize = 64 << 10;
const PIECE: usize = 1 << 20;

/// A table, and how it was found.
pub struct Found {
    /// It.
    pub table: Table,
    /// What was detected.
    pub detected: Detected,
    /// What is remarkable.
    pub diagnostics: Vec<Diagnostic>,
    /// What was read otherwise than written.
    pub differences: Vec<Difference>,
}

/// What was detected about a file.
#[derive(Debug, Default, Serialize)]
pub struct Detected {
    /// `csv` or `xlsx`.
    pub kind: &'static str,
    /// `gzip`, if it was packed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packed: Option<&'static str>,
    /// The encoding's label, for text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether the text begins with a byte order mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte_order_mark: Option<bool>,
    /// Between cells; null for a text of one column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Option<char>>,
    /// Around cells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Option<char>>,
    /// Before a quote inside quotes, where it is not doubled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escape: Option<char>,
    /// How sure the delimiter is, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The delimiter that came second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<char>,
    /// The row of the column names, from 1; null if there is none.
    pub header: Option<u32>,
    /// The sheet that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// All sheets of the workbook.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
}

/// Reads a file.
///
/// # Errors
/// [`Refusal`] saying why it is no table.
pub fn read(convert: &Convert) -> Result<Found, Refusal> {
    let path = &convert.input;
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut head = vec![0; HEAD];
    let length = fill(&mut file, &mut head).map_err(|error| unreadable(path, &error))?;
    head.truncate(length);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let size = file.metadata().map_or(0, |facts| facts.len());
    let how = how(convert)?;
    match kind::of(&head, &name)? {
        Kind::Workbook => workbook(convert, &how, head, file, size),
        kind => text(path, &how, head, file, size, kind == Kind::Gzip),
    }
}

fn how(convert: &Convert) -> Result<How, Refusal> {
    let delimiter = match convert.delimiter.as_deref() {
        None => None,
        Some("tab" | "\\t") => Some('\t'),
        Some(text) => {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(one), None) => Some(one),
                _ => {
                    return Err(Refusal::new(
                        "delimiter",
                        "--delimiter takes one character, or the word tab.",
                    ));
                }
            }
        }
    };
    Ok(How {
        encoding: convert.encoding.clone(),
        delimiter,
        header: convert.header,
        sheet: None,
    })
}

fn text(
    path: &Path,
    how: &How,
    head: Vec<u8>,
    mut file: File,
    size: u64,
    packed: bool,
) -> Result<Found, Refusal> {
    let mut reader = Reader::new(how, packed, size)?;
    let mut piece = head;
    while !piece.is_empty() {
        reader.push(&piece)?;
        piece.resize(PIECE, 0);
        let length = fill(&mut file, &mut piece).map_err(|error| unreadable(path, &error))?;
        piece.truncate(length);
    }
    let text = reader.finish()?;
    let facts = text.facts;
    Ok(Found {
        table: text.table,
        detected: Detected {
            kind: "csv",
            packed: packed.then_some("gzip"),
            encoding: Some(facts.encoding),
            byte_order_mark: Some(facts.bom),
            delimiter: Some(facts.delimiter),
            quote: Some(facts.quote),
            escape: facts.escape,
            confidence: Some(facts.confidence),
            runner_up: facts.runner_up,
            header: facts.header,
            ..Detected::default()
        },
        diagnostics: facts.diagnostics,
        differences: facts.differences,
    })
}

fn workbook(
    convert: &Convert,
    how: &How,
    mut bytes: Vec<u8>,
    mut file: File,
    size: u64,
) -> Result<Found, Refusal> {
    if size > limits::WORKBOOK_BYTES {
        return Err(Refusal::new(
            "too_large",
            "This workbook is larger than 1 GB. Save the sheet as CSV: that can be larger.",
        ));
    }
    bytes.reserve_exact(
        usize::try_from(size)
            .unwrap_or_default()
            .saturating_sub(bytes.len()),
    );
    file.read_to_end(&mut bytes)
        .map_err(|error| unreadable(&convert.input, &error))?;
    let mut book = Book::open(bytes)?;
    let names: Vec<String> = book
        .sheets()
        .iter()
        .map(|sheet| sheet.name.clone())
        .collect();
    let index = match &convert.sheet {
        None => book.first_filled()?,
        Some(wanted) => names
            .iter()
            .position(|name| name == wanted)
            .or_else(|| {
                wanted
                    .parse::<usize>()
                    .ok()?
                    .checked_sub(1)
                    .filter(|at| *at < names.len())
            })
            .ok_or_else(|| {
                Refusal::new(
                    "no_sheet",
                    format!(
                        "There is no sheet “{wanted}”. The workbook has: {}.",
                        names.join(", ")
                    ),
                )
            })?,
    };
    let sheet = book.read(index, how.header, &mut |_| {})?;
    Ok(Found {
        table: sheet.table,
        detected: Detected {
            kind: "xlsx",
            header: sheet.header,
            sheet: names.get(index).cloned(),
            sheets: names,
            ..Detected::default()
        },
        diagnostics: sheet.diagnostics,
        differences: sheet.differences,
    })
}

fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Refusal {
    let why = match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    Refusal::new("unreadable", format!("{}: {why}.", path.display()))
}
