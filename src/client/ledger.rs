//! Calls about which endpoint of a service runs which models.

use super::{Answer, get_page};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use portico_api::update::LedgerLine;

/// A page of a service's ledger: `default` first, then by name.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(ws: &WorkspaceId, svc: &ServiceId, page: &PageQuery) -> Answer<Page<LedgerLine>> {
    get_page(&routes::LEDGER, &[ws.as_str(), svc.as_str()], page).await
}
