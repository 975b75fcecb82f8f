//! One input of the model: where its cells come from, and what they came to.

use super::Reading;
use super::bits::Bits;
use super::judge::{COMMA, Judge, OTHER, Outcome, way, ways};
use crate::mapping::Source;
use portico_api::schema::InputColumn;

/// What the cells of an input came to under one way of reading, one bit a row.
#[derive(Default)]
pub(super) struct Way {
    pub errors: Bits,
    pub marks: Bits,
    pub converted: Bits,
}

/// An input and its cells.
pub(super) struct Input {
    pub column: InputColumn,
    pub judge: Judge,
    pub source: Source,
    /// How its text is read.
    pub reading: Reading,
    /// Whether a person said how.
    pub told: bool,
    /// Which cells could be meant otherwise while nobody said how: [`COMMA`], [`OTHER`]; 0: none.
    pub ambiguous: u8,
    /// By way of reading.
    pub ways: Vec<Way>,
    /// Cells that are two different values, those with a comma first.
    pub differs: [Bits; 2],
}

impl Input {
    pub(super) fn new(column: InputColumn, source: Source) -> Self {
        Self {
            judge: Judge::new(&column),
            ways: ways(column.column_type)
                .iter()
                .map(|_| Way::default())
                .collect(),
            column,
            source,
            reading: Reading::Plain,
            told: false,
            ambiguous: 0,
            differs: [Bits::default(), Bits::default()],
        }
    }

    /// The column of the table that it is taken from.
    #[inline]
    pub(super) fn place(&self) -> Option<u32> {
        match self.source {
            Source::Column(column) => Some(column),
            Source::Missing | Source::Constant(_) => None,
        }
    }

    /// Forgets all cells, and what was decided from them.
    pub(super) fn reset(&mut self, source: Source) {
        *self = Self::new(self.column.clone(), source);
    }

    /// Judges the cell of a row that nothing is known about yet.
    #[inline]
    pub(super) fn check(&mut self, row: u32, text: &[u8]) {
        let outcome = self.judge.judge(text);
        if outcome != Outcome::CLEAN {
            self.note(row, outcome);
        }
    }

    fn note(&mut self, row: u32, outcome: Outcome) {
        for (at, way) in self.ways.iter_mut().enumerate() {
            if outcome.errors & (1 << at) != 0 {
                way.errors.set(row);
            }
            if outcome.marks & (1 << at) != 0 {
                way.marks.set(row);
            }
            if outcome.converted & (1 << at) != 0 {
                way.converted.set(row);
            }
        }
        if outcome.differs & COMMA != 0 {
            self.differs[0].set(row);
        }
        if outcome.differs & OTHER != 0 {
            self.differs[1].set(row);
        }
    }

    /// Forgets a row.
    pub(super) fn forget(&mut self, row: u32) {
        for way in &mut self.ways {
            way.errors.clear(row);
            way.marks.clear(row);
            way.converted.clear(row);
        }
        for differs in &mut self.differs {
            differs.clear(row);
        }
    }

    /// The way in which its text is read now.
    pub(super) fn now(&self) -> &Way {
        &self.ways[way(self.column.column_type, self.reading)]
    }

    /// What a cell came to as its text is read now: whether it is an error, whether it is marked.
    pub(super) fn verdict(&self, outcome: Outcome) -> (bool, bool) {
        let bit = 1 << way(self.column.column_type, self.reading);
        let error = outcome.errors & bit != 0;
        let ambiguous = outcome.differs & self.ambiguous != 0;
        (error, !error && (outcome.marks & bit != 0 || ambiguous))
    }

    /// 64 rows' errors.
    pub(super) fn error_word(&self, at: usize) -> u64 {
        self.now().errors.word(at)
    }

    /// 64 rows' marks, those for ambiguity among them.
    pub(super) fn mark_word(&self, at: usize) -> u64 {
        let now = self.now();
        let mut word = now.marks.word(at);
        if self.ambiguous & COMMA != 0 {
            word |= self.differs[0].word(at);
        }
        if self.ambiguous & OTHER != 0 {
            word |= self.differs[1].word(at);
        }
        word & !now.errors.word(at)
    }

    /// How many words its bits take at the most.
    pub(super) fn words(&self) -> usize {
        let ways = self.ways.iter().flat_map(|way| [&way.errors, &way.marks]);
        let all = ways.chain(&self.differs).map(Bits::words);
        all.max().unwrap_or_default()
    }

    pub(super) fn memory(&self) -> usize {
        let ways = self
            .ways
            .iter()
            .flat_map(|way| [&way.errors, &way.marks, &way.converted]);
        ways.chain(&self.differs).map(Bits::memory).sum()
    }
}
