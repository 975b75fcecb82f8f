//! Drafts of versions.

use super::extract::{self, Body, IdempotencyKey, IfMatch, PageWish, Place, Query, Tagged};
use super::receive::receive;
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::Made;
use crate::acts::drafts::{self as acts, Upload, Wish};
use crate::app::App;
use crate::error::Error;
use crate::package::MODEL_BYTES;
use crate::store::drafts::{self, Stored};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::draft::{Draft, Preview, PublishDraft, PublishedDraft, UpdateDraft};
use portico_api::id::{DraftId, ServiceId};
use portico_api::page::Page;
use portico_api::routes;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long an upload may take in all.
const UPLOAD_TIME: Duration = Duration::from_secs(3600);
/// The longest name of a file, in characters.
const FILE_NAME_MAX: usize = 255;
/// What stands in place of a service's id where a new service is wanted.
const NEW: &str = "none";

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::CREATE_DRAFT, create);
    api.add_queried(&routes::DRAFTS, list);
    api.add(&routes::DRAFT, get);
    api.add(&routes::UPDATE_DRAFT, update);
    api.add(&routes::DELETE_DRAFT, delete);
    api.add(&routes::PREVIEW_DRAFT, preview);
    api.add(&routes::PUBLISH_DRAFT, publish);
}

async fn find(app: &App, place: &Place) -> Result<Stored, Error> {
    let id = place.draft.as_ref().ok_or(Error::NotFound)?;
    let found = drafts::find(app.store.read(), place.ws()?, id).await?;
    found.ok_or(Error::NotFound)
}

async fn tagged(app: &App, stored: &Stored) -> Result<Tagged<Draft>, Error> {
    Ok(Tagged {
        value: acts::shown(app, stored).await?,
        row_version: stored.row_version,
    })
}

/// What an upload says of itself beside its bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadQuery {
    file: String,
    service: Option<String>,
}

impl UploadQuery {
    fn file(&self) -> Result<(), Error> {
        let name = &self.file;
        let wrong = |words: String| Err(Error::field("/file", "file_name", words));
        if name.trim().is_empty() || name.chars().count() > FILE_NAME_MAX {
            return wrong(format!(
                "A file's name has 1 to {FILE_NAME_MAX} characters."
            ));
        }
        if name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\'))
        {
            return wrong("A file's name has no slashes and no control characters.".to_owned());
        }
        Ok(())
    }

    fn wish(&self) -> Result<Wish, Error> {
        match self.service.as_deref() {
            None => Ok(Wish::Named),
            Some(NEW) => Ok(Wish::New),
            Some(id) => ServiceId::parse(id).map(Wish::Next).map_err(|_| {
                let words = "Name a service by its id, or “none” for a new one.";
                Error::field("/service", "service_unknown", words)
            }),
        }
    }
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    Query(query): Query<UploadQuery>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Error> {
    let workspace = place.ws()?;
    query.file()?;
    let wish = query.wish()?;
    // Before the bytes come: a person need not send them all to hear that there is no such service.
    if let Wish::Next(id) = &wish {
        acts::service(&app, workspace, id).await?;
    }
    let aside = DraftId::from_bytes(app.entropy.bytes()?);
    let received = receive(
        &app.area,
        aside.as_str(),
        request.into_body(),
        MODEL_BYTES,
        UPLOAD_TIME,
    )
    .await?;
    let mut digest = Sha256::new();
    for part in [
        query.file.as_str(),
        "\0",
        query.service.as_deref().unwrap_or_default(),
        "\0",
        &received.sha256,
    ] {
        digest.update(part);
    }
    let once = key.once(
        caller.who.label(),
        &routes::CREATE_DRAFT,
        workspace.as_str(),
        digest.finalize().into(),
    );
    let upload = Upload {
        file: query.file,
        wish,
        aside: received.aside,
        sha256: received.sha256,
        bytes: received.bytes,
    };
    let (status, id) =
        match acts::create(&app, &caller.who, workspace, upload, once.as_ref()).await? {
            Made::New(id) => (StatusCode::CREATED, id),
            Made::Before(id) => (StatusCode::OK, id),
        };
    let stored = drafts::find(app.store.read(), workspace, &id).await?;
    let stored = stored.ok_or(Error::NotFound)?;
    let location = routes::DRAFT.at(&[workspace.as_str(), id.as_str()]);
    let answer = tagged(&app, &stored).await?;
    Ok((status, [(header::LOCATION, location)], answer).into_response())
}

async fn list(
    State(app): State<App>,
    place: Place,
    wish: PageWish,
) -> Result<Json<Page<Draft>>, Error> {
    let after = match &wish.after {
        Some((moment, id)) => {
            let moment = moment.parse().map_err(|_| extract::foreign_token())?;
            Some((moment, id.as_str()))
        }
        None => None,
    };
    let found = drafts::list(app.store.read(), place.ws()?, after, wish.fetch()).await?;
    let page = wish.page(found, |draft| {
        (draft.created_at.to_string(), draft.id.to_string())
    });
    let mut items = Vec::with_capacity(page.items.len());
    for stored in &page.items {
        items.push(acts::shown(&app, stored).await?);
    }
    Ok(Json(Page {
        items,
        next_page_token: page.next_page_token,
    }))
}

async fn get(State(app): State<App>, place: Place) -> Result<Tagged<Draft>, Error> {
    let stored = find(&app, &place).await?;
    tagged(&app, &stored).await
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
    body: Body<UpdateDraft>,
) -> Result<Tagged<Draft>, Error> {
    let present = find(&app, &place).await?;
    if_match.check(present.row_version)?;
    acts::change(&app, &caller.who, &present, &body.value).await?;
    get(State(app), place).await
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
) -> Result<StatusCode, Error> {
    let present = find(&app, &place).await?;
    if_match.check(present.row_version)?;
    acts::discard(&app, &caller.who, &present).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn preview(State(app): State<App>, place: Place) -> Result<Json<Preview>, Error> {
    let present = find(&app, &place).await?;
    Ok(Json(acts::preview(&app, &present).await?))
}

async fn publish(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<PublishDraft>,
) -> Result<(StatusCode, Json<PublishedDraft>), Error> {
    let present = find(&app, &place).await?;
    let published = acts::publish(&app, &caller.who, &present, &body.value).await?;
    Ok((StatusCode::CREATED, Json(published)))
}
