//! Extractors: they parse, handlers don't. Each failure is an [`Error`] that names field and rule.

use super::strict::Strict;
use crate::app::App;
use crate::calls;
use crate::error::Error;
use crate::snapshot::Entry;
use crate::store::idempotency::Once;
use crate::throttle::load::Seat;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use portico_api::id::{DraftId, ServiceId, WorkspaceId, is_hex32};
use portico_api::key::KeySlot;
use portico_api::name::EndpointName;
use portico_api::page::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PageQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The largest JSON body of the REST API.
pub const JSON_BYTES: usize = 8 * 1024 * 1024;
/// A body must come with at least this many bytes …
const RATE_BYTES: usize = 8 * 1024;
/// … in each window of this length, after which it is given up.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// Reads a body up to a limit, giving up on senders that drip.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::TooSlow`], or [`Error::Malformed`] if the connection breaks.
pub async fn read_body(request: Request, limit: usize) -> Result<Bytes, Error> {
    read_held(request, limit, &mut |_| Ok(())).await
}

/// Reads the body of a call, up to what its workspace allows, once there is a place for it among all
/// calls of the process.
///
/// # Errors
/// [`Error::Overloaded`], and those of [`read_body`].
pub async fn read_call(app: &App, entry: &Entry, request: Request) -> Result<(Bytes, Seat), Error> {
    let mut seat = app.load.enter()?;
    let (limit, _) = calls::limits(app, entry);
    let body = read_held(request, limit, &mut |bytes| seat.hold(bytes)).await?;
    Ok((body, seat))
}

/// Reads a body; `hold` hears of every piece before it is kept.
async fn read_held(
    request: Request,
    limit: usize,
    hold: &mut (dyn FnMut(usize) -> Result<(), Error> + Send),
) -> Result<Bytes, Error> {
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(Error::TooLarge { limit });
    }
    let mut body = request.into_body();
    let mut whole: Vec<u8> = Vec::with_capacity(declared.unwrap_or(0).min(limit));
    let mut window_end = tokio::time::Instant::now() + RATE_WINDOW;
    let mut in_window = 0;
    loop {
        let frame = match tokio::time::timeout_at(window_end, body.frame()).await {
            Err(_) if in_window >= RATE_BYTES => {
                window_end += RATE_WINDOW;
                in_window = 0;
                continue;
            }
            Err(_) => return Err(Error::TooSlow),
            Ok(None) => return Ok(whole.into()),
            Ok(Some(Err(_))) => {
                return Err(Error::Malformed("The request's body broke off.".to_owned()));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > limit {
                return Err(Error::TooLarge { limit });
            }
            hold(data.len())?;
            in_window += data.len();
            whole.extend_from_slice(&data);
        }
    }
}

/// A JSON body of at most `LIMIT` bytes, with the digest of its bytes for idempotency.
#[derive(Debug)]
pub struct Body<T, const LIMIT: usize = JSON_BYTES> {
    /// The value.
    pub value: T,
    /// SHA-256 of the value in canonical form, so that white space makes no difference.
    pub digest: [u8; 32],
}

/// Refuses a request whose body is not said to be JSON.
///
/// # Errors
/// [`Error::UnsupportedMediaType`].
pub(super) fn refuse_other_than_json(headers: &HeaderMap) -> Result<(), Error> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        Ok(())
    } else {
        Err(Error::UnsupportedMediaType)
    }
}

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Body<T, LIMIT> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        refuse_other_than_json(request.headers())?;
        Self::parse(&read_body(request, LIMIT).await?)
    }
}

impl<T: DeserializeOwned, const LIMIT: usize> Body<T, LIMIT> {
    /// Reads the text of a body.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is no JSON, [`Error::Invalid`] by field where it is another's.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let tree: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| Error::Malformed(format!("The body is not JSON: {error}.")))?;
        if !tree.is_object() {
            return Err(Error::field("", "malformed", "Send a JSON object."));
        }
        let digest = Sha256::digest(serde_json::to_vec(&tree)?).into();
        let value = serde_path_to_error::deserialize(Strict(tree)).map_err(|error| {
            let path = error.path().to_string();
            let pointer = if path == "." {
                String::new()
            } else {
                format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
            };
            let detail = error.into_inner().to_string();
            Error::field(&pointer.replace("//", "/"), "malformed", detail)
        })?;
        Ok(Self { value, digest })
    }
}

/// A query string; unknown parameters are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|error| Error::Malformed(format!("Query: {}.", error.body_text())))
    }
}

/// A page of a list, asked for by size and token.
#[derive(Clone, Debug)]
pub struct PageWish {
    /// Items on the page.
    pub size: u32,
    /// The sort key after which the page begins.
    pub after: Option<(String, String)>,
}

impl PageWish {
    /// One more than a page, which tells whether there is a next one.
    pub fn fetch(&self) -> u32 {
        self.size + 1
    }

    /// Cuts what was fetched down to the page; the token holds the sort key of its last item.
    pub fn page<T>(
        &self,
        mut items: Vec<T>,
        key: impl Fn(&T) -> (String, String),
    ) -> portico_api::page::Page<T> {
        let size = self.size as usize;
        let more = items.len() > size;
        items.truncate(size);
        let next_page_token = items.last().filter(|_| more).map(|last| {
            let (first, second) = key(last);
            hex::encode(format!("{first}\0{second}"))
        });
        portico_api::page::Page {
            items,
            next_page_token,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageWish {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Query(query) = Query::<PageQuery>::from_request_parts(parts, state).await?;
        let size = query.page_size.unwrap_or(PAGE_SIZE_DEFAULT);
        if size == 0 {
            return Err(Error::field(
                "/page_size",
                "page_size",
                "A page has at least one item.",
            ));
        }
        let after = query.page_token.as_deref().map(read_token).transpose()?;
        Ok(Self {
            size: size.min(PAGE_SIZE_MAX),
            after,
        })
    }
}

fn read_token(token: &str) -> Result<(String, String), Error> {
    hex::decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| {
            text.split_once('\0')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        })
        .ok_or_else(foreign_token)
}

/// A page token that this list did not give.
pub(super) fn foreign_token() -> Error {
    Error::field(
        "/page_token",
        "page_token",
        "This page token is not one of this list's.",
    )
}

/// What a path names. An id that can't be one names nothing: 404, as for any other.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// `{ws}`.
    pub workspace: Option<WorkspaceId>,
    /// `{svc}`.
    pub service: Option<ServiceId>,
    /// `{name}`.
    pub endpoint: Option<EndpointName>,
    /// `{slot}`.
    pub slot: Option<KeySlot>,
    /// `{n}`.
    pub version: Option<u32>,
    /// `{resource}`.
    pub resource: Option<String>,
    /// `{run}`.
    pub run: Option<String>,
    /// `{draft}`.
    pub draft: Option<DraftId>,
}

impl Place {
    /// The workspace.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the path names none.
    pub fn ws(&self) -> Result<&WorkspaceId, Error> {
        self.workspace.as_ref().ok_or(Error::NotFound)
    }

    /// The service.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the path names none.
    pub fn svc(&self) -> Result<&ServiceId, Error> {
        self.service.as_ref().ok_or(Error::NotFound)
    }

    /// The endpoint.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the path names none.
    pub fn name(&self) -> Result<&EndpointName, Error> {
        self.endpoint.as_ref().ok_or(Error::NotFound)
    }

    /// The resource.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the path names none.
    pub fn resource(&self) -> Result<&str, Error> {
        self.resource.as_deref().ok_or(Error::NotFound)
    }

    /// The run.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the path names none.
    pub fn run(&self) -> Result<&str, Error> {
        self.run.as_deref().ok_or(Error::NotFound)
    }

    /// The key slot.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the path names none.
    pub fn slot(&self) -> Result<KeySlot, Error> {
        self.slot.ok_or(Error::NotFound)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::NotFound)?;
        let mut place = Self::default();
        for (name, value) in &params {
            match name {
                "ws" => {
                    place.workspace = Some(WorkspaceId::parse(value).map_err(|_| Error::NotFound)?);
                }
                "svc" => {
                    place.service = Some(ServiceId::parse(value).map_err(|_| Error::NotFound)?);
                }
                "name" => {
                    place.endpoint = Some(EndpointName::parse(value).map_err(|_| Error::NotFound)?);
                }
                "slot" => place.slot = Some(KeySlot::parse(value).ok_or(Error::NotFound)?),
                "draft" => {
                    place.draft = Some(DraftId::parse(value).map_err(|_| Error::NotFound)?);
                }
                "n" => place.version = Some(value.parse().map_err(|_| Error::NotFound)?),
                "resource" => place.resource = Some(value.to_owned()),
                "run" if is_hex32(value) => place.run = Some(value.to_owned()),
                "run" => return Err(Error::NotFound),
                _ => {}
            }
        }
        Ok(place)
    }
}

/// The state that a change was decided on: `If-Match`, the row version behind an ETag.
#[derive(Clone, Copy, Debug)]
pub struct IfMatch(Option<i64>);

impl IfMatch {
    /// The row version to change: the one named, or the present one for `*`.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] if the one named is not the present one.
    pub fn check(self, present: i64) -> Result<i64, Error> {
        match self.0 {
            Some(named) if named != present => Err(Error::PreconditionFailed),
            _ => Ok(present),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let value = parts
            .headers
            .get(header::IF_MATCH)
            .ok_or(Error::PreconditionRequired)?;
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        text.trim_matches('"')
            .parse()
            .map(|version| Self(Some(version)))
            .map_err(|_| Error::PreconditionFailed)
    }
}

/// The `Idempotency-Key`, if one came.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// The record under which this request is remembered.
    pub fn once(
        &self,
        actor: String,
        route: &portico_api::routes::Route,
        path: &str,
        body: [u8; 32],
    ) -> Option<Once> {
        self.0.clone().map(|key| Once {
            actor,
            route: format!("{} {path}", route.name),
            key,
            body,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > 255 {
            return Err(Error::Malformed(
                "An Idempotency-Key has 1 to 255 visible characters.".to_owned(),
            ));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

/// An answer with the ETag of what it shows.
#[derive(Debug)]
pub struct Tagged<T> {
    /// What it shows.
    pub value: T,
    /// The version of its row.
    pub row_version: i64,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = format!("\"{}\"", self.row_version);
        ([(header::ETAG, tag)], axum::Json(self.value)).into_response()
    }
}
