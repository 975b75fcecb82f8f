//! Loaded models: their bytes by digest, and for each a pool of sessions.
//!
//! A session runs one call at a time (`Session::run` takes it mutably), so a model has as many
//! as its calls have needed at once, which the number of workers bounds.

use std::collections::HashMap;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
use std::time::{Duration, Instant};

use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{
        RunOptions, Session, SessionInputValue, SessionOutputs,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
    value::{Outlet, TensorElementType, ValueType},
};

use super::{
    super::{
        Element, ModelDigest, Port, Signature, classes,
        frame::{self, Kind},
        message::{Failure, FailureCode},
        onnx, repair,
    },
    forest::{self, Planted},
    memory,
    residents::{Resident, Residents},
    room::{Room, Step},
    worker::{Context, Run},
};

/// What a load takes for each byte of a file besides what is left of it.
const PARSED: u64 = 3;
/// Runs after which the process's memory is looked at though nothing was loaded.
const LOOK: usize = 64;
/// How often somebody who waits for another's load looks whether the call was stopped.
const TURN: Duration = Duration::from_millis(5);
/// What a model takes for each byte of its file, until one was measured.
const RATIO: u64 = 6;
/// Models whose measured size is kept in mind.
const MEASURED: usize = 65_536;

/// The models that are in memory. What they take with the rest of the process stays under a cap;
/// those used least recently make room, and the server sends them again when they are needed.
pub(super) struct Models {
    environment: Environment,
    vet: bool,
    room: Room,
    residents: Mutex<Residents<ModelDigest, Model>>,
    /// Loads that have begun, and loads that are on.
    begun: AtomicUsize,
    on: AtomicUsize,
    ratio: AtomicU64,
    /// What a session of a model takes, kept longer than the model: the allocator walks through all its gaps to tell
    /// what is in use, and once models have come and gone that takes as long as a load.
    measured: Mutex<HashMap<ModelDigest, u64>>,
    runs: AtomicUsize,
    /// Set when models must make room.
    full: Mutex<bool>,
    wake: Condvar,
    evicting: Mutex<()>,
}

pub(super) struct Model {
    digest: ModelDigest,
    bytes: Vec<u8>,
    /// Whether these bytes may be loaded; found once.
    accepted: OnceLock<Result<(), Failure>>,
    /// The same file with its ensembles of trees taken out, where it has any; made once, for all its sessions.
    planted: OnceLock<Option<Planted>>,
    signature: OnceLock<Arc<Signature>>,
    /// Whether a session is being made: calls for a cold model load it once.
    loading: Mutex<bool>,
    loaded: Condvar,
    pool: Mutex<Pool>,
    returned: Condvar,
}

/// The sessions of a model. There are as many as its runs need at once: another is made when runs have waited
/// for one as long, all together, as making it takes.
#[derive(Default)]
struct Pool {
    idle: Vec<Session>,
    made: usize,
    /// How much longer runs may wait.
    patience: Duration,
}

/// A session for one run; it goes back to its model when the run is done.
pub(super) struct Lease {
    model: Arc<Resident<Model>>,
    session: Option<Session>,
    signature: Arc<Signature>,
}

/// The turn to load a model; the next one's when this is dropped.
struct Turn<'a>(&'a Model);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.0.loading) = false;
        self.0.loaded.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Models {
    pub(super) fn new(environment: Environment, vet: bool, cap_mib: u64) -> Self {
        Self {
            environment,
            vet,
            room: Room::new(cap_mib.saturating_mul(1 << 20)),
            residents: Mutex::default(),
            begun: AtomicUsize::new(0),
            on: AtomicUsize::new(0),
            ratio: AtomicU64::new(RATIO),
            measured: Mutex::default(),
            runs: AtomicUsize::new(0),
            full: Mutex::default(),
            wake: Condvar::new(),
            evicting: Mutex::default(),
        }
    }

    /// Keeps the bytes of a model. They are looked at when a call first needs them.
    pub(super) fn add(&self, digest: ModelDigest, bytes: Vec<u8>) {
        let size = bytes.len() as u64;
        lock(&self.residents).add(digest, size, || Model {
            digest,
            bytes,
            accepted: OnceLock::new(),
            planted: OnceLock::new(),
            signature: OnceLock::new(),
            loading: Mutex::default(),
            loaded: Condvar::new(),
            pool: Mutex::default(),
            returned: Condvar::new(),
        });
    }

    /// A session of this model for this stage of a run, loaded if none is idle.
    pub(super) fn lease(
        &self,
        run: &Run<'_>,
        stage: u32,
        digest: &ModelDigest,
    ) -> Result<Lease, Failure> {
        let resident = lock(&self.residents).take(digest);
        let Some(resident) = resident else {
            return Err(at(stage, Failure::new(FailureCode::Missing, "")));
        };
        // From here on it is released however this ends.
        let mut lease = Lease {
            session: None,
            signature: Arc::new(Signature::default()),
            model: resident,
        };
        let model = &lease.model.value;
        let session = loop {
            let made = match model.wait() {
                Ok(session) => break session,
                Err(made) => made,
            };
            let _one_at_a_time = model.turn(run).map_err(|failure| at(stage, failure))?;
            if lock(&model.pool).made == made {
                // Loading can end the process too, and then it must be known whose it was.
                mark(run, stage)?;
                break self
                    .load(run, &lease.model)
                    .map_err(|failure| at(stage, failure))?;
            }
        };
        let signature = model
            .signature
            .get_or_init(|| Arc::new(signature(&session)));
        lease.signature = Arc::clone(signature);
        lease.session = Some(session);
        if self
            .runs
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(LOOK)
        {
            self.look();
        }
        Ok(lease)
    }

    fn load(&self, run: &Run<'_>, resident: &Resident<Model>) -> Result<Session, Failure> {
        let model = &resident.value;
        model.accepted.get_or_init(|| self.accept(model)).clone()?;
        let size = model.bytes.len() as u64;
        let expected = size.saturating_mul(self.ratio.load(Ordering::Relaxed));
        // While it is read it takes some more.
        let needed = expected.saturating_add(size.saturating_mul(PARSED));
        if self.room.is_full(memory::resident(), needed) {
            self.make_room(run.context, needed);
        }
        let known = lock(&self.measured).get(&model.digest).copied();
        let begun = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        let others = self.on.fetch_add(1, Ordering::AcqRel);
        // Another load at the same time would be counted too.
        let alone = others == 0 && known.is_none();
        let before = alone.then(memory::in_use).flatten();
        let start = Instant::now();
        let session = self.session(run, model);
        let took = start.elapsed();
        let alone = alone && self.begun.load(Ordering::Acquire) == begun;
        let after = alone.then(memory::in_use).flatten();
        self.on.fetch_sub(1, Ordering::AcqRel);
        let session = session?;
        let planted = model.planted.get().and_then(Option::as_ref);
        let read = planted.map_or(size, |planted| planted.file.len() as u64);
        let measured = match (known, before, after) {
            (None, Some(before), Some(after)) if after > before + read => {
                let measured = after - before;
                self.learn(model.digest, measured, size);
                measured
            }
            _ => known.unwrap_or(expected),
        };
        let mut pool = lock(&model.pool);
        // What all sessions share came with the first.
        let shared = planted.filter(|_| pool.made == 0).map_or(0, Planted::bytes);
        lock(&self.residents).grow(resident, measured + shared);
        pool.made += 1;
        pool.patience = took;
        drop(pool);
        self.look();
        Ok(session)
    }

    /// A session of a model, with operators of our own for its ensembles of trees.
    fn session(&self, run: &Run<'_>, model: &Model) -> Result<Session, Failure> {
        let mended = repair::mended(&model.bytes);
        let file = mended.as_deref().unwrap_or(&model.bytes);
        if let Some(planted) = model.planted.get_or_init(|| forest::plant(file))
            && let Ok(session) = self.commit(run, &planted.file, Some(planted))
        {
            return Ok(session);
        }
        // What our operators do not fit is left to the runtime's: columns in 64 bits, say.
        self.commit(run, file, None)
    }

    fn commit(
        &self,
        run: &Run<'_>,
        file: &[u8],
        planted: Option<&Planted>,
    ) -> Result<Session, Failure> {
        let failed = |error: ort::Error| Failure::model("The model could not be loaded.", &error);
        let mut builder = self.builder().map_err(failed)?;
        if let Some(planted) = planted {
            let operators = planted.operators().map_err(failed)?;
            builder = builder
                .with_operators(operators)
                .map_err(|error| failed(error.into()))?;
        }
        let queue = &run.context.queue;
        if queue.loading(run.slot, Some(builder.canceler())) {
            return Err(Failure::model("The call was stopped.", &""));
        }
        let session = builder.commit_from_memory(file);
        queue.loading(run.slot, None);
        session.map_err(failed)
    }

    /// Keeps in mind what a session took for a file of so many bytes.
    fn learn(&self, digest: ModelDigest, measured: u64, size: u64) {
        let ratio = (measured / size.max(1)).max(1);
        self.ratio.store(ratio, Ordering::Relaxed);
        let mut known = lock(&self.measured);
        if known.len() >= MEASURED {
            known.clear();
        }
        known.insert(digest, measured);
    }

    /// Has models make room if there is too little.
    fn look(&self) {
        let held = lock(&self.residents).held();
        if self.room.is_short(memory::resident(), held) {
            *lock(&self.full) = true;
            self.wake.notify_one();
        }
    }

    /// Lets models make room whenever that is needed, until the process ends. A thread of its own:
    /// giving memory back takes longer than a call should wait.
    pub(super) fn keep_room(&self, context: &Context) {
        loop {
            let mut full = lock(&self.full);
            while !std::mem::take(&mut *full) {
                full = self.wake.wait(full).unwrap_or_else(PoisonError::into_inner);
            }
            drop(full);
            self.make_room(context, 0);
        }
    }

    /// Evicts models until the process has room for so many bytes more, as far as that goes.
    fn make_room(&self, context: &Context, needed: u64) {
        let _one_at_a_time = lock(&self.evicting);
        loop {
            let held = lock(&self.residents).held();
            let Some(step) = self.room.step(memory::resident(), needed, held) else {
                return;
            };
            let (Step::Reuse(bytes) | Step::GiveBack(bytes)) = step;
            let evicted = lock(&self.residents).evict(bytes);
            if evicted.is_empty() {
                return;
            }
            let mut frame = frame::begin(32 * evicted.len());
            for (digest, _) in &evicted {
                frame.extend_from_slice(digest.as_bytes());
            }
            frame::seal(&mut frame, Kind::Evicted, 0, 0);
            context.output.send(&frame);
            drop(evicted);
            // What was freed meanwhile makes a load look smaller than it is.
            self.begun.fetch_add(1, Ordering::AcqRel);
            if let Step::GiveBack(_) = step {
                memory::give_back();
            }
        }
    }

    /// Whether a model's bytes are what its digest says and, in a process that vets, harmless.
    fn accept(&self, model: &Model) -> Result<(), Failure> {
        if ModelDigest::of(&model.bytes) != model.digest {
            return Err(Failure::model(
                "The stored model is not the one that was published.",
                &"its digest differs",
            ));
        }
        if self.vet {
            onnx::examine(&model.bytes)
                .map_err(|error| Failure::new(FailureCode::Refused, error.to_string()))?;
        }
        Ok(())
    }

    /// One thread a session: calls run beside each other, not within. What goes wrong in a run
    /// comes back as its result; a line in the log for each would only drown it.
    fn builder(&self) -> ort::Result<SessionBuilder> {
        Ok(Session::builder(&self.environment)?
            .with_log_level(LogLevel::Fatal)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?)
    }
}

impl Model {
    /// The turn to load. Whoever waits for it can still be stopped.
    fn turn(&self, run: &Run<'_>) -> Result<Turn<'_>, Failure> {
        let mut loading = lock(&self.loading);
        while *loading {
            if run.context.queue.loading(run.slot, None) {
                return Err(Failure::model("The call was stopped.", &""));
            }
            loading = self
                .loaded
                .wait_timeout(loading, TURN)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *loading = true;
        Ok(Turn(self))
    }

    /// A session that is idle, or becomes so while there is patience; else how many were made.
    fn wait(&self) -> Result<Session, usize> {
        let mut pool = lock(&self.pool);
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok(session);
            }
            if pool.made == 0 || pool.patience.is_zero() {
                return Err(pool.made);
            }
            let (start, patience) = (Instant::now(), pool.patience);
            pool = self
                .returned
                .wait_timeout(pool, patience)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            pool.patience = pool.patience.saturating_sub(start.elapsed());
        }
    }
}

/// Writes on the board that this run turns to this stage.
pub(super) fn mark(run: &Run<'_>, stage: u32) -> Result<(), Failure> {
    run.context
        .board
        .mark(run.slot, run.calls, stage)
        .map_err(|error| Failure::model("The call could not be entered.", &error))
}

fn at(stage: u32, failure: Failure) -> Failure {
    Failure { stage, ..failure }
}

impl Lease {
    /// What the model takes and gives, without its classes: runs don't need them, and finding them
    /// takes as long as half a load.
    pub(super) fn signature(&self) -> &Arc<Signature> {
        &self.signature
    }

    /// What the model takes and gives, with its classes.
    pub(super) fn described(&self) -> Signature {
        Signature {
            classes: classes::classes(&self.model.value.bytes),
            ..Signature::clone(&self.signature)
        }
    }

    /// Runs the model once.
    pub(super) fn run<'a>(
        &'a mut self,
        inputs: &[SessionInputValue<'_>],
        options: &'a RunOptions,
    ) -> ort::Result<SessionOutputs<'a>> {
        match &mut self.session {
            Some(session) => session.run_with_options(inputs, options),
            None => Err(ort::Error::new("the session has gone back to its model")),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            lock(&self.model.value.pool).idle.push(session);
            self.model.value.returned.notify_one();
        }
        self.model.release();
    }
}

/// What a session takes and gives, without the classes.
fn signature(session: &Session) -> Signature {
    Signature {
        classes: Vec::new(),
        inputs: session.inputs().iter().map(port).collect(),
        outputs: session.outputs().iter().map(port).collect(),
    }
}

fn port(outlet: &Outlet) -> Port {
    let (element, shape) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => {
            let shape = shape
                .iter()
                .map(|dimension| u64::try_from(*dimension).ok().filter(|size| *size > 0))
                .collect();
            (element(*ty), shape)
        }
        other => (Element::Other(other.to_string()), Vec::new()),
    };
    Port {
        name: outlet.name().to_owned(),
        element,
        shape,
    }
}

/// The element type of a tensor of the runtime.
pub(super) fn element(ty: TensorElementType) -> Element {
    match ty {
        TensorElementType::Float32 => Element::F32,
        TensorElementType::Float64 => Element::F64,
        TensorElementType::Int64 => Element::I64,
        TensorElementType::Int32 => Element::I32,
        TensorElementType::Bool => Element::Bool,
        TensorElementType::String => Element::Text,
        other => Element::Other(other.to_string()),
    }
}
