//! Versions of a service: read, and checked again on the engine that runs now. A version never changes.

use super::extract::{self, PageWish, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::versions as acts;
use crate::app::App;
use crate::error::Error;
use crate::store::services;
use axum::Json;
use axum::extract::State;
use portico_api::page::Page;
use portico_api::routes;
use portico_api::service::{Parity, Version, VersionSummary};

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::VERSIONS, list);
    api.add(&routes::VERSION, get);
    api.add(&routes::CHECK_VERSION, check);
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<VersionSummary>>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let below = wish
        .after
        .as_ref()
        .map(|(number, _)| number.parse().map_err(|_| extract::foreign_token()))
        .transpose()?;
    let found = services::versions(
        app.store.read(),
        &service.id,
        caller.viewer(),
        below,
        wish.fetch(),
    )
    .await?;
    Ok(Json(wish.page(found, |version| {
        (version.number.to_string(), String::new())
    })))
}

async fn get(State(app): State<App>, caller: Caller, place: Place) -> Result<Json<Version>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let number = place.version.ok_or(Error::NotFound)?;
    let version = services::version(app.store.read(), &service.id, number).await?;
    version.map(Json).ok_or(Error::NotFound)
}

async fn check(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<Parity>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let number = place.version.ok_or(Error::NotFound)?;
    let workspace = &service.workspace_id;
    let parity = acts::check(&app, &caller.who, workspace, &service.id, number).await?;
    Ok(Json(parity))
}
