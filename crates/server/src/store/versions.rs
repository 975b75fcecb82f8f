//! What is asked of single versions: schema, self-test, how the sample rows scored.

use crate::error::Error;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::schema::Schema;
use portico_api::service::Parity;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// The schema of a version.
///
/// # Errors
/// If the database does not answer.
pub async fn schema(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    number: u32,
) -> Result<Option<Schema>, Error> {
    let text: Option<String> =
        sqlx::query_scalar("SELECT schema FROM version WHERE service_id = $1 AND number = $2")
            .bind(service.as_str())
            .bind(number)
            .fetch_optional(conn)
            .await?;
    Ok(text.as_deref().map(serde_json::from_str).transpose()?)
}

/// The name of a service.
///
/// # Errors
/// If the database does not answer, or there is no such service.
pub async fn name(conn: &mut SqliteConnection, service: &ServiceId) -> Result<String, Error> {
    let name = sqlx::query_scalar("SELECT name FROM service WHERE id = $1")
        .bind(service.as_str())
        .fetch_one(conn)
        .await?;
    Ok(name)
}

/// SHA-256 of the self-test of a version in the blob store.
///
/// # Errors
/// If the database does not answer.
pub async fn self_test(
    pool: &SqlitePool,
    service: &ServiceId,
    number: u32,
) -> Result<Option<String>, Error> {
    let digest: Option<Option<String>> =
        sqlx::query_scalar("SELECT self_test FROM version WHERE service_id = $1 AND number = $2")
            .bind(service.as_str())
            .bind(number)
            .fetch_optional(pool)
            .await?;
    Ok(digest.flatten())
}

/// Writes how a version scored its sample rows.
///
/// # Errors
/// If the database does not take it.
pub async fn set_parity(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    number: u32,
    parity: &Parity,
) -> Result<(), Error> {
    sqlx::query("UPDATE version SET parity = $3 WHERE service_id = $1 AND number = $2")
        .bind(service.as_str())
        .bind(number)
        .bind(serde_json::to_string(parity)?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Versions of living services whose sample rows another engine than this scored last.
///
/// # Errors
/// If the database does not answer.
pub async fn checked_elsewhere(
    pool: &SqlitePool,
    engine: &str,
) -> Result<Vec<(WorkspaceId, ServiceId, u32)>, Error> {
    let rows = sqlx::query(
        "SELECT s.workspace_id, v.service_id, v.number FROM version v JOIN service s ON s.id = v.service_id
          WHERE s.deleted_at IS NULL AND coalesce(json_extract(v.parity, '$.engine'), '') <> $1
          ORDER BY v.number = s.newest_version DESC, v.created_at DESC",
    )
    .bind(engine)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((
                super::id(row, "workspace_id", WorkspaceId::parse)?,
                super::id(row, "service_id", ServiceId::parse)?,
                row.try_get("number")?,
            ))
        })
        .collect()
}
