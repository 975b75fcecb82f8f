//! A text that is compressed with gzip. It is inflated piece by piece, and each piece is taken in before
//! the next one is made: the limits of texts hold here too, and one on how much a small file may become.

use super::{Intake, Text, remarks};
use crate::limits;
use crate::protocol::How;
use crate::refusal::Refusal;
use crate::table::Table;
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// Takes in a text that is compressed.
pub struct Gunzip {
    decoder: MultiGzDecoder<Sink>,
}

/// Where inflated bytes go.
struct Sink {
    intake: Intake,
    deflated: u64,
    inflated: u64,
    refusal: Option<Refusal>,
}

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.inflated += piece.len() as u64;
        let taken = if self.inflated > limits::TEXT_BYTES {
            Err(remarks::too_large())
        } else if self.inflated > limits::RATIO_FROM
            && self.inflated > self.deflated.saturating_mul(limits::RATIO)
        {
            Err(bomb())
        } else {
            self.intake.push(piece)
        };
        match taken {
            Ok(()) => Ok(piece.len()),
            Err(refusal) => {
                self.refusal = Some(refusal);
                Err(io::Error::other("refused"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn bomb() -> Refusal {
    Refusal::new(
        "bomb",
        format!(
            "This file becomes more than {} times larger when it is unpacked, as no table does. It was not read any further.",
            limits::RATIO
        ),
    )
}

fn broken() -> Refusal {
    Refusal::new(
        "gzip_broken",
        "This compressed file (gzip) is damaged or cut off. Fetch it again, or unpack it yourself to see how far it goes.",
    )
}

impl Gunzip {
    /// Takes in a text whose encoding and dialect are found or told as in any other.
    ///
    /// # Errors
    ///
    /// As [`Intake::new`].
    pub fn new(how: &How) -> Result<Self, Refusal> {
        let sink = Sink {
            intake: Intake::new(how, 0)?,
            deflated: 0,
            inflated: 0,
            refusal: None,
        };
        Ok(Self {
            decoder: MultiGzDecoder::new(sink),
        })
    }

    /// Takes the next compressed bytes.
    ///
    /// # Errors
    ///
    /// As [`Intake::push`]; and when the file is damaged (`gzip_broken`) or becomes too large for its size
    /// (`bomb`).
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.decoder.get_mut().deflated += bytes.len() as u64;
        let result = self.decoder.write_all(bytes);
        self.refuse(result)
    }

    fn refuse(&mut self, result: io::Result<()>) -> Result<(), Refusal> {
        match self.decoder.get_mut().refusal.take() {
            Some(refusal) => Err(refusal),
            None => result.map_err(|_| broken()),
        }
    }

    /// The text as far as it is read.
    pub fn intake(&self) -> &Intake {
        &self.decoder.get_ref().intake
    }

    /// The table as far as it is read, as [`Intake::table`].
    pub fn table(&self) -> Option<&Table> {
        self.intake().table()
    }

    /// The table, when all bytes have come.
    ///
    /// # Errors
    ///
    /// As [`Intake::finish`] and [`Gunzip::push`].
    pub fn finish(mut self) -> Result<Text, Refusal> {
        let result = self.decoder.try_finish();
        self.refuse(result)?;
        let sink = self.decoder.finish().map_err(|_| broken())?;
        sink.intake.finish()
    }
}
