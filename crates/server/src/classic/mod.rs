//! The request-response and batch execution wires of Azure ML Studio (classic), so that their clients go on
//! working after a change of address and key.
//!
//! For request-response this reads headers and query, `body` makes UTF-8 of what was sent, `request` reads it, `table` the form that most calls have;
//! `answer` and `error` write what goes out, and `execute` joins them with what stands elsewhere for all wires
//! alike: key, permit, model. `management` changes services and endpoints; `azureml` holds what the Python package of
//! that name does unlike all others; `jobs`
//! is batch execution, `blobs` the storage that its clients read and write; `documents` are the public
//! descriptions of an endpoint.

pub mod answer;
mod azureml;
mod blobs;
pub mod body;
mod documents;
pub mod error;
mod execute;
pub mod jobs;
mod management;
pub mod request;
mod sent;
mod table;

use crate::app::App;
use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use error::ClassicError;
use request::Form;

/// Where an endpoint is called, request-response.
const EXECUTE: &str = "/workspaces/{workspace}/services/{endpoint}/execute";

/// The routes of this wire.
pub fn router() -> Router<App> {
    let wrong_method = || async { ClassicError::method_not_allowed().into_response() };
    Router::new()
        .route(EXECUTE, post(execute::execute).fallback(wrong_method))
        .merge(documents::router())
        .merge(jobs::router())
        .merge(blobs::router())
        .merge(management::router())
}

/// The URL at which an endpoint is called.
pub fn execute_url(public_url: &str, workspace: &str, endpoint: &str) -> String {
    let path = EXECUTE
        .replace("{workspace}", workspace)
        .replace("{endpoint}", endpoint);
    format!("{public_url}{path}?api-version=2.0&details=true")
}

/// The address of an endpoint on this wire, as its clients call it `ApiLocation`: what they append to it, such
/// as `/execute`, are the endpoint's services.
pub fn api_location(public_url: &str, workspace: &str, endpoint: &str) -> String {
    format!("{public_url}/workspaces/{workspace}/services/{endpoint}")
}

/// Whether a path belongs to this wire rather than to the portal's pages, which it shares a beginning with.
pub fn is_classic_path(path: &str) -> bool {
    path.starts_with("/workspaces/")
}

/// The answer for a path that this wire does not know.
pub fn unknown_path() -> Response {
    ClassicError::not_found().into_response()
}

/// What a call's query asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Execute {
    /// The form of the answer; the request may come in either.
    pub form: Form,
    /// Whether a table names the types of its columns.
    pub details: bool,
}

/// Names under which clients of other services put keys into addresses.
const KEY_NAMES: [&str; 10] = [
    "key",
    "apikey",
    "api_key",
    "api-key",
    "code",
    "token",
    "access_token",
    "subscription-key",
    "authorization",
    "bearer",
];

/// The key of a request: `Authorization: Bearer <key>`, the scheme in any case, before and after it any
/// run of spaces. `None` without the header, with several of them, or with another scheme.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, key) = only.to_str().ok()?.trim().split_once([' ', '\t'])?;
    let key = key.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

/// Whether a query holds a key, or what looks like one. Such an address must not be logged.
pub fn holds_key(query: &str) -> bool {
    // A query that can't be read is taken apart by hand: it must not hide a key.
    let Some(pairs) = pairs(query) else {
        return true;
    };
    pairs.iter().any(|(name, value)| {
        KEY_NAMES.contains(&name.to_ascii_lowercase().as_str())
            || name.contains("portico_")
            || value.contains("portico_")
    })
}

/// Reads a call's query, without its question mark: `api-version` (absent or 2.0), `details`, `format`,
/// in any order and any case. Others are ignored, as classic did.
///
/// # Errors
/// [`ClassicError`] with status 400: a key in the address, another version, a value that is not one.
pub fn parse_query(query: &str) -> Result<Execute, ClassicError> {
    let invalid = |name: &str, why: &str| {
        let words = format!("Invalid query parameter '{name}'. {why}");
        ClassicError::argument("InvalidQueryParameter", words)
    };
    let Some(pairs) = pairs(query) else {
        return Err(invalid("", "The query can't be read."));
    };
    if holds_key(query) {
        let why =
            "A key belongs into the Authorization header, never into an address. Rotate this one.";
        return Err(invalid("key", why));
    }
    let mut execute = Execute::default();
    for (name, value) in &pairs {
        let is = |text: &str| value.eq_ignore_ascii_case(text);
        match name.to_ascii_lowercase().as_str() {
            "api-version" if !is("2.0") && !is("") => {
                return Err(ClassicError::argument(
                    "BadVersionCall",
                    format!(
                        "Invalid version parameter was passed during the API call: {value}. Check the API help page for passing the correct version and try again."
                    ),
                ));
            }
            "details" if is("true") => execute.details = true,
            "details" if is("false") || is("") => execute.details = false,
            "details" => return Err(invalid("details", "It is true or false.")),
            "format" if is("swagger") => execute.form = Form::Swagger,
            "format" if is("table") || is("") => execute.form = Form::Table,
            "format" => return Err(invalid("format", "It is swagger, or left out.")),
            _ => {}
        }
    }
    Ok(execute)
}

/// Names and values of a query, decoded; `None` if it can't be part of an address.
fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let uri: Uri = format!("/?{query}").parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(pairs)| pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn key_of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn the_scheme_may_be_written_as_clients_write_it() {
        for value in [
            "Bearer k",
            "bearer k",
            "BEARER k",
            "Bearer  k",
            "Bearer \t k",
            " Bearer k ",
        ] {
            assert_eq!(key_of(&[value]).as_deref(), Some("k"), "{value}");
        }
    }

    #[test]
    fn anything_else_is_no_key() {
        for values in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["k"],
            &["Basic k"],
            &["Bearerk k"],
            &["Bearer a", "Bearer b"],
        ] {
            assert_eq!(key_of(values), None, "{values:?}");
        }
        let mut headers = HeaderMap::new();
        let odd = HeaderValue::from_bytes(b"Bearer \xff").unwrap();
        headers.insert(header::AUTHORIZATION, odd);
        assert_eq!(bearer(&headers), None);
    }

    #[test]
    fn queries_are_read_in_any_order() {
        let check = |query, form, details| {
            assert_eq!(parse_query(query), Ok(Execute { form, details }), "{query}");
        };
        check("", Form::Table, false);
        check("api-version=2.0", Form::Table, false);
        check("api-version=2.0&details=true", Form::Table, true);
        check(
            "format=swagger&details=true&api-version=2.0",
            Form::Swagger,
            true,
        );
        check(
            "Api-Version=2.0&Details=True&Format=Swagger",
            Form::Swagger,
            true,
        );
        check(
            "api-version=2%2E0&details=false&format=&x=1&y",
            Form::Table,
            false,
        );
    }

    #[test]
    fn wrong_queries_are_named() {
        let check = |query, code, words: &str| {
            let error = parse_query(query).unwrap_err();
            assert_eq!(
                (error.status.as_u16(), error.details[0].code),
                (400, code),
                "{query}"
            );
            assert!(error.details[0].message.contains(words), "{query}");
        };
        check("api-version=1.0", "BadVersionCall", "1.0");
        check("details=maybe", "InvalidQueryParameter", "'details'");
        check("format=xml", "InvalidQueryParameter", "'format'");
        check("a b", "InvalidQueryParameter", "can't be read");
    }

    #[test]
    fn a_key_in_the_address_is_refused_and_never_repeated() {
        for query in [
            "key=abc",
            "API_KEY=abc&api-version=2.0",
            "api-version=2.0&x=portico_p1_abc",
            "x=%70ortico_p1_abc",
            "portico_p1_abc",
        ] {
            assert!(holds_key(query), "{query}");
            let error = parse_query(query).unwrap_err();
            assert_eq!(error.status, 400);
            assert!(!error.body().contains("abc"), "{query}");
        }
        assert!(!holds_key("api-version=2.0&details=true&format=swagger"));
        assert!(
            holds_key("portico_p1_abc def"),
            "unreadable, so taken for one"
        );
    }
}
