//! The schema of a version: input columns, output columns, global parameters.

use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ColumnType {
    /// Text.
    String,
    /// A number.
    Double,
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// A date, or date and time, in ISO 8601.
    Datetime,
}

/// A column that a caller sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InputColumn {
    /// Its name, as callers write it.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether a value may be missing.
    #[serde(default)]
    pub nullable: bool,
    /// The lowest value seen in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The highest value seen in training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The values seen in training; empty if the column is not a category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// What it means, with its unit.
    #[serde(default)]
    pub description: String,
    /// The tensor that it is part of; several columns with one tensor form a matrix in this order.
    /// Absent: the tensor has the column's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensor: Option<String>,
}

/// What an output column tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OutputKind {
    /// The predicted class.
    Label,
    /// The probability of one class.
    Probability,
    /// A predicted number.
    Value,
}

/// A column that the answer holds after the input columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutputColumn {
    /// The tensor that it is taken from. Several columns of one tensor are its columns in order.
    pub tensor: String,
    /// Its name in answers, such as `Scored Labels`.
    pub column: String,
    /// What it tells.
    pub kind: OutputKind,
    /// The class that a probability belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// A global parameter of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Its value when a call gives none; without one the parameter is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it does.
    #[serde(default)]
    pub description: String,
}

impl Parameter {
    /// A column whose cells are what this parameter takes: its value is read by the same rule as a cell.
    pub fn as_column(&self) -> InputColumn {
        InputColumn {
            name: self.name.clone(),
            column_type: self.column_type,
            nullable: false,
            min: None,
            max: None,
            categories: Vec::new(),
            description: self.description.clone(),
            tensor: None,
        }
    }
}

/// The whole schema of a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schema {
    /// What callers send, in order.
    pub inputs: Vec<InputColumn>,
    /// What answers add, in order.
    pub outputs: Vec<OutputColumn>,
    /// Global parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}
