//! Reports of leaked keys: what becomes of the key, and how little the reporter is told.

use crate::support::{As, Reply};
use crate::world::{Endpoint, World};
use portico_server::clock::{SECOND, on_the_wire};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const REPORT: &str = "/api/v1/leaked-keys";
const FOUND: &str = "https://code.example/acme/app/blob/main/.env";

async fn report(world: &World, body: Value) -> Reply {
    world.at.post(&As::Nobody, REPORT, body).await
}

/// The listed key of a slot, newest generation first.
async fn listed(world: &World, endpoint: &Endpoint, index: usize) -> Value {
    let path = format!("{}/keys", endpoint.path);
    let list = world.at.get(&world.owner, &path).await.expect(200);
    list["items"][index].clone()
}

/// Waits until so many keys are marked: reports are acted on beside their answers.
async fn marked(world: &World, count: usize) {
    let until = Instant::now() + Duration::from_secs(5);
    let sql = "SELECT id FROM access_key WHERE leaked_at IS NOT NULL";
    while world.at.texts(sql).await.len() != count {
        assert!(Instant::now() < until, "not marked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.at.app.refresh().await.unwrap();
}

async fn policy(world: &World, policy: &str) -> Reply {
    let path = format!("/api/v1/workspaces/{}", world.workspace);
    let body = json!({"leak_policy": policy});
    world.at.patch(&world.owner, &path, body).await
}

#[tokio::test]
async fn a_reported_key_is_switched_off_and_its_owner_is_told() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let reply = report(&world, json!({"key": acme.primary, "found_at": FOUND})).await;
    assert_eq!(reply.expect(202), json!({"received": true}));
    marked(&world, 1).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, &acme.secondary).await, 200);
    let key = listed(&world, &acme, 0).await;
    let reported_at = on_the_wire(world.at.app.clock.now());
    assert_eq!(key["state"], "disabled");
    assert_eq!(key["leaked_at"], json!(reported_at));
    assert_eq!(key["leak_found_at"], FOUND);
    let other = listed(&world, &acme, 1).await;
    assert_eq!(
        (&other["leaked_at"], &other["leak_found_at"]),
        (&Value::Null, &Value::Null)
    );

    // Who switches it on again has decided: the same report once more changes nothing.
    let path = format!("{}/keys/primary", acme.path);
    let on = json!({"disabled": false});
    let key = world.at.patch(&world.owner, &path, on).await.expect(200);
    assert_eq!(key["state"], "live");
    assert_eq!(key["leak_found_at"], FOUND, "the mark stays");
    report(&world, json!({"key": acme.primary}))
        .await
        .expect(202);
    // By when a later report has been acted on.
    let other = world.endpoint("other").await;
    report(&world, json!({"key": other.primary}))
        .await
        .expect(202);
    marked(&world, 2).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);

    let trail = "SELECT actor_kind || ' ' || object_id || ' ' || after || ' ' || address || ' ' || workspace_id
        FROM audit WHERE action = 'key.leaked' ORDER BY rowid";
    let expected = format!(
        r#"anonymous {}/primary {{"disabled":true,"found_at":"{FOUND}","generation":1}} 127.0.0.1 {}"#,
        acme.id, world.workspace
    );
    let trail = world.at.texts(trail).await;
    assert_eq!(trail.len(), 2, "one for each key: {trail:?}");
    assert_eq!(trail[0], expected);

    // A new generation is clean.
    let rotation = format!("{}/keys/primary/rotate", acme.path);
    let body = json!({"grace_seconds": 0});
    let rotated = world.at.post(&world.owner, &rotation, body).await;
    assert_eq!(rotated.expect(200)["key"]["leaked_at"], Value::Null);
}

#[tokio::test]
async fn an_owner_who_wants_to_be_told_only_keeps_a_working_key() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let path = format!("/api/v1/workspaces/{}", world.workspace);
    let workspace = world.at.get(&world.owner, &path).await.expect(200);
    assert_eq!(
        workspace["leak_policy"], "disable",
        "unless chosen otherwise"
    );
    let changed = policy(&world, "tell").await.expect(200);
    assert_eq!(changed["leak_policy"], "tell");
    for wrong in ["", "ignore", "Disable"] {
        let problem = policy(&world, wrong).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/leak_policy");
    }
    report(&world, json!({"key": acme.primary}))
        .await
        .expect(202);
    marked(&world, 1).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    let key = listed(&world, &acme, 0).await;
    assert_eq!(key["state"], "live");
    assert!(key["leaked_at"].is_string() && key["leak_found_at"].is_null());
}

#[tokio::test]
async fn keys_in_grace_and_tokens_of_workspaces_are_reported_likewise() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let rotation = format!("{}/keys/primary/rotate", acme.path);
    let body = json!({"grace_seconds": 3600});
    let rotated = world
        .at
        .post(&world.owner, &rotation, body)
        .await
        .expect(200);
    let new = rotated["value"].as_str().unwrap();
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    report(&world, json!({"key": acme.primary}))
        .await
        .expect(202);
    marked(&world, 1).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, new).await, 200);
    let old = listed(&world, &acme, 1).await;
    assert_eq!(
        (&old["generation"], &old["state"]),
        (&json!(1), &json!("disabled"))
    );
    assert!(old["leaked_at"].is_string());
    let extend = format!("{}/keys/primary/extend-grace", acme.path);
    let longer = json!({"grace_seconds": 7200});
    let refused = world.at.post(&world.owner, &extend, longer).await;
    refused.problem(409, "conflict");

    let As::Bearer(token) = &world.token else {
        panic!("a token is a bearer's")
    };
    world.at.get(&world.token, &acme.path).await.expect(200);
    report(&world, json!({"key": token})).await.expect(202);
    marked(&world, 2).await;
    world
        .at
        .get(&world.token, &acme.path)
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_answer_is_the_same_whether_or_not_there_is_such_a_key() {
    let (world, other) = (World::start().await, World::start().await);
    let acme = world.endpoint("acme").await;
    let elsewhere = other.endpoint("acme").await;
    let known = report(&world, json!({"key": acme.primary})).await;
    let unknown = report(&world, json!({"key": elsewhere.primary})).await;
    let again = report(&world, json!({"key": acme.primary})).await;
    for reply in [&unknown, &again] {
        assert_eq!((reply.status, &reply.text), (202, &known.text));
        let names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(reply), names(&known));
    }
    marked(&world, 1).await;
    let rows = "SELECT action FROM audit WHERE action = 'key.leaked'";
    assert_eq!(world.at.texts(rows).await.len(), 1);
    assert_eq!(other.try_key(&elsewhere, &elsewhere.primary).await, 200);
}

#[tokio::test]
async fn what_is_no_report_is_refused_by_field_and_never_repeated() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let key = acme.primary.as_str();
    let secret = key.rsplit('_').next().unwrap();
    let mistyped = key.replace(
        &secret[..1],
        if secret.starts_with('x') { "y" } else { "x" },
    );
    let long = format!("https://code.example/{}", "a".repeat(480));
    for (body, pointer, code) in [
        (json!({"key": mistyped}), "/key", "not_a_key"),
        (json!({"key": key[..60]}), "/key", "not_a_key"),
        (json!({"key": format!("{key} ")}), "/key", "not_a_key"),
        (json!({"key": ""}), "/key", "not_a_key"),
        (json!({"key": 1}), "/key", "malformed"),
        (json!({}), "", "malformed"),
        (json!([key]), "", "malformed"),
        (
            json!({"key": key, "found_at": long}),
            "/found_at",
            "found_at_too_long",
        ),
        (
            json!({"key": key, "found_at": ""}),
            "/found_at",
            "found_at_not_an_address",
        ),
        (
            json!({"key": key, "found_at": "javascript:alert(1)"}),
            "/found_at",
            "found_at_not_an_address",
        ),
        (
            json!({"key": key, "found_at": "https://a b"}),
            "/found_at",
            "found_at_not_an_address",
        ),
        (
            json!({"key": key, "found_at": "https://a\u{0}"}),
            "/found_at",
            "found_at_not_an_address",
        ),
        (
            json!({"key": key, "found_at": format!("https://a/?k={key}")}),
            "/found_at",
            "found_at_holds_the_key",
        ),
        (
            json!({"key": key, "found_at": format!("https://a/?k={secret}")}),
            "/found_at",
            "found_at_holds_the_key",
        ),
        (json!({"key": key, "found_at": 1}), "/found_at", "malformed"),
        (json!({"key": key, "and": 1}), "/and", "malformed"),
    ] {
        let reply = report(&world, body.clone()).await;
        let problem = reply.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], code, "{body}");
        let found = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(found == pointer || code == "malformed", "{body}: {problem}");
        assert!(!reply.text.contains(secret), "{body}");
    }
    let ask = |body: String| {
        let ask = world.at.ask(&As::Nobody, "POST", REPORT);
        ask.header("content-type", "application/json").text(body)
    };
    ask("{".to_owned()).send().await.problem(400, "malformed");
    let large = format!("{{\"key\": \"{}\"}}", "a".repeat(4 * 1024));
    ask(large).send().await.problem(413, "too_large");
    let bare = world.at.ask(&As::Nobody, "POST", REPORT).text(key);
    bare.send().await.problem(415, "unsupported_media_type");
    let asked = world.at.get(&As::Nobody, REPORT).await;
    asked.problem(405, "method_not_allowed");
    let queried = format!("{REPORT}?key=1");
    report_at(&world, &queried, json!({"key": key}))
        .await
        .problem(400, "malformed");
    // None of them did anything.
    assert_eq!(world.try_key(&acme, key).await, 200);
}

async fn report_at(world: &World, path: &str, body: Value) -> Reply {
    world.at.post(&As::Nobody, path, body).await
}

#[tokio::test]
async fn an_address_reports_thirty_times_a_minute_and_signs_in_all_the_same() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    for _ in 0..30 {
        report(&world, json!({"key": "x"})).await.expect(422);
    }
    let refused = report(&world, json!({"key": acme.primary})).await;
    refused.problem(429, "too_many_requests");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    let who = json!({"email": "olga@example.test", "password": "correct horse"});
    let signed_in = world.at.post(&As::Nobody, "/api/v1/session", who).await;
    signed_in.expect(204);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    world.at.wait(60 * SECOND);
    report(&world, json!({"key": acme.primary}))
        .await
        .expect(202);
    marked(&world, 1).await;
}
