//! Reads a JSON tree into a type, objects as objects alone.
//!
//! serde reads a struct from a list of its fields' values too, which no schema of the API allows:
//! `[null, true]` would change a key. What else a type accepts stays as it is.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A tree on its way into a type.
#[derive(Debug)]
pub(super) struct Strict(pub(super) Value);

impl<'de> IntoDeserializer<'de, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self(value)));
                let mut fields = MapDeserializer::new(fields);
                let value = visitor.visit_map(&mut fields)?;
                fields.end()?;
                Ok(value)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::custom("a list stands where an object is expected"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::endpoint::UpdateEndpoint;
    use portico_api::key::UpdateKey;
    use serde::Deserialize;
    use serde_json::json;

    fn read<T: for<'de> Deserialize<'de>>(tree: Value) -> Result<T, String> {
        T::deserialize(Strict(tree)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        assert!(read::<UpdateKey>(json!({"disabled": true})).is_ok());
        let said = read::<UpdateKey>(json!([null, true])).unwrap_err();
        assert!(said.contains("a list stands"), "{said}");
        let throttle = json!({"level": "high", "max_concurrent_calls": 5});
        assert!(read::<UpdateEndpoint>(json!({"throttle": throttle})).is_ok());
        let said = read::<UpdateEndpoint>(json!({"throttle": ["high", 5]})).unwrap_err();
        assert!(said.contains("a list stands"), "{said}");
    }

    #[test]
    fn what_is_an_object_is_read_as_before() {
        let tree = json!({"tags": ["a", "b"], "paused": null, "description": "x"});
        let strict: UpdateEndpoint = read(tree.clone()).unwrap();
        assert_eq!(strict, serde_json::from_value(tree).unwrap());
        assert!(read::<UpdateEndpoint>(json!({"nobody": 1})).is_err());
        assert!(read::<UpdateEndpoint>(json!({"tags": "a"})).is_err());
        assert_eq!(
            read::<Value>(json!({"a": [1, {"b": null}]})),
            Ok(json!({"a": [1, {"b": null}]}))
        );
    }
}
