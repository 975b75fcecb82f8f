//! Revisions of an endpoint: listed, and brought back.

use super::endpoints::find;
use super::extract::{self, PageWish, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::revisions as acts;
use crate::app::App;
use crate::error::Error;
use crate::store::revisions;
use axum::Json;
use axum::extract::State;
use portico_api::page::Page;
use portico_api::routes;
use portico_api::update::Revision;

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::REVISIONS, list);
    api.add(&routes::ROLL_BACK, restore);
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<Revision>>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let below = wish
        .after
        .as_ref()
        .map(|(number, _)| number.parse().map_err(|_| extract::foreign_token()))
        .transpose()?;
    let pool = app.store.read();
    let found = revisions::list(pool, &endpoint.id, caller.viewer(), below, wish.fetch()).await?;
    Ok(Json(wish.page(found, |revision| {
        (revision.number.to_string(), String::new())
    })))
}

/// Brings a revision back as a new one, and answers the revision that is in force then.
async fn restore(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Json<Revision>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let number = place.version.ok_or(Error::NotFound)?;
    let now = acts::restore(&app, &caller.who, &endpoint.id, number).await?;
    let pool = app.store.read();
    let below = Some(now.saturating_add(1));
    let found = revisions::list(pool, &endpoint.id, caller.viewer(), below, 1).await?;
    found.into_iter().next().map(Json).ok_or(Error::NotFound)
}
