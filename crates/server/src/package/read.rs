//! Getting the files of a package out of a folder or a zip, with limits: names that stay inside, sizes that
//! are counted as they come out, and not so much more than went in.

use super::refuse;
use crate::error::Error;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
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
pub fn zip(file: File) -> Result<BTreeMap<String, Bytes>, Error> {
    let mut archive = zip::ZipArchive::new(file)
        .map_err(|error| refuse(format!("This is neither a folder nor a zip: {error}.")))?;
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
