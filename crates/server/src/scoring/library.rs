//! Finds the ONNX Runtime library.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Environment variables that name the library, the first that is set wins.
const VARIABLES: [&str; 2] = ["PORTICO_ONNXRUNTIME", "ORT_DYLIB_PATH"];
const PREFIX: &str = "libonnxruntime.so";

/// No library was found; the message says where it was looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryNotFound(String);

/// Looks for the library: the setting, then `PORTICO_ONNXRUNTIME` and `ORT_DYLIB_PATH`, then
/// `lib/libonnxruntime.so*` and `libonnxruntime.so*` beside the program. A setting or a variable
/// that names no file is an error: falling back would hide the mistake.
pub fn find_library(setting: Option<&Path>) -> Result<PathBuf, LibraryNotFound> {
    if let Some(path) = setting {
        return existing(path, "the setting");
    }
    for variable in VARIABLES {
        if let Some(path) = env::var_os(variable).filter(|value| !value.is_empty()) {
            return existing(Path::new(&path), variable);
        }
    }
    let program = env::current_exe().map_err(|error| {
        LibraryNotFound(format!("The folder of the program is not known: {error}."))
    })?;
    let folder = program.parent().unwrap_or(Path::new("/"));
    beside(folder).ok_or_else(|| {
        LibraryNotFound(format!(
            "ONNX Runtime was not found: {} is not set and there is no {PREFIX} in {} or its \
             folder lib.",
            VARIABLES[0],
            folder.display(),
        ))
    })
}

fn existing(path: &Path, origin: &str) -> Result<PathBuf, LibraryNotFound> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if absolute.is_file() {
        return Ok(absolute);
    }
    Err(LibraryNotFound(format!(
        "ONNX Runtime was not found: {origin} names {}, which is no file.",
        path.display()
    )))
}

/// The library in `lib` below this folder or in the folder itself; among several versions the
/// one whose name sorts last.
fn beside(folder: &Path) -> Option<PathBuf> {
    [folder.join("lib"), folder.to_path_buf()]
        .iter()
        .find_map(|folder| {
            let entries = folder.read_dir().ok()?;
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| {
                    path.file_name()
                        .and_then(|name| name.to_str())
                        .is_some_and(|name| name.starts_with(PREFIX))
                        && path.is_file()
                })
                .max()
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{beside, find_library};

    #[test]
    fn lib_comes_before_the_folder_itself() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(beside(folder.path()), None);
        let plain = folder.path().join("libonnxruntime.so");
        fs::write(&plain, "").unwrap();
        assert_eq!(beside(folder.path()), Some(plain));
        fs::create_dir(folder.path().join("lib")).unwrap();
        let versioned = folder.path().join("lib/libonnxruntime.so.1.32.0");
        fs::write(&versioned, "").unwrap();
        assert_eq!(beside(folder.path()), Some(versioned));
    }

    #[test]
    fn a_setting_that_names_no_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.so");
        let error = find_library(Some(&missing)).unwrap_err();
        assert!(error.to_string().contains("missing.so"), "{error}");
        fs::write(&missing, "").unwrap();
        assert_eq!(find_library(Some(&missing)).unwrap(), missing);
    }
}
