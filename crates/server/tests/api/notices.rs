//! What customers hear of a newer version: the notice, staying, and their rows on both versions.

use crate::models::{SLOT, Stage};
use crate::support::{As, NOW};
use serde_json::{Value, json};

const DAY: i64 = 86_400_000_000;

/// A moment so many days from when tests begin, as the wire writes it.
fn day(days: i64) -> String {
    let at = jiff::Timestamp::from_microsecond(NOW + days * DAY).unwrap();
    format!("{at:.3}")
}

/// Publishes a second version: a heavier model, notes, and a column that may be left empty.
async fn heavier(stage: &Stage) {
    stage.at.wait(1_000_000);
    let change = |manifest: &mut Value| {
        manifest["notes"] = json!("A kilogram more.");
        manifest["inputs"][1]["nullable"] = json!(true);
    };
    stage.heavier(change).await;
}

async fn with_version_2() -> Stage {
    let stage = Stage::start().await;
    heavier(&stage).await;
    stage
}

#[tokio::test]
async fn a_customer_hears_of_a_newer_version_and_stays_as_long_as_it_may() {
    let stage = Stage::start().await;
    let at = &stage.at;
    let person = at.person("carla", false).await;
    let customer = at.customer(&stage.workspace, "Acme", &person).await;
    let carla = at.session(&person).await;
    let request = json!({"name": "mine", "customer_id": customer});
    at.post(&stage.token, &stage.rest("/endpoints"), request)
        .await
        .expect(201);
    let (notice, stay) = (
        stage.rest("/endpoints/mine/notice"),
        stage.rest("/endpoints/mine/stay"),
    );
    at.get(&carla, &notice).await.problem(404, "not_found");
    at.post(&carla, &stay, json!({"until": day(5)}))
        .await
        .problem(409, "conflict");
    heavier(&stage).await;
    let heard = at.get(&carla, &notice).await.expect(200);
    assert_eq!(
        (&heard["from"], &heard["to"], &heard["notes"]),
        (&json!(1), &json!(2), &json!("A kilogram more."))
    );
    assert_eq!(heard["published_at"], "2026-11-18T11:06:41.000Z");
    let changes = heard["difference"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{heard}");
    assert_eq!(
        (&changes[0]["name"], &changes[0]["code"]),
        (&json!("island"), &json!("nullable"))
    );
    assert!(heard["may_stay_until"].is_null() && heard["stay_until"].is_null());

    // As long as the publisher lets it, and never past.
    let refused = async |until: Value, code: &str| {
        let problem = at.post(&carla, &stay, json!({"until": until})).await;
        let problem = problem.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/until");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
    };
    refused(json!(day(-1)), "date_past").await;
    refused(json!("tomorrow"), "date_unreadable").await;
    // Nobody is let go by a request that leaves the date out.
    at.post(&carla, &stay, json!({}))
        .await
        .problem(422, "invalid");
    let version = stage.rest("/versions/2");
    let patch = async |who: &As, until: Value| {
        let ask = at.ask(who, "PATCH", &version);
        ask.json(&json!({"may_stay_until": until})).send().await
    };
    patch(&carla, json!(day(1))).await.problem(403, "forbidden");
    let changed = patch(&stage.token, json!(day(10))).await.expect(200);
    assert_eq!(changed["may_stay_until"], day(10));
    let first = at.ask(&stage.token, "PATCH", &stage.rest("/versions/1"));
    let first = first.json(&json!({"may_stay_until": null})).send().await;
    first.problem(409, "conflict");
    let third = at.ask(&stage.token, "PATCH", &stage.rest("/versions/3"));
    let third = third.json(&json!({"may_stay_until": null})).send().await;
    third.problem(404, "not_found");
    let unreadable = patch(&stage.token, json!("soon"))
        .await
        .problem(422, "invalid");
    assert_eq!(unreadable["errors"][0]["code"], "date_unreadable");
    let nothing = at.patch(&stage.token, &version, json!({})).await;
    nothing.problem(422, "invalid");
    refused(json!(day(11)), "date_too_late").await;
    let stays = at
        .post(&carla, &stay, json!({"until": day(7)}))
        .await
        .expect(200);
    assert_eq!(
        (&stays["stay_until"], &stays["may_stay_until"]),
        (&json!(day(7)), &json!(day(10)))
    );
    // Updates of many pass it by meanwhile, and the ledger tells why.
    let all = json!({"selection": {"kind": "all"}, "act": {"kind": "update"}});
    let plan = at
        .post(&stage.token, &stage.rest("/runs/plan"), all)
        .await
        .expect(200);
    let plans = plan["plans"].as_array().unwrap();
    let mine = plans.iter().find(|plan| plan["endpoint"] == "mine");
    assert_eq!(
        mine.unwrap()["refused"],
        "Its customer stays on version 1 until 2026-11-25."
    );
    assert_eq!((&plan["change"], &plan["refused"]), (&json!(1), &json!(1)));
    let ledger = stage.rest("/ledger");
    let ledger = at.get(&stage.token, &ledger).await.expect(200);
    let stays = |name: &str| {
        let lines = ledger["items"].as_array().unwrap().iter();
        let line = lines.clone().find(|line| line["name"] == name).unwrap();
        line["stay_until"].clone()
    };
    assert_eq!((stays("mine"), stays("acme")), (json!(day(7)), Value::Null));
    // An earlier date of the publisher's goes before the customer's, and a later one gives it back.
    patch(&stage.token, json!(day(3))).await.expect(200);
    let shown = async || at.get(&carla, &notice).await.expect(200)["stay_until"].clone();
    assert_eq!(shown().await, day(3));
    patch(&stage.token, json!(null)).await.expect(200);
    assert_eq!(shown().await, day(7));
    // The publisher may set it too, and nobody else's endpoint is touched.
    at.post(&stage.token, &stay, json!({"until": null}))
        .await
        .expect(200);
    assert!(shown().await.is_null());
    let acme = stage.rest("/endpoints/acme/stay");
    at.post(&carla, &acme, json!({"until": day(1)}))
        .await
        .problem(404, "not_found");
    patch(&stage.token, json!(day(-1))).await.expect(200);
    refused(json!(day(5)), "stay_over").await;
    patch(&stage.token, json!(null)).await.expect(200);

    // Whoever has moved on stays no longer.
    at.post(&carla, &stay, json!({"until": day(7)}))
        .await
        .expect(200);
    let kept = "SELECT CAST(stay_until AS TEXT) FROM endpoint WHERE name = 'mine' AND stay_until IS NOT NULL";
    assert_eq!(at.texts(kept).await.len(), 1);
    let refresh = format!("{}/refresh", stage.path("mine"));
    let ask = at.ask(&stage.token, "POST", &refresh);
    ask.json(&json!({})).send().await.expect(200);
    assert!(at.texts(kept).await.is_empty());
    at.get(&carla, &notice).await.problem(404, "not_found");
    let trail = at
        .texts("SELECT action || ' ' || after FROM audit WHERE action IN ('endpoint.stay', 'version.update') ORDER BY seq")
        .await;
    assert_eq!(trail.len(), 8, "{trail:?}");
    assert_eq!(
        trail[1],
        format!(r#"endpoint.stay {{"stay_until":"{}"}}"#, day(7))
    );
}

#[tokio::test]
async fn rows_are_scored_on_both_versions_side_by_side() {
    let stage = with_version_2().await;
    let at = &stage.at;
    let replay = stage.rest("/endpoints/acme/replay");
    let samples = at.post(&stage.token, &replay, json!({})).await.expect(200);
    assert_eq!((&samples["from"], &samples["to"]), (&json!(1), &json!(2)));
    assert_eq!(samples["inputs"][0], "species");
    assert_eq!(samples["current_columns"], json!(["Scored Labels"]));
    assert_eq!(samples["candidate_columns"], json!(["Scored Labels"]));
    let rows = samples["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    let grams = |side: &Value| side["cells"][0].as_str().unwrap().parse::<f64>().unwrap();
    for row in rows {
        let (now, then) = (grams(&row["current"]), grams(&row["candidate"]));
        assert!((then - now - 1_000.0).abs() < 0.01, "{row}");
        assert_eq!(row["differs"], true);
    }
    // A row that one side does not take, one that neither takes, and one that both do.
    let good = ["Adelie", "Torgersen", "39.1", "18.7", "181", "male"];
    let (mut one, mut none) = (good, good);
    one[1] = "";
    none[2] = "long";
    let rows = json!({"rows": [one, none, good]});
    let answer = at.post(&stage.token, &replay, rows).await.expect(200);
    let row = |at: usize| &answer["rows"][at];
    assert!(
        row(0)["current"]["error"]
            .as_str()
            .unwrap()
            .contains("island"),
        "{answer}"
    );
    assert_eq!(row(0)["current"]["cells"], json!([]));
    assert!(row(0)["candidate"]["error"].is_null() && row(0)["differs"] == true);
    assert!(row(1)["current"]["error"].is_string() && row(1)["candidate"]["error"].is_string());
    assert_eq!(row(1)["differs"], false);
    assert_eq!(row(2)["inputs"], json!(good));
    assert!((grams(&row(2)["candidate"]) - grams(&row(2)["current"]) - 1_000.0).abs() < 0.01);

    // An own model stays on both sides, so nothing differs.
    stage.customise("heavier.onnx").await.unwrap();
    let answer = at
        .post(&stage.token, &replay, json!({"rows": [good]}))
        .await
        .expect(200);
    assert_eq!(answer["rows"][0]["differs"], false, "{answer}");
    assert_eq!(answer["rows"][0]["current"], answer["rows"][0]["candidate"]);
    // Nothing of it is one of the endpoint's calls, and all permits are back.
    at.app.flush_usage().await.unwrap();
    assert!(
        at.texts("SELECT endpoint_id FROM usage_minute")
            .await
            .is_empty()
    );
    let snapshot = at.app.snapshot();
    assert_eq!(snapshot.endpoint(&stage.id).unwrap().gate.in_flight(), 0);
}

#[tokio::test]
async fn what_can_not_be_compared_is_refused() {
    let stage = with_version_2().await;
    let at = &stage.at;
    let replay = stage.rest("/endpoints/acme/replay");
    let refused = async |body: Value, pointer: &str, code: &str| {
        let problem = at.post(&stage.token, &replay, body).await;
        let problem = problem.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code))
        );
        error["detail"].as_str().unwrap().to_owned()
    };
    refused(json!({"version": 3}), "/version", "version_unknown").await;
    refused(json!({"version": 0}), "/version", "version_unknown").await;
    refused(json!({"version": 1}), "/version", "version_served").await;
    refused(json!({"rows": [["a"]]}), "/rows/0", "row_length").await;
    let many = vec![["a", "b", "1", "2", "3", "c"]; 101];
    refused(json!({"rows": many}), "/rows", "rows_too_many").await;
    refused(json!({"rows": [[1]]}), "/rows/0/0", "malformed").await;
    // The newest of all is compared with one that is named.
    let default = stage.rest("/endpoints/default/replay");
    at.post(&stage.token, &default, json!({}))
        .await
        .problem(409, "conflict");
    let back = at
        .post(&stage.token, &default, json!({"version": 1}))
        .await
        .expect(200);
    assert_eq!((&back["from"], &back["to"]), (&json!(2), &json!(1)));
    // An own model that has no place there is named.
    stage.customise("heavier.onnx").await.unwrap();
    stage
        .publish(|manifest, _| {
            let stage = manifest["stages"][1].as_object_mut().unwrap();
            stage.remove("resource");
        })
        .await;
    let pointer = format!("/resources/{SLOT}");
    let words = refused(json!({}), &pointer, "resource_gone").await;
    assert!(words.contains(SLOT), "{words}");
    // A paused endpoint compares nothing, and a full one is not waited for.
    let acme = stage.rest("/endpoints/acme");
    at.patch(&stage.token, &acme, json!({"paused": true}))
        .await
        .expect(200);
    at.post(&stage.token, &replay, json!({"version": 2}))
        .await
        .problem(503, "paused");
    let unpaused =
        json!({"paused": false, "throttle": {"level": "high", "max_concurrent_calls": 2}});
    at.patch(&stage.token, &acme, unpaused).await.expect(200);
    let gate = at.app.snapshot().endpoint(&stage.id).unwrap().gate.clone();
    let held = gate
        .try_admit(portico_domain::throttle::Share::Half)
        .unwrap();
    at.post(&stage.token, &replay, json!({"version": 2}))
        .await
        .problem(429, "throttled");
    drop(held);
    at.post(&stage.token, &replay, json!({"version": 2}))
        .await
        .expect(200);
}

#[tokio::test]
async fn customers_read_no_publishers_name_and_sample_rows_where_they_are_shown() {
    let stage = with_version_2().await;
    let at = &stage.at;
    let person = at.person("carla", false).await;
    let customer = at.customer(&stage.workspace, "Acme", &person).await;
    let carla = at.session(&person).await;
    let request = json!({"name": "mine", "customer_id": customer, "version": 1});
    at.post(&stage.token, &stage.rest("/endpoints"), request)
        .await
        .expect(201);
    let (versions, second) = (stage.rest("/versions"), stage.rest("/versions/2"));
    for (who, name) in [(&carla, "the publisher"), (&stage.token, "portico import")] {
        let listed = at.get(who, &versions).await.expect(200);
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert!(items.iter().all(|item| item["published_by"] == name));
        let shown = at.get(who, &second).await.expect(200);
        assert_eq!(shown["published_by"], name);
        assert!(!shown["samples"].as_array().unwrap().is_empty());
    }

    let replay = stage.rest("/endpoints/mine/replay");
    at.post(&carla, &replay, json!({})).await.expect(200);
    let mine = stage.rest("/endpoints/mine");
    at.patch(&stage.token, &mine, json!({"sample_data_enabled": false}))
        .await
        .expect(200);
    let samples = async |who: &As| at.get(who, &second).await.expect(200)["samples"].clone();
    assert_eq!(samples(&carla).await, json!([]));
    let all = samples(&stage.token).await;
    assert!(!all.as_array().unwrap().is_empty());
    let refused = at.post(&carla, &replay, json!({})).await;
    let refused = refused.problem(422, "invalid");
    let error = &refused["errors"][0];
    assert_eq!(
        (&error["pointer"], &error["code"]),
        (&json!("/rows"), &json!("sample_data_off"))
    );
    at.post(&carla, &replay, json!({"rows": [all[0]]}))
        .await
        .expect(200);
    at.post(&stage.token, &replay, json!({})).await.expect(200);
    // Another endpoint that shows them is reason enough.
    let request = json!({"name": "other", "customer_id": customer});
    at.post(&stage.token, &stage.rest("/endpoints"), request)
        .await
        .expect(201);
    assert_eq!(samples(&carla).await, all);
}
