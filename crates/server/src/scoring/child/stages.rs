//! Runs the stages of a call, some rows at a time.

use std::sync::Arc;

use ort::{session::SessionInputValue, value::DynValue};

use super::{
    super::{
        Port, Tensor,
        join::RUN_ROWS,
        message::{Failure, ScoreRequest},
    },
    cast,
    sessions::{Lease, mark},
    worker::Run,
};

/// A tensor that a stage of this call has made.
struct Made {
    name: String,
    value: DynValue,
}

/// Scores the rows of a request.
pub(super) fn score(run: &Run<'_>, request: &ScoreRequest) -> Result<Vec<Tensor>, Failure> {
    let mut stages = Vec::with_capacity(request.stages.len());
    for (index, digest) in request.stages.iter().enumerate() {
        stages.push(run.context.models.lease(run, index as u32, digest)?);
    }
    let rows = rows(&request.inputs)?;
    let step = step(&stages, request, rows)?;
    let wanted = wanted(&stages, request)?;
    let mut outputs: Vec<Tensor> = Vec::with_capacity(wanted.len());
    let mut first = 0;
    while first < rows {
        let count = step.min(rows - first);
        let made = run_stages(run, &mut stages, &request.inputs, first, count)?;
        for (index, name) in wanted.iter().enumerate() {
            let value = made.iter().rev().find(|made| made.name == *name);
            let value = value.ok_or_else(|| missing(name))?;
            let tensor = cast::from_runtime(name, &value.value, count)?;
            match outputs.get_mut(index) {
                Some(output) => cast::append(output, tensor)?,
                None => outputs.push(tensor),
            }
        }
        first += count;
    }
    Ok(outputs)
}

/// How many rows the tensors have: all the same number, or one for every row.
fn rows(inputs: &[Tensor]) -> Result<usize, Failure> {
    let rows = inputs.iter().map(|tensor| tensor.rows).max().unwrap_or(0);
    if rows == 0 {
        return Err(Failure::input("", "There are no rows to score."));
    }
    match inputs
        .iter()
        .find(|tensor| tensor.rows != rows && tensor.rows != 1)
    {
        Some(tensor) => {
            let reason = format!("has {} rows where others have {rows}", tensor.rows);
            Err(Failure::input(&tensor.name, reason))
        }
        None => Ok(rows),
    }
}

/// How many rows go into one run: the number that a graph fixes, if one does.
fn step(stages: &[Lease], request: &ScoreRequest, rows: usize) -> Result<usize, Failure> {
    let fixed = stages
        .iter()
        .flat_map(|lease| &lease.signature().inputs)
        .filter_map(|port| Some((port, usize::try_from((*port.shape.first()?)?).ok()?)))
        // A graph that takes one row of a tensor given once (a parameter) fixes nothing.
        .filter(|(port, fixed)| {
            let given = request
                .inputs
                .iter()
                .find(|tensor| tensor.name == port.name);
            *fixed != 1 || given.is_none_or(|tensor| tensor.rows == rows)
        });
    let mut step = None;
    for (port, fixed) in fixed {
        if step.is_some_and(|step| step != fixed) || !rows.is_multiple_of(fixed) {
            let reason = format!("takes exactly {fixed} rows at a time");
            return Err(Failure::input(&port.name, reason));
        }
        step = Some(fixed);
    }
    Ok(step.unwrap_or(RUN_ROWS))
}

/// The names of the tensors to give back.
fn wanted<'a>(
    stages: &[Lease],
    request: &'a ScoreRequest,
) -> Result<Vec<std::borrow::Cow<'a, str>>, Failure> {
    if request.outputs.is_empty() {
        let last = stages.last().map(|lease| Arc::clone(lease.signature()));
        let last = last.ok_or_else(|| Failure::model("The call names no model.", &""))?;
        return Ok(last
            .outputs
            .iter()
            .map(|port| port.name.clone().into())
            .collect());
    }
    Ok(request
        .outputs
        .iter()
        .map(|name| name.as_str().into())
        .collect())
}

fn missing(name: &str) -> Failure {
    Failure::model(format!("No stage of the model makes a tensor {name}."), &"")
}

fn run_stages(
    run: &Run<'_>,
    stages: &mut [Lease],
    inputs: &[Tensor],
    first: usize,
    count: usize,
) -> Result<Vec<Made>, Failure> {
    let mut made: Vec<Made> = Vec::new();
    for (index, lease) in stages.iter_mut().enumerate() {
        let stage = index as u32;
        let here = |failure: Failure| Failure { stage, ..failure };
        mark(run, stage)?;
        let signature = Arc::clone(lease.signature());
        // Tensors of earlier stages that need another type or shape in this one.
        let recast = recast(&made, &signature.inputs, count).map_err(here)?;
        let mut values = Vec::with_capacity(signature.inputs.len());
        for (at, (port, recast)) in signature.inputs.iter().zip(&recast).enumerate() {
            let value = match (recast, latest(&made, port)) {
                (Some(tensor), _) => cast::to_runtime(tensor, 0, count, port),
                (None, Some(earlier)) => Ok(SessionInputValue::from(&earlier.value)),
                (None, None) => given(inputs, at, port, first, count),
            };
            values.push(value.map_err(here)?);
        }
        let mut results = lease.run(&values, run.options).map_err(|error| {
            here(Failure::model(
                "The model could not score these rows.",
                &error,
            ))
        })?;
        let new: Vec<Made> = signature
            .outputs
            .iter()
            .filter_map(|port| {
                results.remove(&port.name).map(|value| Made {
                    name: port.name.clone(),
                    value,
                })
            })
            .collect();
        drop(results);
        drop(values);
        made.extend(new);
    }
    Ok(made)
}

/// The tensor of this name that the latest stage made.
fn latest<'m>(made: &'m [Made], port: &Port) -> Option<&'m Made> {
    made.iter().rev().find(|made| made.name == port.name)
}

fn recast(made: &[Made], ports: &[Port], rows: usize) -> Result<Vec<Option<Tensor>>, Failure> {
    ports
        .iter()
        .map(|port| match latest(made, port) {
            Some(earlier) if !cast::fits(&earlier.value, port) => {
                cast::from_runtime(&port.name, &earlier.value, rows).map(Some)
            }
            _ => Ok(None),
        })
        .collect()
}

/// Some rows of a tensor of the caller, which most often stands where the model has it.
fn given<'i>(
    inputs: &'i [Tensor],
    at: usize,
    port: &Port,
    first: usize,
    count: usize,
) -> Result<SessionInputValue<'i>, Failure> {
    let named = |tensor: &&Tensor| tensor.name == port.name;
    let tensor = inputs.get(at).filter(named);
    let tensor = tensor
        .or_else(|| inputs.iter().find(named))
        .ok_or_else(|| Failure::input(&port.name, "is needed by the model and was not given"))?;
    if tensor.rows == 1 {
        cast::to_runtime(tensor, 0, 1, port)
    } else {
        cast::to_runtime(tensor, first, count, port)
    }
}
