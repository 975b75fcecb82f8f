//! The help page of request-response calls.

use super::markup::{code, code_at, escape, page as whole, route, section, table, term};
use super::{Described, codes, example, snippets};
use portico_api::schema::{ColumnType, OutputKind};

/// The page.
pub(super) fn page(described: &Described) -> String {
    let sections = [
        section("request", "Request", &request(described)),
        section("inputs", "Input columns", &inputs(described)),
        section("outputs", "Output columns", &outputs(described)),
        section("parameters", "Global parameters", &parameters(described)),
        section("response", "Response", &response(described)),
        section("errors", "Errors", &errors()),
        section("samples", "Sample code", &samples(described)),
    ];
    let sections = notes(described) + &sections.concat();
    whole(
        described,
        "score",
        "Request Response API Documentation",
        &sections,
    )
}

fn notes(described: &Described) -> String {
    if described.notes.is_empty() {
        return String::new();
    }
    let notes = format!("<p>{}</p>\n", escape(&described.notes));
    section("notes", "Notes of the publisher", &notes)
}

fn request(described: &Described) -> String {
    let url = format!("{}/execute?api-version=2.0", described.api_location());
    let query = [
        ["api-version", "2.0; may be left out."],
        ["details", "true adds the columns' types to a table."],
        [
            "format",
            "swagger answers with a list of objects instead of a table. The request may come in either form.",
        ],
    ];
    let headers = [
        [
            "Authorization",
            "Required. The word Bearer, a space, and one of the endpoint's two keys.",
        ],
        ["Content-Length", "Required, or a chunked body."],
        [
            "Content-Type",
            "application/json. A charset is honoured; UTF-8 needs none.",
        ],
        [
            "Content-Encoding",
            "gzip or deflate, where the body is compressed.",
        ],
        ["Accept", "Ignored: answers are JSON."],
    ];
    [
        route("POST", &url),
        named_rows("Query parameter", &query),
        named_rows("Header", &headers),
        "<h3>Body</h3>\n<p>Cells may be text, numbers, truth values or null. Columns are found by name, in any order; others are ignored.</p>\n".to_owned(),
        code(&example::table_request(described).text()),
        "<h3>The same as a list of objects</h3>\n".to_owned(),
        code(&example::list_request(described).text()),
    ]
    .concat()
}

fn named_rows(head: &str, rows: &[[&str; 2]]) -> String {
    let cells = |[name, text]: &[&str; 2]| vec![term(name), escape(text)];
    let rows: Vec<_> = rows.iter().map(cells).collect();
    table(&[head, "Meaning"], &rows)
}

fn inputs(described: &Described) -> String {
    let rows: Vec<_> = described
        .schema
        .inputs
        .iter()
        .map(|column| {
            let empty = if column.nullable {
                "may be empty"
            } else {
                "required"
            };
            vec![
                term(&column.name),
                in_words(column.column_type).to_owned(),
                empty.to_owned(),
                escape(&column.description),
            ]
        })
        .collect();
    let head = ["Column", "Type", "Value", "Description"];
    format!("<p>Input {}.</p>\n{}", term("input1"), table(&head, &rows))
}

fn outputs(described: &Described) -> String {
    let rows: Vec<_> = described
        .schema
        .outputs
        .iter()
        .map(|output| {
            let (kind, text) = match (output.kind, &output.class) {
                (OutputKind::Label, _) => ("text", "The predicted label.".to_owned()),
                (OutputKind::Value, _) => ("number", "The predicted number.".to_owned()),
                (OutputKind::Probability, Some(class)) => (
                    "number",
                    format!("The probability of “{class}”, from 0 to 1."),
                ),
                (OutputKind::Probability, None) => {
                    ("number", "A probability, from 0 to 1.".to_owned())
                }
            };
            vec![term(&output.column), kind.to_owned(), escape(&text)]
        })
        .collect();
    format!(
        "<p>Output {}: the input columns as they were sent, then these.</p>\n{}",
        term("output1"),
        table(&["Column", "Type", "Description"], &rows)
    )
}

fn parameters(described: &Described) -> String {
    if described.schema.parameters.is_empty() {
        return "<p>This web service has none.</p>\n".to_owned();
    }
    let rows: Vec<_> = described
        .schema
        .parameters
        .iter()
        .map(|parameter| {
            let default = parameter.default.as_deref();
            vec![
                term(&parameter.name),
                in_words(parameter.column_type).to_owned(),
                default.map_or_else(|| "required".to_owned(), term),
                escape(&parameter.description),
            ]
        })
        .collect();
    table(&["Parameter", "Type", "Default", "Description"], &rows)
}

fn response(described: &Described) -> String {
    let headers = [
        [
            "x-ms-request-id",
            "Identifies the call; quote it when you ask for help.",
        ],
        ["Date", "When it was answered."],
        [
            "Retry-After",
            "With status 503: seconds after which a repeat may succeed.",
        ],
    ];
    [
        "<p>Status 200. Every cell is text, whatever its type; what was null stays null. The predictions below stand for those of a real call.</p>\n".to_owned(),
        named_rows("Header", &headers),
        code(&example::table_answer(described).text()),
    ]
    .concat()
}

fn errors() -> String {
    let sample = crate::classic::error::ClassicError::unauthorized().body();
    format!(
        "<p>Errors are JSON, with at least one item of details. Clients repeat a call that was answered 503.</p>\n{}{}",
        code(&sample),
        codes::of_calls()
    )
}

fn samples(described: &Described) -> String {
    [
        "<p>They run as they are once the key is in the environment variable <code>PORTICO_KEY</code>.</p>\n<h3>C#</h3>\n".to_owned(),
        code_at("code-snippet-csharp", &snippets::csharp(described)),
        "<h3>Python</h3>\n".to_owned(),
        code_at("code-snippet-python", &snippets::python(described)),
        // The last on the page: the R package shows everything from here on.
        "<h3>R</h3>\n".to_owned(),
        code_at("code-snippet-r", &snippets::r(described)),
    ]
    .concat()
}

fn in_words(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::String => "text",
        ColumnType::Double => "number",
        ColumnType::Integer => "whole number",
        ColumnType::Boolean => "true or false",
        ColumnType::Datetime => "date or time (ISO 8601)",
    }
}
