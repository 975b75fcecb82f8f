//! Endpoints: listed, read, added, deleted.
//!
//! Keys are told to who adds an endpoint, once, as the REST API does; and an endpoint's key reads itself
//! back. `decryptSecrets=true` asks for more than a token may see and changes nothing: a token never shows a
//! key.

use super::body::{self, Fields};
use super::caller::Caller;
use super::error;
use super::show::{self, Keys};
use crate::acts::Made;
use crate::acts::endpoints::{self as acts, Home};
use crate::app::App;
use crate::classic::error::ClassicError;
use crate::clock::Micros;
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use crate::store::services::Viewer;
use crate::store::{models, workspaces};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use portico_api::endpoint::CreateEndpoint;
use portico_api::id::{EndpointId, ServiceId};
use portico_api::key::KeySlot;
use portico_api::name::EndpointName;
use portico_api::routes;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// All that a list holds; classic had no pages.
const ALL: u32 = u32::MAX >> 1;

/// The key that the request came with, in its slot.
fn own_key(caller: &Caller) -> Keys<'_> {
    match caller.own_key() {
        None => Keys::default(),
        Some((KeySlot::Primary, key)) => Keys {
            primary: Some(key),
            ..Keys::default()
        },
        Some((KeySlot::Secondary, key)) => Keys {
            secondary: Some(key),
            ..Keys::default()
        },
    }
}

async fn published(
    app: &App,
    caller: &Caller,
    service: &ServiceId,
) -> Result<BTreeMap<u32, Micros>, ClassicError> {
    models::published(app.store.read(), service)
        .await
        .map_err(|error| caller.failed(&error))
}

/// An endpoint as the caller sees it.
pub(super) async fn shown(
    app: &App,
    caller: &Caller,
    stored: &Stored,
) -> Result<Response, ClassicError> {
    let published = published(app, caller, &stored.service_id).await?;
    let endpoint = show::endpoint(app, stored, &published, own_key(caller));
    Ok(show::json(&endpoint))
}

/// The cap on calls at once of the caller's workspace.
pub(super) async fn cap(app: &App, caller: &Caller) -> Result<u32, ClassicError> {
    let found = workspaces::find(app.store.read(), &caller.workspace, None).await;
    let found = found.and_then(|found| found.ok_or(Error::NotFound));
    let workspace = found.map_err(|error| caller.failed(&error))?.workspace;
    Ok(workspace.max_concurrent_calls_cap)
}

/// All endpoints of a service, `default` first; with an endpoint's key that one alone.
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Response, ClassicError> {
    let service = caller.service(&app).await?.service.id;
    let read = app.store.read();
    let mut found = endpoints::list(read, &caller.workspace, &service, Viewer::All, None, ALL)
        .await
        .map_err(|error| caller.failed(&error))?;
    let own = caller.own_endpoint();
    found.retain(|endpoint| own.is_none_or(|own| *own == endpoint.id));
    let published = published(&app, &caller, &service).await?;
    let shown: Vec<_> = found
        .iter()
        .map(|endpoint| show::endpoint(&app, endpoint, &published, own_key(&caller)))
        .collect();
    Ok(show::json(&shown))
}

/// One endpoint.
pub(super) async fn get(State(app): State<App>, caller: Caller) -> Result<Response, ClassicError> {
    let stored = caller.endpoint(&app).await?;
    shown(&app, &caller, &stored).await
}

/// What a body asks to be added.
fn wanted(
    fields: &Fields,
    service: &ServiceId,
    name: EndpointName,
    cap: u32,
) -> Result<CreateEndpoint, ClassicError> {
    for (field, here) in [
        ("WebServiceId", service.as_str()),
        ("EndpointName", name.as_str()),
    ] {
        if fields.text(field)?.is_some_and(|named| named != here) {
            let words = format!("{field} is another one than in the address.");
            return Err(error::bad_value(field, words));
        }
    }
    let id = fields.text("Id")?.map(|text| {
        EndpointId::parse(text).map_err(|problem| error::bad_value("Id", problem.to_string()))
    });
    Ok(CreateEndpoint {
        id: id.transpose()?,
        name,
        description: fields.text("Description")?.unwrap_or_default().to_owned(),
        throttle: fields.throttle(None, cap)?,
        version: None,
        customer_id: None,
        logging: fields.logging()?.unwrap_or_default(),
        sample_data_enabled: fields.flag("SampleDataEnabled")?.unwrap_or(true),
        prevent_update: fields.flag("PreventUpdate")?.unwrap_or(false),
        tags: Vec::new(),
    })
}

/// Adds an endpoint, with both its keys in the answer. The same request again answers the same endpoint
/// without them; another one under a name that is taken changes nothing.
pub(super) async fn add(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, ClassicError> {
    let service = caller.service(&app).await?;
    caller.must_be_allowed(&routes::CREATE_ENDPOINT, None)?;
    let failed = |error: Error| caller.failed(&error);
    let name = EndpointName::parse(caller.endpoint_text())
        .map_err(|problem| error::bad_value("EndpointName", problem.to_string()))?;
    let cap = cap(&app, &caller).await?;
    let bytes = body::bytes(request).await.map_err(failed)?;
    let wanted = wanted(&Fields::read(&bytes)?, &service.service.id, name, cap)?;
    let canonical = serde_json::to_vec(&wanted).map_err(|error| failed(error.into()))?;
    let digest: [u8; 32] = Sha256::digest(canonical).into();
    let home = Home {
        workspace: &caller.workspace,
        calls_cap: cap,
        service: &service,
    };
    let keys = match acts::create(&app, &caller.who, home, &wanted, digest, None).await {
        Ok(Made::New((_, keys)) | Made::Before((_, keys))) => keys,
        Err(error @ Error::NameTaken { .. }) => {
            let same = caller.endpoint(&app).await;
            let same = same.ok().filter(|known| known.created_from == digest);
            same.map(|_| None).ok_or_else(|| failed(error))?
        }
        Err(error) => return Err(failed(error)),
    };
    let stored = caller.endpoint(&app).await?;
    let published = published(&app, &caller, &stored.service_id).await?;
    let told = keys.as_ref().map_or_else(Keys::default, |keys| Keys {
        primary: Some(&keys.primary),
        secondary: Some(&keys.secondary),
    });
    Ok(show::json(&show::endpoint(&app, &stored, &published, told)))
}

/// Deletes an endpoint; it can be restored for seven days.
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
) -> Result<StatusCode, ClassicError> {
    let mut tries = 0;
    loop {
        let present = caller.endpoint(&app).await?;
        caller.must_be_allowed(&routes::DELETE_ENDPOINT, Some(&present))?;
        match acts::delete(&app, &caller.who, &present).await {
            Ok(()) => return Ok(StatusCode::OK),
            // Classic's clients send no state to compare with: what is deleted is what is there.
            Err(Error::PreconditionFailed) if tries < 3 => tries += 1,
            Err(error) => return Err(caller.failed(&error)),
        }
    }
}
