//! Tokens of a workspace: shown and rotated under the rules of endpoint keys. A sealed copy is kept whatever
//! the workspace's reveal policy says, because that policy is about what customers are given.

use super::keys::{Place, data_key, issue, sealed, shown};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::Micros;
use crate::error::Error;
use crate::keys::seal;
use crate::snapshot::record;
use crate::store::keys::{self as stored_keys, Stored};
use crate::store::{Tx, audit, idempotency, tokens, workspaces};
use portico_api::id::WorkspaceId;
use portico_api::key::{Key, KeySlot};
use portico_domain::key::{KeyId, PlainKey};
use portico_domain::rotation::{RotationProblem, rotate as rotate_rule};
use serde_json::{Value, json};

/// The tokens of a workspace as they are listed.
///
/// # Errors
/// If the database does not answer.
pub async fn list(app: &App, workspace: &WorkspaceId) -> Result<Vec<Key>, Error> {
    app.flush_usage().await?;
    let now = app.clock.now();
    let mut conn = app.store.read().acquire().await?;
    let stored = tokens::of_workspace(&mut conn, workspace, now).await?;
    let requests = tokens::requests(&mut conn, workspace, now).await?;
    let shown = stored.iter().map(|token| shown(token, &requests, now));
    Ok(shown.collect())
}

async fn newest(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    slot: KeySlot,
    now: Micros,
) -> Result<Stored, Error> {
    tokens::of_workspace(tx.conn(), workspace, now)
        .await?
        .into_iter()
        .find(|token| token.slot == slot && token.grace_until.is_none())
        .ok_or(Error::NotFound)
}

async fn noted(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    action: &'static str,
    workspace: &WorkspaceId,
    slot: KeySlot,
    after: Value,
) -> Result<(), Error> {
    let object = format!("{workspace}/{}", slot.as_str());
    let entry = Entry {
        who,
        action,
        object_kind: "token",
        object_id: &object,
        workspace: Some(workspace.as_str()),
        before: None,
        after: Some(after),
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await
}

/// Shows the newest token of a slot. The audit row is committed before the value leaves.
///
/// # Errors
/// [`Error::NotRevealable`] if a secret file is missing.
pub async fn reveal(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    slot: KeySlot,
) -> Result<PlainKey, Error> {
    let mut tx = app.store.begin().await?;
    let stored = newest(&mut tx, workspace, slot, app.clock.now()).await?;
    let (Some(nonce), Some(bytes)) = (&stored.nonce, &stored.sealed) else {
        return Err(Error::NotRevealable(
            "No sealed copy of this token is kept. Rotate it for a new one.".to_owned(),
        ));
    };
    let sealing = workspaces::sealing(tx.conn(), workspace).await?;
    let data_key = data_key(app, workspace, &sealing)?;
    let place = Place {
        workspace,
        endpoint: None,
        slot,
        generation: stored.generation,
    };
    let id = KeyId::parse(&stored.id)
        .ok_or_else(|| Error::Internal("a stored key id can't be read".to_owned()))?;
    let opened = seal::open(
        &data_key,
        &place.associated_data(&id),
        &sealed(nonce, bytes)?,
    )?;
    let text = String::from_utf8(opened.to_vec())
        .map_err(|_| Error::Internal("a sealed token is not text".to_owned()))?;
    let plain = PlainKey::read(text).map_err(|problem| Error::Internal(problem.to_string()))?;
    let note = json!({"generation": stored.generation});
    noted(app, &mut tx, who, "token.reveal", workspace, slot, note).await?;
    tx.commit_quietly().await?;
    Ok(plain)
}

/// Rotates a slot; answers the new token, and its secret unless the same request came before.
///
/// # Errors
/// [`Error::Invalid`] for a grace over 30 days.
pub async fn rotate(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    slot: KeySlot,
    grace_seconds: u32,
    once: Option<&idempotency::Once>,
) -> Result<(Key, Option<PlainKey>), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if let Some(once) = once
        && idempotency::made_before(tx.conn(), once, now)
            .await?
            .is_some()
    {
        let token = newest(&mut tx, workspace, slot, now).await?;
        return Ok((shown(&token, &[], now), None));
    }
    let generations = tokens::of_workspace(tx.conn(), workspace, now).await?;
    let of_slot = |token: &&Stored| token.slot == slot;
    let records: Vec<_> = generations.iter().filter(of_slot).map(record).collect();
    let rotation = rotate_rule(&records, now, grace_seconds).map_err(|problem| match problem {
        RotationProblem::GraceTooLong => Error::field(
            "/grace_seconds",
            "grace_too_long",
            "The old token lives on for 30 days at most.",
        ),
        other => Error::Conflict(other.to_string()),
    })?;
    for changed in &rotation.changed {
        let stored = generations
            .iter()
            .filter(of_slot)
            .find(|token| token.generation == changed.generation);
        if let (Some(stored), Some(until)) = (stored, changed.grace_until) {
            stored_keys::give_grace(tx.conn(), &stored.id, until).await?;
        }
    }
    let place = Place {
        workspace,
        endpoint: None,
        slot,
        generation: rotation.next.generation,
    };
    let plain = issue(app, &mut tx, place, rotation.next.expires_at).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, plain.id().as_str(), now).await?;
    }
    let note = json!({"generation": rotation.next.generation, "grace_seconds": grace_seconds});
    noted(app, &mut tx, who, "token.rotate", workspace, slot, note).await?;
    let token = newest(&mut tx, workspace, slot, now).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok((shown(&token, &[], now), Some(plain)))
}

/// Ends the grace of a slot's old token now.
///
/// # Errors
/// [`Error::Conflict`] if no grace is running.
pub async fn end_grace(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    slot: KeySlot,
) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let stored = newest(&mut tx, workspace, slot, now).await?;
    let ended = tokens::end_older(tx.conn(), workspace, slot, stored.generation, now).await?;
    if ended == 0 {
        return Err(Error::Conflict(
            "No old token of this slot is in its grace.".to_owned(),
        ));
    }
    let note = json!({"generation": stored.generation - 1});
    noted(app, &mut tx, who, "token.end_grace", workspace, slot, note).await?;
    tx.commit().await?;
    app.refresh().await
}
