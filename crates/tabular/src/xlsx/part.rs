//! One part of a package, unpacked piece by piece and counted while it is.

use super::budget::{Entry, damaged};
use crate::limits;
use crate::refusal::Refusal;
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// What a part may unpack to.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// How many bytes.
    pub bytes: u64,
    /// The refusal for more.
    pub code: &'static str,
    /// And its words.
    pub words: &'static str,
}

impl Budget {
    /// What is left of the bytes of a whole workbook.
    pub(super) fn workbook(spent: u64) -> Self {
        Self {
            bytes: limits::INFLATED_BYTES.saturating_sub(spent),
            code: "unpacks_too_large",
            words: "This workbook unpacks to more than 1 GB. Save its sheet as CSV: there is no such limit for it.",
        }
    }

    /// That of the shared texts.
    pub(super) fn shared_strings(spent: u64) -> Self {
        let all = Self::workbook(spent);
        if all.bytes < limits::SHARED_STRINGS_BYTES {
            return all;
        }
        Self {
            bytes: limits::SHARED_STRINGS_BYTES,
            code: "shared_strings_too_large",
            words: "The shared texts of this workbook unpack to more than 256 MB. Save its sheet as CSV: there is no such limit for it.",
        }
    }
}

/// A part that is being unpacked.
pub(super) struct Part<'a> {
    packed: &'a [u8],
    inflater: Option<Decompress>,
    entry: &'a Entry,
    budget: Budget,
    most: u64,
    out: u64,
    crc: Crc,
    done: bool,
}

impl<'a> Part<'a> {
    /// Begins to unpack a part.
    ///
    /// # Errors
    /// When it says itself that it is too large.
    pub(super) fn open(bytes: &'a [u8], entry: &'a Entry, budget: Budget) -> Result<Self, Refusal> {
        let packed = bytes.get(entry.data.clone()).unwrap_or_default();
        let part = Self {
            packed,
            inflater: entry.deflated.then(|| Decompress::new(false)),
            entry,
            budget,
            most: limits::RATIO_FROM.max(limits::RATIO.saturating_mul(packed.len() as u64)),
            out: 0,
            crc: Crc::new(),
            done: false,
        };
        part.count(entry.size)?;
        Ok(part)
    }

    /// How many bytes came out so far.
    pub(super) fn out(&self) -> u64 {
        self.out
    }

    /// Unpacks into the space given; how many bytes. None at the end.
    ///
    /// # Errors
    /// When the part is damaged, is not what it said it was, or passes its budget.
    pub(super) fn fill(&mut self, space: &mut [u8]) -> Result<usize, Refusal> {
        if self.done || space.is_empty() {
            return Ok(0);
        }
        let broken = || damaged("a part of it can't be unpacked");
        let written = match &mut self.inflater {
            None => {
                let length = self.packed.len().min(space.len());
                space[..length].copy_from_slice(&self.packed[..length]);
                self.packed = &self.packed[length..];
                self.done = self.packed.is_empty();
                length
            }
            Some(inflater) => {
                let mut filled = 0;
                while filled < space.len() && !self.done {
                    let (taken, given) = (inflater.total_in(), inflater.total_out());
                    let status = inflater
                        .decompress(self.packed, &mut space[filled..], FlushDecompress::None)
                        .map_err(|_| broken())?;
                    let taken = usize::try_from(inflater.total_in() - taken).unwrap_or(0);
                    let given = usize::try_from(inflater.total_out() - given).unwrap_or(0);
                    self.packed = &self.packed[taken..];
                    filled += given;
                    match status {
                        Status::StreamEnd => self.done = true,
                        _ if taken == 0 && given == 0 => return Err(broken()),
                        _ => {}
                    }
                }
                filled
            }
        };
        self.crc.update(&space[..written]);
        self.out += written as u64;
        self.count(self.out)?;
        if self.out > self.entry.size || self.done && self.out != self.entry.size {
            return Err(damaged("a part of it is not as large as it says"));
        }
        if self.done && self.crc.sum() != self.entry.crc {
            return Err(damaged("a part of it does not match its checksum"));
        }
        Ok(written)
    }

    /// Whether so many bytes are too many.
    fn count(&self, bytes: u64) -> Result<(), Refusal> {
        if bytes > self.most {
            return Err(Refusal::new(
                "unpacks_too_much",
                format!(
                    "A part of this workbook unpacks to more than {} times its size, {} MB and more. Real tables don't; it is not opened.",
                    limits::RATIO,
                    self.most >> 20
                ),
            ));
        }
        if bytes > self.budget.bytes {
            return Err(Refusal::new(self.budget.code, self.budget.words));
        }
        Ok(())
    }
}
