//! What classic's clients submit: `{"Inputs":{"input1":blob},"Outputs":{"output1":blob},
//! "GlobalParameters":{}}`, or with `Input` and `Output` for services that have one of each. A blob is
//! `{"ConnectionString","RelativeLocation","BaseLocation","SasBlobToken"}`, of which unused ones are null.
//!
//! Names are read in any case, except those of outputs, where classic was strict. What the service does not
//! know of, such as `AzureBatchPoolId`, is passed over.

use crate::classic::error::ClassicError;
use serde_json::{Map, Value};

/// The one input and the one output that services have.
const INPUT: &str = "input1";
/// See [`INPUT`].
pub(super) const OUTPUT: &str = "output1";

/// A reference to a blob as it was sent. No `Debug`: it may hold keys.
#[derive(Default)]
pub(super) struct BlobRef {
    pub connection: Option<String>,
    pub relative: Option<String>,
    pub base: Option<String>,
    pub token: Option<String>,
}

/// A job as it was sent.
pub(super) struct Submitted {
    pub input: BlobRef,
    pub output: Option<BlobRef>,
    pub parameters: Map<String, Value>,
}

/// Reads a request's body.
///
/// # Errors
/// [`ClassicError`] with status 400 that names what is wrong.
pub(super) fn read(body: &[u8]) -> Result<Submitted, ClassicError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.trim_ascii().is_empty() {
        return Err(ClassicError::body_empty());
    }
    let tree: Value = serde_json::from_slice(body)
        .map_err(|error| ClassicError::body_invalid(&error.to_string()))?;
    let Value::Object(whole) = tree else {
        return Err(ClassicError::body_invalid("a job is an object"));
    };
    let parameters = match field(&whole, "GlobalParameters") {
        None => Map::new(),
        Some(Value::Object(values)) => values.clone(),
        Some(_) => return Err(ClassicError::body_invalid("GlobalParameters is an object")),
    };
    Ok(Submitted {
        input: input(&whole)?,
        output: output(&whole)?,
        parameters,
    })
}

fn input(whole: &Map<String, Value>) -> Result<BlobRef, ClassicError> {
    let named = match (field(whole, "Inputs"), field(whole, "Input")) {
        (Some(_), Some(_)) => return Err(ClassicError::duplicate_input()),
        (None, None) => return Err(ClassicError::inputs_missing()),
        (None, Some(single)) => return blob("Input", single),
        (Some(Value::Object(named)), None) => named,
        (Some(_), None) => return Err(ClassicError::body_invalid("Inputs is an object by name")),
    };
    if let Some(name) = named.keys().find(|name| !name.eq_ignore_ascii_case(INPUT)) {
        // One that is unknown beside the right one is one too many.
        return Err(if named.len() > 1 {
            ClassicError::too_many_inputs()
        } else {
            ClassicError::input_name(name)
        });
    }
    let mut values = named.values();
    match (values.next(), values.next()) {
        (None, _) => Err(ClassicError::inputs_missing()),
        (Some(Value::Null), None) => Err(ClassicError::blob_missing()),
        (Some(only), None) => blob(INPUT, only),
        (Some(_), Some(_)) => Err(ClassicError::too_many_inputs()),
    }
}

fn output(whole: &Map<String, Value>) -> Result<Option<BlobRef>, ClassicError> {
    let named = match (field(whole, "Outputs"), field(whole, "Output")) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(ClassicError::body_invalid("it has both Outputs and Output"));
        }
        (None, Some(single)) => return blob("Output", single).map(Some),
        (Some(Value::Object(named)), None) => named,
        (Some(_), None) => return Err(ClassicError::body_invalid("Outputs is an object by name")),
    };
    if let Some(name) = named.keys().find(|name| *name != OUTPUT) {
        return Err(ClassicError::output_name(name));
    }
    match named.get(OUTPUT) {
        None => Ok(None),
        Some(Value::Null) => Err(ClassicError::output_missing(OUTPUT)),
        Some(reference) => blob(OUTPUT, reference).map(Some),
    }
}

fn blob(what: &str, value: &Value) -> Result<BlobRef, ClassicError> {
    let Value::Object(fields) = value else {
        let why = format!(
            "{what} is an object with ConnectionString, RelativeLocation, BaseLocation and SasBlobToken"
        );
        return Err(ClassicError::body_invalid(&why));
    };
    let text = |name: &str| match field(fields, name) {
        None => Ok(None),
        // What generated clients write for what they don't use.
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(ClassicError::body_invalid(&format!(
            "{name} of {what} is a text"
        ))),
    };
    Ok(BlobRef {
        connection: text("ConnectionString")?,
        relative: text("RelativeLocation")?,
        base: text("BaseLocation")?,
        token: text("SasBlobToken")?,
    })
}

/// A field by its name in any case; null is as good as none.
fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = object.get(name).or_else(|| {
        let mut all = object.iter();
        all.find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_name_the_input_are_read() {
        for body in [
            r#"{"Inputs":{"input1":{"ConnectionString":"c","RelativeLocation":" /a/b.csv ","BaseLocation":null,"SasBlobToken":""}},"Outputs":null,"GlobalParameters":{"p":1}}"#,
            r#"{"input":{"connectionstring":"c","relativelocation":"/a/b.csv"},"AzureBatchPoolId":"x","globalparameters":{"p":1},"Inputs":null}"#,
        ] {
            let read = read(body.as_bytes()).ok().unwrap();
            assert_eq!(read.input.connection.as_deref(), Some("c"));
            assert_eq!(read.input.relative.as_deref(), Some("/a/b.csv"));
            assert!(read.input.base.is_none() && read.input.token.is_none());
            assert!(read.output.is_none());
            assert_eq!(read.parameters["p"], 1);
        }
        let marked = "\u{feff}{\"Input\":{},\"Output\":{\"RelativeLocation\":\"a/o.csv\"}}";
        let output = read(marked.as_bytes()).ok().unwrap().output.unwrap();
        assert_eq!(output.relative.as_deref(), Some("a/o.csv"));
    }

    #[test]
    fn each_wrong_body_has_its_code() {
        let check = |body: &str, code: &str| {
            let error = read(body.as_bytes()).err().unwrap();
            assert_eq!(
                (error.status.as_u16(), error.details[0].code),
                (400, code),
                "{body}"
            );
        };
        check("", "RequestIsEmpty");
        check("{", "RequestBodyInvalid");
        check("[]", "RequestBodyInvalid");
        check("{}", "BatchJobInputsNotSpecified");
        check(r#"{"Inputs":{}}"#, "BatchJobInputsNotSpecified");
        check(r#"{"Inputs":[]}"#, "RequestBodyInvalid");
        check(
            r#"{"Inputs":{"input1":null}}"#,
            "MissingInputBlobInformation",
        );
        check(r#"{"Inputs":{"input1":"a"}}"#, "RequestBodyInvalid");
        check(
            r#"{"Inputs":{"input1":{"RelativeLocation":7}}}"#,
            "RequestBodyInvalid",
        );
        check(r#"{"Inputs":{"other":{}}}"#, "InvalidInputNames");
        check(
            r#"{"Inputs":{"input1":{},"input2":{}}}"#,
            "BatchJobInputsTooManySpecified",
        );
        check(
            r#"{"Inputs":{"input1":{}},"Input":{}}"#,
            "DuplicateInputInBatchCall",
        );
        check(
            r#"{"Input":{},"Outputs":{"Output1":{}}}"#,
            "InvalidOutputOverrideName",
        );
        check(
            r#"{"Input":{},"Outputs":{"output1":null}}"#,
            "MissingOutputOverrideSpecification",
        );
        check(r#"{"Input":{},"Outputs":[]}"#, "RequestBodyInvalid");
        check(
            r#"{"Input":{},"GlobalParameters":[]}"#,
            "RequestBodyInvalid",
        );
    }
}
