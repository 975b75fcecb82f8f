//! Rows scored by the version in force and by another one, side by side, so that a customer sees what a newer
//! version would answer. It takes one of the endpoint's permits, as a signed-in call does, but is a look and
//! none of the endpoint's calls: it is not counted as one.

use super::pipeline::{OutputColumn, Pipeline};
use super::rows::{self, Marks, Rows};
use super::{compare, given_to, limits, share};
use crate::app::App;
use crate::batch;
use crate::error::Error;
use crate::scoring::ScoringError;
use crate::snapshot::Entry;
use portico_api::rollout::{ReplayRow, ReplaySide};
use portico_api::usage::UsageSlot;
use portico_domain::throttle::Permit;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The most rows of one look.
pub const ROWS_MAX: usize = 100;

/// Scores rows, cells as text in the order of the endpoint's input columns, on both sides.
///
/// # Errors
/// [`Error::Paused`], [`Error::Throttled`], [`Error::Overloaded`]. What is wrong with a row is said on its side.
pub async fn replay(
    app: &App,
    entry: &Entry,
    other: &Pipeline,
    cells: Vec<Vec<String>>,
) -> Result<Vec<ReplayRow>, Error> {
    let endpoint = || entry.stored.name.to_string();
    if entry.stored.paused {
        return Err(Error::Paused {
            endpoint: endpoint(),
        });
    }
    let _seat = app.load.enter()?;
    let permit = entry.gate.try_admit(share(UsageSlot::Portal));
    let permit = permit.map_err(|refused| Error::Throttled {
        endpoint: endpoint(),
        limit: refused.limit,
        of: refused.of,
    })?;
    let (_, time) = limits(app, entry);
    let look = Look {
        app,
        permit: Arc::new(permit),
        time,
        until: Instant::now() + time,
        names: (entry.pipeline.schema.inputs.iter())
            .map(|column| column.name.clone())
            .collect(),
        cells: &cells,
    };
    let current = look.side(&entry.pipeline).await?;
    let candidate = look.side(other).await?;
    let rows = cells.into_iter().enumerate();
    let rows = rows.map(|(row, inputs)| ReplayRow {
        inputs,
        differs: current.differs(&candidate, row),
        current: current.shown(row),
        candidate: candidate.shown(row),
    });
    Ok(rows.collect())
}

struct Look<'a> {
    app: &'a App,
    permit: Arc<Permit>,
    /// What a call to the endpoint may take.
    time: Duration,
    /// When both sides have to be done.
    until: Instant,
    names: Vec<String>,
    cells: &'a [Vec<String>],
}

/// What a pipeline made of the rows.
struct Side {
    /// Rows that were scored together.
    parts: Vec<Vec<OutputColumn>>,
    /// By row: its part and its place there, or why it was not scored.
    rows: Vec<Result<(usize, usize), String>>,
}

impl Look<'_> {
    fn sent(&self, rows: &[usize]) -> Rows {
        let texts = |row: &usize| {
            self.cells[*row]
                .iter()
                .cloned()
                .map(Value::String)
                .collect()
        };
        Rows {
            names: self.names.clone(),
            cells: rows.iter().map(texts).collect(),
            parameters: Map::new(),
        }
    }

    /// Checks each row by itself and scores those that pass together; where the model refuses that, they are
    /// halved until the row that it refuses is alone.
    async fn side(&self, pipeline: &Pipeline) -> Result<Side, Error> {
        let mut side = Side {
            parts: Vec::new(),
            rows: vec![Err(String::new()); self.cells.len()],
        };
        let mut good = Vec::new();
        for row in 0..self.cells.len() {
            match rows::check(&pipeline.schema, &self.sent(&[row]), Marks::Skipped) {
                Ok(_) => good.push(row),
                Err(Error::Invalid(fields)) => {
                    let words: Vec<String> = fields.into_iter().map(|field| field.detail).collect();
                    side.rows[row] = Err(words.join(" "));
                }
                Err(error) => return Err(error),
            }
        }
        let mut waiting = vec![good];
        while let Some(part) = waiting.pop() {
            if part.is_empty() {
                continue;
            }
            match self.run(pipeline, &part).await? {
                Ok(columns) => {
                    for (place, row) in part.into_iter().enumerate() {
                        side.rows[row] = Ok((side.parts.len(), place));
                    }
                    side.parts.push(columns);
                }
                Err(ScoringError::ModelFailed { .. } | ScoringError::BadInput { .. })
                    if part.len() > 1 =>
                {
                    let (first, second) = part.split_at(part.len() / 2);
                    waiting.push(second.to_vec());
                    waiting.push(first.to_vec());
                }
                Err(problem) => {
                    for row in part {
                        side.rows[row] = Err(problem.to_string());
                    }
                }
            }
        }
        Ok(side)
    }

    async fn run(
        &self,
        pipeline: &Pipeline,
        part: &[usize],
    ) -> Result<Result<Vec<OutputColumn>, ScoringError>, Error> {
        let given = given_to(pipeline, &self.sent(part))?;
        if self.until <= Instant::now() {
            return Ok(Err(ScoringError::DeadlineExceeded));
        }
        // The engine is told the time of a whole call, and the run given up when the look's is over: a
        // model that had only what other rows left it is not struck for that.
        let asked = pipeline.asked(given, self.time, Some(Arc::clone(&self.permit)));
        match timeout_at(self.until, self.app.engine.score(asked)).await {
            Ok(Ok(scored)) => Ok(Ok(pipeline.columns_of(&scored.outputs)?)),
            Ok(Err(problem)) => Ok(Err(problem)),
            Err(_) => Ok(Err(ScoringError::DeadlineExceeded)),
        }
    }
}

impl Side {
    fn scored(&self, row: usize) -> Result<(&[OutputColumn], usize), &str> {
        match &self.rows[row] {
            Ok((part, place)) => Ok((self.parts[*part].as_slice(), *place)),
            Err(why) => Err(why.as_str()),
        }
    }

    fn shown(&self, row: usize) -> ReplaySide {
        match self.scored(row) {
            Ok((columns, place)) => ReplaySide {
                cells: (columns.iter())
                    .map(|column| batch::text(&column.values, place))
                    .collect(),
                error: None,
            },
            Err(why) => ReplaySide {
                cells: Vec::new(),
                error: Some(why.to_owned()),
            },
        }
    }

    /// Whether a row has other scores on the other side, in a column that both have, or is scored on one alone.
    fn differs(&self, other: &Self, row: usize) -> bool {
        match (self.scored(row), other.scored(row)) {
            (Ok((mine, place)), Ok((theirs, there))) => mine.iter().any(|column| {
                let same = theirs.iter().find(|other| other.name == column.name);
                same.is_some_and(|other| {
                    compare::differ((&column.values, place), (&other.values, there))
                })
            }),
            (Err(_), Err(_)) => false,
            _ => true,
        }
    }
}
