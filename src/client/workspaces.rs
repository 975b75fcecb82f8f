//! Calls about workspaces.

use super::{Answer, Call, Versioned, get_page, read_versioned};
use portico_api::id::WorkspaceId;
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use portico_api::workspace::{CreateWorkspace, Workspace};

/// A page of the workspaces that the signed-in person can see.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(page: &PageQuery) -> Answer<Page<Workspace>> {
    get_page(&routes::WORKSPACES, &[], page).await
}

/// One workspace.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(ws: &WorkspaceId) -> Answer<Versioned<Workspace>> {
    read_versioned(Call::new(&routes::WORKSPACE, &[ws.as_str()]).send().await?)
}

/// Makes a workspace. The same `idempotency_key` again makes no second one.
///
/// # Errors
/// [`super::ClientError`].
pub async fn create(body: &CreateWorkspace, idempotency_key: &str) -> Answer<Versioned<Workspace>> {
    let call = Call::new(&routes::CREATE_WORKSPACE, &[])
        .json(body)?
        .idempotency_key(idempotency_key);
    read_versioned(call.send().await?)
}
