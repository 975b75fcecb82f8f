//! The form that most calls have, read straight into rows: the names as classic's samples spell them, one
//! input, a table. A tree of values for each cell would take longer than all else that this server
//! does with it. Whatever is unusual or wrong is left to the reader that takes everything.

use super::request::{Form, Rows};
use super::sent::Sent;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

/// The rows of a body in this form; `None` for any other, right or wrong.
pub(super) fn read(body: &[u8]) -> Option<Rows<'_>> {
    let text = std::str::from_utf8(body).ok()?;
    let Envelope { input, parameters } = serde_json::from_str(text).ok()?;
    let Table { names, rows } = input.0;
    let even = rows.iter().all(|row| row.len() == names.len());
    let distinct = names.iter().collect::<HashSet<_>>().len() == names.len();
    (even && distinct && !rows.is_empty()).then_some(Rows {
        columns: names,
        rows,
        parameters: parameters.unwrap_or_default(),
        form: Form::Table,
    })
}

/// What is not of this form; nobody reads the words.
fn other<E: Error>() -> E {
    E::custom("another form")
}

struct Envelope<'a> {
    input: Only<'a>,
    parameters: Option<Map<String, Value>>,
}

/// A single input, whatever its name.
struct Only<'a>(Table<'a>);

struct Table<'a> {
    names: Vec<String>,
    rows: Vec<Vec<Sent<'a>>>,
}

// Written out: the readers that serde derives would take lists for objects too.

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut input, mut parameters) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "Inputs" if input.is_none() => input = Some(map.next_value()?),
                "GlobalParameters" if parameters.is_none() => parameters = Some(map.next_value()?),
                _ => return Err(other()),
            }
        }
        Ok(Envelope {
            input: input.ok_or_else(other)?,
            parameters: parameters.flatten(),
        })
    }
}

impl<'de> Deserialize<'de> for Only<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnlyVisitor)
    }
}

struct OnlyVisitor;

impl<'de> Visitor<'de> for OnlyVisitor {
    type Value = Only<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one input")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let input = map.next_entry::<String, Table<'de>>()?;
        let (_, table) = input.ok_or_else(other)?;
        match map.next_key::<String>()? {
            None => Ok(Only(table)),
            Some(_) => Err(other()),
        }
    }
}

impl<'de> Deserialize<'de> for Table<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TableVisitor)
    }
}

struct TableVisitor;

impl<'de> Visitor<'de> for TableVisitor {
    type Value = Table<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut names, mut rows) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "ColumnNames" if names.is_none() => names = Some(map.next_value()?),
                "Values" if rows.is_none() => rows = Some(map.next_value_seed(RowsVisitor)?),
                _ => return Err(other()),
            }
        }
        Ok(Table {
            names: names.ok_or_else(other)?,
            rows: rows.ok_or_else(other)?,
        })
    }
}

struct RowsVisitor;

impl<'de> DeserializeSeed<'de> for RowsVisitor {
    type Value = Vec<Vec<Sent<'de>>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Vec<Vec<Sent<'de>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rows: Vec<Vec<Sent<'de>>> = Vec::new();
        // A row has as many cells as the one before it.
        while let Some(row) = list.next_element_seed(RowVisitor(rows.last().map_or(0, Vec::len)))? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// Reads a row of about so many cells.
struct RowVisitor(usize);

impl<'de> DeserializeSeed<'de> for RowVisitor {
    type Value = Vec<Sent<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Vec<Sent<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut row = Vec::with_capacity(self.0);
        while let Some(cell) = list.next_element()? {
            row.push(cell);
        }
        Ok(row)
    }
}
