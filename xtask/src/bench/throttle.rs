//! The throttle under a million calls: the load test of `crates/server` at its full size, with the
//! server as it is released.

use std::path::Path;
use std::process::Command;

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
        "## throttle\n\nThe limit changes every second between 1, 20, 2, 200 and 4; 256 callers, a tenth of the calls given up.\n\n```\n{}```\n\nSteady limits, 500 callers, a model of 20 ms on all cores.\n\n```\n{}```\n",
        changing?, steady?
    );
    println!("\n{text}");
    write(&repo.root.join("bench/RESULTS.md"), &text)
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::file(path))
}

/// Puts a section into the place of the one with the same heading, or at the end.
fn write(path: &Path, section: &str) -> Result<(), Error> {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    std::fs::write(path, replaced(&before, section)).map_err(Error::file(path))
}

fn replaced(before: &str, section: &str) -> String {
    let heading = section.lines().next().unwrap_or_default();
    let mut kept = String::new();
    let mut skips = false;
    for line in before.lines() {
        if line.starts_with("## ") {
            skips = line == heading;
        }
        if !skips {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    if kept.is_empty() {
        kept.push_str("# Results of the benchmarks\n");
    }
    format!("{}\n\n{section}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_the_one_before() {
        let first = replaced("", "## throttle\n\nOne.\n");
        assert_eq!(
            first,
            "# Results of the benchmarks\n\n## throttle\n\nOne.\n"
        );
        let other = format!("{first}\n## calls\n\nTwo.\n");
        assert_eq!(
            replaced(&other, "## throttle\n\nThree.\n"),
            "# Results of the benchmarks\n\n## calls\n\nTwo.\n\n## throttle\n\nThree.\n"
        );
    }
}
