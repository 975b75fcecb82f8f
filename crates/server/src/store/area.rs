//! Blob areas: which blob stands under which name, for each endpoint.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::EndpointId;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// A blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its container.
    pub container: String,
    /// Its name in the container.
    pub name: String,
    /// SHA-256 of its bytes in hexadecimal.
    pub sha256: String,
    /// How many they are.
    pub bytes: u64,
    /// When it was last written.
    pub changed_at: Micros,
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    let bytes: i64 = row.try_get("bytes")?;
    Ok(Stored {
        container: row.try_get("container")?,
        name: row.try_get("name")?,
        sha256: row.try_get("sha256")?,
        bytes: bytes.unsigned_abs(),
        changed_at: row.try_get("changed_at")?,
    })
}

/// Names a blob, in place of the one that had the name.
///
/// # Errors
/// If the database does not take it.
pub async fn put(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    blob: &Stored,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO area_blob (endpoint_id, container, name, sha256, bytes, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (endpoint_id, container, name) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes, changed_at = excluded.changed_at",
    )
    .bind(endpoint.as_str())
    .bind(&blob.container)
    .bind(&blob.name)
    .bind(&blob.sha256)
    .bind(i64::try_from(blob.bytes).unwrap_or(i64::MAX))
    .bind(blob.changed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The blob of this name.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    endpoint: &EndpointId,
    container: &str,
    name: &str,
) -> Result<Option<Stored>, Error> {
    let row = sqlx::query(
        "SELECT * FROM area_blob WHERE endpoint_id = $1 AND container = $2 AND name = $3",
    )
    .bind(endpoint.as_str())
    .bind(container)
    .bind(name)
    .fetch_optional(pool)
    .await?;
    row.as_ref().map(stored).transpose()
}

/// The blobs of an endpoint by container and name, from the one after `after` on.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    endpoint: &EndpointId,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Stored>, Error> {
    let rows = sqlx::query(
        "SELECT * FROM area_blob WHERE endpoint_id = $1 AND ($2 IS NULL OR (container, name) > ($2, $3))
          ORDER BY container, name LIMIT $4",
    )
    .bind(endpoint.as_str())
    .bind(after.map(|(container, _)| container))
    .bind(after.map(|(_, name)| name))
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(stored).collect()
}

/// How many bytes the blobs of an endpoint have together.
///
/// # Errors
/// If the database does not answer.
pub async fn bytes(pool: &SqlitePool, endpoint: &EndpointId) -> Result<u64, Error> {
    let sum: i64 =
        sqlx::query_scalar("SELECT coalesce(sum(bytes), 0) FROM area_blob WHERE endpoint_id = $1")
            .bind(endpoint.as_str())
            .fetch_one(pool)
            .await?;
    Ok(sum.unsigned_abs())
}

/// Takes a name away; whether there was one.
///
/// # Errors
/// If the database does not take it.
pub async fn delete(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    container: &str,
    name: &str,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "DELETE FROM area_blob WHERE endpoint_id = $1 AND container = $2 AND name = $3",
    )
    .bind(endpoint.as_str())
    .bind(container)
    .bind(name)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a blob, a draft, or a job that is not over, still names this digest.
///
/// # Errors
/// If the database does not answer.
pub async fn is_named(pool: &SqlitePool, sha256: &str) -> Result<bool, Error> {
    let named = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM area_blob WHERE sha256 = $1
                        UNION ALL SELECT 1 FROM draft_file WHERE sha256 = $1
                        UNION ALL SELECT 1 FROM job WHERE input_sha256 = $1 AND state IN ('NotStarted', 'Running'))",
    )
    .bind(sha256)
    .fetch_one(pool)
    .await?;
    Ok(named)
}

/// Forgets the blobs of endpoints that are gone for good.
///
/// # Errors
/// If the database does not take it.
pub async fn purge(conn: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query("DELETE FROM area_blob WHERE endpoint_id NOT IN (SELECT id FROM endpoint)")
        .execute(conn)
        .await?;
    Ok(())
}
