//! The attributes of a node of an ONNX file, of the kinds that an ensemble has. Field numbers are those of
//! `onnx.proto3`; bounded whatever the bytes are.

use std::collections::HashMap;

use super::super::super::protobuf::{Field, Fields, Malformed};

/// `AttributeProto.type`.
const INTEGER: u64 = 2;
const TEXT: u64 = 3;
const NUMBERS: u64 = 6;
const INTEGERS: u64 = 7;
const TEXTS: u64 = 8;

/// What an attribute holds.
enum Value<'a> {
    Numbers(Vec<f32>),
    Integers(Vec<i64>),
    Texts(Vec<&'a [u8]>),
}

/// A node's attributes by name.
#[derive(Default)]
pub(super) struct Attributes<'a>(HashMap<&'a [u8], Value<'a>>);

impl<'a> Attributes<'a> {
    /// Takes one in; `None` where it holds nothing that an ensemble has, or is there already.
    pub(super) fn add(&mut self, attribute: &'a [u8]) -> Option<()> {
        let (name, value) = self::attribute(attribute).ok()??;
        self.0.insert(name, value).is_none().then_some(())
    }

    /// Whether nobody has left any behind.
    pub(super) fn are_taken(&self) -> bool {
        self.0.is_empty()
    }

    /// The numbers of an attribute, none where it is not there. `None` where it holds something else.
    pub(super) fn numbers(&mut self, name: &str) -> Option<Vec<f32>> {
        match self.0.remove(name.as_bytes()) {
            None => Some(Vec::new()),
            Some(Value::Numbers(numbers)) => Some(numbers),
            Some(_) => None,
        }
    }

    /// The same for whole numbers.
    pub(super) fn integers(&mut self, name: &str) -> Option<Vec<i64>> {
        match self.0.remove(name.as_bytes()) {
            None => Some(Vec::new()),
            Some(Value::Integers(integers)) => Some(integers),
            Some(_) => None,
        }
    }

    /// The same for texts.
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<&'a [u8]>> {
        match self.0.remove(name.as_bytes()) {
            None => Some(Vec::new()),
            Some(Value::Texts(texts)) => Some(texts),
            Some(_) => None,
        }
    }

    /// An attribute that is one text.
    pub(super) fn text(&mut self, name: &str, default: &'static [u8]) -> Option<&'a [u8]> {
        match self.texts(name)?[..] {
            [] => Some(default),
            [text] => Some(text),
            _ => None,
        }
    }
}

/// An attribute's name and what it holds; `None` where that is nothing that an ensemble has.
fn attribute(attribute: &[u8]) -> Result<Option<(&[u8], Value<'_>)>, Malformed> {
    let (mut name, mut kind) = (None, 0);
    let (mut integer, mut text) = (0, &b""[..]);
    let (mut numbers, mut integers, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    let mut fields = Fields::of(attribute);
    while let Some((number, field)) = fields.next()? {
        match (number, field) {
            (1, Field::Bytes(bytes)) => name = Some(bytes),
            (3, Field::Number(number)) => integer = number.cast_signed(),
            (4, Field::Bytes(bytes)) => text = bytes,
            (7, Field::Fixed(bytes) | Field::Bytes(bytes)) => {
                let (whole, rest) = bytes.as_chunks();
                if !rest.is_empty() {
                    return Ok(None);
                }
                numbers.extend(whole.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
            (8, Field::Number(number)) => integers.push(number.cast_signed()),
            (8, Field::Bytes(bytes)) => {
                let mut packed = Fields::of(bytes);
                while packed.left() > 0 {
                    integers.push(packed.varint()?.cast_signed());
                }
            }
            (9, Field::Bytes(bytes)) => texts.push(bytes),
            (20, Field::Number(number)) => kind = number,
            (13, Field::Bytes(_)) => {}
            _ => return Ok(None),
        }
    }
    let value = match kind {
        INTEGER => Value::Integers(vec![integer]),
        TEXT => Value::Texts(vec![text]),
        NUMBERS => Value::Numbers(numbers),
        INTEGERS => Value::Integers(integers),
        TEXTS => Value::Texts(texts),
        _ => return Ok(None),
    };
    Ok(name.map(|name| (name, value)))
}
