//! Keys of an endpoint. Plaintext stands in the answers to rotate and reveal alone (and to create).

use super::extract::{Body, IdempotencyKey, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::{grace, keys as acts};
use crate::app::App;
use crate::error::Error;
use axum::Json;
use axum::extract::State;
use portico_api::key::{ExtendGrace, Key, KeyList, RevealedKey, RotateKey, RotatedKey, UpdateKey};
use portico_api::routes;

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::KEYS, list);
    api.add(&routes::UPDATE_KEY, update);
    api.add(&routes::REVEAL_KEY, reveal);
    api.add(&routes::ROTATE_KEY, rotate);
    api.add(&routes::END_GRACE, end_grace);
    api.add(&routes::EXTEND_GRACE, extend_grace);
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<KeyList>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    Ok(Json(KeyList {
        items: acts::list(&app, &endpoint.id).await?,
    }))
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<UpdateKey>,
) -> Result<Json<Key>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    Ok(Json(
        acts::update(&app, &caller.who, &endpoint, place.slot()?, &body.value).await?,
    ))
}

async fn reveal(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<RevealedKey>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    caller.must_be_fresh(app.clock.now())?;
    let plain = acts::reveal(&app, &caller.who, &endpoint, place.slot()?).await?;
    Ok(Json(RevealedKey {
        value: plain.expose().to_owned(),
    }))
}

async fn rotate(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    key: IdempotencyKey,
    body: Body<RotateKey>,
) -> Result<Json<RotatedKey>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    caller.must_be_fresh(app.clock.now())?;
    let slot = place.slot()?;
    let path = format!("{}/{}", endpoint.id, slot.as_str());
    let once = key.once(caller.who.label(), &routes::ROTATE_KEY, &path, body.digest);
    let (key, plain) = acts::rotate(
        &app,
        &caller.who,
        &endpoint,
        slot,
        body.value.grace_seconds,
        once.as_ref(),
    )
    .await?;
    Ok(Json(RotatedKey {
        key,
        value: plain.map(|plain| plain.expose().to_owned()),
    }))
}

async fn end_grace(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<KeyList>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    acts::end_grace(&app, &caller.who, &endpoint, place.slot()?).await?;
    Ok(Json(KeyList {
        items: acts::list(&app, &endpoint.id).await?,
    }))
}

async fn extend_grace(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<ExtendGrace>,
) -> Result<Json<KeyList>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    let (slot, seconds) = (place.slot()?, body.value.grace_seconds);
    grace::extend(&app, &caller.who, &endpoint, slot, seconds).await?;
    Ok(Json(KeyList {
        items: acts::list(&app, &endpoint.id).await?,
    }))
}
