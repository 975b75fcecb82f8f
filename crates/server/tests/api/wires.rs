//! What every answer carries, where pages and files are found, how errors look.

use crate::support::{As, Reply};
use crate::world::{World, penguin};
use portico_server::http::CONTENT_SECURITY_POLICY;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fails unless the answer has the headers that every answer has.
#[track_caller]
fn guarded(reply: &Reply, what: &str) {
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), value, "{name} of {what}");
    }
    assert_eq!(reply.header("x-request-id").len(), 32, "{what}");
    assert_eq!(
        reply.header("x-ms-request-id"),
        reply.header("x-request-id")
    );
    for absent in [
        "server",
        "x-powered-by",
        "access-control-allow-origin",
        "strict-transport-security",
    ] {
        assert!(!reply.headers.contains_key(absent), "{absent} of {what}");
    }
}

#[tokio::test]
async fn every_answer_is_guarded_and_none_of_the_api_is_stored() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let key = As::Bearer(acme.primary.clone());
    let me = "/api/v1/me".to_owned();
    // Without a portal built into it the server says so on each page, and nobody is to keep that.
    let start = world.at.get(&As::Nobody, "/").await;
    let pages = if start.status == 200 {
        "no-cache"
    } else {
        start
            .text
            .find("has not been built")
            .map(|_| "no-store")
            .unwrap()
    };
    for (who, method, path, caching) in [
        (&As::Nobody, "GET", "/".to_owned(), pages),
        (&As::Nobody, "GET", "/signin".to_owned(), pages),
        (&As::Nobody, "HEAD", "/workspaces".to_owned(), pages),
        (&As::Nobody, "GET", acme.path.replace("/api/v1", ""), pages),
        (
            &As::Nobody,
            "GET",
            "/no-such-file.js".to_owned(),
            "no-store",
        ),
        (&As::Nobody, "GET", "/healthz".to_owned(), "no-store"),
        (&As::Nobody, "GET", me.clone(), "no-store"),
        (&world.owner, "GET", me, "no-store"),
        (&world.owner, "GET", acme.path.clone(), "no-store"),
        (&world.owner, "PUT", acme.path.clone(), "no-store"),
        (
            &As::Nobody,
            "GET",
            "/api/v1/openapi.json".to_owned(),
            "no-store",
        ),
        (&As::Nobody, "GET", "/api/v1/nothing".to_owned(), "no-store"),
        (&key, "POST", acme.call.clone(), "no-store"),
        (&As::Nobody, "POST", acme.call.clone(), "no-store"),
        (&As::Nobody, "GET", acme.call.clone(), "no-store"),
        (
            &As::Nobody,
            "GET",
            format!("{}/x", acme.call.split('?').next().unwrap()),
            "no-store",
        ),
    ] {
        let what = format!("{method} {path}");
        let reply = world
            .at
            .ask(who, method, &path)
            .json(&penguin())
            .send()
            .await;
        guarded(&reply, &what);
        assert_eq!(reply.header("cache-control"), caching, "{what}");
    }
    for rule in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(CONTENT_SECURITY_POLICY.contains(rule));
    }
    assert!(
        !CONTENT_SECURITY_POLICY.contains("unsafe-inline")
            && !CONTENT_SECURITY_POLICY.contains("'unsafe-eval'")
    );
}

#[tokio::test]
async fn a_file_that_is_not_there_is_never_the_start_page() {
    let world = World::start().await;
    for path in [
        "/no-such-file.js",
        "/index.html.map",
        "/favicon.ico",
        "/nothing",
        "/signin/x",
        "/account/x/y",
        "/assets/x.css",
        "/..%2f..%2fCargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/.git/config",
        "/index-0123456789abcdef.js",
    ] {
        let reply = world.at.get(&As::Nobody, path).await;
        reply.problem(404, "not_found");
        assert!(!reply.text.contains("<html"), "{path}");
    }
    world
        .at
        .ask(&As::Nobody, "POST", "/signin")
        .send()
        .await
        .problem(405, "method_not_allowed");
    world
        .at
        .ask(&As::Nobody, "DELETE", "/nothing")
        .send()
        .await
        .problem(405, "method_not_allowed");
}

#[tokio::test]
async fn errors_of_the_api_are_problems_with_a_request_id() {
    let world = World::start().await;
    let at = &world.at;
    let create = world.path("/endpoints");
    let mut ids = BTreeSet::new();
    let mut check = |reply: Reply, status: u16, code: &str| {
        let problem = reply.problem(status, code);
        assert_eq!(problem["type"], format!("urn:portico:problem:{code}"));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        assert!(ids.insert(problem["request_id"].as_str().unwrap().to_owned()));
    };
    let post = async |body: &str| {
        let ask = at
            .ask(&world.owner, "POST", &create)
            .header("content-type", "application/json");
        ask.text(body).send().await
    };
    for body in [
        "",
        "{",
        "{\"name\":}",
        "\u{feff}{}",
        "{} {}",
        &"[".repeat(100_000),
    ] {
        check(post(body).await, 400, "malformed");
    }
    for body in ["null", "[]", "7", "{}", "{\"name\":7}", "{\"name\":null}"] {
        check(post(body).await, 422, "invalid");
    }
    let large = format!(
        "{{\"name\":\"a\",\"description\":\"{}\"}}",
        "x".repeat(8 * 1024 * 1024)
    );
    check(post(&large).await, 413, "too_large");
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let reply = at.ask(&world.owner, method, &create).send().await;
        // Whoever is told what a path takes is told by the header that is there for it.
        assert!(
            reply.header("allow").contains("GET"),
            "{method}: {:?}",
            reply.headers
        );
        check(reply, 405, "method_not_allowed");
    }
    for path in [
        "/api/v1",
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/me/",
        "/api/v1/workspaces/x",
        "/api/v1/workspaces/%ff/services",
    ] {
        check(at.get(&world.owner, path).await, 404, "not_found");
        check(
            at.ask(&world.owner, "POST", "/api/v1/nothing").send().await,
            404,
            "not_found",
        );
    }
}

#[tokio::test]
async fn health_and_readiness_tell_what_is_there() {
    let world = World::start().await;
    assert_eq!(
        world.at.get(&As::Nobody, "/healthz").await.expect(200),
        json!({"alive": true})
    );
    let ready = world.at.get(&As::Nobody, "/readyz").await.expect(200);
    assert_eq!(
        ready,
        json!({"ready": true, "database": true, "engine": true, "secrets": true})
    );
}

/// Every `$ref` below a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.insert(reference.clone());
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_openapi_document_has_the_shape_of_openapi_3_1() {
    let world = World::start().await;
    let reply = world.at.get(&As::Nobody, "/api/v1/openapi.json").await;
    assert_eq!(reply.header("content-type"), "application/json");
    let document = reply.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                ["get", "post", "patch", "delete"].contains(&method.as_str()),
                "{method} {path}"
            );
            assert!(operations.insert(operation["operationId"].as_str().unwrap().to_owned()));
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path: Vec<_> = parameters.iter().filter(|p| p["in"] == "path").collect();
            assert_eq!(in_path.len(), path.matches('{').count(), "{path}");
            for parameter in in_path {
                assert_eq!(parameter["required"], true);
                assert!(path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap())));
            }
            for parameter in parameters {
                assert!(
                    parameter["schema"].is_object() && parameter["name"].is_string(),
                    "{parameter}"
                );
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(
                    status.len() == 3 && status.parse::<u16>().is_ok(),
                    "{status}"
                );
                assert!(
                    response["description"].is_string() || response["$ref"].is_string(),
                    "{path}"
                );
            }
        }
    }
    assert_eq!(operations.len(), portico_api::routes::ALL.len());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in found {
        let target = document.pointer(reference.strip_prefix('#').unwrap());
        assert!(target.is_some_and(Value::is_object), "{reference}");
    }
}

#[tokio::test]
async fn the_database_keeps_what_it_was_told() {
    let world = World::start().await;
    let store = &world.at.app.store;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(store.read())
        .await
        .unwrap();
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(parts >= vec![3, 51, 3], "{version}");
    let mut tx = store.begin().await.unwrap();
    let pragma = async |conn: &mut sqlx::SqliteConnection, name: &'static str| {
        let row = sqlx::query(name).fetch_one(conn).await.unwrap();
        sqlx::Row::try_get::<String, _>(&row, 0)
            .or_else(|_| sqlx::Row::try_get::<i64, _>(&row, 0).map(|number| number.to_string()))
            .unwrap()
    };
    for (name, value) in [
        ("PRAGMA journal_mode", "wal"),
        ("PRAGMA synchronous", "2"),
        ("PRAGMA foreign_keys", "1"),
        ("PRAGMA secure_delete", "1"),
    ] {
        assert_eq!(pragma(tx.conn(), name).await, value, "{name}");
    }
    drop(tx);
    let refused = sqlx::query("DELETE FROM person")
        .execute(store.read())
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
}
