//! Calls in shadow: rows that the version in force has answered are scored by the candidate too, once the
//! answer has gone. The caller never waits for it and never sees what comes of it: it takes none of the
//! endpoint's permits, runs in the scoring process of batches, at low priority, and is left out where too
//! many are under way.

use super::Candidate;
use crate::app::App;
use crate::calls::compare;
use crate::calls::pipeline::{Given, OutputColumn};
use crate::error::Error;
use crate::scoring::{ScoringError, Values};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

/// Calls in shadow at once, over all endpoints.
pub const AT_ONCE: usize = 8;
/// The deadline that the engine is told. It is far beyond the call's own: a run that is given up before is
/// no strike against models that the version in force may run too.
const DEADLINE: Duration = Duration::from_secs(600);

/// A place for a call in shadow.
#[derive(Debug)]
pub struct Shadow {
    /// What scores it.
    pub candidate: Arc<Candidate>,
    place: OwnedSemaphorePermit,
}

impl Shadow {
    /// A place, if the rollout wants one and one is free.
    pub fn of(app: &App, candidate: &Arc<Candidate>) -> Option<Self> {
        if !candidate.stored.shadow {
            return None;
        }
        let place = Arc::clone(&app.shadows).try_acquire_owned().ok()?;
        Some(Self {
            candidate: Arc::clone(candidate),
            place,
        })
    }

    /// What is to be done once the answer with these columns has gone.
    pub fn after(
        self,
        app: &App,
        given: Result<Given, Error>,
        answer: &[OutputColumn],
        time: Duration,
    ) -> After {
        let answered = self.candidate.counts.to_compare(answer);
        After(Some((
            Handle::current(),
            Run {
                app: app.clone(),
                shadow: self,
                given,
                answered,
                time,
            },
        )))
    }
}

/// Scores a call in shadow as it is dropped, which is when its answer has gone.
pub struct After(Option<(Handle, Run)>);

impl Drop for After {
    fn drop(&mut self) {
        if let Some((handle, run)) = self.0.take() {
            handle.spawn(run.done());
        }
    }
}

struct Run {
    app: App,
    shadow: Shadow,
    given: Result<Given, Error>,
    answered: Option<Values>,
    time: Duration,
}

impl Run {
    async fn done(self) {
        let Self {
            app,
            shadow: Shadow { candidate, place },
            given,
            answered,
            time,
        } = self;
        let counts = &candidate.counts;
        let scored = match given {
            Ok(given) => score(&app, &candidate, given, time).await,
            Err(error) => Err(error),
        };
        match scored {
            Ok((models, columns)) => {
                let theirs = counts.candidates(&columns);
                let compared = answered
                    .zip(theirs)
                    .map_or((0, 0), |(mine, theirs)| compare::different(&mine, theirs));
                counts.shadowed(models, &columns, compared);
            }
            Err(error) => {
                tracing::debug!(%error, rollout = candidate.stored.id, "a call in shadow failed");
                counts.shadow_failed();
            }
        }
        drop(place);
    }
}

async fn score(
    app: &App,
    candidate: &Candidate,
    given: Given,
    time: Duration,
) -> Result<(Duration, Vec<OutputColumn>), Error> {
    let pipeline = &candidate.pipeline;
    let engine = app.batch.engine(app).await?;
    let run = engine.score(pipeline.asked(given, DEADLINE, None));
    let scored = tokio::time::timeout(time, run)
        .await
        .map_err(|_| ScoringError::DeadlineExceeded)??;
    Ok((scored.model_time, pipeline.columns_of(&scored.outputs)?))
}
