//! The calls that a process owes an answer, and what becomes of them when it dies.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};

use super::{
    ModelDigest,
    board::Board,
    frame::{Header, Kind},
    message::{self, FailureCode},
    strikes::StrikeBook,
};

/// How long past its deadline a call may stay unanswered before the process is killed.
const GRACE: Duration = Duration::from_secs(1);
/// The same for a call that has not been started.
const PATIENCE: Duration = Duration::from_secs(10);
/// A run of a call that had less time than this says nothing about its model when it is stopped,
/// however late that comes: on a busy machine any run may take longer.
const BLAMED: Duration = Duration::from_millis(500);

/// How a call ended.
#[derive(Debug)]
pub(super) enum Reply {
    /// The process answered.
    Frame(Kind, Bytes),
    /// The process died while the call ran.
    Ended,
    /// The process was killed because the call ran on past its deadline.
    Overdue,
    /// The process died before the call was started.
    Lost,
}

/// A call to be sent.
pub(super) struct Outgoing {
    pub(super) call: u64,
    pub(super) frame: Bytes,
    pub(super) stages: Arc<[ModelDigest]>,
    /// How long it may take from now.
    pub(super) time: Duration,
    /// Held until the run has ended.
    pub(super) held: (
        Option<Arc<dyn Any + Send + Sync>>,
        Option<OwnedSemaphorePermit>,
    ),
}

struct Pending {
    /// Taken when the caller has been told before the process answered.
    reply: Option<oneshot::Sender<Reply>>,
    stages: Arc<[ModelDigest]>,
    time: Duration,
    deadline: Instant,
    _held: (
        Option<Arc<dyn Any + Send + Sync>>,
        Option<OwnedSemaphorePermit>,
    ),
}

#[derive(Default)]
struct Table {
    pending: HashMap<u64, Pending>,
    closed: bool,
}

/// All calls of one process.
pub(super) struct PendingCalls {
    table: Mutex<Table>,
    board: Board,
    book: Arc<StrikeBook>,
    /// Whether calls run one at a time here, so that completed ones clear a suspect.
    alone: bool,
    /// Whether the process had to be killed because of a call past its deadline.
    overdue: AtomicBool,
}

impl PendingCalls {
    pub(super) fn new(board: Board, book: Arc<StrikeBook>, alone: bool) -> Self {
        Self {
            table: Mutex::default(),
            board,
            book,
            alone,
            overdue: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a call that is about to be sent; `None` where the process is dead. Also says how many
    /// calls it owes an answer now.
    pub(super) fn enter(&self, outgoing: Outgoing) -> Option<(oneshot::Receiver<Reply>, usize)> {
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            reply: Some(reply),
            stages: outgoing.stages,
            time: outgoing.time,
            deadline: Instant::now() + outgoing.time,
            _held: outgoing.held,
        };
        let mut table = self.lock();
        if table.closed {
            return None;
        }
        table.pending.insert(outgoing.call, pending);
        Some((answer, table.pending.len()))
    }

    /// Whether this call still has no answer.
    pub(super) fn contains(&self, call: u64) -> bool {
        self.lock().pending.contains_key(&call)
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn answer(&self, header: Header, payload: Bytes) {
        let Some(pending) = self.lock().pending.remove(&header.call) else {
            return;
        };
        let mut completed = true;
        if header.kind == Kind::Failed
            && let Ok((stamps, failure)) = message::read_failure(&payload)
        {
            completed = !matches!(
                failure.code,
                FailureCode::Deadline | FailureCode::Cancelled | FailureCode::Missing
            );
            let ran = Duration::from_nanos(stamps.ended.saturating_sub(stamps.started));
            // A call that waited for most of its time says nothing about its model.
            if failure.code == FailureCode::Deadline
                && stamps.started > 0
                && pending.time >= BLAMED
                && ran >= (pending.time / 2).max(BLAMED)
                && let Some(model) = pending.stages.get(failure.stage as usize)
            {
                self.book.past_deadline(*model);
            }
        }
        if self.alone && completed {
            self.book.completed_alone(&pending.stages);
        }
        // Nobody waits where the caller has gone; what was held for the run is free now.
        if let Some(reply) = pending.reply {
            let _ = reply.send(Reply::Frame(header.kind, payload));
        }
    }

    /// Decides what becomes of the calls of a dead process, and which models it speaks against.
    pub(super) fn settle(&self) {
        let pending = {
            let mut calls = self.lock();
            calls.closed = true;
            std::mem::take(&mut calls.pending)
        };
        let board: HashMap<u64, u32> = match self.board.read() {
            Ok(lines) => lines.into_iter().collect(),
            Err(error) => {
                tracing::error!("the board could not be read: {error}");
                HashMap::new()
            }
        };
        let now = Instant::now();
        let killed = self.overdue.load(Ordering::Acquire);
        let (mut running, mut late, mut replies) = (Vec::new(), Vec::new(), Vec::new());
        for (call, pending) in pending {
            let stage = board.get(&call).copied();
            let model = stage.and_then(|stage| pending.stages.get(stage as usize).copied());
            let reply = match model {
                None => Reply::Lost,
                Some(model) if killed && now >= pending.deadline + GRACE => {
                    late.push(model);
                    Reply::Overdue
                }
                Some(model) => {
                    running.push(model);
                    Reply::Ended
                }
            };
            replies.push((pending, reply));
        }
        if killed {
            late.sort_unstable();
            late.dedup();
            for model in late {
                self.book.past_deadline(model);
            }
        } else {
            self.book.died(&running);
        }
        // Only now, so that whoever sends a call again finds what was decided.
        for (pending, reply) in replies {
            if let Some(caller) = pending.reply {
                let _ = caller.send(reply);
            }
        }
    }

    /// Looks for calls that stay unanswered. One that runs can't be stopped by the runtime, so
    /// its process has to go. One that does not run is behind something long in the pipe: its
    /// caller is told, and the process has to go only if that lasts.
    pub(super) fn is_stuck(&self, now: Instant) -> bool {
        let mut calls = self.lock();
        let mut late: Vec<_> = calls
            .pending
            .iter_mut()
            .filter(|(_, pending)| now >= pending.deadline + GRACE)
            .collect();
        if late.is_empty() {
            return false;
        }
        let board = self.board.read().unwrap_or_default();
        let mut stuck = false;
        for (call, pending) in &mut late {
            if board.iter().any(|(running, _)| running == *call)
                || now >= pending.deadline + PATIENCE
            {
                stuck = true;
            } else if let Some(reply) = pending.reply.take() {
                // What is held for the run stays held: it may still begin.
                let _ = reply.send(Reply::Overdue);
            }
        }
        self.overdue.fetch_or(stuck, Ordering::AcqRel);
        stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::message::{Failure, Stamps, put_failure};

    #[test]
    fn only_a_run_that_had_its_time_is_blamed_for_not_ending() {
        let book = Arc::new(StrikeBook::new());
        let calls = PendingCalls::new(Board::create().unwrap(), Arc::clone(&book), false);
        let stopped = |call, given, ran: Duration| {
            let outgoing = Outgoing {
                call,
                frame: Bytes::new(),
                stages: [ModelDigest::of(b"model")].into(),
                time: Duration::from_millis(given),
                held: (None, None),
            };
            calls.enter(outgoing).unwrap();
            let stamps = Stamps {
                received: 1,
                started: 1,
                ended: 1 + u64::try_from(ran.as_nanos()).unwrap(),
            };
            let mut frame = Vec::new();
            put_failure(&mut frame, stamps, &Failure::new(FailureCode::Deadline, ""));
            let header = Header {
                payload: frame.len(),
                kind: Kind::Failed,
                call,
                deadline_ms: 0,
            };
            calls.answer(header, frame.into());
            !book.quarantined().is_empty()
        };
        // Little time, little of it for the run, stopped late: two strikes would be quarantine.
        for call in 0..4 {
            assert!(!stopped(call, 300, Duration::from_millis(310)));
            assert!(!stopped(call, 300, Duration::from_secs(3)));
            assert!(!stopped(call, 2_000, Duration::from_millis(900)));
        }
        assert!(!stopped(4, 2_000, Duration::from_millis(1_100)));
        assert!(stopped(5, 500, Duration::from_millis(500)));
    }
}
