//! The ledger, and runs over many endpoints: what is meant, what is done, what is left alone, and what is
//! taken back.

use crate::lab::{Lab, slot};
use crate::support::{NOW, TestApp};
use portico_api::id::EndpointId;
use portico_api::name::EndpointName;
use portico_api::update::RunAct;
use portico_server::store::runs::{self, NewRun};
use portico_server::store::{endpoints, models};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Endpoint, state and versions of each line.
fn states(lines: &[Value]) -> Vec<String> {
    let line = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        format!(
            "{} {} {}-{}",
            text("endpoint"),
            text("state"),
            line["from"],
            line["to"]
        )
    };
    lines.iter().map(line).collect()
}

/// Four endpoints behind version 2: one plain, one customised, one that is not to be updated, one that has
/// it already.
async fn behind() -> Lab {
    let lab = Lab::start().await;
    lab.endpoints(&["own", "plain", "still"]).await;
    lab.customise("own", slot("a", 99)).await.expect(200);
    let prevent = json!({"prevent_update": true});
    lab.at
        .patch(&lab.token, &lab.of("still", ""), prevent)
        .await
        .expect(200);
    lab.publish(20, &[slot("a", 21), slot("b", 22)]).await;
    lab.endpoints(&["there"]).await;
    lab
}

fn update(selection: &Value, version: Option<u32>) -> Value {
    let mut act = json!({"kind": "update"});
    if let Some(version) = version {
        act["version"] = json!(version);
    }
    json!({"selection": selection, "act": act})
}

fn all() -> Value {
    json!({"kind": "all"})
}

#[tokio::test]
async fn the_ledger_says_who_runs_what_and_how_far_behind() {
    let lab = behind().await;
    let ledger = lab.all(&lab.path("/ledger")).await;
    let line = |line: &Value| {
        let own: Vec<_> = line["models"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["own"] == true)
            .collect();
        let of = |name: &str| line[name].clone();
        (
            of("name"),
            of("version"),
            of("behind"),
            of("prevent_update"),
            of("revision"),
            own,
        )
    };
    let is =
        |name: &str, version: u32, behind: u32, prevented: bool, revision: u32, own: [bool; 2]| {
            (
                json!(name),
                json!(version),
                json!(behind),
                json!(prevented),
                json!(revision),
                own.to_vec(),
            )
        };
    let lines: Vec<_> = ledger.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            is("default", 2, 0, false, 2, [false, false]),
            is("own", 1, 1, false, 2, [true, false]),
            is("plain", 1, 1, false, 1, [false, false]),
            is("still", 1, 1, true, 1, [false, false]),
            is("there", 2, 0, false, 1, [false, false]),
        ]
    );
    assert_eq!(ledger[1]["models"][0]["resource"], "a");
    let shown = lab.at.get(&lab.token, &lab.of("own", "")).await.expect(200);
    assert_eq!(
        ledger[1]["models"][0]["sha256"],
        shown["models"][1]["sha256"]
    );
    assert_eq!(ledger[1]["stay_until"], Value::Null);
    // By twos a page begins after another endpoint, by ones after `default` as well.
    for size in [1, 2] {
        assert_eq!(lab.pages(&lab.path("/ledger"), size).await, ledger);
    }
    let names = |lines: &[Value]| {
        lines
            .iter()
            .map(|line| line["name"].clone())
            .collect::<Vec<_>>()
    };
    for size in [1, 2] {
        let listed = lab.pages(&lab.path("/endpoints"), size).await;
        assert_eq!(names(&listed), names(&ledger));
    }
}

#[tokio::test]
async fn ten_thousand_endpoints_are_listed_fast() {
    let lab = behind().await;
    lab.at
        .sql(
            "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 10000)
             INSERT INTO endpoint (id, workspace_id, service_id, name, description, is_default, version, level, max_calls,
                                   logging, sample_data, tags, created_from, created_at, updated_at)
             SELECT printf('%032x', n), workspace_id, service_id, printf('many%05d', n), '', 0, version, level, max_calls,
                    logging, sample_data, tags, created_from, created_at, updated_at
               FROM endpoint JOIN many WHERE name = 'own'",
        )
        .await;
    lab.at
        .sql(
            "INSERT INTO revision (endpoint_id, number, at, actor, act, version, models)
             SELECT e.id, r.number, r.at, r.actor, r.act, r.version, r.models
               FROM endpoint e JOIN revision r ON r.endpoint_id = (SELECT id FROM endpoint WHERE name = 'own')
              WHERE e.name LIKE 'many%'",
        )
        .await;
    lab.at
        .sql(
            "INSERT INTO endpoint_model (endpoint_id, resource, sha256, bytes)
             SELECT e.id, m.resource, m.sha256, m.bytes FROM endpoint e JOIN endpoint_model m ON m.endpoint_id <> e.id
              WHERE e.name LIKE 'many%' AND m.endpoint_id = (SELECT id FROM endpoint WHERE name = 'own')",
        )
        .await;
    let began = Instant::now();
    let first = lab
        .at
        .get(&lab.token, &lab.path("/ledger?page_size=200"))
        .await;
    let page = began.elapsed();
    assert_eq!(first.expect(200)["items"].as_array().unwrap().len(), 200);
    let began = Instant::now();
    let ledger = lab.all(&lab.path("/ledger")).await;
    let took = began.elapsed();
    assert_eq!(ledger.len(), 10_005);
    let own = ledger
        .iter()
        .filter(|line| line["models"][0]["own"] == true);
    assert_eq!(own.count(), 10_001);
    let began = Instant::now();
    let body = update(&all(), None);
    let plan = lab
        .at
        .post(&lab.token, &lab.path("/runs/plan"), body)
        .await
        .expect(200);
    crate::note(&format!(
        "ledger of 10,005 endpoints: a page of 200 in {page:.1?}, all {} pages in {took:.1?}; plan of a run over them in {:.1?}",
        10_005_u32.div_ceil(200),
        began.elapsed()
    ));
    assert_eq!(plan["change"], 10_002);
    assert_eq!(plan["keep_own"], 10_001);
    // No page takes longer for being a late one: each is cut out by an index.
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_run_changes_what_its_plan_said_and_names_old_and_new() {
    let lab = behind().await;
    let body = update(&all(), None);
    let plan = lab
        .at
        .post(&lab.token, &lab.path("/runs/plan"), body.clone())
        .await
        .expect(200);
    assert_eq!(
        ["change", "keep_own", "unchanged", "refused"].map(|name| plan[name].clone()),
        [json!(2), json!(1), json!(1), json!(1)]
    );
    assert_eq!(
        plan["plans"].as_array().unwrap().len(),
        4,
        "default is never among them"
    );
    assert_eq!(
        lab.numbers("plain").await,
        [11, 12, 10],
        "a plan changes nothing"
    );

    let start = async |body: &Value, key: &str| {
        let ask = lab.at.ask(&lab.owner, "POST", &lab.path("/runs"));
        ask.header("idempotency-key", key).json(body).send().await
    };
    let first = start(&body, "one").await;
    let run = first.expect(202);
    assert_eq!(
        first.header("location"),
        lab.path(&format!("/runs/{}", run["id"].as_str().unwrap()))
    );
    assert_eq!(
        (&run["total"], &run["act"]["version"]),
        (&json!(4), &json!(2))
    );
    assert_eq!(run["actor"], "olga");
    let ended = lab.ended(&run).await;
    assert_eq!(
        ["state", "changed", "unchanged", "refused"].map(|name| ended[name].clone()),
        [json!("finished"), json!(2), json!(1), json!(1)]
    );
    assert_eq!(
        start(&body, "one").await.expect(202)["id"],
        run["id"],
        "the same request is the same run"
    );
    start(&update(&all(), Some(1)), "one")
        .await
        .problem(422, "idempotency_key_reused");

    let lines = lab.lines(&run).await;
    assert_eq!(
        states(&lines),
        [
            "own changed 1-2",
            "plain changed 1-2",
            "still refused 1-2",
            "there unchanged 2-2"
        ]
    );
    for (line, plan) in lines.iter().zip(plan["plans"].as_array().unwrap()) {
        assert_eq!(line["resources"], plan["resources"]);
        assert_eq!(line["endpoint"], plan["endpoint"]);
    }
    assert_eq!(lines[0]["resources"][0]["fate"], "kept");
    assert!(lines[2]["detail"].as_str().unwrap().contains("prevented"));
    for (name, numbers) in [
        ("own", [99, 22, 20]),
        ("plain", [21, 22, 20]),
        ("still", [11, 12, 10]),
    ] {
        assert_eq!(lab.numbers(name).await, numbers, "{name}");
    }
    assert_eq!(lab.history("plain").await, ["create 1", "update 2"]);
    let trail = lab
        .at
        .texts("SELECT actor_kind FROM audit WHERE action = 'endpoint.update_version'")
        .await;
    assert_eq!(trail, ["person", "person"]);
    let runs = lab.all(&lab.path("/runs")).await;
    assert_eq!(runs, [ended]);
}

#[tokio::test]
async fn a_run_is_taken_back_where_nothing_came_after_it() {
    let lab = behind().await;
    let run = lab.start_run(update(&all(), None)).await;
    lab.ended(&run).await;
    lab.customise("plain", slot("b", 77)).await.expect(200);
    let rollback = |run: &Value, selection: Value| json!({"selection": selection, "act": {"kind": "rollback", "run": run["id"]}});
    let plan = lab
        .at
        .post(&lab.token, &lab.path("/runs/plan"), rollback(&run, all()))
        .await
        .expect(200);
    assert_eq!((&plan["change"], &plan["refused"]), (&json!(1), &json!(1)));
    let back = lab.start_run(rollback(&run, all())).await;
    lab.ended(&back).await;
    let lines = lab.lines(&back).await;
    assert_eq!(
        states(&lines),
        ["own changed 2-1", "plain refused null-null"]
    );
    assert!(
        lines[1]["detail"]
            .as_str()
            .unwrap()
            .contains("changed since"),
        "{lines:?}"
    );
    assert_eq!(lab.numbers("own").await, [99, 12, 10]);
    assert_eq!(lab.numbers("plain").await, [21, 77, 20]);
    assert_eq!(
        lab.history("own").await,
        ["create 1", "customise 1 a", "update 2 a", "rollback 1 a"]
    );
    // Overwriting, and taking that back, brings the own model back.
    let mut over = update(&json!({"kind": "named", "names": ["own", "own"]}), None);
    over["act"]["overwrite"] = json!(true);
    let over = lab.start_run(over).await;
    assert_eq!(lab.ended(&over).await["total"], 1);
    assert_eq!(lab.numbers("own").await, [21, 22, 20]);
    let back = lab.start_run(rollback(&over, all())).await;
    lab.ended(&back).await;
    assert_eq!(
        lab.lines(&back).await[0]["resources"][0]["fate"],
        "restored"
    );
    assert_eq!(lab.numbers("own").await, [99, 12, 10]);
}

#[tokio::test]
async fn a_run_is_not_taken_back_over_a_customer_that_stays() {
    let lab = behind().await;
    let run = lab.start_run(update(&all(), None)).await;
    lab.ended(&run).await;
    lab.publish(30, &[slot("a", 31), slot("b", 32)]).await;
    let stay = json!({"until": "2026-11-25T00:00:00.000Z"});
    lab.at
        .post(&lab.token, &lab.of("plain", "/stay"), stay)
        .await
        .expect(200);
    let rollback = json!({"selection": all(), "act": {"kind": "rollback", "run": run["id"]}});
    let plan = lab
        .at
        .post(&lab.token, &lab.path("/runs/plan"), rollback.clone())
        .await
        .expect(200);
    assert_eq!((&plan["change"], &plan["refused"]), (&json!(1), &json!(1)));
    let back = lab.start_run(rollback).await;
    lab.ended(&back).await;
    let lines = lab.lines(&back).await;
    assert_eq!(
        states(&lines),
        ["own changed 2-1", "plain refused null-null"]
    );
    assert_eq!(
        lines[1]["detail"],
        "Its customer stays on version 2 until 2026-11-25."
    );
    assert_eq!(lab.numbers("plain").await, [21, 22, 20]);
}

#[tokio::test]
async fn who_is_customised_can_be_left_out() {
    let lab = behind().await;
    let run = lab
        .start_run(update(&json!({"kind": "all_except_customised"}), None))
        .await;
    lab.ended(&run).await;
    assert_eq!(
        states(&lab.lines(&run).await),
        [
            "plain changed 1-2",
            "still refused 1-2",
            "there unchanged 2-2"
        ]
    );
    assert_eq!(lab.numbers("own").await, [99, 12, 10]);
}

#[tokio::test]
async fn what_can_not_be_run_is_refused_by_field() {
    let lab = behind().await;
    let named = |names: Value| json!({"kind": "named", "names": names});
    let act = |act: Value| json!({"selection": all(), "act": act});
    let no_run = "0".repeat(32);
    for (body, pointer, code) in [
        (
            update(&named(json!(["plain", "nobody"])), None),
            "/selection/names",
            "endpoint_unknown",
        ),
        (
            update(&named(json!([])), None),
            "/selection/names",
            "names_count",
        ),
        (
            update(&named(json!(["default"])), None),
            "/selection/names",
            "default_endpoint",
        ),
        (update(&all(), Some(3)), "/act/version", "version_unknown"),
        (update(&all(), Some(0)), "/act/version", "version_unknown"),
        (
            act(json!({"kind": "rollback", "run": no_run})),
            "/act/run",
            "run_unknown",
        ),
    ] {
        for path in ["/runs/plan", "/runs"] {
            let refused = lab.at.post(&lab.token, &lab.path(path), body.clone()).await;
            let problem = refused.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
            assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        }
    }
    for body in [
        json!({}),
        json!({"selection": {"kind": "some"}, "act": {"kind": "update"}}),
        json!({"selection": all(), "act": {"kind": "update", "more": 1}}),
        json!({"selection": named(json!(["No Name"])), "act": {"kind": "update"}}),
    ] {
        lab.at
            .post(&lab.token, &lab.path("/runs"), body)
            .await
            .problem(422, "invalid");
    }
    assert!(lab.all(&lab.path("/runs")).await.is_empty());
    for (method, rest) in [("GET", ""), ("GET", "/lines"), ("POST", "/cancel")] {
        for id in [no_run.as_str(), "x"] {
            let path = lab.path(&format!("/runs/{id}{rest}"));
            lab.at
                .ask(&lab.token, method, &path)
                .send()
                .await
                .problem(404, "not_found");
        }
    }
}

/// A run over all endpoints as a server leaves it that ends right after its start: nobody was woken for it.
async fn unattended(lab: &Lab, version: u32) -> Value {
    let id = "c0ffee".repeat(5) + "00";
    let names = lab
        .at
        .texts("SELECT name FROM endpoint WHERE is_default = 0 ORDER BY name")
        .await;
    let ids = lab
        .at
        .texts("SELECT id FROM endpoint WHERE is_default = 0 ORDER BY name")
        .await;
    let pair = |(id, name): (&String, &String)| {
        (
            EndpointId::parse(id).unwrap(),
            EndpointName::parse(name).unwrap(),
        )
    };
    let endpoints: Vec<_> = ids.iter().zip(&names).map(pair).collect();
    let act = RunAct::Update {
        version: Some(version),
        overwrite: false,
    };
    let run = NewRun {
        id: &id,
        service: &lab.service,
        workspace: &lab.workspace,
        act: &act,
        by: ("system:", "", ""),
    };
    let mut tx = lab.at.app.store.begin().await.unwrap();
    runs::insert(tx.conn(), &run, &endpoints, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    json!({"id": id})
}

#[tokio::test]
async fn a_run_that_is_broken_off_leaves_the_rest_alone() {
    let lab = behind().await;
    let run = unattended(&lab, 2).await;
    let path = lab.path("/runs/c0ffeec0ffeec0ffeec0ffeec0ffee00");
    let shown = lab.at.get(&lab.token, &path).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["total"]),
        (&json!("running"), &json!(4))
    );
    assert_eq!(
        (&shown["actor"], &shown["ended_at"]),
        (&json!("Portico"), &Value::Null)
    );
    let rollback = json!({"selection": all(), "act": {"kind": "rollback", "run": run["id"]}});
    lab.at
        .post(&lab.token, &lab.path("/runs"), rollback)
        .await
        .problem(409, "conflict");
    let cancel = format!("{path}/cancel");
    let cancelled = lab
        .at
        .ask(&lab.token, "POST", &cancel)
        .send()
        .await
        .expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    let again = lab
        .at
        .ask(&lab.token, "POST", &cancel)
        .send()
        .await
        .expect(200);
    assert_eq!(again, cancelled);
    // What is started afterwards gets its turn, and the cancelled one does not.
    lab.at.wait(1_000_000);
    let next = lab
        .start_run(update(&json!({"kind": "named", "names": ["own"]}), None))
        .await;
    assert_eq!(lab.ended(&next).await["changed"], 1);
    assert!(
        lab.lines(&run)
            .await
            .iter()
            .all(|line| line["state"] == "waiting")
    );
    assert_eq!(lab.numbers("plain").await, [11, 12, 10]);
    let runs = lab.all(&lab.path("/runs")).await;
    let ids: Vec<_> = runs.iter().map(|run| &run["id"]).collect();
    assert_eq!(ids, [&next["id"], &run["id"]], "newest first");
    let cancel = lab.path(&format!("/runs/{}/cancel", next["id"].as_str().unwrap()));
    lab.at
        .ask(&lab.token, "POST", &cancel)
        .send()
        .await
        .problem(409, "conflict");
}

#[tokio::test]
async fn who_reads_that_a_run_was_broken_off_sees_what_it_did() {
    let lab = behind().await;
    let run = unattended(&lab, 2).await;
    assert_eq!(lab.numbers("plain").await, [11, 12, 10]);
    // What a batch has written a moment ago, and calls have not heard of.
    let mut tx = lab.at.app.store.begin().await.unwrap();
    let plain = endpoints::named(tx.conn(), &lab.service, &["plain"]).await;
    let plain = plain.unwrap().remove(0);
    models::serve(tx.conn(), &plain.id, plain.row_version, 2, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cancel = lab.path(&format!("/runs/{}/cancel", run["id"].as_str().unwrap()));
    let cancel = lab.at.ask(&lab.token, "POST", &cancel).send().await;
    assert_eq!(cancel.expect(200)["state"], "cancelled");
    assert_eq!(lab.numbers("plain").await, [21, 22, 20]);
}

#[tokio::test]
async fn a_server_that_starts_goes_on_with_what_was_under_way() {
    let lab = behind().await;
    let run = unattended(&lab, 2).await;
    lab.at
        .delete(&lab.token, &lab.of("plain", ""))
        .await
        .expect(204);
    let Lab {
        at,
        workspace,
        service,
        owner_id,
        owner,
        token,
    } = lab;
    let at = TestApp::start_in(at.stop().await, NOW).await;
    let lab = Lab {
        at,
        workspace,
        service,
        owner_id,
        owner,
        token,
    };
    assert_eq!(lab.ended(&run).await["changed"], 1);
    let lines = lab.lines(&run).await;
    assert_eq!(
        states(&lines),
        [
            "own changed 1-2",
            "plain refused null-null",
            "still refused 1-2",
            "there unchanged 2-2"
        ]
    );
    assert_eq!(lines[1]["detail"], "It was deleted meanwhile.");
    assert_eq!(lab.numbers("own").await, [99, 22, 20]);
}
