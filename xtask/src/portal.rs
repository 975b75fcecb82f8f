//! Building the portal with trunk, and knowing whether the last build still holds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::error::Error;
use crate::repo::Repo;
use crate::{fingerprint, process, programs, samples, tools};

/// How far a portal build went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As trunk leaves it: quick to make, needs no npm.
    Plain,
    /// Optimised, compressed and within the size budget.
    Released,
}

impl Grade {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Released => "released",
        }
    }
}

/// All that the portal is made from. A folder that does not exist is none.
const SOURCES: [&str; 10] = [
    "src",
    "crates/api",
    "crates/tabular",
    "style",
    "public",
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
];

/// Where the server takes `dist/` in.
const EMBEDS: &str = "crates/server/src/http/assets.rs";

/// Whether `dist/` holds the sources' present state in at least this grade, untouched since.
pub fn is_fresh(repo: &Repo, grade: Grade) -> Result<bool, Error> {
    if !repo.dist().join("index.html").is_file() {
        return Ok(false);
    }
    let sources = fingerprint::of(&repo.root, &SOURCES)?;
    let seen = std::fs::read_to_string(stamp(repo)).unwrap_or_default();
    let released = mark(repo, sources, Grade::Released)?;
    Ok(seen == released || (grade == Grade::Plain && seen == mark(repo, sources, Grade::Plain)?))
}

/// Runs trunk, whatever stands in `dist/`, and runs what is to follow on its result. The build
/// counts as done only once that has succeeded too.
pub fn build(
    repo: &Repo,
    grade: Grade,
    finish: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let path = tools::for_portal(repo)?;
    let first = !repo.dist().join("index.html").is_file();
    // Taken before the build: a file changed meanwhile makes the next build run again.
    let sources = fingerprint::of(&repo.root, &SOURCES)?;
    remove(&stamp(repo))?;
    process::run(
        Command::new("trunk")
            .args(["build", "--release", "--skip-version-check"])
            .current_dir(&repo.root)
            .env("PATH", path)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags(repo))
            // Trunk takes the usual value of this variable for a mistake and refuses to start.
            .env_remove("NO_COLOR"),
    )?;
    // What an earlier run that was broken off left behind must not get into the server.
    remove(&repo.dist().join(".stage"))?;
    programs::rename(&repo.dist())?;
    samples::rename(&repo.dist())?;
    finish()?;
    std::fs::create_dir_all(&repo.target).map_err(Error::file(&repo.target))?;
    if first {
        have_compiled_anew(&repo.root.join(EMBEDS))?;
    }
    let mark = mark(repo, sources, grade)?;
    std::fs::write(stamp(repo), mark).map_err(Error::file(stamp(repo)))
}

/// Has cargo compile a file's crate anew: a development server that was compiled while there was no
/// `dist/` would never find it.
fn have_compiled_anew(path: &Path) -> Result<(), Error> {
    let file = std::fs::File::options()
        .append(true)
        .open(path)
        .map_err(Error::file(path))?;
    file.set_modified(SystemTime::now())
        .map_err(Error::file(path))
}

/// How the portal is compiled. Views without their full types: a sixth less to transfer, and quicker
/// to compile. Panics name their place without the folders of the machine that built them.
fn flags(repo: &Repo) -> String {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let places = [
        home.map(|home| (home.join("registry/src"), "deps")),
        Some((repo.root.clone(), "portico")),
    ];
    let mut flags = "--cfg erase_components".to_owned();
    for (from, to) in places.into_iter().flatten() {
        let from = from.to_string_lossy();
        // Cargo takes these flags apart at white space.
        if !from.contains(char::is_whitespace) {
            flags.push_str(&format!(" --remap-path-prefix={from}={to}"));
        }
    }
    flags
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> Result<(), Error> {
    let result = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(path)(error)),
        _ => Ok(()),
    }
}

fn stamp(repo: &Repo) -> PathBuf {
    repo.target.join("portal-build")
}

/// What was built from what, and what it became: a build by hand in the same folder is noticed.
fn mark(repo: &Repo, sources: u64, grade: Grade) -> Result<String, Error> {
    let built = fingerprint::of(&repo.root, &["dist"])?;
    Ok(format!("{sources:016x} {} {built:016x}\n", grade.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_compiled_anew_is_newer_and_the_same() {
        let path = std::env::temp_dir().join(format!("portico-anew-{}", std::process::id()));
        std::fs::write(&path, "unchanged").unwrap();
        let file = std::fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        have_compiled_anew(&path).unwrap();
        let modified = path.metadata().unwrap().modified().unwrap();
        assert!(modified > SystemTime::UNIX_EPOCH);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "unchanged");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_file_that_embeds_the_portal_is_there() {
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("..")
                .join(EMBEDS)
                .is_file()
        );
    }
}
