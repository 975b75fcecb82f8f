//! The engine: what the rest of the server calls to have rows scored.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::{Instant, timeout_at},
};

use super::{
    EngineSettings, ModelDigest, ModelSource, Quarantine, ScoreCall, Scored, ScoringError,
    Signature, Tensor, call,
    examine::Examiner,
    frame::{self, Kind},
    join::Head,
    lane::{Lane, LaneState},
    library::find_library,
    pending::Outgoing,
    process::Process,
    spawn::{Plan, Spawner},
    strikes::{Place, StrikeBook},
};

/// Whether calls can be scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineStatus {
    /// A scoring process takes calls.
    Ready,
    /// None does, for this reason. Another start may be under way.
    Unavailable(String),
}

/// Scores rows in processes of its own. Dropping it ends them.
pub struct Engine {
    source: Arc<dyn ModelSource>,
    book: Arc<StrikeBook>,
    calls: AtomicU64,
    /// Whether the child writes stamps, and so needs to know who calls.
    stamps: bool,
    vetting_time: Duration,
    /// Everything that needs the library, or why it was not found.
    lanes: Result<Lanes, String>,
}

struct Lanes {
    main: Arc<Lane>,
    /// Suspects run here, one at a time.
    isolation: Arc<Lane>,
    turn: Arc<Semaphore>,
    examiner: Examiner,
}

impl Engine {
    /// Starts the first scoring process and waits until it is ready or has failed to start. Where ONNX Runtime is not
    /// found or does not start, the engine is there all the same and says so in its status.
    ///
    /// # Errors
    /// [`ScoringError::Unavailable`] where the system gives no thread.
    pub async fn start(
        settings: EngineSettings,
        source: Arc<dyn ModelSource>,
    ) -> Result<Self, ScoringError> {
        let spawner = Spawner::new()
            .map_err(|error| ScoringError::Unavailable(format!("No thread: {error}.")))?;
        let (spawner, book) = (Arc::new(spawner), Arc::new(StrikeBook::new()));
        let lanes = match find_library(settings.onnxruntime.as_deref()) {
            Ok(library) => {
                let plan = Plan::new(&settings, &library);
                let lane =
                    |plan, alone| Lane::new(plan, Arc::clone(&spawner), Arc::clone(&book), alone);
                let single = Plan {
                    workers: 1,
                    ..plan.clone()
                };
                let examiner = Examiner::new(&plan, Arc::clone(&spawner), settings.vetting_time);
                let lanes = Lanes {
                    main: lane(plan, false),
                    isolation: lane(single, true),
                    turn: Arc::new(Semaphore::new(1)),
                    examiner,
                };
                lanes.main.begin().await;
                Ok(lanes)
            }
            Err(error) => {
                tracing::warn!("{error}");
                Err(error.to_string())
            }
        };
        Ok(Self {
            source,
            book,
            calls: AtomicU64::new(1),
            stamps: settings.stamps.is_some(),
            vetting_time: settings.vetting_time,
            lanes,
        })
    }

    /// Scores rows. Dropping the future stops the run; the call's permit is held until the run
    /// has truly ended.
    ///
    /// # Errors
    /// See [`ScoringError`]. A call that had not been started when a process died is sent to the
    /// next one; one that had been is not.
    pub async fn score(&self, call: ScoreCall) -> Result<Scored, ScoringError> {
        let deadline = Instant::now() + call.deadline;
        let lanes = self.lanes()?;
        let group = if self.stamps { &*call.group } else { "" };
        let head = Head::of(
            &call.group,
            &call.stages,
            &call.outputs,
            &call.inputs,
            call.parameters,
        );
        let mut frame = call::encode(
            group,
            &call.stages,
            &call.outputs,
            &call.inputs,
            (head, call.parameters),
        )?;
        drop(call.inputs);
        loop {
            let (lane, turn) = self.place(lanes, &call.stages, deadline).await?;
            let process = lane.process(deadline).await?;
            let provided = process.provide(&call.stages, &*self.source);
            timeout_at(deadline, provided)
                .await
                .map_err(|_| ScoringError::DeadlineExceeded)??;
            let time = deadline.saturating_duration_since(Instant::now());
            if time.is_zero() {
                return Err(ScoringError::DeadlineExceeded);
            }
            let number = self.calls.fetch_add(1, Ordering::Relaxed);
            frame::seal(&mut frame, Kind::Score, number, milliseconds(time));
            let sent = Bytes::from(frame);
            let reply = process
                .call(Outgoing {
                    call: number,
                    frame: sent.clone(),
                    stages: Arc::clone(&call.stages),
                    time,
                    held: (call.permit.clone(), turn),
                })
                .await;
            let missing = call::missing(&reply).and_then(|stage| call.stages.get(stage));
            match (missing, call::decode(&reply)) {
                (Some(model), _) => process.forget(model),
                (None, Some(result)) => return result,
                (None, None) => lane.leave(&process, deadline).await,
            }
            frame = Vec::from(sent);
        }
    }

    /// Where this call runs, with its turn if that is in isolation.
    async fn place<'a>(
        &self,
        lanes: &'a Lanes,
        stages: &[ModelDigest],
        deadline: Instant,
    ) -> Result<(&'a Arc<Lane>, Option<OwnedSemaphorePermit>), ScoringError> {
        if self.admitted(stages)? == Place::Main {
            return Ok((&lanes.main, None));
        }
        let turn = timeout_at(deadline, Arc::clone(&lanes.turn).acquire_owned()).await;
        let turn = turn
            .map_err(|_| ScoringError::DeadlineExceeded)?
            .map_err(|_| ScoringError::DeadlineExceeded)?;
        // Whoever was before us may have changed what is known of the model.
        match self.admitted(stages)? {
            Place::Main => Ok((&lanes.main, None)),
            Place::Isolation => Ok((&lanes.isolation, Some(turn))),
        }
    }

    fn admitted(&self, stages: &[ModelDigest]) -> Result<Place, ScoringError> {
        self.book.place(stages).map_err(ScoringError::Quarantined)
    }

    /// How long loading a model that is vetted may take, and scoring its sample rows.
    pub fn vetting_time(&self) -> Duration {
        self.vetting_time
    }

    /// What a model takes and gives. The model is vetted and loaded in a process of its own,
    /// which ends afterwards.
    ///
    /// # Errors
    /// [`ScoringError::Refused`] where vetting refuses it, [`ScoringError::ModelFailed`] where it
    /// can't be loaded.
    pub async fn inspect(&self, model: Bytes) -> Result<Signature, ScoringError> {
        self.lanes()?.examiner.inspect(model).await
    }

    /// Vets models and scores rows with them in a process of its own, which ends afterwards.
    ///
    /// # Errors
    /// Those of [`Engine::inspect`] and [`Engine::score`].
    pub async fn trial(
        &self,
        stages: Vec<Bytes>,
        inputs: Vec<Tensor>,
        outputs: &[String],
        deadline: Duration,
    ) -> Result<Scored, ScoringError> {
        let examiner = &self.lanes()?.examiner;
        examiner.trial(stages, inputs, outputs, deadline).await
    }

    /// The models that are kept from running.
    pub fn quarantined(&self) -> Vec<Quarantine> {
        self.book.quarantined()
    }

    /// Each quarantine as it begins.
    pub fn quarantine_events(&self) -> broadcast::Receiver<Quarantine> {
        self.book.events()
    }

    /// Takes over the quarantines of an earlier run of the server.
    pub fn set_quarantined(&self, quarantines: Vec<Quarantine>) {
        self.book.set_quarantined(quarantines);
    }

    /// Lets a model run again and forgets what it did.
    pub fn release(&self, digest: &ModelDigest) {
        self.book.release(digest);
    }

    /// The process id of the main scoring process.
    pub fn child_pid(&self) -> Option<u32> {
        Some(running(&self.lanes.as_ref().ok()?.main)?.pid())
    }

    /// What scores, in words: ONNX Runtime and Portico with their versions. `None` while no scoring
    /// process runs.
    pub fn runtime(&self) -> Option<String> {
        let runtime = running(&self.lanes.as_ref().ok()?.main)?.runtime();
        let portico = env!("CARGO_PKG_VERSION");
        Some(format!("ONNX Runtime {runtime}, Portico {portico}"))
    }

    /// Whether calls can be scored now.
    pub fn status(&self) -> EngineStatus {
        let lanes = match &self.lanes {
            Ok(lanes) => lanes,
            Err(reason) => return EngineStatus::Unavailable(reason.clone()),
        };
        match lanes.main.state() {
            LaneState::Running(_) => EngineStatus::Ready,
            LaneState::Starting(Some(reason)) => EngineStatus::Unavailable(reason),
            LaneState::Idle | LaneState::Starting(None) => {
                EngineStatus::Unavailable("The scoring process is starting.".to_owned())
            }
            LaneState::Stopped => {
                EngineStatus::Unavailable("The server is shutting down.".to_owned())
            }
        }
    }

    /// Ends all processes. Calls still on their way fail.
    pub async fn shutdown(&self) {
        if let Ok(lanes) = &self.lanes {
            lanes.main.stop().await;
            lanes.isolation.stop().await;
        }
    }

    fn lanes(&self) -> Result<&Lanes, ScoringError> {
        self.lanes
            .as_ref()
            .map_err(|reason| ScoringError::Unavailable(reason.clone()))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Ok(lanes) = &self.lanes {
            lanes.main.abandon();
            lanes.isolation.abandon();
        }
    }
}

fn running(lane: &Lane) -> Option<Arc<Process>> {
    match lane.state() {
        LaneState::Running(process) => Some(process),
        _ => None,
    }
}

/// Whole milliseconds, rounded up so that no call ends early, at most what a frame can say (49
/// days).
pub(super) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)
}
