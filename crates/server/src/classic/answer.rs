//! Scored rows in either of classic's two forms. Every cell is text, whatever its type; null stays
//! null. Written straight into one string: an answer has many cells and each is used once.

use super::Execute;
use super::request::Form;
use super::sent::Sent;
use portico_api::schema::ColumnType;
use serde_json::{Number, Value};
use std::fmt::{Display, LowerExp, Write};

/// The output's name; services have exactly one.
const OUTPUT: &str = "output1";

/// An input column that the answer repeats.
#[derive(Clone, Copy, Debug)]
pub struct EchoColumn<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it holds.
    pub column_type: ColumnType,
    /// Its place in the rows as sent; a column that was not sent is null.
    pub cell: Option<usize>,
}

/// Cells of an output column, one a row.
#[derive(Clone, Debug)]
pub enum OutputCells<'a> {
    /// 32-bit floats, written with as few digits as tell them apart.
    F32(&'a [f32]),
    /// 64-bit floats, likewise.
    F64(&'a [f64]),
    /// Whole numbers.
    I64(&'a [i64]),
    /// Truth values.
    Bool(&'a [bool]),
    /// Texts.
    Text(Vec<&'a str>),
}

/// A column that the model made.
#[derive(Clone, Debug)]
pub struct OutputColumn<'a> {
    /// Its name, such as `Scored Labels`.
    pub name: &'a str,
    /// Its cells.
    pub cells: OutputCells<'a>,
}

/// The answer to a call: the input columns as they were sent, then the outputs.
pub fn write(
    execute: &Execute,
    echo: &[EchoColumn<'_>],
    rows: &[Vec<Sent<'_>>],
    outputs: &[OutputColumn<'_>],
) -> String {
    // About what a cell takes; a string that grows by doubling would copy megabytes.
    let cells = rows.len() * (echo.len() + outputs.len());
    let mut out = String::with_capacity(256 + cells * 16);
    out.push_str("{\"Results\":{");
    push_text(&mut out, OUTPUT);
    out.push(':');
    match execute.form {
        Form::Table => write_table(&mut out, execute.details, echo, rows, outputs),
        Form::Swagger => write_swagger(&mut out, echo, rows, outputs),
    }
    out.push_str("}}");
    out
}

fn write_table(
    out: &mut String,
    details: bool,
    echo: &[EchoColumn<'_>],
    rows: &[Vec<Sent<'_>>],
    outputs: &[OutputColumn<'_>],
) {
    out.push_str("{\"type\":\"table\",\"value\":{\"ColumnNames\":[");
    let names = echo.iter().map(|column| column.name);
    push_texts(out, names.chain(outputs.iter().map(|column| column.name)));
    if details {
        out.push_str("],\"ColumnTypes\":[");
        let types = echo.iter().map(|column| net_type(column.column_type));
        push_texts(
            out,
            types.chain(outputs.iter().map(|column| column.cells.net_type())),
        );
    }
    out.push_str("],\"Values\":[");
    for (row, cells) in rows.iter().enumerate() {
        out.push_str(if row == 0 { "[" } else { ",[" });
        let mut first = true;
        for column in echo {
            separate(out, &mut first);
            push_sent(out, column.cell.and_then(|cell| cells.get(cell)));
        }
        for column in outputs {
            separate(out, &mut first);
            column.cells.push(out, row);
        }
        out.push(']');
    }
    out.push_str("]}}");
}

fn write_swagger(
    out: &mut String,
    echo: &[EchoColumn<'_>],
    rows: &[Vec<Sent<'_>>],
    outputs: &[OutputColumn<'_>],
) {
    let key = |name: &str| {
        let mut key = String::with_capacity(name.len() + 3);
        push_text(&mut key, name);
        key.push(':');
        key
    };
    let echo_keys: Vec<String> = echo.iter().map(|column| key(column.name)).collect();
    let output_keys: Vec<String> = outputs.iter().map(|column| key(column.name)).collect();
    out.push('[');
    for (row, cells) in rows.iter().enumerate() {
        out.push_str(if row == 0 { "{" } else { ",{" });
        let mut first = true;
        for (column, key) in echo.iter().zip(&echo_keys) {
            separate(out, &mut first);
            out.push_str(key);
            push_sent(out, column.cell.and_then(|cell| cells.get(cell)));
        }
        for (column, key) in outputs.iter().zip(&output_keys) {
            separate(out, &mut first);
            out.push_str(key);
            column.cells.push(out, row);
        }
        out.push('}');
    }
    out.push(']');
}

impl OutputCells<'_> {
    fn net_type(&self) -> &'static str {
        match self {
            Self::F32(_) | Self::F64(_) => net_type(ColumnType::Double),
            Self::I64(_) => net_type(ColumnType::Integer),
            Self::Bool(_) => net_type(ColumnType::Boolean),
            Self::Text(_) => net_type(ColumnType::String),
        }
    }

    /// Writes the cell of this row; null if there is none.
    fn push(&self, out: &mut String, row: usize) {
        let written = match self {
            Self::F32(cells) => cells.get(row).map(|cell| {
                push_float(out, *cell, f64::from(*cell));
            }),
            Self::F64(cells) => cells.get(row).map(|cell| push_float(out, *cell, *cell)),
            Self::I64(cells) => cells.get(row).map(|cell| push_quoted(out, cell)),
            Self::Bool(cells) => cells.get(row).map(|cell| push_quoted(out, truth(*cell))),
            Self::Text(cells) => cells.get(row).map(|cell| push_text(out, cell)),
        };
        if written.is_none() {
            out.push_str("null");
        }
    }
}

/// The type as .NET names it, which is how classic's clients know it.
pub(super) fn net_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::String => "String",
        ColumnType::Double => "Double",
        ColumnType::Integer => "Int64",
        ColumnType::Boolean => "Boolean",
        ColumnType::Datetime => "DateTime",
    }
}

/// As .NET writes truth values.
fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A cell as it was sent: text as it stands, everything else as its text.
fn push_sent(out: &mut String, cell: Option<&Sent<'_>>) {
    let value = match cell {
        None => return out.push_str("null"),
        Some(Sent::Plain(text)) => {
            out.push('"');
            out.push_str(text);
            return out.push('"');
        }
        Some(Sent::Value(value)) => value,
    };
    match value {
        Value::Null => out.push_str("null"),
        Value::String(text) => push_text(out, text),
        Value::Bool(value) => push_quoted(out, truth(*value)),
        Value::Number(number) => push_number(out, number),
        other => push_text(out, &other.to_string()),
    }
}

fn push_number(out: &mut String, number: &Number) {
    match number.as_f64() {
        Some(float) if number.is_f64() => push_float(out, float, float),
        _ => push_quoted(out, number),
    }
}

/// The shortest text that reads as the same number: plain digits for sizes that people write so, an
/// exponent for others. `size` is the number again, for comparing.
fn push_float(out: &mut String, number: impl Display + LowerExp, size: f64) {
    if size.is_nan() {
        push_quoted(out, "NaN");
    } else if size.is_infinite() {
        let sign = if size < 0.0 { "-" } else { "" };
        push_quoted(out, format_args!("{sign}Infinity"));
    } else if size == 0.0 || (1e-5..1e16).contains(&size.abs()) {
        push_quoted(out, number);
    } else {
        push_quoted(out, format_args!("{number:e}"));
    }
}

/// Writes text that needs no escape, in quotes.
fn push_quoted(out: &mut String, text: impl Display) {
    // Writing into a string does not fail.
    let _ = write!(out, "\"{text}\"");
}

fn push_texts<'a>(out: &mut String, texts: impl Iterator<Item = &'a str>) {
    let mut first = true;
    for text in texts {
        separate(out, &mut first);
        push_text(out, text);
    }
}

fn separate(out: &mut String, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(',');
    }
}

/// Writes text as a JSON string (RFC 8259).
fn push_text(out: &mut String, text: &str) {
    out.push('"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[copied..at]);
        copied = at + 1;
        if short.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[copied..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn echo(name: &str, column_type: ColumnType, cell: Option<usize>) -> EchoColumn<'_> {
        EchoColumn {
            name,
            column_type,
            cell,
        }
    }

    fn answer(form: Form, details: bool) -> String {
        let echo = [
            echo("age", ColumnType::Integer, Some(1)),
            echo("name", ColumnType::String, Some(0)),
            echo("left out", ColumnType::Double, None),
        ];
        let rows = [
            vec![Sent::of(json!("Ada \"A\"")), Sent::of(json!(36))],
            vec![Sent::of(json!(null)), Sent::Plain("041")],
        ];
        let outputs = [
            OutputColumn {
                name: "Scored Labels",
                cells: OutputCells::Text(vec!["yes", "no"]),
            },
            OutputColumn {
                name: "Scored Probabilities for Class \"x\"",
                cells: OutputCells::F32(&[0.059, f32::NAN]),
            },
        ];
        write(&Execute { form, details }, &echo, &rows, &outputs)
    }

    #[test]
    fn the_table_form_is_word_for_word_classic() {
        assert_eq!(
            answer(Form::Table, false),
            r#"{"Results":{"output1":{"type":"table","value":{"ColumnNames":["age","name","left out","Scored Labels","Scored Probabilities for Class \"x\""],"Values":[["36","Ada \"A\"",null,"yes","0.059"],["041",null,null,"no","NaN"]]}}}}"#
        );
    }

    #[test]
    fn details_add_the_types() {
        let answer = answer(Form::Table, true);
        let types = r#"],"ColumnTypes":["Int64","String","Double","String","Double"],"Values":[["#;
        assert!(answer.contains(types), "{answer}");
    }

    #[test]
    fn the_swagger_form_is_word_for_word_classic() {
        let expected = r#"{"Results":{"output1":[{"age":"36","name":"Ada \"A\"","left out":null,"Scored Labels":"yes","Scored Probabilities for Class \"x\"":"0.059"},{"age":"041","name":null,"left out":null,"Scored Labels":"no","Scored Probabilities for Class \"x\"":"NaN"}]}}"#;
        assert_eq!(answer(Form::Swagger, false), expected);
        assert_eq!(answer(Form::Swagger, true), expected);
    }

    #[test]
    fn sent_cells_become_their_text() {
        let check = |sent: Value, text: &str| {
            let mut out = String::new();
            push_sent(&mut out, Some(&Sent::of(sent.clone())));
            assert_eq!(out, text, "{sent}");
        };
        check(json!("1.50"), "\"1.50\"");
        check(json!(true), "\"True\"");
        check(json!(false), "\"False\"");
        check(json!(1.0), "\"1\"");
        check(json!(0.1), "\"0.1\"");
        check(json!(-7), "\"-7\"");
        check(json!(u64::MAX), "\"18446744073709551615\"");
        check(json!(1e300), "\"1e300\"");
        check(json!(1e-7), "\"1e-7\"");
        check(json!(null), "null");
        check(json!({"type": "int"}), r#""{\"type\":\"int\"}""#);
    }

    #[test]
    fn output_cells_become_their_text() {
        let check = |cells: OutputCells<'_>, texts: &[&str]| {
            for (row, text) in texts.iter().enumerate() {
                let mut out = String::new();
                cells.push(&mut out, row);
                assert_eq!(out, *text);
            }
        };
        let (inf, tiny) = (f32::INFINITY, f32::MIN_POSITIVE);
        check(
            OutputCells::F32(&[0.1, 16_777_216.0, inf, tiny, 0.0]),
            &[
                "\"0.1\"",
                "\"16777216\"",
                "\"Infinity\"",
                "\"1.1754944e-38\"",
                "\"0\"",
                "null",
            ],
        );
        check(
            OutputCells::F64(&[0.1 + 0.2, -1e20, f64::NEG_INFINITY]),
            &["\"0.30000000000000004\"", "\"-1e20\"", "\"-Infinity\""],
        );
        check(OutputCells::I64(&[i64::MIN]), &["\"-9223372036854775808\""]);
        check(
            OutputCells::Bool(&[true, false]),
            &["\"True\"", "\"False\""],
        );
        check(OutputCells::Text(vec!["", "a\tb"]), &["\"\"", "\"a\\tb\""]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(text: String, name: String) {
            let rows = [vec![Sent::of(json!(text))]];
            let outputs = [OutputColumn { name: &name, cells: OutputCells::Text(vec![&text]) }];
            let echo = [echo("e", ColumnType::String, Some(0))];
            let table = write(&Execute::default(), &echo, &rows, &outputs);
            let table: Value = serde_json::from_str(&table).unwrap();
            let value = &table["Results"]["output1"]["value"];
            prop_assert_eq!(&value["ColumnNames"], &json!(["e", name]));
            prop_assert_eq!(&value["Values"], &json!([[text, text]]));
        }

        #[test]
        fn any_number_is_read_back(double: f64, float: f32) {
            let mut out = String::new();
            OutputCells::F64(&[double]).push(&mut out, 0);
            let read: f64 = out.trim_matches('"').parse().unwrap();
            prop_assert!(read == double || (read.is_nan() && double.is_nan()), "{}", out);
            let mut out = String::new();
            OutputCells::F32(&[float]).push(&mut out, 0);
            let read: f32 = out.trim_matches('"').parse().unwrap();
            prop_assert!(read == float || (read.is_nan() && float.is_nan()), "{}", out);
        }
    }
}
