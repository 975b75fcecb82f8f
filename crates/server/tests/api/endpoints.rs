//! Making, changing and listing endpoints.

use crate::world::World;
use portico_server::clock::DAY;
use serde_json::{Value, json};

const ID: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn the_same_request_again_makes_nothing_new() {
    let world = World::start().await;
    let (at, path) = (&world.at, world.path("/endpoints"));
    let send = async |body: &str, key: Option<&str>| {
        let mut ask = at
            .ask(&world.owner, "POST", &path)
            .header("content-type", "application/json");
        if let Some(key) = key {
            ask = ask.header("idempotency-key", key);
        }
        ask.text(body).send().await
    };
    let body = format!(r#"{{"id":"{ID}","name":"acme","tags":["a"]}}"#);
    let first = send(&body, None).await;
    let made = first.expect(201);
    assert_eq!(first.header("location"), world.path("/endpoints/acme"));
    assert!(
        made["keys"]["primary"]
            .as_str()
            .unwrap()
            .starts_with("portico_p1_")
    );
    let turned = format!(r#"{{ "tags": ["a"], "name": "acme", "id": "{ID}" }}"#);
    for again in [&body, &turned] {
        let before = send(again, None).await.expect(200);
        assert_eq!(before["endpoint"], made["endpoint"]);
        assert!(before["keys"].is_null());
    }
    let other = format!(r#"{{"id":"{ID}","name":"acme2"}}"#);
    send(&other, None).await.problem(409, "conflict");

    send(r#"{"name":"beta"}"#, Some("k1")).await.expect(201);
    let repeat = send(r#"{"name":"beta"}"#, Some("k1")).await.expect(200);
    assert!(repeat["keys"].is_null());
    send(r#"{"name":"gamma"}"#, Some("k1"))
        .await
        .problem(422, "idempotency_key_reused");
    send(r#"{"name":"gamma"}"#, Some(""))
        .await
        .problem(400, "malformed");
    // The key is one caller's own, and is forgotten after a day.
    let by_token = at
        .ask(&world.token, "POST", &path)
        .header("idempotency-key", "k1");
    by_token
        .json(&json!({"name": "gamma"}))
        .send()
        .await
        .expect(201);
    at.wait(DAY + 1);
    let owner = at.session(&world.owner_id).await;
    let later = at
        .ask(&owner, "POST", &path)
        .header("idempotency-key", "k1");
    later
        .json(&json!({"name": "delta"}))
        .send()
        .await
        .expect(201);
    let names = at.texts("SELECT name FROM endpoint ORDER BY name").await;
    assert_eq!(names, ["acme", "beta", "default", "delta", "gamma"]);
}

#[tokio::test]
async fn identical_requests_at_the_same_time_make_one_endpoint() {
    let world = World::start().await;
    let (at, path) = (&world.at, world.path("/endpoints"));
    for (header, body) in [
        (None, json!({"id": ID, "name": "acme"})),
        (Some("once"), json!({"name": "beta"})),
    ] {
        let sent = (0..8).map(|_| {
            let mut ask = at.ask(&world.owner, "POST", &path).json(&body);
            if let Some(key) = header {
                ask = ask.header("idempotency-key", key);
            }
            ask.send()
        });
        let replies = futures_util::future::join_all(sent).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
        let with_keys = replies
            .iter()
            .filter(|reply| reply.json()["keys"].is_object());
        assert_eq!(with_keys.count(), 1);
        let ids: Vec<_> = replies
            .iter()
            .map(|reply| reply.json()["endpoint"]["id"].clone())
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
    }
    assert_eq!(
        at.texts("SELECT id FROM access_key WHERE endpoint_id IS NOT NULL")
            .await
            .len(),
        6
    );
}

#[tokio::test]
async fn throttles_are_low_or_within_the_workspaces_cap() {
    let world = World::start().await;
    let (at, path) = (&world.at, world.path("/endpoints"));
    let create = async |name: &str, throttle: Value| {
        let mut request = json!({"name": name});
        if !throttle.is_null() {
            request["throttle"] = throttle;
        }
        at.post(&world.owner, &path, request).await
    };
    let high = |calls: u32| json!({"level": "high", "max_concurrent_calls": calls, "queue_ms": 0, "queue_max": 0});
    let low = json!({"level": "low", "max_concurrent_calls": 4, "queue_ms": 0, "queue_max": 0});
    let made = create("a", Value::Null).await.expect(201);
    assert_eq!(made["endpoint"]["throttle"], high(20));
    let made = create("b", json!({"level": "low", "max_concurrent_calls": 99}))
        .await
        .expect(201);
    assert_eq!(made["endpoint"]["throttle"], low);
    let made = create("c", high(200)).await.expect(201);
    assert_eq!(made["endpoint"]["throttle"], high(200));
    let refused = async |throttle: Value, code: &str| {
        for reply in [
            create("d", throttle.clone()).await,
            at.patch(
                &world.owner,
                &world.path("/endpoints/a"),
                json!({"throttle": throttle}),
            )
            .await,
        ] {
            let problem = reply.problem(422, "invalid");
            assert_eq!(
                problem["errors"][0]["pointer"],
                "/throttle/max_concurrent_calls"
            );
            assert_eq!(problem["errors"][0]["code"], code);
        }
    };
    refused(high(0), "throttle_out_of_range").await;
    refused(high(201), "throttle_out_of_range").await;
    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    let cap = json!({"max_concurrent_calls_cap": 10});
    at.patch(&world.owner, &workspace, cap).await.expect(200);
    refused(high(11), "throttle_above_cap").await;
    let made = create("d", Value::Null).await.expect(201);
    assert_eq!(made["endpoint"]["throttle"], high(10));
    let changed = at
        .patch(
            &world.owner,
            &world.path("/endpoints/a"),
            json!({"throttle": low}),
        )
        .await;
    assert_eq!(changed.expect(200)["throttle"], low);
}

#[tokio::test]
async fn what_the_contract_does_not_know_is_refused() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let at = &world.at;
    let field = at
        .post(
            &world.owner,
            &world.path("/endpoints"),
            json!({"name": "x", "nmae": "y"}),
        )
        .await;
    let problem = field.problem(422, "invalid");
    assert!(
        problem["errors"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("`nmae`"),
        "{problem}"
    );
    for (method, path) in [
        ("GET", world.path("/endpoints?pagesize=5")),
        ("GET", world.path("/endpoints?page_size=-1")),
        ("GET", format!("{}/usage?range=hour&x=1", acme.path)),
        ("GET", format!("{}?fields=name", acme.path)),
        ("GET", "/api/v1/me?x=1".to_owned()),
        ("POST", world.path("/endpoints?name=acme")),
        ("DELETE", format!("{}?force=true", acme.path)),
    ] {
        let ask = at.ask(&world.owner, method, &path).header("if-match", "*");
        ask.json(&json!({"name": "x"}))
            .send()
            .await
            .problem(400, "malformed");
    }
    for wish in ["page_size=0", "page_token=zz", "page_token=61"] {
        let problem = at
            .get(&world.owner, &world.path(&format!("/endpoints?{wish}")))
            .await
            .problem(422, "invalid");
        assert_eq!(
            problem["errors"][0]["pointer"],
            format!("/{}", wish.split('=').next().unwrap())
        );
    }
    at.get(&world.owner, &world.path("/versions?page_token=780000"))
        .await
        .problem(422, "invalid");
    at.get(&world.owner, &acme.path).await.expect(200);
}

#[tokio::test]
async fn changes_name_the_state_that_they_were_decided_on() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let at = &world.at;
    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    for path in [&acme.path, &world.path(""), &workspace] {
        let tag = at.get(&world.owner, path).await.header("etag");
        assert!(tag.starts_with('"'), "{tag}");
        let change = async |method: &str, tag: Option<&str>| {
            let mut ask = at.ask(&world.owner, method, path);
            if let Some(tag) = tag {
                ask = ask.header("if-match", tag);
            }
            ask.json(&json!({"description": format!("by {tag:?}")}))
                .send()
                .await
        };
        for method in ["PATCH", "DELETE"] {
            change(method, None)
                .await
                .problem(428, "precondition_required");
            for stale in ["\"0\"", "\"999\"", "x", ""] {
                change(method, Some(stale))
                    .await
                    .problem(412, "precondition_failed");
            }
        }
        let changed = change("PATCH", Some(&tag)).await;
        changed.expect(200);
        assert_ne!(changed.header("etag"), tag);
        assert_eq!(
            at.get(&world.owner, path).await.header("etag"),
            changed.header("etag")
        );
        change("PATCH", Some(&tag))
            .await
            .problem(412, "precondition_failed");
        change("PATCH", Some("*")).await.expect(200);
    }
    // Of changes at the same time on the same state, one is made.
    let tag = at.get(&world.owner, &acme.path).await.header("etag");
    let sent = (0..6).map(|n| {
        let ask = at
            .ask(&world.owner, "PATCH", &acme.path)
            .header("if-match", &tag);
        ask.json(&json!({"description": n.to_string()})).send()
    });
    let replies = futures_util::future::join_all(sent).await;
    assert_eq!(
        replies.iter().filter(|reply| reply.status == 200).count(),
        1
    );
    assert_eq!(
        replies.iter().filter(|reply| reply.status == 412).count(),
        5
    );
}

async fn pages(world: &World, path: &str, size: usize) -> Vec<String> {
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = format!("{path}?page_size={size}{token}");
        let page = world.at.get(&world.owner, &page).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_page_token"].as_str() else {
            return seen;
        };
        assert_eq!(items.len(), size.min(200));
        token = format!("&page_token={next}");
    }
}

#[tokio::test]
async fn pages_hold_every_endpoint_once() {
    let world = World::start().await;
    let path = world.path("/endpoints");
    let mut expected = Vec::new();
    for number in 0..130 {
        // Before and after `default` by their letters, which comes first all the same.
        let name = format!("{}{number}", ["a", "default", "z", "0"][number % 4]);
        world.endpoint(&name).await;
        expected.push(name);
    }
    expected.sort_unstable();
    expected.insert(0, "default".to_owned());
    for size in [7, 1, 50, 131, 130, 500] {
        assert_eq!(
            pages(&world, &path, size).await,
            expected,
            "pages of {size}"
        );
    }
}
