//! A call's answer: JSON, with outputs in it or in binary behind it. Each output column is a tensor of
//! `[rows, 1]` under its name; columns that one tensor of the model gives can be asked for together by
//! that tensor's name.

use super::columns::interleaved;
use super::error::InferenceError;
use super::request::Wanted;
use crate::calls::pipeline::{OutputColumn, element};
use crate::scoring::{Element, Values};
use portico_api::schema::Schema;
use std::io::Write;

/// An output as it goes out.
#[derive(Debug)]
pub(super) struct Output<'a> {
    name: &'a str,
    width: usize,
    values: Held<'a>,
    binary: bool,
}

#[derive(Debug)]
enum Held<'a> {
    Column(&'a Values),
    Joined(Values),
}

impl Output<'_> {
    fn values(&self) -> &Values {
        match &self.values {
            Held::Column(values) => values,
            Held::Joined(values) => values,
        }
    }
}

/// What an answer says before its outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) model: &'a str,
    pub(super) version: u32,
    pub(super) id: Option<&'a str>,
}

/// An answer's body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// How many of them are JSON, if there are others.
    pub(super) json: Option<usize>,
}

/// The name on the wire of a type that models give.
pub(super) fn datatype(element: &Element) -> &'static str {
    match element {
        Element::F32 => "FP32",
        Element::F64 => "FP64",
        Element::I64 | Element::I32 => "INT64",
        Element::Bool => "BOOL",
        Element::Text | Element::Other(_) => "BYTES",
    }
}

/// Fails if an output that is asked for does not exist; asked before the rows are scored.
///
/// # Errors
/// 400 that names it.
pub(super) fn check(schema: &Schema, wanted: &[Wanted]) -> Result<(), InferenceError> {
    for (index, output) in wanted.iter().enumerate() {
        let known = schema
            .outputs
            .iter()
            .any(|column| column.column == output.name || column.tensor == output.name);
        let name = super::error::shortened(&output.name);
        if !known {
            let names: Vec<&str> = schema
                .outputs
                .iter()
                .take(20)
                .map(|column| column.column.as_str())
                .collect();
            return Err(InferenceError::bad_request(format!(
                "Output {name}: the model has no such output; it has {}.",
                names.join(", ")
            )));
        }
        if wanted[..index]
            .iter()
            .any(|other| other.name == output.name)
        {
            return Err(InferenceError::bad_request(format!(
                "Output {name}: it is asked for twice."
            )));
        }
    }
    Ok(())
}

/// The outputs that are asked for, from the columns that were scored.
///
/// # Errors
/// As [`check`]; nothing else can be wrong.
pub(super) fn outputs<'a>(
    schema: &Schema,
    columns: &'a [OutputColumn],
    wanted: &'a [Wanted],
    binary: bool,
) -> Result<Vec<Output<'a>>, InferenceError> {
    if wanted.is_empty() {
        let all = columns.iter().map(|column| Output {
            name: &column.name,
            width: 1,
            values: Held::Column(&column.values),
            binary,
        });
        return Ok(all.collect());
    }
    check(schema, wanted)?;
    let mut outputs = Vec::with_capacity(wanted.len());
    for Wanted { name, binary } in wanted {
        let column = columns.iter().find(|column| column.name == *name);
        let (width, values) = if let Some(column) = column {
            (1, Held::Column(&column.values))
        } else {
            let parts: Vec<Values> = schema
                .outputs
                .iter()
                .zip(columns)
                .filter(|(output, _)| output.tensor == *name)
                .map(|(_, column)| column.values.clone())
                .collect();
            let joined = interleaved(&parts).ok_or_else(|| {
                InferenceError::new(500, format!("Output {name} could not be put together."))
            })?;
            (parts.len(), Held::Joined(joined))
        };
        outputs.push(Output {
            name,
            width,
            values,
            binary: *binary,
        });
    }
    Ok(outputs)
}

/// Writes an answer.
///
/// # Errors
/// If a text of it is longer than binary can say, 4 GiB.
pub(super) fn write(head: Head<'_>, outputs: &[Output<'_>]) -> Result<Body, InferenceError> {
    let cells: usize = outputs.iter().map(|output| output.values().len()).sum();
    let mut json = Vec::with_capacity(256 + outputs.len() * 96 + cells * 12);
    let mut binary = Vec::new();
    write_into(head, outputs, &mut json, &mut binary).map_err(|error| {
        InferenceError::new(500, format!("The answer can't be written: {error}."))
    })?;
    let length = json.len();
    let any = outputs.iter().any(|output| output.binary);
    json.append(&mut binary);
    Ok(Body {
        bytes: json,
        json: any.then_some(length),
    })
}

fn write_into(
    head: Head<'_>,
    outputs: &[Output<'_>],
    out: &mut Vec<u8>,
    binary: &mut Vec<u8>,
) -> std::io::Result<()> {
    out.extend_from_slice(b"{\"model_name\":");
    serde_json::to_writer(&mut *out, head.model)?;
    write!(out, ",\"model_version\":\"{}\"", head.version)?;
    if let Some(id) = head.id {
        out.extend_from_slice(b",\"id\":");
        serde_json::to_writer(&mut *out, id)?;
    }
    out.extend_from_slice(b",\"outputs\":[");
    for (index, output) in outputs.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let values = output.values();
        let rows = values.len().checked_div(output.width).unwrap_or(0);
        out.extend_from_slice(b"{\"name\":");
        serde_json::to_writer(&mut *out, output.name)?;
        let (width, datatype) = (output.width, datatype(&element(values)));
        write!(
            out,
            ",\"shape\":[{rows},{width}],\"datatype\":\"{datatype}\""
        )?;
        if output.binary {
            let before = binary.len();
            put_binary(values, binary)?;
            let size = binary.len() - before;
            write!(out, ",\"parameters\":{{\"binary_data_size\":{size}}}}}")?;
        } else {
            out.extend_from_slice(b",\"data\":[");
            put_json(values, out)?;
            out.extend_from_slice(b"]}");
        }
    }
    out.extend_from_slice(b"]}");
    Ok(())
}

/// Values in JSON: floats with the digits that tell them apart, NaN and infinities as null.
fn put_json(values: &Values, out: &mut Vec<u8>) -> std::io::Result<()> {
    fn each<T: serde::Serialize>(
        cells: impl Iterator<Item = T>,
        out: &mut Vec<u8>,
    ) -> std::io::Result<()> {
        for (index, cell) in cells.enumerate() {
            if index > 0 {
                out.push(b',');
            }
            serde_json::to_writer(&mut *out, &cell)?;
        }
        Ok(())
    }
    match values {
        Values::F32(cells) => each(cells.iter(), out),
        Values::F64(cells) => each(cells.iter(), out),
        Values::I64(cells) => each(cells.iter(), out),
        Values::Bool(cells) => each(cells.iter(), out),
        Values::Text(cells) => each(cells.iter(), out),
    }
}

/// Values in little-endian binary.
fn put_binary(values: &Values, out: &mut Vec<u8>) -> std::io::Result<()> {
    match values {
        Values::F32(cells) => out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes())),
        Values::F64(cells) => out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes())),
        Values::I64(cells) => out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes())),
        Values::Bool(cells) => out.extend(cells.iter().map(|cell| u8::from(*cell))),
        Values::Text(cells) => {
            for cell in cells.iter() {
                let length = u32::try_from(cell.len()).map_err(std::io::Error::other)?;
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(cell.as_bytes());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
