//! The call that makes many endpoints.

use super::{Answer, post};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::routes;
use portico_api::update::{CreateMany, CreatedMany};

/// Makes at most 1,000 endpoints, or says what would be made. Running again makes nothing twice.
///
/// # Errors
/// [`super::ClientError`]; what is wrong with a row stands in the answer.
pub async fn create(ws: &WorkspaceId, svc: &ServiceId, body: &CreateMany) -> Answer<CreatedMany> {
    post(&routes::CREATE_MANY, &[ws.as_str(), svc.as_str()], body).await
}
