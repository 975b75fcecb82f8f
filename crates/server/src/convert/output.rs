//! A table on its way into a file. The file is written beside its place and put there when it is whole:
//! what failed leaves nothing behind, and what stood there before stays.

use super::Convert;
use portico_tabular::export;
use portico_tabular::table::Row;
use portico_tabular::xlsx::write::{Out, Writer};
use portico_tabular::{Refusal, Table};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows between two drains of a workbook's writer.
const STEP: u32 = 1_000;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text with this delimiter.
    Text(u8),
    /// A workbook.
    Xlsx,
    /// A list of objects with the cells' texts by column.
    Json,
}

impl Form {
    /// The form that a file's ending asks for.
    ///
    /// # Errors
    /// [`Refusal`] for another ending.
    pub fn of(path: &Path) -> Result<Self, Refusal> {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("csv") => Ok(Self::Text(b',')),
            Some("tsv" | "tab") => Ok(Self::Text(b'\t')),
            Some("xlsx") => Ok(Self::Xlsx),
            Some("json") => Ok(Self::Json),
            _ => Err(Refusal::new(
                "ending",
                format!(
                    "{}: the ending says what to write, and it is .csv, .tsv, .xlsx or .json.",
                    path.display()
                ),
            )),
        }
    }
}

/// Writes a table; how many cells got a guard against being read as formulas.
///
/// # Errors
/// [`Refusal`] when the file can't be written, or a cell does not fit its format.
pub fn write(convert: &Convert, form: Form, table: &Table) -> Result<u64, Refusal> {
    let aside = aside(&convert.output);
    let written = write_aside(convert, form, table, &aside).and_then(|guarded| {
        fs::rename(&aside, &convert.output)
            .map(|()| guarded)
            .map_err(|error| unwritable(&convert.output, &error))
    });
    if written.is_err() {
        clean_up(&convert.output);
    }
    written
}

/// Takes away what a writer that was ended left beside this place.
pub fn clean_up(output: &Path) {
    // Mostly there is nothing.
    let _ = fs::remove_file(aside(output));
}

fn aside(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    output.with_file_name(name)
}

fn write_aside(convert: &Convert, form: Form, table: &Table, aside: &Path) -> Result<u64, Refusal> {
    let failed = |error: std::io::Error| unwritable(&convert.output, &error);
    let mut out = BufWriter::new(File::create(aside).map_err(failed)?);
    let guarded = match form {
        Form::Text(delimiter) => text(table, delimiter, !convert.unguarded, &mut out),
        Form::Json => json(table, &mut out).map(|()| 0),
        Form::Xlsx => return workbook(table, out, &convert.output),
    }
    .map_err(failed)?;
    out.flush().map_err(failed)?;
    Ok(guarded)
}

fn text(table: &Table, delimiter: u8, guard: bool, out: &mut impl Write) -> std::io::Result<u64> {
    let mut line = Vec::new();
    let header = table.header().iter().map(String::as_str);
    let mut guarded = export::csv_row(&mut line, header, delimiter, guard);
    out.write_all(&line)?;
    let mut row = Row::default();
    for at in 0..table.rows() {
        table.read(at, &mut row);
        line.clear();
        let texts: Vec<_> = (0..table.columns())
            .map(|column| row.text(column))
            .collect();
        let cells = texts.iter().map(|text| &**text);
        guarded += export::csv_row(&mut line, cells, delimiter, guard);
        out.write_all(&line)?;
    }
    Ok(guarded)
}

fn json(table: &Table, out: &mut impl Write) -> std::io::Result<()> {
    let names: Vec<String> = table
        .header()
        .iter()
        .map(|name| serde_json::Value::from(name.as_str()).to_string())
        .collect();
    let mut row = Row::default();
    out.write_all(b"[")?;
    for at in 0..table.rows() {
        table.read(at, &mut row);
        out.write_all(if at == 0 { b"\n{" } else { b",\n{" })?;
        for (column, name) in names.iter().enumerate() {
            if column > 0 {
                out.write_all(b",")?;
            }
            write!(out, "{name}:")?;
            serde_json::to_writer(&mut *out, &row.text(column))?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"\n]\n")
}

fn workbook(table: &Table, mut out: impl Write, path: &Path) -> Result<u64, Refusal> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    let mut writer = Writer::new("Rows");
    let names: Vec<&str> = table.header().iter().map(String::as_str).collect();
    writer.header(&names)?;
    let mut row = Row::default();
    for at in 0..table.rows() {
        table.read(at, &mut row);
        let texts: Vec<_> = (0..table.columns())
            .map(|column| row.text(column))
            .collect();
        writer.row(texts.iter().map(|text| {
            if text.is_empty() {
                Out::Empty
            } else if export::is_canonical_number(text) {
                Out::Number(text)
            } else {
                Out::Text(text)
            }
        }))?;
        if at % STEP == STEP - 1 {
            out.write_all(&writer.take()).map_err(failed)?;
        }
    }
    out.write_all(&writer.finish()?).map_err(failed)?;
    out.flush().map_err(failed)?;
    // A workbook's texts are typed: none of them is ever a formula.
    Ok(0)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(
        "unwritable",
        format!("{} can’t be written: {error}.", path.display()),
    )
}
