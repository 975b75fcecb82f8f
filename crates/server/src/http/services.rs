//! Web services.

use super::extract::{Body, IfMatch, PageWish, Place, Tagged};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::services as acts;
use crate::app::App;
use crate::classic;
use crate::error::Error;
use crate::store::services::{self, Stored};
use crate::store::usage;
use crate::usage::report;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use portico_api::page::Page;
use portico_api::routes;
use portico_api::service::{Service, UpdateService};
use portico_api::usage::UsageRange;

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::SERVICES, list);
    api.add(&routes::SERVICE, get);
    api.add(&routes::UPDATE_SERVICE, update);
    api.add(&routes::DELETE_SERVICE, delete);
}

/// The service of a path, if the caller can see it.
pub(super) async fn find(app: &App, caller: &Caller, place: &Place) -> Result<Stored, Error> {
    let found =
        services::find(app.store.read(), place.ws()?, place.svc()?, caller.viewer()).await?;
    found.ok_or(Error::NotFound)
}

/// Adds what the database does not know: where endpoints are called, how fast they are.
async fn shown(app: &App, mut service: Service) -> Result<Service, Error> {
    let now = app.clock.now();
    let from = report::first_minute(UsageRange::Day, now);
    let minutes = usage::of_service(app.store.read(), &service.id, from).await?;
    let day = report::report(minutes, UsageRange::Day, now, crate::clock::on_the_wire)?;
    service.latency_ms = day.total.p50_ms;
    service.endpoint_url_template = classic::execute_url(
        &app.settings.public_url,
        service.workspace_id.as_str(),
        "{endpoint_id}",
    );
    Ok(service)
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<Service>>, Error> {
    let found = services::list(
        app.store.read(),
        place.ws()?,
        caller.viewer(),
        wish.after.as_ref(),
        wish.fetch(),
    )
    .await?;
    let page = wish.page(found, |service| {
        (service.name.clone(), service.id.to_string())
    });
    let mut items = Vec::with_capacity(page.items.len());
    for service in page.items {
        items.push(shown(&app, service).await?);
    }
    Ok(Json(Page {
        items,
        next_page_token: page.next_page_token,
    }))
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Service>, Error> {
    let stored = find(&app, &caller, &place).await?;
    Ok(Tagged {
        value: shown(&app, stored.service).await?,
        row_version: stored.row_version,
    })
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
    body: Body<UpdateService>,
) -> Result<Tagged<Service>, Error> {
    let present = find(&app, &caller, &place).await?;
    if_match.check(present.row_version)?;
    acts::update(&app, &caller.who, &present, &body.value).await?;
    get(State(app), caller, place).await
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
) -> Result<StatusCode, Error> {
    let present = find(&app, &caller, &place).await?;
    if_match.check(present.row_version)?;
    acts::delete(&app, &caller.who, &present).await?;
    Ok(StatusCode::NO_CONTENT)
}
