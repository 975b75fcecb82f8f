//! The REST wire: one module per resource, each with a `routes` function. Handlers are short:
//! extractors parse, acts decide, the store holds the SQL.

mod assets;
mod customers;
mod drafts;
mod endpoints;
pub mod extract;
mod headers;
mod health;
mod keys;
mod leaks;
mod ledger;
mod models;
mod notices;
pub mod openapi;
mod problem;
pub mod rate_limit;
pub(crate) mod receive;
mod request_id;
mod revisions;
mod rollouts;
mod router;
mod runs;
mod score;
pub mod serve;
pub mod served_by;
mod services;
mod session;
mod strict;
mod tokens;
mod updates;
mod usage;
mod versions;
mod workspaces;

use crate::app::App;
use crate::error::Error;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use router::Registrar;

pub use headers::CONTENT_SECURITY_POLICY;
pub use request_id::{Address, RequestId};

pub(crate) use problem::log;

/// The whole server as one router.
///
/// # Errors
/// [`Error::Start`] if routes and access table don't fit each other.
pub fn router(app: App) -> Result<Router, Error> {
    let mut api = Registrar::new(app.clone());
    session::routes(&mut api);
    workspaces::routes(&mut api);
    tokens::routes(&mut api);
    customers::routes(&mut api);
    services::routes(&mut api);
    versions::routes(&mut api);
    drafts::routes(&mut api);
    endpoints::routes(&mut api);
    models::routes(&mut api);
    updates::routes(&mut api);
    revisions::routes(&mut api);
    ledger::routes(&mut api);
    runs::routes(&mut api);
    keys::routes(&mut api);
    leaks::routes(&mut api);
    score::routes(&mut api);
    usage::routes(&mut api);
    rollouts::routes(&mut api);
    notices::routes(&mut api);
    let router = api
        .finish()?
        .route(portico_api::routes::OPENAPI, get(openapi::serve))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(crate::classic::router())
        .merge(crate::inference::router())
        .fallback(assets::serve)
        .method_not_allowed_fallback(|| async {
            axum::http::StatusCode::METHOD_NOT_ALLOWED.into_response()
        })
        .layer(from_fn_with_state(app.clone(), request_id::layer))
        .with_state(app);
    Ok(router)
}
