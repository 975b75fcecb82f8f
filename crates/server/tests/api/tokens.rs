//! Tokens of a workspace: shown to its owners, rotated with a grace, every reveal in the trail.

use crate::support::{As, TestApp};
use crate::world::World;
use portico_api::session::Role;
use serde_json::json;

const SECOND: i64 = 1_000_000;

fn path(world: &World, rest: &str) -> String {
    format!("/api/v1/workspaces/{}/tokens{rest}", world.workspace)
}

/// The status with which a token opens both wires.
async fn opens(world: &World, token: &str) -> (u16, u16) {
    let who = As::Bearer(token.to_owned());
    let rest = world
        .at
        .get(&who, &format!("/api/v1/workspaces/{}", world.workspace))
        .await;
    let classic = world
        .at
        .get(
            &who,
            &format!("/workspaces/{}/webservices", world.workspace),
        )
        .await;
    (rest.status, classic.status)
}

#[tokio::test]
async fn tokens_of_a_workspace_made_over_rest_are_had_by_its_owner() {
    let at = TestApp::start().await;
    let ada = at.person("ada", true).await;
    let ada = at.session(&ada).await;
    let made = at
        .post(&ada, "/api/v1/workspaces", json!({"name": "new"}))
        .await;
    let id = made.expect(201)["id"].as_str().unwrap().to_owned();
    let tokens = format!("/api/v1/workspaces/{id}/tokens");
    let listed = at.get(&ada, &tokens).await;
    let items = listed.expect(200)["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 2);
    assert_eq!(
        (
            &items[0]["slot"],
            &items[0]["revealable"],
            &items[0]["last_used_at"]
        ),
        (&json!("primary"), &json!(true), &json!(null))
    );
    for slot in ["primary", "secondary"] {
        let token = at
            .post(&ada, &format!("{tokens}/{slot}/reveal"), json!({}))
            .await
            .expect(200);
        let token = token["value"].as_str().unwrap().to_owned();
        assert!(!listed.text.contains(&token), "a list shows no token");
        let who = As::Bearer(token);
        assert_eq!(
            at.get(&who, &format!("/workspaces/{id}/webservices"))
                .await
                .expect(200),
            json!([])
        );
    }
    let used = at.get(&ada, &tokens).await.expect(200);
    assert_eq!(
        (
            &used["items"][0]["last_used_at"],
            &used["items"][0]["calls_last_hour"]
        ),
        (&json!("2026-11-18T11:06:40.000Z"), &json!(1))
    );
    let trail = at
        .texts("SELECT action || ' ' || object_kind FROM audit WHERE action LIKE 'token.%'")
        .await;
    assert_eq!(trail, ["token.reveal token", "token.reveal token"]);
}

#[tokio::test]
async fn a_reveal_and_a_rotation_want_a_fresh_sign_in_of_an_owner() {
    let world = World::start().await;
    let at = &world.at;
    let pam = at.person("pam", false).await;
    at.member(&world.workspace, &pam, Role::Publisher).await;
    let pam = at.session(&pam).await;
    for rest in ["/primary/reveal", "/primary/rotate"] {
        at.post(&pam, &path(&world, rest), json!({}))
            .await
            .problem(403, "forbidden");
        at.post(&world.token, &path(&world, rest), json!({}))
            .await
            .problem(403, "forbidden");
    }
    at.wait(16 * 60 * SECOND);
    for rest in ["/primary/reveal", "/primary/rotate"] {
        at.post(&world.owner, &path(&world, rest), json!({}))
            .await
            .problem(403, "step_up_required");
    }
    for rest in ["/third/reveal", "/primary/nothing"] {
        at.post(&world.owner, &path(&world, rest), json!({}))
            .await
            .problem(404, "not_found");
    }
    assert!(
        at.texts("SELECT action FROM audit WHERE action LIKE 'token.%'")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_rotated_token_lives_through_its_grace_and_no_longer() {
    let world = World::start().await;
    let at = &world.at;
    let reveal = async || {
        let shown = at
            .post(&world.owner, &path(&world, "/primary/reveal"), json!({}))
            .await;
        shown.expect(200)["value"].as_str().unwrap().to_owned()
    };
    let old = reveal().await;
    let rotate = async |body, key: &str| {
        let ask = at.ask(&world.owner, "POST", &path(&world, "/primary/rotate"));
        ask.header("idempotency-key", key).json(&body).send().await
    };
    let too_long = rotate(json!({"grace_seconds": 2_592_001}), "a").await;
    assert_eq!(
        too_long.problem(422, "invalid")["errors"][0]["pointer"],
        "/grace_seconds"
    );
    let rotated = rotate(json!({"grace_seconds": 60}), "b").await.expect(200);
    let new = rotated["value"].as_str().unwrap().to_owned();
    assert_eq!(
        (&rotated["key"]["generation"], reveal().await),
        (&json!(2), new.clone())
    );
    let again = rotate(json!({"grace_seconds": 60}), "b").await.expect(200);
    assert_eq!(
        (&again["value"], &again["key"]["generation"]),
        (&json!(null), &json!(2))
    );
    assert_eq!(
        (opens(&world, &old).await, opens(&world, &new).await),
        ((200, 200), (200, 200))
    );
    let items = at.get(&world.owner, &path(&world, "")).await.expect(200)["items"].clone();
    let states: Vec<_> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["state"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(states, ["live", "grace", "live"]);
    at.wait(60 * SECOND);
    assert_eq!(
        (opens(&world, &old).await, opens(&world, &new).await),
        ((401, 401), (200, 200))
    );

    let newest = rotate(json!({"grace_seconds": 3600}), "c")
        .await
        .expect(200)["value"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(opens(&world, &new).await, (200, 200));
    at.post(&world.owner, &path(&world, "/primary/end-grace"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (opens(&world, &new).await, opens(&world, &newest).await),
        ((401, 401), (200, 200))
    );
    at.post(&world.owner, &path(&world, "/primary/end-grace"), json!({}))
        .await
        .problem(409, "conflict");
    // The other slot and the keys of endpoints were never touched.
    let second = at
        .post(&world.owner, &path(&world, "/secondary/reveal"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        opens(&world, second["value"].as_str().unwrap()).await,
        (200, 200)
    );
    assert_eq!(
        at.texts(
            "SELECT id FROM access_key WHERE endpoint_id IS NOT NULL AND grace_until IS NOT NULL"
        )
        .await
        .len(),
        0
    );
}

#[tokio::test]
async fn the_reveal_policy_is_about_customers_keys() {
    let world = World::start().await;
    let at = &world.at;
    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    at.patch(&world.owner, &workspace, json!({"reveal_policy": "once"}))
        .await
        .expect(200);
    let shown = at
        .post(&world.owner, &path(&world, "/primary/reveal"), json!({}))
        .await
        .expect(200);
    let As::Bearer(token) = &world.token else {
        panic!("a token is sent as one");
    };
    assert_eq!(shown["value"], json!(token));
    let rotated = at
        .post(&world.owner, &path(&world, "/primary/rotate"), json!({}))
        .await
        .expect(200);
    let again = at
        .post(&world.owner, &path(&world, "/primary/reveal"), json!({}))
        .await
        .expect(200);
    assert_eq!(rotated["value"], again["value"]);
    // None of it stands in the database in clear.
    let whole = at
        .texts("SELECT coalesce(before, '') || coalesce(after, '') || object_id FROM audit")
        .await
        .join("");
    assert!(!whole.contains("portico_"), "{whole}");
}
