//! The outermost layer: gives each request its id, writes pending problems, sets the headers that
//! every answer carries.

use super::{headers, problem};
use crate::app::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;

/// A request's id: 32 hexadecimal digits.
#[derive(Clone, Debug)]
pub struct RequestId(String);

impl RequestId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address that a request came from.
#[derive(Clone, Debug)]
pub struct Address(pub String);

pub(super) async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId(
        app.entropy
            .bytes::<16>()
            .map(hex::encode)
            .unwrap_or_default(),
    );
    let address = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(String::new, |info| info.0.ip().to_string());
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(Address(address));
    let mut response = problem::finish(next.run(request).await, &id);
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response
            .headers_mut()
            .insert("x-ms-request-id", value.clone());
        response.headers_mut().insert("x-request-id", value);
    }
    headers::set(&mut response, &path, &app);
    response
}
