//! `cargo xtask bench NAME`: what the product does, measured. What a benchmark measures and how stands
//! in `bench/NAME/README.md`; what it came to last, in `bench/RESULTS.md`.

mod throttle;

use crate::error::Error;
use crate::repo::Repo;

/// The benchmarks by name.
type Bench = fn(&Repo, &[String]) -> Result<(), Error>;
const BENCHES: [(&str, Bench); 1] = [("throttle", throttle::run)];

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
