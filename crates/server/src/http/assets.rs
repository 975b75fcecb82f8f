//! The portal's files: hashed ones never change, `index.html` is asked for anew each time, and a file
//! that is not there is a 404 and never `index.html`.

use crate::app::App;
use crate::classic;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Embedded in a release build; read from the folder in a development build.
#[derive(RustEmbed)]
#[folder = "../../dist"]
#[allow_missing = true]
struct Portal;

/// Trunk names files by 64 bits in hexadecimal, without leading zeros.
const HASH_AT_LEAST: usize = 12;
const NOT_BUILT: &str = "The portal has not been built into this server. Run `cargo xtask serve`, or `cargo xtask dist` for a release.\n";

/// What no other route took: a page of the portal, one of its files, or nothing.
pub(super) async fn serve(State(_): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with(portico_api::routes::PREFIX) {
        return crate::error::Error::NotFound.into_response();
    }
    if classic::is_classic_path(path) && !is_page(path) {
        return classic::unknown_path();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if is_page(path) {
        return file("index.html", request.headers(), "no-cache");
    }
    let name = path.trim_start_matches('/');
    let caching = if is_hashed(name) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    file(name, request.headers(), caching)
}

/// Whether a file's name holds its contents' hash: another content has another name.
fn is_hashed(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, rest)| {
        rest.split(['.', '_']).next().is_some_and(|hash| {
            (HASH_AT_LEAST..=16).contains(&hash.len())
                && hash.bytes().all(|b| b.is_ascii_hexdigit())
        })
    })
}

/// Paths that the portal's router knows; the pages below `/workspaces` share their beginning with
/// classic's wire.
fn is_page(path: &str) -> bool {
    let mut parts = path.trim_matches('/').split('/');
    match parts.next().unwrap_or_default() {
        "" | "signin" | "setup" | "account" => parts.next().is_none(),
        "workspaces" => {
            let rest: Vec<_> = parts.collect();
            matches!(
                rest.as_slice(),
                [] | [_]
                    | [_, "publish"]
                    | [_, "services", _]
                    | [_, "services", _, "versions" | "ledger" | "publish"]
                    | [_, "services", _, "versions", _]
                    | [_, "services", _, "endpoints", _]
                    | [_, "services", _, "endpoints", _, _]
            )
        }
        _ => false,
    }
}

fn file(name: &str, headers: &HeaderMap, caching: &'static str) -> Response {
    let plain = Portal::get(name);
    if plain.is_none() && name == "index.html" {
        return (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response();
    }
    let Some(plain) = plain else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", hex::encode(plain.metadata.sha256_hash()));
    if headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        == Some(tag.as_str())
    {
        return (
            StatusCode::NOT_MODIFIED,
            [
                (header::ETAG, tag),
                (header::CACHE_CONTROL, caching.to_owned()),
                (header::VARY, "accept-encoding".to_owned()),
            ],
        )
            .into_response();
    }
    let (body, encoding) = smallest(name, plain, headers);
    let kind = mime(name);
    let mut response = Response::new(Body::from(body.data));
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The copy that was compressed beforehand, if the browser takes it.
fn smallest(
    name: &str,
    plain: EmbeddedFile,
    headers: &HeaderMap,
) -> (EmbeddedFile, Option<&'static str>) {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    for (token, ending) in [("br", ".br"), ("gzip", ".gz")] {
        let wanted = accepted.split(',').any(|part| {
            part.split(';')
                .next()
                .is_some_and(|name| name.trim() == token)
        });
        if wanted && let Some(copy) = Portal::get(&format!("{name}{ending}")) {
            return (copy, Some(token));
        }
    }
    (plain, None)
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_named_by_their_contents_are_kept_for_good() {
        for name in [
            "portal-8584b02111e3b94e.js",
            "portal-8584b02111e3b94e_bg.wasm",
            "tokens-1364fe8be380092.css",
            "trusted-types-c86aa2798240986a.js",
            "sheet-00000000000000ab.js",
            "sheet_bg-8584b02111e3b94e.wasm",
            "sheet_worker-8584b02111e3b94e.js",
            "sheet_worker_bg-8584b02111e3b94e.wasm",
            "sheet_worker_loader-8584b02111e3b94e.js",
            "batch-8584b02111e3b94e.css",
            "publishing-8584b02111e3b94e.js",
            "publishing_bg-8584b02111e3b94e.wasm",
            "programs-8584b02111e3b94e.js",
            "samples-8584b02111e3b94e.js",
            "samples/python-requests-8584b02111e3b94e.txt",
        ] {
            assert!(is_hashed(name), "{name}");
        }
        for name in [
            "index.html",
            "sheet.js",
            "sheet_worker_bg.wasm",
            "sheet_worker_loader.js",
            "batch.css",
            "samples.js",
            "trusted-types.js",
            "a-b.js",
        ] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn browsers_take_each_file_for_what_it_is() {
        for (name, expected) in [
            ("sheet_worker_loader.js", "text/javascript; charset=utf-8"),
            ("sheet_worker_bg.wasm", "application/wasm"),
            ("batch.css", "text/css; charset=utf-8"),
            ("samples/go.txt", "text/plain; charset=utf-8"),
            ("index.html", "text/html; charset=utf-8"),
            ("file", "application/octet-stream"),
        ] {
            assert_eq!(mime(name), expected, "{name}");
        }
    }
}
