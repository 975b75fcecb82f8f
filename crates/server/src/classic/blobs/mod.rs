//! The blob area of an endpoint: `…/blobs/{container}/{name}`, written with the endpoint's key, read with it
//! or by a signed link. Code for Azure's storage reaches it with the connection string that
//! `…/blobs?comp=connectionstring` gives; of its protocol it finds *Put Blob*, *Get Blob*, *Delete Blob* and
//! what asks after containers, which are always there.

mod auth;
mod shared_key;
mod transfer;

use crate::app::App;
use crate::area::name::{BlobName, decoded, is_container};
use crate::area::{Address, account, link};
use crate::classic::error::ClassicError;
use crate::classic::holds_key;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::http::RequestId;
use crate::store::area;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Extension, Router};
use portico_api::id::{EndpointId, WorkspaceId};
use serde_json::{Value, json};

/// The area.
const BLOBS: &str = "/workspaces/{workspace}/services/{endpoint}/blobs";
/// What is in it.
const BLOB: &str = "/workspaces/{workspace}/services/{endpoint}/blobs/{*blob}";
/// Blobs of a list at most.
const LIST_MAX: u32 = 200;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(BLOBS, any(serve))
        .route(&format!("{BLOBS}/"), any(serve))
        .route(BLOB, any(serve))
}

/// The area's URL, without a slash at its end.
fn area_url(public_url: &str, workspace: &str, endpoint: &str) -> String {
    let path = BLOBS
        .replace("{workspace}", workspace)
        .replace("{endpoint}", endpoint);
    format!("{public_url}{path}")
}

/// Endpoint, and container and name as they are written, of the path of a blob.
pub(super) fn parse_path(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/workspaces/")?;
    let (_, rest) = rest.split_once("/services/")?;
    let (endpoint, rest) = rest.split_once('/')?;
    Some((endpoint, rest.strip_prefix("blobs/")?))
}

/// A reference to a blob as classic's clients follow it: its three locations, joined, are an address that
/// anybody can read for a day.
pub(super) fn reference(app: &App, workspace: &WorkspaceId, blob: &Address) -> Value {
    let base = area_url(
        &app.settings.public_url,
        workspace.as_str(),
        blob.endpoint.as_str(),
    );
    let pepper = app.secrets.pepper.as_ref();
    json!({
        "ConnectionString": null,
        "RelativeLocation": blob.name.in_url(),
        "BaseLocation": format!("{base}/"),
        // Never null: clients join it to the others.
        "SasBlobToken": pepper.map_or_else(String::new, |pepper| link::token(pepper, blob, app.clock.now())),
    })
}

/// What a request is about.
struct Wanted<'a> {
    app: &'a App,
    workspace: WorkspaceId,
    endpoint: EndpointId,
    query: Vec<(String, String)>,
    id: RequestId,
}

impl Wanted<'_> {
    fn asks(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn address(&self, name: BlobName) -> Address {
        Address {
            endpoint: self.endpoint.clone(),
            name,
        }
    }

    fn failed(&self, error: &Error) -> ClassicError {
        crate::classic::execute::answer_to(error, &self.id)
    }
}

async fn serve(
    State(app): State<App>,
    path: Result<Path<Vec<(String, String)>>, axum::extract::rejection::PathRejection>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let answer = match path {
        Ok(Path(parts)) => {
            let (head, body) = request.into_parts();
            answer(&app, &parts, id, &head, body).await
        }
        Err(_) => Err(ClassicError::unauthorized()),
    };
    answer.unwrap_or_else(|error| {
        // Where Azure's clients look.
        let code = error
            .details
            .first()
            .map_or("UnknownError", |detail| detail.code);
        let mut response = error.into_response();
        let name = HeaderName::from_static("x-ms-error-code");
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(code));
        response
    })
}

async fn answer(
    app: &App,
    parts: &[(String, String)],
    id: RequestId,
    head: &Parts,
    body: Body,
) -> Result<Response, ClassicError> {
    let part = |name: &str| {
        let found = parts.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let query = head.uri.query().unwrap_or_default();
    if holds_key(query) {
        let why =
            "A key belongs into the Authorization header, never into an address. Rotate this one.";
        return Err(ClassicError::argument("InvalidQueryParameter", why));
    }
    let workspace = WorkspaceId::parse(part("workspace"));
    let endpoint = EndpointId::parse(part("endpoint"));
    let (Ok(workspace), Ok(endpoint)) = (workspace, endpoint) else {
        return Err(ClassicError::unauthorized());
    };
    let wanted = Wanted {
        app,
        workspace,
        endpoint,
        query: crate::classic::pairs(query).unwrap_or_default(),
        id,
    };
    // As it was written: a slash that is escaped is part of a name.
    let rest = parse_path(head.uri.path()).map_or("", |(_, rest)| rest);
    let rest = decoded(rest).unwrap_or_default();
    let (container, name) = rest.split_once('/').unwrap_or((&rest, ""));
    if container.is_empty() {
        let key = auth::owner(&wanted, head)?;
        return whole(&wanted, head, &key).await;
    }
    if name.is_empty() {
        auth::owner(&wanted, head)?;
        return self::container(&wanted, head, container);
    }
    blob(wanted, head, body, &rest).await
}

/// What is asked of the area as a whole: its list, or a connection string.
async fn whole(
    wanted: &Wanted<'_>,
    head: &Parts,
    key: &portico_domain::key::KeyId,
) -> Result<Response, ClassicError> {
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(ClassicError::method_not_allowed());
    }
    let app = wanted.app;
    if wanted
        .asks("comp")
        .is_some_and(|comp| comp.eq_ignore_ascii_case("connectionstring"))
    {
        let pepper = app
            .secrets
            .pepper
            .as_ref()
            .ok_or_else(ClassicError::internal)?;
        let (workspace, endpoint) = (wanted.workspace.as_str(), wanted.endpoint.as_str());
        let url = area_url(&app.settings.public_url, workspace, endpoint);
        let text = account::connection_string(pepper, &wanted.endpoint, key, &url);
        return Ok(json_answer(&json!({"connection_string": *text})));
    }
    let after = match wanted.asks("page_token") {
        None => None,
        Some(token) => Some(read_token(token).ok_or_else(|| {
            ClassicError::argument(
                "InvalidQueryParameter",
                "This page_token is not one of this list's.",
            )
        })?),
    };
    let found = area::list(
        app.store.read(),
        &wanted.endpoint,
        after.as_ref(),
        LIST_MAX + 1,
    )
    .await;
    let mut found = found.map_err(|error| wanted.failed(&error))?;
    let more = found.len() > LIST_MAX as usize;
    found.truncate(LIST_MAX as usize);
    let last = found.last().filter(|_| more);
    let next = last.map(|blob| hex::encode(format!("{}\0{}", blob.container, blob.name)));
    let items: Vec<Value> = found
        .iter()
        .map(|blob| {
            json!({
                "container": blob.container,
                "name": blob.name,
                "bytes": blob.bytes,
                "sha256": blob.sha256,
                "changed_at": on_the_wire(blob.changed_at).as_str(),
            })
        })
        .collect();
    Ok(json_answer(
        &json!({"items": items, "next_page_token": next}),
    ))
}

fn read_token(token: &str) -> Option<(String, String)> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let (container, name) = text.split_once('\0')?;
    Some((container.to_owned(), name.to_owned()))
}

/// What is asked of a container. Clients make sure that it is there before they write into it.
fn container(wanted: &Wanted<'_>, head: &Parts, name: &str) -> Result<Response, ClassicError> {
    if !is_container(name) {
        return Err(ClassicError::blob_name(
            crate::area::name::NameProblem::Container,
        ));
    }
    let of_container = wanted
        .asks("restype")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("container"));
    let plain = of_container && wanted.asks("comp").is_none();
    let status = match head.method {
        Method::PUT if plain => StatusCode::CREATED,
        Method::GET | Method::HEAD if plain => StatusCode::OK,
        Method::GET | Method::HEAD | Method::PUT => {
            return Err(ClassicError::argument(
                "InvalidQueryParameter",
                "Of a container this server answers whether it is there. The list of blobs stands at …/blobs.",
            ));
        }
        _ => return Err(ClassicError::method_not_allowed()),
    };
    let mut response = status.into_response();
    transfer::mark(
        response.headers_mut(),
        &"0".repeat(64),
        wanted.app.clock.now(),
        &head.headers,
    );
    Ok(response)
}

async fn blob(
    wanted: Wanted<'_>,
    head: &Parts,
    body: Body,
    name: &str,
) -> Result<Response, ClassicError> {
    let parsed = BlobName::parse(name);
    match head.method {
        Method::GET | Method::HEAD => {
            // Whether there is such a name is nobody's to know who can't open it.
            let Ok(name) = parsed else {
                auth::owner(&wanted, head)?;
                return Err(transfer::not_found(name));
            };
            let blob = wanted.address(name);
            auth::reader(&wanted, head, &blob)?;
            transfer::get(&wanted, head, &blob).await
        }
        Method::PUT => {
            auth::owner(&wanted, head)?;
            let blob = wanted.address(parsed.map_err(ClassicError::blob_name)?);
            transfer::put(&wanted, head, body, &blob).await
        }
        Method::DELETE => {
            auth::owner(&wanted, head)?;
            let blob = wanted.address(parsed.map_err(ClassicError::blob_name)?);
            transfer::delete(&wanted, &blob).await
        }
        _ => Err(ClassicError::method_not_allowed()),
    }
}

fn json_answer(value: &Value) -> Response {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    ([(header::CONTENT_TYPE, json)], value.to_string()).into_response()
}
