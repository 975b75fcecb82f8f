//! ONNX Runtime: the library that scores, taken out of its official Python package, since that is
//! the build that every platform's package index carries.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{debian_package, fresh_folder};
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

/// Names the library for the server and its tests. Set by hand, it takes another build's place.
pub const ONNXRUNTIME_VARIABLE: &str = "PORTICO_ONNXRUNTIME";

const VERSION: &str = "1.32.0";

/// The library's file, downloaded where this checkout has none.
pub fn onnxruntime(repo: &Repo) -> Result<PathBuf, Error> {
    if let Some(path) = std::env::var_os(ONNXRUNTIME_VARIABLE).map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        return Err(Error::Check(format!(
            "{ONNXRUNTIME_VARIABLE} names {}, which is no file",
            path.display()
        )));
    }
    let folder = repo.tools().join("onnxruntime").join(VERSION);
    let (platform, file) = platform()?;
    let library = folder.join(&file);
    if library.is_file() {
        return Ok(library);
    }

    println!("Fetching ONNX Runtime {VERSION}: the server scores with it; 28 MB, once.");
    let download = fresh_folder(&repo.tools().join("download"))?;
    fetch_wheel(&download, &platform)?;
    let wheel = only_file(&download)?;
    // A wheel is a zip archive; Python, which just fetched it, can open it.
    process::run(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&download),
    )?;
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let unpacked = download.join("onnxruntime/capi").join(&file);
    std::fs::rename(&unpacked, &library).map_err(Error::file(&unpacked))?;
    std::fs::remove_dir_all(&download).map_err(Error::file(&download))?;
    Ok(library)
}

/// The package's platform tag and the library's name in it.
fn platform() -> Result<(String, String), Error> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    match os {
        "linux" => Ok((
            format!("manylinux_2_28_{arch}"),
            format!("libonnxruntime.so.{VERSION}"),
        )),
        "macos" => Ok((
            "macosx_14_0_arm64".to_owned(),
            format!("libonnxruntime.{VERSION}.dylib"),
        )),
        _ => Err(Error::Missing {
            what: "ONNX Runtime".to_owned(),
            why: format!("the server scores with it, and there is no recipe for {os} here"),
            command: format!("put its library anywhere and name it in {ONNXRUNTIME_VARIABLE}"),
        }),
    }
}

fn fetch_wheel(into: &Path, platform: &str) -> Result<(), Error> {
    if process::probe(Command::new("python3").args(["-m", "pip", "--version"])).is_none() {
        debian_package("python3-pip", "pip fetches ONNX Runtime")?;
    }
    let mut command = Command::new("python3");
    // Which Python runs here does not matter: the same library is in the package for each.
    command.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]);
    command.args([
        "--only-binary=:all:",
        "--implementation",
        "cp",
        "--python-version",
        "3.11",
    ]);
    command
        .args(["--abi", "cp311", "--platform", platform, "--dest"])
        .arg(into);
    command.arg(format!("onnxruntime=={VERSION}"));
    process::run(&mut command).map_err(|error| Error::Missing {
        what: format!("ONNX Runtime {VERSION}"),
        why: format!("the server scores with it; {error}"),
        command: format!(
            "{}\n  (or name a library of your own in {ONNXRUNTIME_VARIABLE})",
            process::shown(&command)
        ),
    })
}

fn only_file(folder: &Path) -> Result<PathBuf, Error> {
    let mut files = folder.read_dir().map_err(Error::file(folder))?;
    match files.next() {
        Some(entry) => Ok(entry.map_err(Error::file(folder))?.path()),
        None => Err(Error::Check(format!(
            "pip left nothing in {}",
            folder.display()
        ))),
    }
}
