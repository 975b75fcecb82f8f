//! Keys: made, rotated, shown, changed. Plaintext leaves this module only as the result of an act
//! whose audit row is committed.

use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::{Micros, from_the_wire, on_the_wire};
use crate::error::Error;
use crate::keys::ring::UnwrapError;
use crate::keys::seal::{self, DataKey, KeyRow, Sealed};
use crate::keys::verify;
use crate::snapshot::record;
use crate::store::workspaces::Sealing;
use crate::store::{Tx, audit, endpoints, idempotency, keys, usage, workspaces};
use portico_api::id::{EndpointId, WorkspaceId};
use portico_api::key::{Key, KeySlot, UpdateKey};
use portico_api::workspace::RevealPolicy;
use portico_domain::key::{self, KeyId, KeyOwner, KeyTag, PlainKey};
use portico_domain::rotation::{RotationProblem, rotate as rotate_rule};
use serde_json::json;

/// A workspace has one data key; its name is part of what binds a sealed copy to its row.
pub(super) const DATA_KEY: &str = "1";

/// A fresh data key for a workspace, wrapped.
///
/// # Errors
/// If the key-encryption key is missing.
pub fn new_data_key(app: &App, workspace: &WorkspaceId) -> Result<Sealed, Error> {
    let data_key = DataKey::new(app.entropy.bytes()?);
    let kek = app.secrets.keks.newest()?.ok_or_else(missing_file)?;
    Ok(seal::wrap_data_key(
        &kek,
        workspace,
        DATA_KEY,
        &data_key,
        app.entropy.bytes()?,
    )?)
}

fn missing_file() -> Error {
    Error::NotRevealable("The key file of this installation is missing, so keys can be neither made nor shown. Its administrator finds the file's name in the log.".to_owned())
}

pub(super) fn data_key(
    app: &App,
    workspace: &WorkspaceId,
    sealing: &Sealing,
) -> Result<DataKey, Error> {
    let wrapped = sealed(&sealing.nonce, &sealing.data_key)?;
    let keks = &app.secrets.keks;
    keks.unwrap_data_key(workspace, DATA_KEY, &wrapped)
        .map_err(|error| match error {
            UnwrapError::Missing => missing_file(),
            UnwrapError::Seal(error) => error.into(),
            UnwrapError::Secrets(error) => error.into(),
        })
}

pub(super) fn sealed(nonce: &[u8], bytes: &[u8]) -> Result<Sealed, Error> {
    let nonce = nonce
        .try_into()
        .map_err(|_| Error::Internal("a stored nonce has the wrong length".to_owned()))?;
    Ok(Sealed {
        nonce,
        bytes: bytes.to_vec(),
    })
}

/// Whose key, and which.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The workspace.
    pub workspace: &'a WorkspaceId,
    /// The endpoint; none for a workspace token.
    pub endpoint: Option<&'a EndpointId>,
    /// The slot.
    pub slot: KeySlot,
    /// The generation.
    pub generation: u32,
}

impl Place<'_> {
    /// What binds a sealed copy to its row.
    pub(super) fn associated_data(&self, id: &KeyId) -> String {
        KeyRow {
            workspace: self.workspace,
            owner: self
                .endpoint
                .map_or(self.workspace.as_str(), EndpointId::as_str),
            key: id,
            slot: self.slot,
            generation: self.generation,
            data_key: DATA_KEY,
        }
        .associated_data()
    }
}

/// Makes a key and stores its verifier and, where the workspace allows it, its sealed copy.
///
/// # Errors
/// If a secret file is missing or the database does not take it.
pub async fn issue(
    app: &App,
    tx: &mut Tx,
    place: Place<'_>,
    expires_at: Option<Micros>,
) -> Result<PlainKey, Error> {
    let pepper = app.secrets.pepper.as_ref().ok_or_else(missing_file)?;
    let owner = if place.endpoint.is_some() {
        KeyOwner::Endpoint
    } else {
        KeyOwner::Workspace
    };
    let tag = KeyTag {
        owner,
        slot: place.slot,
        generation: place.generation,
    };
    let plain = key::mint(tag, app.entropy.bytes()?, app.entropy.bytes()?);
    let sealing = workspaces::sealing(tx.conn(), place.workspace).await?;
    let copy = if sealing.policy == RevealPolicy::AnyTime || place.endpoint.is_none() {
        let data_key = data_key(app, place.workspace, &sealing)?;
        let aad = place.associated_data(&plain.id());
        Some(seal::seal(
            &data_key,
            &aad,
            app.entropy.bytes()?,
            plain.expose().as_bytes(),
        )?)
    } else {
        None
    };
    let (nonce, bytes) = copy.map_or((None, None), |copy| {
        (Some(copy.nonce.to_vec()), Some(copy.bytes))
    });
    let stored = keys::Stored {
        id: plain.id().as_str().to_owned(),
        workspace_id: place.workspace.clone(),
        endpoint_id: place.endpoint.cloned(),
        slot: place.slot,
        generation: place.generation,
        verifier: verify::verifier(pepper, plain.expose()).to_vec(),
        nonce,
        sealed: bytes,
        last4: plain.last4().to_owned(),
        created_at: app.clock.now(),
        expires_at,
        grace_until: None,
        disabled: false,
        last_used_at: None,
        leaked_at: None,
        leak_found_at: None,
    };
    keys::insert(tx.conn(), &stored).await?;
    Ok(plain)
}

/// The keys of an endpoint as they are listed.
///
/// # Errors
/// If the database does not answer.
pub async fn list(app: &App, endpoint: &EndpointId) -> Result<Vec<Key>, Error> {
    // What was counted in the last second belongs to "last used" too.
    app.flush_usage().await?;
    let now = app.clock.now();
    let mut conn = app.store.read().acquire().await?;
    let stored = keys::of_endpoint(&mut conn, endpoint, now).await?;
    let calls = usage::key_calls(&mut conn, endpoint, now).await?;
    Ok(stored.iter().map(|key| shown(key, &calls, now)).collect())
}

/// A key, of an endpoint or a workspace, as it is listed; `calls` of the last hour by key id.
pub(super) fn shown(stored: &keys::Stored, calls: &[(String, u64)], now: Micros) -> Key {
    let owner = match stored.endpoint_id {
        Some(_) => KeyOwner::Endpoint,
        None => KeyOwner::Workspace,
    };
    let tag = KeyTag {
        owner,
        slot: stored.slot,
        generation: stored.generation,
    };
    Key {
        slot: stored.slot,
        generation: stored.generation,
        id: stored.id.clone(),
        masked: key::masked(tag, &stored.last4),
        state: record(stored).state_at(now),
        created_at: on_the_wire(stored.created_at),
        expires_at: stored.expires_at.map(on_the_wire),
        last_used_at: stored.last_used_at.map(on_the_wire),
        grace_until: stored.grace_until.map(on_the_wire),
        calls_last_hour: calls
            .iter()
            .find(|(id, _)| *id == stored.id)
            .map_or(0, |(_, calls)| *calls),
        revealable: stored.sealed.is_some(),
        leaked_at: stored.leaked_at.map(on_the_wire),
        leak_found_at: stored.leak_found_at.clone(),
    }
}

/// The newest key of a slot.
async fn newest(
    tx: &mut Tx,
    endpoint: &EndpointId,
    slot: KeySlot,
    now: Micros,
) -> Result<keys::Stored, Error> {
    keys::of_endpoint(tx.conn(), endpoint, now)
        .await?
        .into_iter()
        .find(|key| key.slot == slot && key.grace_until.is_none())
        .ok_or(Error::NotFound)
}

pub(super) async fn noted(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    action: &'static str,
    endpoint: &endpoints::Stored,
    slot: KeySlot,
    after: serde_json::Value,
) -> Result<(), Error> {
    let object = format!("{}/{}", endpoint.id, slot.as_str());
    let entry = Entry {
        who,
        action,
        object_kind: "key",
        object_id: &object,
        workspace: Some(endpoint.workspace_id.as_str()),
        before: None,
        after: Some(after),
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await
}

/// Shows the newest key of a slot. The audit row is committed before the value leaves.
///
/// # Errors
/// [`Error::NotRevealable`] if it was shown once, or a secret file is missing.
pub async fn reveal(
    app: &App,
    who: &Who,
    endpoint: &endpoints::Stored,
    slot: KeySlot,
) -> Result<PlainKey, Error> {
    let mut tx = app.store.begin().await?;
    let stored = newest(&mut tx, &endpoint.id, slot, app.clock.now()).await?;
    let (Some(nonce), Some(bytes)) = (&stored.nonce, &stored.sealed) else {
        return Err(Error::NotRevealable(
            "This workspace shows a key once, when it is made. Rotate it for a new one.".to_owned(),
        ));
    };
    let sealing = workspaces::sealing(tx.conn(), &endpoint.workspace_id).await?;
    let data_key = data_key(app, &endpoint.workspace_id, &sealing)?;
    let place = Place {
        workspace: &endpoint.workspace_id,
        endpoint: Some(&endpoint.id),
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
        .map_err(|_| Error::Internal("a sealed key is not text".to_owned()))?;
    let plain = PlainKey::read(text).map_err(|problem| Error::Internal(problem.to_string()))?;
    noted(
        app,
        &mut tx,
        who,
        "key.reveal",
        endpoint,
        slot,
        json!({"generation": stored.generation}),
    )
    .await?;
    tx.commit_quietly().await?;
    Ok(plain)
}

/// Rotates a slot; answers the new key, and its secret unless the same request came before.
///
/// # Errors
/// [`Error::Invalid`] for a grace over 30 days.
pub async fn rotate(
    app: &App,
    who: &Who,
    endpoint: &endpoints::Stored,
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
        let key = newest(&mut tx, &endpoint.id, slot, now).await?;
        return Ok((shown(&key, &[], now), None));
    }
    let generations = keys::of_endpoint(tx.conn(), &endpoint.id, now).await?;
    let records: Vec<_> = generations
        .iter()
        .filter(|key| key.slot == slot)
        .map(record)
        .collect();
    let rotation = rotate_rule(&records, now, grace_seconds).map_err(|problem| match problem {
        RotationProblem::GraceTooLong => Error::field(
            "/grace_seconds",
            "grace_too_long",
            "The old key lives on for 30 days at most.",
        ),
        other => Error::Conflict(other.to_string()),
    })?;
    for changed in &rotation.changed {
        let stored = generations
            .iter()
            .find(|key| key.slot == slot && key.generation == changed.generation);
        if let (Some(stored), Some(until)) = (stored, changed.grace_until) {
            keys::give_grace(tx.conn(), &stored.id, until).await?;
        }
    }
    let generation = rotation.next.generation;
    let place = Place {
        workspace: &endpoint.workspace_id,
        endpoint: Some(&endpoint.id),
        slot,
        generation,
    };
    let plain = issue(app, &mut tx, place, rotation.next.expires_at).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, plain.id().as_str(), now).await?;
    }
    let note = json!({"generation": generation, "grace_seconds": grace_seconds});
    noted(app, &mut tx, who, "key.rotate", endpoint, slot, note).await?;
    let key = newest(&mut tx, &endpoint.id, slot, now).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok((shown(&key, &[], now), Some(plain)))
}

/// Switches a slot's newest key off or on, or sets its expiry.
///
/// # Errors
/// [`Error::Invalid`] for an expiry that is no moment or is past.
pub async fn update(
    app: &App,
    who: &Who,
    endpoint: &endpoints::Stored,
    slot: KeySlot,
    change: &UpdateKey,
) -> Result<Key, Error> {
    let now = app.clock.now();
    let expires_at = match &change.expires_at {
        None => None,
        Some(None) => Some(None),
        Some(Some(text)) => {
            let at = from_the_wire(text).ok_or_else(|| {
                Error::field(
                    "/expires_at",
                    "time",
                    "Write a moment as 2026-12-31T00:00:00Z.",
                )
            })?;
            if at <= now {
                return Err(Error::field(
                    "/expires_at",
                    "time_past",
                    "This moment is past. To stop a key now, disable it.",
                ));
            }
            Some(Some(at))
        }
    };
    let mut tx = app.store.begin().await?;
    let stored = newest(&mut tx, &endpoint.id, slot, now).await?;
    let disabled = change.disabled.unwrap_or(stored.disabled);
    let expires_at = expires_at.unwrap_or(stored.expires_at);
    keys::update(tx.conn(), &stored.id, disabled, expires_at).await?;
    let note = json!({"disabled": disabled, "expires_at": expires_at.map(on_the_wire)});
    noted(app, &mut tx, who, "key.update", endpoint, slot, note).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok(shown(
        &keys::Stored {
            disabled,
            expires_at,
            ..stored
        },
        &[],
        now,
    ))
}

/// Ends the grace of a slot's old key now.
///
/// # Errors
/// [`Error::Conflict`] if no grace is running.
pub async fn end_grace(
    app: &App,
    who: &Who,
    endpoint: &endpoints::Stored,
    slot: KeySlot,
) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let stored = newest(&mut tx, &endpoint.id, slot, now).await?;
    let ended = keys::end_older(tx.conn(), &endpoint.id, slot, stored.generation, now).await?;
    if ended == 0 {
        return Err(Error::Conflict(
            "No old key of this slot is in its grace.".to_owned(),
        ));
    }
    noted(
        app,
        &mut tx,
        who,
        "key.end_grace",
        endpoint,
        slot,
        json!({"generation": stored.generation - 1}),
    )
    .await?;
    tx.commit().await?;
    app.refresh().await
}
