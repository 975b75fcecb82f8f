//! Reads the shape of an ONNX file without loading it, so that a hostile one is refused before
//! ONNX Runtime sees it.
//!
//! This walks the protobuf wire format by hand: it needs a dozen fields of the whole schema, and
//! must stay bounded whatever the bytes are. Field numbers are those of `onnx.proto3`.

use std::collections::HashSet;

use super::protobuf::{Field, Fields, Malformed};

/// The largest file.
const MAX_BYTES: usize = 2 << 30;
/// The most nodes in all graphs and functions together.
const MAX_NODES: usize = 50_000;
/// The deepest nesting of messages: each subgraph takes three levels.
const MAX_DEPTH: usize = 96;
/// Operator domains that may be used besides those of the model's own functions.
const DOMAINS: [&str; 4] = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

/// Why a file may not be loaded, as a sentence for whoever uploaded it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OnnxError {
    #[error("This is not an ONNX file: {0}.")]
    Malformed(#[from] Malformed),
    #[error(
        "This is a Python pickle, not an ONNX file. Pickles run code when they are opened and are never accepted; convert the model to ONNX."
    )]
    Pickle,
    #[error("The ONNX file is larger than 2 GiB.")]
    TooLarge,
    #[error("The ONNX file has more than {MAX_NODES} nodes.")]
    TooManyNodes,
    #[error("The ONNX file is nested too deeply.")]
    TooDeep,
    #[error("The ONNX file keeps data outside itself, which is not accepted.")]
    ExternalData,
    #[error("The operator {operator} is of the domain {domain}, which is not accepted.")]
    Domain { operator: String, domain: String },
}

/// The messages that the walk tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Model,
    Training,
    Function,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
}

/// What a field of a message holds, where it matters here.
fn child(message: Message, field: u64) -> Option<Message> {
    match (message, field) {
        (Message::Model, 7) | (Message::Training, 1 | 2) | (Message::Attribute, 6 | 11) => {
            Some(Message::Graph)
        }
        (Message::Model, 20) => Some(Message::Training),
        (Message::Model, 25) => Some(Message::Function),
        (Message::Graph, 1) | (Message::Function, 7) => Some(Message::Node),
        (Message::Graph, 5) | (Message::Attribute, 5 | 10) | (Message::SparseTensor, 1 | 2) => {
            Some(Message::Tensor)
        }
        (Message::Graph, 15) | (Message::Attribute, 22 | 23) => Some(Message::SparseTensor),
        (Message::Node, 5) | (Message::Function, 11) => Some(Message::Attribute),
        _ => None,
    }
}

/// Walks the whole file and refuses what the limits of this module don't allow.
pub(super) fn examine(file: &[u8]) -> Result<(), OnnxError> {
    if file.len() > MAX_BYTES {
        return Err(OnnxError::TooLarge);
    }
    // Protocol 2 and later say so in their first bytes, and end in a full stop.
    if matches!(file, [0x80, 2..=5, .., b'.']) {
        return Err(OnnxError::Pickle);
    }
    let own = function_domains(file)?;
    let mut nodes = 0;
    let mut open = vec![(Message::Model, file, 0)];
    while let Some((message, bytes, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return Err(OnnxError::TooDeep);
        }
        if message == Message::Node {
            nodes += 1;
            if nodes > MAX_NODES {
                return Err(OnnxError::TooManyNodes);
            }
            check_domain(bytes, &own)?;
        }
        let mut fields = Fields::of(bytes);
        while let Some((number, field)) = fields.next()? {
            match (message, number, field) {
                // Not even an empty list of places, and any place but the default one.
                (Message::Tensor, 13, _) => return Err(OnnxError::ExternalData),
                (Message::Tensor, 14, Field::Number(place)) if place != 0 => {
                    return Err(OnnxError::ExternalData);
                }
                (_, number, Field::Bytes(bytes)) => {
                    if let Some(message) = child(message, number) {
                        open.push((message, bytes, depth + 1));
                    }
                }
                (_, number, _) if child(message, number).is_some() => {
                    return Err(Malformed("a field has the wrong form").into());
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The domains of the model's own functions. Also checks that there is a graph at all.
fn function_domains(file: &[u8]) -> Result<HashSet<&[u8]>, OnnxError> {
    let mut domains = HashSet::new();
    let mut graph = false;
    let mut fields = Fields::of(file);
    while let Some((number, field)) = fields.next()? {
        match (number, field) {
            (7, _) => graph = true,
            (25, Field::Bytes(function)) => {
                let mut fields = Fields::of(function);
                while let Some((number, field)) = fields.next()? {
                    if let (10, Field::Bytes(domain)) = (number, field) {
                        domains.insert(domain);
                    }
                }
            }
            _ => {}
        }
    }
    if graph {
        Ok(domains)
    } else {
        Err(Malformed("it holds no graph").into())
    }
}

fn check_domain(node: &[u8], own: &HashSet<&[u8]>) -> Result<(), OnnxError> {
    let (mut operator, mut domain): (&[u8], &[u8]) = (b"", b"");
    let mut fields = Fields::of(node);
    while let Some((number, field)) = fields.next()? {
        match (number, field) {
            (4, Field::Bytes(bytes)) => operator = bytes,
            (7, Field::Bytes(bytes)) => domain = bytes,
            _ => {}
        }
    }
    if DOMAINS.iter().any(|known| known.as_bytes() == domain) || own.contains(domain) {
        return Ok(());
    }
    Err(OnnxError::Domain {
        operator: shown(operator),
        domain: shown(domain),
    })
}

/// A name from a file as it may be shown: short and without control characters.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .filter(|character| !character.is_control())
        .take(80)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::super::protobuf::{put_bytes, put_varint};
    use super::{MAX_NODES, OnnxError, examine};

    fn varint(value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, value);
        bytes
    }

    fn field(number: u64, content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, number, content);
        bytes
    }

    fn node(operator: &str, domain: &str) -> Vec<u8> {
        let content = [field(4, operator.as_bytes()), field(7, domain.as_bytes())].concat();
        field(1, &content)
    }

    fn model(graph: &[u8]) -> Vec<u8> {
        field(7, graph)
    }

    #[test]
    fn known_domains_and_own_functions_pass() {
        let graph = [node("Add", ""), node("Scaler", "ai.onnx.ml")].concat();
        assert_eq!(examine(&model(&graph)), Ok(()));
        let own = model(&node("Mine", "local"));
        let function = field(25, &field(10, b"local"));
        assert_eq!(examine(&[own, function].concat()), Ok(()));
    }

    #[test]
    fn an_unknown_domain_is_refused_even_in_a_subgraph() {
        let refused = OnnxError::Domain {
            operator: "Run".to_owned(),
            domain: "evil".to_owned(),
        };
        assert_eq!(examine(&model(&node("Run", "evil"))), Err(refused.clone()));
        let attribute = field(6, &node("Run", "evil"));
        let outer = field(1, &[field(4, b"If"), field(5, &attribute)].concat());
        assert_eq!(examine(&model(&outer)), Err(refused));
    }

    #[test]
    fn external_data_is_refused_wherever_it_stands() {
        let tensor = field(13, b"");
        let placed = [varint(14 << 3), varint(1)].concat();
        for tensor in [tensor, placed] {
            let initializer = model(&field(5, &tensor));
            assert_eq!(examine(&initializer), Err(OnnxError::ExternalData));
            let attribute = field(1, &field(5, &field(5, &tensor)));
            assert_eq!(examine(&model(&attribute)), Err(OnnxError::ExternalData));
            let sparse = field(15, &field(2, &tensor));
            assert_eq!(examine(&model(&sparse)), Err(OnnxError::ExternalData));
        }
    }

    #[test]
    fn nodes_are_counted() {
        let one = node("Add", "");
        assert_eq!(examine(&model(&one.repeat(MAX_NODES))), Ok(()));
        let error = examine(&model(&one.repeat(MAX_NODES + 1)));
        assert_eq!(error, Err(OnnxError::TooManyNodes));
    }

    #[test]
    fn nesting_is_bounded() {
        let mut graph = node("Add", "");
        for _ in 0..10_000 {
            graph = field(1, &field(5, &field(6, &graph)));
        }
        assert_eq!(examine(&model(&graph)), Err(OnnxError::TooDeep));
    }

    #[test]
    fn a_pickle_is_told_apart() {
        let pickle = b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x07sklearn\x94.";
        assert_eq!(examine(pickle), Err(OnnxError::Pickle));
    }

    #[test]
    fn garbage_is_refused_with_a_reason() {
        for bytes in [
            &b""[..],
            b"garbage",
            &[0x80; 20],
            &[0x3a, 0xff, 0xff, 0xff, 0x7f],
        ] {
            assert!(
                matches!(examine(bytes), Err(OnnxError::Malformed(_))),
                "{bytes:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_without_panic(bytes in vec(any::<u8>(), 0..300)) {
            let _ = examine(&bytes);
            let _ = examine(&model(&bytes));
            let _ = examine(&model(&field(1, &bytes)));
            let _ = examine(&model(&field(5, &bytes)));
        }
    }
}
