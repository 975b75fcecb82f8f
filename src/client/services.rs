//! Calls about web services.

use super::{Answer, Call, Versioned, get_page, read_versioned};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use portico_api::service::Service;

/// A page of a workspace's services.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(ws: &WorkspaceId, page: &PageQuery) -> Answer<Page<Service>> {
    get_page(&routes::SERVICES, &[ws.as_str()], page).await
}

/// One service.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(ws: &WorkspaceId, svc: &ServiceId) -> Answer<Versioned<Service>> {
    let call = Call::new(&routes::SERVICE, &[ws.as_str(), svc.as_str()]);
    read_versioned(call.send().await?)
}
