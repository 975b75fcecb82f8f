//! Adding endpoints, changing them, and their end.

use super::{RESTORABLE, Stored};
use crate::clock::Micros;
use crate::error::Error;
use crate::store::{id, one_row};
use portico_api::endpoint::Logging;
use portico_api::id::{CustomerId, EndpointId, ServiceId};
use portico_api::name::EndpointName;
use portico_api::throttle::ThrottleLevel;
use sqlx::SqliteConnection;

fn level_text(level: ThrottleLevel) -> &'static str {
    match level {
        ThrottleLevel::Low => "low",
        ThrottleLevel::High => "high",
    }
}

fn logging_text(logging: Logging) -> &'static str {
    match logging {
        Logging::None => "none",
        Logging::Error => "error",
        Logging::All => "all",
    }
}

/// Adds an endpoint.
///
/// # Errors
/// [`Error::NameTaken`] if the service has a living or restorable endpoint of that name.
pub async fn insert(conn: &mut SqliteConnection, new: &Stored) -> Result<(), Error> {
    purge(conn, new.created_at).await?;
    sqlx::query(
        "INSERT INTO endpoint (id, workspace_id, service_id, name, description, is_default, version, level, max_calls, paused,
                prevent_update, logging, sample_data, tags, customer_id, created_from, created_at, updated_at,
                queue_ms, queue_max)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19)",
    )
    .bind(new.id.as_str())
    .bind(new.workspace_id.as_str())
    .bind(new.service_id.as_str())
    .bind(new.name.as_str())
    .bind(&new.description)
    .bind(new.is_default)
    .bind(new.version)
    .bind(level_text(new.throttle.level))
    .bind(new.throttle.max_concurrent_calls)
    .bind(new.paused)
    .bind(new.prevent_update)
    .bind(logging_text(new.logging))
    .bind(new.sample_data)
    .bind(serde_json::to_string(&new.tags)?)
    .bind(new.customer_id.as_ref().map(CustomerId::as_str))
    .bind(&new.created_from)
    .bind(new.created_at)
    .bind(new.throttle.queue_ms)
    .bind(new.throttle.queue_max)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the changeable fields of an endpoint if its row still has `changed.row_version`.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    conn: &mut SqliteConnection,
    changed: &Stored,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE endpoint SET description = $3, level = $4, max_calls = $5, paused = $6, prevent_update = $7, logging = $8,
                sample_data = $9, tags = $10, row_version = row_version + 1, updated_at = $11, queue_ms = $12, queue_max = $13
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(changed.id.as_str())
    .bind(changed.row_version)
    .bind(&changed.description)
    .bind(level_text(changed.throttle.level))
    .bind(changed.throttle.max_concurrent_calls)
    .bind(changed.paused)
    .bind(changed.prevent_update)
    .bind(logging_text(changed.logging))
    .bind(changed.sample_data)
    .bind(serde_json::to_string(&changed.tags)?)
    .bind(now)
    .bind(changed.throttle.queue_ms)
    .bind(changed.throttle.queue_max)
    .execute(conn)
    .await?;
    one_row(&done)
}

/// Moves the default endpoint of a service to a version, as it follows the newest by itself.
///
/// # Errors
/// If the database does not take it.
pub async fn follow_newest(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    version: u32,
    now: Micros,
) -> Result<Option<EndpointId>, Error> {
    let row = sqlx::query(
        "UPDATE endpoint SET version = $2, row_version = row_version + 1, updated_at = $3
          WHERE service_id = $1 AND is_default = 1 AND deleted_at IS NULL RETURNING id",
    )
    .bind(service.as_str())
    .bind(version)
    .bind(now)
    .fetch_optional(conn)
    .await?;
    row.map(|row| id(&row, "id", EndpointId::parse)).transpose()
}

/// Deletes an endpoint if its row still has this version. Soft: it can be restored for seven days.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(
    conn: &mut SqliteConnection,
    id: &EndpointId,
    row_version: i64,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE endpoint SET deleted_at = $3, row_version = row_version + 1 WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(row_version)
    .bind(now)
    .execute(conn)
    .await?;
    one_row(&done)
}

/// Brings a deleted endpoint back.
///
/// # Errors
/// [`Error::NotFound`] if there is none of that name that can be restored.
pub async fn restore(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    name: &EndpointName,
    now: Micros,
) -> Result<EndpointId, Error> {
    let row = sqlx::query(
        "UPDATE endpoint SET deleted_at = NULL, row_version = row_version + 1, updated_at = $3
          WHERE service_id = $1 AND name = $2 AND deleted_at > $4 RETURNING id",
    )
    .bind(service.as_str())
    .bind(name.as_str())
    .bind(now)
    .bind(now - RESTORABLE)
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound)?;
    id(&row, "id", EndpointId::parse)
}

/// Endpoints that were deleted by `$1`.
pub(super) const GONE: &str = "SELECT id FROM endpoint WHERE deleted_at <= $1";

/// Removes endpoints that can't be restored any more; their ids stay spent.
///
/// # Errors
/// If the database does not take it.
pub async fn purge(conn: &mut SqliteConnection, now: Micros) -> Result<(), Error> {
    for statement in [
        format!("INSERT OR IGNORE INTO spent_endpoint (id) {GONE}"),
        format!("DELETE FROM access_key WHERE endpoint_id IN ({GONE})"),
        format!("DELETE FROM endpoint_model WHERE endpoint_id IN ({GONE})"),
        format!("DELETE FROM revision WHERE endpoint_id IN ({GONE})"),
        format!("DELETE FROM rollout WHERE endpoint_id IN ({GONE})"),
        "DELETE FROM endpoint WHERE deleted_at <= $1".to_owned(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(now - RESTORABLE)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}
