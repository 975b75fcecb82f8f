//! Several calls answered by one run, each with its own rows.

use std::time::Instant;

use super::{
    super::{
        Tensor, join,
        message::{self, Failure, FailureCode, Stamps},
    },
    limits::monotonic_ns,
    queue::{Job, Task},
    stages,
    worker::{Done, Worker, answer_waiting, frame_of, stamp},
};

impl Worker<'_> {
    /// Answers calls that were alike and waited at the same time by one run. Where that does not go
    /// well they wait again and run alone, so that no call bears what another brought.
    pub(super) fn together(&self, jobs: Vec<Job>, check: bool) {
        let Some(joined) = self.joined(&jobs) else {
            return self.part(jobs.into_iter().enumerate().collect());
        };
        let (mut answers, mut again, mut compared) = (Vec::new(), Vec::new(), Vec::new());
        for ((index, job), part) in jobs.into_iter().enumerate().zip(joined.parts) {
            let done = match part {
                Part::Stopped(code) => Err(Failure::new(code, "")),
                Part::Missing(failure) => Err(failure),
                Part::Rows(outputs) if check => {
                    compared.push((index, job, outputs));
                    continue;
                }
                Part::Rows(outputs) => Ok(Done::Scored(outputs)),
                Part::Again => {
                    again.push((index, job));
                    continue;
                }
            };
            let group = joined.groups.get(index).map_or("", String::as_str);
            let stamps = Stamps {
                received: job.received,
                // A call that was stopped in company never ran by itself: that it was late says
                // nothing about its model.
                started: if done.is_ok() { joined.started } else { 0 },
                ended: joined.ended,
            };
            stamp(self.context, group, stamps, done.as_ref().err());
            answers.extend_from_slice(&frame_of(job.call, stamps, done));
        }
        if !answers.is_empty() {
            self.context.output.send(&answers);
        }
        for (index, job, outputs) in compared {
            self.compare(index, &job, &outputs);
        }
        self.part(again);
    }

    /// Lets go of the batch; these of its calls are to run alone.
    fn part(&self, jobs: Vec<(usize, Job)>) {
        for (job, code) in self.context.queue.again(self.slot, jobs) {
            answer_waiting(self.context, &job, code);
        }
    }

    /// Runs a call that a joined run has answered by itself too. The caller gets the lone answer;
    /// where the two differ, calls like it are never joined again.
    fn compare(&self, index: usize, job: &Job, joined: &[Tensor]) {
        if let Some(code) = self.context.queue.turn(self.slot, index) {
            return answer_waiting(self.context, job, code);
        }
        let lone = self.lone(job);
        let key = job.head.key;
        if let Ok(Done::Scored(outputs)) = &lone.done {
            let agree = outputs.len() == joined.len()
                && outputs
                    .iter()
                    .zip(joined)
                    .all(|(one, other)| one.is_near(other));
            self.context.queue.learn(|paces| {
                if !agree {
                    paces.part(key);
                } else if index == 0 {
                    paces.agreed(key);
                }
            });
        }
        self.answer(job, &lone.group, lone.stamps, lone.done);
    }

    /// One run for all these calls, and what each gets of it; `None` where they can't be put together.
    fn joined(&self, jobs: &[Job]) -> Option<Joined> {
        let started = monotonic_ns();
        let mut requests = Vec::with_capacity(jobs.len());
        let mut groups = Vec::with_capacity(jobs.len());
        for job in jobs {
            let Task::Score(payload) = &job.task else {
                return None;
            };
            let mut request = message::read_request(payload).ok()?;
            groups.push(std::mem::take(&mut request.group));
            requests.push(request);
        }
        let request = join::join(requests)?;
        let calls: Vec<u64> = jobs.iter().map(|job| job.call).collect();
        let result = stages::score(&self.run(&calls), &request);
        let ended = monotonic_ns();
        let ran = self.ended();
        let rows = jobs.iter().map(|job| job.head.rows as usize).sum();
        let key = jobs.first()?.head.key;
        let result = result.map(|outputs| divide(&outputs, jobs, rows));
        self.context.queue.learn(|paces| match &result {
            Ok(Some(_)) => paces.ran(key, rows, ended.saturating_sub(started)),
            Ok(None) => paces.part(key),
            Err(failure) if failure.code == FailureCode::Missing => {}
            // Nobody wanted it any more.
            Err(_) if ran.stopped.iter().all(Option::is_some) => {}
            Err(_) => paces.failed(key, Instant::now()),
        });
        let (rows, missing) = match result {
            Ok(parts) => (parts.unwrap_or_default(), None),
            Err(failure) if failure.code == FailureCode::Missing => (Vec::new(), Some(failure)),
            Err(_) => (Vec::new(), None),
        };
        let mut rows = rows.into_iter();
        let parts = (0..jobs.len())
            .map(|index| {
                let rows = rows.next();
                match (ran.stopped.get(index).copied().flatten(), &missing) {
                    (Some(code), _) => Part::Stopped(code),
                    (None, Some(failure)) => Part::Missing(failure.clone()),
                    (None, None) => rows.map_or(Part::Again, Part::Rows),
                }
            })
            .collect();
        Some(Joined {
            parts,
            groups,
            started,
            ended,
        })
    }
}

/// What a call gets of a joined run.
enum Part {
    Rows(Vec<Tensor>),
    Stopped(FailureCode),
    Missing(Failure),
    /// Nothing: it is to run alone.
    Again,
}

/// A joined run that has ended.
struct Joined {
    parts: Vec<Part>,
    groups: Vec<String>,
    started: u64,
    ended: u64,
}

/// Each call's own rows; `None` where the model does not give a row for a row.
fn divide(outputs: &[Tensor], jobs: &[Job], rows: usize) -> Option<Vec<Vec<Tensor>>> {
    if outputs.iter().any(|tensor| tensor.rows != rows) {
        return None;
    }
    let mut first = 0;
    jobs.iter()
        .map(|job| {
            let (begin, rows) = (first, job.head.rows as usize);
            first += rows;
            outputs
                .iter()
                .map(|tensor| tensor.slice(begin, rows))
                .collect()
        })
        .collect()
}
