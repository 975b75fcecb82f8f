//! `portico keys`: what is done to all keys of an installation at once.

use super::say;
use crate::acts::key_check::check;
use crate::acts::rewrap::{Installation, Progress, Rewrapped, forget_old, rewrap};
use crate::clock::{Clock, Entropy};
use crate::error::Error;
use crate::keys::secrets::{self, Secrets};
use crate::store::Store;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A line of progress at most this often.
const TELL_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Change the key-encryption key: every workspace's data key is wrapped again under a new one. Works
    /// while the server runs. Killed, it goes on when it is given again. The old key stays until
    /// `forget-old`.
    Rewrap(Keyed),
    /// Remove the old key-encryption key after a rewrap, if nothing needs it. Backups from before the
    /// rewrap need it to show keys.
    ForgetOld(Keyed),
    /// Open every sealed key in its row and hold it against its verifier. Names the rows that fail and
    /// ends with 1 if there are any. Prints no secret, changes nothing.
    Check(Keyed),
}

/// The installation, and how to tell what was done.
#[derive(Debug, Args)]
pub(super) struct Keyed {
    /// The data folder.
    #[arg(long, env = "PORTICO_DATA", default_value = "portico-data")]
    data: PathBuf,
    /// The folder of the installation's secrets.
    #[arg(long, env = "PORTICO_SECRETS")]
    secrets: Option<PathBuf>,
    /// Print one JSON object instead of sentences.
    #[arg(long)]
    json: bool,
}

struct Opened {
    store: Store,
    secrets: Secrets,
}

impl Keyed {
    /// The installation, which must be there: these commands make none.
    async fn open(&self) -> Result<Opened, Error> {
        if !self.data.join("portico.db").is_file() {
            return Err(Error::Start(format!(
                "{} holds no installation (no portico.db). Name its folder with --data.",
                self.data.display()
            )));
        }
        let folder = self.secrets.clone();
        let folder = folder.unwrap_or_else(|| super::secrets_beside(&self.data));
        let secrets = secrets::open_or_create(&folder, false, &mut |_| {})?;
        let store = Store::open(&self.data).await?;
        Ok(Opened { store, secrets })
    }

    fn tell(&self, object: &serde_json::Value, sentence: &str) {
        if self.json {
            say(&object.to_string());
        } else {
            say(sentence);
        }
    }
}

impl Opened {
    fn installation<'a>(&'a self, clock: &'a Clock, entropy: &'a Entropy) -> Installation<'a> {
        Installation {
            store: &self.store,
            keks: &self.secrets.keks,
            clock,
            entropy,
        }
    }
}

/// Runs one of the commands. Whether all is well.
pub(super) async fn run(command: Keys) -> Result<bool, Error> {
    match command {
        Keys::Rewrap(how) => run_rewrap(&how).await.map(|()| true),
        Keys::ForgetOld(how) => run_forget(&how).await.map(|()| true),
        Keys::Check(how) => run_check(&how).await,
    }
}

async fn run_rewrap(how: &Keyed) -> Result<(), Error> {
    let opened = how.open().await?;
    let (clock, entropy) = (Clock::System, Entropy::System);
    let mut told = Instant::now();
    let mut tell = |progress: Progress| {
        if !how.json && told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            say(&format!("{} of {} workspaces", progress.done, progress.all));
        }
    };
    let done = rewrap(&opened.installation(&clock, &entropy), &mut tell).await;
    opened.store.close().await;
    match done? {
        Rewrapped::Done {
            workspaces,
            changed,
            resumed,
        } => how.tell(
            &json!({"state": "done", "workspaces": workspaces, "changed": changed, "resumed": resumed}),
            &format!(
                "{changed} of {workspaces} data keys wrapped again{}. All open with the new key. Keep a copy of the file kek apart from backups, then remove the old key with `portico keys forget-old`.",
                if resumed { ", the others before this command was given again" } else { "" }
            ),
        ),
        Rewrapped::Before => how.tell(
            &json!({"state": "finished_before"}),
            "The last rewrap is finished, and its old key is still there. Remove it with `portico keys forget-old` before the next one. Nothing was done.",
        ),
    }
    Ok(())
}

async fn run_forget(how: &Keyed) -> Result<(), Error> {
    let opened = how.open().await?;
    let (clock, entropy) = (Clock::System, Entropy::System);
    let done = forget_old(&opened.installation(&clock, &entropy)).await;
    opened.store.close().await;
    let removed = done?;
    let sentence = if removed {
        "The old key is removed. Backups from before the rewrap show no keys without a copy of it."
    } else {
        "There is no old key. Nothing was done."
    };
    how.tell(&json!({"removed": removed}), sentence);
    Ok(())
}

async fn run_check(how: &Keyed) -> Result<bool, Error> {
    let opened = how.open().await?;
    let pepper = opened.secrets.pepper.as_ref().ok_or_else(|| {
        Error::Start("The pepper is missing, so no verifier can be checked. Put its file back into the secrets folder.".to_owned())
    })?;
    let done = check(&opened.store, &opened.secrets.keks, pepper).await;
    opened.store.close().await;
    let report = done?;
    if !how.json {
        for failure in &report.failures {
            say(&failure.to_string());
        }
    }
    how.tell(
        &serde_json::to_value(&report)?,
        &format!(
            "{} keys in {} workspaces: {} sealed copies open and fit their verifier, {} keys have a verifier alone, {} failures",
            report.keys,
            report.workspaces,
            report.opened,
            report.verifier_only,
            report.failures.len()
        ),
    );
    Ok(report.failures.is_empty())
}
