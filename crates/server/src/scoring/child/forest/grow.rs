//! The trees of an ensemble from the lists that a file has of them: every node once, and proper trees alone.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    Forest, Labels, MISSING, Node, Test, Weight, attributes::Attributes, finish::Finish,
    quick::Quick,
};

/// No leaf has been found there yet.
const NOWHERE: u32 = u32::MAX;

/// What leaves add, as the file lists it.
pub(super) struct Weights {
    trees: Vec<i64>,
    nodes: Vec<i64>,
    targets: Vec<i64>,
    pub(super) values: Vec<f32>,
}

impl Weights {
    /// Those of each `class` or `target`.
    pub(super) fn take(attributes: &mut Attributes<'_>, of: &str) -> Option<Self> {
        let weights = Self {
            trees: attributes.integers(&format!("{of}_treeids"))?,
            nodes: attributes.integers(&format!("{of}_nodeids"))?,
            targets: attributes.integers(&format!("{of}_ids"))?,
            values: attributes.numbers(&format!("{of}_weights"))?,
        };
        let count = weights.values.len();
        let all = [&weights.trees, &weights.nodes, &weights.targets];
        all.iter()
            .all(|list| list.len() == count)
            .then_some(weights)
    }
}

/// The nodes as the file lists them.
struct Listed {
    trees: Vec<i64>,
    ids: Vec<i64>,
    features: Vec<u32>,
    thresholds: Vec<f32>,
    leaf: Vec<bool>,
    children: Vec<[i64; 2]>,
    missing: Vec<bool>,
    test: Test,
}

impl Listed {
    fn take(attributes: &mut Attributes<'_>) -> Option<Self> {
        // How often a node was passed in training; nobody asks for it here.
        attributes.numbers("nodes_hitrates")?;
        let trees = attributes.integers("nodes_treeids")?;
        let ids = attributes.integers("nodes_nodeids")?;
        let features = attributes.integers("nodes_featureids")?;
        let thresholds = attributes.numbers("nodes_values")?;
        let modes = attributes.texts("nodes_modes")?;
        let on_true = attributes.integers("nodes_truenodeids")?;
        let on_false = attributes.integers("nodes_falsenodeids")?;
        let tracks = attributes.integers("nodes_missing_value_tracks_true")?;
        let count = trees.len();
        let lists = [&ids, &features, &on_true, &on_false];
        let even = lists.iter().all(|list| list.len() == count)
            && thresholds.len() == count
            && modes.len() == count
            && (tracks.is_empty() || tracks.len() == count);
        // The runtime's ids have 32 bits.
        let small = trees.iter().all(|id| i32::try_from(*id).is_ok());
        if !even || !small || count == 0 || i32::try_from(count).is_err() {
            return None;
        }
        let mut test = None;
        for mode in &modes {
            let this = match *mode {
                b"LEAF" => continue,
                b"BRANCH_LEQ" => Test::LessOrEqual,
                b"BRANCH_LT" => Test::Less,
                _ => return None,
            };
            if *test.get_or_insert(this) != this {
                return None;
            }
        }
        let feature = |id: i64| u32::try_from(id).ok().filter(|id| *id < MISSING);
        Some(Self {
            trees,
            ids,
            features: features.into_iter().map(feature).collect::<Option<_>>()?,
            thresholds,
            leaf: modes.iter().map(|mode| *mode == b"LEAF").collect(),
            children: on_false
                .into_iter()
                .zip(on_true)
                .map(<[_; 2]>::from)
                .collect(),
            missing: (0..count)
                .map(|node| tracks.get(node) == Some(&1))
                .collect(),
            test: test.unwrap_or(Test::LessOrEqual),
        })
    }
}

/// The trees with what their leaves add, and whether each target gets something from every leaf of some tree.
pub(super) fn trees(
    attributes: &mut Attributes<'_>,
    weights: &Weights,
    targets: usize,
    finish: Finish,
) -> Option<(Forest, bool)> {
    let listed = Listed::take(attributes)?;
    let count = listed.trees.len();
    // A file can claim any number of targets.
    if targets > weights.values.len() {
        return None;
    }
    let mut forest = Forest {
        nodes: Vec::with_capacity(count),
        roots: Vec::new(),
        features: *listed.features.iter().max()? as usize + 1,
        test: listed.test,
        tracks_missing: listed.missing.contains(&true),
        quick: None,
        targets,
        leaves: Vec::new(),
        weights: Vec::new(),
        finish,
        labels: Labels::None,
    };
    // Weights by the tree that they belong to, and of one tree in their order.
    let mut by_tree: HashMap<i64, Vec<usize>> = HashMap::new();
    for (weight, tree) in weights.trees.iter().enumerate() {
        by_tree.entry(*tree).or_default().push(weight);
    }
    // Where a node of the tree at hand is listed, by its id, and where it has come to stand.
    let mut listed_at = vec![(NOWHERE, 0); count];
    let mut placed = vec![NOWHERE; count];
    // How many leaves of the tree at hand add to each target, and which was the last.
    let mut counts = vec![(0, NOWHERE); targets];
    let mut covered = vec![false; targets];
    let mut seen = HashSet::new();
    let mut first = 0;
    for (number, tree) in listed.trees.chunk_by(PartialEq::eq).enumerate() {
        let number = u32::try_from(number).ok()?;
        let last = first + tree.len();
        if !seen.insert(tree[0]) {
            return None;
        }
        for at in first..last {
            let slot = listed_at.get_mut(usize::try_from(listed.ids[at]).ok()?)?;
            if slot.0 == number {
                return None;
            }
            *slot = (number, at);
        }
        let find = |id: i64| {
            let (of, at) = *listed_at.get(usize::try_from(id).ok()?)?;
            (of == number).then_some(at)
        };
        grow(&mut forest, &listed, first..last, find, &mut placed)?;
        let own = by_tree.remove(&tree[0]).unwrap_or_default();
        let hung = hang(&mut forest, weights, &own, find, &placed, &mut counts)?;
        for target in own.iter().map(|weight| weights.targets[*weight] as usize) {
            // Each is counted out once; the next tree begins anew.
            covered[target] |= counts[target].0 == hung;
            counts[target] = (0, NOWHERE);
        }
        first = last;
    }
    forest.quick = Quick::of(&forest.nodes, &forest.roots);
    let all = covered.iter().all(|covered| *covered);
    by_tree.is_empty().then_some((forest, all))
}

/// Places the nodes of one tree, level by level, the children of each side by side. `None` where they are no
/// tree.
fn grow(
    forest: &mut Forest,
    listed: &Listed,
    nodes: Range<usize>,
    find: impl Fn(i64) -> Option<usize>,
    placed: &mut [u32],
) -> Option<()> {
    let root = forest.nodes.len();
    // What is listed there comes to stand at the same place among the nodes.
    let mut order = vec![nodes.start];
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        let place = u32::try_from(root + next).ok()?;
        if placed[at] != NOWHERE {
            return None;
        }
        placed[at] = place;
        if listed.leaf[at] {
            forest.nodes.push(Node {
                threshold: f32::NAN,
                // A leaf's column is read as well, so it is one that there is.
                feature: 0,
                next: place,
                leaf: 0,
            });
        } else {
            let missing = if listed.missing[at] { MISSING } else { 0 };
            forest.nodes.push(Node {
                threshold: listed.thresholds[at],
                feature: listed.features[at] | missing,
                next: u32::try_from(root + order.len()).ok()?,
                leaf: 0,
            });
            for child in listed.children[at] {
                order.push(find(child)?);
            }
            // More than there are: some come twice.
            if order.len() > nodes.len() {
                return None;
            }
        }
        next += 1;
    }
    forest.roots.push(u32::try_from(root).ok()?);
    (order.len() == nodes.len()).then_some(())
}

/// Gives the leaves of the newest tree what they add, and answers how many there are. `None` where one has nothing,
/// or something twice.
fn hang(
    forest: &mut Forest,
    weights: &Weights,
    own: &[usize],
    find: impl Fn(i64) -> Option<usize>,
    placed: &[u32],
    counts: &mut [(usize, u32)],
) -> Option<usize> {
    let root = *forest.roots.last()?;
    let mut of_leaf: Vec<(u32, Weight)> = Vec::with_capacity(own.len());
    for weight in own {
        let place = placed[find(weights.nodes[*weight])?];
        let target = u32::try_from(weights.targets[*weight]).ok()?;
        if target as usize >= forest.targets {
            return None;
        }
        // The runtime passes over what stands at other nodes than leaves.
        if forest.nodes[place as usize].next == place {
            let value = weights.values[*weight];
            of_leaf.push((place, Weight { target, value }));
        }
    }
    of_leaf.sort_by_key(|(place, _)| *place);
    let mut leaves = of_leaf.chunk_by(|one, other| one.0 == other.0);
    let mut there = 0;
    for place in root as usize..forest.nodes.len() {
        if forest.nodes[place].next as usize != place {
            continue;
        }
        there += 1;
        let hung = leaves.next().filter(|hung| hung[0].0 as usize == place)?;
        if forest.targets == 1 {
            let [(_, weight)] = hung else {
                return None;
            };
            forest.nodes[place].leaf = weight.value.to_bits();
            continue;
        }
        let start = u32::try_from(forest.weights.len()).ok()?;
        for (leaf, weight) in hung {
            let (count, last) = &mut counts[weight.target as usize];
            if last == leaf {
                return None;
            }
            (*count, *last) = (*count + 1, *leaf);
            forest.weights.push(*weight);
        }
        forest.nodes[place].leaf = u32::try_from(forest.leaves.len()).ok()?;
        let end = u32::try_from(forest.weights.len()).ok()?;
        forest.leaves.push(start..end);
    }
    Some(there)
}
