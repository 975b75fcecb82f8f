//! Mends two things in ONNX files that are right where they were made and fail here.
//!
//! * `StringNormalizer` asks the system for the locale `en_US.UTF-8`, by name or because the file
//!   names none. Slim systems don't have it, and the model does not load. `C.UTF-8` is everywhere
//!   and maps the same letters.
//! * `ZipMap` at the end of a classifier (what skl2onnx writes unless told otherwise) turns the
//!   probabilities into a list of maps, which is slow and no tensor. It becomes `Identity`, and the
//!   output the matrix that went into it, its columns in the order of the classes.
//!
//! The stored file stays what was published, and its digest with it: this happens each time the
//! file is loaded. Field numbers are those of `onnx.proto3`.

use std::collections::HashSet;

use memchr::memmem;

use super::protobuf::{Field, Fields, Malformed, put_bytes, put_number, rewritten};

/// The locale that is on every system.
const LOCALE: &[u8] = b"C.UTF-8";
/// What is mended, by its operators.
const STRING_NORMALIZER: &[u8] = b"StringNormalizer";
const ZIP_MAP: &[u8] = b"ZipMap";
/// The deepest nesting that is looked into; vetting allows no more.
const MAX_DEPTH: usize = 96;
/// `AttributeProto.type` of a text.
const STRING: u64 = 3;
/// `TensorProto.DataType` of a 32-bit float.
const FLOAT: u64 = 1;

#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Function,
    Node,
    Attribute,
}

/// The file with what needs it mended; `None` where nothing does. Bytes that are no ONNX file are
/// left to the runtime's judgement.
pub(super) fn mended(file: &[u8]) -> Option<Vec<u8>> {
    // Names of operators stand in the file as they are, and most files have neither.
    let names = |operator| memmem::find(file, operator).is_some();
    if !names(STRING_NORMALIZER) && !names(ZIP_MAP) {
        return None;
    }
    let zipped = zipped(file).unwrap_or_default();
    mend(Message::Model, file, &zipped, 0).ok().flatten()
}

/// Outputs of the main graph that a `ZipMap` makes.
fn zipped(file: &[u8]) -> Result<HashSet<Vec<u8>>, Malformed> {
    let mut made = HashSet::new();
    let mut fields = Fields::of(file);
    while let Some((number, field)) = fields.next()? {
        let (7, Field::Bytes(graph)) = (number, field) else {
            continue;
        };
        let mut fields = Fields::of(graph);
        while let Some((number, field)) = fields.next()? {
            if let (1, Field::Bytes(node)) = (number, field)
                && operator(node)? == (ZIP_MAP, b"ai.onnx.ml")
                && let Some(output) = text(node, 2)?
            {
                made.insert(output.to_vec());
            }
        }
    }
    Ok(made)
}

/// The message with what is in it mended; `None` where nothing is.
fn mend(
    message: Message,
    bytes: &[u8],
    zipped: &HashSet<Vec<u8>>,
    depth: usize,
) -> Result<Option<Vec<u8>>, Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("it is nested too deeply"));
    }
    if let Message::Node = message {
        match operator(bytes)? {
            (STRING_NORMALIZER, b"") => return relocated(bytes),
            (ZIP_MAP, b"ai.onnx.ml") => return identity(bytes).map(Some),
            _ => {}
        }
    }
    rewritten(bytes, |number, field| match (message, number, field) {
        (Message::Graph, 12, Field::Bytes(output)) => unzipped(output, zipped),
        (_, _, Field::Bytes(content)) => match child(message, number) {
            Some(child) => mend(child, content, zipped, depth + 1),
            None => Ok(None),
        },
        _ => Ok(None),
    })
}

fn child(message: Message, field: u64) -> Option<Message> {
    match (message, field) {
        (Message::Model, 7) | (Message::Attribute, 6 | 11) => Some(Message::Graph),
        (Message::Model, 25) => Some(Message::Function),
        (Message::Graph, 1) | (Message::Function, 7) => Some(Message::Node),
        (Message::Node, 5) => Some(Message::Attribute),
        _ => None,
    }
}

/// The last text of this field in a message.
fn text(message: &[u8], wanted: u64) -> Result<Option<&[u8]>, Malformed> {
    let mut found = None;
    let mut fields = Fields::of(message);
    while let Some((number, field)) = fields.next()? {
        if let Field::Bytes(bytes) = field
            && number == wanted
        {
            found = Some(bytes);
        }
    }
    Ok(found)
}

/// The operator of a node, and its domain.
fn operator(node: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let operator = text(node, 4)?.unwrap_or_default();
    let domain = match text(node, 7)?.unwrap_or_default() {
        b"ai.onnx" => b"",
        domain => domain,
    };
    Ok((operator, domain))
}

/// The node with the locale that is everywhere, unless it names one of its own.
fn relocated(node: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut kept = Vec::with_capacity(node.len() + 32);
    let mut fields = Fields::of(node);
    loop {
        let start = node.len() - fields.left();
        let Some((number, field)) = fields.next()? else {
            break;
        };
        if let (5, Field::Bytes(attribute)) = (number, field)
            && text(attribute, 1)? == Some(b"locale")
        {
            let named = text(attribute, 4)?.unwrap_or_default();
            if !named.is_empty() && !named.starts_with(b"en_US") {
                return Ok(None);
            }
        } else {
            kept.extend_from_slice(&node[start..node.len() - fields.left()]);
        }
    }
    let mut attribute = Vec::new();
    put_bytes(&mut attribute, 1, b"locale");
    put_bytes(&mut attribute, 4, LOCALE);
    put_number(&mut attribute, 20, STRING);
    put_bytes(&mut kept, 5, &attribute);
    Ok(Some(kept))
}

/// The node as one that hands on what it is given.
fn identity(node: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut kept = Vec::with_capacity(node.len());
    let mut fields = Fields::of(node);
    loop {
        let start = node.len() - fields.left();
        let Some((number, _)) = fields.next()? else {
            break;
        };
        if !matches!(number, 4 | 5 | 7) {
            kept.extend_from_slice(&node[start..node.len() - fields.left()]);
        }
    }
    put_bytes(&mut kept, 4, b"Identity");
    Ok(kept)
}

/// The description of an output that is no list of maps any more: a matrix of 32-bit floats.
fn unzipped(output: &[u8], zipped: &HashSet<Vec<u8>>) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(name) = text(output, 1)?.filter(|name| zipped.contains(*name)) else {
        return Ok(None);
    };
    let (mut tensor, mut kind, mut described) = (Vec::new(), Vec::new(), Vec::new());
    put_number(&mut tensor, 1, FLOAT);
    put_bytes(&mut kind, 1, &tensor);
    put_bytes(&mut described, 1, name);
    put_bytes(&mut described, 2, &kind);
    Ok(Some(described))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::super::protobuf::{put_bytes, put_number};
    use super::mended;

    fn message(fields: &[(u64, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, content) in fields {
            put_bytes(&mut bytes, *number, content);
        }
        bytes
    }

    fn locale(name: &[u8]) -> Vec<u8> {
        let mut attribute = message(&[(1, b"locale"), (4, name)]);
        put_number(&mut attribute, 20, 3);
        attribute
    }

    fn normalizer(attributes: &[&[u8]]) -> Vec<u8> {
        let mut node = message(&[(1, b"in"), (2, b"out"), (4, b"StringNormalizer")]);
        for attribute in attributes {
            put_bytes(&mut node, 5, attribute);
        }
        message(&[(7, &message(&[(1, &node), (2, b"graph")]))])
    }

    #[test]
    fn a_missing_and_an_american_locale_become_the_one_that_is_everywhere() {
        let case: &[u8] = &message(&[(1, b"case_change_action"), (4, b"LOWER")]);
        let wanted = normalizer(&[case, &locale(b"C.UTF-8")]);
        assert_eq!(mended(&normalizer(&[case])), Some(wanted.clone()));
        assert_eq!(
            mended(&normalizer(&[&locale(b"en_US.UTF-8"), case])),
            Some(wanted.clone())
        );
        assert_eq!(mended(&wanted), None);
        assert_eq!(mended(&normalizer(&[&locale(b"de_DE.UTF-8")])), None);
    }

    #[test]
    fn a_map_at_the_end_becomes_its_matrix() {
        let labels = message(&[(1, b"classlabels_strings"), (9, b"a"), (9, b"b")]);
        let zip = message(&[
            (1, b"p"),
            (2, b"probability"),
            (4, b"ZipMap"),
            (5, &labels),
            (7, b"ai.onnx.ml"),
        ]);
        let output = message(&[(1, b"probability"), (2, &message(&[(4, b"map")]))]);
        let other = message(&[(1, b"label"), (2, &message(&[(1, b"tensor")]))]);
        let model = message(&[(7, &message(&[(1, &zip), (12, &other), (12, &output)]))]);
        let identity = message(&[(1, b"p"), (2, b"probability"), (4, b"Identity")]);
        let mut tensor = Vec::new();
        put_number(&mut tensor, 1, 1);
        let matrix = message(&[(1, b"probability"), (2, &message(&[(1, &tensor)]))]);
        let wanted = message(&[(7, &message(&[(1, &identity), (12, &other), (12, &matrix)]))]);
        assert_eq!(mended(&model), Some(wanted.clone()));
        assert_eq!(mended(&wanted), None);
    }

    #[test]
    fn what_is_far_inside_is_mended_and_what_is_too_deep_is_left() {
        let nested = |depth: usize| {
            let node = message(&[(4, b"StringNormalizer")]);
            let mut graph = message(&[(1, &node)]);
            for _ in 0..depth {
                let attribute = message(&[(6, &graph)]);
                graph = message(&[(1, &message(&[(4, b"If"), (5, &attribute)]))]);
            }
            message(&[(7, &graph)])
        };
        assert!(mended(&nested(3)).is_some());
        assert_eq!(mended(&nested(5_000)), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = mended(&bytes);
            let _ = mended(&message(&[(7, &bytes)]));
            let _ = mended(&message(&[(7, &message(&[(1, &bytes)]))]));
        }
    }
}
