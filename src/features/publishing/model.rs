//! What the form of a draft holds, what is wrong with it, and what of it is sent. Plain values: no
//! view, no browser.

use super::texts::{list, listed, names_in};
use portico_api::cell::written;
use portico_api::draft::{Draft, StageResource, UpdateDraft};
use portico_api::name::{check_description, check_title};
use portico_api::schema::{ColumnType, InputColumn, OutputColumn, OutputKind, Parameter, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong, by the JSON pointer of the field that it is wrong with: the pointers are those of
/// the request, so that what the server finds lands on the same fields.
pub type Problems = BTreeMap<String, String>;

/// A stage of the pipeline, as far as it can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageForm {
    /// The stage's file.
    pub file: String,
    /// Whether endpoints may replace its model by their own.
    pub replaceable: bool,
    /// The name of the trained model, kept while it is not replaceable.
    pub resource: String,
}

/// An input column as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputForm {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// The lowest value, as it is typed.
    pub min: String,
    /// The highest value, as it is typed.
    pub max: String,
    /// Its categories, as they are typed.
    pub categories: String,
    /// What it means.
    pub description: String,
    /// The tensor that it is part of.
    pub tensor: Option<String>,
}

/// A global parameter as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterForm {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// Its value when a call gives none; empty: it is required.
    pub default: String,
    /// What it does.
    pub description: String,
}

/// The form's fields as they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The service's name.
    pub name: String,
    /// What it predicts.
    pub description: String,
    /// Notes for customers.
    pub notes: String,
    /// The pipeline.
    pub stages: Vec<StageForm>,
    /// Input columns.
    pub inputs: Vec<InputForm>,
    /// Output columns.
    pub outputs: Vec<OutputColumn>,
    /// Global parameters.
    pub parameters: Vec<ParameterForm>,
    /// Sample rows.
    pub samples: Vec<Vec<String>>,
    /// Values of the global parameters that the sample rows are scored with; a default stands in for one
    /// that is not here.
    pub sample_parameters: BTreeMap<String, String>,
}

impl Form {
    /// The form of a draft as it was sent.
    pub fn of(draft: &Draft) -> Self {
        let stage = |(index, stage): (usize, &portico_api::draft::DraftStage)| StageForm {
            file: stage.file.clone(),
            replaceable: stage.resource.is_some(),
            resource: stage
                .resource
                .clone()
                .unwrap_or_else(|| likely_resource(&stage.file, index)),
        };
        Self {
            name: draft.name.clone(),
            description: draft.description.clone(),
            notes: draft.notes.clone(),
            stages: draft.stages.iter().enumerate().map(stage).collect(),
            inputs: draft.schema.inputs.iter().map(input_form).collect(),
            outputs: draft.schema.outputs.clone(),
            parameters: draft.schema.parameters.iter().map(parameter_form).collect(),
            samples: draft.samples.clone(),
            sample_parameters: draft.sample_parameters.clone(),
        }
    }

    /// What is wrong with it; nothing if it can be sent.
    pub fn problems(&self) -> Problems {
        let mut found = Problems::new();
        let mut put = |pointer: String, text: String| {
            found.entry(pointer).or_insert(text);
        };
        if let Err(problem) = check_title(&self.name) {
            put("/name".to_owned(), problem.to_string());
        }
        for (pointer, text) in [("/description", &self.description), ("/notes", &self.notes)] {
            if let Err(problem) = check_description(text) {
                put(pointer.to_owned(), problem.to_string());
            }
        }
        let mut seen = BTreeSet::new();
        for (index, stage) in self.stages.iter().enumerate() {
            let name = stage.resource.trim();
            let pointer = format!("/resources/{index}/resource");
            if !stage.replaceable {
            } else if name.is_empty() {
                put(pointer, "Give the model a name.".to_owned());
            } else if !seen.insert(name) {
                put(pointer, "Another model has this name.".to_owned());
            }
        }
        let mut seen = BTreeSet::new();
        for (index, input) in self.inputs.iter().enumerate() {
            let at = |field: &str| format!("/schema/inputs/{index}/{field}");
            name_problem(&input.name, &mut seen, at("name"), &mut put);
            let (min, max) = (number(&input.min), number(&input.max));
            for (field, value) in [("min", &min), ("max", &max)] {
                if value.is_err() {
                    put(at(field), "Not a number.".to_owned());
                }
            }
            if let (Ok(Some(min)), Ok(Some(max))) = (min, max)
                && min > max
            {
                put(at("max"), "Below the lowest.".to_owned());
            }
            if let Err(problem) = list(&input.categories) {
                put(at("categories"), problem.to_owned());
            }
        }
        let mut seen = BTreeSet::new();
        for (index, output) in self.outputs.iter().enumerate() {
            let pointer = format!("/schema/outputs/{index}/column");
            name_problem(&output.column, &mut seen, pointer, &mut put);
        }
        let mut seen = BTreeSet::new();
        for (index, parameter) in self.parameters.iter().enumerate() {
            let pointer = format!("/schema/parameters/{index}/name");
            name_problem(&parameter.name, &mut seen, pointer, &mut put);
        }
        found
    }

    /// The request that brings what the server knows, `saved`, to this: only what is different. Nothing
    /// where nothing is.
    pub fn update(&self, saved: &Self) -> Option<UpdateDraft> {
        if self == saved {
            return None;
        }
        let changed = |now: &String, before: &String| (now != before).then(|| now.clone());
        let schema = (self.inputs != saved.inputs
            || self.outputs != saved.outputs
            || self.parameters != saved.parameters)
            .then(|| self.schema());
        let resources = (self.stages != saved.stages).then(|| self.resources());
        Some(UpdateDraft {
            name: changed(&self.name, &saved.name),
            description: changed(&self.description, &saved.description),
            notes: changed(&self.notes, &saved.notes),
            schema,
            // Sending rows drops what was expected of the rows before.
            samples: (self.samples != saved.samples).then(|| self.samples.clone()),
            sample_parameters: (self.sample_parameters != saved.sample_parameters)
                .then(|| self.sample_parameters.clone()),
            resources,
        })
    }

    /// Whether the server is told the same by another form, however it is typed.
    pub fn says_like(&self, other: &Self) -> bool {
        self.name == other.name
            && self.description == other.description
            && self.notes == other.notes
            && self.samples == other.samples
            && self.sample_parameters == other.sample_parameters
            && self.schema() == other.schema()
            && self.resources() == other.resources()
    }

    /// Whether the sample rows score the same by another form: it has the same rows, parameters and
    /// columns. What the columns mean is another matter.
    pub fn scores_like(&self, other: &Self) -> bool {
        let same_inputs = self.inputs.len() == other.inputs.len()
            && self.inputs.iter().zip(&other.inputs).all(|(one, other)| {
                one.name == other.name
                    && one.column_type == other.column_type
                    && one.nullable == other.nullable
            });
        same_inputs
            && self.samples == other.samples
            && self.sample_parameters == other.sample_parameters
            && self.parameters == other.parameters
            && self.outputs == other.outputs
    }

    fn resources(&self) -> Vec<StageResource> {
        let resource = |stage: &StageForm| StageResource {
            file: stage.file.clone(),
            resource: stage.replaceable.then(|| stage.resource.trim().to_owned()),
        };
        self.stages.iter().map(resource).collect()
    }

    fn schema(&self) -> Schema {
        Schema {
            inputs: self.inputs.iter().map(input_column).collect(),
            outputs: self.outputs.clone(),
            parameters: self.parameters.iter().map(parameter).collect(),
        }
    }

    /// How many columns the model's one matrix has; nothing for a model that takes columns one by one.
    pub fn matrix(&self) -> Option<usize> {
        let tensor = self.inputs.first()?.tensor.as_ref()?;
        let all = self
            .inputs
            .iter()
            .all(|input| input.tensor.as_ref() == Some(tensor));
        (all && self.inputs.len() > 1).then_some(self.inputs.len())
    }

    /// Names the columns in order, by a text with one name a line, or names apart by tabs or commas.
    ///
    /// # Errors
    /// How many names there are and how many are wanted, in words; nothing is named then.
    pub fn name_columns(&mut self, text: &str) -> Result<(), String> {
        let names = names_in(text);
        let (given, wanted) = (names.len(), self.inputs.len());
        if given != wanted {
            return Err(format!(
                "The model takes {wanted} columns, and {given} {} given.",
                if given == 1 { "name is" } else { "names are" }
            ));
        }
        for (input, name) in self.inputs.iter_mut().zip(names) {
            input.name = name;
        }
        Ok(())
    }

    /// Another sample row: the last one again, to be changed.
    pub fn add_row(&mut self) {
        let row = self.samples.last().cloned();
        self.samples
            .push(row.unwrap_or_else(|| vec![String::new(); self.inputs.len()]));
    }
}

/// The JSON pointer of a member of an object.
pub fn member(object: &str, name: &str) -> String {
    format!("{object}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The name that a stage's model gets when it is made replaceable: its file's without the ending.
fn likely_resource(file: &str, index: usize) -> String {
    let stem = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = stem.strip_suffix(".onnx").unwrap_or(stem);
    if stem.is_empty() {
        format!("model {}", index + 1)
    } else {
        stem.to_owned()
    }
}

fn name_problem<'a>(
    name: &'a str,
    seen: &mut BTreeSet<&'a str>,
    pointer: String,
    put: &mut impl FnMut(String, String),
) {
    if name.trim().is_empty() {
        put(pointer, "Give it a name.".to_owned());
    } else if !seen.insert(name) {
        put(pointer, "Another one has this name.".to_owned());
    }
}

fn input_form(column: &InputColumn) -> InputForm {
    let number = |value: Option<f64>| value.map(written).unwrap_or_default();
    InputForm {
        name: column.name.clone(),
        column_type: column.column_type,
        nullable: column.nullable,
        min: number(column.min),
        max: number(column.max),
        categories: listed(&column.categories),
        description: column.description.clone(),
        tensor: column.tensor.clone(),
    }
}

fn input_column(form: &InputForm) -> InputColumn {
    InputColumn {
        name: form.name.clone(),
        column_type: form.column_type,
        nullable: form.nullable,
        min: number(&form.min).unwrap_or_default(),
        max: number(&form.max).unwrap_or_default(),
        categories: list(&form.categories).unwrap_or_default(),
        description: form.description.clone(),
        tensor: form.tensor.clone(),
    }
}

fn parameter_form(parameter: &Parameter) -> ParameterForm {
    ParameterForm {
        name: parameter.name.clone(),
        column_type: parameter.column_type,
        default: parameter.default.clone().unwrap_or_default(),
        description: parameter.description.clone(),
    }
}

fn parameter(form: &ParameterForm) -> Parameter {
    Parameter {
        name: form.name.clone(),
        column_type: form.column_type,
        default: Some(form.default.clone()).filter(|text| !text.is_empty()),
        description: form.description.clone(),
    }
}

/// A number as it is typed; nothing for an empty text.
fn number(text: &str) -> Result<Option<f64>, ()> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(()),
        },
    }
}

/// What an output column tells, as the form offers it.
pub const KINDS: [(OutputKind, &str); 3] = [
    (OutputKind::Label, "label"),
    (OutputKind::Probability, "probability"),
    (OutputKind::Value, "number"),
];

/// Column types, as the form offers them.
pub const TYPES: [ColumnType; 5] = [
    ColumnType::Double,
    ColumnType::Integer,
    ColumnType::String,
    ColumnType::Boolean,
    ColumnType::Datetime,
];

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
