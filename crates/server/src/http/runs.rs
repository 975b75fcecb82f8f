//! Runs over many endpoints of a service.

use super::extract::{Body, IdempotencyKey, PageWish, Place, foreign_token};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::Made;
use crate::acts::runs::{self as acts, Home};
use crate::app::App;
use crate::error::Error;
use crate::store::runs;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::page::Page;
use portico_api::routes;
use portico_api::service::Service;
use portico_api::update::{Run, RunLine, RunPlan, StartRun};

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::PLAN_RUN, plan);
    api.add(&routes::START_RUN, start);
    api.add_queried(&routes::RUNS, list);
    api.add(&routes::RUN, get);
    api.add_queried(&routes::RUN_LINES, lines);
    api.add(&routes::CANCEL_RUN, cancel);
}

fn home(service: &Service) -> Home<'_> {
    Home {
        workspace: &service.workspace_id,
        service: &service.id,
    }
}

async fn find(app: &App, caller: &Caller, place: &Place) -> Result<(Service, Run), Error> {
    let service = super::services::find(app, caller, place).await?.service;
    let mut conn = app.store.read().acquire().await?;
    let run = runs::find(&mut conn, &service.id, place.run()?).await?;
    run.map(|run| (service, run)).ok_or(Error::NotFound)
}

/// Shows what a run would do; changes nothing.
async fn plan(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<StartRun>,
) -> Result<Json<RunPlan>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let plan = acts::plan(&app, home(&service), &body.value).await?;
    Ok(Json(plan))
}

/// Starts a run, which goes on by itself.
async fn start(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    key: IdempotencyKey,
    body: Body<StartRun>,
) -> Result<Response, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let once = key.once(
        caller.who.label(),
        &routes::START_RUN,
        service.id.as_str(),
        body.digest,
    );
    let home = home(&service);
    let made = acts::start(&app, &caller.who, home, &body.value, once.as_ref()).await?;
    let (Made::New(id) | Made::Before(id)) = made;
    let run = {
        let mut conn = app.store.read().acquire().await?;
        runs::find(&mut conn, &service.id, &id).await?
    };
    let run = run.ok_or(Error::NotFound)?;
    let path = routes::RUN.at(&[service.workspace_id.as_str(), service.id.as_str(), &id]);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, path)], Json(run)).into_response())
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<Run>>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let after = wish
        .after
        .as_ref()
        .map(|(started, id)| started.parse().map(|started| (started, id.as_str())))
        .transpose()
        .map_err(|_| foreign_token())?;
    let found = runs::list(app.store.read(), &service.id, after, wish.fetch()).await?;
    let page = wish.page(found, |(run, started)| {
        (started.to_string(), run.id.clone())
    });
    Ok(Json(Page {
        items: page.items.into_iter().map(|(run, _)| run).collect(),
        next_page_token: page.next_page_token,
    }))
}

async fn get(State(app): State<App>, caller: Caller, place: Place) -> Result<Json<Run>, Error> {
    let (_, run) = find(&app, &caller, &place).await?;
    Ok(Json(run))
}

async fn lines(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<RunLine>>, Error> {
    let (_, run) = find(&app, &caller, &place).await?;
    let after = wish.after.as_ref().map(|(name, _)| name.as_str());
    let found = runs::lines(app.store.read(), &run.id, after, wish.fetch()).await?;
    Ok(Json(wish.page(found, |line| {
        (line.endpoint.to_string(), String::new())
    })))
}

/// Breaks a run off; what was done stays done.
async fn cancel(State(app): State<App>, caller: Caller, place: Place) -> Result<Json<Run>, Error> {
    let (service, run) = find(&app, &caller, &place).await?;
    let run = acts::cancel(&app, &caller.who, home(&service), &run.id).await?;
    Ok(Json(run))
}
