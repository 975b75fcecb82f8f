//! `cargo xtask serve`: from a fresh checkout to a running Portico with its demo.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::portal::{self, Grade};
use crate::repo::Repo;
use crate::{process, tools};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    port: u16,
    data: PathBuf,
}

impl Options {
    /// Reads `--port N` and `--data DIR`; a relative folder is meant from the top of the checkout.
    pub fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self {
            port: 8080,
            data: PathBuf::from(".data/portico"),
        };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let value = rest
                .next()
                .ok_or_else(|| Error::Usage(format!("{name} needs a value")));
            match name.as_str() {
                "--port" => {
                    let value = value?;
                    options.port = value.parse().map_err(|_| {
                        Error::Usage(format!("--port: {value:?} is no port number"))
                    })?;
                }
                "--data" => options.data = PathBuf::from(value?),
                _ => {
                    return Err(Error::Usage(format!(
                        "serve does not know {name:?}; it takes --port N and --data DIR"
                    )));
                }
            }
        }
        Ok(options)
    }
}

/// Installs what is missing, builds what is out of date, and becomes the server.
pub fn run(repo: &Repo, options: &Options) -> Result<(), Error> {
    let library = tools::onnxruntime(repo)?;
    if portal::is_fresh(repo, Grade::Plain)? {
        println!("The portal is up to date.");
    } else {
        println!("Building the portal.");
        portal::build(repo, Grade::Plain, || Ok(()))?;
    }
    println!("Building the server.");
    process::run(
        Command::new("cargo")
            .args(["build", "--package", "portico-server", "--bin", "portico"])
            .current_dir(&repo.root),
    )?;

    let data = repo.root.join(&options.data);
    let mut server = Command::new(repo.portico());
    server.args(["serve", "--demo", "--data"]).arg(&data);
    server.arg("--port").arg(options.port.to_string());
    server
        .env(tools::ONNXRUNTIME_VARIABLE, library)
        .current_dir(&repo.root);
    println!("Starting Portico; Ctrl-C ends it.");
    become_program(&mut server)
}

/// Puts the server in the place of this process: its output and every signal are its own.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(Error::Command {
        command: process::shown(command),
        outcome: format!("could not be started: {error}"),
    })
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<(), Error> {
    process::run(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, Error> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::parse(&words)
    }

    #[test]
    fn options_have_defaults_and_are_read() {
        let default = Options {
            port: 8080,
            data: PathBuf::from(".data/portico"),
        };
        assert_eq!(parse(&[]).unwrap(), default);
        let set = Options {
            port: 0,
            data: PathBuf::from("elsewhere"),
        };
        assert_eq!(parse(&["--data", "elsewhere", "--port", "0"]).unwrap(), set);
    }

    #[test]
    fn a_mistyped_option_is_named() {
        for (words, part) in [
            (&["--prot", "1"][..], "--prot"),
            (&["--port"][..], "needs a value"),
            (&["--port", "70000"][..], "70000"),
        ] {
            let text = parse(words).unwrap_err().to_string();
            assert!(text.contains(part), "{text}");
        }
    }
}
