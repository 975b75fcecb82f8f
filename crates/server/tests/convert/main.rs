//! `portico convert` from outside: tables come through unchanged, hostile files get a plain reason and
//! no more than their share of time and memory.

mod command;
mod hostile;
mod tables;
