//! Texts as they come, read as the portal reads them: everything found out from the bytes alone.
#![expect(clippy::expect_used, reason = "a test that can't go on has failed")]

mod damage;
mod dialects;
mod differential;
mod encodings;
mod pieces;
mod spectrum;
mod tables;

use portico_tabular::Refusal;
use portico_tabular::export::csv_row;
use portico_tabular::intake::{Intake, Text, TextFacts};
use portico_tabular::protocol::How;
use portico_tabular::table::{Row, Table};

/// A table in plain strings.
#[derive(Debug, PartialEq)]
struct Plain {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn plain(table: &Table) -> Plain {
    let mut row = Row::default();
    let rows = (0..table.rows()).map(|at| {
        table.read(at, &mut row);
        let cells = (0..table.columns()).map(|column| row.text(column).into_owned());
        cells.collect()
    });
    Plain {
        rows: rows.collect(),
        header: table.header().to_vec(),
    }
}

fn take_in(bytes: &[u8], how: &How, piece: usize) -> Result<Text, Refusal> {
    let mut intake = Intake::new(how, bytes.len() as u64)?;
    for piece in bytes.chunks(piece.max(1)) {
        intake.push(piece)?;
    }
    intake.finish()
}

/// Reads a text at several piece sizes, which must not make a difference.
fn read(bytes: &[u8]) -> Result<(Plain, TextFacts), Refusal> {
    read_as(bytes, &How::default())
}

fn read_as(bytes: &[u8], how: &How) -> Result<(Plain, TextFacts), Refusal> {
    let whole = take_in(bytes, how, usize::MAX).map(|text| (plain(&text.table), text.facts));
    for piece in [1, 2, 3, 7, 65_536] {
        // A large text byte by byte says no more than by sevens, and takes long.
        if bytes.len() / piece > 60_000 {
            continue;
        }
        let pieces = take_in(bytes, how, piece).map(|text| (plain(&text.table), text.facts));
        assert_eq!(pieces, whole, "in pieces of {piece}");
    }
    whole
}

/// A table of these lines, cells parted by `¦`; the first is the header.
fn table(lines: &[&str]) -> Plain {
    let mut lines = lines
        .iter()
        .map(|line| line.split('¦').map(str::to_owned).collect());
    Plain {
        header: lines.next().unwrap_or_default(),
        rows: lines.collect(),
    }
}

/// Reads a text and compares its table.
#[track_caller]
fn check(text: impl AsRef<[u8]>, expected: &[&str]) -> TextFacts {
    let bytes = text.as_ref();
    let (found, facts) = read(bytes).expect("a table");
    assert_eq!(found, table(expected), "{}", String::from_utf8_lossy(bytes));
    check_export(&found);
    facts
}

/// Writes a table and reads it again, which must not change a cell.
#[track_caller]
fn check_export(written: &Plain) {
    let mut out = Vec::new();
    for row in [&written.header].into_iter().chain(&written.rows) {
        csv_row(&mut out, row.iter().map(String::as_str), b',', false);
    }
    let how = How {
        header: Some(1),
        ..How::default()
    };
    let (found, _) = read_as(&out, &how).expect("a table");
    assert_eq!(&found, written, "{}", String::from_utf8_lossy(&out));
}
