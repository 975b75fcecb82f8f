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
