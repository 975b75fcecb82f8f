//! Other people's spreadsheet programs, which must open what Portico hands out: openpyxl and LibreOffice.
//! Only the browser tests need them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{debian_package, fresh_folder};
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

const OPENPYXL: &str = "3.1.5";

/// Names another LibreOffice than the system's.
const SOFFICE_VARIABLE: &str = "PORTICO_SOFFICE";

/// The folder that holds openpyxl, for Python's search path.
pub fn openpyxl(repo: &Repo) -> Result<PathBuf, Error> {
    let folder = repo.tools().join(format!("openpyxl-{OPENPYXL}"));
    if folder.join("openpyxl/__init__.py").is_file() {
        return Ok(folder);
    }
    if process::probe(Command::new("python3").args(["-m", "pip", "--version"])).is_none() {
        debian_package("python3-pip", "pip fetches openpyxl")?;
    }
    println!(
        "Installing openpyxl {OPENPYXL}: the browser tests open downloaded workbooks with it."
    );
    let aside = fresh_folder(&repo.tools().join("openpyxl-new"))?;
    process::run(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--root-user-action", "ignore", "--target"])
            .arg(&aside)
            .arg(format!("openpyxl=={OPENPYXL}")),
    )?;
    // Whole or not at all: what was broken off is fetched anew.
    std::fs::rename(&aside, &folder).map_err(Error::file(&folder))?;
    Ok(folder)
}

/// LibreOffice's program.
pub fn soffice() -> Result<PathBuf, Error> {
    if let Some(path) = std::env::var_os(SOFFICE_VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let path = Path::new("/usr/bin/soffice");
    if !path.exists() {
        debian_package(
            "libreoffice-calc",
            "the browser tests open downloaded files with it; a large download, once",
        )?;
    }
    Ok(path.to_path_buf())
}
