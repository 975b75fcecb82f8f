//! Calls are counted, once each, where they belong.

use crate::world::World;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn calls_are_counted_by_slot_and_key() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let at = &world.at;
    let keys = format!("{}/keys", acme.path);
    at.wait(59 * 1_000_000);
    for _ in 0..3 {
        assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    }
    assert_eq!(world.try_key(&acme, &acme.secondary).await, 200);
    at.call(&acme.call, &acme.secondary, &json!({}))
        .await
        .expect(400);
    assert_eq!(world.try_key(&acme, "wrong").await, 401);
    at.patch(&world.owner, &acme.path, json!({"paused": true}))
        .await
        .expect(200);
    assert_eq!(world.try_key(&acme, &acme.secondary).await, 503);

    // Without being asked, the counters are in the database within a second or so.
    let until = Instant::now() + Duration::from_millis(1500);
    let used = "SELECT slot FROM access_key WHERE endpoint_id IS NOT NULL AND last_used_at IS NOT NULL ORDER BY slot";
    while at.texts(used).await != ["primary", "secondary"] {
        assert!(Instant::now() < until, "{:?}", at.texts(used).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let list = at.get(&world.owner, &keys).await.expect(200);
    let now = json!(portico_server::clock::on_the_wire(at.app.clock.now()));
    for (index, calls) in [(0, 3), (1, 2)] {
        let key = &list["items"][index];
        assert_eq!(
            (&key["calls_last_hour"], &key["last_used_at"]),
            (&json!(calls), &now),
            "{key}"
        );
    }
    let usage = at
        .get(&world.owner, &format!("{}/usage?range=hour", acme.path))
        .await
        .expect(200);
    let counts = |value: &Value| {
        ["calls", "refused", "errors", "rows"].map(|name| value[name].as_u64().unwrap())
    };
    assert_eq!(counts(&usage["total"]), [5, 1, 1, 4], "{usage}");
    let slots = usage["by_slot"].as_array().unwrap();
    let of =
        |slot: &str| counts(&slots.iter().find(|item| item["slot"] == slot).unwrap()["counts"]);
    assert_eq!(of("primary"), [3, 0, 0, 3]);
    assert_eq!(of("secondary"), [2, 1, 1, 1]);
    assert!(usage["total"]["p50_ms"].as_f64().unwrap() > 0.0);

    at.wait(61 * 60 * 1_000_000);
    let later = at.get(&world.owner, &keys).await.expect(200);
    assert_eq!(later["items"][0]["calls_last_hour"], 0);
}
