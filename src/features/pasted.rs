//! A small table as people paste it: cut into records and cells by the rules of RFC 4180. For lists of a
//! few thousand short rows; big tables are the spreadsheet's, whose detection of dialects and encodings
//! would be downloaded with it.

/// A record and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its line in the text, counted from 1.
    pub line: usize,
    /// Its cells, without white space around them.
    pub cells: Vec<String>,
}

/// Why a text can't be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutProblem {
    /// Bytes in it were no text in UTF-8.
    Encoding,
    /// A quote is not closed; the line in which it opens.
    OpenQuote(usize),
}

impl CutProblem {
    /// In a sentence.
    pub fn in_words(self) -> String {
        match self {
            Self::Encoding => {
                "It is not in UTF-8. Save it as “CSV UTF-8”, or paste the rows instead.".to_owned()
            }
            Self::OpenQuote(line) => format!("A quote that opens in line {line} is never closed."),
        }
    }
}

/// The records of a text that are not blank. Cells are apart by tabs where its first line has one, else
/// by semicolons where it has more of them than commas, else by commas.
///
/// # Errors
/// [`CutProblem`].
pub fn records(text: &str) -> Result<Vec<Record>, CutProblem> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.contains('\u{FFFD}') || text.contains('\0') {
        return Err(CutProblem::Encoding);
    }
    let mut records = cut(text, separator(text))?;
    records.retain(|record| record.cells.iter().any(|cell| !cell.is_empty()));
    Ok(records)
}

/// The rows of a table without a heading that has so many columns.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn rows_of(text: &str, width: usize, most: usize) -> Result<Vec<Vec<String>>, String> {
    let records = records(text).map_err(CutProblem::in_words)?;
    if records.is_empty() {
        return Err("Paste at least one row.".to_owned());
    }
    if records.len() > most {
        return Err(format!("At most {most} rows; these are {}.", records.len()));
    }
    if let Some(record) = records.iter().find(|record| record.cells.len() != width) {
        return Err(format!(
            "Line {} has {} cells; {width} are expected.",
            record.line,
            record.cells.len()
        ));
    }
    Ok(records.into_iter().map(|record| record.cells).collect())
}

fn separator(text: &str) -> char {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let occurs = |separator: char| first.chars().filter(|c| *c == separator).count();
    if occurs('\t') > 0 {
        '\t'
    } else if occurs(';') > occurs(',') {
        ';'
    } else {
        ','
    }
}

fn cut(text: &str, separator: char) -> Result<Vec<Record>, CutProblem> {
    let mut records = Vec::new();
    let mut record = Record {
        line: 1,
        cells: Vec::new(),
    };
    let mut cell = String::new();
    let mut line = 1;
    // The line in which the quote that is open was opened.
    let mut open = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if open.is_some() => {
                if chars.next_if_eq(&'"').is_some() {
                    cell.push('"');
                } else {
                    open = None;
                }
            }
            '"' if cell.trim().is_empty() => {
                cell.clear();
                open = Some(line);
            }
            '\r' | '\n' => {
                if c == '\r' {
                    // A line break may be both characters.
                    chars.next_if_eq(&'\n');
                }
                line += 1;
                if open.is_some() {
                    cell.push('\n');
                } else {
                    record.cells.push(taken(&mut cell));
                    let next = Record {
                        line,
                        cells: Vec::new(),
                    };
                    records.push(std::mem::replace(&mut record, next));
                }
            }
            c if c == separator && open.is_none() => record.cells.push(taken(&mut cell)),
            c => cell.push(c),
        }
    }
    if let Some(line) = open {
        return Err(CutProblem::OpenQuote(line));
    }
    record.cells.push(taken(&mut cell));
    records.push(record);
    Ok(records)
}

fn taken(cell: &mut String) -> String {
    std::mem::take(cell).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let records = records(text).unwrap();
        records.into_iter().map(|record| record.cells).collect()
    }

    #[test]
    fn tabs_semicolons_and_commas_separate() {
        for text in ["a\tb, c\td", "a;b, c;d\r\n", "a,\"b, c\",d\n\n"] {
            assert_eq!(cells(text), [["a", "b, c", "d"]], "{text:?}");
        }
        assert_eq!(cells("a,b;c,d"), [["a", "b;c", "d"]]);
    }

    #[test]
    fn quotes_hold_separators_breaks_and_quotes() {
        let records = records("a,\"one\ntwo, \"\"three\"\"\"\n\n  b , x\"y \n").unwrap();
        let lines: Vec<usize> = records.iter().map(|record| record.line).collect();
        assert_eq!(lines, [1, 4]);
        assert_eq!(records[0].cells, ["a", "one\ntwo, \"three\""]);
        assert_eq!(records[1].cells, ["b", "x\"y"]);
    }

    #[test]
    fn what_can_not_be_cut_is_said() {
        assert_eq!(records("a\nb,\"c"), Err(CutProblem::OpenQuote(2)));
        assert_eq!(records("M\u{FFFD}ller"), Err(CutProblem::Encoding));
        assert_eq!(records("\0"), Err(CutProblem::Encoding));
        assert_eq!(records(" \n\t\n"), Ok(Vec::new()));
    }

    #[test]
    fn rows_are_as_wide_and_as_many_as_they_may_be() {
        assert_eq!(rows_of("1,2\n3,4\n", 2, 2).map(|rows| rows.len()), Ok(2));
        assert!(
            rows_of("1,2\n3\n", 2, 9)
                .unwrap_err()
                .contains("Line 2 has 1")
        );
        assert!(rows_of("1\n2\n3", 1, 2).unwrap_err().contains("At most 2"));
        assert!(rows_of("\n", 1, 2).is_err());
    }
}
