//! Calls about runs: one act over many endpoints of a service.

use super::{Answer, Call, get_page, post};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use portico_api::update::{Run, RunLine, RunPlan, StartRun};
use serde_json::json;

/// What a run would do to each endpoint.
///
/// # Errors
/// [`super::ClientError`].
pub async fn plan(ws: &WorkspaceId, svc: &ServiceId, body: &StartRun) -> Answer<RunPlan> {
    post(&routes::PLAN_RUN, &[ws.as_str(), svc.as_str()], body).await
}

/// Starts a run. The same `idempotency_key` again starts no second one.
///
/// # Errors
/// [`super::ClientError`].
pub async fn start(
    ws: &WorkspaceId,
    svc: &ServiceId,
    body: &StartRun,
    idempotency_key: &str,
) -> Answer<Run> {
    let call = Call::new(&routes::START_RUN, &[ws.as_str(), svc.as_str()])
        .json(body)?
        .idempotency_key(idempotency_key);
    super::read(&call.send().await?)
}

/// A page of a service's runs, newest first.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(ws: &WorkspaceId, svc: &ServiceId, page: &PageQuery) -> Answer<Page<Run>> {
    get_page(&routes::RUNS, &[ws.as_str(), svc.as_str()], page).await
}

/// How far a run is.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(ws: &WorkspaceId, svc: &ServiceId, run: &str) -> Answer<Run> {
    super::get(&routes::RUN, &[ws.as_str(), svc.as_str(), run]).await
}

/// A page of what a run did to each endpoint, by name.
///
/// # Errors
/// [`super::ClientError`].
pub async fn lines(
    ws: &WorkspaceId,
    svc: &ServiceId,
    run: &str,
    page: &PageQuery,
) -> Answer<Page<RunLine>> {
    get_page(&routes::RUN_LINES, &[ws.as_str(), svc.as_str(), run], page).await
}

/// Breaks a run off. What it did stays done.
///
/// # Errors
/// [`super::ClientError`].
pub async fn cancel(ws: &WorkspaceId, svc: &ServiceId, run: &str) -> Answer<()> {
    Call::new(&routes::CANCEL_RUN, &[ws.as_str(), svc.as_str(), run])
        .json(&json!({}))?
        .send()
        .await?;
    Ok(())
}
