//! `cargo xtask bench NAME`: the product beside others, on the same model and the same rows.
//!
//! Each benchmark prints a table and puts it, with the machine and the versions, under its own
//! heading in `bench/RESULTS.md`. What it measures and how stands in `bench/NAME/README.md`.

mod calls;
mod data;
mod http;
mod load;
mod models;
mod peers;
mod procfs;
mod product;
pub mod results;
mod throttle;

use crate::error::Error;
use crate::repo::Repo;

/// The benchmarks by name.
type Bench = fn(&Repo, &[String]) -> Result<(), Error>;
const BENCHES: [(&str, Bench); 3] = [
    ("calls", calls::run),
    ("models", models::run),
    ("throttle", throttle::run),
];

/// Runs the benchmark that the first word names; the others are its own.
pub fn run(repo: &Repo, arguments: &[String]) -> Result<(), Error> {
    let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
    let bench = arguments
        .split_first()
        .and_then(|(name, rest)| Some((BENCHES.iter().find(|(known, _)| known == name)?.1, rest)));
    match bench {
        Some((bench, rest)) => bench(repo, rest),
        None => Err(Error::Usage(format!(
            "bench takes one of: {}",
            names.join(", ")
        ))),
    }
}

/// A whole number behind an option, for the options of benchmarks.
fn number(name: &str, value: Option<&String>) -> Result<u64, Error> {
    value
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| Error::Usage(format!("{name} needs a whole number")))
}
