//! The grace of a key that was rotated away, made longer.

use super::keys::noted;
use crate::app::App;
use crate::audit::Who;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::snapshot::record;
use crate::store::{endpoints, keys};
use portico_api::key::KeySlot;
use portico_domain::rotation::ExtensionProblem;
use serde_json::json;

/// Lets a slot's old key live on for `seconds` from now.
///
/// # Errors
/// [`Error::Invalid`] for more than 30 days or no longer than it lives anyway; [`Error::Conflict`] if no
/// grace is running, or the key was reported as leaked.
pub async fn extend(
    app: &App,
    who: &Who,
    endpoint: &endpoints::Stored,
    slot: KeySlot,
    seconds: u32,
) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let stored = keys::of_endpoint(tx.conn(), &endpoint.id, now).await?;
    let old = stored
        .iter()
        .find(|key| key.slot == slot && key.grace_until.is_some())
        .ok_or_else(none_running)?;
    if old.leaked_at.is_some() {
        return Err(Error::Conflict(
            "The old key was reported as leaked; its grace is not made longer.".to_owned(),
        ));
    }
    let wrong = |code: &str, problem: ExtensionProblem| {
        Error::field("/grace_seconds", code, sentence(problem))
    };
    let extended = record(old)
        .grace_extended(now, seconds)
        .map_err(|problem| match problem {
            ExtensionProblem::TooLong => wrong("grace_too_long", problem),
            ExtensionProblem::NotLonger => wrong("grace_not_longer", problem),
            ExtensionProblem::NotInGrace => none_running(),
        })?;
    let until = extended.grace_until.unwrap_or(now);
    keys::set_grace(tx.conn(), &old.id, until).await?;
    let note = json!({"generation": old.generation, "grace_until": on_the_wire(until)});
    noted(app, &mut tx, who, "key.extend_grace", endpoint, slot, note).await?;
    tx.commit().await?;
    app.refresh().await
}

fn none_running() -> Error {
    Error::Conflict("No old key of this slot is in its grace.".to_owned())
}

/// A rule as a sentence of its own.
fn sentence(problem: ExtensionProblem) -> String {
    let text = problem.to_string();
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
