//! What answers tell about limits, and what is refused because of them.

use crate::world::{Endpoint, World, penguin};
use portico_api::id::EndpointId;
use portico_domain::throttle::{Gate, Permit, Share};
use portico_server::throttle::load::LoadLimits;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const QUOTA: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";
const REDUCED: &str = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
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

/// Until so many calls wait at the gate.
async fn until_waiting(gate: &Gate, calls: u32) {
    let began = Instant::now();
    while gate.waiting() != calls {
        assert!(began.elapsed() < Duration::from_secs(5), "{gate:?}");
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_queue_is_set_with_the_throttle_and_its_rules_are_told() {
    let world = World::start().await;
    let queued =
        json!({"level": "high", "max_concurrent_calls": 1, "queue_ms": 2_000, "queue_max": 2});
    let acme = world
        .endpoint_of(json!({"name": "acme", "throttle": queued}))
        .await;
    let shown = world.at.get(&world.owner, &acme.path).await.expect(200);
    assert_eq!(shown["throttle"], queued);

    let low = json!({"level": "low", "queue_ms": 500, "queue_max": 7});
    let patch = async |throttle: &Value| {
        let change = json!({"throttle": throttle});
        world.at.patch(&world.owner, &acme.path, change).await
    };
    let changed = patch(&low).await.expect(200);
    assert_eq!(
        changed["throttle"],
        json!({"level": "low", "max_concurrent_calls": 4, "queue_ms": 500, "queue_max": 7})
    );
    // The throttle is replaced whole.
    let changed = patch(&json!({"level": "low"})).await.expect(200);
    assert_eq!(changed["throttle"]["queue_ms"], 0);

    for (queue_ms, queue_max, field, code) in [
        (2_001, 1, "queue_ms", "queue_too_long"),
        (1, 1_001, "queue_max", "queue_too_many"),
        (1, 0, "queue_max", "queue_without_places"),
    ] {
        let throttle = json!({"level": "low", "queue_ms": queue_ms, "queue_max": queue_max});
        let path = world.path("/endpoints");
        let made = json!({"name": "other", "throttle": throttle});
        for refused in [
            patch(&throttle).await,
            world.at.post(&world.owner, &path, made).await,
        ] {
            let problem = refused.problem(422, "invalid");
            let error = &problem["errors"][0];
            assert_eq!(error["pointer"], format!("/throttle/{field}"), "{problem}");
            assert_eq!(error["code"], code);
        }
    }
    for wrong in [
        json!({"level": "low", "queue_ms": -1}),
        json!({"level": "low", "queue_ms": 1.5}),
        json!({"level": "low", "queue": 3}),
    ] {
        patch(&wrong).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn calls_wait_for_their_turn_and_the_rest_is_refused() {
    let world = World::start().await;
    let throttle =
        json!({"level": "high", "max_concurrent_calls": 1, "queue_ms": 2_000, "queue_max": 2});
    let acme = world
        .endpoint_of(json!({"name": "acme", "throttle": throttle}))
        .await;
    let gate = gate(&world, &acme);
    let running = hold(&gate, Share::Full, 1);
    let body = penguin();
    let call = || world.at.call(&acme.call, &acme.primary, &body);
    let free = async {
        until_waiting(&gate, 2).await;
        // No third one waits, by key or signed in.
        let refused = call().await;
        refused.expect(503);
        assert_eq!(refused.header("ratelimit"), r#""endpoint";r=0;t=1"#);
        let score = format!("{}/score", acme.path);
        let refused = world.at.post(&world.owner, &score, row()).await;
        refused.problem(429, "throttled");
        drop(running);
    };
    let (first, second, ()) = tokio::join!(call(), call(), free);
    first.expect(200);
    second.expect(200);
    assert_eq!((gate.waiting(), gate.in_flight()), (0, 0));
}

#[tokio::test]
async fn who_waits_too_long_is_refused_and_who_goes_away_is_forgotten() {
    let world = World::start().await;
    let throttle =
        json!({"level": "high", "max_concurrent_calls": 1, "queue_ms": 150, "queue_max": 9});
    let acme = world
        .endpoint_of(json!({"name": "acme", "throttle": throttle}))
        .await;
    let gate = gate(&world, &acme);
    let running = hold(&gate, Share::Full, 1);
    let began = Instant::now();
    let refused = world.at.call(&acme.call, &acme.primary, &penguin()).await;
    let body = refused.expect(503);
    let took = began.elapsed();
    assert_eq!(body["error"]["details"][0]["code"], "RequestThrottled");
    assert!(
        took >= Duration::from_millis(150) && took < Duration::from_secs(2),
        "{took:?}"
    );

    let longer = json!({"throttle": {"level": "high", "max_concurrent_calls": 1, "queue_ms": 2_000, "queue_max": 9}});
    world
        .at
        .patch(&world.owner, &acme.path, longer)
        .await
        .expect(200);
    let body = penguin();
    let gone = world.at.call(&acme.call, &acme.primary, &body);
    let waited = async {
        until_waiting(&gate, 1).await;
    };
    // The caller closes its connection as soon as it waits.
    tokio::select! {
        answer = gone => panic!("{answer:?}"),
        () = waited => {}
    }
    until_waiting(&gate, 0).await;
    assert_eq!(gate.in_flight(), 1);

    // A limit that grows lets in who waits.
    let call = world.at.call(&acme.call, &acme.primary, &body);
    let raised = json!({"throttle": {"level": "high", "max_concurrent_calls": 2, "queue_ms": 2_000, "queue_max": 9}});
    let raise = async {
        until_waiting(&gate, 1).await;
        world
            .at
            .patch(&world.owner, &acme.path, raised)
            .await
            .expect(200);
    };
    let (answer, ()) = tokio::join!(call, raise);
    answer.expect(200);
    drop(running);
    assert_eq!((gate.waiting(), gate.in_flight()), (0, 0));
    // Three were refused or went away, and nobody failed.
    world.at.app.flush_usage().await.unwrap();
    let usage = world
        .at
        .get(&world.owner, &format!("{}/usage", acme.path))
        .await
        .expect(200);
    let total = &usage["total"];
    assert_eq!(
        (&total["calls"], &total["refused"], &total["errors"]),
        (&json!(1), &json!(2), &json!(0))
    );
}

#[tokio::test]
async fn an_owner_changes_what_a_call_may_take() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let path = format!("/api/v1/workspaces/{}", world.workspace);
    let shown = world.at.get(&world.owner, &path).await.expect(200);
    assert_eq!(
        (&shown["max_call_bytes"], &shown["call_timeout_seconds"]),
        (&json!(4_194_304), &json!(100))
    );
    let patch = async |change: Value| world.at.patch(&world.owner, &path, change).await;
    let score = format!("{}/score", acme.path);
    let mut large = penguin();
    large["padding"] = json!("x".repeat(100_000));
    let mut signed_in = row();
    signed_in["parameters"] = json!({"x": "x".repeat(100_000)});
    let statuses = async |large: &Value| {
        let by_key = world.at.call(&acme.call, &acme.primary, large).await;
        let signed_in = world.at.post(&world.owner, &score, signed_in.clone()).await;
        (by_key.status, signed_in.status)
    };
    // It fits, and the model knows no such parameter.
    assert_eq!(statuses(&large).await, (200, 422));
    let changed = patch(json!({"max_call_bytes": 65_536, "call_timeout_seconds": 1}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["max_call_bytes"], &changed["call_timeout_seconds"]),
        (&json!(65_536), &json!(1))
    );
    assert_eq!(statuses(&large).await, (413, 413));
    patch(json!({"max_call_bytes": 67_108_864, "call_timeout_seconds": 600}))
        .await
        .expect(200);
    large["padding"] = json!("x".repeat(5 * 1024 * 1024));
    assert_eq!(statuses(&large).await.0, 200);

    for (field, value, code) in [
        ("max_call_bytes", json!(65_535), "call_bytes_out_of_range"),
        (
            "max_call_bytes",
            json!(67_108_865),
            "call_bytes_out_of_range",
        ),
        (
            "call_timeout_seconds",
            json!(0),
            "call_timeout_out_of_range",
        ),
        (
            "call_timeout_seconds",
            json!(601),
            "call_timeout_out_of_range",
        ),
        ("call_timeout_seconds", json!("long"), "malformed"),
    ] {
        let problem = patch(json!({field: value})).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], format!("/{field}"), "{problem}");
        assert_eq!(error["code"], code);
    }
    let trail = world
        .at
        .texts("SELECT after FROM audit WHERE action = 'workspace.update' ORDER BY rowid")
        .await;
    assert!(trail[0].contains(r#""max_call_bytes":65536"#), "{trail:?}");
}

#[tokio::test]
async fn the_operators_limits_hold_for_every_owner() {
    let world = World::start_as(|settings| {
        settings.call_bytes = 1024 * 1024;
        settings.call_timeout = Duration::from_millis(30_500);
    })
    .await;
    let path = format!("/api/v1/workspaces/{}", world.workspace);
    let shown = world.at.get(&world.owner, &path).await.expect(200);
    assert_eq!(
        (&shown["max_call_bytes"], &shown["call_timeout_seconds"]),
        (&json!(1_048_576), &json!(31))
    );
    for change in [
        json!({"max_call_bytes": 1_048_577}),
        json!({"call_timeout_seconds": 31}),
    ] {
        world
            .at
            .patch(&world.owner, &path, change)
            .await
            .problem(422, "invalid");
    }
}

#[tokio::test]
async fn what_is_shed_is_never_taken_for_the_endpoints_limit() {
    let world = World::start_as(|settings| {
        settings.load = LoadLimits {
            calls: 1,
            ..LoadLimits::for_cores(2)
        };
    })
    .await;
    let acme = world.endpoint("acme").await;
    let score = format!("{}/score", acme.path);
    world
        .at
        .call(&acme.call, &acme.primary, &penguin())
        .await
        .expect(200);
    let seat = world.at.app.load.enter().unwrap();
    let shed = world.at.call(&acme.call, &acme.primary, &penguin()).await;
    let body = shed.expect(503);
    assert_eq!(body["error"]["code"], "ServiceUnavailable");
    let detail = &body["error"]["details"][0];
    assert_eq!(detail["code"], "TooManyConcurrentRequests");
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .contains("own limit is not reached")
    );
    assert_eq!(shed.header("retry-after"), "1");
    // The endpoint has room, and says so.
    assert_eq!(shed.header("ratelimit"), r#""endpoint";r=20"#);
    let shed = world.at.post(&world.owner, &score, row()).await;
    let problem = shed.problem(503, "overloaded");
    assert_eq!(problem["type"], REDUCED);
    assert!(problem.get("violated-policies").is_none());
    assert_eq!(shed.header("retry-after"), "1");
    // Who has no key is told that, and managing goes on.
    world
        .at
        .call(&acme.call, "none", &penguin())
        .await
        .expect(401);
    world.at.get(&world.owner, &acme.path).await.expect(200);
    drop(seat);
    world
        .at
        .call(&acme.call, &acme.primary, &penguin())
        .await
        .expect(200);
    assert_eq!(world.at.app.load.taken(), (0, 0));
}

#[tokio::test]
async fn bodies_are_held_up_to_a_bound_and_forgotten() {
    let world = World::start_as(|settings| {
        settings.load = LoadLimits {
            bytes: 2_000,
            ..LoadLimits::for_cores(2)
        };
    })
    .await;
    let acme = world.endpoint("acme").await;
    let mut large = penguin();
    large["padding"] = json!("x".repeat(2_000));
    let shed = world
        .at
        .call(&acme.call, &acme.primary, &large)
        .await
        .expect(503);
    assert_eq!(
        shed["error"]["details"][0]["code"],
        "TooManyConcurrentRequests"
    );
    assert_eq!(world.at.app.load.taken(), (0, 0));
    world
        .at
        .call(&acme.call, &acme.primary, &penguin())
        .await
        .expect(200);
}

#[tokio::test]
async fn calls_that_wait_too_long_to_be_scored_shed_others_but_not_a_first_one() {
    let world = World::start_as(|settings| {
        settings.load.target = Duration::from_millis(10);
        settings.load.interval = Duration::ZERO;
    })
    .await;
    let (busy, quiet) = (world.endpoint("busy").await, world.endpoint("quiet").await);
    let gate = gate(&world, &busy);
    let held = hold(&gate, Share::Full, 1);
    let (load, penguin) = (&world.at.app.load, penguin());
    let scoring = load.scoring();
    scoring.waited(Duration::from_millis(50));
    let shed = world.at.call(&busy.call, &busy.primary, &penguin).await;
    assert_eq!(
        shed.expect(503)["error"]["details"][0]["code"],
        "TooManyConcurrentRequests"
    );
    // An endpoint whose own limit is reached is told that and nothing else.
    let rest = hold(&gate, Share::Full, 19);
    let refused = world.at.call(&busy.call, &busy.primary, &penguin).await;
    assert_eq!(
        refused.expect(503)["error"]["details"][0]["code"],
        "RequestThrottled"
    );
    drop((held, rest));
    // One that has nothing under way gets a call in; that it did not wait ends the shedding.
    world
        .at
        .call(&quiet.call, &quiet.primary, &penguin)
        .await
        .expect(200);
    world
        .at
        .call(&busy.call, &busy.primary, &penguin)
        .await
        .expect(200);
    drop(scoring);
}
