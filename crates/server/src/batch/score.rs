//! Rows of a batch on their way through the engine: each is checked by itself, what passes is scored
//! together, and a run that the model refuses is halved until the row that it refuses is alone.

use super::reader::Row;
use crate::calls::pipeline::{Given, OutputColumn, Pipeline};
use crate::error::Error;
use crate::scoring::{Engine, ScoringError, Values};
use portico_api::cell::{self, Cell};
use std::sync::Arc;
use std::time::Duration;

/// Rows of one run. Always the same, so that the same input gives the same bytes.
pub const RUN_ROWS: usize = 512;
/// How long a run may take, whatever a call may.
const RUN_TIME: Duration = Duration::from_secs(600);
/// How often a run is sent again to a scoring process that is not there, and how long between.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_secs(2);

/// Why a row was not scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The column, where it is a cell's.
    pub column: Option<String>,
    /// The code that request-response calls give for the same.
    pub code: String,
    /// In words.
    pub detail: String,
}

/// The cells that a model gave for a row, as text.
pub type Scored = Result<Vec<String>, RowProblem>;

/// Why no row is scored any more.
#[derive(Debug)]
pub enum RunProblem {
    /// It is the model's or the input's, in plain words.
    Final(String),
    /// It may be better later.
    Later(Error),
}

impl From<Error> for RunProblem {
    fn from(error: Error) -> Self {
        Self::Later(error)
    }
}

/// What scores the rows of a job.
pub struct Scorer {
    /// The engine of batches.
    pub engine: Arc<Engine>,
    /// The pipeline that was pinned.
    pub pipeline: Pipeline,
    /// Values of the global parameters.
    pub parameters: Vec<(String, Cell)>,
    /// For each input of the schema, the column of the table that feeds it.
    pub places: Vec<usize>,
}

impl Scorer {
    /// One answer for each row, in order.
    ///
    /// # Errors
    /// [`RunProblem`].
    pub async fn score(&self, rows: &[Row]) -> Result<Vec<Scored>, RunProblem> {
        let mut answers: Vec<Option<Scored>> = Vec::with_capacity(rows.len());
        let mut checked: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
        let mut good = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            match self.check(row) {
                Ok(cells) => {
                    good.push((at, checked.len()));
                    checked.push(cells);
                    answers.push(None);
                }
                Err(problem) => answers.push(Some(Err(problem))),
            }
        }
        let mut parts = vec![good];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            match self.run(&part, &checked).await? {
                Ok(columns) => {
                    for (index, (at, _)) in part.iter().enumerate() {
                        let cells = columns.iter().map(|column| text(&column.values, index));
                        answers[*at] = Some(Ok(cells.collect()));
                    }
                }
                Err(reason) if part.len() == 1 => {
                    answers[part[0].0] = Some(Err(RowProblem {
                        column: None,
                        code: "model_failed".to_owned(),
                        detail: reason,
                    }));
                }
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.push(second.to_vec());
                    parts.push(first.to_vec());
                }
            }
        }
        let lost = || Error::Internal("a row of a batch got no answer".to_owned());
        let all: Option<Vec<Scored>> = answers.into_iter().collect();
        Ok(all.ok_or_else(lost)?)
    }

    fn check(&self, row: &Row) -> Result<Vec<Cell>, RowProblem> {
        let schema = &self.pipeline.schema;
        let mut cells = Vec::with_capacity(self.places.len());
        for (column, place) in schema.inputs.iter().zip(&self.places) {
            let text = row.cells.get(*place).map_or("", String::as_str);
            let read = cell::read_text(column, text).map_err(|problem| RowProblem {
                column: Some(column.name.clone()),
                code: problem.code().to_owned(),
                detail: problem.to_string(),
            })?;
            cells.push(read);
        }
        Ok(cells)
    }

    /// Scores these rows together; the reason, where the model refuses them.
    async fn run(
        &self,
        part: &[(usize, usize)],
        checked: &[Vec<Cell>],
    ) -> Result<Result<Vec<OutputColumn>, String>, RunProblem> {
        let columns: Vec<Vec<Cell>> = (0..self.places.len())
            .map(|column| {
                part.iter()
                    .map(|(_, row)| checked[*row][column].clone())
                    .collect()
            })
            .collect();
        let mut tries = 0;
        loop {
            let tensors = self.pipeline.tensors_of(&columns);
            let given = Given {
                tensors: tensors.map_err(|error| RunProblem::Final(error.to_string()))?,
                parameters: self.parameters.clone(),
            };
            let asked = self.pipeline.asked(given, RUN_TIME, None);
            let scored = self.engine.score(asked).await;
            let problem = match scored {
                Ok(scored) => {
                    let columns = self.pipeline.columns_of(&scored.outputs);
                    return Ok(Ok(
                        columns.map_err(|error| RunProblem::Final(error.to_string()))?
                    ));
                }
                Err(problem) => problem,
            };
            match problem {
                ScoringError::ModelFailed { reason, .. } => return Ok(Err(reason)),
                ScoringError::BadInput { .. } => return Ok(Err(problem.to_string())),
                ScoringError::EngineEnded | ScoringError::Unavailable(_) if tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                ScoringError::EngineEnded | ScoringError::Unavailable(_) => {
                    return Err(RunProblem::Later(problem.into()));
                }
                ScoringError::Quarantined(_) => return Err(RunProblem::Final(problem.to_string())),
                ScoringError::DeadlineExceeded => {
                    return Err(RunProblem::Final(format!(
                        "{} rows took longer than {} minutes.",
                        part.len(),
                        RUN_TIME.as_secs() / 60
                    )));
                }
                ScoringError::ModelNotFound(_)
                | ScoringError::ModelUnreadable { .. }
                | ScoringError::Refused(_) => {
                    tracing::error!(error = %problem, "a model of a batch job can't be run");
                    return Err(RunProblem::Final(
                        "A model of this endpoint can’t be run. Ask its publisher.".to_owned(),
                    ));
                }
            }
        }
    }
}

/// The cell of a row as text, as answers of request-response calls write it.
pub fn text(values: &Values, row: usize) -> String {
    match values {
        Values::F32(cells) => cells.get(row).map(|cell| float(*cell, f64::from(*cell))),
        Values::F64(cells) => cells.get(row).map(|cell| float(*cell, *cell)),
        Values::I64(cells) => cells.get(row).map(ToString::to_string),
        Values::Bool(cells) => cells
            .get(row)
            .map(|cell| if *cell { "True" } else { "False" }.to_owned()),
        Values::Text(cells) => cells.get(row).map(str::to_owned),
    }
    .unwrap_or_default()
}

/// The shortest text that reads as the same number. `size` is the number again, for comparing.
fn float(number: impl std::fmt::Display + std::fmt::LowerExp, size: f64) -> String {
    if size.is_nan() {
        "NaN".to_owned()
    } else if size.is_infinite() {
        if size < 0.0 { "-Infinity" } else { "Infinity" }.to_owned()
    } else if size == 0.0 || (1e-5..1e16).contains(&size.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_written_as_calls_write_them() {
        let check = |values: Values, expected: &[&str]| {
            let found: Vec<_> = (0..expected.len()).map(|row| text(&values, row)).collect();
            assert_eq!(found, expected);
        };
        check(
            Values::F32(vec![0.1, 1e20, f32::NAN]),
            &["0.1", "1e20", "NaN", ""],
        );
        check(
            Values::F64(vec![0.0, -1e-9, f64::NEG_INFINITY]),
            &["0", "-1e-9", "-Infinity"],
        );
        check(Values::I64(vec![-7]), &["-7"]);
        check(Values::Bool(vec![true, false]), &["True", "False"]);
    }
}
