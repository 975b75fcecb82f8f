//! What answers tell about limits, and what is refused because of them.

use crate::world::{Endpoint, World, penguin};
use portico_api::id::EndpointId;
use portico_domain::throttle::{Gate, Permit, Share};
use serde_json::{Value, json};
use std::sync::Arc;

const QUOTA: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const KEY_POLICY: &str = r#""endpoint";q=20;qu="concurrent-requests""#;
const BOTH: &str =
    r#""endpoint";q=20;qu="concurrent-requests", "signed-in";q=10;qu="concurrent-requests""#;

fn row() -> Value {
    json!({"rows": [{"island": "Torgersen", "bill_length_mm": 39.1, "bill_depth_mm": 18.7,
        "flipper_length_mm": 181, "body_mass_g": 3750, "sex": "male"}]})
}

fn gate(world: &World, endpoint: &Endpoint) -> Arc<Gate> {
    let id = EndpointId::parse(&endpoint.id).unwrap();
    Arc::clone(&world.at.app.snapshot().endpoint(&id).unwrap().gate)
}

fn hold(gate: &Arc<Gate>, share: Share, calls: usize) -> Vec<Permit> {
    (0..calls).map(|_| gate.try_admit(share).unwrap()).collect()
}

#[tokio::test]
async fn every_answer_to_a_key_tells_the_limit_and_what_is_free() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let gate = gate(&world, &acme);
    let held = hold(&gate, Share::Full, 3);
    let call = async |body: &Value| world.at.call(&acme.call, &acme.primary, body).await;

    let scored = call(&penguin()).await;
    scored.expect(200);
    assert_eq!(scored.header("ratelimit-policy"), KEY_POLICY);
    assert_eq!(scored.header("ratelimit"), r#""endpoint";r=17"#);
    let wrong = call(&json!({"Inputs": {}})).await;
    wrong.expect(400);
    assert_eq!(wrong.header("ratelimit-policy"), KEY_POLICY);
    assert_eq!(wrong.header("ratelimit"), r#""endpoint";r=17"#);
    // Who has no key learns nothing of the endpoint.
    let stranger = world.at.call(&acme.call, "none", &penguin()).await;
    stranger.expect(401);
    assert_eq!(stranger.header("ratelimit-policy"), "");

    let rest = hold(&gate, Share::Full, 17);
    let refused = call(&penguin()).await;
    let body = refused.expect(503);
    assert_eq!(body["error"]["details"][0]["code"], "RequestThrottled");
    assert_eq!(refused.header("ratelimit"), r#""endpoint";r=0;t=1"#);
    assert_eq!(refused.header("retry-after"), "1");
    drop((held, rest));
    assert_eq!(gate.free(), 20);
}

#[tokio::test]
async fn a_signed_in_call_is_told_which_of_its_limits_refused_it() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let gate = gate(&world, &acme);
    let score = world.path("/endpoints/acme/score");
    let call = async |body: Value| world.at.post(&world.owner, &score, body).await;

    let scored = call(row()).await;
    assert_eq!(scored.expect(200)["free_calls"], 20);
    assert_eq!(scored.header("ratelimit-policy"), BOTH);
    assert_eq!(
        scored.header("ratelimit"),
        r#""endpoint";r=20, "signed-in";r=10"#
    );
    let wrong = call(json!({"rows": []})).await;
    wrong.problem(422, "invalid");
    assert_eq!(
        wrong.header("ratelimit"),
        r#""endpoint";r=20, "signed-in";r=10"#
    );

    let half = hold(&gate, Share::Half, 10);
    let refused = call(row()).await;
    let problem = refused.problem(429, "throttled");
    assert_eq!(
        (&problem["type"], &problem["violated-policies"]),
        (&json!(QUOTA), &json!(["signed-in"]))
    );
    assert_eq!(
        refused.header("ratelimit"),
        r#""endpoint";r=10, "signed-in";r=0;t=1"#
    );
    assert_eq!(refused.header("retry-after"), "1");
    // A key is not in its way.
    world
        .at
        .call(&acme.call, &acme.primary, &penguin())
        .await
        .expect(200);
    drop(half);

    let whole = hold(&gate, Share::Full, 20);
    let refused = call(row()).await;
    let problem = refused.problem(429, "throttled");
    assert_eq!(problem["violated-policies"], json!(["endpoint"]));
    assert_eq!(
        refused.header("ratelimit"),
        r#""endpoint";r=0;t=1, "signed-in";r=0;t=1"#
    );
    drop(whole);
}
