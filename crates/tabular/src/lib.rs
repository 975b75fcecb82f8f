//! Tables without I/O: CSV and workbooks in and out, what their text means, and how they are scored.
//!
//! A table is bytes and offsets, never a string for each cell: a row index, cells found when they are
//! asked for, edits laid over them. Bytes come in as they are read and go out as they are made; files,
//! sockets and clocks are the caller's. The same code runs in the browser's worker and on the command
//! line. Knows nothing of browsers, servers or databases.

pub mod check;
pub mod csv;
pub mod date;
pub mod desk;
pub mod diagnostic;
pub mod dialect;
pub mod edit;
pub mod encoding;
pub mod export;
pub mod header;
pub mod html;
pub mod intake;
mod intern;
pub mod kind;
pub mod limits;
pub mod mapping;
pub mod number;
pub mod place;
pub mod profile;
pub mod protocol;
pub mod refusal;
pub mod results;
pub mod run;
pub mod table;
pub mod xlsx;

pub use diagnostic::{Diagnostic, Severity};
pub use place::Place;
pub use refusal::Refusal;
pub use table::Table;
