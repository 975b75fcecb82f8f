//! What a table's text means for an endpoint: cells checked, columns mapped, edits taken back.

mod checking;
mod editing;
mod mapping;
mod reading;
mod sample;
mod wire;
