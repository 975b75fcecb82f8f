//! Usage of an endpoint.

use super::extract::{Place, Query};
use super::router::Registrar;
use crate::access::Caller;
use crate::app::App;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::store::usage;
use crate::usage::report;
use axum::Json;
use axum::extract::State;
use portico_api::routes;
use portico_api::usage::{Usage, UsageQuery};

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::USAGE, get);
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    Query(query): Query<UsageQuery>,
) -> Result<Json<Usage>, Error> {
    let endpoint = super::endpoints::find(&app, &caller, &place).await?;
    app.flush_usage().await?;
    let now = app.clock.now();
    let minutes = usage::since(
        app.store.read(),
        &endpoint.id,
        report::first_minute(query.range, now),
    )
    .await?;
    Ok(Json(report::report(
        minutes,
        query.range,
        now,
        on_the_wire,
    )?))
}
