//! Keys: which are accepted when, how they are rotated, shown and switched off.

use crate::support::{As, Reply};
use crate::world::{Endpoint, World};
use portico_server::clock::{DAY, SECOND, on_the_wire};
use serde_json::{Value, json};

/// Rotates the primary key; answers the new one.
async fn rotate(world: &World, endpoint: &Endpoint, grace_seconds: u32) -> String {
    let path = format!("{}/keys/primary/rotate", endpoint.path);
    let request = json!({"grace_seconds": grace_seconds});
    let rotated = world
        .at
        .post(&world.owner, &path, request)
        .await
        .expect(200);
    rotated["value"].as_str().unwrap().to_owned()
}

/// The listed keys as `slot generation state`.
async fn listed(world: &World, endpoint: &Endpoint) -> Vec<String> {
    let path = format!("{}/keys", endpoint.path);
    let list = world.at.get(&world.token, &path).await.expect(200);
    let text = |value: &Value| value.to_string().replace('"', "");
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|key| {
            format!(
                "{} {} {}",
                text(&key["slot"]),
                key["generation"],
                text(&key["state"])
            )
        })
        .collect()
}

async fn reveal(world: &World, who: &As, endpoint: &Endpoint, slot: &str) -> Reply {
    let path = format!("{}/keys/{slot}/reveal", endpoint.path);
    world.at.ask(who, "POST", &path).send().await
}

#[tokio::test]
async fn either_key_of_its_own_endpoint_is_accepted_and_no_other() {
    let world = World::start().await;
    let (acme, next) = (world.endpoint("acme").await, world.endpoint("next").await);
    let check = async |key: &str, status: u16| {
        assert_eq!(world.try_key(&acme, key).await, status, "{key}");
    };
    check(&acme.primary, 200).await;
    check(&acme.secondary, 200).await;
    check(&next.primary, 401).await;
    for cut in [&acme.primary[1..], &acme.primary[..60], "portico_p1_x", "x"] {
        check(cut, 401).await;
    }
    check(&acme.primary.to_uppercase(), 401).await;
    assert_eq!(
        listed(&world, &acme).await,
        ["primary 1 live", "secondary 1 live"]
    );
}

#[tokio::test]
async fn a_rotated_key_works_through_its_grace_and_not_a_moment_longer() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let new = rotate(&world, &acme, 3600).await;
    assert_eq!(
        listed(&world, &acme).await,
        ["primary 2 live", "primary 1 grace", "secondary 1 live"]
    );
    for wait in [0, 3600 * SECOND - 1000] {
        world.at.wait(wait);
        assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
        assert_eq!(world.try_key(&acme, &new).await, 200);
    }
    world.at.wait(1000);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, &new).await, 200);
    assert_eq!(
        listed(&world, &acme).await,
        ["primary 2 live", "secondary 1 live"]
    );
}

#[tokio::test]
async fn without_grace_the_old_key_ends_at_once() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let new = rotate(&world, &acme, 0).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, &new).await, 200);
    assert_eq!(world.try_key(&acme, &acme.secondary).await, 200);
}

#[tokio::test]
async fn rotating_again_ends_the_older_grace_and_a_grace_is_ended_by_hand() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let second = rotate(&world, &acme, 3600).await;
    world.at.wait(1);
    let third = rotate(&world, &acme, 3600).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, &second).await, 200);
    assert_eq!(world.try_key(&acme, &third).await, 200);

    let path = format!("{}/keys/primary/end-grace", acme.path);
    world
        .at
        .ask(&world.owner, "POST", &path)
        .send()
        .await
        .expect(200);
    assert_eq!(world.try_key(&acme, &second).await, 401);
    assert_eq!(world.try_key(&acme, &third).await, 200);
    world
        .at
        .ask(&world.owner, "POST", &path)
        .send()
        .await
        .problem(409, "conflict");
}

#[tokio::test]
async fn graces_are_bounded_and_a_repeated_rotation_changes_nothing() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let path = format!("{}/keys/primary/rotate", acme.path);
    let long = json!({"grace_seconds": 2_592_001});
    let problem = world
        .at
        .post(&world.owner, &path, long)
        .await
        .problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/grace_seconds");
    for wrong in [
        json!({"grace_seconds": -1}),
        json!({"grace_seconds": "1"}),
        json!({"grace": 1}),
    ] {
        world
            .at
            .post(&world.owner, &path, wrong)
            .await
            .problem(422, "invalid");
    }
    let send = || {
        let ask = world
            .at
            .ask(&world.owner, "POST", &path)
            .header("idempotency-key", "r1");
        ask.json(&json!({})).send()
    };
    let first = send().await.expect(200);
    let again = send().await.expect(200);
    assert!(first["value"].is_string() && again["value"].is_null());
    assert_eq!(first["key"]["id"], again["key"]["id"]);
    assert_eq!(
        listed(&world, &acme).await,
        ["primary 2 live", "primary 1 grace", "secondary 1 live"]
    );
    let path = format!("{}/keys", acme.path);
    let keys = world.at.get(&world.owner, &path).await.expect(200);
    let until = on_the_wire(world.at.app.clock.now() + DAY);
    assert_eq!(
        keys["items"][1]["grace_until"],
        json!(until),
        "a day unless asked otherwise"
    );
}

#[tokio::test]
async fn keys_are_switched_off_and_on_and_end_on_their_date() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let path = format!("{}/keys/primary", acme.path);
    let update = async |change: Value| {
        let ask = world.at.ask(&world.owner, "PATCH", &path);
        ask.json(&change).send().await
    };
    let off = update(json!({"disabled": true})).await.expect(200);
    assert_eq!(off["state"], "disabled");
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, &acme.secondary).await, 200);
    update(json!({"disabled": false})).await.expect(200);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);

    for (date, code) in [("2026-11-18T11:06:40Z", "time_past"), ("soon", "time")] {
        let problem = update(json!({"expires_at": date}))
            .await
            .problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/expires_at");
        assert_eq!(problem["errors"][0]["code"], code);
    }
    let dated = update(json!({"expires_at": "2026-11-18T12:06:40+01:00"})).await;
    dated.problem(422, "invalid");
    let dated = update(json!({"expires_at": "2026-11-18T12:06:40Z"}))
        .await
        .expect(200);
    assert_eq!(dated["expires_at"], "2026-11-18T12:06:40.000Z");
    world.at.wait(3600 * SECOND - 1);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    world.at.wait(1);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(listed(&world, &acme).await[0], "primary 1 expired");
    update(json!({"expires_at": null})).await.expect(200);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
}

#[tokio::test]
async fn a_key_is_shown_after_a_fresh_sign_in_alone() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let rotation = format!("{}/keys/primary/rotate", acme.path);
    world.at.wait(15 * 60 * SECOND - 1);
    for (slot, key) in [("primary", &acme.primary), ("secondary", &acme.secondary)] {
        let shown = reveal(&world, &world.owner, &acme, slot).await.expect(200);
        assert_eq!(shown, json!({"value": key}));
    }
    world.at.wait(1);
    reveal(&world, &world.owner, &acme, "primary")
        .await
        .problem(403, "step_up_required");
    world
        .at
        .post(&world.owner, &rotation, json!({}))
        .await
        .problem(403, "step_up_required");
    let password = json!({"password": "correct horse"});
    let stepped = world
        .at
        .post(&world.owner, "/api/v1/session/step-up", password)
        .await;
    let owner = stepped.cookie();
    reveal(&world, &owner, &acme, "primary").await.expect(200);
    world
        .at
        .post(&owner, &rotation, json!({}))
        .await
        .expect(200);
    let audited = world
        .at
        .texts("SELECT object_id || ' ' || after FROM audit WHERE action = 'key.reveal'")
        .await;
    let expected = ["primary", "secondary", "primary"]
        .map(|slot| format!(r#"{}/{slot} {{"generation":1}}"#, acme.id));
    assert_eq!(audited, expected);
}

#[tokio::test]
async fn where_keys_are_shown_once_none_is_shown_again() {
    let world = World::start().await;
    let before = world.endpoint("before").await;
    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    let policy = |policy: &str| json!({"reveal_policy": policy});
    world
        .at
        .patch(&world.owner, &workspace, policy("once"))
        .await
        .expect(200);
    let after = world.endpoint("after").await;
    rotate(&world, &after, 0).await;
    for endpoint in [&before, &after] {
        for slot in ["primary", "secondary"] {
            reveal(&world, &world.owner, endpoint, slot)
                .await
                .problem(409, "not_revealable");
        }
        let keys = world
            .at
            .get(&world.owner, &format!("{}/keys", endpoint.path))
            .await
            .expect(200);
        assert!(
            keys["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|key| key["revealable"] == false)
        );
    }
    assert_eq!(world.try_key(&before, &before.primary).await, 200);
    assert_eq!(world.try_key(&after, &after.secondary).await, 200);
    let stored = "SELECT id FROM access_key WHERE endpoint_id IS NOT NULL AND sealed IS NOT NULL";
    assert!(world.at.texts(stored).await.is_empty());
    // A later change of mind brings nothing back.
    world
        .at
        .patch(&world.owner, &workspace, policy("any_time"))
        .await
        .expect(200);
    reveal(&world, &world.owner, &before, "primary")
        .await
        .problem(409, "not_revealable");
    let key = rotate(&world, &before, 0).await;
    let shown = reveal(&world, &world.owner, &before, "primary")
        .await
        .expect(200);
    assert_eq!(shown["value"], key);
}

#[tokio::test]
async fn a_grace_is_extended_while_it_runs_and_ends_at_the_very_microsecond() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let path = format!("{}/keys/primary/extend-grace", acme.path);
    let extend = async |seconds: Value| {
        let body = json!({"grace_seconds": seconds});
        world.at.post(&world.owner, &path, body).await
    };
    extend(json!(60)).await.problem(409, "conflict");
    let new = rotate(&world, &acme, 3600).await;
    for (seconds, code) in [
        (2_592_001, "grace_too_long"),
        (3600, "grace_not_longer"),
        (0, "grace_not_longer"),
    ] {
        let problem = extend(json!(seconds)).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/grace_seconds");
        assert_eq!(problem["errors"][0]["code"], code);
    }
    for wrong in [json!(-1), json!("60"), json!(1.5), Value::Null] {
        extend(wrong).await.problem(422, "invalid");
    }
    for wrong in [json!({}), json!({"grace_seconds": 7200, "slot": "primary"})] {
        let refused = world.at.post(&world.owner, &path, wrong).await;
        refused.problem(422, "invalid");
    }
    // An hour is nearly over: another two from now on.
    world.at.wait(3600 * SECOND - 1);
    let list = extend(json!(7200)).await.expect(200);
    let until = on_the_wire(world.at.app.clock.now() + 7200 * SECOND);
    assert_eq!(list["items"][1]["grace_until"], json!(until));
    world.at.wait(7200 * SECOND - 1);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    world.at.wait(1);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
    assert_eq!(world.try_key(&acme, &new).await, 200);
    // What is over stays over.
    extend(json!(3600)).await.problem(409, "conflict");
    let audited = world
        .at
        .texts("SELECT object_id FROM audit WHERE action = 'key.extend_grace'")
        .await;
    assert_eq!(audited, [format!("{}/primary", acme.id)]);
    // The other slot has none, whatever happens to this one.
    let other = format!("{}/keys/secondary/extend-grace", acme.path);
    let body = json!({"grace_seconds": 60});
    world
        .at
        .post(&world.owner, &other, body)
        .await
        .problem(409, "conflict");
}

#[tokio::test]
async fn calls_need_no_database_and_their_key_shows_when_it_was_used() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    let store = &world.at.app.store;
    {
        // The one writer and all readers are taken: whoever wanted the database would wait for it.
        let writer = store.begin().await.unwrap();
        let mut readers = Vec::new();
        while let Some(reader) = store.read().try_acquire() {
            readers.push(reader);
        }
        while readers.len() < 4 {
            readers.push(store.read().acquire().await.unwrap());
        }
        let call = world.try_key(&acme, &acme.primary);
        let wait = std::time::Duration::from_secs(2);
        assert_eq!(tokio::time::timeout(wait, call).await.unwrap(), 200);
        let call = world.try_key(&acme, "portico_p1_no_such_key");
        assert_eq!(tokio::time::timeout(wait, call).await.unwrap(), 401);
        drop(writer);
    }
    let keys = format!("{}/keys", acme.path);
    let list = world.at.get(&world.owner, &keys).await.expect(200);
    let now = json!(on_the_wire(world.at.app.clock.now()));
    assert_eq!(list["items"][0]["last_used_at"], now);
    assert_eq!(list["items"][1]["last_used_at"], Value::Null);
}

#[tokio::test]
async fn what_another_process_revokes_is_refused_within_a_second() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    let other = portico_server::store::Store::open(&world.at.home.path().join("data"))
        .await
        .unwrap();
    let mut tx = other.begin().await.unwrap();
    let sql = "UPDATE access_key SET disabled = 1 WHERE endpoint_id = $1 AND slot = 'primary'";
    let done = sqlx::query(sql).bind(&acme.id).execute(tx.conn()).await;
    assert_eq!(done.unwrap().rows_affected(), 1);
    let began = std::time::Instant::now();
    tx.commit().await.unwrap();
    while world.try_key(&acme, &acme.primary).await == 200 {
        assert!(began.elapsed().as_millis() < 1_000, "{:?}", began.elapsed());
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(world.try_key(&acme, &acme.secondary).await, 200);
    other.close().await;
}

#[tokio::test]
async fn forgotten_copies_leave_no_trace_in_the_data_folder() {
    let world = World::start().await;
    world.endpoint("acme").await;
    let sealed = world
        .at
        .texts("SELECT hex(sealed) FROM access_key WHERE endpoint_id IS NOT NULL")
        .await;
    assert_eq!(sealed.len(), 4);
    let traces = || {
        let data = world.at.home.path().join("data");
        let whole: Vec<String> = ["portico.db", "portico.db-wal"]
            .map(|name| std::fs::read(data.join(name)).unwrap())
            .map(|bytes| bytes.iter().map(|byte| format!("{byte:02X}")).collect())
            .into();
        let held = |copy: &&String| whole.iter().any(|file| file.contains(copy.as_str()));
        sealed.iter().filter(held).count()
    };
    assert_eq!(traces(), 4);
    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    let once = json!({"reveal_policy": "once"});
    world
        .at
        .patch(&world.owner, &workspace, once)
        .await
        .expect(200);
    assert_eq!(traces(), 0);
}
