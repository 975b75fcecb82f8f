//! The one task runner of this repository: what `cargo xtask …` does.
//!
//! It owns how the product is built, started and checked. It knows nothing of what the product
//! does: it sees commands, files and their answers.

mod bench;
mod dist;
mod error;
mod fingerprint;
mod fuzz;
mod portal;
mod process;
mod programs;
mod repo;
mod samples;
mod serve;
mod summary;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use crate::error::Error;
use crate::repo::Repo;

const USAGE: &str = "\
cargo xtask serve [--port N] [--data DIR]   start Portico with its demo, on this machine
cargo xtask test [--quick] [FILTER…]        run every check and every test; --quick leaves the browser out
cargo xtask fuzz [--cases N] [--role R]     fuzz the REST API from its OpenAPI document
cargo xtask dist [--portal-only]            build what is released, and check the size budget
cargo xtask bench NAME [OPTION…]            measure the product beside others; the result goes to bench/RESULTS.md
cargo xtask tidy                            check the invariants of the code";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Counted) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Error> {
    let repo = Repo::find();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", arguments),
    };
    match task {
        "serve" => serve::run(&repo, &serve::Options::parse(rest)?),
        "test" => test::run(&repo, &test::Options::parse(rest)?),
        "fuzz" => fuzz::run(&repo, rest),
        "bench" => bench::run(&repo, rest),
        "dist" => dist::run(&repo, &dist::Options::parse(rest)?),
        "tidy" => tidy::run(&repo),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(Error::Usage(format!(
            "there is no task {other:?}\n\n{USAGE}"
        ))),
    }
}
