//! JSON whose objects keep their fields in the order in which they were written: readers of this wire's
//! documents count on it.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// A document, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    /// A value whose own fields have no order.
    Plain(Value),
    /// Fields in order.
    Object(Vec<(String, Json)>),
    /// Items in order.
    List(Vec<Json>),
}

/// An object of these fields.
pub(super) fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

impl FromIterator<(String, Json)> for Json {
    fn from_iter<I: IntoIterator<Item = (String, Self)>>(fields: I) -> Self {
        Self::Object(fields.into_iter().collect())
    }
}

impl<T: Into<Value>> From<T> for Json {
    fn from(value: T) -> Self {
        Self::Plain(value.into())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl Json {
    /// On one line.
    pub(super) fn line(&self) -> String {
        // Text, numbers and lists always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// On several lines; a list without objects or lists in it stays on one, as a row of a table should.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        let (brackets, fields): ([char; 2], Vec<(Option<&str>, &Self)>) = match self {
            Self::Object(fields) if !fields.is_empty() => {
                let fields = fields
                    .iter()
                    .map(|field| (Some(field.0.as_str()), &field.1));
                (['{', '}'], fields.collect())
            }
            Self::List(items) if items.iter().any(|item| !matches!(item, Self::Plain(_))) => {
                (['[', ']'], items.iter().map(|item| (None, item)).collect())
            }
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::line).collect();
                return out.push_str(&format!("[{}]", items.join(", ")));
            }
            _ => return out.push_str(&self.line()),
        };
        out.push(brackets[0]);
        for (index, (name, value)) in fields.into_iter().enumerate() {
            out.push_str(if index == 0 { "\n" } else { ",\n" });
            out.push_str(&"  ".repeat(depth + 1));
            if let Some(name) = name {
                out.push_str(&Self::from(name).line());
                out.push_str(": ");
            }
            value.write(out, depth + 1);
        }
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
        out.push(brackets[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order() {
        let list = Json::List(vec![Json::from(1), Json::from("a\"")]);
        let inner = object([("z", list), ("a", Json::from(Value::Null))]);
        let json = object([("b", inner), ("a", Json::from(true))]);
        assert_eq!(json.line(), r#"{"b":{"z":[1,"a\""],"a":null},"a":true}"#);
    }

    #[test]
    fn rows_of_a_table_stay_on_a_line() {
        let row = |cells: [&str; 2]| Json::List(cells.map(Json::from).to_vec());
        let rows = Json::List(vec![row(["a\",\"", "1"]), row(["b", "2"])]);
        let json = object([("Values", rows), ("None", object([])), ("n", Json::from(1))]);
        let expected = r#"{
  "Values": [
    ["a\",\"", "1"],
    ["b", "2"]
  ],
  "None": {},
  "n": 1
}"#;
        assert_eq!(json.text(), expected);
        let read: Value = serde_json::from_str(&json.text()).unwrap();
        assert_eq!(read, serde_json::from_str::<Value>(&json.line()).unwrap());
    }
}
