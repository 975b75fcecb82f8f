//! How the bytes of a text become a table while they arrive: encoding first, then dialect and header from
//! the beginning, then rows. Bytes are kept once; what is known of the rows grows beside them.
//!
//! Knows nothing of files and pastes: whoever has bytes pushes them, in pieces of any size.

mod body;
mod gunzip;
mod index;
mod reader;
mod remarks;

pub use gunzip::Gunzip;
pub use reader::Reader;

use crate::diagnostic::{Diagnostic, Difference};
use crate::encoding;
use crate::kind::{self, Kind};
use crate::limits;
use crate::protocol::How;
use crate::refusal::Refusal;
use crate::table::Table;
use body::Body;
use encoding_rs::{Encoding, UTF_8};

/// How much is taken at once, so that limits are met early in a large piece.
const BLOCK_BYTES: usize = 256 << 10;

/// How a text was read, and what was remarkable about it.
#[derive(Clone, Debug, PartialEq)]
pub struct TextFacts {
    /// The encoding's label, in small letters, such as `utf-8`.
    pub encoding: String,
    /// Whether a byte order mark stood first.
    pub bom: bool,
    /// The delimiter; none: there is one column.
    pub delimiter: Option<char>,
    /// The quote.
    pub quote: Option<char>,
    /// What stands before a quote that is part of a cell, where it is not doubled.
    pub escape: Option<char>,
    /// The header's row as a spreadsheet counts; none: there is no header.
    pub header: Option<u32>,
    /// How many rows above the header or the first row are no part of the table, blank ones counted.
    pub preamble: u32,
    /// How sure the delimiter is, from 0, a guess, to 1, beyond doubt or told.
    pub confidence: f64,
    /// The delimiter that fits second best, if any other fits at all.
    pub runner_up: Option<char>,
    /// What is remarkable.
    pub diagnostics: Vec<Diagnostic>,
    /// What was read otherwise than written.
    pub differences: Vec<Difference>,
}

/// A text that was read.
pub struct Text {
    /// Its table.
    pub table: Table,
    /// How it was read.
    pub facts: TextFacts,
}

/// Takes in a text.
pub struct Intake {
    how: How,
    told: Option<&'static Encoding>,
    expected: u64,
    /// What came before the encoding was decided.
    head: Vec<u8>,
    body: Option<Body>,
}

impl Intake {
    /// Takes in a text of about so many bytes, 0 if that is unknown. They are reserved once.
    ///
    /// # Errors
    ///
    /// When an encoding or a delimiter is asked for that there is not (`encoding_unknown`,
    /// `delimiter_unknown`), or the text is larger than any that can be read (`too_large`).
    pub fn new(how: &How, expected_bytes: u64) -> Result<Self, Refusal> {
        if expected_bytes > limits::TEXT_BYTES {
            return Err(remarks::too_large());
        }
        if let Some(delimiter) = how.delimiter
            && (!delimiter.is_ascii() || matches!(delimiter, '"' | '\n' | '\r'))
        {
            let reason = format!("“{}” can't be a delimiter.", delimiter.escape_default());
            return Err(Refusal::new("delimiter_unknown", reason));
        }
        Ok(Self {
            how: how.clone(),
            told: how
                .encoding
                .as_deref()
                .map(encoding::by_label)
                .transpose()?,
            expected: expected_bytes,
            head: Vec::new(),
            body: None,
        })
    }

    /// Takes the next bytes, as many as there are.
    ///
    /// # Errors
    ///
    /// When this is no text, or it passes a limit, with the address in the text where it has one.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        for block in bytes.chunks(BLOCK_BYTES) {
            if let Some(body) = &mut self.body {
                body.push(block, &self.how)?;
            } else {
                self.head.extend_from_slice(block);
                if self.head.len() >= kind::HEAD_BYTES {
                    self.open()?;
                }
            }
        }
        Ok(())
    }

    /// Decides what the head is, and begins.
    fn open(&mut self) -> Result<(), Refusal> {
        let head = std::mem::take(&mut self.head);
        let opening = encoding::opening(&head);
        // UTF-16 without Latin letters looks like anything; who names it is believed.
        if self.told.is_none_or(encoding::keeps_bytes) && kind::of(&head, "")? != Kind::Text {
            return Err(Refusal::new(
                "not_text",
                "This is no text. Open it as the file that it is.",
            ));
        }
        let marked = opening.encoding.filter(|_| opening.mark > 0);
        let fixed = match self.told {
            // A mark tells the order of bytes better than a label.
            Some(told) if !encoding::keeps_bytes(told) => marked.or(Some(told)),
            told => told.or(opening.encoding),
        };
        // The mark of UTF-8 is no text in any encoding that keeps its bytes.
        let kept_mark = marked == Some(UTF_8) && fixed.is_some_and(encoding::keeps_bytes);
        let mark = if fixed == marked || kept_mark {
            opening.mark
        } else {
            0
        };
        let body = self.body.insert(Body::new(fixed, mark, self.expected)?);
        for block in head[body.skipped()..].chunks(BLOCK_BYTES) {
            body.push(block, &self.how)?;
        }
        Ok(())
    }

    /// The table as far as it is read; none before encoding, dialect and header are decided.
    pub fn table(&self) -> Option<&Table> {
        let body = self.body.as_ref()?;
        let ready = body.course.as_ref()?.index.is_ready();
        ready.then_some(&body.table)
    }

    /// How the text is read, as far as it is; none as long as there is no table.
    pub fn facts(&self) -> Option<TextFacts> {
        self.table()?;
        let body = self.body.as_ref()?;
        remarks::facts(body)
    }

    /// The table, when all bytes have come.
    ///
    /// # Errors
    ///
    /// As with [`Intake::push`]; and when there is nothing in the text (`empty`), a quote is still open
    /// (`quote_unclosed`), or there is no row where the header was said to be (`header_missing`).
    pub fn finish(mut self) -> Result<Text, Refusal> {
        if self.body.is_none() {
            self.open()?;
        }
        let Some(mut body) = self.body else {
            return Err(kind::empty());
        };
        body.finish(&self.how)?;
        let facts = remarks::facts(&body).ok_or_else(kind::empty)?;
        Ok(Text {
            table: body.table,
            facts,
        })
    }
}
