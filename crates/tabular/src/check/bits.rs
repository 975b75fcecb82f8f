//! One bit a row. Rows past the last one that was ever set take no memory.

/// A set of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    ones: u32,
}

impl Bits {
    /// Puts a row in.
    #[inline]
    pub fn set(&mut self, row: u32) {
        let (word, bit) = place(row);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let fresh = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.ones += u32::from(fresh);
    }

    /// Takes a row out.
    #[inline]
    pub fn clear(&mut self, row: u32) {
        let (word, bit) = place(row);
        if let Some(word) = self.words.get_mut(word)
            && *word & bit != 0
        {
            *word &= !bit;
            self.ones -= 1;
        }
    }

    /// Whether a row is in.
    pub fn get(&self, row: u32) -> bool {
        let (word, bit) = place(row);
        self.word(word) & bit != 0
    }

    /// How many rows are in.
    pub fn count(&self) -> u32 {
        self.ones
    }

    /// How many rows before this one are in: its position among them, if it is in itself.
    pub fn rank(&self, row: u32) -> u32 {
        let (word, bit) = place(row);
        let whole = word.min(self.words.len());
        let before: u32 = self.words[..whole]
            .iter()
            .map(|word| word.count_ones())
            .sum();
        before + (self.word(word) & (bit - 1)).count_ones()
    }

    /// The row at a position among those that are in.
    pub fn select(&self, position: u32) -> Option<u32> {
        let mut left = position;
        for (at, &word) in self.words.iter().enumerate() {
            let ones = word.count_ones();
            if left < ones {
                let mut rest = word;
                for _ in 0..left {
                    rest &= rest - 1;
                }
                return Some(number(at) + rest.trailing_zeros());
            }
            left -= ones;
        }
        None
    }

    /// The first row that is in, from this one on.
    pub fn next(&self, from: u32) -> Option<u32> {
        let (word, bit) = place(from);
        let first = self.word(word) & !(bit - 1);
        if first != 0 {
            return Some(number(word) + first.trailing_zeros());
        }
        let rest = self.words.get(word + 1..)?;
        let at = rest.iter().position(|word| *word != 0)?;
        Some(number(word + 1 + at) + rest[at].trailing_zeros())
    }

    /// The last row that is in, before this one.
    pub fn last_before(&self, to: u32) -> Option<u32> {
        let (word, bit) = place(to);
        let last = self.word(word) & (bit - 1);
        if last != 0 {
            return Some(number(word) + last.ilog2());
        }
        let rest = &self.words[..word.min(self.words.len())];
        let at = rest.iter().rposition(|word| *word != 0)?;
        Some(number(at) + rest[at].ilog2())
    }

    /// All rows that are in, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let mut from = Some(0);
        std::iter::from_fn(move || {
            let row = self.next(from?)?;
            from = row.checked_add(1);
            Some(row)
        })
    }

    /// How many rows are in both.
    pub fn and_count(&self, other: &Self) -> u32 {
        let pairs = self.words.iter().zip(&other.words);
        pairs.map(|(a, b)| (a & b).count_ones()).sum()
    }

    /// How many words hold the rows.
    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    /// 64 rows at once; row 0 is the lowest bit of word 0.
    pub(super) fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or_default()
    }

    /// Sets 64 rows at once.
    pub(super) fn put_word(&mut self, at: usize, word: u64) {
        if at >= self.words.len() {
            if word == 0 {
                return;
            }
            self.words.resize(at + 1, 0);
        }
        self.ones = self.ones - self.words[at].count_ones() + word.count_ones();
        self.words[at] = word;
    }

    /// How many bytes the rows take.
    pub(super) fn memory(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

/// A row's word, and its bit there.
fn place(row: u32) -> (usize, u64) {
    (row as usize / 64, 1 << (row % 64))
}

/// The first row of a word.
fn number(word: usize) -> u32 {
    u32::try_from(word * 64).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn they_are_a_sorted_set(acts in prop::collection::vec((any::<bool>(), 0_u32..300), 0..200), at in 0_u32..320) {
            let mut bits = Bits::default();
            let mut set = BTreeSet::new();
            for (add, row) in acts {
                if add {
                    bits.set(row);
                    set.insert(row);
                } else {
                    bits.clear(row);
                    set.remove(&row);
                }
            }
            prop_assert!(bits.iter().eq(set.iter().copied()));
            prop_assert_eq!(bits.count() as usize, set.len());
            prop_assert_eq!(bits.get(at), set.contains(&at));
            prop_assert_eq!(bits.rank(at) as usize, set.range(..at).count());
            prop_assert_eq!(bits.select(at), set.iter().nth(at as usize).copied());
            prop_assert_eq!(bits.next(at), set.range(at..).next().copied());
            prop_assert_eq!(bits.last_before(at), set.range(..at).next_back().copied());
        }
    }
}
