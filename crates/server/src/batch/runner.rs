//! One try at one job: its input, its rows, its output, its end.

use super::child::Delimiter;
use super::output::{FAILED_MAX, Output, Written};
use super::reader::{ReadProblem, Reader, Row};
use super::score::{RUN_ROWS, RunProblem, Scorer};
use super::submit;
use crate::app::App;
use crate::area::BLOB_BYTES;
use crate::calls::pipeline::Pipeline;
use crate::error::Error;
use crate::http::receive::{ReceiveProblem, receive};
use crate::store::jobs::queue::{self, Ending};
use crate::store::jobs::{Job, State};
use crate::store::{area, services, usage};
use crate::usage::Delta;
use std::collections::HashSet;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

/// How often is asked whether the job was taken back.
const WATCH: Duration = Duration::from_millis(300);
/// How long an input may take to come from another host.
const FETCH_TIME: Duration = Duration::from_secs(3600);

/// What a try gave.
struct Done {
    blobs: Vec<Written>,
    rows: u64,
    failed: u64,
}

/// Tries a job once. A job that was taken back meanwhile is left at once.
///
/// # Errors
/// What is not the job's fault; it is to be put back.
pub async fn run(app: &App, job: &Job) -> Result<(), Error> {
    tokio::select! {
        done = attempt(app, job) => match done {
            Ok(done) => finish(app, job, done).await,
            Err(RunProblem::Final(reason)) => fail(app, job, &reason).await,
            Err(RunProblem::Later(error)) => Err(error),
        },
        gone = until_taken_back(app, job) => gone,
    }
}

async fn until_taken_back(app: &App, job: &Job) -> Result<(), Error> {
    while queue::is_under_way(app.store.read(), job).await? {
        tokio::time::sleep(WATCH).await;
    }
    Ok(())
}

async fn attempt(app: &App, job: &Job) -> Result<Done, RunProblem> {
    let input = input(app, job).await?;
    let pipeline = pipeline(app, job).await?;
    let parameters = submit::parameters(&pipeline.schema, &job.parameters)
        .map_err(|error| RunProblem::Final(error.to_string()))?;
    let wanted: Vec<&str> = names(&pipeline).collect();
    let mut reader = open(app, job, &input, &wanted).await?;
    let places = places(&wanted, &reader.columns).map_err(RunProblem::Final)?;
    let outputs: Vec<String> = pipeline
        .schema
        .outputs
        .iter()
        .map(|o| o.column.clone())
        .collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    // A table that was scored before gives its old scores up for the new ones.
    let inputs: HashSet<&str> = wanted.iter().copied().collect();
    let stays = |name: &str| inputs.contains(name) || !outputs.contains(&name);
    let kept: Vec<usize> = (0..reader.columns.len())
        .filter(|at| stays(&reader.columns[*at]))
        .collect();
    let header: Vec<&str> = kept.iter().map(|at| reader.columns[*at].as_str()).collect();

    let aside = |name: &str| {
        app.area
            .blobs
            .aside(&format!("{}-{}-{name}", job.id, job.attempt))
    };
    let delimiter = if job.output_name.to_ascii_lowercase().ends_with(".tsv") {
        b'\t'
    } else {
        b','
    };
    let mut output =
        Output::begin(aside("output")?, delimiter, &header, &outputs).map_err(Error::from)?;
    drop(header);
    let scorer = Scorer {
        engine: app.batch.engine(app).await?,
        parameters,
        places,
        pipeline,
    };
    let mut rows = 0;
    loop {
        let run = reader.next(RUN_ROWS).await.map_err(of_reading)?;
        if run.is_empty() {
            break;
        }
        rows += run.len() as u64;
        for (row, scored) in run.iter().zip(scorer.score(&run).await?) {
            let cells = kept.iter().map(|at| cell(row, *at));
            output
                .add(row.number, cells, &scored)
                .map_err(Error::from)?;
        }
        check_failures(&output, rows, false)?;
        if !app.area.has_room(0)? {
            return Err(RunProblem::Final(
                "The server has no room for the output.".to_owned(),
            ));
        }
    }
    check_failures(&output, rows, true)?;
    let failed = output.failed() as u64;
    let (whole, list) = output.finish(aside)?;
    Ok(Done {
        blobs: std::iter::once(whole).chain(list).collect(),
        rows,
        failed,
    })
}

fn cell(row: &Row, at: usize) -> &str {
    row.cells.get(at).map_or("", String::as_str)
}

fn names(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    pipeline
        .schema
        .inputs
        .iter()
        .map(|column| column.name.as_str())
}

/// A table of which next to nothing can be scored is the wrong table.
fn check_failures(output: &Output, rows: u64, last: bool) -> Result<(), RunProblem> {
    let all = last && rows > 0 && output.failed() as u64 == rows;
    if output.failed() <= FAILED_MAX && !all {
        return Ok(());
    }
    let first = output.first_problem().unwrap_or_default();
    let which = if all {
        "No row can be scored".to_owned()
    } else {
        format!("More than {FAILED_MAX} rows can’t be scored")
    };
    Err(RunProblem::Final(format!("{which}; the first is {first}")))
}

/// The input's file; fetched first if it is on another host, once for all tries.
async fn input(app: &App, job: &Job) -> Result<File, RunProblem> {
    if let Some(sha256) = &job.input_sha256 {
        return Ok(app.area.blobs.open(sha256)?);
    }
    let sealed = job.source.as_ref();
    let sealed = sealed.ok_or_else(|| Error::Internal(format!("job {} has no input", job.id)))?;
    let url = submit::open_source(app, job, sealed)?;
    // A refusal names the host; the address itself may hold a token.
    let body = app.batch.outgoing.get(&url).await;
    let body = body
        .map_err(|problem| RunProblem::Final(format!("The input can’t be fetched: {problem}.")))?;
    let name = format!("{}-{}-input", job.id, job.attempt);
    let received = receive(&app.area, &name, body, BLOB_BYTES, FETCH_TIME).await;
    let received = received.map_err(|problem| match problem {
        ReceiveProblem::Server(error) => RunProblem::Later(error),
        other => RunProblem::Final(format!("The input can’t be fetched: {other}.")),
    })?;
    let _named = app.area.naming.read().await;
    app.area.keep(received.aside, &received.sha256).await?;
    let mut tx = app.store.begin().await?;
    queue::fetched(tx.conn(), job, &received.sha256).await?;
    tx.commit_quietly().await?;
    Ok(app.area.blobs.open(&received.sha256)?)
}

async fn pipeline(app: &App, job: &Job) -> Result<Pipeline, RunProblem> {
    let version = services::version(app.store.read(), &job.service_id, job.version).await?;
    let gone =
        || RunProblem::Final("The version that this job was submitted for is gone.".to_owned());
    let schema = version.ok_or_else(gone)?.schema;
    let stages = job
        .stages
        .iter()
        .map(|stage| stage.parse())
        .collect::<Result<Vec<_>, _>>();
    let stages = stages.map_err(|error| Error::Internal(format!("job {}: {error}", job.id)))?;
    Ok(Pipeline::of_stages(
        Arc::new(schema),
        stages.into(),
        job.endpoint_id.as_str().into(),
    ))
}

/// Opens the table as its ending says; a text with commas in its name alone is read as what fits best.
async fn open(app: &App, job: &Job, input: &File, wanted: &[&str]) -> Result<Reader, RunProblem> {
    let named = if job.input_tabs {
        Delimiter::Tab
    } else {
        Delimiter::Comma
    };
    let program = app.batch.program();
    let again = |file: &File| -> Result<File, Error> {
        use std::io::{Seek, SeekFrom};
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    };
    let first = Reader::open(program, again(input)?, named).await;
    match first {
        Ok(reader) if places(wanted, &reader.columns).is_ok() => return Ok(reader),
        Err(problem @ (ReadProblem::Ended | ReadProblem::TooLong | ReadProblem::Failed(_))) => {
            return Err(of_reading(problem));
        }
        Ok(_) | Err(ReadProblem::Refused(_)) => {}
    }
    // The process before shares the file's place, so it has to be gone.
    drop(first);
    let second = Reader::open(program, again(input)?, Delimiter::Any).await;
    second.map_err(of_reading)
}

fn of_reading(problem: ReadProblem) -> RunProblem {
    match problem {
        ReadProblem::Failed(error) => RunProblem::Later(error.into()),
        other => RunProblem::Final(other.to_string()),
    }
}

/// For each input the column that has its name.
fn places(wanted: &[&str], columns: &[String]) -> Result<Vec<usize>, String> {
    let place = |name: &&str| columns.iter().position(|column| column == name);
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|name| place(name).is_none())
        .copied()
        .collect();
    match missing.as_slice() {
        [] => Ok(wanted.iter().filter_map(place).collect()),
        [one] => Err(format!(
            "The input has no column “{one}”. Its first row names the columns."
        )),
        many => Err(format!(
            "The input has no columns “{}”. Its first row names the columns.",
            many.join("”, “")
        )),
    }
}

async fn finish(app: &App, job: &Job, done: Done) -> Result<(), Error> {
    let now = app.clock.now();
    let names = [job.output_name.clone(), errors_name(&job.output_name)];
    let _named = app.area.naming.read().await;
    let mut blobs = Vec::with_capacity(done.blobs.len());
    for (written, name) in done.blobs.into_iter().zip(names) {
        app.area.keep(written.aside, &written.sha256).await?;
        blobs.push(area::Stored {
            container: job.output_container.clone(),
            name,
            sha256: written.sha256,
            bytes: written.bytes,
            changed_at: now,
        });
    }
    let details = (done.failed > 0).then(|| {
        format!(
            "{} of {} rows could not be scored. The column “{}” and the list “{}” say why.",
            done.failed,
            done.rows,
            super::output::PROBLEM,
            errors_name(&job.output_name)
        )
    });
    let ending = Ending {
        state: State::Finished,
        details: details.as_deref(),
        blobs: &blobs,
    };
    end(app, job, &ending, done.rows - done.failed).await
}

async fn fail(app: &App, job: &Job, reason: &str) -> Result<(), Error> {
    let ending = Ending {
        state: State::Failed,
        details: Some(reason),
        blobs: &[],
    };
    end(app, job, &ending, 0).await
}

/// The end, its blobs and its rows in the counters, all of them or none.
async fn end(app: &App, job: &Job, ending: &Ending<'_>, rows: u64) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if queue::end(tx.conn(), job, ending, now).await? {
        let delta = Delta {
            endpoint: job.endpoint_id.clone(),
            slot: job.slot,
            minute: now.div_euclid(60_000_000),
            calls: 1,
            refused: 0,
            errors: u64::from(ending.state == State::Failed),
            rows,
            // A job's time says nothing of a call's.
            latency: crate::usage::histogram::Histogram::default(),
        };
        usage::add(tx.conn(), &delta).await?;
    }
    tx.commit_quietly().await
}

/// The name of the list of rows that could not be scored, beside the output.
fn errors_name(output: &str) -> String {
    match output.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.errors.{ending}"),
        None => format!("{output}.errors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_failed_rows_stands_beside_the_output() {
        assert_eq!(errors_name("a/output1.csv"), "a/output1.errors.csv");
    }

    #[test]
    fn missing_columns_are_named() {
        let columns = ["b".to_owned(), "a".to_owned()];
        assert_eq!(places(&["a", "b"], &columns), Ok(vec![1, 0]));
        assert!(places(&["a", "c"], &columns).unwrap_err().contains("“c”"));
        assert!(
            places(&["c", "d"], &columns)
                .unwrap_err()
                .contains("“c”, “d”")
        );
    }
}
