//! The running server's parts in one place, and what runs beside its requests.

use crate::access::password::Passwords;
use crate::access::sign_in::Tries;
use crate::acts::versions;
use crate::area::Area;
use crate::batch::{self, Batch};
use crate::clock::{Clock, Entropy, Micros, SECOND};
use crate::drafts::{self, Drafts};
use crate::error::Error;
use crate::keys::secrets::{self, Secrets};
use crate::rollout::Candidate;
use crate::rollout::shadow;
use crate::rollout::tally::Tally;
use crate::scoring::{Engine, EngineSettings, ModelDigest, ModelSource, Quarantine};
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use crate::store::blobs::Blobs;
use crate::store::{self, Store, area, endpoints, jobs, quarantine, rollouts, usage};
use crate::throttle::Gates;
use crate::throttle::load::Load;
use crate::usage::{Drained, Usage};
use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use portico_api::id::DraftId;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, Semaphore};

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the server is made of.
pub struct Parts {
    /// How it was told to run.
    pub settings: Settings,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where randomness comes from.
    pub entropy: Entropy,
    /// The database.
    pub store: Store,
    /// Published models by digest.
    pub blobs: Blobs,
    /// Inputs and outputs of batch jobs, and the files of drafts.
    pub area: Area,
    /// What runs batch jobs.
    pub batch: Batch,
    /// Key-encryption key and pepper.
    pub secrets: Secrets,
    /// What scores.
    pub engine: Engine,
    /// What vets drafts.
    pub drafts: Drafts,
    /// What enforces limits.
    pub gates: Gates,
    /// What the process takes on in all.
    pub load: Arc<Load>,
    /// Places for calls in shadow.
    pub shadows: Arc<Semaphore>,
    /// What counts calls.
    pub usage: Usage,
    /// What hashes passwords.
    pub passwords: Passwords,
    /// Sign-in tries by address.
    pub tries: Tries,
    /// Reports of leaked keys by address.
    pub reports: Tries,
    /// Wakes whoever carries out runs over many endpoints.
    pub run_started: Notify,
    snapshot: ArcSwap<Snapshot>,
    loading: Mutex<()>,
    flushing: Mutex<()>,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Models as the engine fetches them: from the blob store.
struct BlobModels(Blobs);

impl ModelSource for BlobModels {
    fn fetch(&self, digest: &ModelDigest) -> BoxFuture<'_, std::io::Result<Bytes>> {
        let digest = digest.to_string();
        async move {
            self.0.get(&digest).await.map_err(|error| match error {
                Error::Blob(object_store::Error::NotFound { .. }) => {
                    std::io::ErrorKind::NotFound.into()
                }
                other => std::io::Error::other(other),
            })
        }
        .boxed()
    }
}

impl App {
    /// Opens everything that the settings name.
    ///
    /// # Errors
    /// If the data folder or the secrets folder can't be used.
    pub async fn open(
        settings: Settings,
        engine: EngineSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, Error> {
        let store = Store::open(&settings.data).await?;
        let blobs = Blobs::in_folder(&settings.data.join("blobs"))?;
        let area = Area::in_folder(&settings.data.join("area"))?;
        let batch = Batch::new(engine.clone(), &settings.allowed_sources);
        let secrets = open_secrets(&settings, store.was_empty(), &entropy)?;
        for path in &secrets.missing {
            tracing::error!(
                "{} is missing: without it no key is verified or revealed. Put it back from where it was kept.",
                path.display()
            );
        }
        let engine = Engine::start(engine, Arc::new(BlobModels(blobs.clone())))
            .await
            .map_err(Error::Scoring)?;
        let gates = Gates::new();
        let snapshot = Snapshot::load(&store, &gates, &Snapshot::default(), clock.now()).await?;
        for model in snapshot.all_quarantined() {
            if let Ok(digest) = model.sha256.parse() {
                engine.set_quarantined(vec![Quarantine {
                    digest,
                    reason: model.reason.clone(),
                }]);
            }
        }
        Ok(Self(Arc::new(Parts {
            load: Load::new(settings.load),
            settings,
            clock,
            entropy,
            store,
            blobs,
            area,
            batch,
            secrets,
            engine,
            drafts: Drafts::default(),
            gates,
            shadows: Arc::new(Semaphore::new(shadow::AT_ONCE)),
            usage: Usage::new(),
            passwords: Passwords::default(),
            tries: Tries::default(),
            reports: Tries::default(),
            run_started: Notify::new(),
            snapshot: ArcSwap::from_pointee(snapshot),
            loading: Mutex::new(()),
            flushing: Mutex::new(()),
        })))
    }

    /// Where engines find models.
    pub fn model_source(&self) -> Arc<dyn ModelSource> {
        Arc::new(BlobModels(self.blobs.clone()))
    }

    /// What calls read.
    pub fn snapshot(&self) -> arc_swap::Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// Brings the snapshot up to the database; called after each commit that calls must see.
    ///
    /// # Errors
    /// If the database does not answer; calls then go on with the snapshot before.
    pub async fn refresh(&self) -> Result<(), Error> {
        let _one_at_a_time = self.loading.lock().await;
        let before = self.snapshot.load_full();
        if before.version == self.store.version().await? {
            return Ok(());
        }
        let next = Snapshot::load(&self.store, &self.gates, &before, self.clock.now()).await?;
        self.snapshot.store(Arc::new(next));
        Ok(())
    }

    /// What runs beside the requests until the returned handle is dropped: counters to the database
    /// each second, changes by other processes into the snapshot, quarantines, the hourly sweep, batch jobs, runs over
    /// many endpoints; and once, vetting of what the last run of the server left.
    pub fn run_beside(&self) -> Beside {
        let flush = tokio::spawn(repeat(
            self.clone(),
            Duration::from_secs(1),
            |app| async move { app.flush_usage().await },
        ));
        let follow = tokio::spawn(repeat(
            self.clone(),
            Duration::from_millis(500),
            |app| async move { app.refresh().await },
        ));
        let sweep = tokio::spawn(repeat(
            self.clone(),
            Duration::from_secs(3600),
            |app| async move { app.sweep().await },
        ));
        let quarantines = tokio::spawn(keep_quarantines(self.clone()));
        // Before the first request can write one.
        self.area.blobs.clear_aside();
        let jobs = tokio::spawn(batch::run(self.clone()));
        let runs = tokio::spawn(crate::acts::runs::work::run(self.clone()));
        let vetting = tokio::spawn(vet_and_check(self.clone()));
        Beside(vec![flush, follow, sweep, quarantines, jobs, runs, vetting])
    }

    /// Writes what was counted; what the database does not take is counted on.
    ///
    /// # Errors
    /// If the database does not take it.
    pub async fn flush_usage(&self) -> Result<(), Error> {
        // A task of its own: counts that were taken out are written or put back even if the caller
        // goes away meanwhile.
        let app = self.clone();
        tokio::spawn(async move { app.write_usage().await })
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
    }

    async fn write_usage(&self) -> Result<(), Error> {
        let _one_at_a_time = self.flushing.lock().await;
        let drained = self.usage.drain();
        let rollouts = self.drain_rollouts();
        if drained.is_empty() && rollouts.is_empty() {
            return Ok(());
        }
        let written = self.store_usage(&drained, &rollouts).await;
        if written.is_err() {
            self.usage.restore(drained);
            for (candidate, tally) in rollouts {
                candidate.counts.restore(tally);
            }
        }
        written
    }

    /// What was counted of staged rollouts.
    fn drain_rollouts(&self) -> Vec<(Arc<Candidate>, Tally)> {
        let snapshot = self.snapshot();
        let drained = snapshot
            .candidates()
            .map(|candidate| (Arc::clone(candidate), candidate.counts.drain()));
        drained.filter(|(_, tally)| !tally.is_empty()).collect()
    }

    async fn store_usage(
        &self,
        drained: &Drained,
        rollouts: &[(Arc<Candidate>, Tally)],
    ) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        for delta in &drained.deltas {
            usage::add(tx.conn(), delta).await?;
        }
        for delta in &drained.keys {
            usage::add_key(tx.conn(), delta).await?;
        }
        for (candidate, tally) in rollouts {
            rollouts::add(tx.conn(), &candidate.stored.id, tally).await?;
        }
        tx.commit_quietly().await
    }

    async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        endpoints::purge(tx.conn(), now).await?;
        usage::sweep(tx.conn(), now / (60 * SECOND)).await?;
        jobs::sweep(tx.conn(), now).await?;
        area::purge(tx.conn()).await?;
        store::drafts::purge(tx.conn(), now - drafts::KEPT).await?;
        tx.commit_quietly().await?;
        self.area.sweep(&self.store, now - 3600 * SECOND).await
    }

    async fn take_back_attempt(&self, draft: &DraftId) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        store::drafts::take_back_attempt(tx.conn(), draft).await?;
        tx.commit_quietly().await
    }

    /// Ends the engine and closes the database, once no request is running any more.
    pub async fn close(&self) {
        if let Some(draft) = self.drafts.close()
            && let Err(error) = self.take_back_attempt(&draft).await
        {
            tracing::error!(%error, "this stop counts as an attempt at vetting a draft");
        }
        self.batch.close().await;
        self.engine.shutdown().await;
        if let Err(error) = self.flush_usage().await {
            tracing::error!(%error, "the last counts were not written");
        }
        self.store.close().await;
    }

    /// Keeps a model from running, for good.
    ///
    /// # Errors
    /// If the database does not take it.
    pub async fn quarantine(
        &self,
        digest: &ModelDigest,
        reason: &str,
        since: Micros,
    ) -> Result<(), Error> {
        let model = quarantine::Quarantined {
            sha256: digest.to_string(),
            since,
            reason: reason.to_owned(),
        };
        let mut tx = self.store.begin().await?;
        quarantine::insert(tx.conn(), &model).await?;
        tx.commit().await?;
        self.refresh().await
    }
}

/// Tasks that end when this is dropped.
pub struct Beside(Vec<tokio::task::JoinHandle<()>>);

impl Drop for Beside {
    fn drop(&mut self) {
        self.0.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

async fn repeat<F>(app: App, every: Duration, work: impl Fn(App) -> F + Send)
where
    F: Future<Output = Result<(), Error>> + Send,
{
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = work(app.clone()).await {
            tracing::error!(%error, "work beside the requests failed and is tried again");
        }
    }
}

/// What the start leaves to do: drafts that were being vetted, and versions that this engine has not scored.
async fn vet_and_check(app: App) {
    if let Err(error) = drafts::resume(&app).await {
        tracing::error!(%error, "drafts were not vetted");
    }
    if let Err(error) = versions::check_all(&app).await {
        tracing::error!(%error, "versions were not checked");
    }
}

async fn keep_quarantines(app: App) {
    use tokio::sync::broadcast::error::RecvError;
    let mut events = app.engine.quarantine_events();
    loop {
        let model = match events.recv().await {
            Ok(model) => model,
            // Too many at once: the engine still knows them, the next start does not.
            Err(RecvError::Lagged(missed)) => {
                tracing::error!(missed, "quarantines were not stored");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        tracing::warn!(model = %model.digest, reason = model.reason, "model quarantined");
        if let Err(error) = app
            .quarantine(&model.digest, &model.reason, app.clock.now())
            .await
        {
            tracing::error!(%error, "the quarantine was not stored");
        }
    }
}

fn open_secrets(settings: &Settings, fresh: bool, entropy: &Entropy) -> Result<Secrets, Error> {
    let mut random = [entropy.bytes::<32>()?, entropy.bytes::<32>()?].into_iter();
    let opened = secrets::open_or_create(&settings.secrets, fresh, &mut |place| {
        if let Some(bytes) = random.next() {
            place.copy_from_slice(&bytes);
        }
    })?;
    Ok(opened)
}
