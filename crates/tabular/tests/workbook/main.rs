//! Workbooks: hostile packages are refused with a reason, cells are read as they are meant, what is
//! written comes back.

mod cells;
mod hostile;
mod package;
mod speed;
mod written;
