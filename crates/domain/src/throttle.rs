//! The throttle of an endpoint: how many calls are let in at once, and how many may wait.
//!
//! Limit and counts stand in one atomic word, so that every admission sees a number of calls in
//! flight below the limit then in force, however limits change meanwhile. When a limit shrinks,
//! running calls end in peace. A call that does not fit is refused at once, or waits in a queue where
//! its caller allows that: first come, first in. The number of waiting calls stands in the same word,
//! so a call that ends knows whether somebody waits, and nobody who comes later goes before them.
//!
//! Must not know what a call is, nor how long anybody waits: a [`Ticket`] is a future that whoever
//! runs it drops when its time is up.

mod queue;
mod word;

#[cfg(all(test, feature = "loom"))]
mod interleavings;
#[cfg(test)]
mod queue_tests;
#[cfg(test)]
mod tests;

use queue::{Arrival, Queue, Waiting};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use word::Word;

/// The standard library's, or those of the model checker, which tries every order of their use.
mod sync {
    #[cfg(feature = "loom")]
    pub(super) use loom::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    };
    #[cfg(not(feature = "loom"))]
    pub(super) use std::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    };
}

/// What of the limit a call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it: calls with a key.
    Full,
    /// At most half of it, and at least one: signed-in calls, which must not starve those with a key.
    Half,
}

/// A call that did not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {limit} calls at once is reached")]
pub struct Refused {
    /// The limit that refused it: that of the endpoint, or half of it for [`Share::Half`] when the
    /// signed-in calls alone were too many.
    pub limit: u32,
    /// Which of the two: all of the endpoint's limit, or the half of it for signed-in calls.
    pub of: Share,
}

/// How much room a gate had at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// The limit in force for this share.
    pub limit: u32,
    /// Calls of this share that could have started, as if the one asking had ended.
    pub free: u32,
}

/// What becomes of a call that is not refused.
#[derive(Debug)]
pub enum Admission {
    /// It is let in.
    In(Permit),
    /// It waits for a place.
    Wait(Ticket),
}

/// The gate of one endpoint.
#[derive(Debug)]
pub struct Gate {
    word: AtomicU64,
    /// Whoever changes the number of waiting calls in the word holds this.
    queue: Mutex<Queue>,
}

impl Gate {
    /// A gate that lets in so many calls at once; more than 65,535 count as 65,535, and 0 lets in none.
    pub fn new(limit: u32) -> Self {
        Self {
            word: AtomicU64::new(Word::new(limit).0),
            queue: Mutex::new(Queue::default()),
        }
    }

    /// Lets a call in, or refuses it; never waits. Calls that wait go first.
    ///
    /// # Errors
    /// [`Refused`] when as many calls are in flight as the limit now in force allows.
    pub fn try_admit(self: &Arc<Self>, share: Share) -> Result<Permit, Refused> {
        self.count_in(share, 0).map(|_| self.permit(share))
    }

    /// Lets a call in, or has it wait behind those that wait already, unless so many (`most`) wait.
    ///
    /// # Errors
    /// [`Refused`] when the call does not fit now and can't wait.
    pub fn admit(self: &Arc<Self>, share: Share, most: u32) -> Result<Admission, Refused> {
        Ok(match self.count_in(share, most)? {
            Arrival::In(_) => Admission::In(self.permit(share)),
            Arrival::Waits(id) => Admission::Wait(Ticket {
                gate: Arc::clone(self),
                id,
                share,
                over: false,
            }),
        })
    }

    fn permit(self: &Arc<Self>, share: Share) -> Permit {
        Permit {
            gate: Arc::clone(self),
            share,
        }
    }

    /// Counts a call in, or among those that wait.
    fn count_in(&self, share: Share, most: u32) -> Result<Arrival, Refused> {
        let mut seen = self.word();
        // Without anybody waiting, without a lock.
        while seen.waiting() == 0 {
            match seen.admitted(share) {
                Ok(next) => match self.exchange(seen, next) {
                    Ok(()) => return Ok(Arrival::In(next)),
                    Err(now) => seen = now,
                },
                Err(refused) if most == 0 => return Err(refused),
                Err(_) => break,
            }
        }
        let mut woken = Vec::new();
        let mut queue = self.lock();
        let arrival = loop {
            let seen = self.give_places(&mut queue, &mut woken);
            match seen.admitted(share) {
                Ok(next) => {
                    if self.exchange(seen, next).is_ok() {
                        break Ok(Arrival::In(next));
                    }
                }
                Err(refused) if seen.waiting() >= most.min(word::WAITING_MAX) => {
                    break Err(refused);
                }
                Err(_) => {
                    if self.exchange(seen, seen.with_waiter()).is_ok() {
                        break Ok(Arrival::Waits(queue.push(share)));
                    }
                }
            }
        };
        drop(queue);
        woken.into_iter().for_each(Waker::wake);
        arrival
    }

    /// Lets in those at the head of the queue who fit; the word in which nobody else did.
    fn give_places(&self, queue: &mut Queue, woken: &mut Vec<Waker>) -> Word {
        loop {
            let seen = self.word();
            let Some((place, share)) = queue.first_that_fits(seen) else {
                return seen;
            };
            let Ok(next) = seen.admitted(share) else {
                return seen;
            };
            if self.exchange(seen, next.without_waiter()).is_ok() {
                woken.extend(queue.grant(place));
            }
        }
    }

    /// After a place came free or a limit grew while somebody waited.
    fn hand_over(&self) {
        let mut woken = Vec::new();
        let mut queue = self.lock();
        self.give_places(&mut queue, &mut woken);
        drop(queue);
        woken.into_iter().for_each(Waker::wake);
    }

    fn release(&self, share: Share) {
        let before = Word(self.word.fetch_sub(Word::weight(share), Ordering::AcqRel));
        if before.waiting() > 0 {
            self.hand_over();
        }
    }

    /// Puts another limit in force from now on. Calls in flight are not touched; calls that wait go in
    /// if it grew.
    pub fn set_limit(&self, limit: u32) {
        let mut seen = self.word();
        while let Err(now) = self.exchange(seen, seen.with_limit(limit)) {
            seen = now;
        }
        if seen.waiting() > 0 {
            self.hand_over();
        }
    }

    /// The limit in force.
    pub fn limit(&self) -> u32 {
        self.word().limit()
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> u32 {
        self.word().in_flight()
    }

    /// Calls that wait for a place.
    pub fn waiting(&self) -> u32 {
        self.word().waiting()
    }

    /// Calls that could start now; zero while more run than a shrunken limit allows.
    pub fn free(&self) -> u32 {
        self.room(Share::Full, 0).free
    }

    /// The room for calls of this share; `own` is how many calls in flight are the caller's, which it
    /// counts as ended.
    pub fn room(&self, share: Share, own: u32) -> Room {
        self.word().room(share, own)
    }

    /// The limit that is in the way of a call of this share, as for one that has waited long enough.
    pub fn refusal(&self, share: Share) -> Refused {
        let word = self.word();
        word.admitted(share).err().unwrap_or(Refused {
            limit: word.limit(),
            of: Share::Full,
        })
    }

    fn word(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    fn exchange(&self, seen: Word, next: Word) -> Result<(), Word> {
        self.word
            .compare_exchange_weak(seen.0, next.0, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
            .map_err(Word)
    }

    /// Nothing in this module panics while it holds the queue, so a poisoned lock is still sound.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right of one call to run; given back when dropped. Shared as `Arc<Permit>` by all that must end
/// before the place is free again.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    share: Share,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.release(self.share);
    }
}

/// A call's place in the queue: becomes its permit when it is its turn. Dropped before, it leaves the
/// queue, and a permit that came meanwhile goes to the next.
#[derive(Debug)]
#[must_use = "a ticket that is dropped leaves the queue"]
pub struct Ticket {
    gate: Arc<Gate>,
    id: u64,
    share: Share,
    over: bool,
}

impl Future for Ticket {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Permit> {
        if self.over {
            return Poll::Pending;
        }
        let turn = self.gate.lock().look(self.id, context.waker());
        if turn == Waiting::Still {
            return Poll::Pending;
        }
        self.over = true;
        Poll::Ready(self.gate.permit(self.share))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut queue = self.gate.lock();
        match queue.leave(self.id) {
            Waiting::Still => {
                self.gate
                    .word
                    .fetch_sub(word::ONE_WAITING, Ordering::AcqRel);
            }
            Waiting::Granted => {
                drop(queue);
                self.gate.release(self.share);
            }
        }
    }
}
