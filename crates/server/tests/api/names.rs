//! Names of endpoints: their rule, and who has one for how long.

use crate::support::As;
use crate::world::{Endpoint, World};
use portico_api::name::check_endpoint_name;
use portico_server::clock::DAY;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// An id that a caller chose.
const ID: &str = "0123456789abcdef0123456789abcdef";

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9]{1,24}",
        2 => "[a-z0-9]{22,27}",
        2 => "[a-zA-Z0-9 ._/-]{0,25}",
        1 => "[a-z]{0,5}[äßıİＡ١]{1}[a-z]{0,5}",
        1 => any::<String>(),
        1 => Just(String::new()),
    ]
}

#[test]
fn the_servers_rule_of_names_is_the_forms() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(World::start());
    let path = world.path("/endpoints");
    let config = Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let good = std::cell::Cell::new(0);
    TestRunner::new(config)
        .run(&names(), |name| {
            let request = json!({"name": name});
            let reply = runtime.block_on(world.at.post(&world.owner, &path, request));
            match check_endpoint_name(&name) {
                Ok(()) => {
                    good.set(good.get() + 1);
                    prop_assert!([201, 409].contains(&reply.status), "{:?}", reply);
                }
                Err(problem) => {
                    let body = reply.problem(422, "invalid");
                    prop_assert_eq!(&body["errors"][0]["pointer"], "/name");
                    let detail = body["errors"][0]["detail"].as_str().unwrap_or_default();
                    prop_assert!(detail.contains(&problem.to_string()), "{}", detail);
                }
            }
            Ok(())
        })
        .unwrap();
    // Both sides of the rule were met often.
    assert!((100..300).contains(&good.get()), "{}", good.get());
    runtime.block_on(world.at.stop());
}

#[tokio::test]
async fn names_are_free_taken_or_reserved() {
    let world = World::start().await;
    let at = &world.at;
    let check = async |name: &str, expected: &str| {
        let path = world.path(&format!("/endpoints/{name}/availability"));
        let answer = at.get(&world.owner, &path).await.expect(200);
        assert_eq!(answer, json!({"name": name, "availability": expected}));
        let reply = at
            .post(
                &world.owner,
                &world.path("/endpoints"),
                json!({"name": name}),
            )
            .await;
        if expected == "free" {
            reply.expect(201);
        } else {
            let problem = reply.problem(409, "name_taken");
            assert_eq!(problem["errors"][0]["pointer"], "/name");
            assert!(
                problem["detail"].as_str().unwrap().contains(expected),
                "{problem}"
            );
        }
    };
    check("default", "taken").await;
    check("acme", "free").await;
    check("acme", "taken").await;
    at.delete(&world.owner, &world.path("/endpoints/acme"))
        .await
        .expect(204);
    check("acme", "reserved").await;
}

/// Calls with both keys, and what the endpoint's path answers.
async fn life(world: &World, who: &As, acme: &Endpoint) -> (u16, u16, u16) {
    let primary = world.try_key(acme, &acme.primary).await;
    let secondary = world.try_key(acme, &acme.secondary).await;
    (
        primary,
        secondary,
        world.at.get(who, &acme.path).await.status,
    )
}

#[tokio::test]
async fn a_deleted_endpoint_comes_back_within_seven_days_and_never_after() {
    let world = World::start().await;
    let at = &world.at;
    let acme = world.endpoint_of(json!({"id": ID, "name": "acme"})).await;
    let default = world.path("/endpoints/default");
    at.delete(&world.owner, &default)
        .await
        .problem(409, "conflict");
    at.post(&world.owner, &format!("{}/restore", acme.path), Value::Null)
        .await
        .problem(404, "not_found");
    assert_eq!(life(&world, &world.owner, &acme).await, (200, 200, 200));
    at.delete(&world.owner, &acme.path).await.expect(204);
    assert_eq!(life(&world, &world.owner, &acme).await, (401, 401, 404));
    at.wait(7 * DAY - 1);
    let owner = at.session(&world.owner_id).await;
    let restore = format!("{}/restore", acme.path);
    let restored = at.ask(&owner, "POST", &restore).send().await.expect(200);
    assert_eq!(restored["id"], ID);
    assert_eq!(life(&world, &owner, &acme).await, (200, 200, 200));

    at.delete(&owner, &acme.path).await.expect(204);
    // With the others gone, `default` may go too.
    at.delete(&owner, &default).await.expect(204);
    at.ask(&owner, "POST", &format!("{default}/restore"))
        .send()
        .await
        .expect(200);
    at.wait(7 * DAY);
    let owner = at.session(&world.owner_id).await;
    at.ask(&owner, "POST", &restore)
        .send()
        .await
        .problem(404, "not_found");
    let free = at
        .get(&owner, &format!("{}/availability", acme.path))
        .await
        .expect(200);
    assert_eq!(free["availability"], "free");
    let path = world.path("/endpoints");
    let again = json!({"id": ID, "name": "acme"});
    at.post(&owner, &path, again.clone())
        .await
        .problem(409, "conflict");
    let new = at
        .post(&owner, &path, json!({"name": "acme"}))
        .await
        .expect(201);
    assert_ne!(new["endpoint"]["id"], ID);
    // The row of the old one is gone by now, and its id is spent all the same.
    assert_eq!(at.texts("SELECT id FROM spent_endpoint").await, [ID]);
    at.post(&owner, &path, json!({"id": ID, "name": "other"}))
        .await
        .problem(409, "conflict");
    assert_eq!(world.try_key(&acme, &acme.primary).await, 401);
}
