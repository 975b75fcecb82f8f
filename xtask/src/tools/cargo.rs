//! What comes through rustup and cargo: the WebAssembly target, trunk, wasm-bindgen.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process;
use crate::repo::Repo;

const WASM: &str = "wasm32-unknown-unknown";

/// Adds the target that the portal is compiled for, where the toolchain lacks it.
pub fn wasm_target() -> Result<(), Error> {
    let question = ["--print", "target-libdir", "--target", WASM];
    let library = process::probe(Command::new("rustc").args(question));
    if library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    println!("Adding the Rust target {WASM}: the portal is compiled to WebAssembly.");
    let command = format!("rustup target add {WASM}");
    process::run(Command::new("rustup").args(["target", "add", WASM])).map_err(|error| {
        Error::Missing {
            what: format!("the Rust target {WASM}"),
            why: format!("the portal is compiled to WebAssembly; {error}"),
            command: format!(
                "{command}\n  (a Rust without rustup: install the target in the way that Rust came)"
            ),
        }
    })
}

/// Adds a component of the toolchain, such as `clippy`, where it is missing.
pub fn component(name: &str, why: &str) -> Result<(), Error> {
    let subcommand = if name == "rustfmt" { "fmt" } else { name };
    if process::probe(Command::new("cargo").args([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    println!("Adding the Rust component {name}: {why}.");
    process::run(Command::new("rustup").args(["component", "add", name])).map_err(|error| {
        Error::Missing {
            what: format!("the Rust component {name}"),
            why: format!("{why}; {error}"),
            command: format!("rustup component add {name}"),
        }
    })
}

/// The folder with a tool of exactly this version. A tool that is missing goes where cargo installs
/// for the whole machine; where another version stands already, it is left alone and ours goes into
/// a folder of this checkout.
pub fn tool(
    repo: &Repo,
    package: &str,
    version: &str,
    locked: bool,
    why: &str,
) -> Result<PathBuf, Error> {
    let program = package.strip_suffix("-cli").unwrap_or(package);
    let own = repo.tools().join("cargo");
    let mut another = false;
    for folder in places(&own) {
        let path = folder
            .join(program)
            .with_extension(std::env::consts::EXE_EXTENSION);
        match process::probe(Command::new(&path).arg("--version")) {
            Some(answer) if answer.split_whitespace().nth(1) == Some(version) => return Ok(folder),
            Some(_) => another = true,
            None => {}
        }
    }

    println!("Installing {package} {version}: {why}.");
    let mut command = Command::new("cargo");
    command.args(["install", package, "--version", version]);
    if locked {
        command.arg("--locked");
    }
    if another {
        command.arg("--root").arg(&own);
    }
    // An own build folder, so that an interrupted installation goes on where it stopped. The
    // time to make a perfect binary buys nothing for a tool that runs for a second.
    let build = repo.tools().join("build");
    command.env("CARGO_TARGET_DIR", &build);
    command.env("CARGO_PROFILE_RELEASE_LTO", "off");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    process::run(&mut command).map_err(|error| Error::Missing {
        what: format!("{package} {version}"),
        why: format!("{why}; {error}"),
        command: process::shown(&command),
    })?;
    std::fs::remove_dir_all(&build).map_err(Error::file(&build))?;

    let installed = if another {
        Some(own.join("bin"))
    } else {
        cargo_bin()
    };
    installed.ok_or_else(|| Error::Check("neither CARGO_HOME nor HOME is set".to_owned()))
}

/// Where a tool may stand: this checkout's own, what is on the search path, cargo's folder.
fn places(own: &Path) -> Vec<PathBuf> {
    let mut places = vec![own.join("bin")];
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path));
    }
    places.extend(cargo_bin());
    places
}

/// Where `cargo install` puts programs.
fn cargo_bin() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    let root = set("CARGO_INSTALL_ROOT").or_else(|| set("CARGO_HOME"));
    let root = root.or_else(|| set("HOME").map(|home| home.join(".cargo")))?;
    Some(root.join("bin"))
}
