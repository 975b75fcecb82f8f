//! The files of the programs that a first visit does without: the spreadsheet page and the pages of
//! publishing, each fetched when it is first opened. Trunk does not name them by what they hold, so
//! this does: a browser may then keep each one for good.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use crate::error::Error;

/// A program that is fetched when it is first opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The spreadsheet page.
    Sheet,
    /// Publishing, versions, models, the ledger.
    Publishing,
}

/// As trunk leaves them; a file comes after those that it names. The last one opens both programs,
/// and counts with the first.
const FILES: [(&str, Program); 11] = [
    ("batch.css", Program::Sheet),
    ("sheet_worker_bg.wasm", Program::Sheet),
    ("sheet_worker.js", Program::Sheet),
    ("sheet_worker_loader.js", Program::Sheet),
    ("sheet_bg.wasm", Program::Sheet),
    ("sheet.js", Program::Sheet),
    ("publishing.css", Program::Publishing),
    ("ledger.css", Program::Publishing),
    ("publishing_bg.wasm", Program::Publishing),
    ("publishing.js", Program::Publishing),
    ("programs.js", Program::Sheet),
];

/// Gives each file a name with its contents' hash, in the others and in the page as well.
pub fn rename(dist: &Path) -> Result<(), Error> {
    let mut renamed: Vec<(&str, String)> = Vec::new();
    for (file, _) in FILES {
        let path = dist.join(file);
        let bytes = rewritten(&path, &renamed)?;
        let name = versioned(file, &bytes);
        let target = dist.join(&name);
        std::fs::write(&target, bytes).map_err(Error::file(&target))?;
        std::fs::remove_file(&path).map_err(Error::file(&path))?;
        renamed.push((file, name));
    }
    let page = dist.join("index.html");
    let bytes = rewritten(&page, &renamed)?;
    std::fs::write(&page, bytes).map_err(Error::file(&page))
}

/// Which program a file of `dist/` belongs to; nothing for a file of the portal's own.
pub fn of(name: &str) -> Option<Program> {
    FILES.iter().find_map(|(file, program)| {
        let (stem, ending) = file.split_once('.')?;
        let (_, found) = name
            .strip_prefix(stem)?
            .strip_prefix('-')?
            .split_once('.')?;
        (found == ending).then_some(*program)
    })
}

/// Whether it is the worker's module.
pub fn is_worker(name: &str) -> bool {
    name.starts_with("sheet_worker")
}

/// A file's bytes with the new names in it.
fn rewritten(path: &Path, renamed: &[(&str, String)]) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            for (old, new) in renamed {
                text = text.replace(old, new);
            }
            Ok(text.into_bytes())
        }
        // A module names no file.
        Err(binary) => Ok(binary.into_bytes()),
    }
}

/// The number that a file is named by.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

fn versioned(file: &str, bytes: &[u8]) -> String {
    let hash = hash(bytes);
    match file.split_once('.') {
        Some((stem, ending)) => format!("{stem}-{hash:016x}.{ending}"),
        None => format!("{file}-{hash:016x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn built(folder: &str, worker: &[u8]) -> (std::path::PathBuf, Vec<String>) {
        let dist = std::env::temp_dir().join(format!("portico-{folder}-{}", std::process::id()));
        fs::create_dir_all(&dist).unwrap();
        for (file, _) in FILES {
            fs::write(dist.join(file), file).unwrap();
        }
        fs::write(dist.join("sheet_worker_bg.wasm"), worker).unwrap();
        fs::write(dist.join("sheet_worker.js"), "url('sheet_worker_bg.wasm')").unwrap();
        fs::write(dist.join("sheet_worker_loader.js"), "'./sheet_worker.js'").unwrap();
        fs::write(
            dist.join("programs.js"),
            "\"/sheet.js\" \"/sheet_bg.wasm\" \"/batch.css\" \"/sheet_worker_loader.js\" \
             \"/publishing.js\" \"/publishing_bg.wasm\" \"/publishing.css\" \"/ledger.css\"",
        )
        .unwrap();
        fs::write(
            dist.join("index.html"),
            "/programs.js /sheet_worker_loader.js",
        )
        .unwrap();
        rename(&dist).unwrap();
        let mut names: Vec<String> = dist
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        (dist, names)
    }

    #[test]
    fn every_name_in_a_file_and_in_the_page_leads_to_a_file() {
        let (dist, names) = built("named", b"\0asm\xff");
        assert_eq!(names.len(), FILES.len() + 1, "{names:?}");
        let mut seen = 0;
        for name in names.iter().filter(|name| !name.ends_with("wasm")) {
            let text = fs::read_to_string(dist.join(name)).unwrap();
            for word in text.split(['"', '\'', '/', ' ', '(', ')']) {
                let of_a_program = ["sheet", "batch", "publishing", "ledger", "programs"];
                if of_a_program.iter().any(|part| word.contains(part)) {
                    // The made-up contents of a file may be its own old name.
                    let itself = FILES.iter().any(|(file, _)| *file == word)
                        && versioned(word, word.as_bytes()) == *name;
                    assert!(
                        itself || names.iter().any(|name| name == word),
                        "{word} in {name}"
                    );
                    seen += usize::from(!itself);
                }
            }
        }
        assert_eq!(seen, 12);
        fs::remove_dir_all(&dist).unwrap();
    }

    #[test]
    fn what_changes_changes_the_names_of_all_that_lead_to_it() {
        let (first, before) = built("before", b"\0asm\xff");
        let (second, after) = built("after", b"\0asm\xfe");
        let kept: Vec<&String> = before.iter().filter(|name| after.contains(name)).collect();
        let stems: Vec<&str> = kept
            .iter()
            .map(|name| name.split('-').next().unwrap())
            .collect();
        let untouched = [
            "batch",
            "index.html",
            "ledger",
            "publishing",
            "publishing",
            "publishing_bg",
            "sheet",
            "sheet_bg",
        ];
        assert_eq!(stems, untouched);
        fs::remove_dir_all(&first).unwrap();
        fs::remove_dir_all(&second).unwrap();
    }

    #[test]
    fn the_files_are_known_by_their_new_names() {
        for (file, program) in FILES {
            let name = versioned(file, b"x");
            assert_eq!(of(&name), Some(program), "{name}");
            assert_eq!(is_worker(&name), file.contains("worker"), "{name}");
        }
        for other in [
            "portal-0123456789abcdef.js",
            "index.html",
            "sheet.js",
            "sheets-0123456789abcdef.css",
            "batch-0123456789abcdef.css.br",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
