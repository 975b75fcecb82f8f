//! Calls that wait for a worker and calls that run, with their deadlines.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use ort::session::{RunOptions, builder::LoadCanceler};

use super::super::{ModelDigest, message::FailureCode};

/// What to do for a call.
pub(super) enum Task {
    /// Score the rows of this payload.
    Score(Vec<u8>),
    /// Tell the signature of this model.
    Inspect(ModelDigest),
}

/// A call.
pub(super) struct Job {
    pub(super) call: u64,
    pub(super) deadline: Instant,
    /// When its frame was read, in nanoseconds of the monotonic clock.
    pub(super) received: u64,
    pub(super) task: Task,
}

struct Running {
    call: u64,
    deadline: Instant,
    options: Arc<RunOptions>,
    loading: Option<LoadCanceler>,
    stopped: Option<FailureCode>,
}

impl Running {
    /// Tells the runtime to stop. It looks between operators, so the run ends a little later.
    fn stop(&mut self, why: FailureCode) {
        if self.stopped.is_some() {
            return;
        }
        self.stopped = Some(why);
        let stopped = self.options.terminate();
        let cancelled = self.loading.as_ref().map(LoadCanceler::cancel);
        if let Err(error) = cancelled.unwrap_or(Ok(())).and(stopped) {
            tracing::error!("a run could not be stopped: {error}");
        }
    }
}

struct State {
    waiting: VecDeque<Job>,
    running: Vec<Option<Running>>,
    /// Workers with nothing to do.
    idle: usize,
    /// When the watch wakes up by itself. May be earlier than any deadline left: ended calls
    /// don't move it, so that a call in steady traffic never has to wake the watch.
    alarm: Option<Instant>,
}

/// The queue and the table of running calls.
pub(super) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    alarm: Condvar,
}

impl Queue {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                running: (0..workers).map(|_| None).collect(),
                idle: 0,
                alarm: None,
            }),
            work: Condvar::new(),
            alarm: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a call at the end.
    pub(super) fn push(&self, job: Job) {
        let mut state = self.lock();
        if state.alarm.is_none_or(|alarm| job.deadline < alarm) {
            state.alarm = Some(job.deadline);
            self.alarm.notify_one();
        }
        state.waiting.push_back(job);
        if state.idle > 0 {
            self.work.notify_one();
        }
    }

    /// Waits for a call and enters it as running in this slot.
    pub(super) fn next(&self, slot: usize, options: &Arc<RunOptions>) -> Job {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.waiting.pop_front() {
                state.running[slot] = Some(Running {
                    call: job.call,
                    deadline: job.deadline,
                    options: Arc::clone(options),
                    loading: None,
                    stopped: None,
                });
                return job;
            }
            state.idle += 1;
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// The call in this slot loads a model, or has done so. Returns why it was stopped, if so.
    pub(super) fn loading(
        &self,
        slot: usize,
        canceler: Option<LoadCanceler>,
    ) -> Option<FailureCode> {
        let mut state = self.lock();
        let running = state.running[slot].as_mut()?;
        running.loading = canceler;
        running.stopped
    }

    /// The call in this slot has ended. Returns why it was stopped, if it was.
    pub(super) fn finish(&self, slot: usize) -> Option<FailureCode> {
        self.lock().running[slot].take()?.stopped
    }

    /// Stops a call that runs, or takes one out that waits.
    pub(super) fn cancel(&self, call: u64) -> Option<Job> {
        let mut state = self.lock();
        if let Some(at) = state.waiting.iter().position(|job| job.call == call) {
            return state.waiting.remove(at);
        }
        if let Some(running) = state
            .running
            .iter_mut()
            .flatten()
            .find(|running| running.call == call)
        {
            running.stop(FailureCode::Cancelled);
        }
        None
    }

    /// Waits until calls have waited past their deadline and takes them out; stops those that
    /// run past theirs on the way.
    pub(super) fn expired(&self) -> Vec<Job> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if state.alarm.is_some_and(|alarm| alarm <= now) {
                let expired = state.expire(now);
                if !expired.is_empty() {
                    return expired;
                }
            }
            state = match state.alarm {
                None => self
                    .alarm
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    self.alarm
                        .wait_timeout(state, at.saturating_duration_since(now))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// Whether any call runs.
    pub(super) fn is_busy(&self) -> bool {
        self.lock().running.iter().any(Option::is_some)
    }
}

impl State {
    fn expire(&mut self, now: Instant) -> Vec<Job> {
        let mut next: Option<Instant> = None;
        let mut see = |deadline| {
            next = Some(next.map_or(deadline, |next| next.min(deadline)));
        };
        for running in self.running.iter_mut().flatten() {
            if running.deadline <= now {
                running.stop(FailureCode::Deadline);
            } else {
                see(running.deadline);
            }
        }
        let (expired, waiting): (VecDeque<Job>, VecDeque<Job>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|job| job.deadline <= now);
        for job in &waiting {
            see(job.deadline);
        }
        self.waiting = waiting;
        self.alarm = next;
        expired.into()
    }
}
