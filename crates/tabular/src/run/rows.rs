//! What became of each row: one byte a row, and a reason for those that need one.

use crate::intern::Texts;
use crate::protocol::RowState;

/// The lower bits of a row's byte: its [`RowState`].
const STATE: u8 = 0b0000_0111;
/// The run has yet to put the row into a call.
const QUEUED: u8 = 0b0000_1000;
/// The row is in a call, or was in one and goes out again.
const HELD: u8 = 0b0001_0000;
/// The row was edited since its call was sent.
const TOUCHED: u8 = 0b0010_0000;

const STATES: [RowState; 5] = [
    RowState::Waiting,
    RowState::Scored,
    RowState::Stale,
    RowState::Failed,
    RowState::Skipped,
];

#[derive(Debug, Default)]
pub(super) struct Rows {
    bytes: Vec<u8>,
    counts: [u32; STATES.len()],
    /// The number of the reason, for rows that failed or were skipped; as long as the last of them needs.
    reasons: Vec<u32>,
    texts: Texts,
}

fn state_of(byte: u8) -> RowState {
    STATES
        .get(usize::from(byte & STATE))
        .copied()
        .unwrap_or_default()
}

fn has_reason(state: RowState) -> bool {
    matches!(state, RowState::Failed | RowState::Skipped)
}

impl Rows {
    pub(super) fn new(rows: u32) -> Self {
        let mut new = Self::default();
        new.resize(rows);
        new
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    /// Rows come or go at the end. Returns how many of those that went were queued.
    pub(super) fn resize(&mut self, rows: u32) -> u32 {
        let mut queued = 0;
        for row in rows..self.len() {
            queued += u32::from(self.unqueue(row));
            self.set_state(row, RowState::Waiting);
        }
        let waiting = &mut self.counts[RowState::Waiting as usize];
        *waiting = (*waiting + rows).saturating_sub(u32::try_from(self.bytes.len()).unwrap_or(0));
        self.bytes.resize(rows as usize, 0);
        queued
    }

    pub(super) fn count(&self, state: RowState) -> u32 {
        self.counts[state as usize]
    }

    pub(super) fn state(&self, row: u32) -> RowState {
        self.bytes
            .get(row as usize)
            .map_or(RowState::Waiting, |&byte| state_of(byte))
    }

    pub(super) fn reason(&self, row: u32) -> &str {
        if !has_reason(self.state(row)) {
            return "";
        }
        self.reasons
            .get(row as usize)
            .and_then(|&number| self.texts.get(number))
            .unwrap_or_default()
    }

    pub(super) fn failed(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter(|&row| self.state(row) == RowState::Failed)
    }

    /// Drops reasons that no row has any more, once they are most of those kept.
    pub(super) fn forget_spare_reasons(&mut self) {
        let rows = self.count(RowState::Failed) + self.count(RowState::Skipped);
        if self.texts.len() <= 2 * rows as usize + 64 {
            return;
        }
        let texts = std::mem::take(&mut self.texts);
        for row in 0..self.len() {
            if has_reason(self.state(row))
                && let Some(number) = self.reasons.get_mut(row as usize)
            {
                *number = self.texts.number_of(texts.get(*number).unwrap_or_default());
            }
        }
    }

    /// The first queued row from this one on.
    pub(super) fn next_queued(&self, from: u32) -> Option<u32> {
        let rest = self.bytes.get(from as usize..)?;
        let ahead = rest.iter().position(|byte| byte & QUEUED != 0)?;
        Some(from + u32::try_from(ahead).ok()?)
    }

    pub(super) fn queue(&mut self, row: u32) {
        self.mark(row, |byte| byte & STATE | QUEUED);
    }

    /// Takes the row out of the run. Returns whether it was queued.
    pub(super) fn unqueue(&mut self, row: u32) -> bool {
        let before = self.mark(row, |byte| byte & STATE);
        before & QUEUED != 0
    }

    /// Puts a queued row into a call.
    pub(super) fn take(&mut self, row: u32) {
        self.mark(row, |byte| byte & STATE | HELD);
    }

    /// The row goes out as it stands now. Returns whether it is still in the run.
    pub(super) fn send(&mut self, row: u32) -> bool {
        self.mark(row, |byte| byte & !TOUCHED) & HELD != 0
    }

    pub(super) fn is_held(&self, row: u32) -> bool {
        self.byte(row) & HELD != 0
    }

    /// Whether what the server says of the row is about the row as it stands now.
    pub(super) fn counts(&self, row: u32) -> bool {
        self.byte(row) & (HELD | TOUCHED) == HELD
    }

    /// The row is done with.
    pub(super) fn settle(&mut self, row: u32, state: RowState, reason: &str) {
        self.unqueue(row);
        self.set_state(row, state);
        if has_reason(state) && row < self.len() {
            let at = row as usize;
            if self.reasons.len() <= at {
                self.reasons.resize(at + 1, 0);
            }
            self.reasons[at] = self.texts.number_of(reason);
        }
    }

    pub(super) fn edit(&mut self, row: u32) {
        let byte = self.byte(row);
        if byte & HELD != 0 {
            self.mark(row, |byte| byte | TOUCHED);
        }
        match state_of(byte) {
            RowState::Scored => self.set_state(row, RowState::Stale),
            RowState::Failed | RowState::Skipped => self.set_state(row, RowState::Waiting),
            RowState::Waiting | RowState::Stale => {}
        }
    }

    fn byte(&self, row: u32) -> u8 {
        self.bytes.get(row as usize).copied().unwrap_or(0)
    }

    /// Changes a row's byte and returns what it was; 0 for a row that is not there.
    fn mark(&mut self, row: u32, change: impl Fn(u8) -> u8) -> u8 {
        let Some(byte) = self.bytes.get_mut(row as usize) else {
            return 0;
        };
        std::mem::replace(byte, change(*byte))
    }

    fn set_state(&mut self, row: u32, state: RowState) {
        let Some(byte) = self.bytes.get_mut(row as usize) else {
            return;
        };
        let before = state_of(*byte);
        *byte = *byte & !STATE | state as u8;
        self.counts[before as usize] -= 1;
        self.counts[state as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_no_row_has_any_more_are_forgotten() {
        let mut rows = Rows::new(1_000);
        for row in 0..1_000 {
            rows.settle(row, RowState::Failed, &format!("reason {}", row % 500));
        }
        for row in 0..990 {
            rows.edit(row);
        }
        assert_eq!(rows.texts.len(), 500);
        rows.forget_spare_reasons();
        assert_eq!(rows.texts.len(), 10);
        assert_eq!(rows.reason(989), "");
        assert_eq!(rows.reason(995), "reason 495");
        assert_eq!(rows.failed().count(), 10);
    }
}
