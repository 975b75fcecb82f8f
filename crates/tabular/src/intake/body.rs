//! A text from the moment its encoding is known, or at least that its bytes can be kept.

use super::index::{Index, Plan};
use super::remarks;
use crate::csv::Grammar;
use crate::csv::scan::{Scanner, Spot};
use crate::dialect::{self, Dialect};
use crate::encoding::{self, Evidence, Transcoder};
use crate::kind;
use crate::limits;
use crate::protocol::How;
use crate::refusal::Refusal;
use crate::table::Table;
use encoding_rs::{Encoding, UTF_8};

/// How much text is gathered before its dialect and header are decided.
const DECIDE_BYTES: usize = dialect::SAMPLE_BYTES;

pub(super) struct Body {
    /// How long the source's byte order mark is.
    pub mark: usize,
    /// The source's encoding where it is decided; otherwise the evidence is asked.
    pub fixed: Option<&'static Encoding>,
    pub transcoder: Option<Transcoder>,
    pub evidence: Evidence,
    pub table: Table,
    pub course: Option<Course>,
}

/// How the rows are found, once that is decided.
pub(super) struct Course {
    pub dialect: Dialect,
    /// Where the text begins, behind byte order mark and `sep=` line.
    pub from: usize,
    pub index: Index,
}

impl Course {
    /// How many rows above the header, or above the first row, are no part of the table.
    pub fn above(&self) -> u32 {
        let plan = self.index.plan();
        plan.header.unwrap_or(plan.data).saturating_sub(1)
    }
}

impl Body {
    pub fn new(
        fixed: Option<&'static Encoding>,
        mark: usize,
        expected: u64,
    ) -> Result<Self, Refusal> {
        let kept = fixed.filter(|encoding| encoding::keeps_bytes(encoding));
        let transcoder = match (fixed, kept) {
            (Some(encoding), None) => Some(Transcoder::new(encoding)),
            _ => None,
        };
        let from = if transcoder.is_none() { mark } else { 0 };
        let mut body = Self {
            mark,
            fixed,
            transcoder,
            evidence: Evidence::new(from),
            table: Table::of_text(Vec::new(), Grammar::default(), kept.unwrap_or(UTF_8)),
            course: None,
        };
        // Two bytes of UTF-16 are mostly one of UTF-8.
        let expected = match body.transcoder {
            Some(_) => expected / 2,
            None => expected,
        };
        body.reserve(usize::try_from(expected).map_err(|_| remarks::too_large())?)?;
        Ok(body)
    }

    /// How many of the source's first bytes are not to be pushed.
    pub fn skipped(&self) -> usize {
        match self.transcoder {
            Some(_) => self.mark,
            None => 0,
        }
    }

    /// The source's encoding, as far as it is known.
    pub fn encoding(&self) -> &'static Encoding {
        self.fixed.unwrap_or_else(|| self.evidence.verdict())
    }

    /// Makes room without making more: doubled, the bytes would be there three times for a moment.
    fn reserve(&mut self, more: usize) -> Result<(), Refusal> {
        let bytes = &mut self.table.bytes;
        if bytes.capacity() - bytes.len() >= more {
            return Ok(());
        }
        let more = more.max(bytes.len() / 4);
        let room = bytes.try_reserve_exact(more);
        room.map_err(|_| remarks::no_memory())
    }

    pub fn push(&mut self, block: &[u8], how: &How) -> Result<(), Refusal> {
        self.append(block, false)?;
        self.go_on(how, false)
    }

    pub fn finish(&mut self, how: &How) -> Result<(), Refusal> {
        self.append(&[], true)?;
        self.go_on(how, true)?;
        let Some(course) = &mut self.course else {
            return Ok(());
        };
        course.index.finish(&mut self.table)?;
        if !course.index.has_header() && self.table.source_rows() == 0 {
            return Err(kind::empty());
        }
        self.table.intact = self.encoding_is_intact();
        Ok(())
    }

    fn encoding_is_intact(&self) -> bool {
        self.table.encoding == UTF_8 && (self.transcoder.is_some() || self.evidence.broken == 0)
    }

    fn append(&mut self, block: &[u8], last: bool) -> Result<(), Refusal> {
        // Two bytes become three at the most, in all encodings that are transcoded.
        let more = match self.transcoder {
            Some(_) => block.len() / 2 * 3 + 16,
            None => block.len(),
        };
        if (self.table.bytes.len() + more) as u64 > limits::TEXT_BYTES {
            return Err(remarks::too_large());
        }
        self.reserve(more)?;
        match &mut self.transcoder {
            Some(transcoder) => transcoder.push(block, last, &mut self.table.bytes),
            None => self.table.bytes.extend_from_slice(block),
        }
        Ok(())
    }

    /// Looks at what is new: characters, NUL, and records.
    fn go_on(&mut self, how: &How, last: bool) -> Result<(), Refusal> {
        let seen = self.evidence.seen();
        let nul = memchr::memchr(0, &self.table.bytes[seen..]);
        if let Some(at) = nul {
            self.table.bytes.truncate(seen + at);
        }
        self.evidence.add(&self.table.bytes, last);
        if self.fixed.is_none() {
            self.follow_evidence();
        }
        if self.course.is_none() {
            let enough = self.table.bytes.len() >= DECIDE_BYTES;
            if !(enough || last || nul.is_some()) {
                return Ok(());
            }
            self.decide(how, last && nul.is_none());
        }
        let Some(course) = &mut self.course else {
            return Ok(());
        };
        let result = course.index.add(&mut self.table, last && nul.is_none());
        match (result, nul) {
            (Err(stop), _) => Err(remarks::of_stop(self, stop)),
            (Ok(()), Some(_)) => Err(remarks::of_nul(self)),
            (Ok(()), None) => Ok(()),
        }
    }

    /// What was taken for UTF-8 may turn out not to be: then the header has to be read again.
    fn follow_evidence(&mut self) {
        let verdict = self.evidence.verdict();
        if self.table.encoding == verdict {
            return;
        }
        self.table.encoding = verdict;
        if let Some(course) = &self.course {
            course.index.name_columns(&mut self.table);
        }
    }

    /// Decides dialect and header from what is there; `complete` when that is all.
    fn decide(&mut self, how: &How, complete: bool) {
        let mut from = match self.transcoder {
            Some(_) => 0,
            None => self.mark,
        };
        let mut told = how.delimiter.map(|delimiter| {
            // NUL, which no text has, tells that there is one column.
            u8::try_from(delimiter).ok().filter(|byte| *byte != 0)
        });
        if let Some((delimiter, line)) = dialect::sep_line(&self.table.bytes[from..]) {
            told = told.or(Some(Some(delimiter)));
            from += line;
        }
        let text = &self.table.bytes[from..];
        let dialect = dialect::detect(text, complete, told);
        self.table.grammar = dialect.grammar;
        let plan = Plan::of(text, complete, dialect.grammar, how.header);
        self.course = Some(Course {
            dialect,
            from,
            index: Index::new(dialect.grammar, from, plan),
        });
    }

    /// Which cell holds this offset.
    pub fn locate(&self, offset: usize) -> Spot {
        let from = self.course.as_ref().map_or(0, |course| course.from);
        let row = self.table.row_at(offset);
        let start = row.map_or(from, |row| self.table.start(row)).min(offset);
        let mut scanner = Scanner::new(self.table.grammar, start);
        // No fault can be news here: the text was scanned before.
        let _ = scanner.scan(&self.table.bytes[..offset], false, |_| {});
        let here = scanner.here();
        Spot {
            row: row.map_or(here.row, |row| self.table.place(row, 0).row),
            column: here.column,
            offset,
        }
    }

    /// The offset in the source of a place in the text, where it can be told.
    pub fn source_offset(&self, at: usize) -> Option<u64> {
        match self.transcoder {
            Some(_) => encoding::source_offset(self.fixed?, self.mark, &self.table.bytes, at),
            None => u64::try_from(at).ok(),
        }
    }

    /// At most so many characters of what stands at an offset, on one line.
    pub fn excerpt(&self, offset: usize, most: usize) -> String {
        let bytes = &self.table.bytes;
        let end = bytes.len().min(offset + most * 4);
        let piece = bytes.get(offset..end).unwrap_or_default();
        let line = memchr::memchr2(b'\n', b'\r', piece).unwrap_or(piece.len());
        let text = self
            .table
            .encoding
            .decode_without_bom_handling(&piece[..line])
            .0;
        text.chars().take(most).collect()
    }
}
