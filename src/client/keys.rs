//! Calls about an endpoint's keys. Plaintext passes through and is kept nowhere.

use super::endpoints::Place;
use super::{Answer, Call, Versioned, post, read_versioned};
use portico_api::key::{Key, KeyList, KeySlot, RevealedKey, RotateKey, RotatedKey, UpdateKey};
use portico_api::routes;
use serde_json::json;

/// The keys of an endpoint.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(place: &Place) -> Answer<Versioned<KeyList>> {
    let call = Call::new(&routes::KEYS, &place.values());
    read_versioned(call.send().await?)
}

/// Changes a slot's newest key.
///
/// # Errors
/// [`super::ClientError`]; *precondition_failed* when `etag` is no longer the keys' state.
pub async fn update(
    place: &Place,
    slot: KeySlot,
    body: &UpdateKey,
    etag: &str,
) -> Answer<Versioned<Key>> {
    let call = Call::new(&routes::UPDATE_KEY, &place.with(slot.as_str()))
        .json(body)?
        .if_match(etag);
    read_versioned(call.send().await?)
}

/// Shows a key in clear.
///
/// # Errors
/// [`super::ClientError`]; *step_up_required* and *not_revealable* among them.
pub async fn reveal(place: &Place, slot: KeySlot) -> Answer<RevealedKey> {
    post(&routes::REVEAL_KEY, &place.with(slot.as_str()), &json!({})).await
}

/// Rotates a slot. The same `idempotency_key` again rotates nothing and leaves the value out.
///
/// # Errors
/// [`super::ClientError`]; *step_up_required* among them.
pub async fn rotate(
    place: &Place,
    slot: KeySlot,
    body: &RotateKey,
    idempotency_key: &str,
) -> Answer<RotatedKey> {
    let call = Call::new(&routes::ROTATE_KEY, &place.with(slot.as_str()))
        .json(body)?
        .idempotency_key(idempotency_key);
    super::read(&call.send().await?)
}

/// Lets the slot's old key live on for so many seconds from now; 0 ends its grace.
///
/// # Errors
/// [`super::ClientError`].
pub async fn change_grace(place: &Place, slot: KeySlot, seconds: u32) -> Answer<()> {
    let (route, body) = match seconds {
        0 => (&routes::END_GRACE, json!({})),
        _ => (&routes::EXTEND_GRACE, json!({"grace_seconds": seconds})),
    };
    Call::new(route, &place.with(slot.as_str()))
        .json(&body)?
        .send()
        .await?;
    Ok(())
}
