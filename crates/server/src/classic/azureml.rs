//! What the Python package `azureml` (0.2.7) does unlike all other clients.
//!
//! An argument whose type its function does not declare is sent as JSON inside the cell's text, with its
//! type beside it: `{"type":"int","value":"1"}`. And an answer of several columns is read by their types,
//! though the URL that the package is given asks for none.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// A value with its Python type. Exactly these two fields: other text is left alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
    value: Value,
}

/// The value in a cell's text, if the text is a value with its type; `bytes` are what Python 2 calls `str`.
/// What has no place in a table (a list, a dictionary, a complex number) stays the text that it is.
pub(super) fn untyped(text: &str) -> Option<Value> {
    if !text.starts_with('{') {
        return None;
    }
    let Typed { kind, value } = serde_json::from_str(text).ok()?;
    let Value::String(inner) = value else {
        return None;
    };
    match kind.as_str() {
        "int" | "long" | "float" | "bool" | "unicode" => Some(Value::String(inner)),
        "null" => Some(Value::Null),
        "bytes" => String::from_utf8(STANDARD.decode(inner).ok()?)
            .ok()
            .map(Value::String),
        _ => None,
    }
}

/// Whether a call comes from this package, which can't read several columns without `ColumnTypes`, and
/// says nothing of them itself. Classic left the types out unless `details=true` asked for them, and so
/// does this server for all others: some readers refuse fields that they don't know.
pub(super) fn needs_types(headers: &HeaderMap, query: &str) -> bool {
    let begins = |name, start: &[u8]| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes().starts_with(start))
    };
    begins(header::AUTHORIZATION, b"bearer ")
        && begins(header::USER_AGENT, b"python-requests/")
        && !query.to_ascii_lowercase().contains("details")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde_json::json;

    #[test]
    fn values_with_their_types_are_read() {
        let check = |text: &str, expected: Option<Value>| {
            assert_eq!(untyped(text), expected, "{text}");
        };
        check(r#"{"type": "int", "value": "1"}"#, Some(json!("1")));
        check(r#"{"value":"2","type":"long"}"#, Some(json!("2")));
        check(r#"{"type":"float","value":"nan"}"#, Some(json!("nan")));
        check(r#"{"type":"bool","value":"true"}"#, Some(json!("true")));
        check(r#"{"type":"unicode","value":"é"}"#, Some(json!("é")));
        check(r#"{"type":"null","value":"null"}"#, Some(Value::Null));
        check(r#"{"type":"bytes","value":""}"#, Some(json!("")));
        check(
            r#"{"type":"bytes","value":"QmlzY29l"}"#,
            Some(json!("Biscoe")),
        );
        check(r#"{"type":"bytes","value":"w6k="}"#, Some(json!("é")));
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "",
            "{",
            "1",
            r#"{"type":"int"}"#,
            r#"{"type":"int","value":1}"#,
            r#"{"type":"int","value":"1","unit":"g"}"#,
            r#"{"type":"list","value":[{"type":"int","value":"1"}]}"#,
            r#"{"type":"complex","value":"1j"}"#,
            r#"{"type":"bytes","value":"QmlzY29"}"#,
            r#"{"type":"bytes","value":"Qml*Y29l"}"#,
            r#"{"type":"bytes","value":"/w=="}"#,
            r#"{"type":"bytes","value":"===="}"#,
        ] {
            assert_eq!(untyped(text), None, "{text}");
        }
    }

    #[test]
    fn the_package_is_known_by_how_it_spells_its_headers() {
        let needs = |scheme: &'static str, agent: &'static str, query: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(scheme));
            headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
            needs_types(&headers, query)
        };
        let agent = "python-requests/2.27.1";
        assert!(needs("bearer k", agent, "api-version=2.0"));
        assert!(!needs("Bearer k", agent, "api-version=2.0"));
        assert!(!needs("bearer k", "curl/8.0", "api-version=2.0"));
        assert!(!needs("bearer k", agent, "api-version=2.0&details=false"));
        assert!(!needs_types(&HeaderMap::new(), ""));
    }
}
