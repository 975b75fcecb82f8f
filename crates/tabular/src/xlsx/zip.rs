//! Writes a package: parts are deflated as they come, finished bytes can be taken away at any time.

use crate::refusal::Refusal;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// How much room the deflater is given at once.
const ROOM: usize = 64 << 10;
/// The first of January 1980, where time begins for packages: equal tables make equal files.
const DATE: u16 = 0x21;
/// Sizes and checksum stand behind the data, because they are not known before.
const FLAGS: u16 = 1 << 3 | 1 << 11;

/// A package that is being written.
pub(super) struct Pack {
    out: Vec<u8>,
    taken: u64,
    parts: Vec<Done>,
    open: Option<Open>,
}

struct Open {
    name: String,
    offset: u64,
    start: u64,
    deflater: Compress,
    crc: Crc,
    size: u64,
}

struct Done {
    name: String,
    offset: u32,
    packed: u32,
    size: u32,
    crc: u32,
}

impl Pack {
    /// An empty package.
    pub(super) fn new() -> Self {
        Self {
            out: Vec::new(),
            taken: 0,
            parts: Vec::new(),
            open: None,
        }
    }

    fn at(&self) -> u64 {
        self.taken + self.out.len() as u64
    }

    /// Begins a part, after ending the one before.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), Refusal> {
        self.end()?;
        let offset = self.at();
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        self.out.extend(b"PK\x03\x04");
        for field in [20, FLAGS, 8, 0, DATE] {
            self.out.extend(u16::to_le_bytes(field));
        }
        self.out.extend([0; 12]);
        self.out.extend(length.to_le_bytes());
        self.out.extend([0; 2]);
        self.out.extend(name.as_bytes());
        self.open = Some(Open {
            name: name.to_owned(),
            offset,
            start: self.at(),
            deflater: Compress::new(Compression::new(LEVEL), false),
            crc: Crc::new(),
            size: 0,
        });
        Ok(())
    }

    /// Adds to the part that was begun.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.crc.update(bytes);
        open.size += bytes.len() as u64;
        while !bytes.is_empty() {
            let taken = open.deflater.total_in();
            self.out.reserve(ROOM);
            open.deflater
                .compress_vec(bytes, &mut self.out, FlushCompress::None)
                .map_err(|_| failed())?;
            let taken = usize::try_from(open.deflater.total_in() - taken).unwrap_or(0);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Ends the part that was begun, if there is one.
    fn end(&mut self) -> Result<(), Refusal> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        loop {
            self.out.reserve(ROOM);
            let status = open
                .deflater
                .compress_vec(&[], &mut self.out, FlushCompress::Finish)
                .map_err(|_| failed())?;
            if status == Status::StreamEnd {
                break;
            }
        }
        let done = Done {
            offset: narrow(open.offset)?,
            packed: narrow(self.at() - open.start)?,
            size: narrow(open.size)?,
            crc: open.crc.sum(),
            name: open.name,
        };
        self.out.extend(b"PK\x07\x08");
        for field in [done.crc, done.packed, done.size] {
            self.out.extend(field.to_le_bytes());
        }
        self.parts.push(done);
        Ok(())
    }

    /// Takes the finished bytes away.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    /// Ends the package; the bytes that were not taken yet.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Refusal> {
        self.end()?;
        let start = narrow(self.at())?;
        for part in &self.parts {
            let length = u16::try_from(part.name.len()).unwrap_or(u16::MAX);
            self.out.extend(b"PK\x01\x02");
            for field in [20, 20, FLAGS, 8, 0, DATE] {
                self.out.extend(u16::to_le_bytes(field));
            }
            for field in [part.crc, part.packed, part.size] {
                self.out.extend(field.to_le_bytes());
            }
            self.out.extend(length.to_le_bytes());
            self.out.extend([0; 12]);
            self.out.extend(part.offset.to_le_bytes());
            self.out.extend(part.name.as_bytes());
        }
        let size = narrow(self.at() - u64::from(start))?;
        let count = u16::try_from(self.parts.len()).map_err(|_| too_large())?;
        self.out.extend(b"PK\x05\x06");
        self.out.extend([0; 4]);
        self.out.extend(count.to_le_bytes());
        self.out.extend(count.to_le_bytes());
        self.out.extend(size.to_le_bytes());
        self.out.extend(start.to_le_bytes());
        self.out.extend([0; 2]);
        Ok(self.out)
    }
}

/// Fast: sheets are so repetitive that more effort gains little.
const LEVEL: u32 = 2;

fn narrow(value: u64) -> Result<u32, Refusal> {
    u32::try_from(value).map_err(|_| too_large())
}

fn too_large() -> Refusal {
    Refusal::new(
        "workbook_too_large",
        "These rows make a workbook larger than 4 GB. Download them as CSV.",
    )
}

fn failed() -> Refusal {
    Refusal::new("workbook_failed", "The workbook could not be packed.")
}
