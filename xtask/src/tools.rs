//! What the tasks need beside a Rust toolchain: found where it stands, installed where it is
//! missing, with a word on what and why. Versions are named here and nowhere else, except that
//! wasm-bindgen's own is read from `Cargo.lock`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process;
use crate::repo::Repo;

mod browser;
mod cargo;
mod office;
mod onnxruntime;
mod python;

pub use browser::{browser_test_packages, chromium, wasm_opt};
pub use cargo::component;
pub use office::{openpyxl, soffice};
pub use onnxruntime::{ONNXRUNTIME_VARIABLE, onnxruntime};
pub use python::client_test_packages;

/// The newest trunk that the oldest supported compiler can build.
const TRUNK: &str = "0.21.14";

/// Everything that a portal build needs; the answer is the search path to run trunk with.
pub fn for_portal(repo: &Repo) -> Result<OsString, Error> {
    cargo::wasm_target()?;
    let trunk = cargo::tool(
        repo,
        "trunk",
        TRUNK,
        true,
        "builds the portal; about 5 minutes, once",
    )?;
    let version = locked_version(repo, "wasm-bindgen")?;
    // Not from its own lock file: that one may name versions that an index does not have yet.
    let why = "joins the portal's WebAssembly to the browser; about 2 minutes, once";
    let bindgen = cargo::tool(repo, "wasm-bindgen-cli", &version, false, why)?;
    search_path(&[&trunk, &bindgen])
}

/// The search path with some folders put first.
fn search_path(first: &[&Path]) -> Result<OsString, Error> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let folders = first.iter().map(|folder| folder.to_path_buf());
    std::env::join_paths(folders.chain(std::env::split_paths(&rest)))
        .map_err(|error| Error::Check(format!("PATH cannot be extended: {error}")))
}

/// The version of a package in `Cargo.lock`.
fn locked_version(repo: &Repo, package: &str) -> Result<String, Error> {
    let path = repo.root.join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    version_in_lock(&lock, package)
        .ok_or_else(|| Error::Check(format!("Cargo.lock names no version of {package}")))
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == name)?;
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

/// Installs a Debian package where this is Debian and we may; otherwise the error names the command.
fn debian_package(package: &str, why: &str) -> Result<(), Error> {
    let missing = |why: String| Error::Missing {
        what: package.to_owned(),
        why,
        command: format!(
            "apt-get update && apt-get install --yes --no-install-recommends {package}"
        ),
    };
    if process::probe(Command::new("apt-get").arg("--version")).is_none() {
        return Err(missing(format!(
            "{why}; this system has no apt-get, install it in its own way"
        )));
    }
    if process::probe(Command::new("id").arg("-u")).as_deref() != Some("0") {
        return Err(missing(format!("{why}; installing it takes root")));
    }
    println!("Installing {package}: {why}.");
    let apt = |arguments: &[&str]| {
        process::run(
            Command::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    let install = [
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        package,
    ];
    // The package list may be missing or old; it is renewed first, and its failure alone is none.
    let _ = apt(&["update", "--quiet"]);
    apt(&install).map_err(|error| missing(format!("{why}; {error}")))
}

/// Makes an empty folder in place of whatever stood there.
fn fresh_folder(path: &Path) -> Result<PathBuf, Error> {
    if path.exists() {
        std::fs::remove_dir_all(path).map_err(Error::file(path))?;
    }
    std::fs::create_dir_all(path).map_err(Error::file(path))?;
    Ok(path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_package_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            version_in_lock(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(version_in_lock(lock, "leptos"), None);
    }
}
