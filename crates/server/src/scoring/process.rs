//! One scorer process: starting it, its pipes, the models it has, its end.

use std::{
    collections::HashMap,
    io,
    process::Child,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    sync::{OnceCell, oneshot},
    task::{JoinHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use super::{
    ModelDigest, ModelSource, ScoringError,
    frame::{self, FrameError, HEADER, Header, Kind},
    outbox::Outbox,
    pending::{Outgoing, PendingCalls, Reply},
    spawn::{Plan, Spawner, Started},
    strikes::StrikeBook,
};

/// How long a process may take until it is ready.
const START: Duration = Duration::from_secs(20);
/// How often deadlines are looked at.
const SWEEP: Duration = Duration::from_millis(200);
/// With so long between two looks the machine may have stood still, and the child with it.
const STANDSTILL: Duration = Duration::from_millis(600);
/// How long to wait for the rest of a dead process's log.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// With more calls than this on their way a call goes out together with others.
const BUSY: usize = 4;
/// Answers up to this size are copied out of the buffer that they were read into.
const SMALL: usize = 8 << 10;
/// The longest line of a child's log that is kept.
const LOG_LINE: usize = 4 << 10;

/// A running child.
pub(super) struct Process {
    pid: u32,
    child: Mutex<Child>,
    outbox: Outbox,
    calls: PendingCalls,
    models: Mutex<HashMap<ModelDigest, Arc<OnceCell<()>>>>,
    last_words: Mutex<String>,
    /// The runtime's version, once the process is ready.
    runtime: Mutex<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts a child and waits until it is ready. The handle ends with the process, when all its
    /// calls have been settled, and says why.
    pub(super) async fn start(
        spawner: &Spawner,
        plan: &Plan,
        book: Arc<StrikeBook>,
        alone: bool,
    ) -> Result<(Arc<Self>, JoinHandle<String>), String> {
        let Started {
            child,
            board,
            input,
            output,
            log,
        } = spawner
            .start(plan)
            .await
            .map_err(|error| format!("The scoring process could not be started: {error}."))?;
        let process = Arc::new(Self {
            pid: child.id(),
            child: Mutex::new(child),
            outbox: Outbox::new(input),
            calls: PendingCalls::new(board, book, alone),
            models: Mutex::default(),
            last_words: Mutex::default(),
            runtime: Mutex::default(),
        });
        let (ready, is_ready) = oneshot::channel();
        let mut ending = tokio::spawn(Arc::clone(&process).tend(output, log, ready));
        let mut guard = KillOnDrop(Some(Arc::clone(&process)));
        match timeout(START, is_ready).await {
            Ok(Ok(())) => {
                guard.0 = None;
                Ok((process, ending))
            }
            Ok(Err(_)) => Err((&mut ending)
                .await
                .unwrap_or_else(|error| format!("The scoring process was lost: {error}."))),
            Err(_) => Err("The scoring process did not become ready in time.".to_owned()),
        }
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// The version of the runtime that it has loaded; empty where the library does not tell.
    pub(super) fn runtime(&self) -> String {
        lock(&self.runtime).clone()
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        if let Err(error) = lock(&self.child).kill() {
            tracing::debug!(
                pid = self.pid,
                "a scoring process could not be killed: {error}"
            );
        }
    }

    /// Looks after the process until it is dead and its calls are settled.
    async fn tend(
        self: Arc<Self>,
        output: Receiver,
        log: Receiver,
        ready: oneshot::Sender<()>,
    ) -> String {
        let mut tasks = JoinSet::new();
        let writing = Arc::clone(&self);
        tasks.spawn(async move { writing.outbox.write().await });
        tasks.spawn(Arc::clone(&self).sweep());
        let mut log = tokio::spawn(Arc::clone(&self).forward(log));
        let end = self.read(output, ready).await;
        // A process that ends by itself closes its output first and says why afterwards. The log
        // ends with the process, unless something else has inherited it.
        // One that writes nonsense gets no such time.
        let ended = end.is_ok() && timeout(LAST_WORDS, &mut log).await.is_ok();
        self.kill();
        drop(tasks);
        if !ended {
            let _ = timeout(LAST_WORDS, log).await;
        }
        let process = Arc::clone(&self);
        let status = tokio::task::spawn_blocking(move || lock(&process.child).wait()).await;
        self.calls.settle();
        let status = match (end, status) {
            (Err(error), _) => error.to_string(),
            (Ok(()), Ok(Ok(status))) => status.to_string(),
            (Ok(()), _) => "its status is not known".to_owned(),
        };
        let words = lock(&self.last_words).clone();
        format!("The scoring process has ended ({status}). {words}")
            .trim_end()
            .to_owned()
    }

    /// Hands out answers until the output closes.
    async fn read(&self, mut output: Receiver, ready: oneshot::Sender<()>) -> io::Result<()> {
        let malformed = |error: FrameError| io::Error::new(io::ErrorKind::InvalidData, error);
        let mut ready = Some(ready);
        let mut buffer = BytesMut::with_capacity(128 << 10);
        loop {
            while let Some(header) = buffer.first_chunk::<HEADER>() {
                let header = Header::read(header).map_err(malformed)?;
                if buffer.len() < HEADER + header.payload {
                    break;
                }
                buffer.advance(HEADER);
                let payload = if header.payload <= SMALL {
                    // A piece of the buffer would keep all of it, and a new one would be needed.
                    let payload = Bytes::copy_from_slice(&buffer[..header.payload]);
                    buffer.advance(header.payload);
                    payload
                } else {
                    buffer.split_to(header.payload).freeze()
                };
                match header.kind {
                    Kind::Ready => {
                        let version = String::from_utf8_lossy(&payload);
                        *lock(&self.runtime) = version.into_owned();
                        // Whoever started the process may have given up on it.
                        let _ = ready.take().map(|ready| ready.send(()));
                    }
                    Kind::Evicted => {
                        let (digests, _) = payload.as_chunks::<32>();
                        for digest in digests {
                            self.forget(&ModelDigest::from_bytes(*digest));
                        }
                    }
                    _ => self.calls.answer(header, payload),
                }
            }
            // Grows by what has arrived, not by what a header claims.
            let room = buffer.len().clamp(64 << 10, 16 << 20);
            buffer.reserve(room);
            if output.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Kills the process when a call in it can't be ended otherwise.
    async fn sweep(self: Arc<Self>) {
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut looked, mut forgiven) = (Instant::now(), false);
        loop {
            ticks.tick().await;
            let now = Instant::now();
            // The child gets as long again, once, to stop what it had no time to stop.
            forgiven = !forgiven && now - looked > STANDSTILL;
            looked = now;
            if forgiven {
                ticks.reset_after(STANDSTILL);
                continue;
            }
            if self.calls.is_stuck(now) {
                tracing::warn!(
                    pid = self.pid,
                    "a call can't be stopped; its process is killed"
                );
                self.kill();
                return;
            }
        }
    }

    /// Sees to it that the process has these models, each fetched once.
    pub(super) async fn provide(
        &self,
        models: &[ModelDigest],
        source: &dyn ModelSource,
    ) -> Result<(), ScoringError> {
        for digest in models {
            let cell = Arc::clone(lock(&self.models).entry(*digest).or_default());
            if cell.initialized() {
                continue;
            }
            cell.get_or_try_init(|| async {
                let bytes = source
                    .fetch(digest)
                    .await
                    .map_err(|error| match error.kind() {
                        io::ErrorKind::NotFound => ScoringError::ModelNotFound(*digest),
                        _ => ScoringError::ModelUnreadable {
                            digest: *digest,
                            detail: error.to_string(),
                        },
                    })?;
                self.load(digest, bytes)
            })
            .await?;
        }
        Ok(())
    }

    /// The process does not have this model any more; whoever needs it next sends it again.
    pub(super) fn forget(&self, model: &ModelDigest) {
        lock(&self.models).remove(model);
    }

    /// Sends the bytes of a model.
    pub(super) fn load(&self, digest: &ModelDigest, bytes: Bytes) -> Result<(), ScoringError> {
        let payload = bytes.len() + 32;
        if payload > frame::MAX_PAYLOAD {
            return Err(ScoringError::Refused(
                "The model is larger than 2 GiB.".to_owned(),
            ));
        }
        let header = Header {
            payload,
            kind: Kind::Load,
            call: 0,
            deadline_ms: 0,
        };
        let mut head = Vec::with_capacity(HEADER + 32);
        head.extend_from_slice(&header.write());
        head.extend_from_slice(digest.as_bytes());
        self.outbox.send([Bytes::from(head), bytes]);
        Ok(())
    }

    /// Sends a call and waits for what becomes of it. If the caller goes away meanwhile, the
    /// process is told to stop the call.
    pub(super) async fn call(&self, outgoing: Outgoing) -> Reply {
        let (call, frame) = (outgoing.call, outgoing.frame.clone());
        let Some((answer, owed)) = self.calls.enter(outgoing) else {
            return Reply::Lost;
        };
        let mut guard = CancelOnDrop {
            process: self,
            call: Some(call),
        };
        if owed > BUSY {
            self.outbox.gather(frame);
        } else {
            self.outbox.send([frame]);
        }
        let reply = answer.await.unwrap_or(Reply::Lost);
        guard.call = None;
        reply
    }

    fn cancel(&self, call: u64) {
        if self.calls.contains(call) {
            let mut frame = frame::begin(0);
            frame::seal(&mut frame, Kind::Cancel, call, 0);
            self.outbox.send([Bytes::from(frame)]);
        }
    }

    /// Passes the child's log on, line by line.
    async fn forward(self: Arc<Self>, mut log: Receiver) {
        let mut buffer = BytesMut::with_capacity(LOG_LINE);
        loop {
            let line = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(end) => buffer.split_to(end + 1),
                None if buffer.len() >= LOG_LINE => buffer.split(),
                None => {
                    buffer.reserve(LOG_LINE);
                    match log.read_buf(&mut buffer).await {
                        Ok(1..) => continue,
                        _ => return,
                    }
                }
            };
            let line = String::from_utf8_lossy(&line);
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            tracing::warn!(target: "portico::scorer", pid = self.pid, "{line}");
            line.clone_into(&mut lock(&self.last_words));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It has been waited for already unless the runtime is going down.
        if let Ok(None) = child.try_wait() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ends a process that nobody waits for any more before it is ready.
struct KillOnDrop(Option<Arc<Process>>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(process) = &self.0 {
            process.kill();
        }
    }
}

struct CancelOnDrop<'a> {
    process: &'a Process,
    call: Option<u64>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call {
            self.process.cancel(call);
        }
    }
}
