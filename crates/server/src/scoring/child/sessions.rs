//! Loaded models: their bytes by digest, and for each a pool of sessions.
//!
//! A session runs one call at a time (`Session::run` takes it mutably), so a model has as many
//! as its calls have needed at once, which the number of workers bounds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

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
        Element, ModelDigest, Port, Signature,
        message::{Failure, FailureCode},
        onnx, repair,
    },
    worker::Run,
};

/// All models that the server has sent.
pub(super) struct Models {
    environment: Environment,
    vet: bool,
    by_digest: Mutex<HashMap<ModelDigest, Arc<Model>>>,
}

struct Model {
    digest: ModelDigest,
    bytes: Vec<u8>,
    /// Whether these bytes may be loaded; found once.
    accepted: OnceLock<Result<(), Failure>>,
    signature: OnceLock<Arc<Signature>>,
    idle: Mutex<Vec<Session>>,
}

/// A session for one call; it goes back to its model when the call is done.
pub(super) struct Lease {
    model: Arc<Model>,
    session: Option<Session>,
    signature: Arc<Signature>,
}

impl Models {
    pub(super) fn new(environment: Environment, vet: bool) -> Self {
        Self {
            environment,
            vet,
            by_digest: Mutex::default(),
        }
    }

    /// Keeps the bytes of a model. They are looked at when a call first needs them.
    pub(super) fn add(&self, digest: ModelDigest, bytes: Vec<u8>) {
        let model = Arc::new(Model {
            digest,
            bytes,
            accepted: OnceLock::new(),
            signature: OnceLock::new(),
            idle: Mutex::default(),
        });
        self.by_digest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(digest, model);
    }

    /// A session of this model for this stage of a call, loaded if none is idle.
    pub(super) fn lease(
        &self,
        run: &Run<'_>,
        stage: u32,
        digest: &ModelDigest,
    ) -> Result<Lease, Failure> {
        let model = self
            .by_digest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(digest)
            .cloned();
        let Some(model) = model else {
            return Err(at(
                stage,
                Failure::model("The model is not loaded.", digest),
            ));
        };
        let idle = model
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let session = match idle {
            Some(session) => session,
            None => {
                // Loading can end the process too, and then it must be known whose it was.
                mark(run, stage)?;
                self.load(run, &model)
                    .map_err(|failure| at(stage, failure))?
            }
        };
        let signature = model
            .signature
            .get_or_init(|| Arc::new(signature(&session)));
        let signature = Arc::clone(signature);
        Ok(Lease {
            model,
            session: Some(session),
            signature,
        })
    }

    fn load(&self, run: &Run<'_>, model: &Model) -> Result<Session, Failure> {
        model.accepted.get_or_init(|| self.accept(model)).clone()?;
        let failed = |error: ort::Error| Failure::model("The model could not be loaded.", &error);
        let mut builder = self.builder().map_err(failed)?;
        let queue = &run.context.queue;
        if queue.loading(run.slot, Some(builder.canceler())).is_some() {
            return Err(Failure::model("The call was stopped.", &""));
        }
        let mended = repair::mended(&model.bytes);
        let session = builder.commit_from_memory(mended.as_deref().unwrap_or(&model.bytes));
        queue.loading(run.slot, None);
        session.map_err(failed)
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

/// Writes on the board that this call turns to this stage.
pub(super) fn mark(run: &Run<'_>, stage: u32) -> Result<(), Failure> {
    run.context
        .board
        .mark(run.slot, run.call, stage)
        .map_err(|error| Failure::model("The call could not be entered.", &error))
}

fn at(stage: u32, failure: Failure) -> Failure {
    Failure { stage, ..failure }
}

impl Lease {
    /// What the model takes and gives.
    pub(super) fn signature(&self) -> &Arc<Signature> {
        &self.signature
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
            self.model
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(session);
        }
    }
}

fn signature(session: &Session) -> Signature {
    Signature {
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
