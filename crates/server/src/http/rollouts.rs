//! Staged rollouts of endpoints.

use super::endpoints::{find, shown};
use super::extract::{Body, IfMatch, Place, Tagged};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::rollouts as acts;
use crate::app::App;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::rollout::{bins, counted};
use crate::store::endpoints::Stored;
use crate::store::{rollouts, services};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::endpoint::Endpoint;
use portico_api::rollout::{Rollout, StartRollout, UpdateRollout};
use portico_api::routes;

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::ROLLOUT, get);
    api.add(&routes::START_ROLLOUT, start);
    api.add(&routes::UPDATE_ROLLOUT, update);
    api.add(&routes::END_ROLLOUT, end);
    api.add(&routes::PROMOTE, promote);
}

/// The rollout of an endpoint.
async fn running(app: &App, endpoint: &Stored) -> Result<rollouts::Stored, Error> {
    let mut conn = app.store.read().acquire().await?;
    let found = rollouts::find(&mut conn, &endpoint.id).await?;
    found.ok_or(Error::NotFound)
}

async fn report(app: &App, endpoint: &Stored) -> Result<Tagged<Rollout>, Error> {
    app.flush_usage().await?;
    let rollout = running(app, endpoint).await?;
    let (tally, actor) = {
        let mut conn = app.store.read().acquire().await?;
        let tally = rollouts::tally(&mut conn, &rollout.id).await?;
        (tally, rollouts::actor(&mut conn, &rollout.actor).await?)
    };
    let served = services::version(app.store.read(), &endpoint.service_id, endpoint.version);
    let schema = served.await?.ok_or(Error::NotFound)?.schema;
    let column = counted(&schema).map(|at| schema.outputs[at].column.clone());
    Ok(Tagged {
        row_version: rollout.row_version,
        value: Rollout {
            share_percent: rollout.share_percent,
            shadow: rollout.shadow,
            started_at: on_the_wire(rollout.started_at),
            actor,
            current: tally.current.report(endpoint.version),
            candidate: tally.candidate.report(rollout.version),
            column: column.unwrap_or_default(),
            scores: bins::shown(&tally.current.bins, &tally.candidate.bins),
            compared_rows: tally.candidate.compared,
            different_rows: tally.candidate.different,
        },
    })
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Rollout>, Error> {
    report(&app, &find(&app, &caller, &place).await?).await
}

async fn start(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<StartRollout>,
) -> Result<Response, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    acts::start(&app, &caller.who, &endpoint.id, &body.value).await?;
    let path = routes::ROLLOUT.at(&[
        place.ws()?.as_str(),
        place.svc()?.as_str(),
        place.name()?.as_str(),
    ]);
    let started = report(&app, &endpoint).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, path)], started).into_response())
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
    body: Body<UpdateRollout>,
) -> Result<Tagged<Rollout>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let present = running(&app, &endpoint).await?;
    if_match.check(present.row_version)?;
    acts::change(&app, &caller.who, &endpoint, &present, &body.value).await?;
    report(&app, &endpoint).await
}

async fn end(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
) -> Result<StatusCode, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let present = running(&app, &endpoint).await?;
    if_match.check(present.row_version)?;
    acts::end(&app, &caller.who, &endpoint, &present).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn promote(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Endpoint>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    acts::promote(&app, &caller.who, &endpoint.id).await?;
    let stored = find(&app, &caller, &place).await?;
    Ok(Tagged {
        row_version: stored.row_version,
        value: shown(&app, stored),
    })
}
