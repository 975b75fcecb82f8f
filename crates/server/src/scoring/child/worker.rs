//! The threads of the scorer: workers that run calls, and the watch over deadlines.

use std::{fs::File, io::Write, sync::Arc, thread};

use ort::session::RunOptions;

use super::{
    super::{
        Signature, Tensor,
        board::Board,
        frame::{self, Kind},
        message::{self, Failure, FailureCode, Stamps},
    },
    limits::{self, monotonic_ns},
    output::Output,
    queue::{Job, Queue, Task},
    sessions::Models,
    stages,
};

/// What all threads share.
pub(super) struct Context {
    pub(super) queue: Queue,
    pub(super) models: Models,
    pub(super) output: Output,
    pub(super) board: Board,
    pub(super) stamps: Option<File>,
}

/// A call in the hands of a worker.
pub(super) struct Run<'a> {
    pub(super) context: &'a Context,
    pub(super) slot: usize,
    pub(super) call: u64,
    pub(super) options: &'a RunOptions,
}

enum Done {
    Scored(Vec<Tensor>),
    Signature(Arc<Signature>),
}

/// Ends the process where its thread panics: a worker less would be a call never answered.
struct EndOnPanic;

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            limits::end_now();
        }
    }
}

/// Runs calls until the process ends.
pub(super) fn work(context: &Context, slot: usize) {
    let _guard = EndOnPanic;
    let options = match RunOptions::new() {
        Ok(options) => Arc::new(options),
        Err(error) => {
            tracing::error!("a worker could not be set up: {error}");
            return limits::end_now();
        }
    };
    loop {
        let job = context.queue.next(slot, &options);
        let started = monotonic_ns();
        let run = Run {
            context,
            slot,
            call: job.call,
            options: &options,
        };
        let mut group = String::new();
        let done = match &job.task {
            Task::Inspect(digest) => context
                .models
                .lease(&run, 0, digest)
                .map(|lease| Done::Signature(Arc::clone(lease.signature()))),
            Task::Score(payload) => match message::read_request(payload) {
                Ok(mut request) => {
                    group = std::mem::take(&mut request.group);
                    stages::score(&run, &request).map(Done::Scored)
                }
                Err(error) => Err(Failure::model("The call could not be read.", &error)),
            },
        };
        let stamps = Stamps {
            received: job.received,
            started,
            ended: monotonic_ns(),
        };
        let stopped = context.queue.finish(slot);
        if stopped.is_some()
            && let Err(error) = options.unterminate()
        {
            tracing::error!("a worker could not be used again: {error}");
            return limits::end_now();
        }
        // What the runtime says of a run that was stopped is no fault of the model.
        let done = match (done, stopped) {
            (Err(failure), Some(code)) => Err(Failure {
                stage: failure.stage,
                ..Failure::new(code, "")
            }),
            (done, _) => done,
        };
        stamp(context, &group, stamps, done.as_ref().err());
        answer(context, job.call, stamps, done);
    }
}

/// Answers calls that nobody took before their deadline, until the process ends.
pub(super) fn watch(context: &Context) {
    let _guard = EndOnPanic;
    loop {
        for job in context.queue.expired() {
            answer_waiting(context, &job, FailureCode::Deadline);
        }
    }
}

/// Answers a call that was cancelled before any worker took it.
pub(super) fn answer_cancelled(context: &Context, job: &Job) {
    answer_waiting(context, job, FailureCode::Cancelled);
}

fn answer_waiting(context: &Context, job: &Job, code: FailureCode) {
    let stamps = Stamps {
        received: job.received,
        started: 0,
        ended: monotonic_ns(),
    };
    let failure = Failure::new(code, "");
    if let Task::Score(payload) = &job.task
        && context.stamps.is_some()
        && let Ok(request) = message::read_request(payload)
    {
        stamp(context, &request.group, stamps, Some(&failure));
    }
    answer(context, job.call, stamps, Err(failure));
}

fn answer(context: &Context, call: u64, stamps: Stamps, done: Result<Done, Failure>) {
    let (kind, frame) = match done {
        Ok(Done::Scored(outputs)) => {
            let mut frame = frame::begin(message::size_of_tensors(&outputs) + 32);
            message::put_scored(&mut frame, stamps, &outputs);
            (Kind::Scored, frame)
        }
        Ok(Done::Signature(signature)) => {
            let mut frame = frame::begin(256);
            message::put_signature(&mut frame, &signature);
            (Kind::Signature, frame)
        }
        Err(failure) => (Kind::Failed, failed(stamps, &failure)),
    };
    // The last check of a size that only a model decides.
    let (kind, mut frame) = if frame.len() > frame::MAX_PAYLOAD {
        let failure = Failure::model("The model gave more than 2 GiB of values.", &"");
        (Kind::Failed, failed(stamps, &failure))
    } else {
        (kind, frame)
    };
    frame::seal(&mut frame, kind, call, 0);
    context.output.send(&frame);
}

fn failed(stamps: Stamps, failure: &Failure) -> Vec<u8> {
    let mut frame = frame::begin(128);
    message::put_failure(&mut frame, stamps, failure);
    frame
}

fn stamp(context: &Context, group: &str, stamps: Stamps, failure: Option<&Failure>) {
    let Some(mut file) = context.stamps.as_ref() else {
        return;
    };
    let outcome = match failure.map(|failure| failure.code) {
        None => "ok",
        Some(FailureCode::Deadline) => "deadline",
        Some(FailureCode::Cancelled) => "cancelled",
        Some(_) => "failed",
    };
    let Stamps {
        received, ended, ..
    } = stamps;
    // One write a line: lines of several workers and processes never mix.
    let line = format!("{group} {received} {ended} {outcome}\n");
    if let Err(error) = file.write_all(line.as_bytes()) {
        tracing::error!("a stamp could not be written: {error}");
    }
}
