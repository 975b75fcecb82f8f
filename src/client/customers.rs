//! Calls about a workspace's customers.

use super::{Answer, get_page};
use portico_api::customer::Customer;
use portico_api::id::WorkspaceId;
use portico_api::page::{Page, PageQuery};
use portico_api::routes;

/// A page of a workspace's customers.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(ws: &WorkspaceId, page: &PageQuery) -> Answer<Page<Customer>> {
    get_page(&routes::CUSTOMERS, &[ws.as_str()], page).await
}
