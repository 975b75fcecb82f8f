//! What classic's clients send to be scored, in either of its two forms.
//!
//! Table: `{"Inputs":{"input1":{"ColumnNames":["a"],"Values":[["1"]]}},"GlobalParameters":{}}`.
//! Swagger: `{"Inputs":{"input1":[{"a":"1"}]},"GlobalParameters":{}}`, where one row may stand without
//! its brackets. Whatever the query says of the answer's form, both are read.
//!
//! Lenient where clients in the wild are: a byte order mark, the envelope's names in any case, bare
//! `NaN` and `Infinity` as Python's `json.dumps` writes them, absent or null parameters. Whether cells
//! fit a schema is not decided here.

use super::error::ClassicError;
use super::sent::Sent;
use super::table;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// The form of a request or an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Names once, then lists of cells.
    #[default]
    Table,
    /// A list of objects.
    Swagger,
}

/// Rows as sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<'a> {
    /// The columns' names, each once, in the order sent.
    pub columns: Vec<String>,
    /// Cells by row, as many as there are columns; what a swagger row leaves out is null.
    pub rows: Vec<Vec<Sent<'a>>>,
    /// Global parameters by name.
    pub parameters: Map<String, Value>,
    /// The form that they were sent in.
    pub form: Form,
}

/// Reads a request's body.
///
/// # Errors
/// [`ClassicError`] with status 400 that says what is wrong: no JSON, no input or several, rows of
/// different lengths, or no row at all.
pub fn read(body: &[u8]) -> Result<Rows<'_>, ClassicError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if let Some(rows) = table::read(body) {
        return Ok(rows);
    }
    read_any(body)
}

/// Reads whatever clients send, and says what is wrong with it.
fn read_any(body: &[u8]) -> Result<Rows<'static>, ClassicError> {
    if body.trim_ascii().is_empty() {
        return Err(ClassicError::body_empty());
    }
    let mut request = match parse(body)? {
        Value::Object(request) => request,
        Value::Null => return Err(ClassicError::body_empty()),
        _ => return Err(ClassicError::body_invalid("the body is not an object")),
    };
    let parameters = match take(&mut request, "GlobalParameters") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(parameters)) => parameters,
        Some(_) => {
            let why = "GlobalParameters is not an object";
            return Err(ClassicError::body_invalid(why));
        }
    };
    let inputs = match take(&mut request, "Inputs") {
        None | Some(Value::Null) => return Err(ClassicError::input_missing()),
        Some(Value::Object(inputs)) => inputs,
        Some(_) => return Err(ClassicError::body_invalid("Inputs is not an object")),
    };
    let mut inputs = inputs.into_iter();
    let (name, input) = match (inputs.next(), inputs.next()) {
        (None, _) | (Some((_, Value::Null)), None) => return Err(ClassicError::input_missing()),
        (Some(_), Some(_)) => return Err(ClassicError::several_inputs()),
        (Some(only), None) => only,
    };
    let (columns, rows, form) =
        read_input(input).map_err(|why| ClassicError::input_unreadable(&name, &why))?;
    Ok(Rows {
        columns,
        rows,
        parameters,
        form,
    })
}

fn parse(body: &[u8]) -> Result<Value, ClassicError> {
    let parsed = serde_json::from_slice(body).or_else(|error| match quote_constants(body) {
        Cow::Owned(quoted) => serde_json::from_slice(&quoted),
        Cow::Borrowed(_) => Err(error),
    });
    parsed.map_err(|error| ClassicError::body_invalid(&error.to_string()))
}

/// Turns Python's constants into JSON, outside of strings: `NaN` into `null`, infinities into text
/// that reads as a number.
fn quote_constants(body: &[u8]) -> Cow<'_, [u8]> {
    const CONSTANTS: [(&[u8], &[u8]); 3] = [
        (b"NaN", b"null"),
        (b"-Infinity", b"\"-Infinity\""),
        (b"Infinity", b"\"Infinity\""),
    ];
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    let mut in_string = false;
    while let Some(&byte) = body.get(at) {
        if in_string {
            in_string = byte != b'"';
            // An escaped character is skipped with its backslash.
            at += if byte == b'\\' { 2 } else { 1 };
            continue;
        }
        in_string = byte == b'"';
        let constant = CONSTANTS
            .iter()
            .find(|(constant, _)| body[at..].starts_with(constant));
        let Some((constant, replacement)) = constant else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&body[copied..at]);
        out.extend_from_slice(replacement);
        at += constant.len();
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(body);
    }
    out.extend_from_slice(&body[copied..]);
    Cow::Owned(out)
}

/// Takes a field of an envelope: as it is spelled, else in any case, as .NET's readers did.
fn take(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    if let Some(value) = object.remove(name) {
        return Some(value);
    }
    let spelled = object
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))?
        .clone();
    object.remove(&spelled)
}

/// Names, cells by row, and the form that they came in.
type Table<C = Value> = (Vec<String>, Vec<Vec<C>>, Form);

fn read_input(input: Value) -> Result<Table<Sent<'static>>, String> {
    let table = match input {
        Value::Object(object) => read_object(object)?,
        Value::Array(rows) => read_swagger(rows)?,
        _ => return Err("the input is neither a table nor a list of rows".to_owned()),
    };
    let (columns, rows, form) = table;
    if rows.is_empty() {
        return Err("the input holds no row".to_owned());
    }
    let sent = |row: Vec<Value>| row.into_iter().map(Sent::of).collect();
    Ok((columns, rows.into_iter().map(sent).collect(), form))
}

/// A table, or a single swagger row without its brackets.
fn read_object(mut object: Map<String, Value>) -> Result<Table, String> {
    match (
        take(&mut object, "ColumnNames"),
        take(&mut object, "Values"),
    ) {
        (Some(Value::Array(names)), Some(Value::Array(values))) => read_table(names, values),
        (Some(Value::Array(_)), None) => Err("Values is missing".to_owned()),
        (None, Some(Value::Array(_))) => Err("ColumnNames is missing".to_owned()),
        (None, None) => read_swagger(vec![Value::Object(object)]),
        _ => Err("ColumnNames and Values are not both lists".to_owned()),
    }
}

fn read_table(names: Vec<Value>, values: Vec<Value>) -> Result<Table, String> {
    let mut columns = Vec::with_capacity(names.len());
    let mut seen = HashMap::with_capacity(names.len());
    for name in names {
        let Value::String(name) = name else {
            return Err("a name in ColumnNames is not text".to_owned());
        };
        if seen.insert(name.clone(), ()).is_some() {
            return Err(format!("the column {name} is named twice"));
        }
        columns.push(name);
    }
    let mut rows = Vec::with_capacity(values.len());
    for (number, row) in values.into_iter().enumerate() {
        let Value::Array(cells) = row else {
            return Err(format!("row {number} of Values is not a list"));
        };
        if cells.len() != columns.len() {
            return Err(format!(
                "row {number} has {} cells, and there are {} columns",
                cells.len(),
                columns.len()
            ));
        }
        rows.push(cells);
    }
    Ok((columns, rows, Form::Table))
}

fn read_swagger(objects: Vec<Value>) -> Result<Table, String> {
    let mut columns: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(objects.len());
    for (number, object) in objects.into_iter().enumerate() {
        let Value::Object(object) = object else {
            return Err(format!("row {number} is not an object"));
        };
        let mut row = vec![Value::Null; columns.len()];
        for (name, value) in object {
            match places.get(&name) {
                Some(&place) => row[place] = value,
                None => {
                    places.insert(name.clone(), columns.len());
                    columns.push(name);
                    row.push(value);
                }
            }
        }
        rows.push(row);
    }
    for row in &mut rows {
        row.resize(columns.len(), Value::Null);
    }
    Ok((columns, rows, Form::Swagger))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn table(body: &str) -> (Vec<String>, Value, Form) {
        let rows = read(body.as_bytes()).unwrap();
        (rows.columns, json!(rows.rows), rows.form)
    }

    fn check_refused(body: &str, code: &str, words: &str) {
        let error = read(body.as_bytes()).unwrap_err();
        assert_eq!(
            (error.status.as_u16(), error.details[0].code),
            (400, code),
            "{body}"
        );
        let message = &error.details[0].message;
        assert!(message.contains(words), "{body}: {message}");
    }

    #[test]
    fn the_table_form_is_read() {
        let body = r#"{"Inputs":{"input1":{"ColumnNames":["b","a"],"Values":[["1",2],[null,"x"]]}},"GlobalParameters":{"p":"v"}}"#;
        let expected = (
            vec!["b".to_owned(), "a".to_owned()],
            json!([["1", 2], [null, "x"]]),
            Form::Table,
        );
        assert_eq!(table(body), expected);
        let rows = read(body.as_bytes()).unwrap();
        assert_eq!(Value::Object(rows.parameters), json!({"p": "v"}));
    }

    #[test]
    fn the_swagger_form_is_read() {
        let body = r#"{"Inputs":{"input1":[{"a":"1","b":true},{"c":3,"b":null}]}}"#;
        let columns = ["a", "b", "c"].map(str::to_owned).to_vec();
        let cells = json!([["1", true, null], [null, null, 3]]);
        assert_eq!(table(body), (columns, cells, Form::Swagger));
    }

    #[test]
    fn one_swagger_row_needs_no_brackets() {
        let expected = (vec!["a".to_owned()], json!([[1]]), Form::Swagger);
        assert_eq!(table(r#"{"Inputs":{"anything":{"a":1}}}"#), expected);
    }

    #[test]
    fn what_clients_write_differently_is_read_too() {
        let expected = (vec!["a".to_owned()], json!([["1"]]), Form::Table);
        for body in [
            "\u{feff}{\"Inputs\":{\"input1\":{\"ColumnNames\":[\"a\"],\"Values\":[[\"1\"]]}}}",
            r#"{"inputs":{"Input1":{"columnNames":["a"],"values":[["1"]]}},"globalParameters":null}"#,
            r#"{"GlobalParameters":{},"Inputs":{"x y":{"Values":[["1"]],"ColumnNames":["a"]}},"Outputs":{}}"#,
        ] {
            assert_eq!(table(body), expected, "{body}");
        }
    }

    #[test]
    fn bare_constants_of_python_are_read_outside_of_text_alone() {
        let body = r#"{"Inputs":{"input1":{"ColumnNames":["NaN","a","b","c","d"],"Values":[["\"NaN,", NaN,-Infinity,Infinity,1.5]]}}}"#;
        let (columns, cells, _) = table(body);
        assert_eq!(columns[0], "NaN");
        assert_eq!(
            cells,
            json!([["\"NaN,", null, "-Infinity", "Infinity", 1.5]])
        );
    }

    #[test]
    fn bad_requests_are_named() {
        check_refused("", "RequestIsEmpty", "valid request");
        check_refused(" \n", "RequestIsEmpty", "");
        check_refused("null", "RequestIsEmpty", "");
        check_refused("{", "RequestBodyInvalid", "line 1 column");
        check_refused("{'Inputs':NaN}", "RequestBodyInvalid", "line 1 column");
        check_refused("[]", "RequestBodyInvalid", "not an object");
        check_refused(r#"{"Inputs":[]}"#, "RequestBodyInvalid", "Inputs is not");
        check_refused(
            r#"{"Inputs":{"i":[]},"GlobalParameters":[]}"#,
            "RequestBodyInvalid",
            "GlobalParameters",
        );
        check_refused("{}", "MissingRequestInput", "expects an input");
        check_refused(r#"{"Inputs":{}}"#, "MissingRequestInput", "");
        check_refused(r#"{"Inputs":null}"#, "MissingRequestInput", "");
        check_refused(r#"{"Inputs":{"input1":null}}"#, "MissingRequestInput", "");
        check_refused(
            r#"{"Inputs":{"a":[],"b":[]}}"#,
            "MultipleInputsNotAllowed",
            "multiple",
        );
    }

    #[test]
    fn bad_tables_are_named_with_their_input() {
        let check = |input: &str, words: &str| {
            let body = format!(r#"{{"Inputs":{{"input1":{input}}}}}"#);
            check_refused(&body, "InputParseError", words);
            let error = read(body.as_bytes()).unwrap_err();
            assert_eq!(error.details[0].target.as_deref(), Some("input1"));
        };
        check("7", "neither a table nor a list");
        check("[]", "no row");
        check("[[1]]", "row 0 is not an object");
        check(r#"{"ColumnNames":["a"],"Values":[]}"#, "no row");
        check(r#"{"ColumnNames":["a"]}"#, "Values is missing");
        check(r#"{"Values":[["a"]]}"#, "ColumnNames is missing");
        check(r#"{"ColumnNames":"a","Values":[["1"]]}"#, "not both lists");
        check(
            r#"{"ColumnNames":["a",1],"Values":[["1","2"]]}"#,
            "not text",
        );
        check(
            r#"{"ColumnNames":["a","a"],"Values":[["1","2"]]}"#,
            "a is named twice",
        );
        check(
            r#"{"ColumnNames":["a"],"Values":["1"]}"#,
            "row 0 of Values is not a list",
        );
        check(
            r#"{"ColumnNames":["a"],"Values":[["1"],["1","2"]]}"#,
            "row 1 has 2 cells",
        );
    }

    /// One cell or two, as JSON.
    fn cell() -> impl Strategy<Value = String> {
        let one = prop_oneof![
            any::<String>().prop_map(|text| json!(text).to_string()),
            any::<f64>().prop_map(|number| json!(number).to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            proptest::sample::select(vec![
                "null",
                "true",
                "1e400",
                "1e5",
                "-0",
                "18446744073709551616",
                "[1,{}]",
                r#"{"a":[null]}"#,
                r#""\u00e9""#,
                r#""{\"type\":\"int\",\"value\":\"1\"}""#,
                r#""{}""#,
            ])
            .prop_map(str::to_owned),
        ];
        proptest::collection::vec(one, 1..3).prop_map(|cells| cells.join(","))
    }

    #[test]
    fn what_most_clients_send_is_read_the_short_way() {
        let body =
            r#"{"Inputs":{"input1":{"ColumnNames":["a"],"Values":[["1"]]}},"GlobalParameters":{}}"#;
        let rows = table::read(body.as_bytes()).unwrap();
        assert_eq!(rows.rows, [[Sent::Plain("1")]]);
        for other in [
            body.replace(r#"["1"]"#, r#"["1","2"]"#),
            body.replace(r#"["a"]"#, r#"["a","a"]"#),
            body.replace(r#"[["1"]]"#, "[]"),
            body.replace("Values", "values"),
            body.replace(
                r#"{"ColumnNames":["a"],"Values":[["1"]]}"#,
                r#"[["a"],[["1"]]]"#,
            ),
            format!("{body}x"),
        ] {
            assert!(table::read(other.as_bytes()).is_none(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_reader(body: Vec<u8>, text in "[\\[\\]{}\",:NaInfity\\\\ 0-9-]{0,60}") {
            let _ = read(&body);
            let _ = read(text.as_bytes());
        }

        #[test]
        fn both_readers_read_the_same(
            names in "(\"a\"|\"b\"|\"\\\\u0063\"|1)(,(\"a\"|\"d\"))?",
            cells in proptest::collection::vec(cell(), 0..5),
            more in proptest::sample::select(vec!["", ",\"Outputs\":1", ",\"values\":[]", ",\"Values\":[[1]]"]),
            parameters in proptest::sample::select(vec!["", ",\"GlobalParameters\":{\"p\":\"1\",\"p\":\"2\"}", ",\"GlobalParameters\":null", ",\"GlobalParameters\":[]", ",\"globalparameters\":{}"]),
        ) {
            let rows = cells.join("],[");
            let body = format!("{{\"Inputs\": {{\"i\":{{\"ColumnNames\":[{names}],\"Values\":[[{rows}]]{more}}}}}{parameters}}}");
            let told = |rows: Rows<'_>| (rows.columns, json!(rows.rows).to_string(), rows.parameters, rows.form);
            if let Some(rows) = table::read(body.as_bytes()) {
                prop_assert_eq!(Ok(told(rows)), read_any(body.as_bytes()).map(told), "{}", body);
            }
        }

        #[test]
        fn valid_json_is_left_as_it_is(text: String) {
            let body = json!({"Inputs": {"input1": [{"a": text}]}}).to_string();
            let rows = read(body.as_bytes()).unwrap();
            prop_assert_eq!(json!(rows.rows[0][0]), json!(text));
            // With a bare constant beside it, so that the second reading is taken.
            let body = body.replace("}]}", ",\"b\":NaN}]}");
            prop_assume!(!text.contains("}]}"));
            let rows = read(body.as_bytes()).unwrap();
            prop_assert_eq!(json!(rows.rows[0]), json!([text, null]));
        }
    }
}
