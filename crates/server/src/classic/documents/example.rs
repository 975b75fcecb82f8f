//! Requests and answers as an endpoint's documents show them.

use super::Described;
use super::json::{Json, object};
use portico_api::cell::{Cell, read_text};
use portico_api::schema::{ColumnType, InputColumn, OutputColumn, OutputKind};
use serde_json::Value;

/// How many rows a document shows.
const ROWS: usize = 2;

/// Rows of input cells as text, the form in which classic's samples sent every cell: the version's own
/// sample rows where the endpoint shows them, else a row of stand-ins.
pub(super) fn rows(described: &Described) -> Vec<Vec<String>> {
    let shown: Vec<_> = described.samples.iter().take(ROWS).cloned().collect();
    if shown.is_empty() {
        let columns = described.schema.inputs.iter();
        vec![columns.map(|column| stand_in(column.column_type)).collect()]
    } else {
        shown
    }
}

/// What stands for a value that is not shown.
pub(super) fn stand_in(column_type: ColumnType) -> String {
    let text = match column_type {
        ColumnType::String => "value",
        ColumnType::Double | ColumnType::Integer => "0",
        ColumnType::Boolean => "true",
        ColumnType::Datetime => "2026-01-31",
    };
    text.to_owned()
}

/// Global parameters with their defaults, or stand-ins.
pub(super) fn parameters(described: &Described) -> Json {
    let parameters = described.schema.parameters.iter();
    parameters
        .map(|parameter| {
            let stand_in = || stand_in(parameter.column_type);
            let value = parameter.default.clone().unwrap_or_else(stand_in);
            (parameter.name.clone(), Json::from(value))
        })
        .collect()
}

/// A cell as its type: a number bare, as R and others send it.
pub(super) fn typed(column: &InputColumn, text: &str) -> Json {
    match read_text(column, text) {
        Ok(Cell::Missing) => Json::from(Value::Null),
        Ok(Cell::Double(number)) if number.is_finite() => Json::from(number),
        Ok(Cell::Integer(whole)) => Json::from(whole),
        Ok(Cell::Boolean(flag)) => Json::from(flag),
        _ => Json::from(text),
    }
}

/// One row as an object of typed cells: what swagger calls an example.
pub(super) fn typed_request(described: &Described) -> Json {
    let row = rows(described).into_iter().next().unwrap_or_default();
    let columns = described.schema.inputs.iter().zip(&row);
    let item: Json = columns
        .map(|(column, text)| (column.name.clone(), typed(column, text)))
        .collect();
    let parameters = described.schema.parameters.iter();
    let parameters = parameters
        .map(|parameter| {
            let stand_in = || stand_in(parameter.column_type);
            let text = parameter.default.clone().unwrap_or_else(stand_in);
            (parameter.name.clone(), typed(&parameter.as_column(), &text))
        })
        .collect();
    request_of(Json::List(vec![item]), parameters)
}

/// The table form.
pub(super) fn table_request(described: &Described) -> Json {
    let names = described.schema.inputs.iter().map(|column| &column.name);
    let table = object([
        ("ColumnNames", texts(names)),
        ("Values", lists(&rows(described))),
    ]);
    request_of(table, parameters(described))
}

/// The list form.
pub(super) fn list_request(described: &Described) -> Json {
    let item = |row: &Vec<String>| -> Json {
        let columns = described.schema.inputs.iter().zip(row);
        columns
            .map(|(column, text)| (column.name.clone(), Json::from(text.as_str())))
            .collect()
    };
    let items = rows(described).iter().map(item).collect();
    request_of(Json::List(items), parameters(described))
}

fn request_of(input: Json, parameters: Json) -> Json {
    object([
        ("Inputs", object([("input1", input)])),
        ("GlobalParameters", parameters),
    ])
}

/// The answer to [`table_request`], with types. Predictions are stand-ins: a document runs no model.
pub(super) fn table_answer(described: &Described) -> Json {
    let schema = &described.schema;
    let names = schema.inputs.iter().map(|column| &column.name);
    let names = names.chain(schema.outputs.iter().map(|output| &output.column));
    let types = schema
        .inputs
        .iter()
        .map(|column| net_type(column.column_type));
    let types = types.chain(schema.outputs.iter().map(|output| match output.kind {
        OutputKind::Label => "String",
        OutputKind::Probability | OutputKind::Value => "Double",
    }));
    let mut rows = rows(described);
    for row in &mut rows {
        row.extend(predictions(&schema.outputs));
    }
    let value = object([
        ("ColumnNames", texts(names)),
        ("ColumnTypes", texts(types)),
        ("Values", lists(&rows)),
    ]);
    let output = object([("type", Json::from("table")), ("value", value)]);
    object([("Results", object([("output1", output)]))])
}

/// A prediction that says the first class for certain.
fn predictions(outputs: &[OutputColumn]) -> Vec<String> {
    let first = outputs.iter().find_map(|output| output.class.as_deref());
    let cell = |output: &OutputColumn| match output.kind {
        OutputKind::Label => first.unwrap_or("value").to_owned(),
        OutputKind::Probability if output.class.as_deref() == first => "1".to_owned(),
        OutputKind::Probability | OutputKind::Value => "0".to_owned(),
    };
    outputs.iter().map(cell).collect()
}

fn net_type(column_type: ColumnType) -> &'static str {
    crate::classic::answer::net_type(column_type)
}

fn texts<T: AsRef<str>>(texts: impl Iterator<Item = T>) -> Json {
    Json::List(texts.map(|text| Json::from(text.as_ref())).collect())
}

fn lists(rows: &[Vec<String>]) -> Json {
    Json::List(rows.iter().map(|row| texts(row.iter())).collect())
}
