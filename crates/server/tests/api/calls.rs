//! Calls on classic's wire, and scoring while signed in.

use crate::support::As;
use crate::world::{Endpoint, World, penguin};
use serde_json::{Value, json};

const COLUMNS: [&str; 6] = [
    "island",
    "bill_length_mm",
    "bill_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
    "sex",
];
/// Body of a 401, word for word.
const UNAUTHORIZED: &str = r#"{"error":{"code":"Unauthorized","message":"Unauthorized","details":[{"code":"ScoreRequestUnauthorized","message":"Invalid credentials provided."}]}}"#;

/// A call whose one table has these columns and rows.
fn table(columns: Value, rows: Value) -> Value {
    let mut call = penguin();
    let input = &mut call["Inputs"]["input1"];
    input["ColumnNames"] = columns;
    input["Values"] = rows;
    call
}

fn with_query(endpoint: &Endpoint, query: &str) -> String {
    format!("{}{query}", endpoint.call.split('?').next().unwrap())
}

#[tokio::test]
async fn both_forms_give_the_rows_back_with_their_scores() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let rows = json!([
        ["Torgersen", "39.1", "18.7", "181", "3750", "male"],
        ["Biscoe", 46.1, 13.2, 211, 4500, null],
    ]);
    let call = table(json!(COLUMNS), rows);
    let plain = world
        .at
        .call(&with_query(&acme, "?api-version=2.0"), &acme.primary, &call)
        .await;
    assert_eq!(
        plain.header("content-type"),
        "application/json; charset=utf-8"
    );
    let plain = plain.expect(200);
    let output = &plain["Results"]["output1"];
    assert_eq!(output["type"], "table");
    assert!(output["value"].get("ColumnTypes").is_none());
    let names = output["value"]["ColumnNames"].as_array().unwrap();
    assert_eq!(names[..6], COLUMNS.map(Value::from));
    assert_eq!(names[6], "Scored Labels");
    assert_eq!(names[7], r#"Scored Probabilities for Class "Adelie""#);
    let values = output["value"]["Values"].as_array().unwrap();
    assert_eq!(values.len(), 2);
    assert_eq!(
        values[0].as_array().unwrap()[..7],
        json!(["Torgersen", "39.1", "18.7", "181", "3750", "male", "Adelie"])
            .as_array()
            .unwrap()[..]
    );
    assert_eq!(
        values[1].as_array().unwrap()[..7],
        json!(["Biscoe", "46.1", "13.2", "211", "4500", null, "Gentoo"])
            .as_array()
            .unwrap()[..]
    );

    let details = world
        .at
        .call(
            &with_query(&acme, "?api-version=2.0&details=true"),
            &acme.primary,
            &call,
        )
        .await
        .expect(200);
    let types = &details["Results"]["output1"]["value"]["ColumnTypes"];
    assert_eq!(
        types,
        &json!([
            "String", "Double", "Double", "Double", "Double", "String", "String", "Double",
            "Double", "Double"
        ])
    );
    assert_eq!(
        details["Results"]["output1"]["value"]["Values"],
        output["value"]["Values"]
    );

    let objects: Vec<Value> = values
        .iter()
        .map(|row| {
            names
                .iter()
                .zip(row.as_array().unwrap())
                .map(|(name, cell)| (name.as_str().unwrap().to_owned(), cell.clone()))
                .collect()
        })
        .collect();
    let sent: Vec<Value> = objects
        .iter()
        .map(|row| {
            COLUMNS
                .iter()
                .map(|name| ((*name).to_owned(), row[name].clone()))
                .collect()
        })
        .collect();
    let swagger = json!({"Inputs": {"input1": sent}, "GlobalParameters": {}});
    let answer = world
        .at
        .call(
            &with_query(&acme, "?api-version=2.0&format=swagger"),
            &acme.secondary,
            &swagger,
        )
        .await
        .expect(200);
    assert_eq!(answer, json!({"Results": {"output1": objects}}));
}

#[tokio::test]
async fn columns_come_in_any_order_and_extra_ones_are_ignored() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let straight = world.at.call(&acme.call, &acme.primary, &penguin()).await;
    let turned = table(
        json!([
            "sex",
            "note",
            "body_mass_g",
            "flipper_length_mm",
            "bill_depth_mm",
            "bill_length_mm",
            "island"
        ]),
        json!([["male", {"x": [1]}, "3750", "181", "18.7", "39.1", "Torgersen"]]),
    );
    let turned = world.at.call(&acme.call, &acme.primary, &turned).await;
    straight.expect(200);
    assert_eq!(turned.text, straight.text);
}

#[tokio::test]
async fn what_can_not_be_scored_is_named() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let check = async |body: String, code: &str, targets: &[&str]| {
        let who = As::Bearer(acme.primary.clone());
        let reply = world
            .at
            .ask(&who, "POST", &acme.call)
            .text(body.clone())
            .send()
            .await;
        let error = reply.expect(400)["error"].clone();
        let details = error["details"].as_array().unwrap();
        assert_eq!(details[0]["code"], code, "{body}");
        let found: Vec<_> = details
            .iter()
            .filter_map(|detail| detail["target"].as_str())
            .collect();
        assert_eq!(found, targets, "{body}");
    };
    let row = |row: Value| table(json!(COLUMNS), json!([row])).to_string();
    let mismatch = "InputMismatchError";
    check(
        table(json!(COLUMNS[1..]), json!([[1, 2, 3, 4, "male"]])).to_string(),
        mismatch,
        &["row 0, column island"],
    )
    .await;
    check(
        row(json!(["Biscoe", "tall", 13.2, 211, [1], null])),
        mismatch,
        &["row 0, column bill_length_mm", "row 0, column body_mass_g"],
    )
    .await;
    check(
        row(json!([null, 1, 2, 3, 4, ""])),
        mismatch,
        &["row 0, column island"],
    )
    .await;
    check(
        row(json!(["", 1, 2, 3, 4, ""])),
        mismatch,
        &["row 0, column island"],
    )
    .await;
    check(
        row(json!(["Bis\u{0}coe", 1, 2, 3, 4, ""])),
        mismatch,
        &["row 0, column island"],
    )
    .await;
    let mut unknown = penguin();
    unknown["GlobalParameters"] = json!({"x": 1});
    check(unknown.to_string(), "UnexpectedParameter", &["x"]).await;
    check("{".to_owned(), "RequestBodyInvalid", &[]).await;
    check(String::new(), "RequestIsEmpty", &[]).await;
    check("{}".to_owned(), "MissingRequestInput", &[]).await;
    check(
        table(json!(COLUMNS), json!([])).to_string(),
        "InputParseError",
        &["input1"],
    )
    .await;
    check(row(json!(["Biscoe", 1])), "InputParseError", &["input1"]).await;
}

#[tokio::test]
async fn missing_numbers_in_every_spelling_are_scored_alike() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let mut scores = Vec::new();
    for missing in ["null", "\"\"", "NaN", "\"NaN\"", "\"nan\""] {
        let body = format!(
            r#"{{"Inputs":{{"input1":{{"ColumnNames":["island","bill_length_mm","bill_depth_mm","flipper_length_mm","body_mass_g","sex"],"Values":[["Dream",{missing},18.7,181,3750,""]]}}}}}}"#
        );
        let who = As::Bearer(acme.primary.clone());
        let answer = world
            .at
            .ask(&who, "POST", &acme.call)
            .text(body)
            .send()
            .await
            .expect(200);
        scores.push(
            answer["Results"]["output1"]["value"]["Values"][0]
                .as_array()
                .unwrap()[6..]
                .to_vec(),
        );
    }
    assert!(scores.iter().all(|score| *score == scores[0]), "{scores:?}");
}

#[tokio::test]
async fn wrong_keys_and_endpoints_are_told_nothing() {
    let world = World::start().await;
    let (acme, next) = (world.endpoint("acme").await, world.endpoint("next").await);
    let (_, query) = acme.call.split_once('?').unwrap();
    let nobody = "0".repeat(32);
    let check = async |path: &str, key: Option<&str>| {
        let who = key.map_or(As::Nobody, |key| As::Bearer(key.to_owned()));
        let reply = world
            .at
            .ask(&who, "POST", path)
            .text("not even JSON")
            .send()
            .await;
        assert_eq!(
            (reply.status, reply.text.as_str()),
            (401, UNAUTHORIZED),
            "{path}"
        );
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    };
    check(&acme.call, None).await;
    check(&acme.call, Some("")).await;
    check(&acme.call, Some("nonsense")).await;
    check(&acme.call, Some(&next.primary)).await;
    check(&acme.call.replace(&acme.id, &nobody), Some(&acme.primary)).await;
    check(&acme.call.replace(&acme.id, &next.id), Some(&acme.primary)).await;
    check(
        &acme.call.replace(world.workspace.as_str(), &nobody),
        Some(&acme.primary),
    )
    .await;
    check(
        &format!("/workspaces/x/services/%ff/execute?{query}"),
        Some(&acme.primary),
    )
    .await;
    for name in ["key", "apikey", "code", "x"] {
        let path = with_query(&acme, &format!("?api-version=2.0&{name}={}", acme.primary));
        let refused = world.at.call(&path, &acme.primary, &penguin()).await;
        let error = refused.expect(400);
        assert_eq!(
            error["error"]["details"][0]["code"],
            "InvalidQueryParameter"
        );
        assert!(!refused.text.contains(&acme.primary));
    }
}

#[tokio::test]
async fn paths_and_methods_of_this_wire_answer_in_its_form() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let reply = world.at.ask(&As::Nobody, method, &acme.call).send().await;
        let error = reply.expect(405);
        assert_eq!(error["error"]["code"], "BadArgument", "{method}");
    }
    for path in ["/nothing", "/x", "/execute/x"] {
        let path = format!("{}{path}", acme.call.split("/execute").next().unwrap());
        for method in ["GET", "POST"] {
            let error = world
                .at
                .ask(&As::Nobody, method, &path)
                .send()
                .await
                .expect(404);
            assert_eq!(
                error["error"]["details"][0]["code"], "WebServiceNotFound",
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_paused_endpoint_refuses_calls_at_once() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let pause = async |paused: bool| {
        world
            .at
            .patch(&world.owner, &acme.path, json!({"paused": paused}))
            .await
            .expect(200);
    };
    pause(true).await;
    let refused = world.at.call(&acme.call, &acme.primary, &penguin()).await;
    let error = refused.expect(503);
    assert_eq!(error["error"]["code"], "ServiceUnavailable");
    assert_eq!(error["error"]["details"][0]["code"], "EndpointPaused");
    assert!(!refused.headers.contains_key("retry-after"));
    let score = format!("{}/score", acme.path);
    world
        .at
        .post(&world.owner, &score, json!({"rows": [{}]}))
        .await
        .problem(503, "paused");
    pause(false).await;
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
}
