//! Why a task did not succeed, in words for the person at the terminal.

use std::path::PathBuf;

/// What ends a task. Each text says what to do where there is something to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line was not understood.
    #[error("{0}")]
    Usage(String),

    /// A command ran and reported failure, or could not be started.
    #[error("`{command}` {outcome}")]
    Command {
        /// The command as it could be typed.
        command: String,
        /// How it ended.
        outcome: String,
    },

    /// Something that the task needs is missing and could not be installed from here.
    #[error("{what} is missing: {why}\n  to install it: {command}")]
    Missing {
        /// The missing thing.
        what: String,
        /// What it is needed for, or why installing it failed.
        why: String,
        /// The exact command that installs it.
        command: String,
    },

    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },

    /// A check did not pass; its findings have been printed.
    #[error("{0}")]
    Check(String),

    /// Tests failed, and the last line printed says how many. Nothing is to follow that line.
    #[error("not everything passed")]
    Counted,
}

impl Error {
    /// Adds the path to an input or output error.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
