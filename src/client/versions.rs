//! Calls about a service's versions.

use super::{Answer, Call, get_page};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{Page, PageQuery};
use portico_api::rollout::UpdateVersion;
use portico_api::routes;
use portico_api::service::{Parity, Version, VersionSummary};
use serde_json::json;

/// A page of a service's versions, newest first.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(
    ws: &WorkspaceId,
    svc: &ServiceId,
    page: &PageQuery,
) -> Answer<Page<VersionSummary>> {
    get_page(&routes::VERSIONS, &[ws.as_str(), svc.as_str()], page).await
}

/// One version with its schema, stages and samples.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(ws: &WorkspaceId, svc: &ServiceId, number: u32) -> Answer<Version> {
    let number = number.to_string();
    super::get(&routes::VERSION, &[ws.as_str(), svc.as_str(), &number]).await
}

/// Scores a version's sample rows again, on the engine that runs now.
///
/// # Errors
/// [`super::ClientError`].
pub async fn check(ws: &WorkspaceId, svc: &ServiceId, number: u32) -> Answer<Parity> {
    let number = number.to_string();
    let values = [ws.as_str(), svc.as_str(), &number];
    super::post(&routes::CHECK_VERSION, &values, &json!({})).await
}

/// Changes what customers hear of a version.
///
/// # Errors
/// [`super::ClientError`].
pub async fn update(
    ws: &WorkspaceId,
    svc: &ServiceId,
    number: u32,
    body: &UpdateVersion,
) -> Answer<()> {
    let number = number.to_string();
    let values = [ws.as_str(), svc.as_str(), &number];
    Call::new(&routes::UPDATE_VERSION, &values)
        .json(body)?
        .send()
        .await?;
    Ok(())
}
