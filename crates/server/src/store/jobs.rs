//! Batch jobs: submitted, started, looked at and deleted. How workers take them is `queue`'s.

pub mod queue;
#[cfg(test)]
mod tests;

use crate::clock::{DAY, Micros};
use crate::error::Error;
use crate::keys::seal::Sealed;
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::usage::UsageSlot;
use serde_json::{Map, Value};
use sqlx::{Row, SqliteConnection, SqlitePool};

/// How long a job that is over is remembered.
const KEPT: Micros = 30 * DAY;

/// Where a job stands. Named and numbered as in classic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Submitted, or started and waiting for a worker.
    NotStarted,
    /// A worker has it.
    Running,
    /// Over, without a result.
    Failed,
    /// Taken back before it was over.
    Cancelled,
    /// Over, with its result.
    Finished,
}

impl State {
    /// All, by number.
    const ALL: [Self; 5] = [
        Self::NotStarted,
        Self::Running,
        Self::Failed,
        Self::Cancelled,
        Self::Finished,
    ];

    /// Its name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "NotStarted",
            Self::Running => "Running",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Finished => "Finished",
        }
    }

    /// Its number on the wire of clients before 2.0.
    pub fn number(self) -> u8 {
        match self {
            Self::NotStarted => 0,
            Self::Running => 1,
            Self::Failed => 2,
            Self::Cancelled => 3,
            Self::Finished => 4,
        }
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// The endpoint that it was submitted to.
    pub endpoint_id: EndpointId,
    /// That endpoint's workspace.
    pub workspace_id: WorkspaceId,
    /// That endpoint's service.
    pub service_id: ServiceId,
    /// The version that scores it.
    pub version: u32,
    /// Digests of the models that score it, in order.
    pub stages: Vec<String>,
    /// The slot of the key that it was submitted with.
    pub slot: UsageSlot,
    /// Values of the global parameters.
    pub parameters: Map<String, Value>,
    /// Digest of its input, once that is here.
    pub input_sha256: Option<String>,
    /// Whether the input's cells are parted by tabs.
    pub input_tabs: bool,
    /// The sealed address of an input that is not here yet.
    pub source: Option<Sealed>,
    /// The container of its output.
    pub output_container: String,
    /// The name of its output.
    pub output_name: String,
    /// The name of the list of rows that could not be scored, in the same container, if there are any.
    pub errors_name: Option<String>,
    /// Where it stands.
    pub state: State,
    /// How often a worker took it up.
    pub attempt: i64,
    /// What there is to say of how it ended.
    pub details: Option<String>,
    /// When it was submitted.
    pub created_at: Micros,
    /// When it was started by its owner.
    pub queued_at: Option<Micros>,
    /// When a worker first took it up.
    pub started_at: Option<Micros>,
    /// When it ended.
    pub ended_at: Option<Micros>,
    /// When it was deleted after its end.
    pub deleted_at: Option<Micros>,
}

fn job(row: &sqlx::sqlite::SqliteRow) -> Result<Job, Error> {
    let state: String = row.try_get("state")?;
    let slot: String = row.try_get("slot")?;
    let (stages, parameters): (String, String) =
        (row.try_get("stages")?, row.try_get("parameters")?);
    let source: Option<Vec<u8>> = row.try_get("source")?;
    let nonce: Option<Vec<u8>> = row.try_get("source_nonce")?;
    let source = match (source, nonce) {
        (Some(bytes), Some(nonce)) => Some(Sealed {
            nonce: nonce
                .try_into()
                .map_err(|_| Error::Internal("a job's nonce is damaged".to_owned()))?,
            bytes,
        }),
        _ => None,
    };
    Ok(Job {
        id: row.try_get("id")?,
        endpoint_id: super::id(row, "endpoint_id", EndpointId::parse)?,
        workspace_id: super::id(row, "workspace_id", WorkspaceId::parse)?,
        service_id: super::id(row, "service_id", ServiceId::parse)?,
        version: row.try_get("version")?,
        stages: serde_json::from_str(&stages)?,
        slot: UsageSlot::ALL
            .into_iter()
            .find(|known| known.as_str() == slot)
            .unwrap_or(UsageSlot::Primary),
        parameters: serde_json::from_str(&parameters)?,
        input_sha256: row.try_get("input_sha256")?,
        input_tabs: row.try_get("input_tabs")?,
        source,
        output_container: row.try_get("output_container")?,
        output_name: row.try_get("output_name")?,
        errors_name: row.try_get("errors_name")?,
        state: State::ALL
            .into_iter()
            .find(|known| known.as_str() == state)
            .ok_or_else(|| Error::Internal(format!("a job is in state {state}")))?,
        attempt: row.try_get("attempt")?,
        details: row.try_get("details")?,
        created_at: row.try_get("created_at")?,
        queued_at: row.try_get("queued_at")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        deleted_at: row.try_get("deleted_at")?,
    })
}

/// Adds a job.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(conn: &mut SqliteConnection, new: &Job) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO job (id, endpoint_id, workspace_id, service_id, version, stages, slot, parameters, input_sha256, input_tabs,
                source_nonce, source, output_container, output_name, state, created_at, queued_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(&new.id)
    .bind(new.endpoint_id.as_str())
    .bind(new.workspace_id.as_str())
    .bind(new.service_id.as_str())
    .bind(new.version)
    .bind(serde_json::to_string(&new.stages)?)
    .bind(new.slot.as_str())
    .bind(serde_json::to_string(&new.parameters)?)
    .bind(&new.input_sha256)
    .bind(new.input_tabs)
    .bind(new.source.as_ref().map(|sealed| sealed.nonce.to_vec()))
    .bind(new.source.as_ref().map(|sealed| &sealed.bytes))
    .bind(&new.output_container)
    .bind(&new.output_name)
    .bind(new.state.as_str())
    .bind(new.created_at)
    .bind(new.queued_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// A job of an endpoint, deleted ones included.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    endpoint: &EndpointId,
    id: &str,
) -> Result<Option<Job>, Error> {
    let row = sqlx::query("SELECT * FROM job WHERE id = $1 AND endpoint_id = $2")
        .bind(id)
        .bind(endpoint.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(job).transpose()
}

/// How many jobs of an endpoint are not over.
///
/// # Errors
/// If the database does not answer.
pub async fn open(conn: &mut SqliteConnection, endpoint: &EndpointId) -> Result<u32, Error> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM job WHERE endpoint_id = $1 AND state IN ('NotStarted', 'Running')",
    )
    .bind(endpoint.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Puts a submitted job into the queue; whether it was there to be put.
///
/// # Errors
/// If the database does not take it.
pub async fn start(conn: &mut SqliteConnection, id: &str, now: Micros) -> Result<bool, Error> {
    let done = sqlx::query("UPDATE job SET queued_at = $2 WHERE id = $1 AND state = 'NotStarted' AND queued_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a job back if it is not over, else forgets it.
///
/// # Errors
/// If the database does not take it.
pub async fn delete(conn: &mut SqliteConnection, id: &str, now: Micros) -> Result<(), Error> {
    sqlx::query(
        "UPDATE job SET deleted_at = CASE WHEN ended_at IS NULL THEN NULL ELSE coalesce(deleted_at, $2) END,
                state = CASE WHEN ended_at IS NULL THEN 'Cancelled' ELSE state END,
                ended_at = coalesce(ended_at, $2), source = NULL, source_nonce = NULL
          WHERE id = $1",
    )
    .bind(id)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets jobs that were over long ago, and those of endpoints that are gone for good.
///
/// # Errors
/// If the database does not take it.
pub async fn sweep(conn: &mut SqliteConnection, now: Micros) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM job WHERE ended_at < $1 OR endpoint_id NOT IN (SELECT id FROM endpoint)",
    )
    .bind(now - KEPT)
    .execute(conn)
    .await?;
    Ok(())
}
