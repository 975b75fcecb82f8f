//! The server's side of the process that takes a table apart: starts it, limits how long it may be silent,
//! and trusts nothing that it writes.

use super::child::Delimiter;
use portico_tabular::limits;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a table may be read until its columns are known. All of it is read before.
const OPEN: Duration = Duration::from_secs(300);
/// How long the next row may take.
const NEXT: Duration = Duration::from_secs(30);
/// The most bytes of a cell: a record's, where every byte becomes a character that takes three.
const CELL_BYTES: u32 = (limits::RECORD_BYTES as u32) * 3;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number as a spreadsheet counts: the header is row 1.
    pub number: u32,
    /// Its cells, as many as there are columns.
    pub cells: Vec<String>,
}

/// Reads the rows of a table.
pub struct Reader {
    /// The columns' names.
    pub columns: Vec<String>,
    out: BufReader<ChildStdout>,
    /// Whether the last row has come.
    over: bool,
    // Ends with this.
    _child: Child,
}

/// Why there are no more rows.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// It is no table, in plain words.
    #[error("{0}")]
    Refused(String),
    /// The process ended, most likely because it may not have more memory.
    #[error("This table can’t be read: its reader asked for more than 1 GB of memory. Split it.")]
    Ended,
    /// The process was silent for too long.
    #[error("This table takes too long to read. Split it.")]
    TooLong,
    /// The process could not be started or wrote what it never should. Not the table's fault.
    #[error("the reader of tables failed: {0}")]
    Failed(#[from] io::Error),
}

impl Reader {
    /// Reads the table in this file up to its first row.
    ///
    /// # Errors
    /// [`ReadProblem`].
    pub async fn open(
        program: &Path,
        file: File,
        delimiter: Delimiter,
    ) -> Result<Self, ReadProblem> {
        let mut child = Command::new(program)
            .args(["rows", "--delimiter", delimiter.word()])
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take();
        let out = out.ok_or_else(|| io::Error::other("a pipe is missing"))?;
        let mut reader = Self {
            columns: Vec::new(),
            out: BufReader::with_capacity(256 << 10, out),
            over: false,
            _child: child,
        };
        timeout(OPEN, reader.head())
            .await
            .map_err(|_| ReadProblem::TooLong)??;
        Ok(reader)
    }

    async fn head(&mut self) -> Result<(), ReadProblem> {
        match self.byte().await? {
            b'H' => {}
            b'X' => return Err(ReadProblem::Refused(self.text().await?)),
            _ => return Err(malformed()),
        }
        let count = self.number().await?;
        if count as usize > limits::COLUMNS {
            return Err(malformed());
        }
        for _ in 0..count {
            let name = self.text().await?;
            self.columns.push(name);
        }
        Ok(())
    }

    /// The next rows, as many as there are and at most so many.
    ///
    /// # Errors
    /// [`ReadProblem`].
    pub async fn next(&mut self, most: usize) -> Result<Vec<Row>, ReadProblem> {
        let mut rows = Vec::with_capacity(most);
        while rows.len() < most && !self.over {
            let row = timeout(NEXT, self.row()).await;
            match row.map_err(|_| ReadProblem::TooLong)?? {
                Some(row) => rows.push(row),
                None => self.over = true,
            }
        }
        Ok(rows)
    }

    async fn row(&mut self) -> Result<Option<Row>, ReadProblem> {
        match self.byte().await? {
            b'R' => {}
            b'E' => return Ok(None),
            b'X' => return Err(ReadProblem::Refused(self.text().await?)),
            _ => return Err(malformed()),
        }
        let number = self.number().await?;
        let mut cells = Vec::with_capacity(self.columns.len());
        for _ in 0..self.columns.len() {
            cells.push(self.text().await?);
        }
        Ok(Some(Row { number, cells }))
    }

    async fn byte(&mut self) -> Result<u8, ReadProblem> {
        self.out.read_u8().await.map_err(ended)
    }

    async fn number(&mut self) -> Result<u32, ReadProblem> {
        self.out.read_u32_le().await.map_err(ended)
    }

    async fn text(&mut self) -> Result<String, ReadProblem> {
        let length = self.number().await?;
        if length > CELL_BYTES {
            return Err(malformed());
        }
        let mut bytes = vec![0; length as usize];
        self.out.read_exact(&mut bytes).await.map_err(ended)?;
        String::from_utf8(bytes).map_err(|_| malformed())
    }
}

fn ended(error: io::Error) -> ReadProblem {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadProblem::Ended,
        _ => ReadProblem::Failed(error),
    }
}

fn malformed() -> ReadProblem {
    ReadProblem::Failed(io::Error::other("it wrote what it never should"))
}
