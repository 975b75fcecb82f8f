//! The small tables of a package.

use super::refuse;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// Columns by name, cells by row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The columns' names.
    pub names: Vec<String>,
    /// One list of cells a row, in the order of the names.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// [`Error::Package`] naming file and line.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |error: csv::Error| refuse(format!("{name}: {error}."));
        // Programs that write UTF-8 for spreadsheets put a mark in front.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::Reader::from_reader(bytes);
        let names = reader
            .headers()
            .map_err(wrong)?
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader
            .records()
            .map(|record| record.map(|record| record.iter().map(str::to_owned).collect()))
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        Ok(Self { names, rows })
    }
}
