//! Requests that Azure's clients sign: `Authorization: SharedKey account:signature`, where the signature is
//! HMAC-SHA-256, under the account's key, of a text made of method, headers, path and query.

use crate::clock::{Micros, SECOND};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// A request may be so much older or newer than this server's clock.
const SKEW: Micros = 15 * 60 * SECOND;
/// The version from which on a length of nothing is written as nothing.
const EMPTY_LENGTH: &str = "2015-02-21";

/// Account and signature of a header's value.
pub(super) fn read(value: &str) -> Option<(&str, Vec<u8>)> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let (account, signature) = rest.trim().split_once(':')?;
    let signature = STANDARD.decode(signature).ok()?;
    (scheme.eq_ignore_ascii_case("sharedkey")).then_some((account, signature))
}

/// Whether a request was signed so with this secret, and lately.
pub(super) fn fits(
    secret: &[u8; 32],
    account: &str,
    signature: &[u8],
    head: &Parts,
    query: &[(String, String)],
    now: Micros,
) -> bool {
    let headers = &head.headers;
    let date = one(headers, "x-ms-date").or_else(|| one(headers, "date"));
    let lately = date
        .and_then(|text| jiff::fmt::rfc2822::parse(&text).ok())
        .is_some_and(|at| (at.timestamp().as_microsecond() - now).abs() <= SKEW);
    let text = text_to_sign(account, head, query);
    let sum = crate::keys::derive::sign(secret, &text);
    let same: bool = sum.ct_eq(signature).into();
    lately && same
}

fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_owned())
}

fn text_to_sign(account: &str, head: &Parts, query: &[(String, String)]) -> String {
    let headers = &head.headers;
    let version = one(headers, "x-ms-version").unwrap_or_default();
    let mut text = format!("{}\n", head.method);
    for name in [
        "content-encoding",
        "content-language",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "if-modified-since",
        "if-match",
        "if-none-match",
        "if-unmodified-since",
        "range",
    ] {
        let value = one(headers, name).unwrap_or_default();
        let nothing = name == "content-length" && value == "0" && *version >= *EMPTY_LENGTH;
        // The date of a request that names it twice is the other one.
        let doubled = name == "date" && headers.contains_key("x-ms-date");
        if !(nothing || doubled) {
            text.push_str(&value);
        }
        text.push('\n');
    }
    let mut own: Vec<(&str, String)> = headers
        .keys()
        .map(axum::http::HeaderName::as_str)
        .filter(|name| name.starts_with("x-ms-"))
        .map(|name| (name, one(headers, name).unwrap_or_default()))
        .collect();
    own.sort();
    for (name, value) in own {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&format!("/{account}{}", head.uri.path()));
    let mut pairs: Vec<(String, &str)> = query
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
        .collect();
    pairs.sort();
    let mut before = None;
    for (name, value) in pairs {
        if before.as_ref() == Some(&name) {
            text.push_str(&format!(",{value}"));
        } else {
            text.push_str(&format!("\n{name}:{value}"));
            before = Some(name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn head(request: axum::http::request::Builder) -> Parts {
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_text_is_that_of_azures_documentation() {
        // Microsoft's example for Put Blob with SharedKey, its length taken from the same page's rules.
        let request = head(
            Request::put("/a/data/in%20put.csv?timeout=30&comp=x")
                .header("x-ms-version", "2015-02-21")
                .header("x-ms-date", "Sun, 11 Oct 2009 21:49:13 GMT")
                .header("x-ms-blob-type", "BlockBlob")
                .header("date", "is not used")
                .header("content-length", "11")
                .header("content-type", "text/csv; charset=UTF-8"),
        );
        let query = [("timeout", "30"), ("comp", "x")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(
            text_to_sign("name", &request, &query),
            "PUT\n\n\n11\n\ntext/csv; charset=UTF-8\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\n\
             x-ms-date:Sun, 11 Oct 2009 21:49:13 GMT\nx-ms-version:2015-02-21\n/name/a/data/in%20put.csv\ncomp:x\ntimeout:30"
        );
    }

    #[test]
    fn a_length_of_nothing_depends_on_the_version() {
        let text = |version: &str| {
            let request = Request::put("/a")
                .header("x-ms-version", version)
                .header("content-length", "0");
            text_to_sign("n", &head(request), &[])
        };
        assert!(text("2014-02-14").starts_with("PUT\n\n\n0\n"));
        assert!(text("2015-02-21").starts_with("PUT\n\n\n\n"));
    }

    #[test]
    fn old_requests_and_other_schemes_are_refused() {
        let now = 1_795_000_000_000_000;
        let request = |at: Micros| {
            let date = jiff::Timestamp::from_microsecond(at).unwrap();
            let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            head(Request::get("/a").header("x-ms-date", date))
        };
        let judge = |at: Micros| {
            let request = request(at);
            let sum = crate::keys::derive::sign(&[1; 32], &text_to_sign("n", &request, &[]));
            fits(&[1; 32], "n", &sum, &request, &[], now)
        };
        assert!(judge(now) && judge(now - SKEW) && judge(now + SKEW));
        assert!(!judge(now - SKEW - SECOND) && !judge(now + SKEW + SECOND));
        assert_eq!(read("SharedKey n:AQI=").unwrap(), ("n", vec![1, 2]));
        for value in [
            "",
            "SharedKey",
            "SharedKey n",
            "SharedKey n:?",
            "SharedKeyLite n:AQI=",
            "Bearer n:AQI=",
        ] {
            assert!(read(value).is_none(), "{value}");
        }
    }
}
