//! `cargo xtask test`: every check and every test, one stage after the other. A stage that fails
//! does not keep the later ones from running, so that one run tells all.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::repo::Repo;
use crate::summary::{self, Counts};
use crate::{dist, process, tidy, tools};

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    quick: bool,
    filters: Vec<String>,
}

impl Options {
    /// Reads `--quick`; every other word is a filter on the names of tests.
    pub fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self::default();
        for argument in arguments {
            match argument.as_str() {
                "--quick" => options.quick = true,
                other if other.starts_with('-') => {
                    let text =
                        format!("test does not know {other:?}; it takes --quick and filters");
                    return Err(Error::Usage(text));
                }
                filter => options.filters.push(filter.to_owned()),
            }
        }
        Ok(options)
    }
}

/// One stage's outcome.
struct Stage {
    name: &'static str,
    took: Duration,
    counts: Counts,
}

/// Runs the stages, prints a line for each, and `N passed, N failed` as the very last line.
pub fn run(repo: &Repo, options: &Options) -> Result<(), Error> {
    let mut stages = Vec::new();
    let mut stage = |name: &'static str, work: &mut dyn FnMut() -> Counts| {
        println!("\n== {name}");
        let start = Instant::now();
        let counts = work();
        stages.push(Stage {
            name,
            took: start.elapsed(),
            counts,
        });
    };

    if options.filters.is_empty() {
        stage("tidy", &mut || tidy::counts(repo));
        stage("format", &mut || one(format(repo)));
    }
    if !options.quick {
        // Before anything that compiles the server, which takes the portal in.
        stage("portal", &mut || one(dist::portal(repo)));
    }
    if options.filters.is_empty() {
        stage("lints", &mut || one(lints(repo)));
    }
    stage("tests", &mut || rust_tests(repo, &options.filters));
    stage("clients", &mut || client_tests(repo, &options.filters));
    stage("orders", &mut || interleavings(repo, &options.filters));
    if !options.quick {
        stage("browser", &mut || browser_tests(repo, &options.filters));
    }
    report(&stages)
}

fn report(stages: &[Stage]) -> Result<(), Error> {
    let mut all = Counts::default();
    println!(
        "\n{:<10} {:>8} {:>8} {:>8}",
        "stage", "seconds", "passed", "failed"
    );
    for Stage { name, took, counts } in stages {
        let seconds = took.as_secs_f64();
        println!(
            "{name:<10} {seconds:>8.1} {:>8} {:>8}",
            counts.passed, counts.failed
        );
        all += *counts;
    }
    // Filters that match nothing at all are a mistake, and no success.
    let all = all.judged(true, false);
    println!("{} passed, {} failed", all.passed, all.failed);
    if all.failed == 0 {
        Ok(())
    } else {
        Err(Error::Counted)
    }
}

fn cargo(repo: &Repo, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(&repo.root);
    command
}

/// A stage that either passes or fails, its reason printed.
fn one(result: Result<(), Error>) -> Counts {
    if let Err(error) = &result {
        println!("error: {error}");
    }
    Counts::one(result.is_ok())
}

fn format(repo: &Repo) -> Result<(), Error> {
    tools::component("rustfmt", "the code is formatted by it")?;
    process::run(&mut cargo(repo, &["fmt", "--all", "--check"]))
}

fn lints(repo: &Repo) -> Result<(), Error> {
    tools::component("clippy", "the code passes its lints")?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    process::run(&mut cargo(repo, &clippy))
}

fn rust_tests(repo: &Repo, filters: &[String]) -> Counts {
    let library = match tools::onnxruntime(repo) {
        Ok(library) => library,
        Err(error) => return one(Err(error)),
    };
    let mut command = cargo(repo, &["test", "--workspace", "--no-fail-fast", "--"]);
    command
        .args(filters)
        .env(tools::ONNXRUNTIME_VARIABLE, library);
    let (output, verdict) = process::tee(&mut command);
    if let Err(error) = &verdict {
        println!("error: {error}");
    }
    summary::of_cargo_test(&output).judged(verdict.is_ok(), !filters.is_empty())
}

/// The server's binary, with the features of the whole workspace, as the tests before built it.
pub fn build_server(repo: &Repo) -> Result<(), Error> {
    process::run(&mut cargo(
        repo,
        &["build", "--workspace", "--bin", "portico"],
    ))
}

fn client_tests(repo: &Repo, filters: &[String]) -> Counts {
    let report = repo.target.join("clients.xml");
    // An old report must not speak for this run.
    let _ = std::fs::remove_file(&report);
    let verdict =
        client_command(repo, &report, filters).and_then(|mut command| process::run(&mut command));
    if let Err(error) = &verdict {
        println!("error: {error}");
    }
    let counts = std::fs::read_to_string(&report)
        .ok()
        .and_then(|text| summary::of_pytest(&text));
    counts
        .unwrap_or_default()
        .judged(verdict.is_ok(), !filters.is_empty())
}

fn client_command(repo: &Repo, report: &Path, filters: &[String]) -> Result<Command, Error> {
    build_server(repo)?;
    let mut command = Command::new(tools::client_test_packages(repo)?);
    // Two at a time, each with servers of its own: fuzzing takes as long as all the others together.
    command.args(["-m", "pytest", "-n", "2", "--dist", "worksteal"]);
    command.arg("--junit-xml").arg(report);
    command.current_dir(repo.client_tests());
    command
        .env("PORTICO_BIN", repo.portico())
        .env("PORTICO_TEST_FILTERS", filters.join("\n"))
        .env(tools::ONNXRUNTIME_VARIABLE, tools::onnxruntime(repo)?);
    Ok(command)
}

/// The throttle under every order of its threads' steps, by the model checker.
fn interleavings(repo: &Repo, filters: &[String]) -> Counts {
    let checked = [
        "test",
        "--package",
        "portico-domain",
        "--features",
        "loom",
        "--lib",
        "--",
    ];
    let mut command = cargo(repo, &checked);
    // What else the crate tests has no model to run in.
    command.args(["throttle::interleavings"]);
    let wanted = filters.is_empty()
        || filters
            .iter()
            .any(|word| "interleavings".contains(word.as_str()));
    if !wanted {
        return Counts::default();
    }
    let (output, verdict) = process::tee(&mut command);
    if let Err(error) = &verdict {
        println!("error: {error}");
    }
    summary::of_cargo_test(&output).judged(verdict.is_ok(), false)
}

fn browser_tests(repo: &Repo, filters: &[String]) -> Counts {
    match prepare_browser_tests(repo) {
        Ok(mut counts) => {
            let report = repo.browser_tests().join("results/report.json");
            counts += run_browser_tests(repo, &report, filters);
            counts
        }
        Err(error) => one(Err(error)),
    }
}

/// The server's binary, the packages and the browser; then the types of the tests themselves,
/// which Playwright drops unread.
fn prepare_browser_tests(repo: &Repo) -> Result<Counts, Error> {
    build_server(repo)?;
    tools::browser_test_packages(repo)?;
    let mut types = Command::new("node");
    types
        .args(["node_modules/typescript/bin/tsc", "--noEmit"])
        .current_dir(repo.browser_tests());
    Ok(one(process::run(&mut types)))
}

fn run_browser_tests(repo: &Repo, report: &Path, filters: &[String]) -> Counts {
    // An old report must not speak for this run.
    let _ = std::fs::remove_file(report);
    let verdict =
        browser_command(repo, report, filters).and_then(|mut command| process::run(&mut command));
    if let Err(error) = &verdict {
        println!("error: {error}");
    }
    let counts = std::fs::read_to_string(report)
        .ok()
        .and_then(|text| summary::of_playwright(&text));
    counts
        .unwrap_or_default()
        .judged(verdict.is_ok(), !filters.is_empty())
}

fn browser_command(repo: &Repo, report: &Path, filters: &[String]) -> Result<Command, Error> {
    let mut command = Command::new("node");
    command.args(["node_modules/@playwright/test/cli.js", "test"]);
    command.current_dir(repo.browser_tests());
    if !filters.is_empty() {
        command
            .args(["--pass-with-no-tests", "--grep"])
            .arg(filters.join("|"));
    }
    command
        .env("PORTICO_CHROMIUM", tools::chromium()?)
        .env("PORTICO_OPENPYXL", tools::openpyxl(repo)?)
        .env("PORTICO_PYTHON", tools::client_test_packages(repo)?)
        .env("PORTICO_SOFFICE", tools::soffice()?)
        .env("PORTICO_BIN", repo.portico())
        .env("PORTICO_SHOTS", repo.target.join("shots"))
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", report)
        .env(tools::ONNXRUNTIME_VARIABLE, tools::onnxruntime(repo)?);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filters_and_unknown_options_are_refused() {
        let words = |list: &[&str]| {
            list.iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let options = Options::parse(&words(&["keys", "--quick", "rotate"])).unwrap();
        assert_eq!(
            options,
            Options {
                quick: true,
                filters: words(&["keys", "rotate"])
            }
        );
        assert!(Options::parse(&words(&["--fast"])).is_err());
    }
}
