//! Calls about drafts: what was uploaded to become a version.

use super::upload::Progress;
use super::{Answer, Call, Versioned, get_page, post, read_versioned};
use portico_api::draft::{Draft, Preview, PublishDraft, PublishedDraft, UpdateDraft};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use serde_json::json;
use web_sys::File;

/// What stands in place of a service's id where a new service is made.
const NEW: &str = "none";

/// Uploads an ONNX file or a package. `svc` is the service whose next version it is to be; without one
/// it makes a new service. `progress` hears how much of the file has gone.
///
/// # Errors
/// [`super::ClientError`]; *too_large* and *invalid* among them.
pub async fn create(
    ws: &WorkspaceId,
    svc: Option<&ServiceId>,
    file: &File,
    progress: impl Fn(Progress) + 'static,
) -> Answer<Versioned<Draft>> {
    let mut call = Call::new(&routes::CREATE_DRAFT, &[ws.as_str()]);
    call.query("file", &file.name());
    call.query("service", svc.map_or(NEW, ServiceId::as_str));
    read_versioned(call.send_file(file, progress).await?)
}

/// A page of a workspace's drafts, newest first.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(ws: &WorkspaceId, page: &PageQuery) -> Answer<Page<Draft>> {
    get_page(&routes::DRAFTS, &[ws.as_str()], page).await
}

/// One draft.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(ws: &WorkspaceId, draft: &str) -> Answer<Versioned<Draft>> {
    let call = Call::new(&routes::DRAFT, &[ws.as_str(), draft]);
    read_versioned(call.send().await?)
}

/// Changes what a draft says of itself.
///
/// # Errors
/// [`super::ClientError`]; *invalid* names each field with what is wrong; *precondition_failed* when
/// `etag` is no longer its state.
pub async fn update(
    ws: &WorkspaceId,
    draft: &str,
    body: &UpdateDraft,
    etag: &str,
) -> Answer<Versioned<Draft>> {
    let call = Call::new(&routes::UPDATE_DRAFT, &[ws.as_str(), draft])
        .json(body)?
        .if_match(etag);
    read_versioned(call.send().await?)
}

/// Throws a draft away.
///
/// # Errors
/// [`super::ClientError`].
pub async fn delete(ws: &WorkspaceId, draft: &str, etag: &str) -> Answer<()> {
    Call::new(&routes::DELETE_DRAFT, &[ws.as_str(), draft])
        .if_match(etag)
        .send()
        .await?;
    Ok(())
}

/// Scores the sample rows of a draft.
///
/// # Errors
/// [`super::ClientError`]; the engine's reason among them.
pub async fn preview(ws: &WorkspaceId, draft: &str) -> Answer<Preview> {
    let values = [ws.as_str(), draft];
    post(&routes::PREVIEW_DRAFT, &values, &json!({})).await
}

/// Makes a draft the next version of its service, or the first of a new one.
///
/// # Errors
/// [`super::ClientError`].
pub async fn publish(ws: &WorkspaceId, draft: &str, body: &PublishDraft) -> Answer<PublishedDraft> {
    post(&routes::PUBLISH_DRAFT, &[ws.as_str(), draft], body).await
}
