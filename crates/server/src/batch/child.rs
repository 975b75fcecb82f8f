//! `portico rows`: takes the table on standard input apart and writes its rows to standard output, for the
//! server that started it. Whatever is in the table, this process alone pays for it.
//!
//! On the output: `H`, the number of columns and their names; then for each row `R`, its number as a
//! spreadsheet counts, and its cells; then `E`. Numbers are 32 bits, little-endian; a text is its length and
//! its bytes in UTF-8. `X` and a text say in plain words why there are no more rows.

use crate::convert::limits;
use clap::{Args, ValueEnum};
use portico_tabular::intake::Reader;
use portico_tabular::protocol::How;
use portico_tabular::table::Row;
use portico_tabular::{Refusal, Table};
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

const PIECE: usize = 1 << 20;
/// What a file packed by gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What parts the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Delimiter {
    /// Commas.
    Comma,
    /// Tabs.
    Tab,
    /// What fits best.
    Any,
}

impl Delimiter {
    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Tab => "tab",
            Self::Any => "any",
        }
    }
}

/// What the command takes.
#[derive(Clone, Debug, Args)]
pub struct Rows {
    /// What parts the cells.
    #[arg(long, value_enum, default_value_t = Delimiter::Any)]
    delimiter: Delimiter,
}

/// Runs the command.
pub fn main(rows: &Rows) -> ExitCode {
    // What a panic says is for the developer of the reader, and the parent has plainer words.
    std::panic::set_hook(Box::new(|_| {}));
    if limits::lower().is_err() {
        return ExitCode::FAILURE;
    }
    let mut out = BufWriter::with_capacity(PIECE, io::stdout().lock());
    let written = match read(rows.delimiter) {
        Ok(table) => write(&table, &mut out),
        Err(refusal) => out
            .write_all(b"X")
            .and_then(|()| put(&mut out, refusal.reason.as_bytes())),
    };
    // Who does not read any more needs no reason.
    match written.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn read(delimiter: Delimiter) -> Result<Table, Refusal> {
    let how = How {
        encoding: None,
        delimiter: match delimiter {
            Delimiter::Comma => Some(','),
            Delimiter::Tab => Some('\t'),
            Delimiter::Any => None,
        },
        // The contract of a batch: the first row names the columns.
        header: Some(1),
        sheet: None,
    };
    let mut input = io::stdin().lock();
    let mut piece = vec![0; PIECE];
    let mut length = fill(&mut input, &mut piece)?;
    // Reserved once, the bytes are there once.
    let size = rustix::fs::fstat(io::stdin()).map_or(0, |facts| facts.st_size.unsigned_abs());
    let packed = piece[..length].starts_with(&GZIP);
    let mut reader = Reader::new(&how, packed, size)?;
    while length > 0 {
        reader.push(&piece[..length])?;
        length = fill(&mut input, &mut piece)?;
    }
    Ok(reader.finish()?.table)
}

fn fill(input: &mut impl Read, piece: &mut [u8]) -> Result<usize, Refusal> {
    let mut length = 0;
    while length < piece.len() {
        match input.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Refusal::new("unreadable", "The blob can’t be read.")),
        }
    }
    Ok(length)
}

fn write(table: &Table, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"H")?;
    out.write_all(&narrow(table.columns()).to_le_bytes())?;
    for name in table.header() {
        put(out, name.as_bytes())?;
    }
    let mut row = Row::default();
    for at in 0..table.rows() {
        table.read(at, &mut row);
        out.write_all(b"R")?;
        out.write_all(&table.place(at, 0).row.to_le_bytes())?;
        for column in 0..table.columns() {
            put(out, row.text(column).as_bytes())?;
        }
    }
    out.write_all(b"E")
}

fn put(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    out.write_all(&narrow(text.len()).to_le_bytes())?;
    out.write_all(text)
}

/// Columns and cells are limited far below what this holds.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
