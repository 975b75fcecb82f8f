//! Ensembles of decision trees, evaluated faster than the runtime does it and to the same bits.
//!
//! The runtime walks one row down one tree at a time, and waits at nearly every node because the branch was
//! guessed wrong. Here small trees are not walked at all ([`quick`]). In others several walks go on side by side
//! and no node branches: the children of a node stand next to each other, and what the comparison says is added
//! to the place of the first. A tree that is in the fastest cache meets many rows there.
//!
//! [`read`] takes an ensemble out of an ONNX file, [`plant`](plant()) puts an operator of our own where it
//! stood, and [`operator`] is that operator. What [`read`] does not cover stays with the runtime. Sums are
//! formed in the runtime's order and rounded as it does, so an answer does not tell who scored it; the tests
//! beside this hold one against the other.

mod attributes;
mod finish;
mod grow;
mod operator;
mod plant;
mod quick;
#[cfg(test)]
mod random;
mod read;
#[cfg(test)]
mod tests;

use std::{array, ops::Range};

pub(super) use self::plant::{Planted, plant};

use self::{finish::Finish, quick::Quick};

/// Walks that go on side by side.
const LANES: usize = 8;
/// Steps that all of them go before anybody looks who has come to an end.
const STEPS: usize = 3;
/// Fewer rows than this are quicker walked than given to [`Quick`].
const FEW: usize = 6;
/// Rows that a tree meets while it is in the fastest cache.
const ROWS: usize = 64;
/// In a node's feature: a missing value counts as true.
const MISSING: u32 = 1 << 31;

/// A node of a tree. Sixteen bytes, so that none lies across two lines of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
struct Node {
    /// NaN at a leaf: no comparison with it is true.
    threshold: f32,
    /// The column that is compared, and perhaps [`MISSING`].
    feature: u32,
    /// The place of the child for *false*; that for *true* is the next one. A leaf's is its own.
    next: u32,
    /// What a leaf adds: a 32-bit float where there is one sum, else its place in [`Forest::leaves`].
    leaf: u32,
}

/// When a node's comparison of a value with its threshold is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    LessOrEqual,
    Less,
}

/// What a leaf adds to one of several sums.
#[derive(Debug, Clone, Copy)]
struct Weight {
    target: u32,
    value: f32,
}

/// What is said of a row besides its numbers.
#[derive(Debug)]
enum Labels {
    /// Nothing: a regression.
    None,
    Numbers(Vec<i64>),
    Texts(Vec<String>),
}

/// An ensemble of trees.
#[derive(Debug)]
struct Forest {
    nodes: Vec<Node>,
    roots: Vec<u32>,
    /// How many columns a row has at least.
    features: usize,
    test: Test,
    /// Whether any node takes a missing value for true.
    tracks_missing: bool,
    /// The same trees to be evaluated without a walk, where they are small enough.
    quick: Option<Quick>,
    /// How many sums are formed for a row.
    targets: usize,
    /// Where there are several sums: what each leaf adds, as a range of the weights.
    leaves: Vec<Range<u32>>,
    weights: Vec<Weight>,
    finish: Finish,
    labels: Labels,
}

impl Forest {
    /// Bytes that it takes.
    fn bytes(&self) -> usize {
        let quick = self.quick.as_ref().map_or(0, Quick::bytes);
        quick + size_of_val(&*self.nodes) + size_of_val(&*self.leaves) + size_of_val(&*self.weights)
    }

    /// The sums of rows of so many columns, `targets` for each row.
    fn sums(&self, rows: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; rows.len() / width * self.targets];
        let mut room = self.quick.as_ref().map(Quick::room).unwrap_or_default();
        let each = sums.chunks_mut(ROWS * self.targets);
        for (rows, sums) in rows.chunks(ROWS * width).zip(each) {
            let missing = self.tracks_missing && rows.iter().any(|value| value.is_nan());
            let mut walked = (rows, sums);
            if let Some(quick) = self.quick.as_ref().filter(|_| !missing) {
                let count = rows.len() / width;
                // All of its rows take as long as a few that are walked.
                let rest = count % quick::ROWS;
                let quickly = if rest < FEW { count - rest } else { count };
                let (rows, others) = walked.0.split_at(quickly * width);
                let (sums, rest) = walked.1.split_at_mut(quickly * self.targets);
                self.add_quickly(quick, rows, width, &mut room, sums);
                walked = (others, rest);
            }
            let (rows, sums) = walked;
            match (self.test, missing) {
                (Test::LessOrEqual, false) => self.add::<false>(rows, width, sums, |a, b| a <= b),
                (Test::LessOrEqual, true) => self.add::<true>(rows, width, sums, |a, b| a <= b),
                (Test::Less, false) => self.add::<false>(rows, width, sums, |a, b| a < b),
                (Test::Less, true) => self.add::<true>(rows, width, sums, |a, b| a < b),
            }
        }
        sums
    }

    /// Adds what every tree says of each row, the trees in their order.
    fn add_quickly(
        &self,
        quick: &Quick,
        rows: &[f32],
        width: usize,
        room: &mut [quick::Room],
        sums: &mut [f32],
    ) {
        let each = sums.chunks_mut(quick::ROWS * self.targets);
        for (rows, sums) in rows.chunks(quick::ROWS * width).zip(each) {
            let tell = |row, leaf| self.reap(leaf, row, sums);
            match self.test {
                Test::LessOrEqual => quick.leaves::<false>(rows, width, room, tell),
                Test::Less => quick.leaves::<true>(rows, width, room, tell),
            }
        }
    }

    /// The same by walks.
    fn add<const TRACK: bool>(
        &self,
        rows: &[f32],
        width: usize,
        sums: &mut [f32],
        test: impl Fn(f32, f32) -> bool + Copy,
    ) {
        let count = rows.len() / width;
        let beside = count - count % LANES;
        for root in &self.roots {
            for first in (0..beside).step_by(LANES) {
                let starts = array::from_fn(|lane| (first + lane) * width);
                let ends = self.walk::<TRACK>([*root; LANES], starts, rows, test);
                for (lane, end) in ends.into_iter().enumerate() {
                    self.reap(self.nodes[end as usize].leaf, first + lane, sums);
                }
            }
        }
        // Rows that are too few to go side by side: each down several trees at once.
        for row in beside..count {
            for roots in self.roots.chunks(LANES) {
                let from = array::from_fn(|lane| roots[lane.min(roots.len() - 1)]);
                let ends = self.walk::<TRACK>(from, [row * width; LANES], rows, test);
                for end in ends.into_iter().take(roots.len()) {
                    self.reap(self.nodes[end as usize].leaf, row, sums);
                }
            }
        }
    }

    /// Where walks from these nodes end, each on the row that starts there.
    #[inline]
    fn walk<const TRACK: bool>(
        &self,
        from: [u32; LANES],
        starts: [usize; LANES],
        rows: &[f32],
        test: impl Fn(f32, f32) -> bool,
    ) -> [u32; LANES] {
        let mut at = from;
        loop {
            for _ in 0..STEPS {
                for (at, start) in at.iter_mut().zip(starts) {
                    let node = self.nodes[*at as usize];
                    let value = rows[start + (node.feature & !MISSING) as usize];
                    let mut holds = test(value, node.threshold);
                    if TRACK {
                        holds |= value.is_nan() & (node.feature & MISSING != 0);
                    }
                    *at = node.next + u32::from(holds);
                }
            }
            // Whoever has come to a leaf stays there, because it leads to itself.
            if at.iter().all(|at| self.nodes[*at as usize].next == *at) {
                return at;
            }
        }
    }

    /// Adds what a leaf that holds this says of this row.
    fn reap(&self, leaf: u32, row: usize, sums: &mut [f32]) {
        if self.targets == 1 {
            sums[row] += f32::from_bits(leaf);
            return;
        }
        let range = &self.leaves[leaf as usize];
        for weight in &self.weights[range.start as usize..range.end as usize] {
            sums[row * self.targets + weight.target as usize] += weight.value;
        }
    }
}
