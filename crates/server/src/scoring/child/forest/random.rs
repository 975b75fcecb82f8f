//! Random ensembles as ONNX files list them, for the tests.

use super::super::super::protobuf::{put_bytes, put_number, put_varint};

/// Marsaglia's xorshift: the same ensemble for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
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

    pub(super) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    #[expect(clippy::cast_precision_loss, reason = "any number will do")]
    fn number(&mut self) -> f32 {
        self.below(2_001) as f32 / 1_000.0 - 1.0
    }

    /// Few values, so that many are exactly on a threshold.
    pub(super) fn threshold(&mut self) -> f32 {
        [-1.0, -0.5, 0.0, 0.25, 1.0, self.number()][self.below(6)]
    }

    pub(super) fn value(&mut self) -> f32 {
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
pub(super) enum Kind {
    Classes { labels: Vec<String>, numbered: bool },
    Values { targets: usize, averages: bool },
}

/// What a node of an ensemble is listed with.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) tree: i64,
    pub(super) id: i64,
    pub(super) feature: i64,
    pub(super) threshold: f32,
    pub(super) mode: &'static str,
    pub(super) children: [i64; 2],
    pub(super) missing: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Weight {
    pub(super) tree: i64,
    pub(super) node: i64,
    pub(super) target: i64,
    pub(super) value: f32,
}

/// An ensemble as a file lists it.
#[derive(Debug, Clone)]
pub(super) struct Ensemble {
    pub(super) kind: Kind,
    pub(super) features: usize,
    pub(super) nodes: Vec<Item>,
    pub(super) weights: Vec<Weight>,
    pub(super) tracks: bool,
    pub(super) bases: Vec<f32>,
    pub(super) transform: &'static str,
    /// Lists of numbers in one field, or each in a field of its own.
    pub(super) packed: bool,
}

impl Ensemble {
    pub(super) fn random(dice: &mut Dice) -> Self {
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
    pub(super) fn file(&self, element: u64) -> Vec<u8> {
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

pub(super) const FLOAT: u64 = 1;
pub(super) const DOUBLE: u64 = 11;

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
