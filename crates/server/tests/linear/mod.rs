//! Services of tiny models that say which of them ran: each multiplies the row by one number, and no two
//! have the same. A package has one stage that endpoints can't replace and slots that they can.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The columns that callers send; the first one carries the number through.
pub(crate) const COLUMNS: [&str; 3] = ["x", "y", "z"];
/// The stage that endpoints can't replace.
pub(crate) const PREPARE: &str = "prepare";

/// A slot of a version: its resource, the number of its model, and how many columns the model gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slot {
    pub(crate) resource: &'static str,
    pub(crate) number: u32,
    pub(crate) width: usize,
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn number(field: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3, &mut out);
    varint(value, &mut out);
    out
}

fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(field << 3 | 2, &mut out);
    varint(value.len() as u64, &mut out);
    out.extend_from_slice(value);
    out
}

/// A tensor of 32-bit floats as a graph declares it: any number of rows, so many columns.
fn declared(name: &str, width: usize) -> Vec<u8> {
    let rows = bytes(1, &bytes(2, b"rows"));
    let columns = bytes(1, &number(1, width as u64));
    let shape = bytes(2, &[rows, columns].concat());
    let tensor = bytes(1, &[number(1, 1), shape].concat());
    [bytes(1, name.as_bytes()), bytes(2, &tensor)].concat()
}

/// The tensor that a stage of this name makes.
fn tensor(stage: &str) -> String {
    format!("{stage}_out")
}

/// An ONNX file for the stage of this name: the first column times `factor`, in `width` columns.
pub(crate) fn model(stage: &str, factor: u32, width: usize) -> Vec<u8> {
    let mut weights = vec![0_f32; COLUMNS.len() * width];
    weights[..width].fill(factor as f32);
    let raw: Vec<u8> = weights
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let initializer = [
        number(1, COLUMNS.len() as u64),
        number(1, width as u64),
        number(2, 1),
        bytes(8, b"weights"),
        bytes(9, &raw),
    ]
    .concat();
    let made = tensor(stage);
    let node = [
        bytes(1, b"row"),
        bytes(1, b"weights"),
        bytes(2, made.as_bytes()),
        bytes(4, b"MatMul"),
    ]
    .concat();
    let graph = [
        bytes(1, &node),
        bytes(2, b"linear"),
        bytes(5, &initializer),
        bytes(11, &declared("row", COLUMNS.len())),
        bytes(12, &declared(&made, width)),
    ]
    .concat();
    [
        number(1, 8),
        bytes(7, &graph),
        bytes(8, &[bytes(1, b""), number(2, 17)].concat()),
    ]
    .concat()
}

/// The columns that a stage adds to answers.
pub(crate) fn columns(stage: &str, width: usize) -> Vec<String> {
    (0..width).map(|place| format!("{stage}{place}")).collect()
}

/// The files of a package of the service of this name.
pub(crate) fn package(service: &str, prepare: u32, slots: &[Slot]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut stages = vec![json!({"file": "prepare.onnx"})];
    let mut outputs = Vec::new();
    files.insert("prepare.onnx".to_owned(), model(PREPARE, prepare, 1));
    let mut add = |stage: &str, width: usize| {
        for column in columns(stage, width) {
            outputs.push(json!({"tensor": tensor(stage), "column": column, "kind": "value"}));
        }
    };
    add(PREPARE, 1);
    for slot in slots {
        let file = format!("{}.onnx", slot.resource);
        stages.push(json!({"file": file, "resource": slot.resource}));
        files.insert(file, model(slot.resource, slot.number, slot.width));
        add(slot.resource, slot.width);
    }
    let input = |name: &&str| json!({"name": name, "type": "double", "nullable": false, "tensor": "row", "description": ""});
    let inputs: Vec<Value> = COLUMNS.iter().map(input).collect();
    let manifest = json!({"name": service, "description": "Says which models ran.", "stages": stages,
        "inputs": inputs, "outputs": outputs, "parameters": []});
    files.insert(
        "manifest.json".to_owned(),
        manifest.to_string().into_bytes(),
    );
    let samples = format!("{}\n1,0,0\n", COLUMNS.join(","));
    files.insert("samples.csv".to_owned(), samples.into_bytes());
    files
}
