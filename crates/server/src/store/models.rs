//! Own models of endpoints, and moving endpoints from version to version.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::{EndpointId, ServiceId};
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// When each version of a service was published.
///
/// # Errors
/// If the database does not answer.
pub async fn published(
    pool: &SqlitePool,
    service: &ServiceId,
) -> Result<BTreeMap<u32, Micros>, Error> {
    let rows = sqlx::query("SELECT number, created_at FROM version WHERE service_id = $1")
        .bind(service.as_str())
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("number")?, row.try_get("created_at")?)))
        .collect()
}

/// The number of a service's newest version, if the service lives.
///
/// # Errors
/// If the database does not answer.
pub async fn newest(
    conn: &mut SqliteConnection,
    service: &ServiceId,
) -> Result<Option<u32>, Error> {
    let number = sqlx::query_scalar(
        "SELECT newest_version FROM service WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind(service.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(number)
}

/// Digests of the models in the slots of each version of a service, by resource.
///
/// # Errors
/// If the database does not answer.
pub async fn slots(
    pool: &SqlitePool,
    service: &ServiceId,
) -> Result<BTreeMap<u32, BTreeMap<String, String>>, Error> {
    let rows: Vec<(u32, Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT v.number, t.resource, t.sha256 FROM version v
           LEFT JOIN stage t ON t.service_id = v.service_id AND t.number = v.number AND t.resource IS NOT NULL
          WHERE v.service_id = $1",
    )
    .bind(service.as_str())
    .fetch_all(pool)
    .await?;
    let mut slots: BTreeMap<u32, BTreeMap<String, String>> = BTreeMap::new();
    for (number, resource, sha256) in rows {
        let version = slots.entry(number).or_default();
        if let (Some(resource), Some(sha256)) = (resource, sha256) {
            version.insert(resource, sha256);
        }
    }
    Ok(slots)
}

/// Gives an endpoint its own model for a resource, in place of one that it may have there.
///
/// # Errors
/// If the database does not take it.
pub async fn put(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    resource: &str,
    sha256: &str,
    bytes: u64,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO endpoint_model (endpoint_id, resource, sha256, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (endpoint_id, resource) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes",
    )
    .bind(endpoint.as_str())
    .bind(resource)
    .bind(sha256)
    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes an endpoint's own model for a resource away.
///
/// # Errors
/// If the database does not take it.
pub async fn remove(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    resource: &str,
) -> Result<(), Error> {
    sqlx::query("DELETE FROM endpoint_model WHERE endpoint_id = $1 AND resource = $2")
        .bind(endpoint.as_str())
        .bind(resource)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes the version that an endpoint serves (the same one where its models alone changed) if its row
/// still has `row_version`. Where the version is another one, its customer's choice to stay is over.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn serve(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    row_version: i64,
    version: u32,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE endpoint SET stay_until = CASE WHEN version = $3 THEN stay_until END, version = $3, row_version = row_version + 1, updated_at = $4
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(endpoint.as_str())
    .bind(row_version)
    .bind(version)
    .bind(now)
    .execute(conn)
    .await?;
    super::one_row(&done)
}
