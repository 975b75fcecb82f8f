//! Reads an answer of the server into the contract's types.
//!
//! Serde's own JSON reader says in detail what is wrong with a text, and has code for that in each
//! type; the portal tells only readable from unreadable, so this one says nothing and stays small.
//! It reads what the contract's types are made of: structs, lists, maps, options, newtypes and enums
//! without fields.

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use std::fmt;

/// An answer that is not in the form of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not in the form of the contract")
    }
}

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn serde::de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

/// Reads a JSON text.
///
/// # Errors
/// [`Unreadable`] when it is not JSON, or not what `T` is.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    T::deserialize(Json(parse(text)?))
}

fn parse(text: &str) -> Result<Value, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable)
}

struct Json(Value);

impl IntoDeserializer<'_, Unreadable> for Json {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The fields of an object with their names.
fn fields(value: Value) -> Result<Vec<(String, Json)>, Unreadable> {
    match value {
        Value::Object(map) => Ok(map
            .into_iter()
            .map(|(name, value)| (name, Json(value)))
            .collect()),
        _ => Err(Unreadable),
    }
}

fn items(value: Value) -> Result<Vec<Json>, Unreadable> {
    match value {
        Value::Array(list) => Ok(list.into_iter().map(Json).collect()),
        _ => Err(Unreadable),
    }
}

fn text(value: Value) -> Result<String, Unreadable> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Unreadable),
    }
}

fn whole(value: &Value) -> Result<u64, Unreadable> {
    value.as_u64().ok_or(Unreadable)
}

fn signed(value: &Value) -> Result<i64, Unreadable> {
    value.as_i64().ok_or(Unreadable)
}

fn double(value: &Value) -> Result<f64, Unreadable> {
    value.as_f64().ok_or(Unreadable)
}

impl<'de> Deserializer<'de> for Json {
    type Error = Unreadable;

    /// A value whose form the contract leaves open.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().ok_or(Unreadable)?),
            },
            Value::String(text) => visitor.visit_string(text),
            list @ Value::Array(_) => {
                visitor.visit_seq(SeqDeserializer::new(items(list)?.into_iter()))
            }
            map @ Value::Object(_) => {
                visitor.visit_map(MapDeserializer::new(fields(map)?.into_iter()))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_bool(self.0.as_bool().ok_or(Unreadable)?)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_u64(whole(&self.0)?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_u64(whole(&self.0)?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_u64(whole(&self.0)?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_u64(whole(&self.0)?)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(signed(&self.0)?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_i64(signed(&self.0)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_f64(double(&self.0)?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_string(text(self.0)?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_string(text(self.0)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            value => visitor.visit_some(Self(value)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_seq(SeqDeserializer::new(items(self.0)?.into_iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_map(MapDeserializer::new(fields(self.0)?.into_iter()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let name: StringDeserializer<Unreadable> = text(self.0)?.into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

#[cfg(test)]
mod tests {
    use super::{Unreadable, read};
    use portico_api::endpoint::Endpoint;
    use portico_api::problem::{Code, Problem};
    use portico_api::schema::{ColumnType, InputColumn};
    use serde_json::{Map, Value};

    #[test]
    fn what_serde_reads_is_read_alike() {
        let text = r#"{"name":"x","type":"double","min":-32.1,"max":59,"nullable":true,"categories":["a"]}"#;
        let column: InputColumn = read(text).unwrap();
        assert_eq!(column, serde_json::from_str(text).unwrap());
        assert_eq!(column.column_type, ColumnType::Double);
        let text =
            r#"{"a":1,"b":-2,"c":0.5,"d":[null,true,"x"],"e":{"f":{}},"g":18446744073709551615}"#;
        let map: Map<String, Value> = read(text).unwrap();
        assert_eq!(map, serde_json::from_str(text).unwrap());
    }

    #[test]
    fn what_is_not_in_the_form_is_unreadable() {
        for text in ["", "{", "[]", "null", "7", r#"{"name":7}"#] {
            assert_eq!(read::<InputColumn>(text), Err(Unreadable), "{text}");
            assert_eq!(read::<Endpoint>(text), Err(Unreadable), "{text}");
        }
        assert_eq!(read::<Code>(r#""no_such_code""#), Err(Unreadable));
        assert_eq!(read::<Problem>(r#"{"title":"t"}"#), Err(Unreadable));
        assert_eq!(read::<u8>("256"), Err(Unreadable));
    }
}
