//! Puts operators of our own in the place of an ONNX file's ensembles.

use std::sync::Arc;

use memchr::memmem;
use ort::operator::OperatorDomain;

use super::{
    super::super::protobuf::{Field, Fields, Malformed, put_bytes, put_number, rewritten},
    Forest, operator, read,
};

/// What the names of operators for ensembles begin with.
const ENSEMBLE: &[u8] = b"TreeEnsemble";
/// `AttributeProto.type` of a whole number.
const INTEGER: u64 = 2;

/// An ONNX file whose ensembles have been taken out of it.
pub(in super::super) struct Planted {
    /// The rest of the file, with an operator of ours for each.
    pub(in super::super) file: Vec<u8>,
    pub(super) forests: Vec<Arc<Forest>>,
}

impl Planted {
    /// The operators for a session of this file. They know its own ensembles and no others.
    pub(in super::super) fn operators(&self) -> ort::Result<OperatorDomain> {
        operator::domain(&self.forests)
    }

    /// Bytes that it takes.
    pub(in super::super) fn bytes(&self) -> u64 {
        let forests: usize = self.forests.iter().map(|forest| forest.bytes()).sum();
        (self.file.len() + forests) as u64
    }
}

/// The file with its ensembles taken out; `None` where it has none that [`read`] covers. Bytes that are no ONNX
/// file are left to the runtime's judgement.
pub(in super::super) fn plant(file: &[u8]) -> Option<Planted> {
    // Names stand in the file as they are, and a domain that is there already is somebody else's.
    let names = |name: &[u8]| memmem::find(file, name).is_some();
    if !names(ENSEMBLE) || names(operator::DOMAIN.as_bytes()) {
        return None;
    }
    let (mut forests, mut graphs) = (Vec::new(), 0);
    let planted = rewritten(file, |number, field| match (number, field) {
        (7, Field::Bytes(graph)) => {
            graphs += 1;
            of_graph(graph, &mut forests)
        }
        _ => Ok(None),
    });
    let mut file = planted.ok()??;
    if graphs != 1 {
        // Readers of protobuf would make one of them.
        return None;
    }
    let mut import = Vec::new();
    put_bytes(&mut import, 1, operator::DOMAIN.as_bytes());
    put_number(&mut import, 2, 1);
    put_bytes(&mut file, 8, &import);
    Some(Planted { file, forests })
}

fn of_graph(graph: &[u8], forests: &mut Vec<Arc<Forest>>) -> Result<Option<Vec<u8>>, Malformed> {
    let mut fields = Fields::of(graph);
    while let Some((number, field)) = fields.next()? {
        if let (12, Field::Bytes(output)) = (number, field)
            && !has_shape(output)?
        {
            // The runtime would find it from its own operators, and can't from ours.
            return Ok(None);
        }
    }
    rewritten(graph, |number, field| match (number, field) {
        (1, Field::Bytes(node)) => match read::ensemble(node) {
            Some(forest) => {
                let ours = in_place_of(node, &forest, forests.len())?;
                forests.push(Arc::new(forest));
                Ok(Some(ours))
            }
            None => Ok(None),
        },
        _ => Ok(None),
    })
}

/// Whether the description of an output says how many dimensions it has.
fn has_shape(output: &[u8]) -> Result<bool, Malformed> {
    let inner = |message, wanted| {
        let mut fields = Fields::of(message);
        let mut found = None;
        while let Some((number, field)) = fields.next()? {
            if let Field::Bytes(bytes) = field
                && number == wanted
            {
                found = Some(bytes);
            }
        }
        Ok(found)
    };
    // ValueInfoProto.type, TypeProto.tensor_type, TypeProto.Tensor.shape
    let mut message = output;
    for field in [2, 1, 2] {
        match inner(message, field)? {
            Some(content) => message = content,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// The node that stands for an ensemble: its inputs, outputs and name, and which one it is.
fn in_place_of(node: &[u8], forest: &Forest, number: usize) -> Result<Vec<u8>, Malformed> {
    let mut ours = Vec::new();
    let mut fields = Fields::of(node);
    while let Some((number, field)) = fields.next()? {
        if let (1..=3, Field::Bytes(bytes)) = (number, field) {
            put_bytes(&mut ours, number, bytes);
        }
    }
    let mut which = Vec::new();
    put_bytes(&mut which, 1, operator::FOREST.as_bytes());
    put_number(&mut which, 3, number as u64);
    put_number(&mut which, 20, INTEGER);
    put_bytes(&mut ours, 4, operator::name(&forest.labels).as_bytes());
    put_bytes(&mut ours, 5, &which);
    put_bytes(&mut ours, 7, operator::DOMAIN.as_bytes());
    Ok(ours)
}
