//! Rows that the worker sent, by their position in the view, and which ones to ask for next. A row
//! that is out of date is shown until its successor is there. Knows nothing of the browser.

use portico_tabular::protocol::Row;
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows asked for beyond those that are seen, on each side.
const BEYOND: u32 = 40;
/// The most cells that are asked for at once: an answer is read in one task, which must stay short.
const CELLS_AT_ONCE: usize = 12_000;
/// The most rows asked for at once.
const ROWS_AT_ONCE: u32 = 160;
/// The most cells that are kept.
const CELLS_KEPT: usize = 600_000;

/// Rows to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Tells the answer from others.
    pub ticket: u32,
    /// The first row, by position in the view.
    pub first: u32,
    /// How many.
    pub count: u32,
}

struct Kept {
    row: Row,
    /// What it was read in; another one now: it may have changed since.
    epoch: u32,
    /// Differs for each row that ever came in.
    version: u32,
}

/// The rows at hand.
#[derive(Default)]
pub struct Cache {
    rows: BTreeMap<u32, Kept>,
    epoch: u32,
    versions: u32,
    tickets: u32,
    /// What is asked for, and the epoch in which it was.
    asked: Option<(Wanted, u32)>,
}

impl Cache {
    /// The row at a position, and a number that changes when it does.
    pub fn row(&self, position: u32) -> Option<(&Row, u32)> {
        self.rows
            .get(&position)
            .map(|kept| (&kept.row, kept.version))
    }

    /// Changes the row at a position before the worker says so; the worker still has the last word.
    pub fn patch(&mut self, position: u32, change: impl FnOnce(&mut Row)) {
        if let Some(kept) = self.rows.get_mut(&position) {
            change(&mut kept.row);
            self.versions = self.versions.wrapping_add(1);
            kept.version = self.versions;
        }
    }

    /// Every row may have changed.
    pub fn age(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Positions stand for other rows now, or the worker is another: nothing at hand is true.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.asked = None;
        self.age();
    }

    /// What to ask for, given what is seen: what is missing there first, then what is around it. One
    /// thing is asked for at a time; none if an answer is on its way.
    pub fn want(&mut self, seen: &Range<u32>, total: u32, columns: usize) -> Option<Wanted> {
        if self.asked.is_some() {
            return None;
        }
        let around = seen.start.saturating_sub(BEYOND)..seen.end.saturating_add(BEYOND).min(total);
        let first = self.first_missing(seen.clone()).or_else(|| {
            self.first_missing(seen.end..around.end)
                .or_else(|| self.first_missing(around.start..seen.start))
        })?;
        let most = u32::try_from(CELLS_AT_ONCE / columns.max(1)).unwrap_or(u32::MAX);
        let most = most.clamp(1, ROWS_AT_ONCE);
        self.tickets = self.tickets.wrapping_add(1);
        let wanted = Wanted {
            ticket: self.tickets,
            first,
            count: most.min(around.end.saturating_sub(first)),
        };
        self.asked = Some((wanted, self.epoch));
        Some(wanted)
    }

    /// Takes an answer in. Whether it was the one that was waited for.
    pub fn take(&mut self, ticket: u32, first: u32, rows: Vec<Row>) -> bool {
        let Some((wanted, epoch)) = self.asked else {
            return false;
        };
        if wanted.ticket != ticket {
            return false;
        }
        self.asked = None;
        let mut at = first;
        for row in rows {
            self.versions = self.versions.wrapping_add(1);
            let version = match self.rows.get(&at) {
                // What did not change need not be painted again.
                Some(kept) if kept.row == row => kept.version,
                _ => self.versions,
            };
            self.rows.insert(
                at,
                Kept {
                    row,
                    epoch,
                    version,
                },
            );
            at = at.saturating_add(1);
        }
        self.evict(first);
        true
    }

    fn first_missing(&self, mut range: Range<u32>) -> Option<u32> {
        range.find(|position| {
            self.rows
                .get(position)
                .is_none_or(|kept| kept.epoch != self.epoch)
        })
    }

    /// Drops the rows furthest from a position, until there is room for more.
    fn evict(&mut self, near: u32) {
        let width = self
            .rows
            .get(&near)
            .map_or(1, |kept| kept.row.cells.len().max(1));
        let most = (CELLS_KEPT / width).max(200);
        while self.rows.len() > most {
            let first = self.rows.keys().next().copied().unwrap_or(near);
            let last = self.rows.keys().next_back().copied().unwrap_or(near);
            let far = if near.abs_diff(first) > near.abs_diff(last) {
                first
            } else {
                last
            };
            self.rows.remove(&far);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_tabular::protocol::RowState;

    fn row(number: u32, text: &str) -> Row {
        Row {
            row: number,
            source_row: number + 2,
            cells: vec![text.to_owned()],
            findings: Vec::new(),
            state: RowState::Waiting,
            outputs: Vec::new(),
            reason: String::new(),
        }
    }

    fn answer(cache: &mut Cache, wanted: Wanted, text: &str) -> bool {
        let rows = (wanted.first..wanted.first + wanted.count)
            .map(|number| row(number, text))
            .collect();
        cache.take(wanted.ticket, wanted.first, rows)
    }

    #[test]
    fn what_is_seen_comes_first_then_what_is_around_it() {
        let mut cache = Cache::default();
        let first = cache
            .want(&(500..540), 10_000, 1)
            .expect("nothing is there");
        assert_eq!((first.first, first.count), (500, 80));
        assert_eq!(cache.want(&(500..540), 10_000, 1), None, "one at a time");
        assert!(answer(&mut cache, first, "a"));
        let second = cache.want(&(500..540), 10_000, 1).expect("rows above");
        assert_eq!(second.first, 460);
        assert!(answer(&mut cache, second, "a"));
        assert_eq!(cache.want(&(500..540), 10_000, 1), None, "all is there");
    }

    #[test]
    fn wide_rows_are_asked_for_a_few_at_a_time() {
        let mut cache = Cache::default();
        let wanted = cache.want(&(0..40), 100, 8_192).expect("nothing is there");
        assert_eq!((wanted.first, wanted.count), (0, 1));
    }

    #[test]
    fn an_aged_row_is_shown_until_its_successor_is_there() {
        let mut cache = Cache::default();
        let wanted = cache.want(&(0..3), 3, 1).expect("nothing is there");
        assert!(answer(&mut cache, wanted, "old"));
        let before = cache.row(1).map(|(_, version)| version);
        cache.age();
        assert_eq!(
            cache.row(1).map(|(row, _)| row.cells[0].as_str()),
            Some("old")
        );
        let wanted = cache.want(&(0..3), 3, 1).expect("all is aged");
        assert!(answer(&mut cache, wanted, "old"));
        assert_eq!(
            cache.row(1).map(|(_, version)| version),
            before,
            "unchanged"
        );
        cache.age();
        let wanted = cache.want(&(0..3), 3, 1).expect("all is aged");
        assert!(answer(&mut cache, wanted, "new"));
        assert_eq!(
            cache.row(1).map(|(row, _)| row.cells[0].as_str()),
            Some("new")
        );
        assert_ne!(cache.row(1).map(|(_, version)| version), before);
    }

    #[test]
    fn an_answer_from_before_a_change_does_not_count_as_new() {
        let mut cache = Cache::default();
        let wanted = cache.want(&(0..3), 3, 1).expect("nothing is there");
        cache.age();
        assert!(answer(&mut cache, wanted, "old"));
        assert!(cache.want(&(0..3), 3, 1).is_some(), "asked for again");
    }

    #[test]
    fn an_answer_to_an_older_question_is_dropped() {
        let mut cache = Cache::default();
        let wanted = cache.want(&(0..3), 3, 1).expect("nothing is there");
        cache.clear();
        assert!(!answer(&mut cache, wanted, "old"));
        assert!(cache.row(0).is_none());
    }

    #[test]
    fn an_edit_is_seen_before_the_worker_says_so() {
        let mut cache = Cache::default();
        let wanted = cache.want(&(0..3), 3, 1).expect("nothing is there");
        assert!(answer(&mut cache, wanted, "old"));
        cache.patch(2, |row| row.cells[0] = "typed".to_owned());
        assert_eq!(
            cache.row(2).map(|(row, _)| row.cells[0].as_str()),
            Some("typed")
        );
    }
}
