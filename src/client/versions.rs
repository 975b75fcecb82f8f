//! Calls about a service's versions.

use super::{Answer, get_page};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use portico_api::service::{Version, VersionSummary};

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
