//! Starts scorer processes.

use std::{
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio::{
    net::unix::pipe::{Receiver, Sender},
    sync::oneshot,
};

use super::{EngineSettings, board::Board, child::Arguments};

/// Room in each pipe; more rows on their way at once mean fewer switches between processes.
const PIPE_BYTES: usize = 1 << 20;

/// How a child is to run.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) program: PathBuf,
    pub(super) onnxruntime: PathBuf,
    pub(super) memory_mib: u64,
    pub(super) model_mib: u64,
    pub(super) workers: usize,
    /// Where it vets: how many seconds of a core that may take.
    pub(super) vet: Option<u64>,
    pub(super) stamps: Option<PathBuf>,
}

impl Plan {
    /// A child like the settings say, with this library.
    pub(super) fn new(settings: &EngineSettings, onnxruntime: &Path) -> Self {
        let absolute =
            |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Self {
            program: absolute(&settings.program),
            onnxruntime: absolute(onnxruntime),
            memory_mib: settings.memory_mib,
            model_mib: settings.model_mib,
            workers: settings.workers.max(1),
            vet: None,
            stamps: settings.stamps.as_deref().map(absolute),
        }
    }

    /// A child of one worker that looks at a model before it loads it.
    pub(super) fn vetting(&self, time: Duration) -> Self {
        Self {
            workers: 1,
            // Loading and scoring have that long each, and the process its own start besides.
            vet: Some(2 * time.as_secs() + 10),
            stamps: None,
            ..self.clone()
        }
    }
}

/// A child that runs, with our ends of its pipes.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) board: Board,
    pub(super) input: Sender,
    pub(super) output: Receiver,
    pub(super) log: Receiver,
}

struct Request {
    plan: Plan,
    reply: oneshot::Sender<io::Result<(Child, Board)>>,
}

/// The thread that is the parent of all children.
///
/// A child asks the kernel to be killed when its parent ends, and for the kernel the parent is
/// the thread that started it. Threads of the async runtime come and go; this one lives as long
/// as the engine.
pub(super) struct Spawner(mpsc::Sender<Request>);

impl Spawner {
    pub(super) fn new() -> io::Result<Self> {
        let (sender, requests) = mpsc::channel::<Request>();
        thread::Builder::new()
            .name("scorer-parent".to_owned())
            .spawn(move || {
                for request in requests {
                    // Who asked may have gone; then nobody else would reap the child.
                    if let Err(Ok((mut child, _))) = request.reply.send(start(&request.plan)) {
                        let _ = child.kill();
                        let _ = child.wait();
                    }
                }
            })?;
        Ok(Self(sender))
    }

    /// Starts a child. It says when it is ready.
    pub(super) async fn start(&self, plan: &Plan) -> io::Result<Started> {
        let (reply, started) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts processes has ended");
        let plan = plan.clone();
        self.0.send(Request { plan, reply }).map_err(|_| gone())?;
        let (mut child, board) = started.await.map_err(|_| gone())??;
        let pipe = |end: Option<OwnedFd>| end.ok_or_else(|| io::Error::other("a pipe is missing"));
        let input = pipe(child.stdin.take().map(OwnedFd::from))?;
        let output = pipe(child.stdout.take().map(OwnedFd::from))?;
        let log = pipe(child.stderr.take().map(OwnedFd::from))?;
        for end in [&input, &output] {
            if let Err(error) = rustix::pipe::fcntl_setpipe_size(end, PIPE_BYTES) {
                tracing::debug!("a pipe keeps its size: {error}");
            }
        }
        Ok(Started {
            child,
            board,
            input: Sender::from_owned_fd(input)?,
            output: Receiver::from_owned_fd(output)?,
            log: Receiver::from_owned_fd(log)?,
        })
    }
}

fn start(plan: &Plan) -> io::Result<(Child, Board)> {
    let board = Board::create()?;
    let arguments = Arguments {
        onnxruntime: plan.onnxruntime.clone(),
        memory_mib: plan.memory_mib,
        model_mib: plan.model_mib,
        workers: plan.workers,
        board: board.number(),
        parent: std::process::id(),
        vet: plan.vet,
        stamps: plan.stamps.clone(),
    };
    // Every arena of the allocator reserves 64 MiB of address space, which is what is limited.
    let arenas = plan.workers.clamp(2, 8).to_string();
    let child = Command::new(&plan.program)
        .arg("scorer")
        .args(arguments.to_words())
        .env_clear()
        .envs([
            // Official builds report home unless this stands before they start.
            ("ORT_DISABLE_TELEMETRY", OsString::from("1")),
            ("LC_ALL", OsString::from("C.UTF-8")),
            ("MALLOC_ARENA_MAX", OsString::from(arenas)),
            // The binary's own allocator would reserve a gigabyte of it; in KiB.
            ("MIMALLOC_ARENA_RESERVE", OsString::from("65536")),
            // Whoever first touches a huge page waits until the system has cleared it: longer than loading a model.
            ("MIMALLOC_ALLOW_THP", OsString::from("0")),
        ])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    board.close_on_exec()?;
    Ok((child, board))
}
