//! The files that the rules read: all that git tracks or would track, with their text.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use super::source::Source;
use crate::error::Error;
use crate::process;

/// One text file.
#[derive(Debug)]
pub struct File {
    /// From the top of the checkout, with slashes.
    pub path: String,
    /// Its whole text.
    pub text: String,
    /// Its parts, for Rust files.
    pub rust: Option<Source>,
}

/// All text files of the checkout.
#[derive(Debug, Default)]
pub struct Tree {
    /// In the order that git names them.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads the checkout. Files that are no text are left out: no rule is about them.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let list = process::output(
            Command::new("git")
                .args([
                    "ls-files",
                    "-z",
                    "--cached",
                    "--others",
                    "--exclude-standard",
                ])
                .current_dir(root),
        )?;
        let mut files = Vec::new();
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            // A tracked file may be gone from the folder; a binary one is none of ours.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                files.push((path.to_owned(), text));
            }
        }
        Ok(Self::new(files))
    }

    /// A tree of the files given as path and text.
    pub fn new(files: Vec<(String, String)>) -> Self {
        let mut files: Vec<File> = files
            .into_iter()
            .map(|(path, text)| {
                let rust = path.ends_with(".rs").then(|| Source::read(&text));
                File { path, text, rust }
            })
            .collect();
        mark_test_files(&mut files);
        Self { files }
    }

    /// The Rust files below the folders given (each ends in a slash, or is the empty text for all).
    pub fn rust<'a>(
        &'a self,
        folders: &'a [&'a str],
    ) -> impl Iterator<Item = (&'a str, &'a Source)> {
        self.files.iter().filter_map(move |file| {
            let inside = folders.iter().any(|folder| file.path.starts_with(folder));
            let source = file.rust.as_ref().filter(|_| inside)?;
            Some((file.path.as_str(), source))
        })
    }

    /// The files with this ending.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = &'a File> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(ending))
    }
}

/// A file is a test as a whole where it stands in a `tests` folder, or where the module above it
/// declares it under `#[cfg(test)]`.
fn mark_test_files(files: &mut [File]) {
    let mut declared = HashSet::new();
    for file in files.iter() {
        let Some(source) = &file.rust else { continue };
        let own = file.path.strip_suffix(".rs").unwrap_or(&file.path);
        let folder = match own.rsplit_once('/') {
            Some((above, "main" | "lib" | "mod")) => above,
            _ => own,
        };
        declared.extend(
            source
                .test_modules
                .iter()
                .map(|name| format!("{folder}/{name}")),
        );
    }
    for file in files.iter_mut() {
        let path = &file.path;
        let outside = ["tests/", "benches/"]
            .iter()
            .any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")));
        let own = path.strip_suffix(".rs").unwrap_or(path);
        let below = |module: &String| {
            own.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if (outside || declared.iter().any(below))
            && let Some(source) = &mut file.rust
        {
            source.mark_all_as_test();
        }
    }
}

#[cfg(test)]
impl Tree {
    /// A tree for tests.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::new(
            files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_declared_under_cfg_test_is_a_test_with_all_below_it() {
        let tree = Tree::of(&[
            (
                "crates/a/src/lib.rs",
                "#[cfg(test)]\nmod testing;\nmod real;\n",
            ),
            ("crates/a/src/testing.rs", "fn a() {}\n"),
            ("crates/a/src/testing/deep.rs", "fn a() {}\n"),
            (
                "crates/a/src/real.rs",
                "fn a() {}\n#[cfg(test)]\nmod tests;\n",
            ),
            ("crates/a/src/real/tests.rs", "fn a() {}\n"),
            ("crates/a/tests/outside.rs", "fn a() {}\n"),
        ]);
        let test: Vec<bool> = tree
            .rust(&[""])
            .map(|(_, source)| source.lines[0].test)
            .collect();
        assert_eq!(test, [true, true, true, false, true, true]);
    }
}
