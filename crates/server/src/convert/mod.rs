//! `portico convert`: the spreadsheet's importer on the command line. Any table in; CSV, XLSX or JSON
//! out; and a report of what was found.
//!
//! The file is taken apart in a process of its own with a limit on its memory: whatever is in it, this
//! one lives to say in plain words why there is no table.

pub(crate) mod limits;
mod output;
mod report;
mod source;
mod work;

use clap::Args;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// There is no table. The reason stands on standard error.
const NO_TABLE: u8 = 2;

/// What a process that panicked ends with.
const PANICKED: i32 = 101;

/// What the command takes.
#[derive(Debug, Clone, Args)]
pub struct Convert {
    /// The table: CSV of any dialect and encoding, XLSX, or either of them packed by gzip.
    input: PathBuf,
    /// The file to write: its ending says what, `.csv`, `.tsv`, `.xlsx` or `.json`.
    output: PathBuf,
    /// A file for the report: what was detected, what is remarkable, what was read otherwise than written.
    #[arg(long)]
    report: Option<PathBuf>,
    /// The sheet of a workbook, by its name or its number from 1.
    #[arg(long)]
    sheet: Option<String>,
    /// The encoding of a text, such as `windows-1252`.
    #[arg(long)]
    encoding: Option<String>,
    /// The delimiter of a text: one character, or `tab`.
    #[arg(long)]
    delimiter: Option<String>,
    /// The row that holds the column names, from 1; 0 if none does.
    #[arg(long)]
    header: Option<u32>,
    /// Write cells to CSV as they are, also those that a spreadsheet would take for formulas.
    #[arg(long)]
    unguarded: bool,
    /// Do the work here: for the process that this command starts.
    #[arg(long, hide = true)]
    inside: bool,
}

/// Runs the command.
pub fn main(convert: &Convert) -> ExitCode {
    if convert.inside {
        return inside(convert);
    }
    let child = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .args(std::env::args_os().skip(1))
            .arg("--inside")
            .stdin(Stdio::null())
            .status()
    });
    let reason = match child {
        Ok(status) => match status.code() {
            Some(0) => return ExitCode::SUCCESS,
            Some(PANICKED) => {
                "This file is broken in a way that its reader does not know. Open it in a spreadsheet, save it again, and try that."
            }
            Some(_) => return ExitCode::from(NO_TABLE),
            // It aborts when it may not have more memory.
            None => {
                "This file asks for more than 1 GB of memory. Split it, or save the sheet as CSV."
            }
        },
        Err(error) => &format!("The reader could not be started: {error}"),
    };
    output::clean_up(&convert.output);
    say_error(reason);
    ExitCode::from(NO_TABLE)
}

fn inside(convert: &Convert) -> ExitCode {
    // What a panic says is for the developer of the reader, and the parent has plainer words.
    std::panic::set_hook(Box::new(|_| {}));
    if let Err(error) = limits::lower() {
        say_error(&format!("The reader’s limits could not be set: {error}"));
        return ExitCode::from(NO_TABLE);
    }
    match work::run(convert) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            say_error(&refusal.reason);
            ExitCode::from(NO_TABLE)
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a command says on standard error why it failed"
)]
fn say_error(text: &str) {
    eprintln!("portico: {text}");
}
