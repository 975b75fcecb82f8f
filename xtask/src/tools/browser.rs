//! What comes through npm and the system's packages: the optimiser for releases, the browser and
//! its driver for tests. Nothing here is needed to start Portico.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::debian_package;
use crate::error::Error;
use crate::fingerprint;
use crate::process;
use crate::repo::Repo;

/// Distributions carry optimisers too old for what today's compiler writes; npm's is current.
const BINARYEN: &str = "132.0.0";

/// Names another Chromium than the system's.
const CHROMIUM_VARIABLE: &str = "PORTICO_CHROMIUM";

/// The optimiser's program, for `node`.
pub fn wasm_opt(repo: &Repo) -> Result<PathBuf, Error> {
    let folder = repo.tools().join(format!("binaryen-{BINARYEN}"));
    let program = folder.join("node_modules/binaryen/bin/wasm-opt");
    if program.is_file() {
        return Ok(program);
    }
    needs_npm()?;
    println!("Installing binaryen {BINARYEN}: its wasm-opt makes the portal smaller.");
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    process::run(
        Command::new("npm")
            .args([
                "install",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--no-save",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("binaryen@{BINARYEN}")),
    )?;
    if program.is_file() {
        return Ok(program);
    }
    Err(Error::Check(format!(
        "binaryen {BINARYEN} has no {}",
        program.display()
    )))
}

/// The browser that the tests drive.
pub fn chromium() -> Result<PathBuf, Error> {
    if let Some(path) = std::env::var_os(CHROMIUM_VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let path = Path::new("/usr/bin/chromium");
    if !path.exists() {
        debian_package("chromium", "the browser tests drive it").map_err(|error| match error {
            Error::Missing { what, why, command } => Error::Missing {
                what,
                why,
                command: format!("{command}\n  (or name another one in {CHROMIUM_VARIABLE})"),
            },
            other => other,
        })?;
    }
    Ok(path.to_path_buf())
}

/// The npm packages of the browser tests, exactly as their lock file has them.
pub fn browser_test_packages(repo: &Repo) -> Result<(), Error> {
    let folder = repo.browser_tests();
    let stamp = folder.join("node_modules/.installed-from");
    let lock = fingerprint::of(&folder, &["package.json", "package-lock.json"])?.to_string();
    if std::fs::read_to_string(&stamp).is_ok_and(|seen| seen == lock) {
        return Ok(());
    }
    needs_npm()?;
    println!("Installing the browser tests' packages: Playwright and axe.");
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(&folder),
    )?;
    std::fs::write(&stamp, lock).map_err(Error::file(&stamp))
}

fn needs_npm() -> Result<(), Error> {
    if process::probe(Command::new("npm").arg("--version")).is_some() {
        return Ok(());
    }
    Err(Error::Missing {
        what: "Node.js with npm".to_owned(),
        why: "the browser tests and the optimiser of releases run on it".to_owned(),
        command: "install Node.js 20 or newer, for instance: apt-get install nodejs npm".to_owned(),
    })
}
