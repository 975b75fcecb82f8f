//! A job's output on its way into a file: the table's columns, then the model's, one row out for each row
//! in. Where rows could not be scored, their cells are empty and one more column says why; where all could,
//! the output is what classic's was.

use super::score::{RowProblem, Scored};
use crate::store::blobs::Aside;
use portico_tabular::export;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// The column that says why a row was not scored.
pub const PROBLEM: &str = "Scored Error";
/// The most rows that may fail: past that it is the wrong table.
pub const FAILED_MAX: usize = 100_000;

/// Writes the output.
pub struct Output {
    out: BufWriter<File>,
    aside: Aside,
    hash: Sha256,
    delimiter: u8,
    bytes: u64,
    /// Bytes of each line; the header's first.
    lines: Vec<u32>,
    failed: Vec<(u32, u32, RowProblem)>,
    empty: usize,
    line: Vec<u8>,
}

/// A file that was written.
pub struct Written {
    /// It.
    pub aside: Aside,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u64,
}

impl Output {
    /// Begins with the header: the names that are kept of the table, then the model's.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn begin(aside: Aside, delimiter: u8, kept: &[&str], outputs: &[&str]) -> io::Result<Self> {
        let mut output = Self {
            out: BufWriter::new(aside.file.try_clone()?),
            aside,
            hash: Sha256::new(),
            delimiter,
            bytes: 0,
            lines: Vec::new(),
            failed: Vec::new(),
            empty: outputs.len(),
            line: Vec::new(),
        };
        output.push(kept.iter().chain(outputs).copied())?;
        Ok(output)
    }

    /// Adds a row, which stands in this row of its source.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn add<'a>(
        &mut self,
        number: u32,
        kept: impl Iterator<Item = &'a str>,
        scored: &'a Scored,
    ) -> io::Result<()> {
        match scored {
            Ok(cells) => self.push(kept.chain(cells.iter().map(String::as_str))),
            Err(problem) => {
                let line = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
                self.failed.push((line, number, problem.clone()));
                self.push(kept.chain(std::iter::repeat_n("", self.empty)))
            }
        }
    }

    fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        self.line.clear();
        export::csv_row(&mut self.line, cells, self.delimiter, true);
        self.hash.update(&self.line);
        self.bytes += self.line.len() as u64;
        self.lines
            .push(u32::try_from(self.line.len()).unwrap_or(u32::MAX));
        self.out.write_all(&self.line)
    }

    /// Rows that could not be scored so far.
    pub fn failed(&self) -> usize {
        self.failed.len()
    }

    /// The first row that could not be scored, in words.
    pub fn first_problem(&self) -> Option<String> {
        let (_, number, problem) = self.failed.first()?;
        Some(format!("row {number}: {}", problem.detail))
    }

    /// The output, and the list of rows that could not be scored, if there are any. `aside` makes files.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn finish(
        mut self,
        aside: impl Fn(&str) -> Result<Aside, crate::error::Error>,
    ) -> Result<(Written, Option<Written>), crate::error::Error> {
        self.out.flush()?;
        if self.failed.is_empty() {
            let sha256 = hex::encode(self.hash.finalize());
            let written = Written {
                aside: self.aside,
                sha256,
                bytes: self.bytes,
            };
            return Ok((written, None));
        }
        let marked = self.with_problems(aside("marked")?)?;
        let list = self.list(aside("errors")?)?;
        Ok((marked, Some(list)))
    }

    /// The same lines with the column that says why a row was not scored.
    fn with_problems(&mut self, aside: Aside) -> io::Result<Written> {
        let mut source = self.aside.file.try_clone()?;
        source.seek(SeekFrom::Start(0))?;
        let mut source = BufReader::with_capacity(256 << 10, source);
        let mut out = Hashed::new(aside)?;
        let mut failed = self.failed.iter().peekable();
        let mut line = Vec::new();
        for (at, length) in self.lines.iter().enumerate() {
            line.resize(*length as usize, 0);
            source.read_exact(&mut line)?;
            // Every line ends so.
            line.truncate(line.len().saturating_sub(2));
            line.push(self.delimiter);
            let failed = failed.next_if(|(line, ..)| *line as usize == at);
            let text = match failed {
                Some((_, _, problem)) => &problem.detail,
                None if at == 0 => PROBLEM,
                None => "",
            };
            export::csv_cell(&mut line, text, self.delimiter, true);
            line.extend_from_slice(b"\r\n");
            out.write(&line)?;
        }
        out.finish()
    }

    fn list(&self, aside: Aside) -> io::Result<Written> {
        let mut out = Hashed::new(aside)?;
        let mut line = Vec::new();
        export::csv_row(
            &mut line,
            ["Row", "Column", "Code", "Error"],
            self.delimiter,
            true,
        );
        out.write(&line)?;
        for (_, number, problem) in &self.failed {
            line.clear();
            let number = number.to_string();
            let column = problem.column.as_deref().unwrap_or_default();
            let cells = [&number, column, &problem.code, &problem.detail];
            export::csv_row(&mut line, cells, self.delimiter, true);
            out.write(&line)?;
        }
        out.finish()
    }
}

/// A file that is hashed while it is written.
struct Hashed {
    aside: Aside,
    out: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    fn new(aside: Aside) -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::new(aside.file.try_clone()?),
            aside,
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn finish(mut self) -> io::Result<Written> {
        self.out.flush()?;
        Ok(Written {
            aside: self.aside,
            sha256: hex::encode(self.hash.finalize()),
            bytes: self.bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::blobs::Blobs;

    fn written(delimiter: u8, scored: &[Scored]) -> (String, Option<String>) {
        let home = tempfile::tempdir().unwrap();
        let blobs = Blobs::in_folder(home.path()).unwrap();
        let aside = |name: &str| blobs.aside(name);
        let mut output = Output::begin(
            aside("out").unwrap(),
            delimiter,
            &["name", "a"],
            &["Scored Labels"],
        )
        .unwrap();
        for (at, row) in scored.iter().enumerate() {
            let number = u32::try_from(at).unwrap() + 2;
            output
                .add(number, ["=x\r\ny", "1"].into_iter(), row)
                .unwrap();
        }
        let (whole, list) = output.finish(aside).unwrap();
        let text = |written: Written| {
            blobs.adopt(&written.aside, &written.sha256).unwrap();
            let mut text = String::new();
            blobs
                .open(&written.sha256)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            assert_eq!(written.bytes, text.len() as u64);
            assert_eq!(written.sha256, hex::encode(Sha256::digest(&text)));
            text
        };
        (text(whole), list.map(text))
    }

    fn bad(detail: &str) -> Scored {
        Err(RowProblem {
            column: Some("a".to_owned()),
            code: "value_type".to_owned(),
            detail: detail.to_owned(),
        })
    }

    #[test]
    fn a_clean_output_has_the_columns_of_classic() {
        let rows = [Ok(vec!["yes".to_owned()]), Ok(vec!["-cmd".to_owned()])];
        let (whole, list) = written(b',', &rows);
        assert_eq!(
            whole,
            "name,a,Scored Labels\r\n\"'=x\r\ny\",1,yes\r\n\"'=x\r\ny\",1,'-cmd\r\n"
        );
        assert_eq!(list, None);
    }

    #[test]
    fn a_row_that_failed_says_why_and_costs_no_other() {
        let rows = [
            bad("a takes a number, not \"x\"."),
            Ok(vec!["1".to_owned()]),
            bad("-"),
        ];
        let (whole, list) = written(b'\t', &rows);
        assert_eq!(
            whole,
            "name\ta\tScored Labels\tScored Error\r\n\"'=x\r\ny\"\t1\t\t\"a takes a number, not \"\"x\"\".\"\r\n\
             \"'=x\r\ny\"\t1\t1\t\r\n\"'=x\r\ny\"\t1\t\t'-\r\n"
        );
        assert_eq!(
            list.unwrap(),
            "Row\tColumn\tCode\tError\r\n2\ta\tvalue_type\t\"a takes a number, not \"\"x\"\".\"\r\n4\ta\tvalue_type\t'-\r\n"
        );
    }
}
