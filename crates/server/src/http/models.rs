//! Own models of an endpoint: put in by a raw upload, taken away by name.

use super::endpoints::{find, shown};
use super::extract::{IfMatch, Place, Tagged};
use super::receive::{Received, receive};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::models::{self as acts, NewModel};
use crate::acts::revisions;
use crate::app::App;
use crate::error::Error;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use bytes::Bytes;
use portico_api::endpoint::Endpoint;
use portico_api::routes;
use portico_domain::update;
use std::io::{Read, Seek};
use std::time::Duration;

/// The most bytes of a model. It is held in memory while it is examined.
const MODEL_BYTES: u64 = 512 << 20;
/// How long an upload may take in all.
const UPLOAD_TIME: Duration = Duration::from_secs(600);

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::CUSTOMISE, customise);
    api.add(&routes::UNCUSTOMISE, uncustomise);
}

/// Takes the body for the endpoint's own model. What does not fit is refused with each difference.
async fn customise(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    request: Request,
) -> Result<Tagged<Endpoint>, Error> {
    let present = find(&app, &caller, &place).await?;
    let resource = place.resource()?;
    // Whether the slot is there is asked before anything is taken for it.
    let serving = acts::serving(&app, &present).await?;
    update::slot(&serving, resource).map_err(|problem| acts::refused(&problem))?;
    let name = hex::encode(app.entropy.bytes::<16>()?);
    let body = request.into_body();
    let received = receive(&app.area, &name, body, MODEL_BYTES, UPLOAD_TIME).await?;
    let _turn = acts::AT_ONCE.acquire().await;
    let new = NewModel {
        resource: resource.to_owned(),
        bytes: read(received).await?,
        source: "upload".to_owned(),
    };
    acts::customise(&app, &caller.who, &present.id, &[new], None).await?;
    let stored = find(&app, &caller, &place).await?;
    Ok(Tagged {
        row_version: stored.row_version,
        value: shown(&app, stored),
    })
}

async fn read(received: Received) -> Result<Bytes, Error> {
    let read = tokio::task::spawn_blocking(move || {
        let mut file = &received.aside.file;
        let mut bytes = Vec::with_capacity(usize::try_from(received.bytes).unwrap_or(0));
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    });
    let bytes = read
        .await
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Bytes::from(bytes?))
}

/// Takes the endpoint's own model for a resource away.
async fn uncustomise(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    if_match: IfMatch,
) -> Result<StatusCode, Error> {
    let present = find(&app, &caller, &place).await?;
    let resource = place.resource()?;
    if_match.check(present.row_version)?;
    revisions::uncustomise(&app, &caller.who, &present, resource).await?;
    Ok(StatusCode::NO_CONTENT)
}
