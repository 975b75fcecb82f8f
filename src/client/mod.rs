//! The portal's only way to the server: one request function over the browser's fetch, one for files
//! over its older request, and one module for each resource of the REST API.
//!
//! Knows nothing of views. A call whose future is dropped is aborted in the browser as well.

pub mod customers;
pub mod drafts;
pub mod endpoints;
mod error;
pub mod keys;
pub mod ledger;
pub mod many;
pub mod models;
mod read;
pub mod revisions;
pub mod rollout;
pub mod runs;
pub mod score;
pub mod services;
pub mod session;
pub mod stop;
pub mod updates;
pub mod upload;
pub mod usage;
pub mod versions;
pub mod workspaces;

pub use error::{ClientError, Refusal};

use gloo_net::http::{Headers, Method, RequestBuilder};
use portico_api::page::PageQuery;
use portico_api::problem::{Code, Problem};
use portico_api::routes::{self, Route};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;

/// What a call comes to.
pub type Answer<T> = Result<T, ClientError>;

/// A single resource with the state that it was read in.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// What a change hands back as `If-Match`; empty if the server sent none.
    pub etag: String,
    /// The resource.
    pub value: T,
}

impl<T> Versioned<T> {
    /// Whether it was read before the resource became what `other` is: the server counts its states.
    pub fn is_older_than(&self, other: &Self) -> bool {
        match (state_of(&self.etag), state_of(&other.etag)) {
            (Some(this), Some(other)) => this < other,
            _ => false,
        }
    }
}

/// The number of a state; none in another form of ETag, which says nothing of before and after.
fn state_of(etag: &str) -> Option<u64> {
    etag.trim_matches('"').parse().ok()
}

thread_local! {
    static SIGNED_OUT: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Sets what happens when the server says that nobody is signed in any more.
pub fn on_signed_out(act: impl Fn() + 'static) {
    SIGNED_OUT.with(|slot| *slot.borrow_mut() = Some(Box::new(act)));
}

/// Fetches a path and reads the answer.
async fn get<T: DeserializeOwned>(route: &Route, values: &[&str]) -> Answer<T> {
    read(&Call::new(route, values).send().await?)
}

/// Fetches a page of a list.
async fn get_page<T: DeserializeOwned>(
    route: &Route,
    values: &[&str],
    page: &PageQuery,
) -> Answer<T> {
    let mut call = Call::new(route, values);
    if let Some(size) = page.page_size {
        call.query("page_size", &size.to_string());
    }
    if let Some(token) = &page.page_token {
        call.query("page_token", token);
    }
    read(&call.send().await?)
}

/// Sends a body and reads the answer.
async fn post<B: Serialize, T: DeserializeOwned>(
    route: &Route,
    values: &[&str],
    body: &B,
) -> Answer<T> {
    read(&Call::new(route, values).json(body)?.send().await?)
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Answer<T> {
    read::read(&reply.text).map_err(|_| ClientError::Unreadable)
}

fn read_versioned<T: DeserializeOwned>(reply: Reply) -> Answer<Versioned<T>> {
    let value = read(&reply)?;
    Ok(Versioned {
        etag: reply.etag,
        value,
    })
}

/// A good answer before it is read.
struct Reply {
    etag: String,
    text: String,
}

/// A request in the making.
struct Call {
    method: Method,
    path: String,
    headers: Headers,
    body: Option<String>,
}

impl Call {
    fn new(route: &Route, values: &[&str]) -> Self {
        let headers = Headers::new();
        headers.set("Accept", "application/json");
        Self {
            method: match route.method {
                routes::Method::Get => Method::GET,
                routes::Method::Post => Method::POST,
                routes::Method::Patch => Method::PATCH,
                routes::Method::Delete => Method::DELETE,
            },
            path: route.at(values),
            headers,
            body: None,
        }
    }

    fn query(&mut self, name: &str, value: &str) {
        self.path
            .push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(name);
        self.path.push('=');
        self.path
            .push_str(&String::from(js_sys::encode_uri_component(value)));
    }

    fn json<B: Serialize>(mut self, body: &B) -> Answer<Self> {
        self.body = Some(serde_json::to_string(body).map_err(|_| ClientError::Unreadable)?);
        Ok(self)
    }

    fn if_match(self, etag: &str) -> Self {
        if !etag.is_empty() {
            self.headers.set("If-Match", etag);
        }
        self
    }

    fn idempotency_key(self, key: &str) -> Self {
        self.headers.set("Idempotency-Key", key);
        self
    }

    /// Sends the request: the one place where the portal talks to the server.
    async fn send(self) -> Answer<Reply> {
        // Every change carries the JSON media type, with or without a body: a form of another
        // site can't send it, so the server can tell them apart.
        if self.method != Method::GET {
            self.headers.set("Content-Type", "application/json");
        }
        let abort = AbortOnDrop::new();
        let builder = RequestBuilder::new(&self.path)
            .method(self.method)
            .headers(self.headers)
            .abort_signal(abort.signal().as_ref());
        let request = match self.body {
            Some(body) => builder.body(body),
            None => builder.build(),
        }
        .map_err(|_| ClientError::Unreadable)?;
        let response = request.send().await.map_err(|_| ClientError::Offline)?;
        let header = |name| response.headers().get(name);
        let (etag, retry_after) = (header("etag"), header("retry-after"));
        let text = response.text().await.map_err(|_| ClientError::Offline)?;
        judge(response.ok(), etag, retry_after, text)
    }
}

/// Tells a good answer from a refusal.
fn judge(
    ok: bool,
    etag: Option<String>,
    retry_after: Option<String>,
    text: String,
) -> Answer<Reply> {
    if ok {
        return Ok(Reply {
            etag: etag.unwrap_or_default(),
            text,
        });
    }
    let problem: Problem = read::read(&text).map_err(|_| ClientError::Unreadable)?;
    if problem.code == Code::Unauthenticated {
        SIGNED_OUT.with(|slot| {
            if let Some(act) = slot.borrow().as_ref() {
                act();
            }
        });
    }
    Err(ClientError::Problem(Box::new(Refusal {
        problem,
        retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
    })))
}

/// Aborts a request when nobody waits for it any more.
struct AbortOnDrop(Option<web_sys::AbortController>);

impl AbortOnDrop {
    fn new() -> Self {
        Self(web_sys::AbortController::new().ok())
    }

    fn signal(&self) -> Option<web_sys::AbortSignal> {
        self.0.as_ref().map(web_sys::AbortController::signal)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_answer_is_known_by_its_state() {
        let of = |etag: &str| Versioned {
            etag: etag.to_owned(),
            value: (),
        };
        assert!(of("\"9\"").is_older_than(&of("\"10\"")));
        assert!(!of("\"10\"").is_older_than(&of("\"9\"")));
        assert!(!of("\"9\"").is_older_than(&of("\"9\"")));
        for unknown in ["", "W/\"1\"", "\"a\""] {
            assert!(!of(unknown).is_older_than(&of("\"2\"")), "{unknown}");
            assert!(!of("\"0\"").is_older_than(&of(unknown)), "{unknown}");
        }
    }
}
