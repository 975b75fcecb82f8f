//! The tensors of a call as those of its endpoint's pipeline. A tensor is named by its column and has
//! `[rows]` or `[rows, 1]` values; where several columns form one tensor of the model, that one may be
//! sent whole, `[rows, columns]`. A single column's tensor may have the model's name for it too.

use super::convert::{Columns, Pick};
use super::error::InferenceError;
use super::request::Input;
use crate::calls::pipeline::Pipeline;
use crate::scoring::{Tensor, Text, Values};
use portico_api::schema::InputColumn;

/// What an input's name stands for.
enum Place {
    /// The column at this index.
    Column(usize),
    /// The tensor of the pipeline at this index, whole.
    Tensor(usize),
}

/// The input tensors of a run, without those of global parameters, and how many rows they have.
///
/// # Errors
/// 400 that names the tensor and the rule.
pub(super) fn tensors(
    pipeline: &Pipeline,
    inputs: Vec<Input<'_>>,
) -> Result<(Vec<Tensor>, usize), InferenceError> {
    let rows = rows(&inputs)?;
    let mut given = Given::new(pipeline);
    for (index, input) in inputs.into_iter().enumerate() {
        given.take(index, input)?;
    }
    Ok((given.tensors(rows)?, rows))
}

/// The number of rows, the same in each tensor.
fn rows(inputs: &[Input<'_>]) -> Result<usize, InferenceError> {
    let Some(first) = inputs.first() else {
        return Err(InferenceError::bad_request("The request has no inputs."));
    };
    let rows = first.shape.rows;
    if rows == 0 {
        return Err(InferenceError::tensor(&first.name, "it has no rows."));
    }
    match inputs.iter().find(|input| input.shape.rows != rows) {
        Some(other) => Err(InferenceError::tensor(
            &other.name,
            format!(
                "it has {} rows, and {} has {rows}.",
                other.shape.rows, first.name
            ),
        )),
        None => Ok(rows),
    }
}

/// What was given so far.
struct Given<'p> {
    pipeline: &'p Pipeline,
    /// By column.
    columns: Vec<Option<Values>>,
    /// By tensor of the pipeline, those sent whole.
    whole: Vec<Option<Values>>,
}

impl<'p> Given<'p> {
    fn new(pipeline: &'p Pipeline) -> Self {
        Self {
            pipeline,
            columns: vec![None; pipeline.schema.inputs.len()],
            whole: vec![None; pipeline.inputs().len()],
        }
    }

    fn column(&self, index: usize) -> &'p InputColumn {
        &self.pipeline.schema.inputs[index]
    }

    /// What a name stands for: a column, but for a tensor of several columns that is sent as wide as it is.
    fn place(&self, index: usize, name: &str, width: usize) -> Option<Place> {
        let columns = &self.pipeline.schema.inputs;
        // Most callers send columns in the schema's order.
        let column = match columns.get(index) {
            Some(column) if column.name == name => Some(index),
            _ => columns.iter().position(|column| column.name == name),
        };
        if let Some(column) = column.filter(|_| width == 1) {
            return Some(Place::Column(column));
        }
        let tensors = self.pipeline.inputs();
        let tensor = tensors.iter().position(|(tensor, _)| tensor == name);
        match (tensor, column) {
            (Some(at), _) => match tensors[at].1[..] {
                [only] => Some(Place::Column(only)),
                _ => Some(Place::Tensor(at)),
            },
            (None, column) => column.map(Place::Column),
        }
    }

    fn take(&mut self, index: usize, input: Input<'_>) -> Result<(), InferenceError> {
        let name = input.name;
        let refused = |why: String| InferenceError::tensor(&name, why);
        let width = input.shape.width;
        let wide = |columns: usize| {
            if width == columns {
                Ok(())
            } else {
                Err(refused(format!(
                    "its shape is [rows, {columns}]{}, not [rows, {width}].",
                    if columns == 1 { " or [rows]" } else { "" }
                )))
            }
        };
        let twice = || refused("it is given twice.".to_owned());
        let place = self.place(index, &name, width);
        let place = place.ok_or_else(|| refused(self.unknown()))?;
        match place {
            Place::Column(at) => {
                wide(1)?;
                if self.columns[at].is_some() {
                    return Err(twice());
                }
                let column = [self.column(at)];
                let columns = Columns::new(&column, input.datatype);
                let values = columns.map(|columns| columns.whole(input.data));
                let values = values
                    .transpose()
                    .map_err(|why| refused(format!("{why}.")))?;
                self.columns[at] = values;
            }
            Place::Tensor(at) => {
                let members = &self.pipeline.inputs()[at].1;
                wide(members.len())?;
                let taken = members.iter().any(|&member| self.columns[member].is_some());
                if taken || self.whole[at].is_some() {
                    return Err(twice());
                }
                let columns: Vec<&InputColumn> =
                    members.iter().map(|&member| self.column(member)).collect();
                if let Some(alike) = Columns::new(&columns, input.datatype) {
                    let values = alike.whole(input.data);
                    self.whole[at] = Some(values.map_err(|why| refused(format!("{why}.")))?);
                    return Ok(());
                }
                for (offset, &member) in members.iter().enumerate() {
                    let column = [self.column(member)];
                    let pick = Pick {
                        offset,
                        stride: width,
                    };
                    let columns = Columns::new(&column, input.datatype);
                    let values = columns.map(|columns| columns.part(&input.data, pick));
                    let values = values
                        .transpose()
                        .map_err(|why| refused(format!("{why}.")))?;
                    self.columns[member] = values;
                }
            }
        }
        Ok(())
    }

    fn unknown(&self) -> String {
        let names = self
            .pipeline
            .schema
            .inputs
            .iter()
            .map(|column| &column.name);
        let names: Vec<&str> = names.take(20).map(String::as_str).collect();
        format!("the model has no such input; it has {}.", names.join(", "))
    }

    /// The tensors of the pipeline, each whole.
    fn tensors(mut self, rows: usize) -> Result<Vec<Tensor>, InferenceError> {
        let mut tensors = Vec::with_capacity(self.whole.len());
        for (at, (name, members)) in self.pipeline.inputs().iter().enumerate() {
            let whole = self.whole[at].take();
            // A tensor that was sent whole, and one of its columns after it.
            let again = members
                .iter()
                .find(|&&member| whole.is_some() && self.columns[member].is_some());
            if let Some(&member) = again {
                let name = &self.column(member).name;
                return Err(InferenceError::tensor(name, "it is given twice."));
            }
            let values = match whole {
                Some(values) => values,
                None => self.joined(name, members)?,
            };
            tensors.push(Tensor {
                name: name.clone(),
                rows,
                width: members.len(),
                values,
            });
        }
        Ok(tensors)
    }

    fn joined(&mut self, name: &str, members: &[usize]) -> Result<Values, InferenceError> {
        let mut parts = Vec::with_capacity(members.len());
        for &member in members {
            let column = &self.pipeline.schema.inputs[member].name;
            let missing = || InferenceError::bad_request(format!("Column {column} is missing."));
            parts.push(self.columns[member].take().ok_or_else(missing)?);
        }
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return Ok(only);
        }
        interleaved(&parts).ok_or_else(|| {
            InferenceError::tensor(
                name,
                "its columns mix text and numbers, and the model can't run.",
            )
        })
    }
}

/// Columns side by side as one matrix, row by row. Columns of one type keep it; numbers of several types
/// become doubles, as in every ONNX export. `None` if text stands beside numbers.
pub(super) fn interleaved(parts: &[Values]) -> Option<Values> {
    let rows = parts.first()?.len();
    macro_rules! same {
        ($kind:path) => {{
            let lists: Option<Vec<_>> = parts
                .iter()
                .map(|part| match part {
                    $kind(values) => Some(values),
                    _ => None,
                })
                .collect();
            if let Some(lists) = lists {
                let cells = (0..rows)
                    .flat_map(|row| lists.iter().filter_map(move |list| list.get(row).copied()));
                return Some($kind(cells.collect()));
            }
        }};
    }
    same!(Values::F64);
    same!(Values::F32);
    same!(Values::I64);
    same!(Values::Bool);
    let mut text = Text::default();
    let mut numbers = Vec::new();
    for row in 0..rows {
        for part in parts {
            match part {
                Values::Text(values) => text.push(values.get(row)?),
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a matrix of mixed number types is one of doubles, as in every ONNX export"
                )]
                Values::I64(values) => numbers.push(*values.get(row)? as f64),
                Values::F64(values) => numbers.push(*values.get(row)?),
                Values::F32(values) => numbers.push((*values.get(row)?).into()),
                Values::Bool(values) => numbers.push(f64::from(u8::from(*values.get(row)?))),
            }
        }
    }
    match (text.is_empty(), numbers.is_empty()) {
        (true, _) => Some(Values::F64(numbers)),
        (false, true) => Some(Values::Text(text)),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::request;
    use super::*;
    use portico_api::schema::Schema;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn pipeline() -> Pipeline {
        let schema: Schema = serde_json::from_value(json!({
            "inputs": [
                {"name": "island", "type": "string"},
                {"name": "a", "type": "double", "tensor": "x"},
                {"name": "b", "type": "double", "tensor": "x", "nullable": true},
                {"name": "m", "type": "integer", "tensor": "mixed"},
                {"name": "n", "type": "double", "tensor": "mixed"},
                {"name": "year", "type": "integer", "tensor": "jahr"},
            ],
            "outputs": []
        }))
        .unwrap();
        Pipeline::of_stages(Arc::new(schema), Arc::new([]), "g".into())
    }

    fn all() -> Vec<Value> {
        vec![
            json!({"name": "island", "shape": [2], "datatype": "BYTES", "data": ["i", "j"]}),
            json!({"name": "a", "shape": [2, 1], "datatype": "FP64", "data": [[1], [2]]}),
            json!({"name": "b", "shape": [2], "datatype": "FP64", "data": [3, null]}),
            json!({"name": "m", "shape": [2], "datatype": "INT64", "data": [5, 6]}),
            json!({"name": "n", "shape": [2], "datatype": "FP32", "data": [0.5, 1.5]}),
            json!({"name": "year", "shape": [2], "datatype": "INT32", "data": [7, 8]}),
        ]
    }

    fn run(inputs: &[Value]) -> Result<Vec<Tensor>, String> {
        let body = json!({"inputs": inputs}).to_string();
        let request = request::read(body.as_bytes(), &[]).map_err(|error| error.message)?;
        let made = tensors(&pipeline(), request.inputs).map_err(|error| error.message)?;
        assert_eq!(made.1, 2);
        Ok(made.0)
    }

    #[test]
    fn columns_become_the_pipelines_tensors_in_any_order() {
        let expected = run(&all()).unwrap();
        let text = format!("{expected:?}");
        for part in [
            r#""island", rows: 2, width: 1, values: Text"#,
            r#""x", rows: 2, width: 2, values: F64([1.0, 3.0, 2.0, NaN])"#,
            r#""mixed", rows: 2, width: 2, values: F64([5.0, 0.5, 6.0, 1.5])"#,
            r#""jahr", rows: 2, width: 1, values: I64([7, 8])"#,
        ] {
            assert!(text.contains(part), "{text}");
        }
        let mut reversed = all();
        reversed.reverse();
        assert_eq!(format!("{:?}", run(&reversed).unwrap()), text);
        let mut whole = all();
        whole.splice(1..5, [
            json!({"name": "mixed", "shape": [2, 2], "datatype": "FP64", "data": [[5, 0.5], [6, 1.5]]}),
            json!({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 3, 2, null]}),
        ]);
        whole[3]["name"] = json!("jahr");
        assert_eq!(format!("{:?}", run(&whole).unwrap()), text);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let check = |change: &dyn Fn(&mut Vec<Value>), words: &str| {
            let mut inputs = all();
            change(&mut inputs);
            let why = run(&inputs).unwrap_err();
            assert!(why.contains(words), "{why}");
        };
        let matrix =
            json!({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]});
        check(&Vec::clear, "no inputs");
        check(&|all| drop(all.remove(2)), "Column b is missing.");
        check(
            &|all| all[0]["name"] = json!("isle"),
            "Tensor isle: the model has no such input; it has island, a,",
        );
        check(
            &|all| all.push(all[1].clone()),
            "Tensor a: it is given twice.",
        );
        check(
            &|all| all.push(matrix.clone()),
            "Tensor x: it is given twice.",
        );
        check(
            &|all| all.insert(0, matrix.clone()),
            "Tensor a: it is given twice.",
        );
        check(
            &|all| all[1] = json!({"name": "x", "shape": [2], "datatype": "FP64", "data": [1, 2]}),
            "Tensor x: its shape is [rows, 2], not [rows, 1].",
        );
        check(
            &|all| all[0] = json!({"name": "island", "shape": [2, 2], "datatype": "BYTES", "data": ["", "", "", ""]}),
            "its shape is [rows, 1] or [rows], not [rows, 2].",
        );
        check(
            &|all| all[2] = json!({"name": "b", "shape": [1], "datatype": "FP64", "data": [1]}),
            "Tensor b: it has 1 rows, and island has 2.",
        );
        check(
            &|all| {
                all[0] = json!({"name": "island", "shape": [0], "datatype": "BYTES", "data": []});
            },
            "Tensor island: it has no rows.",
        );
        check(
            &|all| all[1]["data"] = json!([1, null]),
            "Tensor a: row 1, column a: the column is not nullable",
        );
        check(
            &|all| {
                all[5] =
                    json!({"name": "year", "shape": [2], "datatype": "FP64", "data": [7.5, 8]});
            },
            "Tensor year: row 0, column year: 7.5 is no whole number",
        );
    }
}
