//! Answers as they go out, and back through the reader of requests.

use super::super::data::Data;
use super::super::request;
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn schema() -> Schema {
    serde_json::from_value(json!({
        "inputs": [],
        "outputs": [
            {"tensor": "label", "column": "Scored Labels", "kind": "label"},
            {"tensor": "p", "column": "P \"a\"", "kind": "probability"},
            {"tensor": "p", "column": "P \"b\"", "kind": "probability"},
        ]
    }))
    .unwrap()
}

fn columns() -> Vec<OutputColumn> {
    let column = |name: &str, values| OutputColumn {
        name: name.to_owned(),
        values,
    };
    vec![
        column(
            "Scored Labels",
            Values::Text(["ü", "b"].into_iter().collect()),
        ),
        column("P \"a\"", Values::F32(vec![0.1, f32::NAN])),
        column("P \"b\"", Values::F32(vec![0.9, 1.0])),
    ]
}

fn wanted(names: &[(&str, bool)]) -> Vec<Wanted> {
    let wanted = |&(name, binary): &(&str, bool)| Wanted {
        name: name.to_owned(),
        binary,
    };
    names.iter().map(wanted).collect()
}

const HEAD: Head<'_> = Head {
    model: "M \"1\"",
    version: 3,
    id: Some("7\n"),
};

fn answer(names: &[(&str, bool)], binary: bool) -> (Value, Vec<u8>) {
    let (columns, wanted) = (columns(), wanted(names));
    let outputs = outputs(&schema(), &columns, &wanted, binary).unwrap();
    let body = write(HEAD, &outputs).unwrap();
    let (json, rest) = body.bytes.split_at(body.json.unwrap_or(body.bytes.len()));
    (serde_json::from_slice(json).unwrap(), rest.to_vec())
}

#[test]
fn all_columns_go_out_under_their_names() {
    let (json, rest) = answer(&[], false);
    assert_eq!(
        json,
        json!({
            "model_name": "M \"1\"", "model_version": "3", "id": "7\n",
            "outputs": [
                {"name": "Scored Labels", "shape": [2, 1], "datatype": "BYTES", "data": ["ü", "b"]},
                {"name": "P \"a\"", "shape": [2, 1], "datatype": "FP32", "data": [0.1, null]},
                {"name": "P \"b\"", "shape": [2, 1], "datatype": "FP32", "data": [0.9, 1.0]},
            ]
        })
    );
    assert!(rest.is_empty());
}

#[test]
fn outputs_are_chosen_by_column_and_by_tensor() {
    let (json, rest) = answer(
        &[("p", true), ("P \"b\"", false), ("Scored Labels", true)],
        false,
    );
    assert_eq!(
        json["outputs"],
        json!([
            {"name": "p", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": 16}},
            {"name": "P \"b\"", "shape": [2, 1], "datatype": "FP32", "data": [0.9, 1.0]},
            {"name": "Scored Labels", "shape": [2, 1], "datatype": "BYTES", "parameters": {"binary_data_size": 11}},
        ])
    );
    let mut expected: Vec<u8> = [0.1f32, 0.9, f32::NAN, 1.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    expected.extend_from_slice(b"\x02\0\0\0\xc3\xbc\x01\0\0\0b");
    assert_eq!(rest, expected);
}

#[test]
fn outputs_that_are_none_are_named() {
    let check = |names: &[(&str, bool)], words: &str| {
        let error = super::check(&schema(), &wanted(names)).unwrap_err();
        assert!(
            error.status == 400 && error.message.contains(words),
            "{error}"
        );
    };
    check(
        &[("x", false)],
        "Output x: the model has no such output; it has Scored Labels, P",
    );
    check(
        &[("p", false), ("p", true)],
        "Output p: it is asked for twice",
    );
}

fn same(read: &Data, values: &Values) -> bool {
    match (read, values) {
        (Data::Bool(a), Values::Bool(b)) => a == b,
        (Data::I64(a), Values::I64(b)) => a == b,
        (Data::Text(a), Values::Text(b)) => a == b,
        (Data::F32(a), Values::F32(b)) => a
            .iter()
            .map(|v| v.to_bits())
            .eq(b.iter().map(|v| v.to_bits())),
        (Data::F64(a), Values::F64(b)) => a
            .iter()
            .map(|v| v.to_bits())
            .eq(b.iter().map(|v| v.to_bits())),
        _ => false,
    }
}

fn values() -> impl Strategy<Value = Values> {
    // Without NaN's many bit patterns, and without infinities, which JSON does not have.
    let f32s = prop::collection::vec(
        prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL | prop::num::f32::ZERO,
        1..20,
    );
    let f64s = prop::collection::vec(
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        1..20,
    );
    prop_oneof![
        f32s.prop_map(Values::F32),
        f64s.prop_map(Values::F64),
        prop::collection::vec(any::<i64>(), 1..20).prop_map(Values::I64),
        prop::collection::vec(any::<bool>(), 1..20).prop_map(Values::Bool),
        prop::collection::vec(any::<String>(), 1..20)
            .prop_map(|cells| Values::Text(cells.iter().collect())),
    ]
}

proptest! {
    #[test]
    fn any_tensor_comes_back_as_it_went(values in values(), more in values(), name: String, binary: bool) {
        let column = |name: &str, values: &Values| OutputColumn { name: name.to_owned(), values: values.clone() };
        let columns = [column(&name, &values), column("second", &more)];
        let outputs = outputs(&schema(), &columns, &[], binary).unwrap();
        let body = write(HEAD, &outputs).unwrap();
        prop_assert_eq!(body.json.is_some(), binary);
        let (json, rest) = body.bytes.split_at(body.json.unwrap_or(body.bytes.len()));
        // An answer's outputs have the form of a request's inputs.
        let mut answer: Value = serde_json::from_slice(json).unwrap();
        answer["inputs"] = answer["outputs"].take();
        let text = String::from_utf8(json.to_vec()).unwrap().replacen("\"outputs\":", "\"inputs\":", 1);
        let request = request::read(text.as_bytes(), rest).unwrap();
        prop_assert_eq!(&*request.inputs[0].name, name.as_str());
        prop_assert!(same(&request.inputs[0].data, &values));
        prop_assert!(same(&request.inputs[1].data, &more));
    }
}
