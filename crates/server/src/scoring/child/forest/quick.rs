//! Ensembles of small trees, evaluated without a walk.
//!
//! QuickScorer (C. Lucchese et al., SIGIR 2015), sixteen rows at a time: a tree is a word with a bit for every
//! leaf. A node whose comparison is false takes the leaves behind its child for *true* away, and where all
//! such nodes have done so, the first leaf that is left is the row's. The nodes of all trees are looked at by
//! column and threshold, so a column is done as soon as a threshold is past all its values.

use std::{array, ops::Range};

use wide::{f32x8, u32x8};

use super::{MISSING, Node};

/// Leaves that a tree has at the most.
const LEAVES: usize = u32::BITS as usize;
/// Rows at a time, in halves.
const HALF: usize = 8;
pub(super) const ROWS: usize = 2 * HALF;
/// The leaves of one tree that are left, for each row.
pub(super) type Room = [u32x8; 2];
/// No leaf is taken away yet.
const ALL: Room = [u32x8::new([u32::MAX; HALF]); 2];

/// A node, once its tree does not matter any more.
#[derive(Debug)]
struct Cut {
    threshold: f32,
    tree: u32,
    /// The leaves that are left where its comparison is false.
    left: u32,
}

/// The nodes that compare one column.
#[derive(Debug)]
struct Column {
    index: usize,
    cuts: Range<usize>,
}

/// The trees of an ensemble.
#[derive(Debug)]
pub(super) struct Quick {
    columns: Vec<Column>,
    cuts: Vec<Cut>,
    /// For each tree where its leaves begin among all.
    first: Vec<usize>,
    /// What each leaf holds.
    leaves: Vec<u32>,
}

impl Quick {
    /// The same trees; `None` where one has too many leaves. The nodes of each stand together.
    pub(super) fn of(nodes: &[Node], roots: &[u32]) -> Option<Self> {
        let ends = roots.iter().skip(1).map(|root| *root as usize);
        let ranges = roots
            .iter()
            .map(|root| *root as usize)
            .zip(ends.chain([nodes.len()]));
        let mut quick = Self {
            columns: Vec::new(),
            cuts: Vec::new(),
            first: Vec::new(),
            leaves: Vec::new(),
        };
        let mut cuts = Vec::new();
        for (tree, (root, end)) in ranges.enumerate() {
            // A tree of so many leaves has as many other nodes but for one, and is no deeper than that.
            if end - root > 2 * LEAVES - 1 {
                return None;
            }
            quick.first.push(quick.leaves.len());
            quick.plant(nodes, root, u32::try_from(tree).ok()?, &mut cuts);
        }
        cuts.sort_unstable_by(|(column, cut), (other_column, other)| {
            // No value is below a NaN: such a threshold must not come after one that all values are below.
            let by_threshold = (other.threshold.is_nan().cmp(&cut.threshold.is_nan()))
                .then(cut.threshold.total_cmp(&other.threshold));
            column.cmp(other_column).then(by_threshold)
        });
        let mut start = 0;
        for same in cuts.chunk_by(|(column, _), (other, _)| column == other) {
            quick.columns.push(Column {
                index: same[0].0 as usize,
                cuts: start..start + same.len(),
            });
            start += same.len();
        }
        quick.cuts = cuts.into_iter().map(|(_, cut)| cut).collect();
        Some(quick)
    }

    /// Adds the leaves behind a node, those of its child for *true* first, and answers which bits they have.
    fn plant(&mut self, nodes: &[Node], at: usize, tree: u32, cuts: &mut Vec<(u32, Cut)>) -> u32 {
        let node = nodes[at];
        let next = node.next as usize;
        if next == at {
            let bit = self.leaves.len() - self.first[tree as usize];
            self.leaves.push(node.leaf);
            return 1 << bit;
        }
        let on_true = self.plant(nodes, next + 1, tree, cuts);
        let on_false = self.plant(nodes, next, tree, cuts);
        let cut = Cut {
            threshold: node.threshold,
            tree,
            left: !on_true,
        };
        cuts.push((node.feature & !MISSING, cut));
        on_true | on_false
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.cuts) + size_of_val(&*self.leaves) + size_of_val(&*self.first)
    }

    /// Room for [`Quick::leaves`] to work in.
    pub(super) fn room(&self) -> Vec<Room> {
        vec![ALL; self.first.len()]
    }

    /// Tells what the leaves hold that up to [`ROWS`] rows come to, tree by tree: which row, and what. A comparison is
    /// true for a value below the threshold and, unless `LESS`, for one equal to it; for NaN it never is.
    pub(super) fn leaves<const LESS: bool>(
        &self,
        rows: &[f32],
        width: usize,
        room: &mut [Room],
        mut tell: impl FnMut(usize, u32),
    ) {
        let count = rows.len() / width;
        room.fill(ALL);
        for column in &self.columns {
            // What is beyond the last row is the last row once more.
            let value = |row: usize| rows[row.min(count - 1) * width + column.index];
            let values: [f32; ROWS] = array::from_fn(value);
            // No threshold is past a NaN.
            let most = if values.iter().any(|value| value.is_nan()) {
                f32::NAN
            } else {
                values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
            };
            let low = f32x8::from(array::from_fn::<_, HALF, _>(|lane| values[lane]));
            let high = f32x8::from(array::from_fn::<_, HALF, _>(|lane| values[HALF + lane]));
            for cut in &self.cuts[column.cuts.clone()] {
                if if LESS {
                    most < cut.threshold
                } else {
                    most <= cut.threshold
                } {
                    break;
                }
                let threshold = f32x8::splat(cut.threshold);
                let left = u32x8::splat(cut.left);
                let tree = &mut room[cut.tree as usize];
                for (leaves, values) in tree.iter_mut().zip([low, high]) {
                    let holds = if LESS {
                        values.simd_lt(threshold)
                    } else {
                        values.simd_le(threshold)
                    };
                    *leaves &= left | bytemuck::cast::<f32x8, u32x8>(holds);
                }
            }
        }
        for (tree, first) in room.iter().zip(&self.first) {
            let left: [u32; ROWS] = bytemuck::cast(*tree);
            for (row, left) in left.iter().enumerate().take(count) {
                tell(row, self.leaves[first + left.trailing_zeros() as usize]);
            }
        }
    }
}
