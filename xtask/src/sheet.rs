//! The spreadsheet page's files: fetched when the page is first opened, not on a first visit. Trunk
//! does not name them by what they hold, so this does: a browser may then keep each one for good.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use crate::error::Error;

/// As trunk leaves them; a file comes after those that it names.
const FILES: [&str; 7] = [
    "batch.css",
    "sheet_worker_bg.wasm",
    "sheet_worker.js",
    "sheet_worker_loader.js",
    "sheet_bg.wasm",
    "sheet.js",
    "batch.js",
];

/// Gives each file a name with its contents' hash, in the others and in the page as well.
pub fn rename(dist: &Path) -> Result<(), Error> {
    let mut renamed: Vec<(&str, String)> = Vec::new();
    for file in FILES {
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

/// Whether a file of `dist/` is one of them.
pub fn holds(name: &str) -> bool {
    FILES.iter().any(|file| {
        let Some((stem, ending)) = file.split_once('.') else {
            return false;
        };
        name.strip_prefix(stem)
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(_, found)| found == ending)
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
        for file in FILES {
            fs::write(dist.join(file), file).unwrap();
        }
        fs::write(dist.join("sheet_worker_bg.wasm"), worker).unwrap();
        fs::write(dist.join("sheet_worker.js"), "url('sheet_worker_bg.wasm')").unwrap();
        fs::write(dist.join("sheet_worker_loader.js"), "'./sheet_worker.js'").unwrap();
        fs::write(
            dist.join("batch.js"),
            "\"/sheet.js\" \"/sheet_bg.wasm\" \"/batch.css\" \"/sheet_worker_loader.js\"",
        )
        .unwrap();
        fs::write(dist.join("index.html"), "/batch.js /sheet_worker_loader.js").unwrap();
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
                if word.contains("sheet") || word.contains("batch") {
                    // The made-up contents of a file may be its own old name.
                    let itself = FILES.contains(&word) && versioned(word, word.as_bytes()) == *name;
                    assert!(
                        itself || names.iter().any(|name| name == word),
                        "{word} in {name}"
                    );
                    seen += usize::from(!itself);
                }
            }
        }
        assert_eq!(seen, 8);
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
        assert_eq!(stems, ["batch", "index.html", "sheet", "sheet_bg"]);
        fs::remove_dir_all(&first).unwrap();
        fs::remove_dir_all(&second).unwrap();
    }

    #[test]
    fn the_files_are_known_by_their_new_names() {
        for file in FILES {
            let name = versioned(file, b"x");
            assert!(holds(&name), "{name}");
            assert_eq!(is_worker(&name), file.contains("worker"), "{name}");
        }
        for other in [
            "portal-0123456789abcdef.js",
            "index.html",
            "sheet.js",
            "sheets-0123456789abcdef.css",
            "batch-0123456789abcdef.css.br",
        ] {
            assert!(!holds(other), "{other}");
        }
    }
}
