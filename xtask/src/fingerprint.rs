//! Whether a set of files is still what it was: names, sizes and times of change in one number.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::error::Error;

/// One number for the files named and for all files below the folders named. What does not exist
/// counts as empty, so that its appearance changes the number.
pub fn of(root: &Path, names: &[&str]) -> Result<u64, Error> {
    let mut hasher = DefaultHasher::new();
    for name in names {
        name.hash(&mut hasher);
        add(&root.join(name), &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> Result<(), Error> {
    let Ok(metadata) = path.metadata() else {
        return Ok(());
    };
    if metadata.is_dir() {
        let mut entries = Vec::new();
        for entry in path.read_dir().map_err(Error::file(path))? {
            entries.push(entry.map_err(Error::file(path))?.path());
        }
        entries.sort();
        for entry in &entries {
            add(entry, hasher)?;
        }
        return Ok(());
    }
    path.hash(hasher);
    metadata.len().hash(hasher);
    let changed = metadata.modified().map_err(Error::file(path))?;
    changed
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .hash(hasher);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_changed_an_added_and_a_removed_file_change_the_number() {
        let root = std::env::temp_dir().join(format!("portico-fingerprint-{}", std::process::id()));
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("src/a.rs"), "a").unwrap();
        let first = of(&root, &["src", "gone"]).unwrap();
        assert_eq!(of(&root, &["src", "gone"]).unwrap(), first);

        fs::write(root.join("src/a.rs"), "longer").unwrap();
        let changed = of(&root, &["src", "gone"]).unwrap();
        assert_ne!(changed, first);

        fs::write(root.join("gone"), "").unwrap();
        let added = of(&root, &["src", "gone"]).unwrap();
        assert_ne!(added, changed);

        fs::remove_file(root.join("src/a.rs")).unwrap();
        assert_ne!(of(&root, &["src", "gone"]).unwrap(), added);
        fs::remove_dir_all(&root).unwrap();
    }
}
