//! The row that *Test* sends: as text by field, as JSON, and as a request; and what an answer
//! means for each field. Plain values; the checks are the server's own.

use crate::features::consume::model::wire_value;
use crate::ui::number::fixed;
use portico_api::cell::{double, mark, read_text};
use portico_api::problem::FieldError;
use portico_api::schema::{ColumnType, InputColumn, OutputKind, Schema};
use portico_api::score::{CellWarning, ScoreAnswer, ScoreRequest};
use serde_json::{Map, Value};

/// How a column is filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// A number field, with the step that its type takes.
    Number {
        /// Whether only whole numbers fit.
        whole: bool,
    },
    /// A choice among the values seen in training, and any other text.
    Category(Vec<String>),
    /// A date, or date and time.
    Date,
    /// Yes or no.
    Boolean,
    /// Text.
    Text,
}

impl Control {
    /// The control for a column.
    pub fn of(column: &InputColumn) -> Self {
        match column.column_type {
            ColumnType::Double => Self::Number { whole: false },
            ColumnType::Integer => Self::Number { whole: true },
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Datetime => Self::Date,
            ColumnType::String if column.categories.is_empty() => Self::Text,
            ColumnType::String => Self::Category(column.categories.clone()),
        }
    }
}

/// What stands beside a field: its range and whether it may be empty.
pub fn hint(column: &InputColumn) -> String {
    let range = match (column.min, column.max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max} in training")),
        (Some(min), None) => Some(format!("from {min} in training")),
        (None, Some(max)) => Some(format!("up to {max} in training")),
        (None, None) => None,
    };
    let empty = column.nullable.then(|| "may be empty".to_owned());
    [range, empty]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// What is said under a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The row can't be scored so.
    Error(String),
    /// The row can be scored; the value is unusual.
    Mark(String),
}

/// What is to be said about a field's text.
pub fn remark(column: &InputColumn, text: &str) -> Option<Remark> {
    match read_text(column, text) {
        Err(problem) => Some(Remark::Error(problem.to_string())),
        Ok(cell) => mark(column, &cell).map(|mark| Remark::Mark(mark.to_string())),
    }
}

/// All fields of the form: the input columns, then the global parameters.
pub fn fields(schema: &Schema) -> Vec<InputColumn> {
    let parameters = schema.parameters.iter().map(|parameter| {
        let mut column = parameter.as_column();
        // Left empty, a parameter with a default is not sent.
        column.nullable = parameter.default.is_some();
        column
    });
    schema.inputs.iter().cloned().chain(parameters).collect()
}

/// The texts of the fields at the start: the sample row with this number (counting round), else
/// nothing; parameters stand at their defaults.
pub fn filled_in(schema: &Schema, samples: &[Vec<String>], number: usize) -> Vec<String> {
    let sample = match samples.len() {
        0 => None,
        count => samples.get(number % count),
    };
    let cells = (0..schema.inputs.len()).map(|index| {
        sample
            .and_then(|row| row.get(index))
            .cloned()
            .unwrap_or_default()
    });
    let defaults = schema
        .parameters
        .iter()
        .map(|p| p.default.clone().unwrap_or_default());
    cells.chain(defaults).collect()
}

/// The request for these texts; the columns come first, then the parameters.
pub fn request(schema: &Schema, texts: &[String]) -> ScoreRequest {
    let text = |index: usize| texts.get(index).map(String::as_str).unwrap_or_default();
    let mut row = Map::new();
    for (index, column) in schema.inputs.iter().enumerate() {
        row.insert(column.name.clone(), wire_value(column, text(index)));
    }
    let mut parameters = Map::new();
    for (index, parameter) in schema.parameters.iter().enumerate() {
        let text = text(schema.inputs.len() + index);
        if !(text.is_empty() && parameter.default.is_some()) {
            let value = wire_value(&parameter.as_column(), text);
            parameters.insert(parameter.name.clone(), value);
        }
    }
    ScoreRequest {
        rows: vec![row],
        parameters,
    }
}

/// The row as JSON, in order of the columns: what the JSON view shows.
pub fn row_json(inputs: &[InputColumn], texts: &[String]) -> String {
    let line = |(index, column): (usize, &InputColumn)| {
        let text = texts.get(index).map(String::as_str).unwrap_or_default();
        let value = wire_value(column, text);
        format!("  {}: {value}", Value::from(column.name.as_str()))
    };
    let lines: Vec<String> = inputs.iter().enumerate().map(line).collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

/// The texts that a JSON row stands for.
///
/// # Errors
/// Where the text stops being JSON, or what in it is no cell, in words.
pub fn read_row_json(inputs: &[InputColumn], json: &str) -> Result<Vec<String>, String> {
    let value: Value = serde_json::from_str(json).map_err(|error| {
        // The message repeats the place; the place comes first here, because one looks there first.
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        format!("Line {}, column {}: {what}.", error.line(), error.column())
    })?;
    let Value::Object(row) = value else {
        return Err("The row is an object: {\"column\": value, …}.".to_owned());
    };
    if let Some(name) = row
        .keys()
        .find(|name| !inputs.iter().any(|column| column.name == **name))
    {
        return Err(format!("There is no column “{name}”."));
    }
    inputs
        .iter()
        .map(|column| match row.get(&column.name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(flag)) => Ok(flag.to_string()),
            Some(Value::Array(_) | Value::Object(_)) => Err(format!(
                "{} is one value, not a list or an object.",
                column.name
            )),
        })
        .collect()
}

/// The column that a pointer into a one-row request means, such as `/rows/0/island`, or the
/// parameter, such as `/parameters/threshold`.
pub fn field_of_pointer(pointer: &str) -> Option<String> {
    let name = pointer
        .strip_prefix("/rows/0/")
        .or_else(|| pointer.strip_prefix("/parameters/"))?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// What the server said about fields, by name.
pub fn server_remarks(errors: &[FieldError], warnings: &[CellWarning]) -> Vec<(String, Remark)> {
    let errors = errors.iter().filter_map(|error| {
        Some((
            field_of_pointer(&error.pointer)?,
            Remark::Error(error.detail.clone()),
        ))
    });
    let warnings = warnings.iter().filter_map(|warning| {
        Some((
            field_of_pointer(&warning.pointer)?,
            Remark::Mark(warning.detail.clone()),
        ))
    });
    errors.chain(warnings).collect()
}

/// One output of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The column's name, or for a probability its class.
    pub label: String,
    /// The value in words.
    pub value: String,
    /// A probability's share of the bar, 0 to 1.
    pub share: Option<f64>,
    /// Whether this is what was asked for: the label or the number.
    pub main: bool,
}

/// The outputs of the first row, in order; probabilities with their share.
pub fn outputs(schema: &Schema, answer: &ScoreAnswer) -> Vec<Output> {
    let Some(row) = answer.rows.first() else {
        return Vec::new();
    };
    answer
        .columns
        .iter()
        .zip(row)
        .map(|(name, value)| {
            let column = schema.outputs.iter().find(|column| column.column == *name);
            let kind = column.map(|column| column.kind);
            match (kind, number(value)) {
                (Some(OutputKind::Probability), Some(share)) => Output {
                    label: column
                        .and_then(|c| c.class.clone())
                        .unwrap_or_else(|| name.clone()),
                    value: percentage(share),
                    share: Some(share.clamp(0.0, 1.0)),
                    main: false,
                },
                (kind, _) => Output {
                    label: name.clone(),
                    value: plain(value),
                    share: None,
                    main: kind.is_some_and(|kind| kind != OutputKind::Probability),
                },
            }
        })
        .collect()
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => double(text),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "empty".to_owned(),
        other => other.to_string(),
    }
}

/// A probability in per cent, never rounded to certainty.
fn percentage(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 99.99 && percent < 100.0 => "> 99.99 %".to_owned(),
        percent if percent > 0.0 && percent < 0.01 => "< 0.01 %".to_owned(),
        percent => format!("{} %", fixed(percent, 2)),
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
