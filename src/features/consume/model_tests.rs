//! Tests of the samples.

use super::*;
use serde_json::json;

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

fn told(call: &Call, key: &str) -> Value {
    serde_json::from_str(&call.as_json(key)).unwrap_or_default()
}

#[test]
fn a_call_is_typed_and_in_order() {
    let call = call(["it's", "3750", "yes", "2026-11-23"]);
    assert_eq!(
        told(&call, ""),
        json!({
            "url": "http://h/e?api-version=2.0",
            "title": "Scores “a”",
            "row": [["island", "\"it's\""], ["mass", "3750"], ["ringed", "true"], ["seen", "\"2026-11-23\""]],
            "parameters": [["threshold", "1"]],
            "key": "",
        })
    );
}

#[test]
fn a_number_of_18_digits_is_a_text_on_its_way() {
    let mut schema = schema();
    schema.inputs[1].column_type = ColumnType::Integer;
    let row = ["a", "123456789012345678", "no", ""].map(str::to_owned);
    let call = Call::new("u", "two\nlines", &schema, &[row.to_vec()]);
    let told = told(&call, "portico_p1");
    assert_eq!(told["row"][1], json!(["mass", "123456789012345678"]));
    assert_eq!(told["title"], "two lines");
    assert_eq!(told["key"], "portico_p1");
}

#[test]
fn missing_cells_are_null_and_strange_ones_stay_text() {
    let call = call(["", "NaN", "", "yesterday"]);
    let values: Vec<Value> = call.row.into_iter().map(|(_, value)| value).collect();
    assert_eq!(
        values,
        [Value::Null, Value::Null, Value::Null, json!("yesterday")]
    );
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
fn ranges_and_categories_are_told_in_words() {
    let mut ranged = column("c", ColumnType::Double);
    ranged.min = Some(12.0);
    assert_eq!(values_in_words(&ranged), "12 and above");
    ranged.max = Some(23.5);
    assert_eq!(values_in_words(&ranged), "12 to 23.5");
    ranged.categories = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(values_in_words(&ranged), "a, b");
}
