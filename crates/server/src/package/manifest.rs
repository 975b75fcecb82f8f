//! What a package says of itself.

use portico_api::schema::{InputColumn, OutputColumn, Parameter, Schema};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `manifest.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The service's name.
    pub name: String,
    /// What it predicts.
    #[serde(default)]
    pub description: String,
    /// Notes for customers.
    #[serde(default)]
    pub notes: String,
    /// The models, in order.
    pub stages: Vec<ManifestStage>,
    /// What callers send.
    pub inputs: Vec<InputColumn>,
    /// What answers add.
    pub outputs: Vec<OutputColumn>,
    /// Global parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Values of the parameters that the sample rows are scored with.
    #[serde(default)]
    pub sample_parameters: Map<String, Value>,
}

/// One model of a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestStage {
    /// The file's name.
    pub file: String,
    /// The trained model's name, if an endpoint may replace it by its own.
    #[serde(default)]
    pub resource: Option<String>,
}

impl Manifest {
    /// Inputs, outputs and parameters.
    pub fn schema(&self) -> Schema {
        Schema {
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            parameters: self.parameters.clone(),
        }
    }

    /// The values of parameters for the sample rows, as text.
    pub fn sample_parameters(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.sample_parameters
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }
}
