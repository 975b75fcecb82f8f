//! Workbooks in and out.
//!
//! A workbook is a package of compressed XML parts, and a small one can ask for a large memory. So
//! nothing here holds a part as a whole: parts are inflated piece by piece under a budget, cut into
//! tags and texts in a window of fixed size, and cells go straight into the table. Knows nothing of
//! files, workers or the schema of an endpoint (but for the template, which is made from one).

pub mod budget;
mod cell;
mod header;
mod notes;
mod part;
pub mod read;
mod rows;
mod serial;
mod strings;
mod styles;
pub mod template;
mod value;
mod workbook;
pub mod write;
mod xml;
mod zip;
