//! Calls that wait for a worker and runs that are on, with their deadlines.

use std::{
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ort::session::{RunOptions, builder::LoadCanceler};

use super::{
    super::{ModelDigest, join::Head, message::FailureCode},
    pace::Paces,
    waiting::Waiting,
};

/// How long a joined run may go on. It is expected to take a few milliseconds; one that does not
/// end is stopped, so that its calls run alone and the one at fault is found by its own run.
const COMPANY: Duration = Duration::from_millis(200);

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
    pub(super) head: Head,
    pub(super) deadline: Instant,
    /// When its frame was read, in nanoseconds of the monotonic clock.
    pub(super) received: u64,
    pub(super) task: Task,
}

/// Calls for one worker. Where there are several, one run may answer them all.
pub(super) struct Batch {
    pub(super) jobs: Vec<Job>,
    /// Whether the joined run is to be compared with lone ones.
    pub(super) check: bool,
}

/// A call in the hands of a worker.
struct Member {
    call: u64,
    deadline: Instant,
    stopped: Option<FailureCode>,
}

struct Running {
    members: Vec<Member>,
    /// Those that the present run answers.
    active: Range<usize>,
    /// When a joined run is stopped.
    limit: Option<Instant>,
    options: Arc<RunOptions>,
    loading: Option<LoadCanceler>,
    terminated: bool,
}

impl Running {
    /// A call is not to go on. Its run is stopped unless other calls still want their rows.
    fn stop(&mut self, index: usize, why: FailureCode) {
        let Some(member) = self.members.get_mut(index) else {
            return;
        };
        if member.stopped.is_some() {
            return;
        }
        member.stopped = Some(why);
        let active = &self.members[self.active.clone()];
        let wanted = active.iter().any(|member| member.stopped.is_none());
        if self.active.contains(&index) && !wanted {
            self.terminate();
        }
    }

    /// Tells the runtime to stop. It looks between operators, so the run ends a little later.
    fn terminate(&mut self) {
        if self.terminated {
            return;
        }
        self.terminated = true;
        let stopped = self.options.terminate();
        let cancelled = self.loading.as_ref().map(LoadCanceler::cancel);
        if let Err(error) = cancelled.unwrap_or(Ok(())).and(stopped) {
            tracing::error!("a run could not be stopped: {error}");
        }
    }
}

/// How a run ended.
pub(super) struct Ran {
    /// Whether the runtime was told to stop; the worker's options must be made good again.
    pub(super) terminated: bool,
    /// For each call of the run, why it is to get no result.
    pub(super) stopped: Vec<Option<FailureCode>>,
}

struct State {
    waiting: Waiting,
    paces: Paces,
    running: Vec<Option<Running>>,
    /// Workers with nothing to do.
    idle: usize,
    /// When the watch wakes up by itself. May be earlier than any deadline left: ended calls
    /// don't move it, so that a call in steady traffic never has to wake the watch.
    alarm: Option<Instant>,
}

/// The queue and the table of runs.
pub(super) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    alarm: Condvar,
}

impl Queue {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            state: Mutex::new(State {
                waiting: Waiting::default(),
                paces: Paces::default(),
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

    /// Adds a call. Workers hear of it by [`Queue::wake`].
    pub(super) fn push(&self, job: Job) {
        let mut state = self.lock();
        if state.alarm.is_none_or(|alarm| job.deadline < alarm) {
            state.alarm = Some(job.deadline);
            self.alarm.notify_one();
        }
        state.waiting.push(job);
    }

    /// Wakes a worker for the calls that were added. One that leaves some wakes the next.
    pub(super) fn wake(&self) {
        self.wake_for(&self.lock());
    }

    fn wake_for(&self, state: &State) {
        if state.idle > 0 && !state.waiting.is_empty() {
            self.work.notify_one();
        }
    }

    /// Waits for a call and enters it as running in this slot, with those that wait beside it and
    /// that its run can answer too. Nothing waits for company: a call that finds a worker free goes
    /// at once.
    pub(super) fn next(&self, slot: usize, options: &Arc<RunOptions>) -> Batch {
        let mut state = self.lock();
        loop {
            let State {
                waiting,
                paces,
                idle,
                ..
            } = &mut *state;
            let jobs = waiting.take(|head| paces.room(head.key, Instant::now()), *idle);
            if let Some(first) = jobs.first() {
                let company = jobs.len() > 1;
                let check = company && paces.unchecked(first.head.key);
                let limit = company.then(|| Instant::now() + COMPANY);
                if let Some(limit) = limit
                    && state.alarm.is_none_or(|alarm| limit < alarm)
                {
                    state.alarm = Some(limit);
                    self.alarm.notify_one();
                }
                state.running[slot] = Some(Running {
                    members: jobs.iter().map(member).collect(),
                    active: 0..jobs.len(),
                    limit,
                    options: Arc::clone(options),
                    loading: None,
                    terminated: false,
                });
                self.wake_for(&state);
                return Batch { jobs, check };
            }
            state.idle += 1;
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// The next run in this slot is for this call of the batch alone. Returns why it was stopped
    /// meanwhile, if it was.
    pub(super) fn turn(&self, slot: usize, index: usize) -> Option<FailureCode> {
        let mut state = self.lock();
        let running = state.running[slot].as_mut()?;
        running.active = index..index + 1;
        running.limit = None;
        running.members.get(index)?.stopped
    }

    /// The run in this slot loads a model, or has done so. Returns whether it was stopped.
    pub(super) fn loading(&self, slot: usize, canceler: Option<LoadCanceler>) -> bool {
        let mut state = self.lock();
        state.running[slot].as_mut().is_some_and(|running| {
            running.loading = canceler;
            running.terminated
        })
    }

    /// The run in this slot has ended.
    pub(super) fn ran(&self, slot: usize) -> Ran {
        let mut state = self.lock();
        let Some(running) = state.running[slot].as_mut() else {
            return Ran {
                terminated: false,
                stopped: Vec::new(),
            };
        };
        let active = std::mem::take(&mut running.active);
        Ran {
            terminated: std::mem::take(&mut running.terminated),
            stopped: running.members[active]
                .iter()
                .map(|member| member.stopped)
                .collect(),
        }
    }

    /// The batch in this slot is done with.
    pub(super) fn finish(&self, slot: usize) {
        self.lock().running[slot] = None;
    }

    /// The batch in this slot is done with except for these calls, by their places in it: they wait
    /// again, first in their lines, to run alone. Returns those that have been stopped meanwhile.
    pub(super) fn again(&self, slot: usize, jobs: Vec<(usize, Job)>) -> Vec<(Job, FailureCode)> {
        let mut state = self.lock();
        let running = state.running[slot].take();
        let mut stopped = Vec::new();
        for (index, mut job) in jobs.into_iter().rev() {
            let member = running
                .as_ref()
                .and_then(|running| running.members.get(index));
            match member.and_then(|member| member.stopped) {
                Some(code) => stopped.push((job, code)),
                None => {
                    job.head.key = 0;
                    state.waiting.unshift(job);
                }
            }
        }
        self.wake_for(&state);
        stopped
    }

    /// Learns from a run.
    pub(super) fn learn(&self, learn: impl FnOnce(&mut Paces)) {
        learn(&mut self.lock().paces);
    }

    /// Stops a call that runs, or takes one out that waits.
    pub(super) fn cancel(&self, call: u64) -> Option<Job> {
        let mut state = self.lock();
        if let Some(job) = state.waiting.remove(call) {
            return Some(job);
        }
        for running in state.running.iter_mut().flatten() {
            let index = running
                .members
                .iter()
                .position(|member| member.call == call);
            if let Some(index) = index {
                running.stop(index, FailureCode::Cancelled);
            }
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

fn member(job: &Job) -> Member {
    Member {
        call: job.call,
        deadline: job.deadline,
        stopped: None,
    }
}

impl State {
    fn expire(&mut self, now: Instant) -> Vec<Job> {
        let mut next = None;
        for running in self.running.iter_mut().flatten() {
            match running.limit.filter(|_| !running.active.is_empty()) {
                Some(limit) if limit <= now => running.terminate(),
                limit => next = limit.into_iter().chain(next).min(),
            }
            for index in 0..running.members.len() {
                let deadline = running.members[index].deadline;
                if deadline <= now {
                    running.stop(index, FailureCode::Deadline);
                } else {
                    next = next.into_iter().chain([deadline]).min();
                }
            }
        }
        let expired = self.waiting.expire(now);
        let waiting = self.waiting.next_deadline();
        self.alarm = next.into_iter().chain(waiting).min();
        expired
    }
}
