//! Calls that are read, and bodies that are none.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn refused(body: &Value, binary: &[u8]) -> String {
    read(body.to_string().as_bytes(), binary)
        .unwrap_err()
        .message
}

fn with(tensor: &Value) -> Value {
    json!({"inputs": [tensor]})
}

#[test]
fn a_call_is_read_whatever_its_parameters_are() {
    let tensor = json!({"name": "a", "shape": [2], "datatype": "INT64", "data": [1, 2]});
    for parameters in [
        None,
        Some(json!(null)),
        Some(json!({})),
        Some(json!({"content_type": "np"})),
    ] {
        let mut tensor = tensor.clone();
        let mut body = json!({"inputs": [], "id": "7", "outputs": [{"name": "x"}]});
        if let Some(parameters) = parameters {
            tensor["parameters"] = parameters.clone();
            body["outputs"][0]["parameters"] = parameters.clone();
            body["parameters"] = parameters;
        }
        body["inputs"] = json!([tensor]);
        let text = body.to_string();
        let request = read(text.as_bytes(), &[]).unwrap();
        assert_eq!(request.id.as_deref(), Some("7"));
        assert_eq!(request.inputs[0].data, Data::I64(vec![1, 2]));
        assert_eq!(
            request.outputs,
            [Wanted {
                name: "x".to_owned(),
                binary: false
            }]
        );
    }
    let text = json!({"inputs": [tensor], "id": null, "outputs": null, "more": 1}).to_string();
    let request = read(text.as_bytes(), &[]).unwrap();
    assert_eq!((request.id, request.outputs.len()), (None, 0));
}

#[test]
fn binary_tensors_follow_in_order() {
    let body = json!({
        "parameters": {"binary_data_output": true, "scale": 2, "timeout": 5000},
        "inputs": [
            {"name": "a", "shape": [2, 1], "datatype": "INT8", "parameters": {"binary_data_size": 2}},
            {"name": "b", "shape": [2], "datatype": "BOOL", "data": [true, false]},
            {"name": "c", "shape": [1, 2], "datatype": "UINT8", "parameters": {"binary_data_size": 2}},
        ],
        "outputs": [{"name": "x"}, {"name": "y", "parameters": {"binary_data": false}}]
    })
    .to_string();
    let request = read(body.as_bytes(), &[1, 2, 3, 4]).unwrap();
    let data: Vec<_> = request.inputs.iter().map(|input| &input.data).collect();
    assert_eq!(data[0], &Data::I64(vec![1, 2]));
    assert_eq!(data[2], &Data::I64(vec![3, 4]));
    let binary: Vec<bool> = request.outputs.iter().map(|wanted| wanted.binary).collect();
    assert_eq!(binary, [true, false]);
    assert_eq!(request.patience, Some(Duration::from_millis(5)));
    assert_eq!(request.parameters["scale"], 2);
    assert!(!request.parameters.contains_key("binary_data_output"));
}

#[test]
fn what_is_wrong_is_named() {
    let check = |body: Value, binary: &[u8], words: &str| {
        let why = refused(&body, binary);
        assert!(why.contains(words), "{why}");
    };
    let tensor = |field: &str, value: Value| {
        let mut tensor = json!({"name": "a", "shape": [1], "datatype": "INT8", "data": [1]});
        tensor[field] = value;
        with(&tensor)
    };
    check(json!({}), &[], "missing field `inputs`");
    check(json!([]), &[], "The request: ");
    check(json!({"inputs": 7}), &[], "inputs: invalid type");
    check(tensor("name", json!(7)), &[], "inputs[0].name: ");
    check(tensor("shape", json!([-1])), &[], "inputs[0].shape[0]: ");
    check(
        tensor("shape", json!([])),
        &[],
        "Tensor a: its shape is [rows] or [rows, columns], and has 0",
    );
    check(tensor("shape", json!([1, 1, 1])), &[], "has 3 dimensions");
    check(
        tensor("shape", json!([2])),
        &[],
        "Tensor a: data has 1 elements, its shape says 2.",
    );
    check(
        tensor("shape", json!([u64::MAX, u64::MAX])),
        &[],
        "more elements than there can be",
    );
    check(
        tensor("datatype", json!("FP8")),
        &[],
        "Tensor a: FP8 is no datatype; there are BOOL",
    );
    check(
        tensor("data", json!([1.5])),
        &[],
        "Tensor a: element 0 of data: INT8 takes",
    );
    check(
        tensor("data", json!(null)),
        &[],
        "neither data nor binary_data_size",
    );
    check(
        tensor("parameters", json!({"binary_data_size": 1})),
        &[1],
        "both data and",
    );
    check(
        tensor("parameters", json!({"binary_data_size": -1})),
        &[],
        "binary_data_size: ",
    );
    check(
        tensor("parameters", json!({"shared_memory_region": "r"})),
        &[],
        "shared memory",
    );
    check(
        tensor("name", json!("a")),
        &[1, 2],
        "2 bytes behind its JSON",
    );
    let sized = |size: u64| {
        with(
            &json!({"name": "a", "shape": [2], "datatype": "INT8", "parameters": {"binary_data_size": size}}),
        )
    };
    check(
        sized(2),
        &[1],
        "Tensor a: its binary_data_size is 2, and 1 bytes are left",
    );
    check(sized(u64::MAX), &[1], "bytes are left");
    check(sized(3), &[1, 2, 3], "2 elements of INT8 take 2");
    let valid = tensor("id", json!(0));
    let more = |field: &str, value: Value| {
        let mut body = valid.clone();
        body[field] = value;
        body
    };
    check(more("id", json!(7)), &[], "id: invalid type");
    check(more("parameters", json!([])), &[], "parameters: ");
    check(
        more("parameters", json!({"binary_data_output": 1})),
        &[],
        "binary_data_output is true or false",
    );
    check(
        more("parameters", json!({"timeout": "1"})),
        &[],
        "timeout is a whole number",
    );
    check(
        more(
            "outputs",
            json!([{"name": "p", "parameters": {"classification": 3}}]),
        ),
        &[],
        "Output p: classification",
    );
    check(
        more("outputs", json!([{}])),
        &[],
        "outputs[0]: missing field `name`",
    );
}

#[test]
fn a_body_that_is_none_is_named() {
    let check = |body: &[u8], words: &str| {
        let why = read(body, &[]).unwrap_err().message;
        assert!(why.contains(words), "{why}");
    };
    check(b"", "no body");
    check(b" \n", "no body");
    check(b"{", "line 1 column 1");
    check(b"{\"inputs\":[]} x", "more behind its JSON");
    check(b"\xff", "The request: ");
}

#[test]
fn pythons_constants_become_json() {
    let read = |text: &str| {
        without_constants(text.as_bytes()).map(|json| String::from_utf8(json).unwrap())
    };
    assert_eq!(
        read(r#"{"a":[NaN,-Infinity,"NaN \" Infinity"]}"#).as_deref(),
        Some(r#"{"a":[null,-1e999,"NaN \" Infinity"]}"#)
    );
    assert_eq!(read(r#"["NaN"]"#), None);
}

proptest! {
    #[test]
    fn no_body_breaks_the_reader(body: Vec<u8>, text in "[\\[\\]{}\",:NaInfity\\\\ 0-9-]{0,60}", data in "[\\[\\]{}\",tru ne0-9.-]{0,40}") {
        let _ = read(&body, &body);
        let _ = read(text.as_bytes(), &body);
        let _ = without_constants(text.as_bytes());
        for datatype in Datatype::ALL {
            let envelope = format!(r#"{{"inputs":[{{"name":"a","shape":[2,2],"datatype":"{datatype}","data":{data}}}]}}"#);
            let _ = read(envelope.as_bytes(), &[]);
            let envelope = format!(r#"{{"inputs":[{{"name":"a","shape":[{}],"datatype":"{datatype}","parameters":{{"binary_data_size":{}}}}}]}}"#, body.len() / 4, body.len());
            let _ = read(envelope.as_bytes(), &body);
        }
    }
}
