//! The ledger of a service.

use super::extract::{PageWish, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::app::App;
use crate::error::Error;
use crate::store::ledger;
use axum::Json;
use axum::extract::State;
use portico_api::page::Page;
use portico_api::routes;
use portico_api::update::LedgerLine;

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::LEDGER, list);
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<LedgerLine>>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let pool = app.store.read();
    let found = ledger::list(pool, &service.id, wish.after.as_ref(), wish.fetch()).await?;
    Ok(Json(wish.page(found, |line| {
        let rank = u8::from(!line.is_default);
        (rank.to_string(), line.name.to_string())
    })))
}
