//! Web services: listed, read, deleted. They are not published here: what classic's libraries publish is
//! code, and code is never run.

use super::body::{self, Fields};
use super::caller::Caller;
use super::error;
use super::show;
use crate::acts::services as acts;
use crate::app::App;
use crate::classic::error::ClassicError;
use crate::error::Error;
use crate::store::services::{self, Viewer};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use portico_api::routes;

/// All that a list holds; classic had no pages.
const ALL: u32 = u32::MAX >> 1;

/// All services of the workspace; with an endpoint's key the one that it belongs to.
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Response, ClassicError> {
    let read = app.store.read();
    let mut found = services::list(read, &caller.workspace, Viewer::All, None, ALL)
        .await
        .map_err(|error| caller.failed(&error))?;
    let own = caller.own_service();
    found.retain(|service| own.is_none_or(|own| *own == service.id));
    let shown: Vec<_> = found
        .iter()
        .map(|service| show::service(service, endpoints(&caller, service.endpoints)))
        .collect();
    Ok(show::json(&shown))
}

/// How many endpoints the caller sees.
fn endpoints(caller: &Caller, all: u32) -> u32 {
    if caller.own_endpoint().is_some() {
        1
    } else {
        all
    }
}

/// One service.
pub(super) async fn get(State(app): State<App>, caller: Caller) -> Result<Response, ClassicError> {
    let service = caller.service(&app).await?.service;
    let count = endpoints(&caller, service.endpoints);
    Ok(show::json(&show::service(&service, count)))
}

/// Refuses to publish, and says what to do instead.
pub(super) async fn put(caller: Caller, request: Request) -> Result<Response, ClassicError> {
    // Whoever may change a service is told; nobody may publish one so.
    caller.must_be_allowed(&routes::UPDATE_SERVICE, None)?;
    let bytes = body::bytes(request)
        .await
        .map_err(|error| caller.failed(&error))?;
    let fields = Fields::read(&bytes)?;
    let is_code = fields
        .text("Type")?
        .is_some_and(|kind| kind.eq_ignore_ascii_case("code"));
    Err(error::type_refused(if is_code {
        "Web services of type Code are not taken: this server runs models, never code that it was sent. Convert the model to ONNX and publish it with `portico import`."
    } else {
        "Web services are published as packages of ONNX models, with `portico import`."
    }))
}

/// Deletes a service: its endpoints refuse calls at once.
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
) -> Result<StatusCode, ClassicError> {
    let mut tries = 0;
    loop {
        let present = caller.service(&app).await?;
        caller.must_be_allowed(&routes::DELETE_SERVICE, None)?;
        match acts::delete(&app, &caller.who, &present).await {
            Ok(()) => return Ok(StatusCode::OK),
            // Classic's clients send no state to compare with: what is deleted is what is there.
            Err(Error::PreconditionFailed) if tries < 3 => tries += 1,
            Err(error) => return Err(caller.failed(&error)),
        }
    }
}
