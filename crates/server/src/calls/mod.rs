//! The way of a call, once for all wires: permit, check, engine, counters.
//!
//! A permit is taken once the body has been read and is owned jointly by the answer and the engine
//! run; it is free again when both have ended.

pub mod pipeline;
pub mod rows;

use crate::app::App;
use crate::error::Error;
use crate::scoring::ScoreCall;
use crate::snapshot::Entry;
use crate::usage::Outcome;
use pipeline::OutputColumn;
use portico_api::score::{CellWarning, Timing};
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use portico_domain::throttle::{Permit, Share};
use rows::Rows;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A call from the moment its body was read. However it ends, and be it that its future is dropped
/// because the caller went away, it is counted once.
pub struct Call {
    app: App,
    entry: Arc<Entry>,
    slot: UsageSlot,
    key: Option<KeyId>,
    began: Instant,
    counted: bool,
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
    pub permit: Arc<Permit>,
}

impl Call {
    /// A call to this endpoint, by this slot.
    pub fn new(app: &App, entry: &Arc<Entry>, slot: UsageSlot, key: Option<KeyId>) -> Self {
        Self {
            app: app.clone(),
            entry: Arc::clone(entry),
            slot,
            key,
            began: Instant::now(),
            counted: false,
        }
    }

    /// Takes a permit, or is refused and counted as such.
    ///
    /// # Errors
    /// [`Error::Paused`], [`Error::Throttled`].
    pub fn admit(&mut self) -> Result<Arc<Permit>, Error> {
        let endpoint = || self.entry.stored.name.to_string();
        let share = match self.slot {
            UsageSlot::Portal => Share::Half,
            UsageSlot::Primary | UsageSlot::Secondary => Share::Full,
        };
        let refusal = if self.entry.stored.paused {
            Error::Paused {
                endpoint: endpoint(),
            }
        } else {
            match self.entry.gate.try_admit(share) {
                Ok(permit) => return Ok(Arc::new(permit)),
                Err(refused) => Error::Throttled {
                    endpoint: endpoint(),
                    limit: refused.limit,
                },
            }
        };
        self.count(Outcome::Refused, 0);
        Err(refusal)
    }

    /// Checks and scores rows.
    ///
    /// # Errors
    /// [`Error::Invalid`] by cell, or what the engine said.
    pub async fn score(mut self, permit: Arc<Permit>, rows: &Rows) -> Result<Answer, Error> {
        let entry = Arc::clone(&self.entry);
        let pipeline = &entry.pipeline;
        let checked = rows::check(&pipeline.schema, rows)?;
        let parameters = checked.parameters.len();
        let inputs = pipeline.tensors_of(&checked.columns, checked.parameters)?;
        let spent = self.began.elapsed();
        let deadline = self.app.settings.call_timeout.saturating_sub(spent);
        let scored = self
            .app
            .engine
            .score(ScoreCall {
                stages: Arc::clone(&pipeline.stages),
                inputs,
                parameters,
                outputs: Arc::clone(&pipeline.tensors),
                deadline,
                group: Arc::clone(&pipeline.group),
                permit: Some(Arc::clone(&permit) as _),
            })
            .await?;
        let columns = pipeline.columns_of(&scored.outputs)?;
        self.count(Outcome::Scored, rows.cells.len() as u64);
        Ok(Answer {
            columns,
            warnings: checked.warnings,
            timing: Timing {
                queue_ms: millis(scored.queue_time),
                model_ms: millis(scored.model_time),
                total_ms: millis(self.began.elapsed()),
            },
            permit,
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
            self.count(Outcome::Failed, 0);
        }
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
