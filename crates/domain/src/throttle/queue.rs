//! The calls that wait at one gate, in the order in which they came. The gate holds it behind a lock
//! and keeps their number in its word.

use super::Share;
use super::word::Word;
use std::collections::VecDeque;
use std::task::Waker;

/// What became of a call that arrived.
#[derive(Debug)]
pub(super) enum Arrival {
    /// It was counted in; the word that it made.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests look at the very word"))]
    In(Word),
    /// It waits under this number.
    Waits(u64),
}

/// Whether it is a waiting call's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// Not yet.
    Still,
    /// It has been counted in.
    Granted,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    share: Share,
    /// Whom to wake; none before it was first asked.
    waker: Option<Waker>,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    next: u64,
    /// In the order of their numbers. Who was given a number and is not here has been counted in.
    waiting: VecDeque<Waiter>,
}

impl Queue {
    /// Adds a call at the end.
    pub(super) fn push(&mut self, share: Share) -> u64 {
        let id = self.next;
        self.next += 1;
        self.waiting.push_back(Waiter {
            id,
            share,
            waker: None,
        });
        id
    }

    /// The first call that this word would let in: a signed-in call at the head whose half is full does
    /// not stop those with a key behind it.
    pub(super) fn first_that_fits(&self, word: Word) -> Option<(usize, Share)> {
        // The widest share first, so that a full gate looks at nobody.
        word.admitted(Share::Full).ok()?;
        let half = word.admitted(Share::Half).is_ok();
        let place = self
            .waiting
            .iter()
            .position(|waiter| half || waiter.share == Share::Full)?;
        Some((place, self.waiting.get(place)?.share))
    }

    /// Takes the call at this place out of the queue, since it has been counted in.
    pub(super) fn grant(&mut self, place: usize) -> Option<Waker> {
        self.waiting.remove(place)?.waker
    }

    /// Whether it is this call's turn; if not, `waker` is woken when it is.
    pub(super) fn look(&mut self, id: u64, waker: &Waker) -> Waiting {
        let place = self.place(id);
        let Some(waiter) = place.and_then(|place| self.waiting.get_mut(place)) else {
            return Waiting::Granted;
        };
        match &mut waiter.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        Waiting::Still
    }

    /// Strikes a call out; whether it was still waiting.
    pub(super) fn leave(&mut self, id: u64) -> Waiting {
        match self.place(id) {
            Some(place) => {
                self.waiting.remove(place);
                Waiting::Still
            }
            None => Waiting::Granted,
        }
    }

    fn place(&self, id: u64) -> Option<usize> {
        self.waiting
            .binary_search_by_key(&id, |waiter| waiter.id)
            .ok()
    }
}
