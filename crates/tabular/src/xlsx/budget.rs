//! What a workbook's package may ask for. Looked at before anything of it is unpacked.
//!
//! The package's directory stands at its end and tells each part's place and size. It is read here and
//! nowhere else; what it says is checked against the bytes when a part is unpacked (`part`).

use crate::limits;
use crate::refusal::Refusal;
use std::collections::HashMap;
use std::ops::Range;

/// The directory of a package that may be read.
#[derive(Debug)]
pub struct Package {
    /// By name in lower case and without a leading slash: names in packages are compared so.
    entries: HashMap<String, Entry>,
}

/// Where a part stands.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its compressed bytes.
    pub data: Range<usize>,
    /// Whether they are deflated; stored as they are otherwise.
    pub deflated: bool,
    /// How many bytes it says that it unpacks to.
    pub size: u64,
    /// The checksum of the unpacked bytes.
    pub crc: u32,
}

impl Package {
    /// A part by its name.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries
            .get(&name.trim_start_matches('/').to_ascii_lowercase())
    }
}

/// Looks at a package's directory. Nothing is unpacked.
///
/// # Errors
/// With a reason when this is no package, it is cut off, encrypted, too large, or made to mislead.
pub fn check(bytes: &[u8]) -> Result<Package, Refusal> {
    if bytes.len() as u64 > limits::WORKBOOK_BYTES {
        return Err(Refusal::new(
            "too_large",
            "This workbook is larger than 1 GB. Save its sheet as CSV: there is no such limit for it.",
        ));
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(compound(bytes));
    }
    if !bytes.starts_with(b"PK") {
        return Err(Refusal::new("not_a_workbook", "This is not a workbook."));
    }
    let Some(end) = find_end(bytes) else {
        return Err(cut_off());
    };
    let directory = Directory::read(bytes, end).ok_or_else(cut_off)?;
    if directory.count > limits::PACKAGE_ENTRIES as u64 {
        return Err(Refusal::new(
            "too_many_parts",
            format!(
                "This workbook is made of {} parts; more than {} are not opened.",
                directory.count,
                limits::PACKAGE_ENTRIES
            ),
        ));
    }
    directory.entries(bytes)
}

/// A package whose end is missing.
fn cut_off() -> Refusal {
    Refusal::new(
        "cut_off",
        "The end of this workbook is missing, as after a broken download. Get the file again.",
    )
}

/// A package that does not hang together.
pub(crate) fn damaged(what: &str) -> Refusal {
    Refusal::new(
        "damaged",
        format!(
            "This workbook is damaged: {what}. Open it in your spreadsheet program and save it again."
        ),
    )
}

/// Compound files are what workbooks were until 2003, and what encrypted ones are today.
fn compound(bytes: &[u8]) -> Refusal {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if memchr::memmem::find(bytes, &name).is_some() {
        encrypted()
    } else {
        Refusal::new(
            "old_workbook",
            "This is a workbook in the format of Excel 97 to 2003 (.xls). Save it as .xlsx or CSV.",
        )
    }
}

fn encrypted() -> Refusal {
    Refusal::new(
        "encrypted",
        "This workbook is protected by a password. Save it without one and open it again.",
    )
}

/// Where the record at the end of the directory begins. Nothing but its comment and zeros may follow it: a
/// file that is cut off may still hold a whole package within, and that one is not meant.
fn find_end(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(2 * 0xFFFF);
    memchr::memmem::rfind_iter(&bytes[from..], b"PK\x05\x06")
        .map(|at| from + at)
        .find(|at| {
            u16_at(bytes, at + 20)
                .and_then(|comment| bytes.get(at + 22 + comment as usize..))
                .is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
        })
}

/// What the record at the end says.
struct Directory {
    start: usize,
    end: usize,
    count: u64,
}

impl Directory {
    fn read(bytes: &[u8], end: usize) -> Option<Self> {
        let mut count = u64::from(u16_at(bytes, end + 10)?);
        let mut size = u64::from(u32_at(bytes, end + 12)?);
        let mut offset = u64::from(u32_at(bytes, end + 16)?);
        let mut stop = end;
        let locator = end.checked_sub(20);
        if let Some(locator) = locator
            && bytes.get(locator..locator + 4) == Some(b"PK\x06\x07")
        {
            let record = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
            if bytes.get(record..record.checked_add(4)?) == Some(b"PK\x06\x06") {
                count = u64_at(bytes, record + 32)?;
                size = u64_at(bytes, record + 40)?;
                offset = u64_at(bytes, record + 48)?;
                stop = record;
            }
        }
        let size = usize::try_from(size).ok()?;
        let start = stop.checked_sub(size)?;
        // Elsewhere when bytes before the package, or within it, are missing or too many.
        (usize::try_from(offset).ok()? == start).then_some(Self {
            start,
            end: stop,
            count,
        })
    }

    fn entries(&self, bytes: &[u8]) -> Result<Package, Refusal> {
        let broken = || damaged("its list of parts does not hang together");
        let mut entries = HashMap::new();
        let mut at = self.start;
        let mut count = 0;
        while at < self.end {
            if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
                return Err(broken());
            }
            count += 1;
            if count > limits::PACKAGE_ENTRIES as u64 {
                break;
            }
            let (name, entry, next) = self.entry(bytes, at).ok_or_else(broken)??;
            at = next;
            if name.ends_with('/') {
                continue;
            }
            if entries.insert(name.clone(), entry).is_some() {
                return Err(damaged(&format!("it holds the part {name:?} twice")));
            }
        }
        if count != self.count {
            return Err(broken());
        }
        Ok(Package { entries })
    }

    /// One entry: its name, itself, and where the next begins. None where bytes are missing.
    fn entry(&self, bytes: &[u8], at: usize) -> Option<Result<(String, Entry, usize), Refusal>> {
        let flags = u16_at(bytes, at + 8)?;
        let method = u16_at(bytes, at + 10)?;
        let crc = u32_at(bytes, at + 16)?;
        let mut packed = u64::from(u32_at(bytes, at + 20)?);
        let mut size = u64::from(u32_at(bytes, at + 24)?);
        let name_end = at + 46 + u16_at(bytes, at + 28)? as usize;
        let extra_end = name_end + u16_at(bytes, at + 30)? as usize;
        let next = extra_end + u16_at(bytes, at + 32)? as usize;
        let mut offset = u64::from(u32_at(bytes, at + 42)?);
        let name = String::from_utf8_lossy(bytes.get(at + 46..name_end)?).replace('\\', "/");
        wide(
            bytes.get(name_end..extra_end)?,
            [&mut size, &mut packed, &mut offset],
        );
        if next > self.end {
            return None;
        }
        let odd = name.starts_with('/')
            || name.contains('\0')
            || name.contains(':')
            || name.split('/').any(|step| step == "..");
        if odd {
            return Some(Err(Refusal::new(
                "unsafe_name",
                format!(
                    "This package holds a part named {:?}, which points outside of it; it is not opened.",
                    excerpt(&name)
                ),
            )));
        }
        if flags & 1 != 0 {
            return Some(Err(encrypted()));
        }
        if method != 0 && method != 8 {
            return Some(Err(damaged(&format!(
                "the part {:?} is packed in a way that workbooks do not use",
                excerpt(&name)
            ))));
        }
        // The local header repeats the name and has an extra field of its own length.
        let local = usize::try_from(offset).ok()?;
        if bytes.get(local..local.checked_add(4)?) != Some(b"PK\x03\x04") {
            return None;
        }
        let start =
            local + 30 + u16_at(bytes, local + 26)? as usize + u16_at(bytes, local + 28)? as usize;
        let end = start.checked_add(usize::try_from(packed).ok()?)?;
        if end > self.start {
            return None;
        }
        let entry = Entry {
            data: start..end,
            deflated: method == 8,
            size,
            crc,
        };
        Some(Ok((name.to_ascii_lowercase(), entry, next)))
    }
}

/// Sizes of 64 bits stand in an extra field, each only where the narrow one is full.
fn wide(mut extra: &[u8], fields: [&mut u64; 3]) {
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let Some(body) = extra.get(4..4 + length as usize) else {
            return;
        };
        if id == 1 {
            let mut at = 0;
            for field in fields {
                if *field == u64::from(u32::MAX) {
                    let Some(value) = u64_at(body, at) else {
                        return;
                    };
                    *field = value;
                    at += 8;
                }
            }
            return;
        }
        extra = &extra[4 + length as usize..];
    }
}

fn excerpt(name: &str) -> String {
    name.chars().take(80).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(
        bytes.get(at..at.checked_add(8)?)?.try_into().ok()?,
    ))
}
