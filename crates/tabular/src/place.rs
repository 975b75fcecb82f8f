//! Where a cell stands, as a spreadsheet says it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A cell's address in its source: `Sheet1!C17`, or `C17` where there are no sheets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The sheet's name; none for a text table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row as a spreadsheet counts it, from 1; empty rows and header count.
    pub row: u32,
    /// The column, from 0.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sheet) = &self.sheet {
            let plain = sheet.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !sheet.starts_with(|c: char| c.is_ascii_digit());
            if plain && !sheet.is_empty() {
                write!(out, "{sheet}!")?;
            } else {
                write!(out, "'{}'!", sheet.replace('\'', "''"))?;
            }
        }
        write!(out, "{}{}", letters(self.column), self.row)
    }
}

/// A column's letters: 0 is `A`, 25 `Z`, 26 `AA`.
pub fn letters(column: u32) -> String {
    let mut rest = column + 1;
    let mut reversed = Vec::new();
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        reversed.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    reversed.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        for (column, expected) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (702, "AAA"),
            (16_383, "XFD"),
        ] {
            assert_eq!(letters(column), expected);
        }
    }

    #[test]
    fn addresses_quote_a_sheet_that_needs_it() {
        let at = |sheet: Option<&str>| Place {
            sheet: sheet.map(str::to_owned),
            row: 17,
            column: 2,
        };
        assert_eq!(at(None).to_string(), "C17");
        assert_eq!(at(Some("Sheet1")).to_string(), "Sheet1!C17");
        assert_eq!(at(Some("It's May")).to_string(), "'It''s May'!C17");
    }
}
