//! The queue of jobs: how a worker takes one, and how its try ends.

use super::{Job, State, job};
use crate::clock::Micros;
use crate::error::Error;
use crate::store::area;
use sqlx::{SqliteConnection, SqlitePool};

/// Jobs of one endpoint that are run at once; the others wait in the order in which they were started.
pub const AT_ONCE: u32 = 40;

/// Whether a started job waits for a worker.
///
/// # Errors
/// If the database does not answer.
pub async fn any_waiting(pool: &SqlitePool) -> Result<bool, Error> {
    let waiting = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'NotStarted' AND queued_at IS NOT NULL)",
    )
    .fetch_one(pool)
    .await?;
    Ok(waiting)
}

/// Hands the next job out: the one started first, of the endpoint with the fewest jobs running, so that a
/// long queue of one customer does not hold up the others. Paused and deleted endpoints wait.
///
/// # Errors
/// If the database does not take it.
pub async fn claim(conn: &mut SqliteConnection, now: Micros) -> Result<Option<Job>, Error> {
    let row = sqlx::query(
        "UPDATE job SET state = 'Running', attempt = attempt + 1, started_at = coalesce(started_at, $1)
          WHERE id = (SELECT j.id FROM job j
                        JOIN endpoint e ON e.id = j.endpoint_id AND e.deleted_at IS NULL AND e.paused = 0
                        LEFT JOIN (SELECT endpoint_id, count(*) AS jobs FROM job WHERE state = 'Running' GROUP BY endpoint_id) r
                          ON r.endpoint_id = j.endpoint_id
                       WHERE j.state = 'NotStarted' AND j.queued_at IS NOT NULL AND coalesce(r.jobs, 0) < $2
                       ORDER BY coalesce(r.jobs, 0), j.queued_at, j.created_at, j.id LIMIT 1)
        RETURNING *",
    )
    .bind(now)
    .bind(AT_ONCE)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(job).transpose()
}

/// Notes that a job's input is here; whether this try is still the one under way.
///
/// # Errors
/// If the database does not take it.
pub async fn fetched(conn: &mut SqliteConnection, job: &Job, sha256: &str) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE job SET input_sha256 = $3, source = NULL, source_nonce = NULL WHERE id = $1 AND attempt = $2 AND state = 'Running'",
    )
    .bind(&job.id)
    .bind(job.attempt)
    .bind(sha256)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a try is still the one under way.
///
/// # Errors
/// If the database does not answer.
pub async fn is_under_way(pool: &SqlitePool, job: &Job) -> Result<bool, Error> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM job WHERE id = $1 AND attempt = $2 AND state = 'Running')",
    )
    .bind(&job.id)
    .bind(job.attempt)
    .fetch_one(pool)
    .await?;
    Ok(found)
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending<'a> {
    /// [`State::Finished`] or [`State::Failed`].
    pub state: State,
    /// What there is to say of it.
    pub details: Option<&'a str>,
    /// Its blobs, the output first, then the list of rows that could not be scored.
    pub blobs: &'a [area::Stored],
}

/// Ends a job with its blobs, if this try is still the one under way; whether it was.
///
/// # Errors
/// If the database does not take it.
pub async fn end(
    conn: &mut SqliteConnection,
    job: &Job,
    ending: &Ending<'_>,
    now: Micros,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE job SET state = $3, details = $4, errors_name = $5, ended_at = $6, source = NULL, source_nonce = NULL
          WHERE id = $1 AND attempt = $2 AND state = 'Running'",
    )
    .bind(&job.id)
    .bind(job.attempt)
    .bind(ending.state.as_str())
    .bind(ending.details)
    .bind(ending.blobs.get(1).map(|blob| &blob.name))
    .bind(now)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    for blob in ending.blobs {
        area::put(conn, &job.endpoint_id, blob).await?;
    }
    Ok(true)
}

/// Puts back a job that a worker could not go on with for reasons that are not the job's.
///
/// # Errors
/// If the database does not take it.
pub async fn put_back(conn: &mut SqliteConnection, job: &Job) -> Result<(), Error> {
    sqlx::query(
        "UPDATE job SET state = 'NotStarted' WHERE id = $1 AND attempt = $2 AND state = 'Running'",
    )
    .bind(&job.id)
    .bind(job.attempt)
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts back all jobs that ran when the server before ended. Their tries count no more.
///
/// # Errors
/// If the database does not take it.
pub async fn recover(conn: &mut SqliteConnection) -> Result<u64, Error> {
    let done = sqlx::query("UPDATE job SET state = 'NotStarted' WHERE state = 'Running'")
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
