//! Keeps one scorer process alive: starts it, starts the next when it dies, at once the first
//! time and with growing pauses if it keeps dying.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout_at},
};

use super::{
    ScoringError,
    process::Process,
    spawn::{Plan, Spawner},
    strikes::StrikeBook,
};

/// A process that lives this long has started well.
const STEADY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a lane is at.
#[derive(Clone)]
pub(super) enum LaneState {
    /// Nobody has asked for it yet.
    Idle,
    /// A process is being started; why the last one ended or did not start, if there was one.
    Starting(Option<String>),
    /// This process takes calls.
    Running(Arc<Process>),
    /// The engine is shut down.
    Stopped,
}

/// One process after the other.
pub(super) struct Lane {
    state: watch::Sender<LaneState>,
    plan: Plan,
    spawner: Arc<Spawner>,
    book: Arc<StrikeBook>,
    alone: bool,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

impl Lane {
    pub(super) fn new(
        plan: Plan,
        spawner: Arc<Spawner>,
        book: Arc<StrikeBook>,
        alone: bool,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: watch::Sender::new(LaneState::Idle),
            plan,
            spawner,
            book,
            alone,
            supervisor: Mutex::default(),
        })
    }

    /// Starts the first process, unless that has been done.
    pub(super) fn wake(self: &Arc<Self>) {
        let woken = self.state.send_if_modified(|state| {
            let idle = matches!(state, LaneState::Idle);
            if idle {
                *state = LaneState::Starting(None);
            }
            idle
        });
        if woken {
            let supervisor = tokio::spawn(Arc::clone(self).supervise());
            *self
                .supervisor
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(supervisor);
        }
    }

    /// What it is at now.
    pub(super) fn state(&self) -> LaneState {
        self.state.borrow().clone()
    }

    /// Starts the first process and waits until it takes calls or the first attempt has failed.
    pub(super) async fn begin(self: &Arc<Self>) {
        self.wake();
        let mut states = self.state.subscribe();
        let begun =
            states.wait_for(|state| !matches!(state, LaneState::Idle | LaneState::Starting(None)));
        // The lane itself holds the sender, so the wait can't end for want of one.
        let _ = begun.await;
    }

    /// The process that takes calls, once there is one.
    pub(super) async fn process(
        self: &Arc<Self>,
        deadline: Instant,
    ) -> Result<Arc<Process>, ScoringError> {
        match &*self.state.borrow() {
            LaneState::Running(process) => return Ok(Arc::clone(process)),
            LaneState::Stopped => return Err(stopped()),
            LaneState::Idle | LaneState::Starting(_) => {}
        }
        self.wake();
        let mut states = self.state.subscribe();
        let settled =
            states.wait_for(|state| matches!(state, LaneState::Running(_) | LaneState::Stopped));
        match timeout_at(deadline, settled)
            .await
            .map(|state| state.map(|state| state.clone()))
        {
            Ok(Ok(LaneState::Running(process))) => Ok(process),
            Ok(_) => Err(stopped()),
            Err(_) => match self.state() {
                LaneState::Starting(Some(reason)) => Err(ScoringError::Unavailable(reason)),
                _ => Err(ScoringError::DeadlineExceeded),
            },
        }
    }

    /// Waits until this process, which has died, is no longer the lane's.
    pub(super) async fn leave(&self, dead: &Arc<Process>, deadline: Instant) {
        let mut states = self.state.subscribe();
        let left = states.wait_for(
            |state| !matches!(state, LaneState::Running(process) if Arc::ptr_eq(process, dead)),
        );
        // Past the deadline the caller finds out by itself.
        let _ = timeout_at(deadline, left).await;
    }

    /// Ends the process and starts no other.
    pub(super) async fn stop(&self) {
        let before = self.state.send_replace(LaneState::Stopped);
        if let LaneState::Running(process) = before {
            process.kill();
        }
        let supervisor = self
            .supervisor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(supervisor) = supervisor {
            // It ends by itself: every wait of its ends when the lane stops or the process dies.
            let _ = supervisor.await;
        }
    }

    /// Like [`Lane::stop`], for when nobody can wait.
    pub(super) fn abandon(&self) {
        if let LaneState::Running(process) = self.state.send_replace(LaneState::Stopped) {
            process.kill();
        }
    }

    async fn supervise(self: Arc<Self>) {
        let mut deaths = 0;
        loop {
            let born = Instant::now();
            let started = Process::start(
                &self.spawner,
                &self.plan,
                Arc::clone(&self.book),
                self.alone,
            );
            let reason = match started.await {
                Ok((process, ending)) => {
                    if !self.enter(LaneState::Running(Arc::clone(&process))) {
                        process.kill();
                    }
                    ending
                        .await
                        .unwrap_or_else(|error| format!("The scoring process was lost: {error}."))
                }
                Err(reason) => reason,
            };
            deaths = if born.elapsed() < STEADY {
                deaths + 1
            } else {
                0
            };
            if !self.enter(LaneState::Starting(Some(reason.clone()))) {
                return;
            }
            tracing::warn!(deaths, "{reason}");
            let mut states = self.state.subscribe();
            tokio::select! {
                () = sleep(pause(deaths)) => {}
                _ = states.wait_for(|state| matches!(state, LaneState::Stopped)) => return,
            }
        }
    }

    /// Changes the state unless the lane is stopped.
    fn enter(&self, next: LaneState) -> bool {
        self.state.send_if_modified(|state| {
            let going = !matches!(state, LaneState::Stopped);
            if going {
                *state = next;
            }
            going
        })
    }
}

fn stopped() -> ScoringError {
    ScoringError::Unavailable("The server is shutting down.".to_owned())
}

/// How long to wait after so many processes in a row died young.
fn pause(deaths: u32) -> Duration {
    match deaths {
        0 | 1 => Duration::ZERO,
        _ => FIRST_PAUSE
            .saturating_mul(1 << (deaths - 2).min(16))
            .min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::pause;

    #[test]
    fn pauses_grow_to_a_limit() {
        let pauses = [0, 1, 2, 3, 4, 12, 1000].map(pause);
        let expected = [0, 0, 100, 200, 400, 10_000, 10_000].map(Duration::from_millis);
        assert_eq!(pauses, expected);
    }
}
