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
    queue::{Batch, Job, Queue, Ran, Task},
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

/// A run in the hands of a worker.
pub(super) struct Run<'a> {
    pub(super) context: &'a Context,
    pub(super) slot: usize,
    /// The calls that it answers.
    pub(super) calls: &'a [u64],
    pub(super) options: &'a RunOptions,
}

pub(super) enum Done {
    Scored(Vec<Tensor>),
    Signature(Signature),
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
    let worker = Worker {
        context,
        slot,
        options: &options,
    };
    loop {
        let Batch { jobs, check } = context.queue.next(slot, &options);
        match &jobs[..] {
            [job] => {
                worker.alone(job);
                context.queue.finish(slot);
            }
            _ => worker.together(jobs, check),
        }
    }
}

/// A worker with what it needs for every run.
pub(super) struct Worker<'a> {
    pub(super) context: &'a Context,
    pub(super) slot: usize,
    pub(super) options: &'a RunOptions,
}

/// The end of a lone run.
pub(super) struct Lone {
    pub(super) group: String,
    pub(super) stamps: Stamps,
    pub(super) done: Result<Done, Failure>,
}

impl Worker<'_> {
    pub(super) fn run<'a>(&'a self, calls: &'a [u64]) -> Run<'a> {
        Run {
            context: self.context,
            slot: self.slot,
            calls,
            options: self.options,
        }
    }

    /// Answers a call by a run of its own.
    pub(super) fn alone(&self, job: &Job) {
        let lone = self.lone(job);
        self.answer(job, &lone.group, lone.stamps, lone.done);
    }

    /// Runs a call by itself.
    pub(super) fn lone(&self, job: &Job) -> Lone {
        let started = monotonic_ns();
        let calls = [job.call];
        let run = self.run(&calls);
        let mut group = String::new();
        let done = match &job.task {
            Task::Inspect(digest) => self
                .context
                .models
                .lease(&run, 0, digest)
                .map(|lease| Done::Signature(lease.described())),
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
        let ran = self.ended();
        // What the runtime says of a run that was stopped is no fault of the model.
        let done = match (done, ran.stopped.first().copied().flatten()) {
            (Err(failure), Some(code)) => Err(Failure {
                stage: failure.stage,
                ..Failure::new(code, "")
            }),
            (done, _) => done,
        };
        if let Ok(Done::Scored(_)) = done {
            let rows = job.head.rows as usize;
            let time = stamps.ended.saturating_sub(started);
            let queue = &self.context.queue;
            queue.learn(|paces| paces.ran(job.head.key, rows, time));
        }
        Lone {
            group,
            stamps,
            done,
        }
    }

    /// Takes note that the run has ended, and makes the worker fit for the next.
    pub(super) fn ended(&self) -> Ran {
        let ran = self.context.queue.ran(self.slot);
        if ran.terminated
            && let Err(error) = self.options.unterminate()
        {
            tracing::error!("a worker could not be used again: {error}");
            limits::end_now();
        }
        ran
    }

    pub(super) fn answer(
        &self,
        job: &Job,
        group: &str,
        stamps: Stamps,
        done: Result<Done, Failure>,
    ) {
        stamp(self.context, group, stamps, done.as_ref().err());
        self.context.output.send(&frame_of(job.call, stamps, done));
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

/// Has models make room when that is needed, until the process ends.
pub(super) fn keep_room(context: &Context) {
    let _guard = EndOnPanic;
    context.models.keep_room(context);
}

/// Answers a call that was cancelled before any worker took it.
pub(super) fn answer_cancelled(context: &Context, job: &Job) {
    answer_waiting(context, job, FailureCode::Cancelled);
}

pub(super) fn answer_waiting(context: &Context, job: &Job, code: FailureCode) {
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
    context
        .output
        .send(&frame_of(job.call, stamps, Err(failure)));
}

/// The sealed frame of an answer.
pub(super) fn frame_of(call: u64, stamps: Stamps, done: Result<Done, Failure>) -> Vec<u8> {
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
    frame
}

fn failed(stamps: Stamps, failure: &Failure) -> Vec<u8> {
    let mut frame = frame::begin(128);
    message::put_failure(&mut frame, stamps, failure);
    frame
}

pub(super) fn stamp(context: &Context, group: &str, stamps: Stamps, failure: Option<&Failure>) {
    let Some(mut file) = context.stamps.as_ref() else {
        return;
    };
    let outcome = match failure.map(|failure| failure.code) {
        None => "ok",
        Some(FailureCode::Deadline) => "deadline",
        Some(FailureCode::Cancelled) => "cancelled",
        // It comes again and is stamped then.
        Some(FailureCode::Missing) => return,
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
