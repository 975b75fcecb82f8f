//! Tokens of a workspace, for scripts and for classic's management wire. Plaintext stands in the answers
//! to rotate and reveal alone.

use super::extract::{Body, IdempotencyKey, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::tokens as acts;
use crate::app::App;
use crate::error::Error;
use axum::Json;
use axum::extract::State;
use portico_api::key::{KeyList, RevealedKey, RotateKey, RotatedKey};
use portico_api::routes;

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::TOKENS, list);
    api.add(&routes::REVEAL_TOKEN, reveal);
    api.add(&routes::ROTATE_TOKEN, rotate);
    api.add(&routes::END_TOKEN_GRACE, end_grace);
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<KeyList>, Error> {
    super::workspaces::find(&app, &caller, &place).await?;
    let items = acts::list(&app, place.ws()?).await?;
    Ok(Json(KeyList { items }))
}

async fn reveal(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<RevealedKey>, Error> {
    super::workspaces::find(&app, &caller, &place).await?;
    caller.must_be_fresh(app.clock.now())?;
    let plain = acts::reveal(&app, &caller.who, place.ws()?, place.slot()?).await?;
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
    super::workspaces::find(&app, &caller, &place).await?;
    caller.must_be_fresh(app.clock.now())?;
    let (workspace, slot) = (place.ws()?, place.slot()?);
    let path = format!("{workspace}/{}", slot.as_str());
    let once = key.once(
        caller.who.label(),
        &routes::ROTATE_TOKEN,
        &path,
        body.digest,
    );
    let (key, plain) = acts::rotate(
        &app,
        &caller.who,
        workspace,
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
    super::workspaces::find(&app, &caller, &place).await?;
    let workspace = place.ws()?;
    acts::end_grace(&app, &caller.who, workspace, place.slot()?).await?;
    let items = acts::list(&app, workspace).await?;
    Ok(Json(KeyList { items }))
}
