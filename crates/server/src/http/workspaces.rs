//! Workspaces.

use super::extract::{Body, IdempotencyKey, IfMatch, PageWish, Place, Tagged};
use super::router::Registrar;
use crate::access::{Caller, CallerKind};
use crate::acts::{Made, workspaces as acts};
use crate::app::App;
use crate::error::Error;
use crate::store::workspaces::{self, Stored};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use portico_api::page::Page;
use portico_api::routes;
use portico_api::workspace::{CreateWorkspace, UpdateWorkspace, Workspace};

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::WORKSPACES, list);
    api.add(&routes::CREATE_WORKSPACE, create);
    api.add(&routes::WORKSPACE, get);
    api.add(&routes::UPDATE_WORKSPACE, update);
    api.add(&routes::DELETE_WORKSPACE, delete);
}

/// The workspace of a path as the caller sees it.
pub(super) async fn find(app: &App, caller: &Caller, place: &Place) -> Result<Stored, Error> {
    let person = match &caller.kind {
        CallerKind::Person { id, .. } => Some(id),
        CallerKind::Anonymous | CallerKind::Token { .. } => None,
    };
    let mut found = workspaces::find(app.store.read(), place.ws()?, person)
        .await?
        .ok_or(Error::NotFound)?;
    in_force(app, &mut found.workspace);
    if matches!(caller.kind, CallerKind::Token { .. }) {
        found.workspace.role = caller.role;
    }
    Ok(found)
}

/// Shows the limits that calls meet: the operator of the server may allow less than the owner.
fn in_force(app: &App, workspace: &mut Workspace) {
    let (bytes, time) = (app.settings.call_bytes, app.settings.call_timeout);
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let seconds = u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
    workspace.max_call_bytes = workspace.max_call_bytes.min(bytes);
    workspace.call_timeout_seconds = workspace.call_timeout_seconds.min(seconds);
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    wish: PageWish,
) -> Result<Json<Page<Workspace>>, Error> {
    let (id, administrator) = match &caller.kind {
        CallerKind::Person {
            id, administrator, ..
        } => (id, *administrator),
        CallerKind::Token { workspace, .. } => {
            let place = Place {
                workspace: Some(workspace.clone()),
                ..Place::default()
            };
            let own = find(&app, &caller, &place).await?;
            return Ok(Json(Page {
                items: vec![own.workspace],
                next_page_token: None,
            }));
        }
        CallerKind::Anonymous => return Err(Error::Unauthenticated),
    };
    let mut found = workspaces::list(
        app.store.read(),
        id,
        administrator,
        wish.after.as_ref(),
        wish.fetch(),
    )
    .await?;
    found
        .iter_mut()
        .for_each(|workspace| in_force(&app, workspace));
    Ok(Json(wish.page(found, |workspace| {
        (workspace.name.clone(), workspace.id.to_string())
    })))
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Body<CreateWorkspace>,
) -> Result<Response, Error> {
    let once = key.once(
        caller.who.label(),
        &routes::CREATE_WORKSPACE,
        "",
        body.digest,
    );
    let made = acts::create(
        &app,
        &caller.who,
        &body.value,
        caller.person().ok(),
        once.as_ref(),
    )
    .await?;
    let (status, id) = match made {
        Made::New((id, _)) => (StatusCode::CREATED, id),
        Made::Before((id, _)) => (StatusCode::OK, id),
    };
    let location = routes::WORKSPACE.at(&[id.as_str()]);
    let place = Place {
        workspace: Some(id),
        ..Place::default()
    };
    let stored = find(&app, &caller, &place).await?;
    let tagged = Tagged {
        value: stored.workspace,
        row_version: stored.row_version,
    };
    Ok((status, [(header::LOCATION, location)], tagged).into_response())
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    place: Place,
) -> Result<Tagged<Workspace>, Error> {
    let stored = find(&app, &caller, &place).await?;
    Ok(Tagged {
        value: stored.workspace,
        row_version: stored.row_version,
    })
}

async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
    body: Body<UpdateWorkspace>,
) -> Result<Tagged<Workspace>, Error> {
    let present = find(&app, &caller, &place).await?;
    if_match.check(present.row_version)?;
    acts::update(&app, &caller.who, &present, &body.value).await?;
    get(State(app), caller, place).await
}

async fn delete(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
) -> Result<StatusCode, Error> {
    let present = find(&app, &caller, &place).await?;
    if_match.check(present.row_version)?;
    acts::delete(&app, &caller.who, &present).await?;
    Ok(StatusCode::NO_CONTENT)
}
