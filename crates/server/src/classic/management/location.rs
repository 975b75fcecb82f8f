//! Where a PATCH says that a model is: `BaseLocation + RelativeLocation + SasBlobToken`, which join to an
//! address. Addresses of this server are read from its own blob areas in place, never by a request to itself;
//! others are fetched if an administrator allowed their host.

use super::body::Fields;
use super::caller::Caller;
use super::error;
use crate::app::App;
use crate::area::name::{BlobName, decoded};
use crate::area::{Address, link};
use crate::classic::blobs;
use crate::classic::error::ClassicError;
use crate::error::Error;
use crate::http::receive::{ReceiveProblem, receive};
use crate::store::area;
use bytes::Bytes;
use portico_api::id::EndpointId;
use std::io::{Read, Seek};
use std::time::Duration;

/// A location as it was sent.
pub(super) struct Location {
    base: String,
    relative: String,
    token: String,
}

impl Location {
    /// Reads a location.
    ///
    /// # Errors
    /// 400 where a part is no text, or there is no address.
    pub(super) fn read(fields: &Fields, resource: &str) -> Result<Self, ClassicError> {
        let part = |name| Ok(fields.text(name)?.unwrap_or_default().to_owned());
        let location = Self {
            base: part("BaseLocation")?,
            relative: part("RelativeLocation")?,
            token: part("SasBlobToken")?,
        };
        if location.base.is_empty() || location.relative.is_empty() {
            return Err(error::bad_location(
                "MissingInputBlobInformation",
                resource,
                "Location has BaseLocation, RelativeLocation and SasBlobToken, which join to the address of the model.".to_owned(),
            ));
        }
        Ok(location)
    }

    /// The address: the parts joined, with one slash and one question mark between them.
    fn url(&self) -> String {
        let base = self.base.trim_end_matches('/');
        let relative = self.relative.trim_start_matches('/');
        let token = self.token.trim_start_matches('?');
        let mark = if token.is_empty() { "" } else { "?" };
        format!("{base}/{relative}{mark}{token}")
    }

    /// The address without what signs it, for the audit trail.
    pub(super) fn source(&self) -> String {
        let whole = self.url();
        let bare = whole.split(['?', '#']).next().unwrap_or_default();
        bare.chars().filter(|c| !c.is_control()).take(500).collect()
    }
}

/// The most bytes of all models of one PATCH together: 512 MiB.
pub(super) const MODELS_BYTES: u64 = 512 << 20;
/// How long a model may take to come from elsewhere.
const FETCH_TIME: Duration = Duration::from_secs(100);

/// The model's bytes, of which there is room for so many.
///
/// # Errors
/// 400 naming the resource, where the address leads to no blob of this server, its signature is not good any
/// more, or its host is not one that an administrator allowed.
pub(super) async fn fetch(
    app: &App,
    caller: &Caller,
    resource: &str,
    location: &Location,
    room: u64,
) -> Result<Bytes, ClassicError> {
    let refused = |code, why: &str| {
        let words = format!(
            "The model can't be fetched from {}: {why}.",
            location.source()
        );
        error::bad_location(code, resource, words)
    };
    let url = location.url();
    match own_path(app, caller, &url) {
        Some(path) => {
            let blob = linked(app, caller, path).map_err(|why| refused("InvalidBlob", why))?;
            let (container, name) = (&blob.name.container, &blob.name.name);
            let stored = area::find(app.store.read(), &blob.endpoint, container, name);
            let stored = stored.await.map_err(|error| caller.failed(&error))?;
            let stored = stored.ok_or_else(|| refused("BlobNotFound", "there is no such blob"))?;
            if stored.bytes > room {
                return Err(refused("InvalidBlob", &too_large()));
            }
            let bytes = app.area.blobs.get(&stored.sha256).await;
            bytes.map_err(|error| caller.failed(&error))
        }
        None => match elsewhere(app, &url, room).await {
            Ok(bytes) => Ok(bytes),
            Err(FetchProblem::Refused(why)) => Err(refused("InvalidBlob", &why)),
            Err(FetchProblem::Failed(error)) => Err(caller.failed(&error)),
        },
    }
}

/// Path and query of an address on this server.
fn own_path<'a>(app: &App, caller: &Caller, url: &'a str) -> Option<&'a str> {
    let (_, rest) = url.split_once("://")?;
    let (host, path) = rest.split_at(rest.find('/')?);
    let public = app.settings.public_url.split_once("://");
    let known = [public.map(|(_, known)| known), caller.host.as_deref()];
    let mut known = known.into_iter().flatten();
    known
        .any(|known| known.eq_ignore_ascii_case(host))
        .then_some(path)
}

/// The blob of an address on this server that its link opens. An endpoint's key opens its own area besides.
fn linked(app: &App, caller: &Caller, path: &str) -> Result<Address, &'static str> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let nowhere = "it is no address of a blob";
    let (endpoint, name) = blobs::parse_path(path).ok_or(nowhere)?;
    let name = decoded(name).ok_or("its escapes can't be read")?;
    let blob = Address {
        endpoint: EndpointId::parse(endpoint).map_err(|_| nowhere)?,
        name: BlobName::parse(&name).map_err(|_| nowhere)?,
    };
    if caller.own_endpoint() == Some(&blob.endpoint) {
        return Ok(blob);
    }
    let pairs = crate::classic::pairs(query).unwrap_or_default();
    let pepper = app.secrets.pepper.as_ref();
    let opens = pepper.is_some_and(|pepper| link::opens(pepper, &blob, &pairs, app.clock.now()));
    opens
        .then_some(blob)
        .ok_or("its SasBlobToken does not open it, or has expired")
}

/// Why there is nothing from another host.
enum FetchProblem {
    /// The address, or what stands there.
    Refused(String),
    /// This server.
    Failed(Error),
}

impl From<Error> for FetchProblem {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn too_large() -> String {
    format!("the models of one request have at most {MODELS_BYTES} bytes together")
}

async fn elsewhere(app: &App, url: &str, room: u64) -> Result<Bytes, FetchProblem> {
    let body = app.batch.outgoing.get(url).await;
    let body = body.map_err(|problem| FetchProblem::Refused(problem.to_string()))?;
    let name = hex::encode(app.entropy.bytes::<16>().map_err(Error::from)?);
    let received = receive(&app.area, &name, body, room, FETCH_TIME).await;
    let received = received.map_err(|problem| match problem {
        ReceiveProblem::Server(error) => FetchProblem::Failed(error),
        ReceiveProblem::TooLarge(_) => FetchProblem::Refused(too_large()),
        other => FetchProblem::Refused(other.to_string()),
    })?;
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
    Ok(Bytes::from(bytes.map_err(Error::from)?))
}
