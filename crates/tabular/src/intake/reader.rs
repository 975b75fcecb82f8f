//! A text that may be packed: one thing to push bytes into, whichever it is.

use super::{Gunzip, Intake, Text, TextFacts};
use crate::protocol::How;
use crate::refusal::Refusal;
use crate::table::Table;

/// Takes in a text, as it is or packed by gzip.
pub enum Reader {
    /// As it is.
    Plain(Box<Intake>),
    /// Packed.
    Packed(Box<Gunzip>),
}

impl Reader {
    /// Takes in a text whose file has this many bytes.
    ///
    /// # Errors
    ///
    /// As [`Intake::new`].
    pub fn new(how: &How, packed: bool, file_bytes: u64) -> Result<Self, Refusal> {
        Ok(if packed {
            Self::Packed(Box::new(Gunzip::new(how)?))
        } else {
            Self::Plain(Box::new(Intake::new(how, file_bytes)?))
        })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// As [`Intake::push`] and [`Gunzip::push`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        match self {
            Self::Plain(intake) => intake.push(bytes),
            Self::Packed(gunzip) => gunzip.push(bytes),
        }
    }

    /// The table as far as it is read, as [`Intake::table`].
    pub fn table(&self) -> Option<&Table> {
        self.intake().table()
    }

    /// How the text is read, as [`Intake::facts`].
    pub fn facts(&self) -> Option<TextFacts> {
        self.intake().facts()
    }

    /// The table, when all bytes have come.
    ///
    /// # Errors
    ///
    /// As [`Intake::finish`] and [`Gunzip::finish`].
    pub fn finish(self) -> Result<Text, Refusal> {
        match self {
            Self::Plain(intake) => intake.finish(),
            Self::Packed(gunzip) => gunzip.finish(),
        }
    }

    fn intake(&self) -> &Intake {
        match self {
            Self::Plain(intake) => intake,
            Self::Packed(gunzip) => gunzip.intake(),
        }
    }
}
