//! `cargo xtask fuzz`: schemathesis over the REST API, as every kind of caller. The short form of it
//! is one of the client tests; this one is as long as it is asked to be.

use crate::error::Error;
use crate::repo::Repo;
use crate::{process, test, tools};
use std::process::Command;

/// Builds the server and hands the words on to `tests/clients/fuzz.py`.
pub fn run(repo: &Repo, words: &[String]) -> Result<(), Error> {
    test::build_server(repo)?;
    process::run(
        Command::new(tools::client_test_packages(repo)?)
            .arg("fuzz.py")
            .args(words)
            .current_dir(repo.client_tests())
            .env("PORTICO_BIN", repo.portico())
            .env(tools::ONNXRUNTIME_VARIABLE, tools::onnxruntime(repo)?),
    )
}
