//! Which row of a sheet is its header, and what the columns are called.

use std::collections::HashSet;

/// A row at the top of a sheet, before it is known whether it is the header.
#[derive(Default)]
pub(super) struct Candidate {
    /// The row, from 0.
    pub row: u32,
    /// Cells from the first column on.
    pub cells: Vec<String>,
    /// Whether all filled cells are texts.
    pub texts: bool,
}

impl Candidate {
    fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.is_empty()).count()
    }
}

/// The header among the first rows: the first one of nothing but texts that is at least as wide as those
/// below it. What stands above it is narrower: titles and notes. None when the rows begin with values.
pub(super) fn find(rows: &[Candidate]) -> Option<usize> {
    let mut above = 0;
    for (at, row) in rows.iter().enumerate() {
        let filled = row.filled();
        let below = rows[at + 1..].iter().map(|row| row.cells.len()).max();
        // A first column without a name is common; it holds row numbers.
        let wide = below.is_none_or(|below| row.cells.len() >= below && filled + 1 >= below);
        if row.texts && wide && filled > above {
            return Some(at);
        }
        above = above.max(filled);
    }
    None
}

/// Names for so many columns, each one unlike the others: `a`, `a (2)`, and `Column 3` where there is none.
pub(super) fn names(cells: &[String], columns: usize) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    (0..columns.max(cells.len()))
        .map(|column| {
            let given = cells.get(column).map_or("", |cell| cell.trim());
            let base = if given.is_empty() {
                format!("Column {}", column + 1)
            } else {
                given.to_owned()
            };
            let mut name = base.clone();
            let mut count = 1;
            while !taken.insert(name.clone()) {
                count += 1;
                name = format!("{base} ({count})");
            }
            name
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_header() {
        let row = |cells: &str| Candidate {
            row: 0,
            cells: cells.split(',').map(str::to_owned).collect(),
            texts: !cells.contains(|c: char| c.is_ascii_digit()),
        };
        for (rows, expected) in [
            (vec!["a,b", "1,2"], Some(0)),
            (vec!["1,2", "3,4"], None),
            (vec!["Report", "a,b", "1,2"], Some(1)),
            (vec!["Report,from", "date,23", "a,b,c", "1,2,3"], Some(2)),
            (vec![",b,c", "0,1,2"], Some(0)),
            (vec!["a,b", "x,y"], Some(0)),
            (vec!["a,b"], Some(0)),
            (vec!["1,2", "a,b"], None),
            (vec!["a", "x,1,2", "y,3,4"], None),
            (vec![], None),
        ] {
            let candidates: Vec<_> = rows.iter().map(|cells| row(cells)).collect();
            assert_eq!(find(&candidates), expected, "{rows:?}");
        }
    }

    #[test]
    fn names_are_unlike_each_other() {
        let cells: Vec<String> = ["a", " a ", "", "a (2)", "Column 3"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(
            names(&cells, 6),
            [
                "a",
                "a (2)",
                "Column 3",
                "a (2) (2)",
                "Column 3 (2)",
                "Column 6"
            ]
        );
    }
}
