//! Samples that call an endpoint, made from its URL, its columns and a row. Plain text in, plain
//! text out; each sample runs as it is once `PORTICO_KEY` is set.

use super::shell::quoted;
use portico_api::cell::{Cell, read_text};
use portico_api::schema::{ColumnType, InputColumn, Parameter, Schema};
use serde_json::{Map, Value, json};

/// A language that samples come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A shell command.
    Curl,
    /// Python with nothing but its standard library.
    Python,
}

impl Language {
    /// All, in the order of the tabs.
    pub const ALL: [Self; 2] = [Self::Curl, Self::Python];

    /// As it stands in the URL of the page.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "python",
        }
    }

    /// As it stands on the tab.
    pub fn label(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
        }
    }

    /// The language of this slug, if there is one.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.slug() == slug)
    }
}

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
    pub parameters: Map<String, Value>,
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

    /// The body in classic's table form, on several lines.
    pub fn body(&self) -> String {
        let names: Vec<&str> = self.row.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<&Value> = self.row.iter().map(|(_, value)| value).collect();
        format!(
            "{{\n  \"Inputs\": {{ \"input1\": {{\n    \"ColumnNames\": {names},\n    \
             \"Values\": [{values}]\n  }} }},\n  \"GlobalParameters\": {parameters}\n}}",
            names = json!(names),
            values = json!(values),
            parameters = Value::Object(self.parameters.clone()),
        )
    }

    /// The sample in a language.
    pub fn sample(&self, language: Language) -> String {
        match language {
            Language::Curl => curl(self),
            Language::Python => python(self),
        }
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
        ColumnType::Double => middle.to_string(),
        ColumnType::Integer => middle.round().to_string(),
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

/// curl waits for as long as `Retry-After` says by itself when it is told to retry.
fn curl(call: &Call) -> String {
    format!(
        "# {title}\n\
         # Wants the key in the environment: export PORTICO_KEY=…\n\
         curl --fail-with-body --retry 5 \\\n  \
         {url} \\\n  \
         --header \"Authorization: Bearer $PORTICO_KEY\" \\\n  \
         --header 'Content-Type: application/json' \\\n  \
         --data {body}\n",
        title = call.title,
        url = quoted(&call.url),
        body = quoted(&call.body()),
    )
}

fn python(call: &Call) -> String {
    let row: String = call
        .row
        .iter()
        .map(|(name, value)| format!("    {}: {},\n", python_text(name), python_literal(value)))
        .collect();
    // Text and placeholders alternate, so that a placeholder in what is filled in stays as it is.
    PYTHON
        .split('%')
        .enumerate()
        .map(|(index, part)| match (index % 2, part) {
            (1, "TITLE") => call.title.replace('\\', "/").replace('"', "'"),
            (1, "URL") => python_text(&call.url),
            (1, "PARAMETERS") => python_literal(&Value::Object(call.parameters.clone())),
            (1, _) => row.clone(),
            _ => part.to_owned(),
        })
        .collect()
}

/// What `%` encloses is filled in.
const PYTHON: &str = r#""""%TITLE%. Wants the key in the environment variable PORTICO_KEY."""

import json
import os
import time
import urllib.error
import urllib.request

URL = %URL%
PARAMETERS = %PARAMETERS%
ROW = {
%ROW%}


def score(rows, tries=6):
    """Score rows (dictionaries by column); return one dictionary for each, in the same order."""
    columns = list(rows[0])
    body = {
        "Inputs": {
            "input1": {
                "ColumnNames": columns,
                "Values": [[row[name] for name in columns] for row in rows],
            }
        },
        "GlobalParameters": PARAMETERS,
    }
    request = urllib.request.Request(
        URL,
        data=json.dumps(body).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["PORTICO_KEY"],
            "Content-Type": "application/json",
        },
        method="POST",
    )
    for attempt in range(1, tries + 1):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                table = json.load(answer)["Results"]["output1"]["value"]
                return [dict(zip(table["ColumnNames"], values)) for values in table["Values"]]
        except urllib.error.HTTPError as error:
            # 503 is the throttle: the answer says after how many seconds to try again.
            if error.code != 503 or attempt == tries:
                raise SystemExit(f"{error.code} {error.read().decode()}")
            time.sleep(float(error.headers.get("Retry-After") or attempt))


for scored in score([ROW]):
    print(scored)
"#;

/// A JSON string is a Python string as well, as long as nothing outside the ASCII printables
/// stands in it raw.
fn python_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // A line separator or a control character would end or spoil the line.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn python_literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => python_text(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(python_literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", python_text(name), python_literal(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A column's type and what is known of its values, in words, for the table of the schema.
pub fn values_in_words(column: &InputColumn) -> String {
    if !column.categories.is_empty() {
        return column.categories.join(", ");
    }
    match (column.min, column.max) {
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
