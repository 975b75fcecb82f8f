//! Which row of a table is its header, and what its columns are called. Sees the first rows as bytes of an
//! ASCII superset; knows nothing of where they come from.

use crate::dialect::look::{Look, look};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The most rows above a header.
const MOST_ABOVE: usize = 50;
/// How many rows below a candidate are compared with it.
const ROWS_BELOW: usize = 200;

/// Where a table begins. Row numbers are positions among the rows that were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The first row that is part of the table: the header, or the first row of data.
    pub first: usize,
    /// Whether that is a header.
    pub named: bool,
}

/// Finds where a table begins among its first rows; a row without anything in it has no cells.
pub fn find<C: AsRef<[u8]>>(rows: &[Vec<C>]) -> Beginning {
    let width = common_width(rows);
    let top = rows.iter().position(|row| !row.is_empty()).unwrap_or(0);
    let first = first_of_table(rows, top, width);
    Beginning {
        first,
        named: is_header(rows, first),
    }
}

/// The commonest number of cells; of equally common ones the larger.
pub(crate) fn common_width<C>(rows: &[Vec<C>]) -> usize {
    let mut widths = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_empty()) {
        *widths.entry(row.len()).or_insert(0_usize) += 1;
    }
    widths
        .into_iter()
        .max_by_key(|(width, count)| (*count, *width))
        .map_or(0, |(width, _)| width)
}

/// Looks over titles and remarks above the table: rows with far fewer cells than the table has columns.
fn first_of_table<C: AsRef<[u8]>>(rows: &[Vec<C>], top: usize, width: usize) -> usize {
    let filled = |row: &Vec<C>| row.iter().filter(|cell| !is_blank(cell.as_ref())).count();
    let Some(first_row) = rows.get(top) else {
        return top;
    };
    let sparse = |row: &Vec<C>| {
        let count = filled(row);
        row.len() == 1 || count <= 1 || count * 3 <= width
    };
    if width < 2 || !sparse(first_row) {
        return top;
    }
    let below = rows.iter().enumerate().skip(top + 1).take(MOST_ABOVE);
    let candidate = below
        .filter(|(_, row)| !row.is_empty())
        .find(|(_, row)| !sparse(row) && (filled(row) * 4 >= width * 3 || row.len() == width));
    let Some((candidate, _)) = candidate else {
        return top;
    };
    // One short line right above two columns is as well the name of the first of them; then only
    // something that can't be a header's neighbour tells: an empty line, or names above values.
    let remark = |row: &Vec<C>| {
        row.first()
            .is_some_and(|cell| cell.as_ref().starts_with(b"#"))
    };
    let apart =
        rows[top..candidate].iter().any(Vec::is_empty) || candidate > top + 1 || remark(first_row);
    let named = is_header(rows, candidate);
    let enough = if width > 2 {
        apart || named
    } else {
        named && (apart || named_values(rows, candidate) > 0)
    };
    if enough { candidate } else { top }
}

/// In how many columns a word stands above values, less those where a value stands above its like.
fn named_values<C: AsRef<[u8]>>(rows: &[Vec<C>], at: usize) -> i64 {
    let Some(header) = rows.get(at) else { return 0 };
    let below = || rows.iter().skip(at + 1).take(ROWS_BELOW);
    let mut votes = 0;
    for (column, cell) in header.iter().enumerate() {
        let mut looks: HashMap<Look, usize> = HashMap::new();
        for cell in below().filter_map(|row| row.get(column)) {
            *looks.entry(look(cell.as_ref())).or_default() += 1;
        }
        looks.remove(&Look::Empty);
        let all: usize = looks.values().sum();
        let Some((common, count)) = looks.into_iter().max_by_key(|(_, count)| *count) else {
            continue;
        };
        if !common.is_value() || count * 4 < all * 3 {
            continue;
        }
        match look(cell.as_ref()) {
            own if own == common => votes -= 1,
            Look::Empty => {}
            _ => votes += 1,
        }
    }
    votes
}

fn is_header<C: AsRef<[u8]>>(rows: &[Vec<C>], at: usize) -> bool {
    let Some(row) = rows.get(at) else {
        return false;
    };
    let cells: Vec<&[u8]> = row.iter().map(|cell| cell.as_ref().trim_ascii()).collect();
    if cells.iter().all(|cell| cell.is_empty()) {
        return false;
    }
    let values = cells.iter().filter(|cell| look(cell).is_value()).count();
    let words = cells.iter().filter(|cell| look(cell) == Look::Text).count();
    if are_years(rows, at, &cells) {
        return true;
    }
    if values == 0 {
        // Nothing but words: a header, unless the same words are values of the columns below.
        return words > 0 && !repeats_below(rows, at, &cells);
    }
    let votes = named_values(rows, at);
    votes > 0 || votes == 0 && words > values && rows.len() > at + 1
}

/// Whether a row's numbers are years one after the other, and those below are not: columns of a time
/// series.
fn are_years<C: AsRef<[u8]>>(rows: &[Vec<C>], at: usize, cells: &[&[u8]]) -> bool {
    let year = |cell: &[u8]| -> Option<u16> {
        let number = std::str::from_utf8(cell.trim_ascii()).ok()?.parse().ok()?;
        (1900..2101).contains(&number).then_some(number)
    };
    let numbers = || {
        cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| look(cell) == Look::Number)
    };
    let years: Vec<u16> = numbers().filter_map(|(_, cell)| year(cell)).collect();
    let below = || rows.iter().skip(at + 1).take(ROWS_BELOW);
    let column_of_years = |column: usize| {
        let of = |row: &Vec<C>| row.get(column).and_then(|cell| year(cell.as_ref()));
        below().filter_map(of).count() * 2 > below().count()
    };
    years.len() >= 2
        && years.len() == numbers().count()
        && years.windows(2).all(|pair| pair[0].abs_diff(pair[1]) == 1)
        && (years.len() > 2 || cells.len() > 2)
        && !numbers().any(|(column, _)| column_of_years(column))
}

/// Whether most of a row's words stand below in their own columns as well.
fn repeats_below<C: AsRef<[u8]>>(rows: &[Vec<C>], at: usize, cells: &[&[u8]]) -> bool {
    let below = || rows.iter().skip(at + 1).take(ROWS_BELOW);
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    let repeated = cells.iter().enumerate().filter(|(column, cell)| {
        !cell.is_empty()
            && below().any(|row| {
                row.get(*column)
                    .is_some_and(|other| other.as_ref().trim_ascii() == **cell)
            })
    });
    repeated.count() * 2 > filled
}

fn is_blank(cell: &[u8]) -> bool {
    cell.iter().all(u8::is_ascii_whitespace)
}

/// Names for this many columns from the texts of a header, each unlike the others: on one line, without
/// white space around them, `Column 3` where there is none, `a (2)` for the second `a`.
pub fn names(texts: impl IntoIterator<Item = impl AsRef<str>>, columns: usize) -> Vec<String> {
    let texts = texts.into_iter().map(|text| one_line(text.as_ref()));
    let mut names: Vec<String> = texts.collect();
    names.resize_with(columns.max(names.len()), String::new);
    // A name that stands there as it is has precedence over one that is made.
    let mut taken: HashSet<String> = names.iter().filter(|n| !n.is_empty()).cloned().collect();
    let mut seen = HashSet::new();
    let mut next: HashMap<String, usize> = HashMap::new();
    for (column, name) in names.iter_mut().enumerate() {
        if name.is_empty() {
            *name = format!("Column {}", column + 1);
            if taken.insert(name.clone()) {
                seen.insert(name.clone());
                continue;
            }
        } else if seen.insert(name.clone()) {
            continue;
        }
        let number = next.entry(name.clone()).or_insert(2);
        let made = loop {
            let made = format!("{name} ({number})");
            *number += 1;
            if taken.insert(made.clone()) {
                break made;
            }
        };
        seen.insert(made.clone());
        *name = made;
    }
    names
}

/// A name on one line, without white space around it.
pub fn one_line(text: &str) -> String {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let words = text.split(char::is_control).map(str::trim);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<usize>, first: usize) {
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| match line {
                "" => Vec::new(),
                line => line.split(',').collect(),
            })
            .collect();
        let found = find(&rows);
        assert_eq!(found.first, first, "{text:?}");
        assert_eq!(found.named.then_some(found.first), expected, "{text:?}");
    }

    #[test]
    fn a_header_is_told_by_what_stands_below() {
        check("id,name,age\n1,Ann,31\n2,Bob,42", Some(0), 0);
        check("1,Ann,31\n2,Bob,42\n3,Cy,5", None, 0);
        check("name,city\nAnn,Rome\nBob,Oslo", Some(0), 0);
        check("red,yes\nblue,no\nred,yes", None, 0);
        check("country,2019,2020,2021\nA,1,2,3\nB,4,5,6", Some(0), 0);
        check("Museums,2011,2010\nA,23.8,17.5\nB,closed,2", Some(0), 0);
        check("Ann,1950,1951\nBob,1960,1999\nCy,1970,2001", None, 0);
        check(
            "id,17,18,19\nx,TRUE,TRUE,FALSE\ny,TRUE,FALSE,TRUE",
            Some(0),
            0,
        );
        check("path,n\nx,1\ny,2", Some(0), 0);
        check("a,b", Some(0), 0);
        check("42", None, 0);
        check("word", Some(0), 0);
        check("2026-01-01,x\n2026-01-02,y", None, 0);
        check(",a\nx,1\ny,2", Some(0), 0);
        check("a,\n1,2", Some(0), 0);
        check("", None, 0);
    }

    #[test]
    fn what_stands_above_the_header_is_looked_over() {
        check("Report 2026\nid,name,age\n1,Ann,31\n2,Bob,4", Some(1), 1);
        check("Report\n\nid,name\n1,Ann\n2,Bob", Some(2), 2);
        check(
            "Report,,\nby Ann,,\nid,name,age\n1,Ann,31\n2,B,5",
            Some(2),
            2,
        );
        check("Report\nname,score\nAnn,31\nBob,5", Some(1), 1);
        check("\n\nid,name\n1,Ann\n2,B", Some(2), 2);
        check("# made by hand\nname,city\nAnn,Rome", Some(1), 1);
        check("name\nSmith, John\nDoe, Jane", Some(0), 0);
        check("value\n1,5\n2,5", Some(0), 0);
        check("Only a title\nand a line", Some(0), 0);
    }

    #[test]
    fn names_are_unlike_each_other() {
        let check = |texts: &[&str], columns: usize, expected: &[&str]| {
            assert_eq!(names(texts.iter().copied(), columns), expected);
        };
        check(&["a", "a", "a"], 3, &["a", "a (2)", "a (3)"]);
        check(&["a", "a", "a (2)"], 3, &["a", "a (3)", "a (2)"]);
        check(
            &["", "Column 1", ""],
            4,
            &["Column 1 (2)", "Column 1", "Column 3", "Column 4"],
        );
        check(
            &[" a ", "b\r\nc", "\u{FEFF}d", "é"],
            4,
            &["a", "b c", "d", "é"],
        );
        check(&["a", "A"], 2, &["a", "A"]);
        let named = names(["x", "x", "", "x (2)"], 5);
        assert_eq!(names(named.iter().map(String::as_str), 5), named);
    }
}
