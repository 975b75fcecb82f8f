//! Tests of the row that *Test* sends.

use super::*;
use portico_api::schema::{OutputColumn, Parameter};
use portico_api::score::Timing;
use portico_api::throttle::Throttle;
use serde_json::json;

fn column(name: &str, column_type: ColumnType, nullable: bool) -> InputColumn {
    InputColumn {
        name: name.to_owned(),
        column_type,
        nullable,
        min: None,
        max: None,
        categories: Vec::new(),
        description: String::new(),
        tensor: None,
    }
}

fn schema() -> Schema {
    let output = |column: &str, kind, class: Option<&str>| OutputColumn {
        tensor: "t".to_owned(),
        column: column.to_owned(),
        kind,
        class: class.map(str::to_owned),
    };
    Schema {
        inputs: vec![
            column("island", ColumnType::String, false),
            column("mass", ColumnType::Double, true),
        ],
        outputs: vec![
            output("Scored Labels", OutputKind::Label, None),
            output(
                "Scored Probabilities for Class \"a\"",
                OutputKind::Probability,
                Some("a"),
            ),
        ],
        parameters: vec![Parameter {
            name: "threshold".to_owned(),
            column_type: ColumnType::Double,
            default: Some("0.5".to_owned()),
            description: String::new(),
        }],
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn samples_are_cycled_through_and_parameters_stand_at_their_defaults() {
    let samples = [texts(&["Biscoe", "1"]), texts(&["Dream", ""])];
    assert_eq!(filled_in(&schema(), &samples, 3), ["Dream", "", "0.5"]);
    assert_eq!(filled_in(&schema(), &[], 3), ["", "", "0.5"]);
}

#[test]
fn a_request_is_typed() {
    let request = request(&schema(), &texts(&["Biscoe", "3750", ""]));
    assert_eq!(
        Value::Object(request.rows[0].clone()),
        json!({"island": "Biscoe", "mass": 3750})
    );
    assert!(request.parameters.is_empty());
}

#[test]
fn json_and_fields_say_the_same() {
    let inputs = schema().inputs;
    let json = row_json(&inputs, &texts(&["a \"b\"", "39.1"]));
    assert_eq!(
        json,
        "{\n  \"island\": \"a \\\"b\\\"\",\n  \"mass\": 39.1\n}"
    );
    assert_eq!(
        read_row_json(&inputs, &json),
        Ok(texts(&["a \"b\"", "39.1"]))
    );
    assert_eq!(
        read_row_json(&inputs, "{\"mass\": null}"),
        Ok(texts(&["", ""]))
    );
}

#[test]
fn what_is_wrong_with_json_is_said_with_its_place() {
    let check = |json: &str, expected: &str| {
        let error = read_row_json(&schema().inputs, json)
            .err()
            .unwrap_or_default();
        assert!(error.contains(expected), "{json}: {error}");
    };
    check(
        "{\n  \"island\": x\n}",
        "Line 2, column 13: expected value.",
    );
    check("[1]", "is an object");
    check("{\"isle\": 1}", "no column “isle”");
    check("{\"mass\": [1]}", "mass is one value");
}

#[test]
fn remarks_are_errors_or_marks() {
    let mut ranged = column("mass", ColumnType::Double, true);
    ranged.max = Some(10.0);
    assert_eq!(remark(&ranged, "9"), None);
    assert!(matches!(remark(&ranged, "11"), Some(Remark::Mark(_))));
    assert!(matches!(remark(&ranged, "heavy"), Some(Remark::Error(_))));
    assert_eq!(remark(&ranged, ""), None);
}

#[test]
fn pointers_find_their_field() {
    assert_eq!(
        field_of_pointer("/rows/0/a~1b~0c").as_deref(),
        Some("a/b~c")
    );
    assert_eq!(
        field_of_pointer("/parameters/threshold").as_deref(),
        Some("threshold")
    );
    assert_eq!(field_of_pointer("/rows/1/a"), None);
    assert_eq!(field_of_pointer("/rows"), None);
}

#[test]
fn outputs_show_label_and_probabilities() {
    let answer = ScoreAnswer {
        columns: schema()
            .outputs
            .into_iter()
            .map(|column| column.column)
            .collect(),
        rows: vec![vec![json!("a"), json!(0.999_95)]],
        warnings: Vec::new(),
        version: 1,
        timing: Timing {
            queue_ms: 0.0,
            model_ms: 1.0,
            total_ms: 2.0,
        },
        throttle: Throttle::LOW,
        free_calls: 3,
        request_id: "r".to_owned(),
    };
    let outputs = outputs(&schema(), &answer);
    assert_eq!(outputs.len(), 2);
    assert!(outputs[0].main && outputs[0].value == "a");
    assert_eq!(outputs[1].label, "a");
    assert_eq!(outputs[1].value, "> 99.99 %");
    assert_eq!(outputs[1].share, Some(0.999_95));
}

#[test]
fn hints_are_short() {
    let mut ranged = column("mass", ColumnType::Double, true);
    ranged.min = Some(30.0);
    ranged.max = Some(62.0);
    assert_eq!(hint(&ranged), "30 to 62 in training · may be empty");
    assert_eq!(hint(&column("c", ColumnType::String, false)), "");
}
