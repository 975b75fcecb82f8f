//! Tab-separated text as spreadsheet programs put it on the clipboard.

use super::fits;

/// The cells by row. None when there are too many.
///
/// A cell that begins with a quote goes on to the quote before the next tab or line end, across both; quotes
/// in it are doubled. Where there is no such quote, it is a cell that begins with a quote and nothing more.
pub(super) fn read(text: &str) -> Option<Vec<Vec<String>>> {
    let text = text
        .strip_suffix("\r\n")
        .or_else(|| text.strip_suffix(['\n', '\r']))
        .unwrap_or(text);
    let bytes = text.as_bytes();
    let mut rows = Vec::new();
    if text.is_empty() {
        return Some(rows);
    }
    let mut row = Vec::new();
    let mut cells = 0;
    let mut at = 0;
    // How much may be read in vain: a text could be made of nothing but quotes that never end.
    let mut patience = text.len().saturating_mul(4);
    loop {
        let quoted = (bytes.get(at) == Some(&b'"') && patience > 0).then(|| quoted(text, at + 1));
        let found = quoted.and_then(|read| {
            read.map_err(|end| patience = patience.saturating_sub(end - at))
                .ok()
        });
        let (cell, end) = found.unwrap_or_else(|| {
            let end = text[at..]
                .find(['\t', '\n', '\r'])
                .map_or(text.len(), |length| at + length);
            (text[at..end].to_owned(), end)
        });
        row.push(cell);
        cells += 1;
        if !fits(cells, row.len()) {
            return None;
        }
        at = end + 1;
        match bytes.get(end) {
            None => {
                rows.push(row);
                return Some(rows);
            }
            Some(b'\t') => {}
            Some(_) => {
                at += usize::from(bytes[end..].starts_with(b"\r\n"));
                rows.push(std::mem::take(&mut row));
            }
        }
    }
}

/// The content of a quoted cell and where it ends, from behind its first quote on; how far was read where
/// there is none.
fn quoted(text: &str, start: usize) -> Result<(String, usize), usize> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut from = start;
    loop {
        let quote = match text[from..].find('"') {
            Some(length) => from + length,
            None => return Err(text.len()),
        };
        out.push_str(&text[from..quote]);
        match bytes.get(quote + 1) {
            Some(b'"') => {
                out.push('"');
                from = quote + 2;
            }
            None | Some(b'\t' | b'\n' | b'\r') => return Ok((out, quote + 1)),
            Some(_) => return Err(quote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::proptest;

    #[test]
    fn quotes_that_never_end_take_no_time() {
        let start = std::time::Instant::now();
        for unit in ["\"\n", "\"\n\"", "\"x\n\"\"", "\"\"\"\n", "\"\n\"\"x"] {
            let text = unit.repeat(200_000) + "\"b";
            assert!(read(&text).is_some(), "{unit:?}");
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(30));
    }

    #[test]
    fn cells_are_cut() {
        for (text, expected) in [
            ("a\tb\r\nc\t", vec![vec!["a", "b"], vec!["c", ""]]),
            ("a\n\nb\n", vec![vec!["a"], vec![""], vec!["b"]]),
            ("\n", vec![]),
            ("\"two\nlines\"\tx", vec![vec!["two\nlines", "x"]]),
            ("\"say \"\"hi\"\"\"\t\"\"", vec![vec!["say \"hi\"", ""]]),
            ("5\" pipe\t\"open", vec![vec!["5\" pipe", "\"open"]]),
            (
                "\"a\"b\tc\r\"d\te\"",
                vec![vec!["\"a\"b", "c"], vec!["d\te"]],
            ),
            ("\"a\"b\t\"c\nd\"", vec![vec!["\"a\"b", "c\nd"]]),
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text:?}");
        }
    }

    /// A cell as Excel writes it.
    fn write(cell: &str) -> String {
        if cell.contains(['\t', '\n', '\r', '"']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    }

    proptest! {
        #[test]
        fn what_was_written_comes_back(
            rows in proptest::collection::vec(
                proptest::collection::vec("[a\"\\t\\n\\r é]{0,6}", 1..5),
                1..6,
            )
        ) {
            let text: String = rows
                .iter()
                .map(|row| row.iter().map(|cell| write(cell)).collect::<Vec<_>>().join("\t") + "\r\n")
                .collect();
            // A single empty cell in a single row is how nothing is written, too.
            if text != "\r\n" {
                proptest::prop_assert_eq!(read(&text), Some(rows));
            }
        }

        #[test]
        fn any_text_is_read(text in ".*", html in "(<|/|td|tr|table|>| |\"|&|#|x|;|!--|--|style|='|colspan=3|rowspan=\"2\"|[a-z]){0,60}") {
            let _ = read(&text);
            let _ = super::super::table(&format!("<table>{html}"));
            let _ = super::super::pasted(&text, &html);
            let _ = super::super::pasted(&html, &text);
            let _ = super::super::table(&format!("<table><tr><td>{text}"));
        }
    }
}
