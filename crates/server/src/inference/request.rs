//! The JSON of a call: what its inputs are, and which outputs are wanted in which form. The data of
//! tensors is left as text and read by `data`.

use super::data::{self, Data};
use super::datatype::Datatype;
use super::elements::Shape;
use super::error::InferenceError;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::time::Duration;

/// An input tensor, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input<'b> {
    pub(super) name: Cow<'b, str>,
    pub(super) datatype: Datatype,
    pub(super) shape: Shape,
    pub(super) data: Data,
}

/// An output that the caller asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) binary: bool,
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request<'b> {
    /// Echoed in the answer.
    pub(super) id: Option<Cow<'b, str>>,
    pub(super) inputs: Vec<Input<'b>>,
    /// The outputs wanted, in order; empty for all.
    pub(super) outputs: Vec<Wanted>,
    /// Whether outputs that are not named go out in binary.
    pub(super) binary: bool,
    /// How long the caller waits, where it says so.
    pub(super) patience: Option<Duration>,
    /// What else stands in the request's parameters: the service's global parameters.
    pub(super) parameters: Map<String, Value>,
}

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(borrow, default)]
    id: Option<Cow<'b, str>>,
    #[serde(default)]
    parameters: Option<Map<String, Value>>,
    #[serde(borrow)]
    inputs: Vec<Tensor<'b>>,
    #[serde(borrow, default)]
    outputs: Option<Vec<Output<'b>>>,
}

#[derive(Deserialize)]
struct Tensor<'b> {
    #[serde(borrow)]
    name: Cow<'b, str>,
    shape: Vec<u64>,
    #[serde(borrow)]
    datatype: Cow<'b, str>,
    #[serde(default)]
    parameters: Option<TensorParameters>,
    #[serde(borrow, default)]
    data: Option<&'b RawValue>,
}

#[derive(Deserialize)]
struct Output<'b> {
    #[serde(borrow)]
    name: Cow<'b, str>,
    #[serde(default)]
    parameters: Option<TensorParameters>,
}

#[derive(Default, Deserialize)]
struct TensorParameters {
    #[serde(default)]
    binary_data_size: Option<u64>,
    #[serde(default)]
    binary_data: Option<bool>,
    #[serde(default)]
    shared_memory_region: Option<Value>,
    #[serde(default)]
    classification: Option<Value>,
}

/// Reads a call from its JSON and the bytes behind it.
///
/// # Errors
/// 400 that names the tensor and the rule.
pub(super) fn read<'b>(json: &'b [u8], binary: &[u8]) -> Result<Request<'b>, InferenceError> {
    let envelope: Envelope<'b> = serde_json::from_slice(json).map_err(|_| unreadable(json))?;
    let mut rest = binary;
    let mut inputs = Vec::with_capacity(envelope.inputs.len());
    for tensor in envelope.inputs {
        inputs.push(input(tensor, &mut rest)?);
    }
    if !rest.is_empty() {
        return Err(InferenceError::bad_request(format!(
            "The body has {} bytes behind its JSON that no tensor's binary_data_size counts.",
            rest.len()
        )));
    }
    let mut parameters = envelope.parameters.unwrap_or_default();
    let binary = match parameters.remove("binary_data_output") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(binary)) => binary,
        Some(_) => {
            return Err(InferenceError::bad_request(
                "Parameter binary_data_output is true or false.",
            ));
        }
    };
    let outputs = envelope.outputs.unwrap_or_default();
    let outputs = outputs
        .into_iter()
        .map(|output| wanted(output, binary))
        .collect::<Result<_, _>>()?;
    Ok(Request {
        id: envelope.id,
        inputs,
        outputs,
        binary,
        patience: patience(&parameters)?,
        parameters,
    })
}

/// Why JSON is not a call, with the place.
fn unreadable(json: &[u8]) -> InferenceError {
    if json.trim_ascii().is_empty() {
        return InferenceError::bad_request("The request has no body.");
    }
    // Read again, more slowly, by a reader that keeps the path.
    let mut reader = serde_json::Deserializer::from_slice(json);
    match serde_path_to_error::deserialize::<_, Envelope<'_>>(&mut reader) {
        Err(error) => {
            let path = error.path().to_string();
            let place = if path == "." { "The request" } else { &path };
            InferenceError::bad_request(format!("{place}: {}.", error.inner()))
        }
        Ok(_) => InferenceError::bad_request("The request has more behind its JSON."),
    }
}

fn input<'b>(tensor: Tensor<'b>, rest: &mut &[u8]) -> Result<Input<'b>, InferenceError> {
    let name = tensor.name;
    let refused = |why: String| InferenceError::tensor(&name, why);
    let datatype = Datatype::parse(&tensor.datatype).ok_or_else(|| {
        let names: Vec<&str> = Datatype::ALL.iter().map(|known| known.name()).collect();
        refused(format!(
            "{} is no datatype; there are {}.",
            super::error::shortened(&tensor.datatype),
            names.join(", ")
        ))
    })?;
    let dimension = |at: usize| usize::try_from(tensor.shape[at]).unwrap_or(usize::MAX);
    let shape = match tensor.shape.len() {
        1 => Shape {
            rows: dimension(0),
            width: 1,
        },
        2 => Shape {
            rows: dimension(0),
            width: dimension(1),
        },
        other => {
            return Err(refused(format!(
                "its shape is [rows] or [rows, columns], and has {other} dimensions."
            )));
        }
    };
    let parameters = tensor.parameters.unwrap_or_default();
    if parameters.shared_memory_region.is_some() {
        return Err(refused("shared memory is not served.".to_owned()));
    }
    let read = match (parameters.binary_data_size, tensor.data) {
        (None, Some(json)) => data::of_json(datatype, shape, json.get()),
        (Some(size), None) => {
            let here = usize::try_from(size)
                .ok()
                .and_then(|size| rest.split_at_checked(size));
            let Some((bytes, after)) = here else {
                return Err(refused(format!(
                    "its binary_data_size is {size}, and {} bytes are left behind the JSON, which ends where \
                     Inference-Header-Content-Length says.",
                    rest.len()
                )));
            };
            *rest = after;
            data::of_binary(datatype, shape, bytes)
        }
        (Some(_), Some(_)) => Err("it has both data and binary_data_size".to_owned()),
        (None, None) => Err("it has neither data nor binary_data_size".to_owned()),
    };
    let data = read.map_err(|why| refused(format!("{why}.")))?;
    Ok(Input {
        name,
        datatype,
        shape,
        data,
    })
}

fn wanted(output: Output<'_>, binary: bool) -> Result<Wanted, InferenceError> {
    let parameters = output.parameters.unwrap_or_default();
    for (asked, what) in [
        (parameters.shared_memory_region.is_some(), "shared memory"),
        (parameters.classification.is_some(), "classification"),
    ] {
        if asked {
            let why = format!("{what} is not served.");
            return Err(InferenceError::bad_request(format!(
                "Output {}: {why}",
                super::error::shortened(&output.name)
            )));
        }
    }
    Ok(Wanted {
        name: output.name.into_owned(),
        binary: parameters.binary_data.unwrap_or(binary),
    })
}

/// The caller's own deadline: the parameter `timeout`, in microseconds.
fn patience(parameters: &Map<String, Value>) -> Result<Option<Duration>, InferenceError> {
    match parameters.get("timeout") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(0) => Ok(None),
            Some(micros) => Ok(Some(Duration::from_micros(micros))),
            None => Err(InferenceError::bad_request(
                "Parameter timeout is a whole number of microseconds.",
            )),
        },
    }
}

/// Python's `NaN` and `Infinity`, which its JSON writers put where numbers stand, as JSON; `None` where
/// there is nothing of the kind. Read only where the text is not JSON already.
pub(super) fn without_constants(json: &[u8]) -> Option<Vec<u8>> {
    const CONSTANTS: [(&[u8], &[u8]); 2] = [(b"NaN", b"null"), (b"Infinity", b"1e999")];
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    let mut in_string = false;
    while let Some(&byte) = json.get(at) {
        if in_string {
            in_string = byte != b'"';
            // An escaped character is skipped with its backslash.
            at += if byte == b'\\' { 2 } else { 1 };
            continue;
        }
        in_string = byte == b'"';
        let found = CONSTANTS
            .iter()
            .find(|(constant, _)| json[at..].starts_with(constant));
        let Some((constant, replacement)) = found else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&json[copied..at]);
        out.extend_from_slice(replacement);
        at += constant.len();
        copied = at;
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(&json[copied..]);
    Some(out)
}

/// Whether these bytes are JSON at all.
pub(super) fn is_json(json: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok()
}

#[cfg(test)]
mod tests;
