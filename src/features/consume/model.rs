//! What a sample calls, and with which row: an endpoint's URL, its columns, values that fit them. The
//! programs themselves are no part of the portal's module: public/samples.js fills them in.

use portico_api::cell::{Cell, read_text, written};
use portico_api::schema::{ColumnType, InputColumn, Parameter, Schema};
use serde_json::{Map, Value};

/// One call, as the samples show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The endpoint's request-response URL.
    pub url: String,
    /// What is called, for the first line of a sample.
    pub title: String,
    /// Names and values of one row, in order of the columns.
    pub row: Vec<(String, Value)>,
    /// Global parameters that have no default and so must be sent.
    pub parameters: Vec<(String, Value)>,
}

impl Call {
    /// A call of `url` with the first sample row, or, where there is none, with a row from the schema.
    pub fn new(url: &str, title: &str, schema: &Schema, samples: &[Vec<String>]) -> Self {
        let cell = |(index, column): (usize, &InputColumn)| {
            let text = samples.first().and_then(|row| row.get(index)).cloned();
            let text = text.unwrap_or_else(|| likely_text(column));
            (column.name.clone(), wire_value(column, &text))
        };
        Self {
            url: url.to_owned(),
            title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            row: schema.inputs.iter().enumerate().map(cell).collect(),
            parameters: schema
                .parameters
                .iter()
                .filter(|parameter| parameter.default.is_none())
                .map(|parameter| (parameter.name.clone(), likely_parameter(parameter)))
                .collect(),
        }
    }

    /// The call as public/samples.js takes it. Each value is a text of JSON inside JSON, so that
    /// JavaScript reads no number of 18 digits on the way.
    pub fn as_json(&self, key: &str) -> String {
        let pair = |name: &str, value: &Value| {
            Value::Array(vec![Value::from(name), Value::from(value.to_string())])
        };
        let pairs = |list: &[(String, Value)]| {
            Value::Array(list.iter().map(|(name, value)| pair(name, value)).collect())
        };
        let mut fields = Map::new();
        for (name, value) in [
            ("url", Value::from(self.url.as_str())),
            ("title", Value::from(self.title.as_str())),
            ("row", pairs(&self.row)),
            ("parameters", pairs(&self.parameters)),
            ("key", Value::from(key)),
        ] {
            fields.insert(name.to_owned(), value);
        }
        Value::Object(fields).to_string()
    }
}

/// What a cell of this column could hold, for schemas without sample rows.
fn likely_text(column: &InputColumn) -> String {
    if let Some(category) = column.categories.first() {
        return category.clone();
    }
    let middle = match (column.min, column.max) {
        (Some(min), Some(max)) => f64::midpoint(min, max),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => 1.0,
    };
    match column.column_type {
        ColumnType::String => "text".to_owned(),
        ColumnType::Double => written(middle),
        ColumnType::Integer => written(middle.round()),
        ColumnType::Boolean => "true".to_owned(),
        ColumnType::Datetime => "2026-01-31".to_owned(),
    }
}

/// What a parameter without a default could be.
fn likely_parameter(parameter: &Parameter) -> Value {
    let column = parameter.as_column();
    wire_value(&column, &likely_text(&column))
}

/// A cell's text as the wire carries it: typed where it fits its column, else the text itself, so
/// that the server says what is wrong with it.
pub fn wire_value(column: &InputColumn, text: &str) -> Value {
    match read_text(column, text) {
        Ok(Cell::Missing) => Value::Null,
        Ok(Cell::Text(text)) => Value::String(text),
        Ok(Cell::Integer(whole)) => Value::from(whole),
        Ok(Cell::Boolean(flag)) => Value::Bool(flag),
        // Infinity is a number to a model but has no form in JSON; as text it survives.
        Ok(Cell::Double(number)) => tidy_number(number).unwrap_or_else(|| Value::from(text)),
        Err(_) => Value::from(text),
    }
}

/// A number without the `.0` that JSON writers add to whole ones; none if it is not finite.
fn tidy_number(number: f64) -> Option<Value> {
    // Below 2^53 every whole double is exactly that whole number.
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be whole and below 2^53"
        )]
        return Some(Value::from(number as i64));
    }
    serde_json::Number::from_f64(number).map(Value::Number)
}

/// A column's type and what is known of its values, in words, for the table of the schema.
pub fn values_in_words(column: &InputColumn) -> String {
    if !column.categories.is_empty() {
        return column.categories.join(", ");
    }
    match (column.min.map(written), column.max.map(written)) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} and above"),
        (None, Some(max)) => format!("{max} and below"),
        (None, None) => String::new(),
    }
}

/// A type as the table of the schema names it.
pub fn type_word(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::String => "text",
        ColumnType::Double => "number",
        ColumnType::Integer => "whole number",
        ColumnType::Boolean => "true or false",
        ColumnType::Datetime => "date",
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
