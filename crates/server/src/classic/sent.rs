//! A cell as a client of classic sent it.

use super::azureml;
use crate::calls::rows::SentCell;
use portico_api::cell::{self, CellProblem, CellRef};
use portico_api::schema::InputColumn;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// A cell, which the answer repeats.
#[derive(Clone, Debug, PartialEq)]
pub enum Sent<'a> {
    /// Text that stands in the body without an escape, and so can stand in an answer as it is.
    Plain(&'a str),
    /// Anything else.
    Value(Value),
}

impl Sent<'_> {
    /// This value; what the Python package azureml wraps is unwrapped.
    pub fn of(value: Value) -> Self {
        if let Value::String(text) = &value
            && let Some(inner) = azureml::untyped(text)
        {
            return Self::Value(inner);
        }
        Self::Value(value)
    }
}

impl SentCell for Sent<'_> {
    fn read(&self, column: &InputColumn) -> Result<CellRef<'_>, CellProblem> {
        match self {
            Self::Plain(text) => cell::borrow_text(column, text),
            Self::Value(value) => cell::borrow_value(column, value),
        }
    }
}

/// From JSON text alone: its reader lends a text only where it has no escape.
impl<'de> Deserialize<'de> for Sent<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Sent<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Sent<'de>, E> {
        Ok(Sent::Plain(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Sent<'de>, E> {
        Ok(Sent::of(Value::from(text)))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Sent<'de>, E> {
        Ok(Sent::Value(flag.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Sent<'de>, E> {
        Ok(Sent::Value(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Sent<'de>, E> {
        Ok(Sent::Value(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Sent<'de>, E> {
        Ok(Sent::Value(number.into()))
    }

    fn visit_unit<E: Error>(self) -> Result<Sent<'de>, E> {
        Ok(Sent::Value(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Sent<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Sent::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Sent<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(object)).map(Sent::Value)
    }
}

#[cfg(test)]
impl serde::Serialize for Sent<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(text) => serializer.serialize_str(text),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}
