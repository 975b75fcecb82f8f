//! The scorer process: reads frames on standard input, answers on standard output, logs on
//! standard error, and ends when its input closes.
//!
//! One thread reads, `workers` threads run models, one thread watches deadlines, one has models
//! make room. The process
//! trusts its server, not the models.

mod cast;
mod forest;
mod limits;
mod memory;
mod output;
mod pace;
mod queue;
mod residents;
mod room;
mod runtime;
mod sessions;
mod stages;
mod together;
mod waiting;
mod worker;

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, BufReader, Read},
    os::fd::AsFd,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ort::logging::LogLevel;

use self::{
    output::Output,
    queue::{Job, Queue, Task},
    sessions::Models,
    worker::Context,
};
use super::{
    ModelDigest,
    board::Board,
    frame::{self, FrameError, HEADER, Header, Kind},
    join::Head,
};

/// Bytes of a digest.
const DIGEST: usize = 32;
/// Bytes that a call and a model get room for before they have come.
const CALL_ROOM: usize = 64 << 10;
const MODEL_ROOM: usize = 16 << 20;

/// How a child was asked to run. Written by the server into the command line, so the reader
/// needs to understand no other spelling than its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) onnxruntime: PathBuf,
    pub(super) memory_mib: u64,
    pub(super) model_mib: u64,
    pub(super) workers: usize,
    /// The number under which the board is inherited.
    pub(super) board: i32,
    /// The process that this one must not outlive.
    pub(super) parent: u32,
    /// Where models are vetted before they are loaded: how many seconds of a core that may take.
    pub(super) vet: Option<u64>,
    pub(super) stamps: Option<PathBuf>,
}

impl Arguments {
    /// As a command line.
    pub(super) fn to_words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![
            self.onnxruntime.clone().into(),
            self.memory_mib.to_string().into(),
            self.model_mib.to_string().into(),
            self.workers.to_string().into(),
            self.board.to_string().into(),
            self.parent.to_string().into(),
            self.vet.unwrap_or(0).to_string().into(),
        ];
        words.extend(self.stamps.clone().map(OsString::from));
        words
    }

    fn parse(words: impl IntoIterator<Item = OsString>) -> Option<Self> {
        fn number<T: std::str::FromStr>(word: Option<OsString>) -> Option<T> {
            word?.to_str()?.parse().ok()
        }
        let mut words = words.into_iter();
        let arguments = Self {
            onnxruntime: words.next()?.into(),
            memory_mib: number(words.next())?,
            model_mib: number(words.next())?,
            workers: number(words.next())?,
            board: number(words.next())?,
            parent: number(words.next())?,
            vet: number(words.next()).map(|seconds: u64| (seconds > 0).then_some(seconds))?,
            stamps: words.next().map(PathBuf::from),
        };
        words.next().is_none().then_some(arguments)
    }
}

/// Runs the scorer with the words that follow `portico scorer` on the command line.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .without_time()
        .finish();
    // A second subscriber can't be there: this is the first thing that the process does.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let Some(arguments) = Arguments::parse(words) else {
        tracing::error!("the scorer is started by the server, not by hand");
        return ExitCode::FAILURE;
    };
    match serve(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Why the scorer ended otherwise than by its input closing.
#[derive(Debug, thiserror::Error)]
enum ChildError {
    #[error("the limits of the process could not be set: {0}")]
    Limits(#[source] io::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("ONNX Runtime could not be loaded: {0}")]
    Load(#[from] ort::LoadDynamicError),
    #[error("ONNX Runtime could not be started: {0}")]
    Runtime(#[from] ort::Error),
    #[error("{0}")]
    Frame(#[from] FrameError),
}

fn serve(arguments: &Arguments) -> Result<(), ChildError> {
    let output = Output::take_stdout()?;
    let board = Board::open(arguments.board)?;
    limits::lower(arguments.memory_mib, arguments.parent, arguments.vet)
        .map_err(ChildError::Limits)?;
    let environment = ort::init_from(&arguments.onnxruntime)?
        .with_name("portico")
        .with_telemetry(false)
        .build()?;
    environment.set_log_level(LogLevel::Warning);
    let context = Arc::new(Context {
        queue: Queue::new(arguments.workers),
        models: Models::new(environment, arguments.vet.is_some(), arguments.model_mib),
        output,
        board,
        stamps: arguments.stamps.as_deref().map(append_to).transpose()?,
    });
    for slot in 0..arguments.workers {
        let context = Arc::clone(&context);
        thread::Builder::new()
            .name(format!("scorer-{slot}"))
            .spawn(move || worker::work(&context, slot))?;
    }
    let kept = Arc::clone(&context);
    thread::Builder::new()
        .name("scorer-room".to_owned())
        .spawn(move || worker::keep_room(&kept))?;
    let watched = Arc::clone(&context);
    thread::Builder::new()
        .name("scorer-deadlines".to_owned())
        .spawn(move || worker::watch(&watched))?;
    let version = runtime::version(&arguments.onnxruntime).unwrap_or_default();
    let mut ready = frame::begin(version.len());
    ready.extend_from_slice(version.as_bytes());
    frame::seal(&mut ready, Kind::Ready, 0, 0);
    context.output.send(&ready);
    let result = read(&context);
    if context.queue.is_busy() {
        // A run can't be waited for, and leaving through the runtime's own exit handlers while
        // one is on would be a crash with extra steps.
        limits::end_now();
    }
    result
}

fn append_to(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Reads frames until the input closes.
fn read(context: &Context) -> Result<(), ChildError> {
    let mut input = BufReader::with_capacity(
        128 << 10,
        File::from(io::stdin().as_fd().try_clone_to_owned()?),
    );
    let mut header = [0; HEADER];
    loop {
        // What has arrived together is offered together.
        if !has_frame(input.buffer()) {
            context.queue.wake();
        }
        match input.read_exact(&mut header) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let header = Header::read(&header)?;
        if header.kind == Kind::Load {
            let Some((digest, bytes)) = model(&mut input, header.payload)? else {
                return Ok(());
            };
            context.models.add(digest, bytes);
            continue;
        }
        let Some(payload) = payload(&mut input, header.payload, CALL_ROOM)? else {
            return Ok(());
        };
        let received = limits::monotonic_ns();
        let mut head = Head::default();
        let task = match header.kind {
            Kind::Cancel => {
                if let Some(job) = context.queue.cancel(header.call) {
                    worker::answer_cancelled(context, &job);
                }
                continue;
            }
            Kind::Score => {
                head = Head::read(&mut frame::Reader::new(&payload))?;
                Task::Score(payload)
            }
            Kind::Inspect => {
                let mut reader = frame::Reader::new(&payload);
                Task::Inspect(ModelDigest::from_bytes(reader.digest()?))
            }
            Kind::Load
            | Kind::Ready
            | Kind::Scored
            | Kind::Failed
            | Kind::Signature
            | Kind::Evicted => {
                return Err(FrameError("kind").into());
            }
        };
        context.queue.push(Job {
            call: header.call,
            head,
            deadline: Instant::now() + Duration::from_millis(u64::from(header.deadline_ms)),
            received,
            task,
        });
    }
}

/// A model with its digest, which stands before it, or nothing where the input ends before it is whole.
fn model(
    input: &mut impl Read,
    length: usize,
) -> Result<Option<(ModelDigest, Vec<u8>)>, ChildError> {
    let mut digest = [0; DIGEST];
    let Some(length) = length.checked_sub(digest.len()) else {
        return Err(FrameError("length").into());
    };
    match input.read_exact(&mut digest) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let bytes = payload(input, length, MODEL_ROOM)?;
    Ok(bytes.map(|mut bytes| {
        bytes.shrink_to_fit();
        (ModelDigest::from_bytes(digest), bytes)
    }))
}

/// The payload of a frame, or nothing where the input ends before it is whole. Room for more than `room` bytes is made
/// as they arrive, not as a header claims.
fn payload(input: &mut impl Read, length: usize, room: usize) -> io::Result<Option<Vec<u8>>> {
    let mut payload = Vec::with_capacity(length.min(room));
    let read = input.take(length as u64).read_to_end(&mut payload)?;
    Ok((read == length).then_some(payload))
}

/// Whether these bytes begin with a whole frame.
fn has_frame(bytes: &[u8]) -> bool {
    let header = bytes.first_chunk().map(Header::read);
    matches!(header, Some(Ok(header)) if bytes.len() >= HEADER + header.payload)
}

#[cfg(test)]
mod tests {
    use super::{Arguments, DIGEST, model};

    #[test]
    fn a_model_comes_whole_or_not_at_all() {
        let mut frame = vec![7; DIGEST];
        frame.extend_from_slice(b"a model, and what follows it");
        let read = |bytes: &[u8], length| model(&mut &bytes[..], length);
        let (digest, bytes) = read(&frame, DIGEST + 7).unwrap().unwrap();
        assert_eq!(
            (digest.as_bytes(), &bytes[..]),
            (&[7; DIGEST], &b"a model"[..])
        );
        assert!(read(&frame, frame.len() + 1).unwrap().is_none());
        assert!(read(&frame[..DIGEST - 1], frame.len()).unwrap().is_none());
        assert!(read(&frame, DIGEST - 1).is_err());
    }

    #[test]
    fn the_command_line_comes_back_as_it_went() {
        for (stamps, vet) in [(None, None), (Some("/a folder/stamps".into()), Some(120))] {
            let arguments = Arguments {
                onnxruntime: "/lib/libonnxruntime.so".into(),
                memory_mib: 4096,
                model_mib: 1024,
                workers: 2,
                board: 9,
                parent: 17,
                vet,
                stamps,
            };
            assert_eq!(Arguments::parse(arguments.to_words()), Some(arguments));
        }
        assert_eq!(Arguments::parse(["--help".into()]), None);
    }
}
