//! Somebody found a key and reported it.
//!
//! Who reports proves to hold the whole key: the checksum and the verifier must fit. With it they could
//! call the endpoint, fill its limit and run up its usage already, and whoever reads the same place can
//! too. So switching the key off costs its owner no more than any finder could, and ends what the others
//! could do; the other slot goes on, which is what two slots are for. That is the default. A workspace
//! whose owners fear an interruption more is told only.

use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::{audit, keys, workspaces};
use portico_api::key::FOUND_AT_MAX;
use portico_api::workspace::LeakPolicy;
use portico_domain::key::{self, KeyId, PREFIX};
use serde_json::json;

/// A report whose form is right.
pub struct Report {
    key: String,
    found_at: Option<String>,
}

impl Report {
    /// Checks the form of a report. What is refused here tells nothing that the text itself does not.
    ///
    /// # Errors
    /// [`Error::Invalid`] by field; the key is not repeated.
    pub fn new(key: String, found_at: Option<String>) -> Result<Self, Error> {
        key::parse(&key).map_err(|problem| {
            Error::field(
                "/key",
                "not_a_key",
                format!("Report the whole key: {problem}."),
            )
        })?;
        if let Some(place) = &found_at {
            let wrong = |code, detail: &str| Err(Error::field("/found_at", code, detail));
            if place.chars().count() > FOUND_AT_MAX {
                return wrong(
                    "found_at_too_long",
                    "An address has at most 500 characters.",
                );
            }
            let is_address = place.starts_with("https://") || place.starts_with("http://");
            if !is_address || place.chars().any(|c| c.is_whitespace() || c.is_control()) {
                return wrong(
                    "found_at_not_an_address",
                    "Write where it was found as an http or https address.",
                );
            }
            if place.contains(PREFIX) || place.contains(secret_part(&key)) {
                return wrong(
                    "found_at_holds_the_key",
                    "Leave the key out of the address: the address is kept and shown.",
                );
            }
        }
        Ok(Self { key, found_at })
    }
}

/// What stands behind the last underscore.
fn secret_part(key: &str) -> &str {
    key.rsplit('_').next().unwrap_or(key)
}

/// Does what the workspace's policy says, if the key is one of this installation's. A key is reported
/// once: an owner who switches it on again has decided.
///
/// # Errors
/// If the database does not take it.
pub async fn act_on(app: &App, who: &Who, report: &Report) -> Result<(), Error> {
    let known = app.snapshot().whose(&report.key, &app.secrets);
    match known {
        Some(id) => mark(app, who, &id, report.found_at.as_deref()).await,
        None => Ok(()),
    }
}

async fn mark(app: &App, who: &Who, id: &KeyId, found_at: Option<&str>) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let Some(stored) = keys::by_id(tx.conn(), id.as_str()).await? else {
        return Ok(());
    };
    let workspace = stored.workspace_id.as_str();
    let policy = workspaces::leak_policy_of(tx.conn(), &stored.workspace_id).await?;
    let disable = policy == LeakPolicy::Disable;
    if !keys::mark_leaked(tx.conn(), &stored.id, found_at, disable, now).await? {
        return Ok(());
    }
    let owner = stored
        .endpoint_id
        .as_ref()
        .map_or(workspace, |id| id.as_str());
    let object = format!("{owner}/{}", stored.slot.as_str());
    let entry = Entry {
        who,
        action: "key.leaked",
        object_kind: "key",
        object_id: &object,
        workspace: Some(workspace),
        before: Some(json!({"disabled": stored.disabled})),
        after: Some(json!({
            "generation": stored.generation,
            "disabled": stored.disabled || disable,
            "found_at": found_at,
        })),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    tracing::warn!(key = %id, workspace, disabled = disable, "a key was reported as leaked");
    app.refresh().await
}
