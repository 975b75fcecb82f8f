//! What the cells of a column have in common, over all rows: what the report of `portico convert` says
//! about columns. Knows no schema.

use crate::check::Reading;
use crate::date;
use crate::number;
use crate::table::{Row, Table};
use serde::Serialize;

/// A column's cells, counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnProfile {
    /// The column's name.
    pub name: String,
    /// What every filled cell is: `empty`, `boolean`, `integer`, `number`, `number_decimal_comma`, `date`,
    /// `date_day_first`, `date_month_first`, `date_ambiguous`, or `text`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Cells with text.
    pub filled: u64,
    /// Cells without.
    pub empty: u64,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    filled: u64,
    empty: u64,
    boolean: u64,
    integer: u64,
    plain: u64,
    comma: u64,
    iso: u64,
    day_first: u64,
    month_first: u64,
    /// Numbers that a conversion would spoil: leading zeros, a plus sign.
    codes: u64,
}

/// Profiles of all columns.
pub fn of(table: &Table) -> Vec<ColumnProfile> {
    let mut counts = vec![Counts::default(); table.columns()];
    let mut row = Row::default();
    for at in 0..table.rows() {
        table.read(at, &mut row);
        for (column, counts) in counts.iter_mut().enumerate() {
            count(row.bytes(column), counts);
        }
    }
    table
        .header()
        .iter()
        .zip(counts)
        .map(|(name, counts)| ColumnProfile {
            name: name.clone(),
            kind: kind(counts),
            filled: counts.filled,
            empty: counts.empty,
        })
        .collect()
}

fn count(bytes: &[u8], counts: &mut Counts) {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        counts.empty += 1;
        return;
    }
    counts.filled += 1;
    let digits = bytes.strip_prefix(b"+").unwrap_or(bytes);
    let is_code = digits.iter().all(u8::is_ascii_digit)
        && digits.len() > 1
        && (digits.len() < bytes.len() || digits[0] == b'0');
    counts.codes += u64::from(is_code);
    let word = |all: &[&[u8]]| all.iter().any(|word| bytes.eq_ignore_ascii_case(word));
    counts.boolean += u64::from(word(&[b"true", b"false", b"yes", b"no"]));
    let whole = bytes.strip_prefix(b"-").unwrap_or(bytes);
    counts.integer += u64::from(!whole.is_empty() && whole.iter().all(u8::is_ascii_digit));
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let number = |reading| number::double(text, reading).is_some_and(|read| !read.value.is_nan());
    counts.plain += u64::from(number(Reading::Plain));
    counts.comma += u64::from(number(Reading::DecimalComma));
    let readings = date::readings(text);
    counts.iso += u64::from(readings.plain);
    counts.day_first += u64::from(readings.day_first);
    counts.month_first += u64::from(readings.month_first);
}

fn kind(counts: Counts) -> &'static str {
    let all = |count: u64| count == counts.filled;
    if counts.filled == 0 {
        "empty"
    } else if all(counts.boolean) {
        "boolean"
    } else if counts.codes > 0 {
        "text"
    } else if all(counts.integer) {
        "integer"
    } else if all(counts.plain) {
        "number"
    } else if all(counts.comma) {
        "number_decimal_comma"
    } else if all(counts.iso) {
        "date"
    } else {
        match (all(counts.day_first), all(counts.month_first)) {
            (true, true) => "date_ambiguous",
            (true, false) => "date_day_first",
            (false, true) => "date_month_first",
            (false, false) => "text",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Builder;

    fn check(cells: &[&str], expected: &str) {
        let mut builder = Builder::new(None);
        for (row, cell) in (1..).zip(cells) {
            builder.push(row, [*cell, "x"]);
        }
        let table = builder.finish(vec!["c".to_owned(), "x".to_owned()]);
        assert_eq!(of(&table)[0].kind, expected, "{cells:?}");
    }

    #[test]
    fn a_column_is_what_all_of_its_cells_are() {
        check(&["1", "-2", ""], "integer");
        check(&["1", "2.5", "1e3"], "number");
        check(&["1,5", "2,25"], "number_decimal_comma");
        check(&["007", "8"], "text");
        check(&["2026-11-23", "2026-11-24T10:00:00Z"], "date");
        check(&["13/02/2026", "01/02/2026"], "date_day_first");
        check(&["02/13/2026", "01/02/2026"], "date_month_first");
        check(&["01/02/2026"], "date_ambiguous");
        check(&["TRUE", "false"], "boolean");
        check(&["", ""], "empty");
        check(&["1", "x"], "text");
    }
}
