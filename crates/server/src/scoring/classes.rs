//! The classes of a classifier, as its ONNX file lists them: in the order of the columns of its
//! probabilities.
//!
//! They stand in an attribute of a classifying operator or of the `ZipMap` behind it; where a classifier is
//! made of plain operators, its converter keeps them as a constant whose name begins with `classes`. Field
//! numbers are those of `onnx.proto3`. Bounded whatever the bytes are.

use super::protobuf::{Field, Fields, Malformed};

/// The most classes that are told.
const MAX: usize = 10_000;
/// `TensorProto.DataType` of a 32-bit and a 64-bit whole number.
const INT32: u64 = 6;
const INT64: u64 = 7;

/// The classes of the last classifier of the main graph; empty where it lists none.
pub(super) fn classes(file: &[u8]) -> Vec<String> {
    find(file).unwrap_or_default()
}

fn find(file: &[u8]) -> Result<Vec<String>, Malformed> {
    let (mut listed, mut constant) = (Vec::new(), Vec::new());
    let mut fields = Fields::of(file);
    while let Some((number, field)) = fields.next()? {
        let (7, Field::Bytes(graph)) = (number, field) else {
            continue;
        };
        let mut fields = Fields::of(graph);
        while let Some((number, field)) = fields.next()? {
            match (number, field) {
                (1, Field::Bytes(node)) => {
                    let found = of_node(node)?;
                    if !found.is_empty() {
                        listed = found;
                    }
                }
                (5, Field::Bytes(tensor)) => {
                    let found = of_tensor(tensor)?;
                    if !found.is_empty() {
                        constant = found;
                    }
                }
                _ => {}
            }
        }
    }
    Ok(if listed.is_empty() { constant } else { listed })
}

/// The classes that a node's attributes list.
fn of_node(node: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut found = Vec::new();
    let mut fields = Fields::of(node);
    while let Some((number, field)) = fields.next()? {
        if let (5, Field::Bytes(attribute)) = (number, field) {
            let classes = of_attribute(attribute)?;
            if !classes.is_empty() {
                found = classes;
            }
        }
    }
    Ok(found)
}

fn of_attribute(attribute: &[u8]) -> Result<Vec<String>, Malformed> {
    let (mut is_list, mut found) = (false, Vec::new());
    let mut fields = Fields::of(attribute);
    while let Some((number, field)) = fields.next()? {
        match (number, field) {
            (1, Field::Bytes(name)) => is_list = name.starts_with(b"classlabels"),
            (8, Field::Number(value)) => add(&mut found, whole(value)),
            (8, Field::Bytes(packed)) => numbers(packed, &mut found)?,
            (9, Field::Bytes(text)) => add(&mut found, String::from_utf8_lossy(text).into_owned()),
            _ => {}
        }
    }
    Ok(if is_list { found } else { Vec::new() })
}

/// The values of a constant that is called after the classes.
fn of_tensor(tensor: &[u8]) -> Result<Vec<String>, Malformed> {
    let (mut is_list, mut found) = (false, Vec::new());
    let (mut kind, mut raw): (u64, &[u8]) = (0, b"");
    let mut fields = Fields::of(tensor);
    while let Some((number, field)) = fields.next()? {
        match (number, field) {
            (2, Field::Number(value)) => kind = value,
            (5 | 7, Field::Number(value)) => add(&mut found, whole(value)),
            (5 | 7, Field::Bytes(packed)) => numbers(packed, &mut found)?,
            (6, Field::Bytes(text)) => add(&mut found, String::from_utf8_lossy(text).into_owned()),
            (8, Field::Bytes(name)) => is_list = name.starts_with(b"classes"),
            (9, Field::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    if !is_list {
        return Ok(Vec::new());
    }
    match kind {
        INT64 => {
            let (values, _) = raw.as_chunks::<8>();
            for value in values {
                add(&mut found, i64::from_le_bytes(*value).to_string());
            }
        }
        INT32 => {
            let (values, _) = raw.as_chunks::<4>();
            for value in values {
                add(&mut found, i32::from_le_bytes(*value).to_string());
            }
        }
        _ => {}
    }
    Ok(found)
}

/// Numbers of variable length, one after the other.
fn numbers(packed: &[u8], found: &mut Vec<String>) -> Result<(), Malformed> {
    let mut fields = Fields::of(packed);
    while fields.left() > 0 {
        let value = fields.varint()?;
        add(found, whole(value));
    }
    Ok(())
}

/// A signed number as the format writes it.
fn whole(value: u64) -> String {
    value.cast_signed().to_string()
}

fn add(found: &mut Vec<String>, class: String) {
    if found.len() < MAX {
        found.push(class);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::super::protobuf::{put_bytes, put_number, put_varint};
    use super::classes;

    fn message(fields: &[(u64, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, content) in fields {
            put_bytes(&mut bytes, *number, content);
        }
        bytes
    }

    fn model(graph: &[(u64, &[u8])]) -> Vec<u8> {
        message(&[(7, &message(graph))])
    }

    #[test]
    fn an_attribute_lists_texts_or_numbers() {
        let texts = message(&[(1, b"classlabels_strings"), (9, b"a"), (9, "é".as_bytes())]);
        let node = message(&[(4, b"ZipMap"), (5, &texts)]);
        assert_eq!(classes(&model(&[(1, &node)])), ["a", "é"]);
        let mut numbers = message(&[(1, b"classlabels_int64s")]);
        put_number(&mut numbers, 8, 0);
        put_number(&mut numbers, 8, (-2i64).cast_unsigned());
        let node = message(&[(5, &numbers)]);
        assert_eq!(classes(&model(&[(1, &node)])), ["0", "-2"]);
        let mut packed = Vec::new();
        put_varint(&mut packed, 7);
        put_varint(&mut packed, 300);
        let node = message(&[(5, &message(&[(8, &packed), (1, b"classlabels_ints")]))]);
        assert_eq!(classes(&model(&[(1, &node)])), ["7", "300"]);
    }

    #[test]
    fn a_constant_lists_them_where_no_operator_does() {
        let mut constant = Vec::new();
        put_number(&mut constant, 2, 7);
        put_bytes(&mut constant, 8, b"classes");
        put_bytes(
            &mut constant,
            9,
            &[1i64.to_le_bytes(), (-1i64).to_le_bytes()].concat(),
        );
        let other = message(&[(8, b"weights"), (6, b"no class")]);
        let graph = [(5, &other[..]), (5, &constant[..])];
        assert_eq!(classes(&model(&graph)), ["1", "-1"]);
        let texts = message(&[(1, b"classlabels_strings"), (9, b"a")]);
        let node = message(&[(5, &texts)]);
        assert_eq!(classes(&model(&[(1, &node), (5, &constant)])), ["a"]);
    }

    #[test]
    fn other_models_have_none() {
        let nodes = message(&[(1, b"nodes_modes"), (9, b"BRANCH_LEQ")]);
        let node = message(&[(5, &nodes)]);
        assert!(classes(&model(&[(1, &node)])).is_empty());
        assert!(classes(b"no model").is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = classes(&bytes);
            let _ = classes(&model(&[(1, &message(&[(5, &bytes)]))]));
            let _ = classes(&model(&[(5, &bytes)]));
        }
    }
}
