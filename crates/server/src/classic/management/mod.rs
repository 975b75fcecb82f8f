//! The management wire of Azure ML Studio (classic): web services and endpoints as its PowerShell module, its
//! R package and Data Factory read and change them.
//!
//! `caller` says who may do what, `body` reads what comes in, `show` writes what goes out, `location` finds
//! the models that a PATCH names; `services`, `endpoints` and `change` join them with the acts that the REST
//! API uses too. Keys are told here only to who made them in that very request, or holds them already.

mod body;
mod caller;
mod change;
mod endpoints;
mod error;
mod location;
mod services;
mod show;

use super::error::ClassicError;
use crate::app::App;
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{get, post};

const SERVICES: &str = "/workspaces/{workspace}/webservices";
const SERVICE: &str = "/workspaces/{workspace}/webservices/{service}";
const ENDPOINTS: &str = "/workspaces/{workspace}/webservices/{service}/endpoints";
const ENDPOINT: &str = "/workspaces/{workspace}/webservices/{service}/endpoints/{endpoint}";
const REFRESH: &str = "/workspaces/{workspace}/webservices/{service}/endpoints/{endpoint}/refresh";

/// The routes of this wire.
pub(super) fn router() -> Router<App> {
    let wrong_method = || async { ClassicError::method_not_allowed().into_response() };
    let service = get(services::get)
        .put(services::put)
        .delete(services::delete);
    let endpoint = get(endpoints::get)
        .put(endpoints::add)
        .patch(change::patch)
        .delete(endpoints::delete);
    Router::new()
        .route(SERVICES, get(services::list).fallback(wrong_method))
        .route(SERVICE, service.fallback(wrong_method))
        .route(ENDPOINTS, get(endpoints::list).fallback(wrong_method))
        .route(ENDPOINT, endpoint.fallback(wrong_method))
        .route(REFRESH, post(change::refresh).fallback(wrong_method))
}

/// Where an endpoint's documents are, as clients call it `HelpLocation`: they append `/score`, `/jobs`, `/update`
/// or `/apidocument`. The last part is the endpoint's id, not its name: R takes it from there. Nothing stands
/// before `/workspaces`, so that R finds the document where it looks for it.
fn help_location(public_url: &str, workspace: &str, service: &str, endpoint: &str) -> String {
    let path = ENDPOINT
        .replace("{workspace}", workspace)
        .replace("{service}", service)
        .replace("{endpoint}", endpoint);
    format!("{public_url}{path}")
}
