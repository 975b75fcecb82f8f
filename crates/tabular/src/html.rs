//! What was copied in a spreadsheet program: a table in HTML, and the same as tab-separated text.
//!
//! HTML tells more: numbers as they are rather than as they are shown, and cells that span others. It is
//! read as plain text by a reader of its own that knows no document, runs nothing and loads nothing.

mod grid;
mod markup;
mod precise;
mod tsv;

use crate::limits;
use crate::refusal::Refusal;

/// The most bytes of what is pasted, of each kind.
const BYTES: usize = 64 << 20;
/// The most cells.
const CELLS: usize = 5_000_000;

/// The first table of a text in HTML, as rows of equal length. None when there is no table, or it is too
/// large.
pub fn table(html: &str) -> Option<Vec<Vec<String>>> {
    if html.len() > BYTES {
        return None;
    }
    grid::read(html).map(even)
}

/// The cells that were pasted, as rows of equal length: those of the HTML, or those of the text when the
/// HTML has no table or one of another shape.
///
/// # Errors
/// When it is more than is taken at once.
pub fn pasted(html: &str, text: &str) -> Result<Vec<Vec<String>>, Refusal> {
    if text.len() > BYTES {
        return Err(too_much());
    }
    let plain = tsv::read(text).map(even);
    match (table(html), plain) {
        (Some(rich), Some(plain)) if shape(&rich) == shape(&plain) || plain.is_empty() => Ok(rich),
        (_, Some(plain)) => Ok(plain),
        (Some(rich), None) => Ok(rich),
        (None, None) => Err(too_much()),
    }
}

fn too_much() -> Refusal {
    Refusal::new(
        "paste_too_large",
        format!(
            "This is too much to paste at once: more than 64 MB, {} million cells or {} columns. Save it as a file and open that.",
            CELLS / 1_000_000,
            limits::COLUMNS
        ),
    )
}

fn shape(rows: &[Vec<String>]) -> (usize, usize) {
    (rows.len(), rows.first().map_or(0, Vec::len))
}

/// Fills short rows with empty cells.
fn even(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    for row in &mut rows {
        row.resize(columns, String::new());
    }
    rows
}

/// Whether so many rows of so many cells are still taken.
fn fits(cells: usize, columns: usize) -> bool {
    cells <= CELLS && columns <= limits::COLUMNS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_decides_where_the_html_has_another_shape() {
        let html = "<table><tr><td x:num='1.25'>1.3</td><td>b</td></tr></table>";
        for (html, text, expected) in [
            (html, "1.3\tb\r\n", vec![vec!["1.25", "b"]]),
            (html, "", vec![vec!["1.25", "b"]]),
            (
                html,
                "1.3\tb\r\nx\ty",
                vec![vec!["1.3", "b"], vec!["x", "y"]],
            ),
            (html, "1.3", vec![vec!["1.3"]]),
            (
                "<p>no table</p>",
                "a\nb\tc",
                vec![vec!["a", ""], vec!["b", "c"]],
            ),
            ("", "a", vec![vec!["a"]]),
            ("", "", vec![]),
        ] {
            assert_eq!(
                pasted(html, text),
                Ok(expected
                    .iter()
                    .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
                    .collect()),
                "{html} and {text}"
            );
        }
    }

    #[test]
    fn too_much_is_refused() {
        let wide = "\t".repeat(limits::COLUMNS + 1);
        assert_eq!(pasted("", &wide).unwrap_err().code, "paste_too_large");
        let long = "\n".repeat(CELLS + 1);
        assert_eq!(pasted("", &long).unwrap_err().code, "paste_too_large");
        let spans = "<table>".to_owned() + &"<tr><td colspan=9000 rowspan=9000>x".repeat(2000);
        assert_eq!(table(&spans), None);
    }
}
