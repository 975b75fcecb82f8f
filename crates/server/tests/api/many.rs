//! Many endpoints from one list: what is made, what is left alone, what is wrong with a row.

use crate::world::{World, penguin};
use serde_json::{Value, json};
use std::time::Instant;

fn states(answer: &Value) -> Vec<String> {
    let lines = answer["lines"].as_array().unwrap().iter();
    lines
        .map(|line| {
            let errors = line["errors"].as_array().unwrap().iter();
            let errors: Vec<String> = errors
                .map(|error| {
                    format!(
                        "{} {}",
                        error["field"].as_str().unwrap(),
                        error["code"].as_str().unwrap()
                    )
                })
                .collect();
            let state = line["state"].as_str().unwrap();
            format!("{} {state} {}", line["row"], errors.join(", "))
                .trim()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_bad_row_is_named_and_holds_nobody_back() {
    let world = World::start().await;
    let person = world.at.person("carla", false).await;
    let acme = world.at.customer(&world.workspace, "Acme", &person).await;
    world
        .endpoint_of(json!({"name": "there", "description": "Was here.", "customer_id": acme}))
        .await;
    world.endpoint("gone").await;
    let gone = world.path("/endpoints/gone");
    world.at.delete(&world.owner, &gone).await.expect(204);
    let rows = json!([
        {"name": "one", "description": "First.", "throttle": "low", "customer": "Acme"},
        {"name": "Two"},
        {"name": "three", "throttle": "7"},
        {"name": "one", "throttle": "low"},
        {"name": "four", "throttle": "many", "customer": "Nobody", "description": "\u{7}"},
        {"name": "default"},
        {"name": "gone"},
        {"name": "there", "description": "Was here.", "customer": " Acme "},
        {"name": "there2", "throttle": "201"},
        {"name": ""},
    ]);
    let expected = |made: &str| {
        vec![
            format!("1 {made}"),
            "2 error name name_upper_case".to_owned(),
            format!("3 {made}"),
            "4 error name name_twice".to_owned(),
            "5 error description text_control_character, throttle throttle_unreadable, customer customer_unknown".to_owned(),
            "6 error name name_default".to_owned(),
            "7 error name name_taken".to_owned(),
            "8 exists".to_owned(),
            "9 error throttle throttle_out_of_range".to_owned(),
            "10 error name name_empty".to_owned(),
        ]
    };
    let path = world.path("/endpoints/create-many");
    let many = async |rows: &Value, dry_run: bool| {
        let body = json!({"rows": rows, "dry_run": dry_run});
        world.at.post(&world.owner, &path, body).await.expect(200)
    };
    let count = "SELECT CAST(count(*) AS TEXT) FROM endpoint";
    let before = world.at.texts(count).await;
    assert_eq!(states(&many(&rows, true).await), expected("new"));
    assert_eq!(world.at.texts(count).await, before);
    let made = many(&rows, false).await;
    assert_eq!(states(&made), expected("created"));
    let text = made.to_string();
    assert!(
        text.contains("This workspace has no customer “Nobody”."),
        "{text}"
    );
    assert!(text.contains("Row 1 has this name already."), "{text}");
    assert!(text.contains("can still be restored"), "{text}");
    assert!(!text.contains("portico_"), "a key is in the answer");
    assert_eq!(states(&many(&rows, false).await), expected("exists"));
    assert_eq!(states(&many(&rows, true).await), expected("exists"));

    let one = world.path("/endpoints/one");
    let shown = world.at.get(&world.owner, &one).await.expect(200);
    assert_eq!(
        (
            &shown["description"],
            &shown["customer_name"],
            &shown["version"]
        ),
        (&json!("First."), &json!("Acme"), &json!(1))
    );
    assert_eq!(shown["throttle"]["level"], "low");
    let three = world.path("/endpoints/three");
    let three = world.at.get(&world.owner, &three).await.expect(200);
    assert_eq!(three["throttle"]["max_concurrent_calls"], 7);
    // Both keys are there, to be revealed as any other, and open it at once.
    let url = shown["urls"]["request_response"].as_str().unwrap();
    let call = url.strip_prefix(&world.at.base).unwrap();
    for slot in ["primary", "secondary"] {
        let reveal = format!("{one}/keys/{slot}/reveal");
        let key = world
            .at
            .post(&world.owner, &reveal, json!({}))
            .await
            .expect(200);
        let key = key["value"].as_str().unwrap().to_owned();
        world.at.call(call, &key, &penguin()).await.expect(200);
    }
    let trail = world
        .at
        .texts("SELECT json_extract(after, '$.name') FROM audit WHERE action = 'endpoint.create' ORDER BY seq")
        .await;
    assert_eq!(trail, ["default", "there", "gone", "one", "three"]);
    let revisions = world
        .at
        .texts("SELECT e.name || r.act FROM revision r JOIN endpoint e ON e.id = r.endpoint_id WHERE e.name IN ('one', 'three') ORDER BY 1")
        .await;
    assert_eq!(revisions, ["onecreate", "threecreate"]);

    // What is there otherwise is said, field by field.
    let other = json!([{"name": "one", "description": "Other.", "throttle": "9"}]);
    let answer = many(&other, false).await;
    assert_eq!(
        states(&answer),
        [
            "1 error description exists_otherwise, throttle exists_otherwise, customer exists_otherwise"
        ]
    );
    let detail = |at: usize| answer["lines"][0]["errors"][at]["detail"].clone();
    assert_eq!(
        detail(1),
        "An endpoint of this name is there, at level Low with 4 calls at once."
    );
    assert_eq!(
        detail(2),
        "An endpoint of this name is there, granted to “Acme”."
    );
}

#[tokio::test]
async fn lists_have_an_end_and_a_form() {
    let world = World::start().await;
    let path = world.path("/endpoints/create-many");
    let refused = async |body: Value, status: u16, code: &str| {
        let reply = world.at.post(&world.owner, &path, body).await;
        reply.problem(status, code)["errors"][0].clone()
    };
    let error = refused(json!({"rows": []}), 422, "invalid").await;
    assert_eq!(error["code"], "rows_empty");
    let rows: Vec<Value> = (0..1_001)
        .map(|at| json!({"name": format!("e{at}")}))
        .collect();
    let error = refused(json!({"rows": rows}), 422, "invalid").await;
    assert_eq!(
        (&error["pointer"], &error["code"]),
        (&json!("/rows"), &json!("rows_too_many"))
    );
    let error = refused(json!({"rows": [{"name": "a", "key": "x"}]}), 422, "invalid").await;
    assert_eq!(error["pointer"], "/rows/0/key");
    refused(json!({"rows": [{}]}), 422, "invalid").await;
    let names = world.at.texts("SELECT name FROM endpoint").await;
    assert_eq!(names, ["default"]);
}

#[tokio::test]
async fn a_thousand_are_made_and_not_twice() {
    let world = World::start().await;
    let mut rows: Vec<Value> = (0..1_000)
        .map(|at| json!({"name": format!("customer{at}"), "description": format!("Of customer {at}."), "throttle": "low"}))
        .collect();
    for bad in [17, 170, 999] {
        rows[bad]["name"] = json!("not a name");
    }
    let path = world.path("/endpoints/create-many");
    let began = Instant::now();
    let answer = world
        .at
        .post(&world.token, &path, json!({"rows": rows}))
        .await
        .expect(200);
    let taken = began.elapsed();
    let made = |answer: &Value, state: &str| {
        let lines = answer["lines"].as_array().unwrap().iter();
        lines.filter(|line| line["state"] == state).count()
    };
    assert_eq!((made(&answer, "created"), made(&answer, "error")), (997, 3));
    eprintln!("1,000 rows: {taken:?}");
    let began = Instant::now();
    let again = world
        .at
        .post(&world.token, &path, json!({"rows": rows}))
        .await
        .expect(200);
    eprintln!("again: {:?}", began.elapsed());
    assert_eq!((made(&again, "exists"), made(&again, "error")), (997, 3));
    let counts = world
        .at
        .texts("SELECT (SELECT count(*) FROM endpoint) || ' ' || (SELECT count(*) FROM access_key WHERE endpoint_id IS NOT NULL) || ' ' || (SELECT count(*) FROM audit WHERE action = 'endpoint.create')")
        .await;
    assert_eq!(counts, ["998 1996 998"]);
    let one = world.path("/endpoints/customer500/score");
    let row = json!({"island": "Biscoe", "bill_length_mm": 40, "bill_depth_mm": 18,
        "flipper_length_mm": 190, "body_mass_g": 3700, "sex": ""});
    world
        .at
        .post(&world.owner, &one, json!({"rows": [row]}))
        .await
        .expect(200);
}

#[tokio::test]
async fn no_name_is_taken_by_the_list() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let rows = json!({"rows": [{"name": "many"}, {"name": "createmany"}, {"name": "create-many"}]});
    let path = world.path("/endpoints/create-many");
    let made = at.post(owner, &path, rows).await.expect(200);
    assert_eq!(made["lines"][2]["errors"][0]["code"], "name_character");
    for name in ["many", "createmany"] {
        let one = world.path(&format!("/endpoints/{name}"));
        assert_eq!(at.get(owner, &one).await.expect(200)["name"], name);
        let change = json!({"description": "Many."});
        at.patch(owner, &one, change).await.expect(200);
        at.delete(owner, &one).await.expect(204);
    }
}
