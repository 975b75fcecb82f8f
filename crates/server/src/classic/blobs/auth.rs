//! Who may do what to the blobs of an endpoint: whoever has its key, or signs with the account key that
//! belongs to one, everything; whoever has a link, read its one blob.

use super::{Wanted, shared_key};
use crate::area::{Address, account, link};
use crate::classic::error::ClassicError;
use crate::classic::execute::admitted;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use portico_domain::key::KeyId;

/// The key by which a request is the endpoint's own.
///
/// # Errors
/// 401, alike for an endpoint that does not exist and a wrong key.
pub(super) fn owner(wanted: &Wanted<'_>, head: &Parts) -> Result<KeyId, ClassicError> {
    let (app, headers) = (wanted.app, &head.headers);
    let (workspace, endpoint) = (wanted.workspace.as_str(), wanted.endpoint.as_str());
    if let Some((_, _, key)) = admitted(app, workspace, endpoint, headers) {
        return Ok(key);
    }
    signed(wanted, head).ok_or_else(ClassicError::unauthorized)
}

/// The key behind the account key that a request is signed with.
fn signed(wanted: &Wanted<'_>, head: &Parts) -> Option<KeyId> {
    let sent = head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (name, signature) = shared_key::read(sent)?;
    let key = KeyId::parse(name)?;
    let (app, now) = (wanted.app, wanted.app.clock.now());
    let snapshot = app.snapshot();
    let entry = snapshot.endpoint(&wanted.endpoint)?;
    let here = entry.stored.workspace_id == wanted.workspace;
    // For an unknown key the work is the same.
    let known = here && snapshot.key_opens(&key, &wanted.endpoint, now);
    let secret = account::account_key(app.secrets.pepper.as_ref()?, &wanted.endpoint, &key);
    let fits = shared_key::fits(&secret, name, &signature, head, &wanted.query, now);
    (known && fits).then_some(key)
}

/// Whether a request may read this blob.
///
/// # Errors
/// 401 without any sign of who calls, 403 for a link that does not open it.
pub(super) fn reader(
    wanted: &Wanted<'_>,
    head: &Parts,
    blob: &Address,
) -> Result<(), ClassicError> {
    if !head.headers.contains_key(header::AUTHORIZATION) && wanted.asks("sig").is_some() {
        let app = wanted.app;
        let snapshot = app.snapshot();
        let here = snapshot
            .endpoint(&wanted.endpoint)
            .is_some_and(|entry| entry.stored.workspace_id == wanted.workspace);
        let pepper = app.secrets.pepper.as_ref();
        let opens =
            pepper.is_some_and(|pepper| link::opens(pepper, blob, &wanted.query, app.clock.now()));
        return if here && opens {
            Ok(())
        } else {
            Err(ClassicError::of_blob(
                StatusCode::FORBIDDEN,
                "AuthenticationFailed",
                "This link does not open the blob, or has expired. Ask for the job again: its links are then new.",
            ))
        };
    }
    owner(wanted, head).map(|_| ())
}
