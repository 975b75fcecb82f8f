//! An ensemble out of a node of an ONNX file.
//!
//! Covered is what converters write for scikit-learn, LightGBM, XGBoost and their like: the operators
//! `TreeEnsembleClassifier` and `TreeEnsembleRegressor` with weights in 32 bits, one comparison throughout
//! (`BRANCH_LEQ` or `BRANCH_LT`), proper trees, sums or averages, and no transformation but `LOGISTIC` and
//! `SOFTMAX`. Everything else is none of ours, and neither is anything that the runtime would refuse.
//!
//! Field numbers are those of `onnx.proto3`. Bounded whatever the bytes are.

use std::str;

use super::{
    super::super::protobuf::{Field, Fields},
    Forest, Labels,
    attributes::Attributes,
    finish::{Finish, Transform},
    grow::{Weights, trees},
};

/// The domain of both operators.
const DOMAIN: &[u8] = b"ai.onnx.ml";

/// The ensemble of this node, where it is one that is covered.
pub(super) fn ensemble(node: &[u8]) -> Option<Forest> {
    let (mut operator, mut domain) = (&b""[..], &b""[..]);
    let mut attributes = Attributes::default();
    let (mut inputs, mut outputs) = (0, 0);
    let mut fields = Fields::of(node);
    while let Some((number, field)) = fields.next().ok()? {
        match (number, field) {
            (1, Field::Bytes(_)) => inputs += 1,
            (2, Field::Bytes(name)) if !name.is_empty() => outputs += 1,
            (3 | 6, Field::Bytes(_)) => {}
            (4, Field::Bytes(bytes)) => operator = bytes,
            (7, Field::Bytes(bytes)) => domain = bytes,
            (5, Field::Bytes(attribute)) => attributes.add(attribute)?,
            _ => return None,
        }
    }
    if domain != DOMAIN || inputs != 1 {
        return None;
    }
    let forest = match (operator, outputs) {
        (b"TreeEnsembleClassifier", 2) => classifier(&mut attributes),
        (b"TreeEnsembleRegressor", 1) => regressor(&mut attributes),
        _ => None,
    };
    forest.filter(|_| attributes.are_taken())
}

fn classifier(attributes: &mut Attributes<'_>) -> Option<Forest> {
    let texts = attributes.texts("classlabels_strings")?;
    let numbers = attributes.integers("classlabels_int64s")?;
    let labels = match (texts.is_empty(), numbers.is_empty()) {
        (true, false) => Labels::Numbers(numbers),
        (false, true) => {
            let texts = texts.into_iter().map(|text| str::from_utf8(text).ok());
            Labels::Texts(
                texts
                    .map(|text| text.map(str::to_owned))
                    .collect::<Option<_>>()?,
            )
        }
        _ => return None,
    };
    let classes = match &labels {
        Labels::Numbers(labels) => labels.len(),
        Labels::Texts(labels) => labels.len(),
        Labels::None => 0,
    };
    let bases = attributes.numbers("base_values")?;
    let transform = transform(attributes)?;
    let weights = Weights::take(attributes, "class")?;
    let finish = match classes {
        2 => Finish::Binary {
            all_positive: !weights.values.iter().any(|weight| *weight < 0.0),
            base: match bases[..] {
                [] => None,
                [base] => Some(base),
                _ => return None,
            },
            logistic: match transform {
                Transform::None => false,
                Transform::Logistic => true,
                Transform::Softmax => return None,
            },
        },
        3.. if bases.is_empty() || bases.len() == classes => Finish::Classes { bases, transform },
        _ => return None,
    };
    // Two classes have one sum, and it is named after the first.
    let targets = if classes == 2 { 1 } else { classes };
    let (mut forest, covered) = trees(attributes, &weights, targets, finish)?;
    if let Finish::Classes { bases, .. } = &forest.finish
        && bases.is_empty()
        && !covered
    {
        // The runtime leaves out classes that no leaf of a row names.
        return None;
    }
    forest.labels = labels;
    Some(forest)
}

fn regressor(attributes: &mut Attributes<'_>) -> Option<Forest> {
    let targets = match attributes.integers("n_targets")?[..] {
        [targets] => usize::try_from(targets)
            .ok()
            .filter(|targets| *targets > 0)?,
        _ => return None,
    };
    let averages = match attributes.text("aggregate_function", b"SUM")? {
        b"SUM" => false,
        b"AVERAGE" => true,
        _ => return None,
    };
    let mut bases = attributes.numbers("base_values")?;
    if bases.is_empty() && targets == 1 {
        // As the runtime does it; it tells 0 from -0.
        bases.push(0.0);
    }
    if !bases.is_empty() && bases.len() != targets || transform(attributes)? != Transform::None {
        return None;
    }
    let weights = Weights::take(attributes, "target")?;
    let finish = Finish::Values {
        bases,
        divisor: None,
    };
    let (mut forest, _) = trees(attributes, &weights, targets, finish)?;
    if let Finish::Values { divisor, .. } = &mut forest.finish {
        #[expect(clippy::cast_precision_loss, reason = "as the runtime does it")]
        let trees = forest.roots.len() as f32;
        *divisor = averages.then_some(trees);
    }
    Some(forest)
}

fn transform(attributes: &mut Attributes<'_>) -> Option<Transform> {
    match attributes.text("post_transform", b"NONE")? {
        b"NONE" => Some(Transform::None),
        b"LOGISTIC" => Some(Transform::Logistic),
        b"SOFTMAX" => Some(Transform::Softmax),
        _ => None,
    }
}
