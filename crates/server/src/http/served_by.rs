//! How a scoring answer tells on every wire which state of the endpoint it is from: the headers
//! `x-portico-version` and `x-portico-revision`. Nothing else in the server writes them.

use crate::snapshot::Entry;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

/// The number of the version.
pub const VERSION: HeaderName = HeaderName::from_static("x-portico-version");
/// The number of the endpoint's revision.
pub const REVISION: HeaderName = HeaderName::from_static("x-portico-revision");

/// The version that scored a response, where that is one that is tried in a staged rollout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate(pub(super) u32);

/// Names the version and the revision that a call runs on: those of the entry that it found, from its
/// beginning to its end. A version that is tried is no revision, so its answers name the version alone.
pub fn write(response: &mut Response, entry: &Entry) {
    let tried = response.extensions().get::<Candidate>().copied();
    let headers = response.headers_mut();
    if let Some(Candidate(version)) = tried {
        headers.insert(VERSION, HeaderValue::from(version));
        return;
    }
    headers.insert(VERSION, HeaderValue::from(entry.stored.version));
    headers.insert(REVISION, HeaderValue::from(entry.stored.revision));
}
