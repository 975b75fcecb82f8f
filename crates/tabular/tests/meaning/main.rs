//! What a table's text means for an endpoint: cells checked, columns mapped, edits taken back.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod checking;
mod editing;
mod mapping;
mod reading;
mod sample;
mod wire;
