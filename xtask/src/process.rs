//! Running other programs: shown as they could be typed, their failure turned into an error.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::error::Error;

/// The command as a person would type it, without its environment.
pub fn shown(command: &Command) -> String {
    let mut words = vec![word(command.get_program())];
    words.extend(command.get_args().map(word));
    words.join(" ")
}

fn word(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_=./:,@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{text}'")
    }
}

/// Leaves out what cargo told this process of itself. Build scripts watch such variables, and what
/// hangs on them would be compiled anew after each command that was typed by hand.
fn forget_ours(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a command with this terminal's input and output.
pub fn run(command: &mut Command) -> Result<(), Error> {
    println!("  $ {}", shown(command));
    forget_ours(command);
    let status = command.status();
    ended(command, status)
}

/// Runs a command and returns its standard output; its errors go to this terminal.
pub fn output(command: &mut Command) -> Result<String, Error> {
    let result = command.stderr(Stdio::inherit()).output();
    match result {
        Ok(output) => {
            ended(command, Ok(output.status))?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) => Err(not_started(command, &error)),
    }
}

/// What a command prints when all goes well, or nothing at all. For asking whether a tool is there.
pub fn probe(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command, shows its standard output while it comes, and returns it with the verdict.
pub fn tee(command: &mut Command) -> (String, Result<(), Error>) {
    println!("  $ {}", shown(command));
    forget_ours(command);
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => return (String::new(), Err(not_started(command, &error))),
    };
    let mut seen = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while matches!(lines.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            // A terminal that has gone away does not stop the tests.
            let _ = std::io::stdout().write_all(text.as_bytes());
            seen.push_str(&text);
            line.clear();
        }
    }
    let verdict = ended(command, child.wait());
    (seen, verdict)
}

fn ended(
    command: &Command,
    status: std::io::Result<std::process::ExitStatus>,
) -> Result<(), Error> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Command {
            command: shown(command),
            outcome: format!("failed ({status})"),
        }),
        Err(error) => Err(not_started(command, &error)),
    }
}

fn not_started(command: &Command, error: &std::io::Error) -> Error {
    Error::Command {
        command: shown(command),
        outcome: format!("could not be started: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_told_of_this_process_is_not_handed_on() {
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let (said, verdict) = tee(&mut Command::new("env"));
        verdict.unwrap();
        assert!(said.contains("PATH="), "{said}");
        assert!(!said.contains("CARGO_MANIFEST_DIR="), "{said}");
    }

    #[test]
    fn a_command_is_shown_as_it_could_be_typed() {
        let mut command = Command::new("npm");
        command.args(["ci", "--prefix", "a folder"]);
        assert_eq!(shown(&command), "npm ci --prefix 'a folder'");
    }

    #[test]
    fn output_is_returned_and_failure_is_named() {
        let (seen, verdict) = tee(Command::new("sh").args(["-c", "echo one; echo two; exit 3"]));
        assert_eq!(seen, "one\ntwo\n");
        let text = verdict.unwrap_err().to_string();
        assert!(text.contains("exit status: 3"), "{text}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_and_no_panic() {
        assert_eq!(probe(&mut Command::new("no-such-program-here")), None);
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert!(error.to_string().contains("could not be started"));
    }
}
