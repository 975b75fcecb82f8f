//! Workbooks: hostile packages are refused with a reason, cells are read as they are meant, what is
//! written comes back.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod cells;
mod hostile;
mod package;
mod same;
mod template;
mod written;
