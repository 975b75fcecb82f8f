//! Blobs on their way in and out.

use super::{Wanted, json_answer, reference};
use crate::area::name::Form;
use crate::area::{AREA_BYTES, Address, BLOB_BYTES};
use crate::classic::error::ClassicError;
use crate::clock::Micros;
use crate::error::Error;
use crate::http::receive::{ReceiveProblem, receive};
use crate::store::area::{self, Stored};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::io::SeekFrom;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// How long an upload may take.
const UPLOAD_TIME: Duration = Duration::from_secs(3600);
/// Bytes of a download that are in memory at once.
const PIECE: usize = 256 << 10;

/// There is no such blob.
pub(super) fn not_found(name: &str) -> ClassicError {
    let words = format!("There is no blob {name}.");
    ClassicError::of_blob(StatusCode::NOT_FOUND, "BlobNotFound", words)
}

/// Takes a blob, in place of the one that had its name.
pub(super) async fn put(
    wanted: &Wanted<'_>,
    head: &Parts,
    body: Body,
    blob: &Address,
) -> Result<Response, ClassicError> {
    let app = wanted.app;
    let headers = &head.headers;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if wanted.asks("comp").is_some() {
        return Err(ClassicError::argument(
            "InvalidQueryParameter",
            "This server takes a blob as a whole (Put Blob). Set the client's size of a single upload above the blob's.",
        ));
    }
    if text("x-ms-blob-type").is_some_and(|kind| !kind.eq_ignore_ascii_case("BlockBlob")) {
        return Err(ClassicError::argument(
            "BadParameterValue",
            "x-ms-blob-type is BlockBlob.",
        ));
    }
    let (container, name) = (&blob.name.container, &blob.name.name);
    let failed = |error: Error| wanted.failed(&error);
    let only_new = text("if-none-match").is_some_and(|value| value.trim() == "*");
    let before = area::find(app.store.read(), &blob.endpoint, container, name).await;
    let before = before.map_err(failed)?;
    if only_new && before.is_some() {
        return Err(ClassicError::of_blob(
            StatusCode::CONFLICT,
            "BlobAlreadyExists",
            "There is a blob of this name, and the request wants none to be replaced.",
        ));
    }
    let used = area::bytes(app.store.read(), &blob.endpoint)
        .await
        .map_err(failed)?;
    let used = used.saturating_sub(before.map_or(0, |before| before.bytes));
    let room = AREA_BYTES.saturating_sub(used);
    let received = receive(
        &app.area,
        wanted.id.as_str(),
        body,
        BLOB_BYTES.min(room),
        UPLOAD_TIME,
    )
    .await;
    let received = received.map_err(|problem| match problem {
        ReceiveProblem::TooLarge(_) if room < BLOB_BYTES => ClassicError::of_blob(
            StatusCode::INSUFFICIENT_STORAGE,
            "NoMoreResources",
            format!(
                "The blobs of an endpoint have at most {AREA_BYTES} bytes together. Delete some."
            ),
        ),
        ReceiveProblem::TooLarge(limit) => ClassicError::of_blob(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestBodyTooLarge",
            format!("A blob has at most {limit} bytes. Split it."),
        ),
        ReceiveProblem::NoRoom => ClassicError::of_blob(
            StatusCode::INSUFFICIENT_STORAGE,
            "NoMoreResources",
            "The server has no room for this blob. Tell its administrator.",
        ),
        ReceiveProblem::TooSlow | ReceiveProblem::BrokeOff => ClassicError::too_slow(),
        ReceiveProblem::Server(error) => wanted.failed(&error),
    })?;
    let now = app.clock.now();
    let stored = Stored {
        container: container.clone(),
        name: name.clone(),
        sha256: received.sha256,
        bytes: received.bytes,
        changed_at: now,
    };
    let done = async {
        let _named = app.area.naming.read().await;
        app.area.keep(received.aside, &stored.sha256).await?;
        let mut tx = app.store.begin().await?;
        area::put(tx.conn(), &blob.endpoint, &stored).await?;
        tx.commit_quietly().await
    };
    done.await.map_err(failed)?;
    let mut response = if headers.contains_key("x-ms-version") {
        StatusCode::CREATED.into_response()
    } else {
        // What a job takes as its input.
        (
            StatusCode::CREATED,
            json_answer(&reference(app, &wanted.workspace, blob)),
        )
            .into_response()
    };
    mark(response.headers_mut(), &stored.sha256, now, headers);
    Ok(response)
}

/// Takes a blob's name away.
pub(super) async fn delete(wanted: &Wanted<'_>, blob: &Address) -> Result<Response, ClassicError> {
    let done = async {
        let mut tx = wanted.app.store.begin().await?;
        let (container, name) = (&blob.name.container, &blob.name.name);
        let was_there = area::delete(tx.conn(), &blob.endpoint, container, name).await?;
        tx.commit_quietly().await?;
        Ok(was_there)
    };
    if done.await.map_err(|error: Error| wanted.failed(&error))? {
        Ok(StatusCode::ACCEPTED.into_response())
    } else {
        Err(not_found(&blob.name.in_url()))
    }
}

/// Gives a blob, or the part of it that is asked for.
pub(super) async fn get(
    wanted: &Wanted<'_>,
    head: &Parts,
    blob: &Address,
) -> Result<Response, ClassicError> {
    let app = wanted.app;
    let (container, name) = (&blob.name.container, &blob.name.name);
    let failed = |error: Error| wanted.failed(&error);
    let stored = area::find(app.store.read(), &blob.endpoint, container, name).await;
    let stored = stored
        .map_err(failed)?
        .ok_or_else(|| not_found(&blob.name.in_url()))?;
    let headers = &head.headers;
    let (from, to, partial) = match range(headers, stored.bytes) {
        Wish::Whole => (0, stored.bytes, false),
        Wish::Part(from, to) => (from, to, true),
        Wish::Outside => {
            let mut response = ClassicError::of_blob(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "InvalidRange",
                format!("The blob has {} bytes.", stored.bytes),
            )
            .into_response();
            let size = HeaderValue::from_str(&format!("bytes */{}", stored.bytes));
            if let Ok(size) = size {
                response.headers_mut().insert(header::CONTENT_RANGE, size);
            }
            return Ok(response);
        }
    };
    let body = if head.method == Method::HEAD {
        Body::empty()
    } else {
        let file = app.area.blobs.open(&stored.sha256).map_err(failed)?;
        let mut file = tokio::fs::File::from_std(file);
        let sought = file.seek(SeekFrom::Start(from)).await;
        sought.map_err(|error| failed(error.into()))?;
        Body::from_stream(pieces(file, to - from))
    };
    let mut response = Response::new(body);
    if partial {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{}/{}", to.saturating_sub(1), stored.bytes);
        if let Ok(range) = HeaderValue::from_str(&range) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
    }
    // By its ending alone: what somebody uploads is never shown as a page.
    let kind = match blob.name.form() {
        Some(Form::Csv) => "text/csv",
        Some(Form::Tsv) => "text/tab-separated-values",
        None => "application/octet-stream",
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::CONTENT_LENGTH, (to - from).into());
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment"),
    );
    out.insert(
        HeaderName::from_static("x-ms-blob-type"),
        HeaderValue::from_static("BlockBlob"),
    );
    mark(out, &stored.sha256, stored.changed_at, headers);
    Ok(response)
}

fn pieces(
    file: tokio::fs::File,
    bytes: u64,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::try_unfold((file, bytes), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; most];
        let length = file.read(&mut piece).await?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(length);
        Ok(Some((Bytes::from(piece), (file, left - length as u64))))
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Whole,
    /// From the first byte up to the one after the last.
    Part(u64, u64),
    Outside,
}

/// What part is asked for: one range, in the header of Azure's clients or in that of all others. What can't
/// be read asks for the whole (RFC 9110).
fn range(headers: &HeaderMap, bytes: u64) -> Wish {
    let value = headers
        .get("x-ms-range")
        .or_else(|| headers.get(header::RANGE));
    let value = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let Some((from, to)) = value
        .trim()
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Wish::Whole;
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let (from, to) = match (number(from), number(to)) {
        (Some(from), Some(last)) if from <= last => (from, last.saturating_add(1).min(bytes)),
        (Some(from), None) if to.is_empty() => (from, bytes),
        (None, Some(last)) if from.is_empty() => (bytes.saturating_sub(last), bytes),
        _ => return Wish::Whole,
    };
    if from < to {
        Wish::Part(from, to)
    } else {
        Wish::Outside
    }
}

/// What Azure's clients want to read of every answer.
pub(super) fn mark(out: &mut HeaderMap, sha256: &str, changed_at: Micros, asked: &HeaderMap) {
    let tag = format!(
        "\"0x{}\"",
        sha256.get(..16).unwrap_or_default().to_ascii_uppercase()
    );
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    let date = jiff::Timestamp::from_microsecond(changed_at)
        .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default();
    if let Ok(date) = HeaderValue::from_str(&date) {
        out.insert(header::LAST_MODIFIED, date);
    }
    if let Some(version) = asked.get("x-ms-version") {
        out.insert(HeaderName::from_static("x-ms-version"), version.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        let check = |value: &str, expected: Wish| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_str(value).unwrap());
            assert_eq!(range(&headers, 10), expected, "{value}");
        };
        check("bytes=0-3", Wish::Part(0, 4));
        check("bytes=8-99", Wish::Part(8, 10));
        check("bytes=4-", Wish::Part(4, 10));
        check("bytes=-3", Wish::Part(7, 10));
        check("bytes=10-", Wish::Outside);
        check("bytes=-0", Wish::Outside);
        for value in [
            "bytes=3-1",
            "bytes=a-b",
            "lines=1-2",
            "bytes=0-1,3-4",
            "bytes=-",
        ] {
            check(value, Wish::Whole);
        }
        assert_eq!(range(&HeaderMap::new(), 10), Wish::Whole);
    }
}
