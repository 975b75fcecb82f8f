//! Versions of a service: read, and checked again on the engine that runs now. What a version is never
//! changes. A customer's people read no publisher's name, and the sample rows where their endpoints show them.

use super::extract::{self, PageWish, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::versions as acts;
use crate::app::App;
use crate::error::Error;
use crate::store::revisions::PUBLISHER;
use crate::store::services::Viewer;
use crate::store::{endpoints, services};
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
    let mut page = wish.page(found, |version| (version.number.to_string(), String::new()));
    for version in &mut page.items {
        version.published_by = published_by(&caller, std::mem::take(&mut version.published_by));
    }
    Ok(Json(page))
}

/// Who published a version, as this caller reads it.
fn published_by(caller: &Caller, name: String) -> String {
    match caller.viewer() {
        Viewer::All => name,
        Viewer::Granted(_) => PUBLISHER.to_owned(),
    }
}

async fn get(State(app): State<App>, caller: Caller, place: Place) -> Result<Json<Version>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let number = place.version.ok_or(Error::NotFound)?;
    let pool = app.store.read();
    let version = services::version(pool, &service.id, number).await?;
    let mut version = version.ok_or(Error::NotFound)?;
    version.published_by = published_by(&caller, version.published_by);
    if !endpoints::shows_samples(pool, &service.id, caller.viewer()).await? {
        version.samples.clear();
    }
    Ok(Json(version))
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
