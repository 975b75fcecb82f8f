//! The throttle under a million calls: the load test of `crates/server` at its full size, with the
//! server as it is released.

use std::path::Path;
use std::process::Command;

use super::results;
use crate::error::Error;
use crate::process;
use crate::repo::Repo;
use crate::tools;

const CALLS: &str = "1000000";
const SECONDS: &str = "20";

/// Runs the load test and puts its figures into `bench/RESULTS.md`. Takes `--calls N`.
pub fn run(repo: &Repo, arguments: &[String]) -> Result<(), Error> {
    let calls = match arguments {
        [] => CALLS,
        [option, calls] if option == "--calls" && calls.parse::<u32>().is_ok() => calls,
        _ => return Err(Error::Usage("bench throttle takes --calls N".to_owned())),
    };
    let folder = repo.target.join("bench-throttle");
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let parts = ["changing", "steady"].map(|part| folder.join(part));
    for part in &parts {
        // Figures of an earlier run must not speak for this one.
        let _ = std::fs::remove_file(part);
    }
    let mut command = Command::new("cargo");
    command
        .args(["test", "--release", "--package", "portico-server"])
        .args(["--test", "load", "throttle", "--"])
        .args(["--test-threads", "1"])
        .env("PORTICO_THROTTLE_CALLS", calls)
        .env("PORTICO_THROTTLE_SECONDS", SECONDS)
        .env("PORTICO_THROTTLE_REPORT", &folder)
        .env(tools::ONNXRUNTIME_VARIABLE, tools::onnxruntime(repo)?)
        .current_dir(&repo.root);
    process::run(&mut command)?;
    let [changing, steady] = parts.map(|part| read(&part));
    let text = format!(
        "{}; {}; {}.\n\nThe limit changes every second (in twice the time of 200 calls, where that is longer) between 1, 20, 2, 200 and 4; 256 callers, calls of 4 ms or a single row, a tenth of them given up.\n\n```\n{}```\n\nSteady limits, 500 callers, calls of 20 ms each on one core.\n\n```\n{}```\n",
        results::machine(),
        results::state(repo),
        results::load(),
        changing?,
        steady?
    );
    results::write(repo, "throttle", &text)
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::file(path))
}
