//! Our evaluation against the runtime's own, bit by bit.

use std::{env, sync::OnceLock};

use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{Session, builder::GraphOptimizationLevel},
    value::TensorRef,
};
use proptest::{collection::vec, prelude::*};

use super::{
    super::super::protobuf::{put_bytes, put_number, put_varint},
    Planted, plant,
};

/// Marsaglia's xorshift: the same ensemble for the same seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap() % end
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    #[expect(clippy::cast_precision_loss, reason = "any number will do")]
    fn number(&mut self) -> f32 {
        self.below(2_001) as f32 / 1_000.0 - 1.0
    }

    /// Few values, so that many are exactly on a threshold.
    fn threshold(&mut self) -> f32 {
        [-1.0, -0.5, 0.0, 0.25, 1.0, self.number()][self.below(6)]
    }

    fn value(&mut self) -> f32 {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0];
        match self.below(12) {
            0 => special[self.below(4)],
            _ => self.threshold(),
        }
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

#[derive(Debug, Clone)]
enum Kind {
    Classes { labels: Vec<String>, numbered: bool },
    Values { targets: usize, averages: bool },
}

/// What a node of an ensemble is listed with.
#[derive(Debug, Clone)]
struct Item {
    tree: i64,
    id: i64,
    feature: i64,
    threshold: f32,
    mode: &'static str,
    children: [i64; 2],
    missing: i64,
}

#[derive(Debug, Clone)]
struct Weight {
    tree: i64,
    node: i64,
    target: i64,
    value: f32,
}

/// An ensemble as a file lists it.
#[derive(Debug, Clone)]
struct Ensemble {
    kind: Kind,
    features: usize,
    nodes: Vec<Item>,
    weights: Vec<Weight>,
    tracks: bool,
    bases: Vec<f32>,
    transform: &'static str,
    /// Lists of numbers in one field, or each in a field of its own.
    packed: bool,
}

impl Ensemble {
    fn random(dice: &mut Dice) -> Self {
        let features = 1 + dice.below(6);
        let kind = match dice.below(4) {
            0 => Kind::Values {
                targets: 1 + dice.below(3),
                averages: dice.one_in(2),
            },
            other => Kind::Classes {
                labels: (0..if other == 1 { 3 + dice.below(3) } else { 2 })
                    .map(|class| format!("Klasse ä{class}"))
                    .collect(),
                numbered: dice.one_in(2),
            },
        };
        let targets = match &kind {
            Kind::Classes { labels, .. } if labels.len() == 2 => 1,
            Kind::Classes { labels, .. } => labels.len(),
            Kind::Values { targets, .. } => *targets,
        };
        let (mode, positive) = (["BRANCH_LEQ", "BRANCH_LT"][dice.below(2)], dice.one_in(2));
        let mut ensemble = Self {
            features,
            nodes: Vec::new(),
            weights: Vec::new(),
            tracks: dice.one_in(2),
            bases: match (&kind, dice.below(3)) {
                (_, 0) => Vec::new(),
                _ => (0..targets).map(|_| dice.number()).collect(),
            },
            transform: match &kind {
                Kind::Values { .. } => "NONE",
                Kind::Classes { labels, .. } if labels.len() == 2 => {
                    ["NONE", "LOGISTIC"][dice.below(2)]
                }
                Kind::Classes { .. } => ["NONE", "LOGISTIC", "SOFTMAX"][dice.below(3)],
            },
            packed: dice.one_in(2),
            kind,
        };
        // One target a tree, or all targets in each.
        let (boosted, large) = (dice.one_in(2), dice.one_in(2));
        for tree in 0..(1 + dice.below(12)).max(targets) {
            let number = i64::try_from(tree).unwrap() * 3;
            ensemble.grow(dice, number, mode, large);
            let leaves: Vec<i64> = ensemble
                .nodes
                .iter()
                .filter(|node| node.tree == number && node.mode == "LEAF")
                .map(|node| node.id)
                .collect();
            for node in leaves {
                for target in 0..targets {
                    if boosted && target != tree % targets {
                        continue;
                    }
                    let value = dice.number();
                    ensemble.weights.push(Weight {
                        tree: number,
                        node,
                        target: i64::try_from(target).unwrap(),
                        value: if positive { value.abs() / 4.0 } else { value },
                    });
                }
            }
        }
        if dice.one_in(3) {
            dice.shuffle(&mut ensemble.weights);
        }
        ensemble
    }

    fn grow(&mut self, dice: &mut Dice, tree: i64, mode: &'static str, large: bool) {
        // Ids in the order in which nodes come to be, or with gaps and mixed.
        let (most, deepest) = if large { (301, 12) } else { (63, 5) };
        let mut ids: Vec<i64> = (0..most).collect();
        if dice.one_in(2) {
            dice.shuffle(&mut ids);
        }
        let first = self.nodes.len();
        let mut open = vec![(ids.pop().unwrap(), 0)];
        while let Some((id, depth)) = open.pop() {
            let leaf = depth > deepest || ids.len() < 2 || dice.below(deepest + 1) < depth;
            let children = if leaf {
                [0, 0]
            } else {
                [ids.pop().unwrap(), ids.pop().unwrap()]
            };
            if !leaf {
                open.extend(children.map(|child| (child, depth + 1)));
            }
            self.nodes.push(Item {
                tree,
                id,
                feature: i64::try_from(dice.below(self.features)).unwrap(),
                threshold: dice.threshold(),
                mode: if leaf { "LEAF" } else { mode },
                children,
                missing: i64::from(dice.one_in(2)),
            });
        }
        // The root is listed first, the others anywhere.
        dice.shuffle(&mut self.nodes[first + 1..]);
        // The runtime takes no ids as large as the number of nodes.
        let mut order: Vec<i64> = self.nodes[first..].iter().map(|node| node.id).collect();
        order.sort_unstable();
        let rank = |id: i64| i64::try_from(order.binary_search(&id).unwrap_or(0)).unwrap();
        for node in &mut self.nodes[first..] {
            node.id = rank(node.id);
            node.children = node.children.map(rank);
        }
    }

    fn integers(&self, out: &mut Vec<u8>, name: &str, values: impl Iterator<Item = i64>) {
        let mut attribute = named(name, 7);
        let mut all = Vec::new();
        for value in values.map(i64::cast_unsigned) {
            if self.packed {
                put_varint(&mut all, value);
            } else {
                put_number(&mut attribute, 8, value);
            }
        }
        if self.packed {
            put_bytes(&mut attribute, 8, &all);
        }
        put_bytes(out, 5, &attribute);
    }

    fn numbers(&self, out: &mut Vec<u8>, name: &str, values: impl Iterator<Item = f32>) {
        let mut attribute = named(name, 6);
        let mut all = Vec::new();
        for value in values {
            if !self.packed {
                put_varint(&mut attribute, 7 << 3 | 5);
                attribute.extend_from_slice(&value.to_le_bytes());
            }
            all.extend_from_slice(&value.to_le_bytes());
        }
        if self.packed {
            put_bytes(&mut attribute, 7, &all);
        }
        put_bytes(out, 5, &attribute);
    }

    fn attributes(&self, out: &mut Vec<u8>) {
        let nodes = || self.nodes.iter();
        let weights = || self.weights.iter();
        self.integers(out, "nodes_treeids", nodes().map(|node| node.tree));
        self.integers(out, "nodes_nodeids", nodes().map(|node| node.id));
        self.integers(out, "nodes_featureids", nodes().map(|node| node.feature));
        self.integers(
            out,
            "nodes_falsenodeids",
            nodes().map(|node| node.children[0]),
        );
        self.integers(
            out,
            "nodes_truenodeids",
            nodes().map(|node| node.children[1]),
        );
        self.numbers(out, "nodes_values", nodes().map(|node| node.threshold));
        self.numbers(out, "nodes_hitrates", nodes().map(|_| 1.0));
        texts(out, "nodes_modes", nodes().map(|node| node.mode));
        if self.tracks {
            let missing = nodes().map(|node| node.missing);
            self.integers(out, "nodes_missing_value_tracks_true", missing);
        }
        let of = match &self.kind {
            Kind::Classes { .. } => "class",
            Kind::Values { .. } => "target",
        };
        let called = |what| format!("{of}_{what}");
        self.integers(out, &called("treeids"), weights().map(|weight| weight.tree));
        self.integers(out, &called("nodeids"), weights().map(|weight| weight.node));
        self.integers(out, &called("ids"), weights().map(|weight| weight.target));
        self.numbers(
            out,
            &called("weights"),
            weights().map(|weight| weight.value),
        );
        if !self.bases.is_empty() {
            self.numbers(out, "base_values", self.bases.iter().copied());
        }
        text(out, "post_transform", self.transform);
        match &self.kind {
            Kind::Classes {
                labels,
                numbered: true,
            } => {
                let numbers = (0..labels.len()).map(|class| i64::try_from(class).unwrap() * 7 - 3);
                self.integers(out, "classlabels_int64s", numbers);
            }
            Kind::Classes { labels, .. } => {
                texts(
                    out,
                    "classlabels_strings",
                    labels.iter().map(String::as_str),
                );
            }
            Kind::Values { targets, averages } => {
                let mut attribute = named("n_targets", 2);
                put_number(&mut attribute, 3, *targets as u64);
                put_bytes(out, 5, &attribute);
                text(
                    out,
                    "aggregate_function",
                    if *averages { "AVERAGE" } else { "SUM" },
                );
            }
        }
    }

    /// How many numbers a row gets.
    fn width(&self) -> usize {
        match &self.kind {
            Kind::Classes { labels, .. } => labels.len(),
            Kind::Values { targets, .. } => *targets,
        }
    }

    /// As an ONNX file, which takes columns of this type.
    fn file(&self, element: u64) -> Vec<u8> {
        let (operator, outputs): (&str, &[&str]) = match &self.kind {
            Kind::Classes { .. } => ("TreeEnsembleClassifier", &["label", "scores"]),
            Kind::Values { .. } => ("TreeEnsembleRegressor", &["scores"]),
        };
        let mut node = Vec::new();
        put_bytes(&mut node, 1, b"x");
        for output in outputs {
            put_bytes(&mut node, 2, output.as_bytes());
        }
        put_bytes(&mut node, 3, b"trees");
        put_bytes(&mut node, 4, operator.as_bytes());
        self.attributes(&mut node);
        put_bytes(&mut node, 7, b"ai.onnx.ml");
        let mut graph = Vec::new();
        put_bytes(&mut graph, 1, &node);
        put_bytes(&mut graph, 2, b"graph");
        put_bytes(
            &mut graph,
            11,
            &tensor("x", element, &[None, Some(self.features)]),
        );
        for output in outputs {
            let described = match (*output, &self.kind) {
                ("label", Kind::Classes { numbered: true, .. }) => tensor(output, 7, &[None]),
                ("label", _) => tensor(output, 8, &[None]),
                _ => tensor(output, 1, &[None, Some(self.width())]),
            };
            put_bytes(&mut graph, 12, &described);
        }
        let mut file = Vec::new();
        put_number(&mut file, 1, 8);
        put_bytes(&mut file, 7, &graph);
        for (domain, version) in [(&b""[..], 17), (b"ai.onnx.ml", 1)] {
            let mut import = Vec::new();
            put_bytes(&mut import, 1, domain);
            put_number(&mut import, 2, version);
            put_bytes(&mut file, 8, &import);
        }
        file
    }
}

const FLOAT: u64 = 1;
const DOUBLE: u64 = 11;

fn named(name: &str, kind: u64) -> Vec<u8> {
    let mut attribute = Vec::new();
    put_bytes(&mut attribute, 1, name.as_bytes());
    put_number(&mut attribute, 20, kind);
    attribute
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    let mut attribute = named(name, 3);
    put_bytes(&mut attribute, 4, value.as_bytes());
    put_bytes(out, 5, &attribute);
}

fn texts<'t>(out: &mut Vec<u8>, name: &str, values: impl Iterator<Item = &'t str>) {
    let mut attribute = named(name, 8);
    for value in values {
        put_bytes(&mut attribute, 9, value.as_bytes());
    }
    put_bytes(out, 5, &attribute);
}

/// The description of a tensor.
fn tensor(name: &str, element: u64, sizes: &[Option<usize>]) -> Vec<u8> {
    let mut shape = Vec::new();
    for size in sizes {
        let mut dimension = Vec::new();
        match size {
            Some(size) => put_number(&mut dimension, 1, *size as u64),
            None => put_bytes(&mut dimension, 2, b"rows"),
        }
        put_bytes(&mut shape, 1, &dimension);
    }
    let (mut kind, mut outer, mut described) = (Vec::new(), Vec::new(), Vec::new());
    put_number(&mut kind, 1, element);
    put_bytes(&mut kind, 2, &shape);
    put_bytes(&mut outer, 1, &kind);
    put_bytes(&mut described, 1, name.as_bytes());
    put_bytes(&mut described, 2, &outer);
    described
}

fn session(file: &[u8], planted: Option<&Planted>) -> ort::Result<Session> {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    let environment = ENVIRONMENT.get_or_init(|| {
        let library = env::var_os("PORTICO_ONNXRUNTIME");
        let library = library.expect("PORTICO_ONNXRUNTIME names the ONNX Runtime library");
        let environment = ort::init_from(library).unwrap().build().unwrap();
        environment.set_log_level(LogLevel::Error);
        environment
    });
    let mut builder = Session::builder(environment)?
        .with_log_level(LogLevel::Fatal)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?;
    if let Some(planted) = planted {
        builder = builder.with_operators(planted.operators()?)?;
    }
    builder.commit_from_memory(file)
}

/// What a session says of these rows: labels in words, and scores bit by bit.
fn answers(session: &mut Session, rows: &[f32], width: usize) -> (Vec<String>, Vec<u32>) {
    let shape = [rows.len() / width, width];
    let input = TensorRef::from_array_view((shape, rows)).unwrap();
    let outputs = session.run(ort::inputs!["x" => input]).unwrap();
    let labels = outputs.get("label").map(|labels| {
        if let Ok((_, texts)) = labels.try_extract_strings() {
            return texts;
        }
        let (_, numbers) = labels.try_extract_tensor::<i64>().unwrap();
        numbers.iter().map(i64::to_string).collect()
    });
    let (_, scores) = outputs["scores"].try_extract_tensor::<f32>().unwrap();
    let bits = |score: &f32| if score.is_nan() { f32::NAN } else { *score }.to_bits();
    (
        labels.unwrap_or_default(),
        scores.iter().map(bits).collect(),
    )
}

#[test]
fn ensembles_give_what_the_runtime_gives_bit_by_bit() {
    let (mut quick, mut walked) = (0, 0);
    for seed in 1..=1_000_u64 {
        let mut dice = Dice::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let ensemble = Ensemble::random(&mut dice);
        let file = ensemble.file(FLOAT);
        let planted = plant(&file).unwrap_or_else(|| panic!("seed {seed}: it is none"));
        match planted.forests[0].quick {
            Some(_) => quick += 1,
            None => walked += 1,
        }
        let mut theirs = session(&file, None).unwrap();
        let mut ours = session(&planted.file, Some(&planted)).unwrap();
        for rows in [1, 2, 7, 8, 9, 17, 64, 65, 200] {
            let width = ensemble.features;
            let plain = dice.one_in(3);
            let value = |dice: &mut Dice| {
                if plain {
                    dice.threshold()
                } else {
                    dice.value()
                }
            };
            let rows: Vec<f32> = (0..rows * width).map(|_| value(&mut dice)).collect();
            assert_eq!(
                answers(&mut ours, &rows, width),
                answers(&mut theirs, &rows, width),
                "seed {seed}, rows {rows:?}, {:?}, {}, bases {:?}, tracks {}",
                ensemble.kind,
                ensemble.transform,
                ensemble.bases,
                ensemble.tracks
            );
        }
    }
    assert!(
        quick > 200 && walked > 200,
        "{quick} quick, {walked} walked"
    );
}

#[test]
fn rows_that_are_too_narrow_are_refused_as_by_the_runtime() {
    let mut dice = Dice::new(7);
    let mut ensemble = Ensemble::random(&mut dice);
    ensemble.nodes[0].feature = 9;
    let file = ensemble.file(FLOAT);
    let planted = plant(&file).unwrap();
    let rows = vec![0.0_f32; ensemble.features];
    for mut session in [
        session(&file, None).unwrap(),
        session(&planted.file, Some(&planted)).unwrap(),
    ] {
        let input = TensorRef::from_array_view(([1, ensemble.features], &*rows)).unwrap();
        let error = session
            .run(ort::inputs!["x" => input])
            .map(drop)
            .unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains("columns") || words.contains("features"),
            "{words}"
        );
    }
}

#[test]
fn columns_of_64_bits_are_left_to_the_runtime() {
    let file = Ensemble::random(&mut Dice::new(3)).file(DOUBLE);
    let planted = plant(&file).unwrap();
    assert!(session(&file, None).is_ok());
    assert!(session(&planted.file, Some(&planted)).is_err());
}

type Change = fn(&mut Ensemble);

#[test]
fn what_is_no_proper_ensemble_is_left_to_the_runtime() {
    let mut dice = Dice::new(11);
    let whole = loop {
        let ensemble = Ensemble::random(&mut dice);
        let branches = ensemble.nodes.iter().filter(|node| node.mode != "LEAF");
        if branches.count() > 8 && ensemble.nodes[0].mode != "LEAF" {
            break ensemble;
        }
    };
    assert!(plant(&whole.file(FLOAT)).is_some());
    let changes: [(&str, Change); 13] = [
        ("more targets than weights", |ensemble| {
            ensemble.kind = Kind::Values {
                targets: usize::MAX >> 1,
                averages: false,
            };
            ensemble.bases.clear();
            ensemble.transform = "NONE";
        }),
        ("a cycle", |ensemble| {
            let root = ensemble.nodes[0].id;
            let branch = ensemble.nodes.iter_mut().find(|node| node.mode != "LEAF");
            branch.unwrap().children = [root, root];
        }),
        ("one child twice", |ensemble| {
            let root = &mut ensemble.nodes[0];
            root.children[0] = root.children[1];
        }),
        ("no such child", |ensemble| {
            ensemble.nodes[0].children[0] = 1_000_000;
        }),
        ("a child before the first", |ensemble| {
            ensemble.nodes[0].children[0] = -1;
        }),
        ("an id twice", |ensemble| {
            ensemble.nodes[1].id = ensemble.nodes[0].id;
        }),
        ("a tree in two parts", |ensemble| {
            let node = ensemble.nodes[0].clone();
            ensemble.nodes.push(Item { id: 50, ..node });
        }),
        ("another comparison", |ensemble| {
            ensemble.nodes[0].mode = "BRANCH_GT";
        }),
        ("two comparisons", |ensemble| {
            let other = if ensemble.nodes[0].mode == "BRANCH_LT" {
                "BRANCH_LEQ"
            } else {
                "BRANCH_LT"
            };
            ensemble.nodes[0].mode = other;
        }),
        ("a column before the first", |ensemble| {
            ensemble.nodes[0].feature = -1;
        }),
        ("a leaf without a weight", |ensemble| {
            let (tree, node) = (ensemble.weights[0].tree, ensemble.weights[0].node);
            ensemble
                .weights
                .retain(|weight| (weight.tree, weight.node) != (tree, node));
        }),
        ("a weight twice", |ensemble| {
            let weight = ensemble.weights[0].clone();
            ensemble.weights.push(weight);
        }),
        ("another transformation", |ensemble| {
            ensemble.transform = "PROBIT";
        }),
    ];
    for (what, change) in changes {
        let mut changed = whole.clone();
        change(&mut changed);
        assert!(plant(&changed.file(FLOAT)).is_none(), "{what}");
    }
}

#[test]
fn outputs_without_a_shape_are_left_to_the_runtime() {
    let file = Ensemble::random(&mut Dice::new(5)).file(FLOAT);
    assert!(plant(&file).is_some());
    // A second graph, and an operator of our name in the file.
    let mut twice = file.clone();
    put_bytes(&mut twice, 7, b"");
    assert!(plant(&twice).is_none());
    let mut named = file;
    put_bytes(&mut named, 2, b"portico.forests");
    assert!(plant(&named).is_none());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200), seed in 0..200_u64, at in any::<usize>()) {
        let mut node = b"TreeEnsemble".to_vec();
        node.extend_from_slice(&bytes);
        prop_assert!(plant(&node).is_none());
        // A file with one byte changed, or cut off.
        let mut file = Ensemble::random(&mut Dice::new(seed)).file(FLOAT);
        let at = at % file.len();
        file[at] ^= bytes.first().copied().unwrap_or(1);
        let _ = plant(&file);
        let _ = plant(&file[..at]);
    }
}
