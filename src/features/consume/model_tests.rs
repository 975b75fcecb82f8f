//! Tests of the samples.

use super::*;

fn column(name: &str, column_type: ColumnType) -> InputColumn {
    InputColumn {
        name: name.to_owned(),
        column_type,
        nullable: true,
        min: None,
        max: None,
        categories: Vec::new(),
        description: String::new(),
        tensor: None,
    }
}

fn schema() -> Schema {
    Schema {
        inputs: vec![
            column("island", ColumnType::String),
            column("mass", ColumnType::Double),
            column("ringed", ColumnType::Boolean),
            column("seen", ColumnType::Datetime),
        ],
        outputs: Vec::new(),
        parameters: vec![Parameter {
            name: "threshold".to_owned(),
            column_type: ColumnType::Double,
            default: None,
            description: String::new(),
        }],
    }
}

fn call(row: [&str; 4]) -> Call {
    let row = row.map(str::to_owned).to_vec();
    Call::new(
        "http://h/e?api-version=2.0",
        "Scores “a”",
        &schema(),
        &[row],
    )
}

#[test]
fn the_body_is_typed_and_in_order() {
    let body = call(["it's", "3750", "yes", "2026-11-23"]).body();
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap_or_default(),
        json!({
            "Inputs": {"input1": {
                "ColumnNames": ["island", "mass", "ringed", "seen"],
                "Values": [["it's", 3750, true, "2026-11-23"]],
            }},
            "GlobalParameters": {"threshold": 1},
        })
    );
}

#[test]
fn missing_cells_are_null_and_strange_ones_stay_text() {
    let body = call(["", "NaN", "", "yesterday"]).body();
    assert!(body.contains(r#"[[null,null,null,"yesterday"]]"#), "{body}");
}

#[test]
fn without_a_sample_the_schema_makes_a_row() {
    let mut schema = schema();
    schema.inputs[0].categories = vec!["Biscoe".to_owned()];
    schema.inputs[1].min = Some(30.0);
    schema.inputs[1].max = Some(61.0);
    let call = Call::new("u", "t", &schema, &[]);
    let values: Vec<Value> = call.row.into_iter().map(|(_, value)| value).collect();
    assert_eq!(
        values,
        [
            json!("Biscoe"),
            json!(45.5),
            json!(true),
            json!("2026-01-31")
        ]
    );
}

#[test]
fn curl_keeps_the_key_out_and_the_body_whole() {
    let text = call(["it's", "39.1", "no", "2026-11-23"]).sample(Language::Curl);
    assert!(text.contains("'http://h/e?api-version=2.0'"), "{text}");
    assert!(
        text.contains(r#""Authorization: Bearer $PORTICO_KEY""#),
        "{text}"
    );
    assert!(
        text.contains(r#"[["it'\''s",39.1,false,"2026-11-23"]]"#),
        "{text}"
    );
    assert!(text.contains("--retry 5"), "{text}");
}

#[test]
fn python_has_literals_of_its_own() {
    let text = call(["a \"b\"\n\\", "", "yes", "%ROW%"]).sample(Language::Python);
    assert!(text.contains(r#"    "island": "a \"b\"\n\\","#), "{text}");
    assert!(
        text.contains("    \"mass\": None,\n    \"ringed\": True,\n"),
        "{text}"
    );
    assert!(text.contains("    \"seen\": \"%ROW%\",\n}"), "{text}");
    assert!(text.contains("PARAMETERS = {\"threshold\": 1}"), "{text}");
    assert!(text.contains("Retry-After"), "{text}");
}

#[test]
fn ranges_and_categories_are_told_in_words() {
    let mut ranged = column("c", ColumnType::Double);
    ranged.min = Some(12.0);
    assert_eq!(values_in_words(&ranged), "12 and above");
    ranged.max = Some(23.5);
    assert_eq!(values_in_words(&ranged), "12 to 23.5");
    ranged.categories = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(values_in_words(&ranged), "a, b");
}
