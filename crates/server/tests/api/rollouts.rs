//! Staged rollouts: which version answers, what is counted, and how a rollout ends.

use crate::models::{SLOT, Stage, next, penguin};
use crate::support::{As, NOW, Reply, TestApp};
use futures_util::future::join_all;
use portico_server::audit::Who;
use portico_server::package::{self, Package};
use portico_server::settings::Settings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// An endpoint `acme` on version 1, and a version 2 whose answers are 1,000 g heavier.
async fn stage() -> Stage {
    let stage = Stage::start().await;
    stage.heavier(|_| ()).await;
    stage
}

impl Stage {
    fn acme(&self, path: &str) -> String {
        self.rest(&format!("/endpoints/acme{path}"))
    }

    async fn begin(&self, version: u32, share: u32, shadow: bool) -> Value {
        let body = json!({"version": version, "share_percent": share, "shadow": shadow});
        let reply = self
            .at
            .post(&self.token, &self.acme("/rollout"), body)
            .await;
        reply.expect(201)
    }

    async fn report(&self) -> Value {
        let reply = self.at.get(&self.token, &self.acme("/rollout")).await;
        reply.expect(200)
    }

    /// Scores one penguin while signed in: grams, and the version that says so.
    async fn scored(&self) -> (f64, u64) {
        let row = json!({"species": "Adelie", "island": "Torgersen", "bill_length_mm": 39.1,
            "bill_depth_mm": 18.7, "flipper_length_mm": 181, "sex": "male"});
        let body = json!({"rows": [row]});
        let answer = self.at.post(&self.token, &self.acme("/score"), body).await;
        let answer = answer.expect(200);
        let grams = answer["rows"][0][0].as_f64().unwrap();
        (grams, answer["version"].as_u64().unwrap())
    }

    async fn trail(&self) -> Vec<String> {
        let rows = "SELECT action || coalesce(' ' || json_extract(after, '$.because'), '') FROM audit WHERE action LIKE 'rollout.%' ORDER BY seq";
        self.at.texts(rows).await
    }
}

/// Waits until no call is scored in shadow any more: then all are counted.
async fn shadows_end(stage: &Stage) {
    let all = u32::try_from(portico_server::rollout::shadow::AT_ONCE).unwrap();
    let ended = stage.at.app.shadows.acquire_many(all);
    let ended = timeout(Duration::from_secs(120), ended).await;
    assert!(ended.is_ok(), "shadows end");
}

/// The rollout once that is so.
async fn rested(stage: &Stage) -> Value {
    shadows_end(stage).await;
    stage.report().await
}

fn rows_of(report: &Value, side: &str) -> u64 {
    let scores = report["scores"].as_array().unwrap().iter();
    scores.map(|bin| bin[side].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn of_a_thousand_calls_the_candidate_answers_exactly_its_share() {
    let stage = stage().await;
    let (low, _) = stage.scored().await;
    let started = stage.begin(2, 13, false).await;
    assert_eq!(started["share_percent"], 13);
    assert_eq!(
        (
            &started["current"]["version"],
            &started["candidate"]["version"]
        ),
        (&json!(1), &json!(2))
    );
    assert_eq!(started["column"], "Scored Labels");
    let call = || async {
        let grams = stage.grams().await - low;
        // Never anything between the two: one version has scored the whole call.
        assert!(
            grams.abs() < 0.01 || (grams - 1_000.0).abs() < 0.01,
            "{grams}"
        );
        grams > 500.0
    };
    let mut heavy = 0;
    for _ in 0..125 {
        let calls = join_all((0..8).map(|_| call())).await;
        heavy += calls.into_iter().filter(|heavy| *heavy).count();
    }
    assert_eq!(heavy, 130);
    let report = stage.report().await;
    let (current, candidate) = (&report["current"], &report["candidate"]);
    assert_eq!(
        (&current["calls"], &candidate["calls"]),
        (&json!(870), &json!(130))
    );
    assert_eq!(
        (&current["errors"], &candidate["errors"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        (rows_of(&report, "current"), rows_of(&report, "candidate")),
        (870, 130)
    );
    // The same penguin falls into one range on either side, and they are not the same one.
    let scores = report["scores"].as_array().unwrap();
    let full = |side: &str| {
        scores
            .iter()
            .position(|bin| bin[side].as_u64().unwrap() > 0)
            .unwrap()
    };
    assert!(full("current") < full("candidate"), "{report}");
    assert!(current["p50_ms"].as_f64().unwrap() <= current["p99_ms"].as_f64().unwrap());
    assert!(candidate["p95_ms"].is_f64());
    assert_eq!(
        (&report["compared_rows"], &candidate["shadow_calls"]),
        (&json!(0), &json!(0))
    );

    // Another share is in force at once, and what was counted stays.
    let change = json!({"share_percent": 100});
    let changed = stage
        .at
        .patch(&stage.token, &stage.acme("/rollout"), change)
        .await
        .expect(200);
    assert_eq!(
        (&changed["share_percent"], &changed["candidate"]["calls"]),
        (&json!(100), &json!(130))
    );
    for _ in 0..20 {
        let (grams, version) = stage.scored().await;
        assert!((grams - low - 1_000.0).abs() < 0.01 && version == 2);
    }
    // What a call says itself of which version scored it holds for every call.
    let change = json!({"share_percent": 50});
    stage
        .at
        .patch(&stage.token, &stage.acme("/rollout"), change)
        .await
        .expect(200);
    let mut versions = BTreeMap::new();
    for _ in 0..100 {
        let (grams, version) = stage.scored().await;
        assert_eq!(grams - low > 500.0, version == 2);
        *versions.entry(version).or_insert(0) += 1;
    }
    let path = format!(
        "/workspaces/{}/services/{}/execute?format=swagger",
        stage.workspace, stage.id
    );
    for _ in 0..20 {
        let answer = stage.at.call(&path, &stage.key, &penguin()).await;
        let body = answer.expect(200);
        let grams: f64 = body["Results"]["output1"][0]["Scored Labels"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        // What is tried is no revision of the endpoint.
        let expected = if grams - low > 500.0 {
            ("2", "")
        } else {
            ("1", "1")
        };
        let headers = (
            answer.header("x-portico-version"),
            answer.header("x-portico-revision"),
        );
        assert_eq!((headers.0.as_str(), headers.1.as_str()), expected);
    }
    // 1,020 calls came before these hundred, so they are of two hundreds.
    assert!(versions[&1] > 0 && versions[&2] > 0, "{versions:?}");
}

#[tokio::test]
async fn a_restart_keeps_the_rollout_and_its_counts() {
    let stage = stage().await;
    let (low, _) = stage.scored().await;
    stage.begin(2, 100, false).await;
    for _ in 0..7 {
        stage.grams().await;
    }
    let before = stage.report().await;
    assert_eq!(before["candidate"]["calls"], 7);
    let Stage {
        at,
        workspace,
        service,
        token,
        id,
        key,
    } = stage;
    let at = TestApp::start_in(at.stop().await, NOW).await;
    let stage = Stage {
        at,
        workspace,
        service,
        token,
        id,
        key,
    };
    assert_eq!(stage.report().await, before);
    assert!((stage.grams().await - low - 1_000.0).abs() < 0.01);
    let after = stage.report().await;
    assert_eq!(after["candidate"]["calls"], 8);
    assert_eq!(rows_of(&after, "candidate"), 8);
}

#[tokio::test]
async fn shadow_calls_change_no_answer_and_are_compared_with_it() {
    let stage = stage().await;
    let low = stage.grams().await;
    stage.begin(2, 0, true).await;
    for _ in 0..30 {
        assert!((stage.grams().await - low).abs() < 0.01);
    }
    let report = rested(&stage).await;
    let candidate = &report["candidate"];
    let shadow = candidate["shadow_calls"].as_u64().unwrap();
    assert!((1..=30).contains(&shadow), "{report}");
    assert_eq!(
        (&candidate["calls"], &candidate["errors"]),
        (&json!(shadow), &json!(0))
    );
    assert_eq!(report["current"]["calls"], 30);
    // Each row is a kilogram heavier there.
    assert_eq!(
        (&report["compared_rows"], &report["different_rows"]),
        (&json!(shadow), &json!(shadow))
    );
    assert_eq!(rows_of(&report, "candidate"), shadow);
    // They are none of the endpoint's calls.
    stage.at.app.flush_usage().await.unwrap();
    let counted = stage
        .at
        .texts("SELECT CAST(sum(calls) AS TEXT) FROM usage_minute")
        .await;
    assert_eq!(counted, ["31"]);

    // The same model in both: nothing differs.
    stage
        .at
        .delete(&stage.token, &stage.acme("/rollout"))
        .await
        .expect(204);
    next(&stage, b'3').await;
    stage.begin(3, 0, true).await;
    stage.grams().await;
    let report = rested(&stage).await;
    assert_eq!(
        (&report["compared_rows"], &report["different_rows"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn what_fails_in_shadow_is_seen_by_nobody_but_the_publisher() {
    let stage = Stage::start().await;
    // Version 2 wants what callers of version 1 may leave out, so it comes with rows that have it.
    stage
        .publish(|manifest, files| {
            manifest["inputs"][5]["nullable"] = json!(false);
            for name in ["samples.csv", "expected.csv"] {
                let text = String::from_utf8(files[name].to_vec()).unwrap();
                let some: Vec<&str> = text.lines().take(4).collect();
                files.insert(name.to_owned(), (some.join("\n") + "\n").into());
            }
        })
        .await;
    let mut sexless = penguin();
    sexless["Inputs"]["input1"][0]["sex"] = json!("");
    let path = format!(
        "/workspaces/{}/services/{}/execute?format=swagger",
        stage.workspace, stage.id
    );
    let call = async || stage.at.call(&path, &stage.key, &sexless).await;
    let before = call().await;
    before.expect(200);
    stage.begin(2, 0, true).await;
    for _ in 0..5 {
        let answer = call().await;
        assert_eq!((answer.status, answer.text), (200, before.text.clone()));
    }
    let report = rested(&stage).await;
    assert_eq!(report["candidate"]["errors"], 5);
    assert_eq!(report["candidate"]["shadow_calls"], 5);
    assert_eq!(
        (&report["current"]["calls"], &report["current"]["errors"]),
        (&json!(5), &json!(0))
    );
    // Where the candidate answers, its own schema is the rule.
    let change = json!({"share_percent": 100});
    stage
        .at
        .patch(&stage.token, &stage.acme("/rollout"), change)
        .await
        .expect(200);
    let refused = call().await.expect(400);
    assert_eq!(
        refused["error"]["details"][0]["target"],
        "row 0, column sex"
    );
    let report = stage.report().await;
    assert_eq!(
        (
            &report["candidate"]["errors"],
            &report["candidate"]["shadow_calls"]
        ),
        (&json!(6), &json!(5))
    );
    stage
        .at
        .delete(&stage.token, &stage.acme("/rollout"))
        .await
        .expect(204);
    assert_eq!(call().await.text, before.text);
}

/// A package of tests/fixtures/models as the next version of a service of this name.
async fn publish(stage: &Stage, folder: &str, name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/models")
        .join(folder);
    let mut files: BTreeMap<String, bytes::Bytes> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        files.insert(name, std::fs::read(entry.path()).unwrap().into());
    }
    let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    manifest["name"] = json!(name);
    let manifest = serde_json::to_vec(&manifest).unwrap();
    files.insert("manifest.json".to_owned(), manifest.into());
    let package = Package::from_files(files).unwrap();
    let done = package::import(&stage.at.app, &Who::system(), &stage.workspace, &package).await;
    done.unwrap().0.service.to_string()
}

/// An endpoint `one` on version 1 of a service whose version 2 never ends, calls taking at most so long; and
/// where the endpoint is.
async fn endless(call_timeout: Duration) -> (Stage, String) {
    let told = |settings: &mut Settings| settings.call_timeout = call_timeout;
    let at = TestApp::start_as(tempfile::tempdir().unwrap(), NOW, told).await;
    let stage = Stage::start_at(at).await;
    let service = publish(&stage, "brief", "Numbers").await;
    let base = format!(
        "/api/v1/workspaces/{}/services/{service}/endpoints",
        stage.workspace
    );
    stage
        .at
        .post(&stage.token, &base, json!({"name": "one"}))
        .await
        .expect(201);
    publish(&stage, "endless", "Numbers").await;
    (stage, format!("{base}/one"))
}

#[tokio::test]
async fn comparing_with_a_version_that_never_ends_strikes_no_model() {
    let (stage, one) = endless(Duration::from_secs(2)).await;
    let replay = format!("{one}/replay");
    // Two strikes would keep the model from running.
    for _ in 0..3 {
        let rows = json!({"rows": [["1"]]});
        let answer = stage.at.post(&stage.token, &replay, rows).await.expect(200);
        let row = &answer["rows"][0];
        assert!(row["current"]["error"].is_null(), "{row}");
        let late = "The call was not answered within its deadline.";
        assert_eq!(row["candidate"]["error"], late);
    }
    assert!(stage.at.app.engine.quarantined().is_empty());
}

#[tokio::test]
async fn a_candidate_that_never_ends_delays_no_call() {
    let (stage, one) = endless(Duration::from_secs(3)).await;
    let (score, rollout) = (format!("{one}/score"), format!("{one}/rollout"));
    let call = async || {
        let body = json!({"rows": [{"x": 1}]});
        let answer = stage.at.post(&stage.token, &score, body).await.expect(200);
        assert_eq!(answer["rows"][0][0], 2.0);
    };
    call().await;
    let begin = json!({"version": 2, "share_percent": 0, "shadow": true});
    stage
        .at
        .post(&stage.token, &rollout, begin)
        .await
        .expect(201);
    // A call that waited for its shadow would be given up with it, and fail.
    for _ in 0..40 {
        call().await;
    }
    shadows_end(&stage).await;
    // They are counted before their places are free.
    let report = stage.at.get(&stage.token, &rollout).await.expect(200);
    // Those that found no place are left out.
    let shadow = report["candidate"]["shadow_calls"].as_u64().unwrap();
    assert!((1..=40).contains(&shadow), "{report}");
    assert_eq!(report["candidate"]["errors"], json!(shadow));
    assert_eq!(report["current"]["errors"], 0);
    // The endpoint's own models were never in question.
    assert!(stage.at.app.engine.quarantined().is_empty());
    call().await;
}

#[tokio::test]
async fn the_candidate_keeps_own_models_and_any_other_change_ends_the_rollout() {
    let stage = Stage::start().await;
    let low = stage.grams().await;
    assert!(stage.customise("heavier.onnx").await.unwrap());
    next(&stage, b'2').await;
    stage.begin(2, 100, false).await;
    let (grams, version) = stage.scored().await;
    assert!(
        (grams - low - 1_000.0).abs() < 0.01 && version == 2,
        "{grams}"
    );
    // An update by another way.
    let refresh = format!("{}/refresh", stage.path("acme"));
    let ask = stage
        .at
        .ask(&stage.token, "POST", &refresh)
        .json(&json!({}));
    ask.send().await.expect(200);
    let gone = stage.at.get(&stage.token, &stage.acme("/rollout")).await;
    gone.problem(404, "not_found");
    next(&stage, b'3').await;
    stage.begin(3, 0, false).await;
    // Another own model.
    let plain = crate::support::package_folder("penguin-body-mass").join("model.onnx");
    let new = portico_server::acts::models::NewModel {
        resource: SLOT.to_owned(),
        bytes: std::fs::read(plain).unwrap().into(),
        source: String::new(),
    };
    let app = &stage.at.app;
    portico_server::acts::models::customise(app, &Who::system(), &stage.id, &[new], None)
        .await
        .unwrap();
    let gone = stage.at.get(&stage.token, &stage.acme("/rollout")).await;
    gone.problem(404, "not_found");
    assert_eq!(
        stage.trail().await,
        [
            "rollout.start",
            "rollout.end update",
            "rollout.start",
            "rollout.end customise"
        ]
    );
    // What is none of version and models leaves it alone.
    stage.begin(3, 0, false).await;
    let described = json!({"description": "Other words."});
    stage
        .at
        .patch(&stage.token, &stage.acme(""), described)
        .await
        .expect(200);
    stage.report().await;
    // It goes with its endpoint, and comes back with it.
    stage
        .at
        .delete(&stage.token, &stage.acme(""))
        .await
        .expect(204);
    stage
        .at
        .post(&stage.token, &stage.acme("/restore"), json!({}))
        .await
        .expect(200);
    stage.report().await;
}

#[tokio::test]
async fn promoting_updates_the_endpoint_and_going_back_leaves_it() {
    let stage = stage().await;
    let low = stage.grams().await;
    let promote = stage.acme("/rollout/promote");
    let none = async || stage.at.post(&stage.token, &promote, json!({})).await;
    none().await.problem(409, "conflict");
    stage.begin(2, 100, false).await;
    stage.grams().await;
    stage
        .at
        .delete(&stage.token, &stage.acme("/rollout"))
        .await
        .expect(204);
    assert!((stage.grams().await - low).abs() < 0.01);
    none().await.problem(409, "conflict");
    let missing = stage.at.delete(&stage.token, &stage.acme("/rollout")).await;
    missing.problem(404, "not_found");

    stage.begin(2, 10, false).await;
    let promoted = none().await;
    let endpoint = promoted.expect(200);
    assert_eq!(
        (&endpoint["version"], &endpoint["name"]),
        (&json!(2), &json!("acme"))
    );
    assert!(!promoted.header("etag").is_empty());
    assert!((stage.grams().await - low - 1_000.0).abs() < 0.01);
    let gone = stage.at.get(&stage.token, &stage.acme("/rollout")).await;
    gone.problem(404, "not_found");
    assert_eq!(stage.revisions().await, ["create 1 0", "promote 2 0"]);
    assert_eq!(
        stage.trail().await,
        [
            "rollout.start",
            "rollout.end go_back",
            "rollout.start",
            "rollout.end promote"
        ]
    );
    let counted = stage.at.texts("SELECT json_extract(after, '$.candidate.calls') || ' ' || json_extract(before, '$.share_percent') FROM audit WHERE action = 'rollout.end' ORDER BY seq").await;
    assert_eq!(counted, ["1 100", "0 10"]);
    assert!(
        stage
            .at
            .texts("SELECT rollout_id FROM rollout_side UNION SELECT rollout_id FROM rollout_score")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn what_can_not_be_tried_is_refused_and_changes_nothing() {
    let stage = stage().await;
    let invalid = async |body: Value, pointer: &str, code: &str| {
        let reply = stage
            .at
            .post(&stage.token, &stage.acme("/rollout"), body)
            .await;
        let problem = reply.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
        error["detail"].as_str().unwrap().to_owned()
    };
    let wish = |version: u32, share: i64| json!({"version": version, "share_percent": share});
    invalid(wish(2, 101), "/share_percent", "share_out_of_range").await;
    invalid(wish(2, -1), "/share_percent", "malformed").await;
    invalid(wish(0, 1), "/version", "version_unknown").await;
    let words = invalid(wish(3, 1), "/version", "version_unknown").await;
    assert_eq!(words, "This service has versions 1 to 2.");
    invalid(wish(1, 1), "/version", "version_served").await;
    invalid(json!({"version": 2}), "", "malformed").await;
    invalid(
        json!({"version": 2, "share_percent": 1, "mirror": true}),
        "/mirror",
        "malformed",
    )
    .await;
    let default = stage.rest("/endpoints/default/rollout");
    let refused = stage
        .at
        .post(&stage.token, &default, wish(1, 1))
        .await
        .problem(409, "conflict");
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("follows the newest version")
    );
    let prevented = json!({"prevent_update": true});
    stage
        .at
        .patch(&stage.token, &stage.acme(""), prevented)
        .await
        .expect(200);
    let refused = stage
        .at
        .post(&stage.token, &stage.acme("/rollout"), wish(2, 1))
        .await;
    refused.problem(409, "conflict");
    let allowed = json!({"prevent_update": false});
    stage
        .at
        .patch(&stage.token, &stage.acme(""), allowed)
        .await
        .expect(200);
    // An own model that has no place there is named.
    stage.customise("heavier.onnx").await.unwrap();
    stage
        .publish(|manifest, _| {
            let name = manifest["stages"][1]["resource"].take();
            manifest["stages"][1]
                .as_object_mut()
                .unwrap()
                .remove("resource");
            manifest["stages"][0]["resource"] = name;
        })
        .await;
    let words = invalid(
        wish(3, 1),
        &format!("/resources/{SLOT}"),
        "model_no_longer_fits",
    )
    .await;
    assert!(words.contains("input “species” is missing"), "{words}");
    assert!(stage.trail().await.is_empty());
    assert_eq!(stage.report_status().await, 404);

    stage.begin(2, 10, false).await;
    let again = stage
        .at
        .post(&stage.token, &stage.acme("/rollout"), wish(2, 1))
        .await;
    let again = again.problem(409, "conflict");
    assert!(
        again["detail"]
            .as_str()
            .unwrap()
            .contains("Version 2 is being tried already")
    );
    let rollout = stage.acme("/rollout");
    let change = async |body: Value, tag: Option<&str>| -> Reply {
        let ask = stage.at.ask(&stage.token, "PATCH", &rollout).json(&body);
        match tag {
            Some(tag) => ask.header("if-match", tag).send().await,
            None => ask.send().await,
        }
    };
    let share = |share: u32| json!({"share_percent": share});
    change(share(20), None)
        .await
        .problem(428, "precondition_required");
    change(share(20), Some("\"9\""))
        .await
        .problem(412, "precondition_failed");
    let other = change(wish(1, 20), Some("*")).await.problem(422, "invalid");
    assert_eq!(
        (&other["errors"][0]["pointer"], &other["errors"][0]["code"]),
        (&json!("/version"), &json!("malformed"))
    );
    change(share(101), Some("*")).await.problem(422, "invalid");
    let read = stage.at.get(&stage.token, &rollout).await;
    let tag = read.header("etag");
    change(share(20), Some(&tag)).await.expect(200);
    change(share(30), Some(&tag))
        .await
        .problem(412, "precondition_failed");
    let end = stage.at.ask(&stage.token, "DELETE", &rollout);
    end.send().await.problem(428, "precondition_required");
    let end = stage
        .at
        .ask(&stage.token, "DELETE", &rollout)
        .header("if-match", &tag);
    end.send().await.problem(412, "precondition_failed");
    assert_eq!(stage.report().await["share_percent"], 20);
    // Updates that were prevented meanwhile are not promoted to.
    let prevented = json!({"prevent_update": true});
    stage
        .at
        .patch(&stage.token, &stage.acme(""), prevented)
        .await
        .expect(200);
    let promote = stage
        .at
        .post(&stage.token, &stage.acme("/rollout/promote"), json!({}))
        .await;
    promote.problem(409, "conflict");
    assert_eq!(stage.report().await["share_percent"], 20);
}

impl Stage {
    async fn report_status(&self) -> u16 {
        self.at
            .get(&self.token, &self.acme("/rollout"))
            .await
            .status
    }
}

#[tokio::test]
async fn the_inference_protocol_says_which_version_scored_and_takes_one_at_its_word() {
    let stage = stage().await;
    let low = stage.grams().await;
    stage.begin(2, 100, true).await;
    let base = format!(
        "/workspaces/{}/services/{}/v2/models/Penguin%20body%20mass",
        stage.workspace, stage.id
    );
    let text = |name: &str, cell: &str| json!({"name": name, "shape": [1], "datatype": "BYTES", "data": [cell]});
    let number = |name: &str, cell: f64| json!({"name": name, "shape": [1], "datatype": "FP64", "data": [cell]});
    let body = json!({"inputs": [
        text("species", "Adelie"), text("island", "Torgersen"), number("bill_length_mm", 39.1),
        number("bill_depth_mm", 18.7), number("flipper_length_mm", 181.0), text("sex", "male"),
    ]});
    let key = As::Bearer(stage.key.clone());
    let infer = async |path: &str| {
        let answer = stage
            .at
            .post(&key, &format!("{base}{path}"), body.clone())
            .await
            .expect(200);
        let grams = answer["outputs"][0]["data"][0].as_f64().unwrap() - low;
        (
            answer["model_version"].as_str().unwrap().to_owned(),
            grams > 500.0,
        )
    };
    for _ in 0..5 {
        assert_eq!(infer("/infer").await, ("2".to_owned(), true));
        // Whoever names the version in force is answered by it.
        assert_eq!(infer("/versions/1/infer").await, ("1".to_owned(), false));
    }
    // Those are scored in shadow as well.
    let report = rested(&stage).await;
    assert!(report["candidate"]["shadow_calls"].as_u64() > Some(0));
    assert_eq!(report["current"]["calls"], 5);
    assert_eq!(report["candidate"]["errors"], 0, "{report}");
}

#[tokio::test]
async fn customers_neither_see_nor_touch_rollouts() {
    let stage = stage().await;
    let at = &stage.at;
    let person = at.person("carla", false).await;
    let customer = at.customer(&stage.workspace, "Acme", &person).await;
    let carla = at.session(&person).await;
    let path = stage.rest("/endpoints/mine");
    let request = json!({"name": "mine", "customer_id": customer});
    let all = path.trim_end_matches("/mine");
    at.post(&stage.token, all, request).await.expect(201);
    let rollout = format!("{path}/rollout");
    let body = json!({"version": 2, "share_percent": 1});
    at.get(&carla, &rollout).await.problem(403, "forbidden");
    at.post(&carla, &rollout, body)
        .await
        .problem(403, "forbidden");
    at.patch(&carla, &rollout, json!({"share_percent": 1}))
        .await
        .problem(403, "forbidden");
    at.delete(&carla, &rollout).await.problem(403, "forbidden");
    at.post(&carla, &format!("{rollout}/promote"), json!({}))
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let stage = stage().await;
    stage.begin(2, 10, true).await;
    let rollout = stage.acme("/rollout");
    let change = async |body: Value| {
        let reply = stage.at.patch(&stage.token, &rollout, body).await;
        let report = reply.expect(200);
        (report["share_percent"].clone(), report["shadow"].clone())
    };
    let share = change(json!({"share_percent": 20})).await;
    assert_eq!(share, (json!(20), json!(true)));
    let shadow = change(json!({"shadow": false})).await;
    assert_eq!(shadow, (json!(20), json!(false)));
    assert_eq!(change(json!({})).await, (json!(20), json!(false)));
}

#[tokio::test]
async fn nothing_is_tried_or_promoted_while_the_customer_stays() {
    let stage = stage().await;
    let day = "2026-11-25T00:00:00.000Z";
    stage.stay(Some(day)).await;
    let wish = json!({"version": 2, "share_percent": 10});
    let rollout = stage.acme("/rollout");
    let start = async || stage.at.post(&stage.token, &rollout, wish.clone()).await;
    let promote = stage.acme("/rollout/promote");
    let promote = async || stage.at.post(&stage.token, &promote, json!({})).await;
    let stays = |reply: Reply| {
        let problem = reply.problem(409, "conflict");
        let words = "Its customer stays on version 1 until 2026-11-25.";
        assert_eq!(problem["detail"], words);
    };
    stays(start().await);
    assert_eq!(stage.report_status().await, 404);
    stage.stay(None).await;
    start().await.expect(201);
    stage.stay(Some(day)).await;
    stays(promote().await);
    assert_eq!(stage.report().await["share_percent"], 10);
    // Once the time is over, it goes on.
    stage.at.wait(8 * 86_400_000_000);
    promote().await.expect(200);
    assert_eq!(stage.revisions().await, ["create 1 0", "promote 2 0"]);
}
