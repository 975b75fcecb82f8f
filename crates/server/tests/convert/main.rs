//! `portico convert` from outside: tables come through unchanged, hostile files get a plain reason and
//! no more than their share of time and memory.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics when it fails, and prints the figures that it measured"
)]

mod command;
mod hostile;
mod tables;
