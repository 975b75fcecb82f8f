//! Whether a schema can be called, and whether it fits the models of its pipeline.

use super::{is_text, tensor_of};
use portico_api::cell;
use portico_api::draft::{DraftStage, TensorInfo};
use portico_api::name::DESCRIPTION_MAX;
use portico_api::problem::{ERRORS_MAX, FieldError};
use portico_api::schema::{ColumnType, InputColumn, OutputColumn, Parameter, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// The most columns of either side, categories of a column, and parameters.
const COLUMNS_MAX: usize = 10_000;
const CATEGORIES_MAX: usize = 10_000;
const PARAMETERS_MAX: usize = 100;
/// The longest name, in characters: that of a class stands in its column's.
const NAME_MAX: usize = 512;
/// The element type of tensors of text, in the words of [`TensorInfo`].
const TEXT: &str = "text";

/// The rules that a schema breaks, alone and with the models of these stages, with pointers below `/schema`: as
/// many as a problem names.
pub fn check(schema: &Schema, stages: &[DraftStage]) -> Vec<FieldError> {
    let mut problems = Problems(Vec::new());
    problems.counts(schema);
    // What is too much is not looked at one by one.
    if schema.inputs.len().max(schema.outputs.len()) > COLUMNS_MAX
        || schema.parameters.len() > PARAMETERS_MAX
    {
        return problems.0;
    }
    problems.inputs(&schema.inputs);
    problems.outputs(&schema.outputs);
    problems.parameters(&schema.parameters);
    problems.fits(schema, stages);
    problems.0
}

struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        if self.0.len() < ERRORS_MAX {
            self.0.push(FieldError {
                pointer: format!("/schema{pointer}"),
                code: code.to_owned(),
                detail: detail.into(),
            });
        }
    }

    fn counts(&mut self, schema: &Schema) {
        for (pointer, count) in [
            ("/inputs", schema.inputs.len()),
            ("/outputs", schema.outputs.len()),
        ] {
            if count == 0 {
                self.add(pointer, "columns_missing", "At least one column is needed.");
            }
            if count > COLUMNS_MAX {
                let words = format!("At most {COLUMNS_MAX} columns.");
                self.add(pointer, "columns_too_many", words);
            }
        }
        if schema.parameters.len() > PARAMETERS_MAX {
            let words = format!("At most {PARAMETERS_MAX} parameters.");
            self.add("/parameters", "parameters_too_many", words);
        }
    }

    fn name<'a>(&mut self, pointer: &str, name: &'a str, seen: &mut BTreeSet<&'a str>) {
        if name.trim().is_empty() {
            self.add(pointer, "name_empty", "Give it a name.");
        } else if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            let words = format!("A name has at most {NAME_MAX} characters, on one line.");
            self.add(pointer, "name_invalid", words);
        } else if !seen.insert(name) {
            self.add(pointer, "name_twice", format!("“{name}” stands twice."));
        }
    }

    fn description(&mut self, pointer: &str, text: &str) {
        if text.chars().count() > DESCRIPTION_MAX {
            let words = format!("A description has at most {DESCRIPTION_MAX} characters.");
            self.add(pointer, "description_too_long", words);
        }
    }

    fn inputs(&mut self, columns: &[InputColumn]) {
        let mut seen = BTreeSet::new();
        for (index, column) in columns.iter().enumerate() {
            let at = |field: &str| format!("/inputs/{index}/{field}");
            self.name(&at("name"), &column.name, &mut seen);
            self.description(&at("description"), &column.description);
            let is_number = matches!(column.column_type, ColumnType::Double | ColumnType::Integer);
            for (field, value) in [("min", column.min), ("max", column.max)] {
                match value {
                    Some(_) if !is_number => {
                        self.add(&at(field), "range_of_other", "Only numbers have a range.");
                    }
                    Some(value) if !value.is_finite() => {
                        self.add(&at(field), "range_invalid", "Give a number.");
                    }
                    _ => {}
                }
            }
            if let (Some(min), Some(max)) = (column.min, column.max)
                && min > max
            {
                let words = "The highest value is below the lowest.";
                self.add(&at("max"), "range_invalid", words);
            }
            self.categories(&at("categories"), column);
        }
    }

    fn categories(&mut self, pointer: &str, column: &InputColumn) {
        if column.categories.is_empty() {
            return;
        }
        if column.column_type != ColumnType::String {
            let words = "Only text has categories.";
            return self.add(pointer, "categories_of_other", words);
        }
        if column.categories.len() > CATEGORIES_MAX {
            let words = format!("At most {CATEGORIES_MAX} categories.");
            return self.add(pointer, "categories_too_many", words);
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = column.categories.iter().find(|name| !seen.insert(*name)) {
            self.add(
                pointer,
                "category_twice",
                format!("“{twice}” stands twice."),
            );
        }
    }

    fn outputs(&mut self, columns: &[OutputColumn]) {
        let mut seen = BTreeSet::new();
        for (index, column) in columns.iter().enumerate() {
            let pointer = format!("/outputs/{index}/column");
            self.name(&pointer, &column.column, &mut seen);
        }
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        let mut seen = BTreeSet::new();
        for (index, parameter) in parameters.iter().enumerate() {
            let at = |field: &str| format!("/parameters/{index}/{field}");
            self.name(&at("name"), &parameter.name, &mut seen);
            self.description(&at("description"), &parameter.description);
            if let Some(default) = &parameter.default
                && let Err(problem) = cell::read_text(&parameter.as_column(), default)
            {
                self.add(&at("default"), problem.code(), problem.to_string());
            }
        }
    }

    fn fits(&mut self, schema: &Schema, stages: &[DraftStage]) {
        let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, column) in schema.inputs.iter().enumerate() {
            parts.entry(tensor_of(column)).or_default().push(index);
        }
        let mut made: BTreeMap<&str, &TensorInfo> = BTreeMap::new();
        for stage in stages {
            for needed in &stage.inputs {
                let name = needed.name.as_str();
                if !made.contains_key(name) {
                    let parts = parts.get(name).map_or(&[][..], Vec::as_slice);
                    self.covers(schema, &stage.file, needed, parts);
                }
            }
            // Of two tensors of one name the later is meant.
            made.extend(
                stage
                    .outputs
                    .iter()
                    .map(|tensor| (tensor.name.as_str(), tensor)),
            );
        }
        let mut used: BTreeMap<&str, u64> = BTreeMap::new();
        for (index, column) in schema.outputs.iter().enumerate() {
            let pointer = format!("/outputs/{index}/tensor");
            let Some(tensor) = made.get(column.tensor.as_str()) else {
                let words = format!("No model makes a tensor “{}”.", column.tensor);
                self.add(&pointer, "tensor_unknown", words);
                continue;
            };
            let place = used.entry(&column.tensor).or_default();
            *place += 1;
            if let Some(width) = tensor.width.filter(|width| *place > *width) {
                let words = format!("Tensor “{}” has {width} values a row.", column.tensor);
                self.add(&pointer, "tensor_too_narrow", words);
            }
        }
    }

    /// Whether columns (those at `parts`), or a parameter, give a tensor what it needs.
    fn covers(&mut self, schema: &Schema, file: &str, needed: &TensorInfo, parts: &[usize]) {
        let name = &needed.name;
        let wants_text = needed.element == TEXT;
        let wanted = if wants_text { "text" } else { "numbers" };
        if parts.is_empty() {
            let Some(index) = schema.parameters.iter().position(|one| one.name == *name) else {
                let words = format!("{file} needs a tensor “{name}”, which no column gives.");
                return self.add("/inputs", "tensor_missing", words);
            };
            if is_text(schema.parameters[index].column_type) != wants_text {
                let words = format!("{file} takes {wanted} as “{name}”.");
                self.add(
                    &format!("/parameters/{index}/type"),
                    "type_does_not_fit",
                    words,
                );
            }
            return;
        }
        for index in parts {
            if is_text(schema.inputs[*index].column_type) != wants_text {
                let words = format!("{file} takes {wanted} as “{name}”.");
                self.add(&format!("/inputs/{index}/type"), "type_does_not_fit", words);
            }
        }
        if let Some(width) = needed.width.filter(|width| *width != parts.len() as u64) {
            let words = format!(
                "{file} needs {width} columns for the tensor “{name}”, and there are {}.",
                parts.len()
            );
            self.add("/inputs", "columns_do_not_fit", words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn stages() -> Vec<DraftStage> {
        let stage = |file: &str, inputs: Value, outputs: Value| {
            serde_json::from_value(json!({
                "file": file, "resource": null, "sha256": "", "bytes": 1,
                "inputs": inputs, "outputs": outputs
            }))
            .unwrap()
        };
        vec![
            stage(
                "prepare.onnx",
                json!([
                    {"name": "town", "element": "text", "width": 1},
                    {"name": "x", "element": "32-bit float", "width": 2}
                ]),
                json!([{"name": "features", "element": "32-bit float", "width": 7}]),
            ),
            stage(
                "model.onnx",
                json!([
                    {"name": "features", "element": "32-bit float", "width": 7},
                    {"name": "scale", "element": "32-bit float", "width": 1}
                ]),
                json!([
                    {"name": "label", "element": "text", "width": null},
                    {"name": "p", "element": "32-bit float", "width": 2}
                ]),
            ),
        ]
    }

    fn base() -> Value {
        json!({
            "inputs": [
                {"name": "town", "type": "string", "categories": ["Ulm"]},
                {"name": "age", "type": "double", "tensor": "x", "min": 0, "max": 9},
                {"name": "size", "type": "integer", "tensor": "x"}
            ],
            "outputs": [
                {"tensor": "label", "column": "L", "kind": "label"},
                {"tensor": "p", "column": "P1", "kind": "probability"},
                {"tensor": "p", "column": "P2", "kind": "probability"}
            ],
            "parameters": [{"name": "scale", "type": "double", "default": "1"}]
        })
    }

    fn broken(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut schema = base();
        change(&mut schema);
        let schema = serde_json::from_value(schema).unwrap();
        let problems = check(&schema, &stages());
        let one = |problem: FieldError| format!("{} {}", problem.pointer, problem.code);
        problems.into_iter().map(one).collect()
    }

    #[test]
    fn a_schema_that_fits_breaks_no_rule() {
        assert!(broken(|_| ()).is_empty());
    }

    #[test]
    fn columns_are_checked_by_themselves() {
        assert_eq!(
            broken(|s| s["inputs"][1]["name"] = json!("town")),
            ["/schema/inputs/1/name name_twice"]
        );
        assert_eq!(
            broken(|s| s["inputs"][1]["name"] = json!(" ")),
            ["/schema/inputs/1/name name_empty"]
        );
        assert_eq!(
            broken(|s| s["inputs"][1]["min"] = json!(10)),
            ["/schema/inputs/1/max range_invalid"]
        );
        assert_eq!(
            broken(|s| s["inputs"][0]["min"] = json!(1)),
            ["/schema/inputs/0/min range_of_other"]
        );
        assert_eq!(
            broken(|s| s["inputs"][1]["categories"] = json!(["a"])),
            ["/schema/inputs/1/categories categories_of_other"]
        );
        assert_eq!(
            broken(|s| s["inputs"][0]["categories"] = json!(["a", "a"])),
            ["/schema/inputs/0/categories category_twice"]
        );
        assert_eq!(
            broken(|s| s["outputs"][2]["column"] = json!("P1")),
            ["/schema/outputs/2/column name_twice"]
        );
        assert_eq!(
            broken(|s| s["parameters"][0]["default"] = json!("much")),
            ["/schema/parameters/0/default value_type"]
        );
    }

    #[test]
    fn what_is_too_much_or_no_name_is_told() {
        let many = |count: usize| -> Value {
            let column = |index| json!({"name": format!("c{index}"), "type": "double"});
            (0..count).map(column).collect()
        };
        // Told once, and nothing else of ten thousand columns.
        assert_eq!(
            broken(|s| s["inputs"] = many(COLUMNS_MAX + 1)),
            ["/schema/inputs columns_too_many"]
        );
        let at_most = broken(|s| s["inputs"] = many(COLUMNS_MAX));
        assert!(!at_most.iter().any(|told| told.ends_with("too_many")));
        let names: Vec<String> = (0..=CATEGORIES_MAX).map(|n| n.to_string()).collect();
        assert_eq!(
            broken(|s| s["inputs"][0]["categories"] = json!(names)),
            ["/schema/inputs/0/categories categories_too_many"]
        );
        let parameter = |n| json!({"name": format!("p{n}"), "type": "double"});
        let parameters: Value = (0..=PARAMETERS_MAX).map(parameter).collect();
        assert_eq!(
            broken(|s| s["parameters"] = parameters),
            ["/schema/parameters parameters_too_many"]
        );
        for name in ["P\n1".to_owned(), "P".repeat(NAME_MAX + 1)] {
            assert_eq!(
                broken(|s| s["outputs"][1]["column"] = json!(name)),
                ["/schema/outputs/1/column name_invalid"]
            );
        }
        let text = "a".repeat(DESCRIPTION_MAX + 1);
        assert_eq!(
            broken(|s| s["inputs"][0]["description"] = json!(text)),
            ["/schema/inputs/0/description description_too_long"]
        );
        assert_eq!(
            broken(|s| s["parameters"][0]["description"] = json!(text)),
            ["/schema/parameters/0/description description_too_long"]
        );
    }

    #[test]
    fn no_more_is_told_than_anybody_is_shown() {
        let twice = json!({"name": "town", "type": "string"});
        let told = broken(|s| s["inputs"] = vec![twice; 5_000].into());
        assert_eq!(told.len(), ERRORS_MAX);
    }

    #[test]
    fn every_tensor_gets_what_it_needs() {
        assert_eq!(
            broken(|s| drop(s["inputs"].as_array_mut().unwrap().pop())),
            ["/schema/inputs columns_do_not_fit"]
        );
        assert_eq!(
            broken(|s| s["inputs"][0]["name"] = json!("city")),
            ["/schema/inputs tensor_missing"]
        );
        assert_eq!(
            broken(|s| s["inputs"][1]["type"] = json!("string")),
            [
                "/schema/inputs/1/min range_of_other",
                "/schema/inputs/1/max range_of_other",
                "/schema/inputs/1/type type_does_not_fit"
            ]
        );
        assert_eq!(
            broken(|s| s["parameters"] = json!([])),
            ["/schema/inputs tensor_missing"]
        );
        assert_eq!(
            broken(|s| {
                s["parameters"][0]["type"] = json!("string");
            }),
            ["/schema/parameters/0/type type_does_not_fit"]
        );
    }

    #[test]
    fn outputs_are_what_the_models_make() {
        assert_eq!(
            broken(|s| s["outputs"][0]["tensor"] = json!("q")),
            ["/schema/outputs/0/tensor tensor_unknown"]
        );
        assert_eq!(
            broken(|s| s["outputs"][0]["tensor"] = json!("p")),
            ["/schema/outputs/2/tensor tensor_too_narrow"]
        );
        assert_eq!(
            broken(|s| s["outputs"] = json!([])),
            ["/schema/outputs columns_missing"]
        );
    }
}
