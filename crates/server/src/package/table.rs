//! The small tables of a package.

use super::refuse;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The most rows and columns of a table.
const ROWS_MAX: usize = 10_000;
const COLUMNS_MAX: usize = 10_000;

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
        let headers = reader.headers().map_err(wrong)?;
        if headers.len() > COLUMNS_MAX {
            return Err(refuse(format!(
                "{name} has {} columns; at most {COLUMNS_MAX} are read.",
                headers.len()
            )));
        }
        let names = headers.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            if rows.len() == ROWS_MAX {
                return Err(refuse(format!("{name} has more than {ROWS_MAX} rows.")));
            }
            rows.push(record.map_err(wrong)?.iter().map(str::to_owned).collect());
        }
        Ok(Self { names, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_end_at_so_many_rows_and_columns() {
        let rows = |count: usize| {
            Table::read(
                "samples.csv",
                "x\n1\n".replacen("1\n", &"1\n".repeat(count), 1).as_bytes(),
            )
        };
        assert_eq!(rows(ROWS_MAX).unwrap().rows.len(), ROWS_MAX);
        let words = rows(ROWS_MAX + 1).unwrap_err().to_string();
        assert_eq!(words, "samples.csv has more than 10000 rows.");
        let columns = |count: usize| Table::read("samples.csv", ",".repeat(count - 1).as_bytes());
        assert_eq!(columns(COLUMNS_MAX).unwrap().names.len(), COLUMNS_MAX);
        let words = columns(COLUMNS_MAX + 1).unwrap_err().to_string();
        assert_eq!(
            words,
            "samples.csv has 10001 columns; at most 10000 are read."
        );
    }
}
