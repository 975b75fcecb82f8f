//! Batch jobs: the queue, and the workers that take jobs from it. A job's table is taken apart in a process
//! of its own (`child`, read by `reader`), its rows are scored in runs without the endpoint's permits
//! (`score`), and the output is written aside (`output`), put into the blob area by its digest and named in
//! one transaction with the job's end (`runner`).
//!
//! A server that ends loses no job: what ran begins again, with the same input, version and models, and
//! gives the same bytes. Must not know classic's wire.

pub mod child;
mod output;
mod reader;
mod runner;
mod score;
pub mod submit;

pub(crate) use score::text;

use crate::app::App;
use crate::error::Error;
use crate::outgoing::Outgoing;
use crate::scoring::{Engine, EngineSettings, ModelSource, Quarantine};
use crate::store::jobs::{self, queue};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

/// Jobs that are worked at on this machine at once; the limit of an endpoint stands in the store.
const WORKERS: usize = 2;
/// How often the queue is looked at though nobody said that there is something in it.
const LOOK: Duration = Duration::from_secs(1);
/// How long the scoring process of batches is kept without work.
const IDLE: Duration = Duration::from_secs(60);
/// How long to wait after a job that could not go on for reasons that are not its own.
const LATER: Duration = Duration::from_secs(5);
/// The priority of the scoring process of batches: it has what calls leave.
const NICE: i32 = 10;

/// The queue's workers, and what they work with.
pub struct Batch {
    /// What fetches inputs from other hosts.
    pub outgoing: Outgoing,
    wake: Notify,
    settings: EngineSettings,
    engine: Mutex<Option<Arc<Engine>>>,
}

impl Batch {
    /// Workers with scoring processes like these, which may fetch from these hosts.
    pub fn new(mut settings: EngineSettings, allowed: &[String]) -> Self {
        // One run at a time and core; and stamps are of calls.
        settings.workers = WORKERS;
        settings.stamps = None;
        Self {
            outgoing: Outgoing::new(allowed),
            wake: Notify::new(),
            settings,
            engine: Mutex::new(None),
        }
    }

    /// The program whose `rows` takes tables apart: this one.
    fn program(&self) -> &std::path::Path {
        &self.settings.program
    }

    /// Says that there may be something in the queue.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The engine of batches and of calls in shadow, which is started when it is first needed, and knows the quarantines that the
    /// engine of calls knows.
    pub(crate) async fn engine(&self, app: &App) -> Result<Arc<Engine>, Error> {
        let mut held = self.engine.lock().await;
        let engine = match &*held {
            Some(engine) => Arc::clone(engine),
            None => {
                let source: Arc<dyn ModelSource> = app.model_source();
                let engine = Arc::new(Engine::start(self.settings.clone(), source).await?);
                tokio::spawn(share_quarantines(app.clone(), engine.quarantine_events()));
                Arc::clone(held.insert(engine))
            }
        };
        drop(held);
        let known: Vec<Quarantine> = app.engine.quarantined();
        for released in engine.quarantined() {
            if !known.iter().any(|kept| kept.digest == released.digest) {
                engine.release(&released.digest);
            }
        }
        engine.set_quarantined(known);
        engine.child_pid().into_iter().for_each(lower_priority);
        Ok(engine)
    }

    async fn end_idle(&self) {
        let taken = {
            let mut held = self.engine.lock().await;
            match &*held {
                // Nobody else has it.
                Some(engine) if Arc::strong_count(engine) == 1 => held.take(),
                _ => None,
            }
        };
        if let Some(engine) = taken {
            engine.shutdown().await;
        }
    }

    /// Ends the scoring process.
    pub async fn close(&self) {
        let taken = self.engine.lock().await.take();
        if let Some(engine) = taken {
            engine.shutdown().await;
        }
    }
}

/// On Linux a priority is a thread's; later threads have that of the one that started them.
fn lower_priority(pid: u32) {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let number = task.file_name().to_str().and_then(|text| text.parse().ok());
        if let Some(thread) = number.and_then(rustix::process::Pid::from_raw)
            && let Err(error) = rustix::process::setpriority_process(Some(thread), NICE)
        {
            tracing::debug!(%error, "a scoring process of batches keeps its priority");
        }
    }
}

/// A model that a batch brought into quarantine does not run for calls either, and for good.
async fn share_quarantines(app: App, mut events: tokio::sync::broadcast::Receiver<Quarantine>) {
    while let Ok(model) = events.recv().await {
        app.engine.set_quarantined(vec![model.clone()]);
        let now = app.clock.now();
        if let Err(error) = app.quarantine(&model.digest, &model.reason, now).await {
            tracing::error!(%error, "the quarantine was not stored");
        }
    }
}

/// Puts back what ran when the server before ended, and works at the queue for as long as the future lives.
pub async fn run(app: App) {
    while let Err(error) = recover(&app).await {
        tracing::error!(%error, "jobs of the run before could not be put back");
        tokio::time::sleep(LATER).await;
    }
    // Ended with this future.
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        workers.spawn(work(app.clone()));
    }
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker of batch jobs ended; another takes its place");
        }
        tokio::time::sleep(LATER).await;
        workers.spawn(work(app.clone()));
    }
}

async fn recover(app: &App) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let jobs = queue::recover(tx.conn()).await?;
    tx.commit_quietly().await?;
    if jobs > 0 {
        tracing::info!(jobs, "jobs that ran when the server ended begin again");
    }
    Ok(())
}

async fn work(app: App) {
    let mut idle = tokio::time::Instant::now();
    loop {
        match claim(&app).await {
            Ok(Some(job)) => {
                if let Err(error) = runner::run(&app, &job).await {
                    tracing::error!(job = job.id, %error, "a job could not go on and is tried again");
                    put_back(&app, &job).await;
                    tokio::time::sleep(LATER).await;
                }
                idle = tokio::time::Instant::now();
            }
            Ok(None) => {
                if idle.elapsed() > IDLE {
                    app.batch.end_idle().await;
                }
                let _ = tokio::time::timeout(LOOK, app.batch.wake.notified()).await;
            }
            Err(error) => {
                tracing::error!(%error, "the queue of jobs could not be read");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

async fn claim(app: &App) -> Result<Option<jobs::Job>, Error> {
    if !queue::any_waiting(app.store.read()).await? {
        return Ok(None);
    }
    let mut tx = app.store.begin().await?;
    let job = queue::claim(tx.conn(), app.clock.now()).await?;
    tx.commit_quietly().await?;
    Ok(job)
}

async fn put_back(app: &App, job: &jobs::Job) {
    let done = async {
        let mut tx = app.store.begin().await?;
        queue::put_back(tx.conn(), job).await?;
        tx.commit_quietly().await
    };
    if let Err(error) = done.await {
        tracing::error!(job = job.id, %error, "a job stays where it is until the server starts again");
    }
}
