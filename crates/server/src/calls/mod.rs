//! The way of a call, once for all wires: permit, check, engine, counters.
//!
//! A permit is taken once the body has been read and is owned jointly by the answer and the engine
//! run; it is free again when both have ended.

pub mod compare;
pub mod pipeline;
pub mod replay;
pub mod rows;
pub mod trial;

use crate::app::App;
use crate::error::Error;
use crate::rollout::Arm;
use crate::rollout::shadow::{After, Shadow};
use crate::snapshot::Entry;
use crate::throttle::load::Seat;
use crate::usage::Outcome;
use futures_util::future::join;
use pipeline::{Given, OutputColumn, Pipeline};
use portico_api::score::{CellWarning, Timing};
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use portico_domain::throttle::{Admission, Permit, Refused, Share};
use rows::{Marks, Rows, SentCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The largest body in bytes and the longest time of a call to this endpoint: what its workspace allows,
/// and the operator of the server.
pub fn limits(app: &App, entry: &Entry) -> (usize, Duration) {
    let bytes = usize::try_from(entry.limits.bytes).unwrap_or(usize::MAX);
    let time = Duration::from_secs(entry.limits.seconds.into());
    (
        bytes.min(app.settings.call_bytes),
        time.min(app.settings.call_timeout),
    )
}

/// What of an endpoint's limit a caller of this slot may use.
pub fn share(slot: UsageSlot) -> Share {
    match slot {
        UsageSlot::Portal => Share::Half,
        UsageSlot::Primary | UsageSlot::Secondary => Share::Full,
    }
}

/// A call from the moment its body was read. However it ends, and be it that its future is dropped
/// because the caller went away, it is counted once.
pub struct Call {
    app: App,
    entry: Arc<Entry>,
    slot: UsageSlot,
    key: Option<KeyId>,
    began: Instant,
    /// How long it waited for a place.
    waited: Duration,
    let_in: bool,
    counted: bool,
    /// Which version scores it; chosen once, as it is let in.
    arm: Arm,
    /// Whether it named the version in force, and so is scored by no other.
    pinned: bool,
    shadow: Option<Shadow>,
    _seat: Seat,
}

/// A scored call.
pub struct Answer {
    /// The output columns.
    pub columns: Vec<OutputColumn>,
    /// Unusual cells.
    pub warnings: Vec<CellWarning>,
    /// Where the time went.
    pub timing: Timing,
    /// To be held until the answer has been sent.
    pub hold: Hold,
}

/// What lasts until an answer has been sent: its permit, and what is to be done once it has gone.
#[derive(Clone)]
pub struct Hold {
    /// The version that scored it, where that is one that is tried.
    pub candidate: Option<u32>,
    _permit: Arc<Permit>,
    _after: Option<Arc<After>>,
}

impl Call {
    /// A call to this endpoint, by this slot, with its place among all calls of the process.
    pub fn new(
        app: &App,
        entry: &Arc<Entry>,
        slot: UsageSlot,
        key: Option<KeyId>,
        seat: Seat,
    ) -> Self {
        Self {
            app: app.clone(),
            entry: Arc::clone(entry),
            slot,
            key,
            began: Instant::now(),
            waited: Duration::ZERO,
            let_in: false,
            counted: false,
            arm: Arm::Current,
            pinned: false,
            shadow: None,
            _seat: seat,
        }
    }

    /// Keeps the call from going to a version that is tried: its caller named the one in force.
    pub fn pin(&mut self) {
        self.pinned = true;
    }

    /// What scores this call; known once it is let in.
    pub fn pipeline(&self) -> &Arc<Pipeline> {
        self.entry.pipeline_of(self.arm)
    }

    /// The version that scores this call; known once it is let in.
    pub fn version(&self) -> u32 {
        self.entry.version_of(self.arm)
    }

    /// Whether a candidate will score this call in shadow.
    pub fn has_shadow(&self) -> bool {
        self.shadow.is_some()
    }

    /// Takes a permit, waiting for it as long as the endpoint's queue allows, or is refused and counted
    /// as such.
    ///
    /// # Errors
    /// [`Error::Paused`], [`Error::Throttled`], [`Error::Overloaded`].
    pub async fn admit(&mut self) -> Result<Arc<Permit>, Error> {
        let place = self.place().await;
        match place {
            Ok(permit) => {
                self.waited = self.began.elapsed();
                self.let_in = true;
                if self.entry.candidate.is_some() {
                    self.choose();
                }
                Ok(Arc::new(permit))
            }
            Err(refusal) => {
                self.count(Outcome::Refused, 0);
                Err(refusal)
            }
        }
    }

    /// Chooses which version scores the call, and whether the other does so in shadow.
    fn choose(&mut self) {
        let Some(candidate) = &self.entry.candidate else {
            return;
        };
        if !self.pinned {
            self.arm = candidate.choose();
        }
        if self.arm == Arm::Current {
            self.shadow = Shadow::of(&self.app, candidate);
        }
    }

    async fn place(&self) -> Result<Permit, Error> {
        let endpoint = || self.entry.stored.name.to_string();
        if self.entry.stored.paused {
            return Err(Error::Paused {
                endpoint: endpoint(),
            });
        }
        let (gate, share) = (&self.entry.gate, share(self.slot));
        // Work that waits too long is shed before it waits at the gate too. An endpoint with nothing under
        // way is let in all the same: those that keep the server busy can't lock it out. One whose own
        // limit is reached is told that.
        if gate.in_flight() > 0 && gate.room(share, 0).free > 0 {
            self.app.load.check()?;
        }
        let throttled = |refused: Refused| Error::Throttled {
            endpoint: endpoint(),
            limit: refused.limit,
            of: refused.of,
        };
        let throttle = &self.entry.stored.throttle;
        match gate.admit(share, throttle.places()).map_err(throttled)? {
            Admission::In(permit) => Ok(permit),
            Admission::Wait(ticket) => {
                let patience =
                    Duration::from_millis(throttle.queue_ms.into()).min(self.time_left());
                tokio::time::timeout(patience, ticket)
                    .await
                    .map_err(|_| throttled(gate.refusal(share)))
            }
        }
    }

    /// What is left of the time that the call may take in all.
    fn time_left(&self) -> Duration {
        limits(&self.app, &self.entry)
            .1
            .saturating_sub(self.began.elapsed())
    }

    /// Checks and scores rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] by cell, or what the engine said.
    pub async fn score<C: SentCell>(
        self,
        permit: Arc<Permit>,
        rows: &Rows<C>,
        marks: Marks,
    ) -> Result<Answer, Error> {
        let (given, warnings) = given(self.pipeline(), rows, marks)?;
        let again = |pipeline: &Pipeline| given_to(pipeline, rows);
        let mut answer = self.run(permit, given, rows.cells.len(), again).await?;
        answer.warnings = warnings;
        Ok(answer)
    }

    /// Scores tensors that fit [`Call::pipeline`], of so many rows, and checked global parameters. `again`
    /// makes the same of the call for the pipeline of a candidate that scores it in shadow.
    ///
    /// # Errors
    /// What the engine said.
    pub async fn run(
        mut self,
        permit: Arc<Permit>,
        given: Given,
        rows: usize,
        again: impl FnOnce(&Pipeline) -> Result<Given, Error>,
    ) -> Result<Answer, Error> {
        let entry = Arc::clone(&self.entry);
        let pipeline = entry.pipeline_of(self.arm);
        let asked = pipeline.asked(given, self.time_left(), Some(Arc::clone(&permit)));
        let scoring = self.app.load.scoring();
        let run = self.app.engine.score(asked);
        let (scored, shadow) = match self.shadow.take() {
            None => (run.await, None),
            Some(shadow) => {
                // Made while the engine has the call, so that its caller does not wait for it.
                let given = async { again(&shadow.candidate.pipeline) };
                let (scored, given) = Box::pin(join(run, given)).await;
                (scored, Some((shadow, given)))
            }
        };
        let scored = scored?;
        scoring.waited(scored.queue_time);
        drop(scoring);
        let columns = pipeline.columns_of(&scored.outputs)?;
        self.count(Outcome::Scored, rows as u64);
        if let Some(candidate) = &entry.candidate {
            let counts = &candidate.counts;
            counts.scored(self.arm, scored.model_time, &columns);
        }
        let (_, time) = limits(&self.app, &entry);
        let after =
            shadow.map(|(shadow, given)| Arc::new(shadow.after(&self.app, given, &columns, time)));
        Ok(Answer {
            columns,
            warnings: Vec::new(),
            timing: Timing {
                queue_ms: millis(self.waited + scored.queue_time),
                model_ms: millis(scored.model_time),
                total_ms: millis(self.began.elapsed()),
            },
            hold: Hold {
                candidate: (self.arm == Arm::Candidate).then(|| self.version()),
                _permit: permit,
                _after: after,
            },
        })
    }

    fn count(&mut self, outcome: Outcome, rows: u64) {
        self.counted = true;
        self.app.usage.record(&crate::usage::Call {
            endpoint: &self.entry.stored.id,
            slot: self.slot,
            key: self.key.as_ref(),
            outcome,
            rows,
            latency: self.began.elapsed(),
            at: self.app.clock.now(),
        });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.counted {
            // Who goes away while waiting for a place was never let in.
            let outcome = if self.let_in {
                Outcome::Failed
            } else {
                Outcome::Refused
            };
            self.count(outcome, 0);
            if self.let_in
                && let Some(candidate) = &self.entry.candidate
            {
                candidate.counts.failed(self.arm);
            }
        }
    }
}

/// Rows as a pipeline takes them, and what is unusual in them.
fn given<C: SentCell>(
    pipeline: &Pipeline,
    rows: &Rows<C>,
    marks: Marks,
) -> Result<(Given, Vec<CellWarning>), Error> {
    let checked = rows::check(&pipeline.schema, rows, marks)?;
    let given = Given {
        tensors: pipeline.tensors_of(&checked.columns)?,
        parameters: checked.parameters,
    };
    Ok((given, checked.warnings))
}

fn given_to<C: SentCell>(pipeline: &Pipeline, rows: &Rows<C>) -> Result<Given, Error> {
    given(pipeline, rows, Marks::Skipped).map(|(given, _)| given)
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
