//! How a job comes into being: checked, pinned and stored before anybody is told its id.

use crate::app::App;
use crate::area::name::{BlobName, Form};
use crate::calls::rows::{self, Marks, Rows};
use crate::error::Error;
use crate::keys::derive;
use crate::keys::seal::{self, DataKey, Sealed};
use crate::snapshot::Entry;
use crate::store::jobs::{self, Job, State};
use crate::store::{area, usage};
use crate::usage::KeyDelta;
use portico_api::schema::Schema;
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use serde_json::{Map, Value};

/// Jobs of an endpoint that are not over, at most.
pub const OPEN_MAX: u32 = 1_000;
/// Where outputs go that nobody named, as in classic.
const OUTPUTS: &str = "experimentoutput";

/// A job to be.
pub struct Submission<'a> {
    /// Who submits it.
    pub slot: UsageSlot,
    /// With which key.
    pub key: &'a KeyId,
    /// The global parameters as they were sent.
    pub parameters: Map<String, Value>,
    /// Where its input is.
    pub input: Input,
    /// What the input's ending says.
    pub form: Form,
    /// Where its output goes, if that was said.
    pub output: Option<BlobName>,
    /// Whether it is started at once.
    pub start: bool,
}

/// Where an input is.
pub enum Input {
    /// In a blob area.
    Blob(area::Stored),
    /// On another host.
    Remote(String),
}

/// Takes a job; its id.
///
/// # Errors
/// [`Error::Invalid`] by parameter, [`Error::Paused`], [`Error::TooManyRequests`] with a full queue.
pub async fn submit(app: &App, entry: &Entry, job: Submission<'_>) -> Result<String, Error> {
    if entry.stored.paused {
        return Err(Error::Paused {
            endpoint: entry.stored.name.to_string(),
        });
    }
    check_parameters(&entry.pipeline.schema, &job.parameters)?;
    let id = hex::encode(app.entropy.bytes::<16>()?);
    let now = app.clock.now();
    let (input_sha256, source) = match job.input {
        Input::Blob(blob) => (Some(blob.sha256), None),
        Input::Remote(url) => (None, Some(seal_source(app, &id, &url)?)),
    };
    let output = job.output.unwrap_or_else(|| BlobName {
        container: OUTPUTS.to_owned(),
        name: format!("{id}/output1.csv"),
    });
    let stored = Job {
        id,
        endpoint_id: entry.stored.id.clone(),
        workspace_id: entry.stored.workspace_id.clone(),
        service_id: entry.stored.service_id.clone(),
        version: entry.stored.version,
        stages: entry
            .pipeline
            .stages
            .iter()
            .map(ToString::to_string)
            .collect(),
        slot: job.slot,
        parameters: job.parameters,
        input_sha256,
        input_tabs: job.form == Form::Tsv,
        source,
        output_container: output.container,
        output_name: output.name,
        errors_name: None,
        state: State::NotStarted,
        attempt: 0,
        details: None,
        created_at: now,
        queued_at: job.start.then_some(now),
        started_at: None,
        ended_at: None,
        deleted_at: None,
    };
    let mut tx = app.store.begin().await?;
    if jobs::open(tx.conn(), &stored.endpoint_id).await? >= OPEN_MAX {
        return Err(Error::TooManyRequests { seconds: 60 });
    }
    jobs::insert(tx.conn(), &stored).await?;
    let used = KeyDelta {
        key: *job.key,
        minute: now.div_euclid(60_000_000),
        calls: 1,
        last_used: now,
    };
    usage::add_key(tx.conn(), &used).await?;
    tx.commit_quietly().await?;
    if job.start {
        app.batch.wake();
    }
    Ok(stored.id)
}

/// The parameters by the rule of all calls.
fn check_parameters(schema: &Schema, sent: &Map<String, Value>) -> Result<(), Error> {
    parameters(schema, sent).map(|_| ())
}

/// Values of the global parameters, in the schema's order.
///
/// # Errors
/// [`Error::Invalid`] by parameter.
pub(super) fn parameters(
    schema: &Schema,
    sent: &Map<String, Value>,
) -> Result<Vec<(String, portico_api::cell::Cell)>, Error> {
    let alone = Schema {
        inputs: Vec::new(),
        outputs: Vec::new(),
        parameters: schema.parameters.clone(),
    };
    let rows: Rows = Rows {
        parameters: sent.clone(),
        ..Rows::default()
    };
    Ok(rows::check(&alone, &rows, Marks::Skipped)?.parameters)
}

fn source_key(app: &App, id: &str) -> Result<DataKey, Error> {
    let missing = || Error::Internal("the pepper is missing".to_owned());
    let pepper = app.secrets.pepper.as_ref().ok_or_else(missing)?;
    Ok(DataKey::new(*derive::derive(pepper, "job source", id)))
}

fn seal_source(app: &App, id: &str, url: &str) -> Result<Sealed, Error> {
    let nonce = app.entropy.bytes()?;
    Ok(seal::seal(
        &source_key(app, id)?,
        id,
        nonce,
        url.as_bytes(),
    )?)
}

/// The address of a job's input.
pub(super) fn open_source(app: &App, job: &Job, sealed: &Sealed) -> Result<String, Error> {
    let opened = seal::open(&source_key(app, &job.id)?, &job.id, sealed)?;
    String::from_utf8(opened.to_vec())
        .map_err(|_| Error::Internal("a job's source is not text".to_owned()))
}
