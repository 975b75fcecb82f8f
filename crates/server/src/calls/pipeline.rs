//! What scores an endpoint's rows: the schema of its version, the digests of its stages with its own
//! models in their places, and how columns become tensors and tensors become columns.

use crate::error::Error;
use crate::scoring::{Element, ModelDigest, ScoreCall, Tensor, Text, Values};
use crate::store::endpoints;
use portico_api::cell::{Cell, TypedCell};
use portico_api::id::EndpointId;
use portico_api::schema::{ColumnType, Schema};
use portico_domain::throttle::Permit;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A pipeline, ready to be called.
#[derive(Debug)]
pub struct Pipeline {
    /// The version's schema.
    pub schema: Arc<Schema>,
    /// The models, in order.
    pub stages: Arc<[ModelDigest]>,
    /// The tensors that answers are made of, each once.
    pub tensors: Arc<[String]>,
    /// The endpoint's id, for the engine's stamps.
    pub group: Arc<str>,
    /// Input tensors: name and the columns that form it, in order.
    inputs: Vec<(String, Vec<usize>)>,
    /// The types of the output columns, once an answer has shown them.
    output_types: OnceLock<Box<[Element]>>,
}

/// What a pipeline is given in one call.
#[derive(Debug)]
pub struct Given {
    /// Input tensors, without those of global parameters.
    pub tensors: Vec<Tensor>,
    /// Checked values of the global parameters, in the schema's order.
    pub parameters: Vec<(String, Cell)>,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputColumn {
    /// Its name, such as `Scored Labels`.
    pub name: String,
    /// One value a row.
    pub values: Values,
}

impl Pipeline {
    /// The pipeline of an endpoint.
    ///
    /// # Errors
    /// If a stored digest is not one.
    pub fn new(schema: Arc<Schema>, endpoint: &endpoints::Stored) -> Result<Self, Error> {
        let (stages, own) = (&endpoint.stages, &endpoint.own_models);
        Self::with_models(schema, stages, own, &endpoint.id)
    }

    /// The pipeline of a version's stages (resource and digest) for an endpoint with models of its own.
    ///
    /// # Errors
    /// If a stored digest is not one.
    pub fn with_models(
        schema: Arc<Schema>,
        stages: &[(Option<String>, String)],
        own: &BTreeMap<String, String>,
        endpoint: &EndpointId,
    ) -> Result<Self, Error> {
        let stages = stages
            .iter()
            .map(|(resource, sha256)| {
                let mine = resource.as_ref().and_then(|name| own.get(name));
                mine.unwrap_or(sha256).parse().map_err(|error| {
                    Error::Internal(format!("stage of endpoint {endpoint}: {error}"))
                })
            })
            .collect::<Result<Vec<ModelDigest>, Error>>()?;
        Ok(Self::of_stages(
            schema,
            stages.into(),
            endpoint.as_str().into(),
        ))
    }

    /// A pipeline of these stages.
    pub fn of_stages(schema: Arc<Schema>, stages: Arc<[ModelDigest]>, group: Arc<str>) -> Self {
        let mut inputs: Vec<(String, Vec<usize>)> = Vec::new();
        for (index, column) in schema.inputs.iter().enumerate() {
            let tensor = column.tensor.as_ref().unwrap_or(&column.name);
            match inputs.iter_mut().find(|(name, _)| name == tensor) {
                Some((_, columns)) => columns.push(index),
                None => inputs.push((tensor.clone(), vec![index])),
            }
        }
        let mut tensors: Vec<String> = Vec::new();
        for output in &schema.outputs {
            if !tensors.contains(&output.tensor) {
                tensors.push(output.tensor.clone());
            }
        }
        Self {
            schema,
            stages,
            tensors: tensors.into(),
            group,
            inputs,
            output_types: OnceLock::new(),
        }
    }

    /// Input tensors: the name of each, and the places in the schema of the columns that form it.
    pub fn inputs(&self) -> &[(String, Vec<usize>)] {
        &self.inputs
    }

    /// The types of the output columns, as the models gave them; `None` before the first answer.
    pub fn output_types(&self) -> Option<&[Element]> {
        self.output_types.get().map(AsRef::as_ref)
    }

    /// Input tensors from checked cells, `columns[c][r]` in the schema's order; those of global parameters
    /// are not among them, see [`of_parameter`].
    ///
    /// # Errors
    /// If one tensor would hold text and numbers.
    pub fn tensors_of<T: AsRef<str>>(
        &self,
        columns: &[Vec<TypedCell<T>>],
    ) -> Result<Vec<Tensor>, Error> {
        let mut tensors = Vec::with_capacity(self.inputs.len() + self.schema.parameters.len());
        for (name, members) in &self.inputs {
            let parts: Vec<&[TypedCell<T>]> = members
                .iter()
                .map(|&index| columns[index].as_slice())
                .collect();
            let is_text = members
                .iter()
                .map(|&index| {
                    matches!(
                        self.schema.inputs[index].column_type,
                        ColumnType::String | ColumnType::Datetime
                    )
                })
                .collect::<Vec<_>>();
            if is_text.iter().any(|text| *text != is_text[0]) {
                return Err(Error::Package(format!(
                    "Tensor {name} mixes text and numbers."
                )));
            }
            let rows = parts.first().map_or(0, |part| part.len());
            let values = if is_text[0] {
                text(&parts, rows)
            } else {
                numbers(&parts, rows)
            };
            tensors.push(Tensor {
                name: name.clone(),
                rows,
                width: parts.len(),
                values,
            });
        }
        Ok(tensors)
    }

    /// What the engine is asked for these; `permit` is held until the run has ended.
    pub fn asked(
        &self,
        given: Given,
        deadline: Duration,
        permit: Option<Arc<Permit>>,
    ) -> ScoreCall {
        let Given {
            tensors: mut inputs,
            parameters,
        } = given;
        let given_once = parameters.len();
        inputs.extend(parameters.into_iter().map(of_parameter));
        ScoreCall {
            stages: Arc::clone(&self.stages),
            inputs,
            parameters: given_once,
            outputs: Arc::clone(&self.tensors),
            deadline,
            group: Arc::clone(&self.group),
            permit: permit.map(|permit| permit as _),
        }
    }

    /// The answer's columns from the tensors that the engine gave, in the order of [`Pipeline::tensors`].
    ///
    /// # Errors
    /// If a tensor has fewer columns than the schema names.
    pub fn columns_of(&self, tensors: &[Tensor]) -> Result<Vec<OutputColumn>, Error> {
        let mut used = vec![0; tensors.len()];
        let mut columns = Vec::with_capacity(self.schema.outputs.len());
        for output in &self.schema.outputs {
            let index = self
                .tensors
                .iter()
                .position(|name| *name == output.tensor)
                .unwrap_or(0);
            let tensor = tensors.get(index).ok_or_else(|| {
                Error::Package(format!("The model gives no tensor {}.", output.tensor))
            })?;
            let place = used[index];
            if place >= tensor.width {
                return Err(Error::Package(format!(
                    "Tensor {} has {} columns, the schema names more.",
                    output.tensor, tensor.width
                )));
            }
            used[index] += 1;
            columns.push(OutputColumn {
                name: output.column.clone(),
                values: column(tensor, place),
            });
        }
        self.output_types.get_or_init(|| {
            columns
                .iter()
                .map(|column| element(&column.values))
                .collect()
        });
        Ok(columns)
    }
}

/// The type of a column's values.
pub fn element(values: &Values) -> Element {
    match values {
        Values::F32(_) => Element::F32,
        Values::F64(_) => Element::F64,
        Values::I64(_) => Element::I64,
        Values::Bool(_) => Element::Bool,
        Values::Text(_) => Element::Text,
    }
}

/// The tensor of a global parameter: one row, which goes to every row.
pub fn of_parameter((name, cell): (String, Cell)) -> Tensor {
    let part = [cell];
    let values = match &part[0] {
        Cell::Text(_) => text(&[&part], 1),
        _ => numbers(&[&part], 1),
    };
    Tensor {
        name,
        rows: 1,
        width: 1,
        values,
    }
}

fn text<T: AsRef<str>>(parts: &[&[TypedCell<T>]], rows: usize) -> Values {
    let mut out = Text::with_capacity(rows * parts.len(), rows * parts.len() * 8);
    for row in 0..rows {
        for part in parts {
            out.push(if let TypedCell::Text(text) = &part[row] {
                text.as_ref()
            } else {
                ""
            });
        }
    }
    Values::Text(out)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a matrix of mixed number types is one of doubles, as in every ONNX export"
)]
fn numbers<T>(parts: &[&[TypedCell<T>]], rows: usize) -> Values {
    let cells = || (0..rows).flat_map(|row| parts.iter().map(move |part| &part[row]));
    if cells().all(|cell| matches!(cell, TypedCell::Integer(_))) {
        return Values::I64(
            cells()
                .map(|cell| {
                    if let TypedCell::Integer(value) = cell {
                        *value
                    } else {
                        0
                    }
                })
                .collect(),
        );
    }
    if cells().all(|cell| matches!(cell, TypedCell::Boolean(_))) {
        return Values::Bool(
            cells()
                .map(|cell| matches!(cell, TypedCell::Boolean(true)))
                .collect(),
        );
    }
    Values::F64(
        cells()
            .map(|cell| match cell {
                TypedCell::Double(value) => *value,
                TypedCell::Integer(value) => *value as f64,
                TypedCell::Boolean(flag) => f64::from(u8::from(*flag)),
                TypedCell::Missing | TypedCell::Text(_) => f64::NAN,
            })
            .collect(),
    )
}

fn column(tensor: &Tensor, place: usize) -> Values {
    fn every<T: Copy>(values: &[T], width: usize, place: usize) -> Vec<T> {
        values.iter().skip(place).step_by(width).copied().collect()
    }
    let width = tensor.width.max(1);
    match &tensor.values {
        Values::F32(values) => Values::F32(every(values, width, place)),
        Values::F64(values) => Values::F64(every(values, width, place)),
        Values::I64(values) => Values::I64(every(values, width, place)),
        Values::Bool(values) => Values::Bool(every(values, width, place)),
        Values::Text(values) => {
            let mut out = Text::with_capacity(tensor.rows, tensor.rows * 8);
            values
                .iter()
                .skip(place)
                .step_by(width)
                .for_each(|cell| out.push(cell));
            Values::Text(out)
        }
    }
}
