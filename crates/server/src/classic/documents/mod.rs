//! The public descriptions of an endpoint: `swagger.json`, the same as `apidocument` beside its management
//! address, and help pages in HTML below that.
//!
//! Whoever knows an endpoint's id can read them, as in classic: its clients fetch them without a key. An
//! owner can switch them off for a workspace; then, and for whatever does not exist, they answer 404 alike.
//! They hold columns, descriptions and, where the endpoint shows sample data, its version's sample rows;
//! never a key, a customer or a training range. Must not run a model.

mod codes;
mod example;
mod jobs;
mod json;
mod markup;
mod score;
mod snippets;
mod swagger;
mod update;

use super::error::ClassicError;
use crate::app::App;
use crate::error::Error;
use crate::http::RequestId;
use crate::snapshot::Entry;
use crate::store::services::{self, Viewer};
use crate::store::workspaces;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::schema::Schema;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const SWAGGER: &str = "/workspaces/{workspace}/services/{endpoint}/swagger.json";
/// What help pages and the other copy of the document are appended to; an endpoint is named by its id here.
const HELP: &str = "/workspaces/{workspace}/webservices/{service}/endpoints/{endpoint}";
const STYLE_SHEET: &str = "/help.css";
const ICON: &str = "/help.svg";

/// The portal's colours and sizes, so that these pages are of one kind with it; then their own rules.
const STYLES: [&str; 2] = [
    include_str!("../../../../../style/tokens.css"),
    include_str!("help.css"),
];

/// The routes of the documents.
pub(super) fn router() -> Router<App> {
    let wrong_method = || async { ClassicError::method_not_allowed().into_response() };
    let page = |name: &str| format!("{HELP}/{name}");
    Router::new()
        .route(SWAGGER, get(swagger_json).fallback(wrong_method))
        .route(
            &page("apidocument"),
            get(api_document).fallback(wrong_method),
        )
        .route(&page("score"), get(score_page).fallback(wrong_method))
        .route(&page("jobs"), get(jobs_page).fallback(wrong_method))
        .route(&page("update"), get(update_page).fallback(wrong_method))
        .route(STYLE_SHEET, get(style_sheet).fallback(wrong_method))
        .route(ICON, get(icon).fallback(wrong_method))
}

/// Where the server is reached, as Swagger names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    /// `http` or `https`.
    scheme: String,
    /// Host and port; the port is always named, as classic did.
    host: String,
    /// The path below which the endpoint's own paths begin.
    base_path: String,
}

/// What documents are made of.
#[derive(Debug)]
struct Described {
    /// The public URL, without a slash at its end.
    public_url: String,
    address: Address,
    entry: Arc<Entry>,
    schema: Arc<Schema>,
    /// What the service is for.
    description: String,
    /// Notes of the version for customers.
    notes: String,
    /// Sample rows, cells as text; none where the endpoint does not show them.
    samples: Vec<Vec<String>>,
}

impl Described {
    /// Where the endpoint's calls and jobs are.
    fn api_location(&self) -> String {
        let Address { base_path, .. } = &self.address;
        // The base path holds what a public URL may have behind its host.
        let origin = self.public_url.split('/').take(3).collect::<Vec<_>>();
        format!("{}{base_path}", origin.join("/"))
    }

    /// Where classic's management clients change the endpoint: by its name.
    fn management_location(&self) -> String {
        let stored = &self.entry.stored;
        let path = HELP
            .replace("{workspace}", stored.workspace_id.as_str())
            .replace("{service}", stored.service_id.as_str())
            .replace("{endpoint}", stored.name.as_str());
        format!("{}{path}", self.public_url)
    }
}

/// The address of an endpoint below this public URL.
fn address(public_url: &str, workspace: &str, endpoint: &str) -> Address {
    let uri: Uri = public_url.parse().unwrap_or_default();
    let scheme = uri.scheme_str().unwrap_or("http").to_owned();
    let usual = if scheme == "https" { 443 } else { 80 };
    let prefix = uri.path().trim_end_matches('/');
    let path = SWAGGER
        .trim_end_matches("/swagger.json")
        .replace("{workspace}", workspace)
        .replace("{endpoint}", endpoint);
    Address {
        host: format!(
            "{}:{}",
            uri.host().unwrap_or("localhost"),
            uri.port_u16().unwrap_or(usual)
        ),
        scheme,
        base_path: format!("{prefix}{path}"),
    }
}

/// Finds what a document is about.
///
/// # Errors
/// 404 for what does not exist, what does not belong together, and where documents are switched off.
async fn describe(
    app: &App,
    workspace: &str,
    service: Option<&str>,
    endpoint: &str,
) -> Result<Described, Error> {
    let workspace = WorkspaceId::parse(workspace).map_err(|_| Error::NotFound)?;
    let endpoint = EndpointId::parse(endpoint).map_err(|_| Error::NotFound)?;
    let service = service.map(ServiceId::parse).transpose();
    let service = service.map_err(|_| Error::NotFound)?;
    let snapshot = app.snapshot();
    let entry = Arc::clone(snapshot.endpoint(&endpoint).ok_or(Error::NotFound)?);
    let stored = &entry.stored;
    if stored.workspace_id != workspace || service.is_some_and(|id| id != stored.service_id) {
        return Err(Error::NotFound);
    }
    let pool = app.store.read();
    let home = workspaces::find(pool, &workspace, None).await?;
    if !home.is_some_and(|home| home.workspace.public_documents) {
        return Err(Error::NotFound);
    }
    let service = services::find(pool, &workspace, &stored.service_id, Viewer::All).await?;
    let version = services::version(pool, &stored.service_id, stored.version).await?;
    let (Some(service), Some(version)) = (service, version) else {
        return Err(Error::NotFound);
    };
    Ok(Described {
        public_url: app.settings.public_url.clone(),
        address: address(
            &app.settings.public_url,
            workspace.as_str(),
            endpoint.as_str(),
        ),
        schema: Arc::clone(&entry.pipeline.schema),
        description: service.service.description,
        notes: version.notes,
        samples: if stored.sample_data {
            version.samples
        } else {
            Vec::new()
        },
        entry,
    })
}

fn refused(error: &Error, id: &RequestId) -> ClassicError {
    let answer = match error {
        Error::NotFound => ClassicError::not_found(),
        _ => ClassicError::internal(),
    };
    crate::http::log(error, answer.status.as_u16(), id);
    answer
}

type InWorkspace = Result<Path<(String, String)>, PathRejection>;
type InService = Result<Path<(String, String, String)>, PathRejection>;

async fn swagger_json(
    State(app): State<App>,
    path: InWorkspace,
    Extension(id): Extension<RequestId>,
) -> Result<Response, ClassicError> {
    let Path((workspace, endpoint)) = path.map_err(|_| ClassicError::not_found())?;
    let described = describe(&app, &workspace, None, &endpoint).await;
    let described = described.map_err(|error| refused(&error, &id))?;
    Ok(json_answer(&swagger::document(&described)))
}

async fn in_service(app: &App, path: InService, id: &RequestId) -> Result<Described, ClassicError> {
    let Path((workspace, service, endpoint)) = path.map_err(|_| ClassicError::not_found())?;
    let described = describe(app, &workspace, Some(&service), &endpoint).await;
    described.map_err(|error| refused(&error, id))
}

async fn api_document(
    State(app): State<App>,
    path: InService,
    Extension(id): Extension<RequestId>,
) -> Result<Response, ClassicError> {
    let described = in_service(&app, path, &id).await?;
    Ok(json_answer(&swagger::document(&described)))
}

async fn score_page(
    State(app): State<App>,
    path: InService,
    Extension(id): Extension<RequestId>,
) -> Result<Response, ClassicError> {
    Ok(html_answer(score::page(
        &in_service(&app, path, &id).await?,
    )))
}

async fn jobs_page(
    State(app): State<App>,
    path: InService,
    Extension(id): Extension<RequestId>,
) -> Result<Response, ClassicError> {
    Ok(html_answer(jobs::page(&in_service(&app, path, &id).await?)))
}

async fn update_page(
    State(app): State<App>,
    path: InService,
    Extension(id): Extension<RequestId>,
) -> Result<Response, ClassicError> {
    Ok(html_answer(update::page(
        &in_service(&app, path, &id).await?,
    )))
}

fn json_answer(document: &json::Json) -> Response {
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], document.line()).into_response()
}

fn html_answer(page: String) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], page).into_response()
}

async fn style_sheet(headers: HeaderMap, _: Request) -> Response {
    static TAG: LazyLock<String> =
        LazyLock::new(|| format!("\"{}\"", hex::encode(Sha256::digest(STYLES.concat()))));
    let caching = [
        (header::ETAG, TAG.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == TAG.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, caching, STYLES.concat()).into_response()
}

async fn icon() -> Response {
    let kind = [(header::CONTENT_TYPE, "image/svg+xml")];
    let caching = [(header::CACHE_CONTROL, "no-cache")];
    let picture = include_str!("../../../../../public/favicon.svg");
    (kind, caching, picture).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_the_public_url() {
        let check = |url: &str, scheme: &str, host: &str, prefix: &str| {
            let found = address(url, "w", "e");
            let expected = Address {
                scheme: scheme.to_owned(),
                host: host.to_owned(),
                base_path: format!("{prefix}/workspaces/w/services/e"),
            };
            assert_eq!(found, expected, "{url}");
        };
        check(
            "https://portico.example",
            "https",
            "portico.example:443",
            "",
        );
        check("http://localhost:8080", "http", "localhost:8080", "");
        check("http://portico.example", "http", "portico.example:80", "");
        check("http://[::1]:81", "http", "[::1]:81", "");
        check("https://x.example:444/ml/", "https", "x.example:444", "/ml");
    }
}
