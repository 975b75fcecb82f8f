//! Looks at models in processes that live for one question, with one worker, a memory limit and
//! a time limit.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::{
    ModelDigest, Scored, ScoringError, Signature, Tensor, call,
    engine::milliseconds,
    frame::{self, Kind},
    join::Head,
    message,
    pending::{Outgoing, Reply},
    process::Process,
    spawn::{Plan, Spawner},
    strikes::StrikeBook,
};

/// Models examined at the same time; more wait.
const AT_ONCE: usize = 2;

/// Starts the processes that examine.
pub(super) struct Examiner {
    plan: Plan,
    spawner: Arc<Spawner>,
    places: Semaphore,
    /// How long a model may take to load.
    time: Duration,
}

/// A process for one question. It ends when this is dropped.
struct Examination(Arc<Process>);

impl Drop for Examination {
    fn drop(&mut self) {
        self.0.kill();
    }
}

impl Examiner {
    /// Examines in processes like this one, with so much time for each model to load.
    pub(super) fn new(plan: &Plan, spawner: Arc<Spawner>, time: Duration) -> Self {
        Self {
            plan: plan.vetting(time),
            spawner,
            places: Semaphore::new(AT_ONCE),
            time,
        }
    }

    pub(super) async fn inspect(&self, model: Bytes) -> Result<Signature, ScoringError> {
        let digest = ModelDigest::of(&model);
        let mut frame = frame::begin(32);
        frame.extend_from_slice(digest.as_bytes());
        let models = vec![(digest, model)];
        match self.ask(models, frame, Kind::Inspect, self.time).await? {
            Reply::Frame(Kind::Signature, payload) => {
                message::read_signature(&payload).map_err(call::malformed)
            }
            Reply::Frame(_, payload) => Err(call::failure(&payload)),
            Reply::Overdue => Err(ScoringError::DeadlineExceeded),
            Reply::Ended | Reply::Lost => Err(ended()),
        }
    }

    pub(super) async fn trial(
        &self,
        stages: Vec<Bytes>,
        inputs: Vec<Tensor>,
        outputs: &[String],
        deadline: Duration,
    ) -> Result<Scored, ScoringError> {
        let models: Vec<_> = stages
            .into_iter()
            .map(|model| (ModelDigest::of(&model), model))
            .collect();
        let digests: Vec<_> = models.iter().map(|(digest, _)| *digest).collect();
        let alone = (Head::default(), 0);
        let frame = call::encode("", &digests, outputs, &inputs, alone)?;
        let reply = self.ask(models, frame, Kind::Score, deadline).await?;
        match call::decode(&reply) {
            Some(Err(ScoringError::EngineEnded)) | None => Err(ended()),
            Some(result) => result,
        }
    }

    /// Starts a process, gives it these models, and asks once.
    async fn ask(
        &self,
        models: Vec<(ModelDigest, Bytes)>,
        mut frame: Vec<u8>,
        kind: Kind,
        time: Duration,
    ) -> Result<Reply, ScoringError> {
        let _place = self.places.acquire().await;
        // What a model does here is told to whoever asked; it is no strike.
        let book = Arc::new(StrikeBook::new());
        let (process, _) = Process::start(&self.spawner, &self.plan, book, false)
            .await
            .map_err(ScoringError::Unavailable)?;
        let examination = Examination(process);
        let stages: Arc<[ModelDigest]> = models.iter().map(|(digest, _)| *digest).collect();
        for (digest, model) in models {
            examination.0.load(&digest, model)?;
        }
        frame::seal(&mut frame, kind, 1, milliseconds(time));
        Ok(examination
            .0
            .call(Outgoing {
                call: 1,
                frame: Bytes::from(frame),
                stages,
                time,
                held: (None, None),
            })
            .await)
    }
}

fn ended() -> ScoringError {
    ScoringError::Refused("The model ended the process that examined it.".to_owned())
}
