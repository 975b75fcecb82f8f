//! Python for the client tests: an environment of this checkout's own, with the packages that their
//! requirements file names.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{debian_package, fresh_folder};
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

const REQUIREMENTS: &str = "requirements.txt";
const STAMP: &str = "installed-from";

/// The environment's Python, which finds the packages. Made anew when the requirements changed;
/// otherwise this costs reading one small file.
pub fn client_test_packages(repo: &Repo) -> Result<PathBuf, Error> {
    let folder = repo.tools().join("clients");
    let python = folder.join("bin/python");
    let path = repo.client_tests().join(REQUIREMENTS);
    let wanted = std::fs::read_to_string(&path).map_err(Error::file(&path))?;
    let stamp = folder.join(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|seen| seen == wanted) && python.exists() {
        return Ok(python);
    }
    println!(
        "Installing the client tests' Python packages: pytest, requests, tritonclient, azure-storage-blob, scikit-learn, LightGBM, XGBoost."
    );
    make_environment(&folder)?;
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", "--requirement"])
            .arg(&path),
    )?;
    // Last of all: an environment that was broken off has no stamp and is made anew.
    std::fs::write(&stamp, wanted).map_err(Error::file(&stamp))?;
    Ok(python)
}

fn make_environment(folder: &Path) -> Result<(), Error> {
    let make = || {
        fresh_folder(folder)?;
        process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))
    };
    if make().is_ok() {
        return Ok(());
    }
    // Debian's Python comes without the part that makes environments.
    debian_package(
        "python3-venv",
        "the client tests run in an environment of their own",
    )?;
    make()
}
