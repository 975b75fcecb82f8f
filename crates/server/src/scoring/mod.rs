//! Scores rows through ONNX Runtime in child processes that can be killed.
//!
//! This module owns the scorer process: starting it, feeding it tensors, ending calls at their
//! deadline, and keeping a model that ends processes away from the others. The server process
//! itself never loads a model. It knows tensors and model digests; it must not know HTTP, SQL,
//! endpoints, keys or the columns of a table.
//!
//! | File | Holds |
//! |---|---|
//! | `engine` | [`Engine`]: what the rest of the server calls |
//! | `lane` | keeps one child alive: restart, back-off, what becomes of the calls of a dead one |
//! | `process`, `outbox` | one child and the way to it |
//! | `pending` | the calls it owes an answer, and what becomes of them when it dies |
//! | `spawn` | starting a child: its command line, its environment, the thread that is its parent |
//! | `strikes` | which model ended processes; suspects and quarantine |
//! | `examine` | short-lived children that vet a model before it may serve |
//! | `call` | a call as a frame, and its answer as a result |
//! | `frame`, `message` | the bytes on the pipes |
//! | `join` | which calls one run may answer |
//! | `board` | what each worker of a child is running, readable after its death |
//! | `onnx`, `protobuf` | the shape of an ONNX file, read without loading it |
//! | `classes` | the classes that an ONNX file lists |
//! | `repair` | what is mended in an ONNX file as it is loaded |
//! | `library` | finding ONNX Runtime |
//! | `child` | everything that happens inside the child |

pub mod child;

mod board;
mod call;
mod classes;
mod engine;
mod error;
mod examine;
mod frame;
mod join;
mod lane;
mod library;
mod message;
mod onnx;
mod outbox;
mod pending;
mod process;
mod protobuf;
mod repair;
mod spawn;
mod strikes;
mod tensor;

use std::{any::Any, io, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;

pub use engine::{Engine, EngineStatus};
pub use error::ScoringError;
pub use library::{LibraryNotFound, find_library};
pub use strikes::Quarantine;
pub use tensor::{DigestError, Element, ModelDigest, Port, Signature, Tensor, Text, Values};

/// Where the bytes of a model come from, usually the blob store.
pub trait ModelSource: Send + Sync {
    /// The whole model. `NotFound` becomes [`ScoringError::ModelNotFound`].
    fn fetch(&self, digest: &ModelDigest) -> BoxFuture<'_, io::Result<Bytes>>;
}

/// How the engine runs its children.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The portico binary, started as `PROGRAM scorer …`.
    pub program: PathBuf,
    /// The ONNX Runtime library. Where it is `None`, [`find_library`] looks in the usual places.
    pub onnxruntime: Option<PathBuf>,
    /// Address space of each child in MiB.
    pub memory_mib: u64,
    /// What the loaded models of each child may take in MiB, with the child itself; those used
    /// least recently make room.
    pub model_mib: u64,
    /// Runs at the same time in the main child.
    pub workers: usize,
    /// A file to which the child appends a line a call, `group receive_ns end_ns outcome` on the
    /// monotonic clock of the machine, so that tests can compute which calls truly overlapped.
    pub stamps: Option<PathBuf>,
    /// How long a model that is vetted may take to load, and to score its sample rows.
    pub vetting_time: Duration,
}

impl EngineSettings {
    /// The defaults: 4 GiB of memory, half of it for models, a worker a core but at least two, no
    /// stamps, a minute for vetting.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            program: program.into(),
            onnxruntime: None,
            memory_mib: 4096,
            model_mib: 2048,
            workers: cores.max(2),
            stamps: None,
            vetting_time: Duration::from_secs(60),
        }
    }
}

/// Rows to score.
pub struct ScoreCall {
    /// The models in the order in which they run. A tensor that one needs is taken by name from
    /// those before it, else from `inputs`.
    pub stages: Arc<[ModelDigest]>,
    /// The tensors given, each with the same number of rows (or with one row, which then goes to
    /// every row).
    pub inputs: Vec<Tensor>,
    /// How many of the inputs, the last ones, are given once for all rows (global parameters):
    /// calls that differ in them are not scored in one run.
    pub parameters: usize,
    /// The tensors wanted; empty for all those of the last stage.
    pub outputs: Arc<[String]>,
    /// How long the caller waits, from now.
    pub deadline: Duration,
    /// Who calls, for the stamps alone.
    pub group: Arc<str>,
    /// Held until the run has truly ended in the child, even where the caller went away.
    pub permit: Option<Arc<dyn Any + Send + Sync>>,
}

/// The answer to a [`ScoreCall`].
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The tensors asked for, in the order asked, with as many rows as were given.
    pub outputs: Vec<Tensor>,
    /// How long the call waited in the child for a worker.
    pub queue_time: Duration,
    /// How long the models ran, with loading them where they were cold.
    pub model_time: Duration,
}
