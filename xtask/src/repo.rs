//! Where things stand in this checkout.

use std::path::{Path, PathBuf};

/// The folders that the tasks work in.
#[derive(Debug, Clone)]
pub struct Repo {
    /// The top of the checkout.
    pub root: PathBuf,
    /// Where cargo builds, and where tools that belong to this checkout are kept.
    pub target: PathBuf,
}

impl Repo {
    /// The checkout that this task runner was built from.
    pub fn find() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.parent().unwrap_or(package).to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Self { root, target }
    }

    /// The built portal, which the server embeds or reads.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Tools that no package manager keeps for the whole machine.
    pub fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The browser tests.
    pub fn browser_tests(&self) -> PathBuf {
        self.root.join("tests/e2e")
    }

    /// The client tests: old and new clients of the data plane against the real server.
    pub fn client_tests(&self) -> PathBuf {
        self.root.join("tests/clients")
    }

    /// The server's binary as the development profile builds it.
    pub fn portico(&self) -> PathBuf {
        let name = format!("portico{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(name)
    }
}
