//! Getting the files of a package out of a folder or a zip, with limits: names that stay inside, sizes that
//! are counted as they come out, and not so much more than went in.

use super::refuse;
use crate::error::Error;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

/// The most bytes of a model, of all files together, and of any file that is no model.
pub const MODEL_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const ALL_BYTES: u64 = MODEL_BYTES + 4 * TEXT_BYTES;
const TEXT_BYTES: u64 = 16 * 1024 * 1024;
/// The most files of a package.
const FILES_MAX: usize = 200;
/// A file may have this many times the bytes that it takes in the zip …
const RATIO_MAX: u64 = 100;
/// … and this many whatever it takes there.
const RATIO_FREE: u64 = 10 * 1024 * 1024;

/// A file's name in a package: plain, so that it stays inside.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0', ':'])
}

fn limit_of(name: &str) -> u64 {
    let is_model = Path::new(name)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"));
    if is_model { MODEL_BYTES } else { TEXT_BYTES }
}

/// The files of a folder, by name. What is no file, and hidden files, are left out.
///
/// # Errors
/// [`Error::Package`] naming the file that is too large.
pub fn folder(folder: &Path) -> Result<BTreeMap<String, Bytes>, Error> {
    let mut files = Files::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Links are refused: they can lead outside.
        if !entry.file_type()?.is_file() || !is_plain(&name) {
            continue;
        }
        files.insert(name, MODEL_BYTES, &mut File::open(entry.path())?)?;
    }
    Ok(files.files)
}

/// The files of a zip, by name.
///
/// # Errors
/// [`Error::Package`] naming what is wrong with it.
pub fn zip(mut file: File) -> Result<BTreeMap<String, Bytes>, Error> {
    if has_wide_end(&mut file)? {
        return Err(refuse(
            "The zip ends with a 64-bit record, which no package is large enough to need.",
        ));
    }
    let mut archive = zip::ZipArchive::new(file)
        .map_err(|error| refuse(format!("This is neither a folder nor a zip: {error}.")))?;
    if archive.has_duplicate_names() {
        return Err(refuse("The zip holds two files of one name."));
    }
    if archive.len() > FILES_MAX {
        return Err(refuse(format!("A package has at most {FILES_MAX} files.")));
    }
    let mut files = Files::default();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        // A folder has nothing in it by itself, but where it leads matters all the same.
        let is_inside = |name: &str| name.trim_end_matches('/').split('/').all(is_plain);
        if entry.is_dir() && is_inside(&name) {
            continue;
        }
        if entry.is_symlink() || !is_plain(&name) {
            return Err(refuse(format!(
                "The zip holds “{name}”: files stand at its top, without folders, links or dots."
            )));
        }
        let packed = entry.compressed_size();
        let limit = packed.saturating_mul(RATIO_MAX).max(RATIO_FREE);
        files.insert(name, limit, &mut entry)?;
    }
    Ok(files.files)
}

/// Whether any end that a reader may find in a zip points to the record of 64 bits (APPNOTE 4.3.14 and 4.3.15),
/// whose counts it would have to believe before anything is read. A reader goes on looking in front of an end
/// that it can't use, so the whole file is looked through.
fn has_wide_end(file: &mut File) -> Result<bool, Error> {
    const LOCATOR: &[u8] = b"PK\x06\x07";
    const END: &[u8] = b"PK\x05\x06";
    const BYTES: usize = 24;
    let mut buffer = vec![0; 1 << 20];
    let mut held = 0;
    file.rewind()?;
    let found = loop {
        let read = file.read(&mut buffer[held..])?;
        let bytes = &buffer[..held + read];
        let mut windows = bytes
            .windows(BYTES)
            .filter(|window| window[0] == LOCATOR[0]);
        if windows.any(|window| window.starts_with(LOCATOR) && window.ends_with(END)) {
            break true;
        }
        if read == 0 {
            break false;
        }
        let all = bytes.len();
        let kept = all.saturating_sub(BYTES - 1);
        buffer.copy_within(kept..all, 0);
        held = all - kept;
    };
    file.rewind()?;
    Ok(found)
}

fn damaged(error: impl std::fmt::Display) -> Error {
    refuse(format!("The zip is damaged: {error}."))
}

/// What has come out so far.
#[derive(Default)]
struct Files {
    files: BTreeMap<String, Bytes>,
    bytes: u64,
}

impl Files {
    /// Takes a file whose bytes are counted as they come: what a zip says of its sizes may be a lie.
    fn insert(&mut self, name: String, limit: u64, from: &mut impl Read) -> Result<(), Error> {
        if self.files.len() >= FILES_MAX {
            return Err(refuse(format!("A package has at most {FILES_MAX} files.")));
        }
        let own = limit_of(&name);
        let left = ALL_BYTES - self.bytes;
        let most = own.min(limit).min(left);
        let mut bytes = Vec::new();
        let read = from
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| refuse(format!("{name} can't be read: {error}.")))?
            as u64;
        if read > most {
            return Err(refuse(if read > own {
                format!("{name} is larger than {own} bytes.")
            } else if read > left {
                format!("The files of the package are larger than {ALL_BYTES} bytes together.")
            } else {
                format!("{name} is more than {RATIO_MAX} times larger than its part of the zip.")
            }));
        }
        self.bytes += read;
        let twice = format!("{name} stands twice in the package.");
        if self.files.insert(name, bytes.into()).is_some() {
            return Err(refuse(twice));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    fn zipped(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        for (name, bytes) in files {
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn taken(bytes: &[u8]) -> Result<BTreeMap<String, Bytes>, Error> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        zip(file)
    }

    fn refused(bytes: &[u8]) -> String {
        taken(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_comes_out_is_bounded_by_what_went_in() {
        let zeros = vec![0; usize::try_from(RATIO_FREE).unwrap() + 1];
        assert_eq!(
            refused(&zipped(&[("a.csv", &zeros)], CompressionMethod::Deflated)),
            "a.csv is more than 100 times larger than its part of the zip."
        );
        let files = taken(&zipped(&[("a.csv", &zeros)], CompressionMethod::Stored));
        assert_eq!(files.unwrap()["a.csv"].len(), zeros.len());
        let zeros = vec![0; usize::try_from(TEXT_BYTES).unwrap() + 1];
        assert_eq!(
            refused(&zipped(&[("a.csv", &zeros)], CompressionMethod::Stored)),
            "a.csv is larger than 16777216 bytes."
        );
    }

    #[test]
    fn all_files_together_are_bounded() {
        let mut files = Files {
            bytes: ALL_BYTES - 1,
            ..Files::default()
        };
        let insert = files.insert("b.onnx".to_owned(), MODEL_BYTES, &mut &b"12"[..]);
        assert_eq!(
            insert.unwrap_err().to_string(),
            format!("The files of the package are larger than {ALL_BYTES} bytes together.")
        );
    }

    #[test]
    fn every_file_has_a_name_of_its_own_and_they_are_not_too_many() {
        let files = [("a1.csv", &b"1"[..]), ("a2.csv", b"2")];
        let mut twice = zipped(&files, CompressionMethod::Stored);
        let places: Vec<_> = (0..twice.len() - 6)
            .filter(|at| twice[*at..].starts_with(b"a2.csv"))
            .collect();
        assert_eq!(places.len(), 2);
        for at in places {
            twice[at + 1] = b'1';
        }
        assert_eq!(refused(&twice), "The zip holds two files of one name.");
        let names: Vec<String> = (0..=FILES_MAX).map(|number| number.to_string()).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let most = zipped(&many[1..], CompressionMethod::Stored);
        assert_eq!(taken(&most).unwrap().len(), FILES_MAX);
        assert_eq!(
            refused(&zipped(&many, CompressionMethod::Stored)),
            "A package has at most 200 files."
        );
    }

    #[test]
    fn an_end_of_64_bits_is_refused_unread() {
        let plain = zipped(&[("a.csv", b"1")], CompressionMethod::Stored);
        let end = plain.len() - 22;
        assert!(plain[end..].starts_with(b"PK\x05\x06"));
        let mut wide = plain[..end].to_vec();
        wide.extend(b"PK\x06\x07");
        wide.extend([0xff; 16]);
        wide.extend(&plain[end..]);
        let told = "The zip ends with a 64-bit record, which no package is large enough to need.";
        assert_eq!(refused(&wide), told);
        // Wherever it stands, also across two pieces of the file.
        for behind in [70_000, (2 << 20) + 9] {
            let mut far = wide.clone();
            far.extend(vec![b'P'; behind]);
            assert_eq!(refused(&far), told);
            let mut far = vec![b'P'; behind - 12];
            far.extend(&wide);
            assert_eq!(refused(&far), told);
        }
        taken(&plain).unwrap();
    }
}
