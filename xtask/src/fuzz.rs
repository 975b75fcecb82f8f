//! `cargo xtask fuzz`: schemathesis over the REST API, as every kind of caller. The short form of it
//! is one of the client tests; this one is as long as it is asked to be.

use std::process::Command;

use crate::bench::results;
use crate::error::Error;
use crate::repo::Repo;
use crate::{process, test, tools};

/// Builds the server, hands the words on to `tests/clients/fuzz.py`, and puts what it found into
/// `bench/RESULTS.md`, a section for each kind of caller.
pub fn run(repo: &Repo, words: &[String]) -> Result<(), Error> {
    // Of what is fuzzed, whatever is committed meanwhile.
    let state = results::state(repo);
    test::build_server(repo)?;
    let (said, verdict) = process::tee(
        Command::new(tools::client_test_packages(repo)?)
            .arg("fuzz.py")
            .args(words)
            .current_dir(repo.client_tests())
            .env("PORTICO_BIN", repo.portico())
            .env(tools::ONNXRUNTIME_VARIABLE, tools::onnxruntime(repo)?),
    );
    verdict?;
    for (role, outcome) in outcomes(&said) {
        let text = format!(
            "{}; {state}.\n\nAll checks of schemathesis, `cargo xtask fuzz {}`: {outcome}.",
            results::machine(),
            words.join(" "),
        );
        results::write(repo, &format!("fuzz as {role}"), &text)?;
    }
    Ok(())
}

/// The last line of each role.
fn outcomes(said: &str) -> impl Iterator<Item = (&str, &str)> {
    said.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(_, outcome)| outcome.contains(" rounds from seed "))
}

#[cfg(test)]
mod tests {
    use super::outcomes;

    #[test]
    fn each_role_has_its_last_line() {
        let said = "owner: 2104 cases of round 0 (seed 1), no failure, 70 s; 2104 in all\nowner: 2104 cases in 1 rounds from seed 1, no failure\n";
        assert_eq!(
            outcomes(said).collect::<Vec<_>>(),
            [("owner", "2104 cases in 1 rounds from seed 1, no failure")]
        );
    }
}
