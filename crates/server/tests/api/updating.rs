//! Customising, updating and going back, one endpoint at a time: what is put in force, what is refused,
//! what each answer names.

use crate::lab::{Lab, slot};
use crate::linear::{self, Slot};
use crate::support::As;
use portico_api::session::Role;
use serde_json::{Value, json};

const WIDE: Slot = Slot {
    resource: "b",
    number: 32,
    width: 2,
};

#[tokio::test]
async fn an_uploaded_model_is_in_force_at_once_and_can_be_taken_away() {
    let lab = Lab::start().await;
    lab.endpoints(&["acme"]).await;
    let (before, version, revision) = lab.score("acme").await;
    assert_eq!((version, revision), (1, 1));
    let shown = lab.customise("acme", slot("b", 99)).await;
    let etag = shown.header("etag");
    let shown = shown.expect(200);
    let own: Vec<bool> = [0, 1, 2]
        .map(|at| shown["models"][at]["own"] == true)
        .into();
    assert_eq!(own, [false, false, true], "{shown}");
    let (after, version, revision) = lab.score("acme").await;
    assert_eq!((version, revision), (1, 2));
    assert_eq!(after.into_values().collect::<Vec<_>>(), [11, 99, 10]);
    // The same model again is no change.
    lab.customise("acme", slot("b", 99)).await.expect(200);
    assert_eq!(lab.score("acme").await.2, 2);

    let path = lab.of("acme", "/models/b");
    let bare = lab.at.ask(&lab.token, "DELETE", &path).send().await;
    bare.problem(428, "precondition_required");
    for (tag, status) in [("\"1\"", 412), (etag.as_str(), 204), ("*", 404)] {
        let ask = lab.at.ask(&lab.token, "DELETE", &path);
        let reply = ask.header("if-match", tag).send().await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let (again, _, revision) = lab.score("acme").await;
    assert_eq!((again, revision), (before, 3));
    assert_eq!(
        lab.history("acme").await,
        ["create 1", "customise 1 b", "uncustomise 1"]
    );
    let newest = lab.revisions("acme").await.remove(0);
    assert_eq!(newest["actor"], "a workspace token");
    assert_eq!(newest["current"], true);
    let trail = lab
        .at
        .texts("SELECT action || ' ' || coalesce(after, '') FROM audit WHERE action LIKE 'endpoint.%custom%' ORDER BY seq")
        .await;
    assert_eq!(trail.len(), 2);
    assert!(trail[0].contains(r#""from":"upload""#), "{trail:?}");
    assert!(trail[1].starts_with("endpoint.uncustomise") && trail[1].contains(r#""resource":"b""#));
}

#[tokio::test]
async fn what_does_not_fit_its_slot_changes_nothing() {
    let lab = Lab::start().await;
    lab.endpoints(&["acme"]).await;
    let field = |problem: &Value| {
        let error = &problem["errors"][0];
        let text = |name: &str| error[name].as_str().unwrap().to_owned();
        (text("pointer"), text("code"), text("detail"))
    };
    let refused = lab.customise("acme", WIDE).await.problem(422, "invalid");
    assert_eq!(
        field(&refused),
        (
            "/resources/b".to_owned(),
            "model_does_not_fit".to_owned(),
            "The model does not fit “b”: output “b_out” has 2 values a row, expected 1.".to_owned()
        )
    );
    let other = linear::model("a", 5, 1);
    let refused = lab.upload(&lab.token, "acme", "b", other).await;
    let (_, _, words) = field(&refused.problem(422, "invalid"));
    assert!(words.contains("output “b_out” is missing"), "{words}");
    let unknown = lab.upload(&lab.token, "acme", "größe/x", vec![1]).await;
    let (pointer, code, words) = field(&unknown.problem(422, "invalid"));
    assert_eq!(
        (pointer.as_str(), code.as_str()),
        ("/resources/größe~1x", "resource_unknown")
    );
    assert!(words.ends_with("It has: a, b."), "{words}");
    for body in [Vec::new(), b"not a model".to_vec()] {
        let refused = lab.upload(&lab.token, "acme", "a", body).await;
        let (pointer, code, _) = field(&refused.problem(422, "invalid"));
        assert_eq!(
            (pointer.as_str(), code.as_str()),
            ("/resources/a", "model_refused")
        );
    }
    lab.customise("default", slot("a", 5))
        .await
        .problem(409, "conflict");
    lab.customise("nobody", slot("a", 5))
        .await
        .problem(404, "not_found");
    assert_eq!(lab.history("acme").await, ["create 1"]);
    assert_eq!(lab.numbers("acme").await, [11, 12, 10]);
}

#[tokio::test]
async fn the_plan_says_what_the_update_then_does() {
    let lab = Lab::start().await;
    lab.endpoints(&["acme"]).await;
    lab.customise("acme", slot("a", 99)).await.expect(200);
    let nothing = lab.plan("acme", "").await.expect(200);
    assert_eq!(
        (&nothing["changes"], &nothing["refused"]),
        (&json!(false), &Value::Null)
    );
    lab.publish(20, &[slot("a", 21), slot("b", 22)]).await;
    assert_eq!(lab.numbers("default").await, [21, 22, 20]);
    assert_eq!(lab.numbers("acme").await, [99, 12, 10]);

    let fates = |plan: &Value| -> Vec<(String, String)> {
        let lines = plan["resources"].as_array().unwrap().iter();
        let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
        lines
            .map(|line| (text(line, "resource"), text(line, "fate")))
            .collect()
    };
    let both = |a: &str, b: &str| {
        [("a", a), ("b", b)]
            .map(|(name, fate)| (name.to_owned(), fate.to_owned()))
            .to_vec()
    };
    let plan = lab.plan("acme", "").await.expect(200);
    assert_eq!((&plan["from"], &plan["to"]), (&json!(1), &json!(2)));
    assert_eq!(fates(&plan), both("kept", "taken"));
    assert_eq!(lab.history("acme").await.len(), 2, "a plan changes nothing");
    let done = lab.update("acme", json!({})).await.expect(200);
    assert_eq!(done, plan);
    assert_eq!(lab.numbers("acme").await, [99, 22, 20]);
    let again = lab.update("acme", json!({})).await.expect(200);
    assert_eq!(again["changes"], false);

    // Back to the older version, and over the own model.
    let plan = lab
        .plan("acme", "?version=1&overwrite=true")
        .await
        .expect(200);
    assert_eq!(fates(&plan), both("overwritten", "taken"));
    let done = lab
        .update("acme", json!({"version": 1, "overwrite": true}))
        .await;
    assert_eq!(done.expect(200), plan);
    assert_eq!(
        lab.score("acme").await.0.into_values().collect::<Vec<_>>(),
        [11, 12, 10]
    );
    assert_eq!(
        lab.history("acme").await,
        ["create 1", "customise 1 a", "update 2 a", "update 1"]
    );

    for (query, status) in [
        ("?version=3", 422),
        ("?version=0", 422),
        ("?version=x", 400),
        ("?other=1", 400),
    ] {
        assert_eq!(lab.plan("acme", query).await.status, status, "{query}");
    }
    for body in [
        json!({"version": 3}),
        json!({"version": -1}),
        json!({"other": 1}),
        json!([]),
    ] {
        let refused = lab.update("acme", body).await;
        refused.problem(422, "invalid");
    }
    let prevent = json!({"prevent_update": true});
    lab.at
        .patch(&lab.token, &lab.of("acme", ""), prevent)
        .await
        .expect(200);
    let plan = lab.plan("acme", "").await.expect(200);
    assert!(
        plan["refused"].as_str().unwrap().contains("prevented"),
        "{plan}"
    );
    lab.update("acme", json!({})).await.problem(409, "conflict");
    lab.update("default", json!({}))
        .await
        .problem(409, "conflict");
    assert_eq!(lab.score("acme").await.1, 1);
}

#[tokio::test]
async fn an_own_model_without_a_place_refuses_the_update() {
    let lab = Lab::start().await;
    lab.endpoints(&["acme"]).await;
    lab.customise("acme", slot("a", 98)).await.expect(200);
    lab.customise("acme", slot("b", 99)).await.expect(200);
    lab.publish(30, &[WIDE]).await;
    let plan = lab.plan("acme", "").await.expect(200);
    assert_eq!(plan["resources"][0]["fate"], "gone");
    assert_eq!(plan["resources"][1]["fate"], "no_longer_fits");
    assert_eq!(
        plan["resources"][1]["differences"],
        json!(["output “b_out” has 1 values a row, expected 2"])
    );
    assert!(plan["refused"].is_string());
    let refused = lab.update("acme", json!({})).await.problem(422, "invalid");
    let codes: Vec<_> = [0, 1].map(|at| &refused["errors"][at]["code"]).into();
    assert_eq!(codes, ["resource_gone", "model_no_longer_fits"]);
    assert_eq!(lab.numbers("acme").await, [98, 99, 10]);
    lab.update("acme", json!({"overwrite": true}))
        .await
        .expect(200);
    assert_eq!(lab.numbers("acme").await, [32, 32, 30]);
}

#[tokio::test]
async fn every_revision_can_be_returned_to() {
    let lab = Lab::start().await;
    lab.endpoints(&["acme"]).await;
    lab.customise("acme", slot("a", 99)).await.expect(200);
    lab.publish(20, &[slot("a", 21), slot("b", 22)]).await;
    lab.update("acme", json!({"overwrite": true}))
        .await
        .expect(200);
    let back = lab.restore("acme", 2).await.expect(200);
    assert_eq!(
        (
            &back["number"],
            &back["act"],
            &back["version"],
            &back["current"]
        ),
        (&json!(4), &json!("rollback"), &json!(1), &json!(true))
    );
    let (score, version, revision) = lab.score("acme").await;
    assert_eq!(
        (score.into_values().collect::<Vec<_>>(), version, revision),
        (vec![99, 12, 10], 1, 4)
    );
    // The state that is in force already needs no new revision.
    assert_eq!(lab.restore("acme", 2).await.expect(200)["number"], 4);
    lab.restore("acme", 1).await.expect(200);
    lab.restore("acme", 3).await.expect(200);
    assert_eq!(lab.numbers("acme").await, [21, 22, 20]);
    lab.restore("acme", 99).await.problem(404, "not_found");
    lab.restore("acme", 0).await.problem(404, "not_found");
    lab.restore("default", 1).await.problem(409, "conflict");

    // An own model whose file is gone can't come back, and the answer says which.
    let own = lab.revisions("acme").await;
    let own = own.iter().find(|revision| revision["number"] == 2).unwrap();
    lab.at
        .app
        .blobs
        .remove(own["own_models"]["a"].as_str().unwrap())
        .unwrap();
    let gone = lab.restore("acme", 2).await.problem(409, "conflict");
    assert!(
        gone["detail"]
            .as_str()
            .unwrap()
            .contains("“a” no longer exists"),
        "{gone}"
    );
    assert_eq!(lab.numbers("acme").await, [21, 22, 20]);
    let newest = lab.all(&lab.of("acme", "/revisions")).await;
    let paged = lab
        .at
        .get(&lab.token, &lab.of("acme", "/revisions?page_size=1"))
        .await;
    assert_eq!(paged.expect(200)["items"][0], newest[0]);
    let foreign = lab.of("acme", "/revisions?page_token=00");
    lab.at
        .get(&lab.token, &foreign)
        .await
        .problem(422, "invalid");
}

#[tokio::test]
async fn a_customer_moves_forward_and_overwrites_nothing() {
    let lab = Lab::start().await;
    let carla = lab.at.person("carla", false).await;
    let customer = lab.at.customer(&lab.workspace, "Acme", &carla).await;
    let carla = lab.at.session(&carla).await;
    let made = json!({"name": "acme", "customer_id": customer});
    lab.at
        .post(&lab.token, &lab.path("/endpoints"), made)
        .await
        .expect(201);
    let publisher = lab.at.person("paul", false).await;
    lab.at
        .member(&lab.workspace, &publisher, Role::Publisher)
        .await;
    let publisher = lab.at.session(&publisher).await;
    let model = linear::model("a", 99, 1);
    lab.upload(&publisher, "acme", "a", model.clone())
        .await
        .expect(200);
    lab.upload(&carla, "acme", "a", model)
        .await
        .problem(403, "forbidden");
    lab.publish(20, &[slot("a", 21), slot("b", 22)]).await;

    let plan = async |query: &str| {
        let path = lab.of("acme", &format!("/update-plan{query}"));
        lab.at.get(&carla, &path).await
    };
    let pointer = |problem: Value| problem["errors"][0]["pointer"].as_str().unwrap().to_owned();
    assert_eq!(
        pointer(plan("?overwrite=true").await.problem(422, "invalid")),
        "/overwrite"
    );
    let path = lab.of("acme", "/update");
    let overwrite = lab.at.post(&carla, &path, json!({"overwrite": true})).await;
    assert_eq!(pointer(overwrite.problem(422, "invalid")), "/overwrite");
    assert_eq!(plan("").await.expect(200)["to"], 2);
    lab.at.post(&carla, &path, json!({})).await.expect(200);
    let older = lab.at.post(&carla, &path, json!({"version": 1})).await;
    assert_eq!(pointer(older.problem(422, "invalid")), "/version");
    assert_eq!(lab.numbers("acme").await, [99, 22, 20]);

    let read = lab
        .at
        .get(&carla, &lab.of("acme", "/revisions"))
        .await
        .expect(200);
    let actors: Vec<_> = [0, 1, 2]
        .map(|at| read["items"][at]["actor"].clone())
        .into();
    assert_eq!(actors, ["carla", "the publisher", "the publisher"]);
    let read = lab
        .at
        .get(&lab.owner, &lab.of("acme", "/revisions"))
        .await
        .expect(200);
    let actors: Vec<_> = [0, 1, 2]
        .map(|at| read["items"][at]["actor"].clone())
        .into();
    assert_eq!(actors, ["carla", "paul", "a workspace token"]);
    let restore = lab.of("acme", "/revisions/1/restore");
    lab.at
        .ask(&carla, "POST", &restore)
        .send()
        .await
        .problem(403, "forbidden");
    lab.at
        .get(&carla, &lab.path("/ledger"))
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn every_wire_names_version_and_revision() {
    let lab = Lab::start().await;
    let made = json!({"name": "acme"});
    let made = lab
        .at
        .post(&lab.token, &lab.path("/endpoints"), made)
        .await
        .expect(201);
    let key = As::Bearer(made["keys"]["primary"].as_str().unwrap().to_owned());
    let url = |name: &str| {
        let url = made["endpoint"]["urls"][name].as_str().unwrap();
        url.strip_prefix(&lab.at.base).unwrap().to_owned()
    };
    lab.publish(20, &[slot("a", 21), slot("b", 22)]).await;
    lab.customise("acme", slot("b", 99)).await.expect(200);
    let classic =
        json!({"Inputs": {"input1": {"ColumnNames": linear::COLUMNS, "Values": [[1, 0, 0]]}}});
    let tensor = json!({"inputs": [{"name": "row", "shape": [1, 3], "datatype": "FP64", "data": [1, 0, 0]}]});
    let calls = [
        (url("request_response"), classic, 200),
        (
            format!("{}/v2/models/Linear/infer", url("inference")),
            tensor,
            200,
        ),
        (url("request_response"), json!({"Inputs": {}}), 400),
    ];
    for (path, body, status) in calls {
        let reply = lab.at.ask(&key, "POST", &path).json(&body).send().await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
        assert_eq!(reply.header("x-portico-version"), "1", "{path}");
        assert_eq!(reply.header("x-portico-revision"), "2", "{path}");
    }
}
