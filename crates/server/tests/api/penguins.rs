//! All 344 penguins through both wires, against what the packages expect.

use crate::support::package_folder;
use crate::world::World;
use serde_json::{Map, Value, json};

/// A file of the package: its columns' names, and its rows.
fn csv(package: &str, file: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(package_folder(package).join(file)).unwrap();
    let names = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    (names, rows.collect())
}

/// Whether two cells are the same text, or the same number but for 1e-5 of its size.
fn agree(expected: &str, found: &str) -> bool {
    match (expected.parse::<f64>(), found.parse::<f64>()) {
        (Ok(expected), Ok(found)) => (expected - found).abs() <= 1e-5 * expected.abs().max(1.0),
        _ => expected == found,
    }
}

#[tokio::test]
async fn every_penguin_is_scored_as_its_package_expects() {
    let world = World::start().await;
    let at = &world.at;
    let mass = at.publish(&world.workspace, "penguin-body-mass").await;
    for (package, service) in [
        ("penguin-species", &world.service),
        ("penguin-body-mass", &mass),
    ] {
        let base = format!("/api/v1/workspaces/{}/services/{service}", world.workspace);
        let version = at
            .get(&world.owner, &format!("{base}/versions/1"))
            .await
            .expect(200);
        assert_eq!(
            (
                &version["parity"]["rows"],
                &version["parity"]["label_differences"]
            ),
            (&json!(344), &json!(0))
        );
        let made = at
            .post(
                &world.owner,
                &format!("{base}/endpoints"),
                json!({"name": "all"}),
            )
            .await
            .expect(201);
        let url = made["endpoint"]["urls"]["request_response"]
            .as_str()
            .unwrap();
        let key = made["keys"]["primary"].as_str().unwrap();
        let (columns, samples) = csv(package, "samples.csv");
        let (outputs, expected) = csv(package, "expected.csv");
        assert_eq!((samples.len(), expected.len()), (344, 344));

        let call = json!({"Inputs": {"input1": {"ColumnNames": columns, "Values": samples}}, "GlobalParameters": {}});
        let answer = at
            .call(url.strip_prefix(&at.base).unwrap(), key, &call)
            .await
            .expect(200);
        let value = &answer["Results"]["output1"]["value"];
        let names = value["ColumnNames"].as_array().unwrap();
        assert_eq!(
            names[columns.len()..],
            outputs.iter().map(|name| json!(name)).collect::<Vec<_>>()
        );
        let by_key: Vec<Vec<&str>> = value["Values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                row.as_array().unwrap()[columns.len()..]
                    .iter()
                    .map(|cell| cell.as_str().unwrap())
                    .collect()
            })
            .collect();
        for (row, (expected, found)) in expected.iter().zip(&by_key).enumerate() {
            let same = expected.len() == found.len()
                && expected.iter().zip(found).all(|(a, b)| agree(a, b));
            assert!(same, "{package}, row {row}: {found:?} for {expected:?}");
        }

        let rows: Vec<Map<String, Value>> = samples
            .iter()
            .map(|row| {
                columns
                    .iter()
                    .cloned()
                    .zip(row.iter().map(|cell| json!(cell)))
                    .collect()
            })
            .collect();
        let score = format!("{base}/endpoints/all/score");
        let answer = at
            .post(&world.owner, &score, json!({"rows": rows}))
            .await
            .expect(200);
        assert_eq!(answer["columns"], json!(outputs));
        assert_eq!(answer["rows"].as_array().unwrap().len(), 344);
        for (row, (called, signed)) in by_key
            .iter()
            .zip(answer["rows"].as_array().unwrap())
            .enumerate()
        {
            for (called, signed) in called.iter().zip(signed.as_array().unwrap()) {
                let same = match signed {
                    Value::String(text) => text == called,
                    number => number.as_f64() == called.parse().ok(),
                };
                assert!(
                    same,
                    "{package}, row {row}: {signed} signed in, {called} with a key"
                );
            }
        }
    }
}

#[tokio::test]
async fn unusual_cells_are_marked_and_mistyped_columns_refused() {
    let world = World::start().await;
    let score = world.path("/endpoints/default/score");
    let row = json!({"island": "Mars", "bill_length_mm": 99, "bill_depth_mm": "18.7",
        "flipper_length_mm": null, "body_mass_g": "", "sex": "male"});
    let answer = world
        .at
        .post(&world.owner, &score, json!({"rows": [row]}))
        .await
        .expect(200);
    let places: Vec<_> = answer["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["/rows/0/island", "/rows/0/bill_length_mm"]);
    assert!(
        answer["warnings"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("Mars")
    );
    assert_eq!(
        (&answer["version"], &answer["free_calls"]),
        (&json!(1), &json!(20))
    );

    let check = async |change: &dyn Fn(&mut Value), pointer: &str, code: &str| {
        let mut request = json!({"rows": [row]});
        change(&mut request);
        let problem = world
            .at
            .post(&world.owner, &score, request)
            .await
            .problem(422, "invalid");
        let found = (
            &problem["errors"][0]["pointer"],
            &problem["errors"][0]["code"],
        );
        assert_eq!(found, (&json!(pointer), &json!(code)));
    };
    check(
        &|r| r["rows"][0]["bil/l"] = json!(1),
        "/rows/0/bil~1l",
        "column_unknown",
    )
    .await;
    let without = |r: &mut Value| drop(r["rows"][0].as_object_mut().unwrap().remove("sex"));
    check(&without, "/rows/0/sex", "column_missing").await;
    check(
        &|r| r["rows"][0]["body_mass_g"] = json!("heavy"),
        "/rows/0/body_mass_g",
        "value_type",
    )
    .await;
    check(
        &|r| r["rows"][0]["island"] = json!(null),
        "/rows/0/island",
        "value_missing",
    )
    .await;
    check(
        &|r| r["parameters"] = json!({"x": 1}),
        "/parameters/x",
        "parameter_unknown",
    )
    .await;
    check(&|r| r["rows"] = json!([]), "/rows", "rows_empty").await;
    check(
        &|r| r["rows"] = json!(vec![json!({}); 10_001]),
        "/rows",
        "rows_too_many",
    )
    .await;
}
