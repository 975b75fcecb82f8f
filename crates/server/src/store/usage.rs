//! Counted calls: by endpoint, slot and minute with their latencies, and by key and minute.

use crate::clock::Micros;
use crate::error::Error;
use crate::usage::histogram::Histogram;
use crate::usage::report::StoredUsage;
use crate::usage::{Delta, KeyDelta};
use portico_api::id::{EndpointId, ServiceId};
use sqlx::{Row, SqliteConnection, SqlitePool};

/// How long minutes are kept: 400 days, in minutes.
const KEPT: i64 = 400 * 24 * 60;
/// How long the minutes of a key are kept: only the last hour is asked for.
const KEY_KEPT: i64 = 2 * 60;

/// Adds what was counted since the last flush.
///
/// # Errors
/// If the database does not take it; the caller then counts on.
pub async fn add(conn: &mut SqliteConnection, delta: &Delta) -> Result<(), Error> {
    let before: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT latency FROM usage_minute WHERE endpoint_id = $1 AND slot = $2 AND minute = $3",
    )
    .bind(delta.endpoint.as_str())
    .bind(delta.slot.as_str())
    .bind(delta.minute)
    .fetch_optional(&mut *conn)
    .await?;
    let mut latency = before
        .as_deref()
        .map(Histogram::from_bytes)
        .transpose()?
        .unwrap_or_default();
    latency.merge(&delta.latency);
    sqlx::query(
        "INSERT INTO usage_minute (endpoint_id, slot, minute, calls, refused, errors, rows, latency) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (endpoint_id, slot, minute) DO UPDATE SET calls = calls + excluded.calls, refused = refused + excluded.refused,
            errors = errors + excluded.errors, rows = rows + excluded.rows, latency = excluded.latency",
    )
    .bind(delta.endpoint.as_str())
    .bind(delta.slot.as_str())
    .bind(delta.minute)
    .bind(signed(delta.calls))
    .bind(signed(delta.refused))
    .bind(signed(delta.errors))
    .bind(signed(delta.rows))
    .bind(latency.to_bytes())
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds the calls of one key, and notes when it was last used; an older note never replaces a newer one.
///
/// # Errors
/// If the database does not take it.
pub async fn add_key(conn: &mut SqliteConnection, delta: &KeyDelta) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO key_minute (key_id, minute, calls) VALUES ($1, $2, $3)
         ON CONFLICT (key_id, minute) DO UPDATE SET calls = calls + excluded.calls",
    )
    .bind(delta.key.as_str())
    .bind(delta.minute)
    .bind(signed(delta.calls))
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE access_key SET last_used_at = max(coalesce(last_used_at, 0), $2) WHERE id = $1",
    )
    .bind(delta.key.as_str())
    .bind(delta.last_used)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what is older than it is kept.
///
/// # Errors
/// If the database does not take it.
pub async fn sweep(conn: &mut SqliteConnection, minute: i64) -> Result<(), Error> {
    sqlx::query("DELETE FROM usage_minute WHERE minute < $1")
        .bind(minute - KEPT)
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM key_minute WHERE minute < $1")
        .bind(minute - KEY_KEPT)
        .execute(conn)
        .await?;
    Ok(())
}

/// Calls with each key of an endpoint in the hour before now.
///
/// # Errors
/// If the database does not answer.
pub async fn key_calls(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    now: Micros,
) -> Result<Vec<(String, u64)>, Error> {
    let rows = sqlx::query(
        "SELECT m.key_id, sum(m.calls) AS calls FROM key_minute m JOIN access_key k ON k.id = m.key_id
          WHERE k.endpoint_id = $1 AND m.minute > $2 GROUP BY m.key_id",
    )
    .bind(endpoint.as_str())
    .bind(now / 60_000_000 - 60)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let calls: i64 = row.try_get("calls")?;
            Ok((row.try_get("key_id")?, calls.unsigned_abs()))
        })
        .collect()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An endpoint's minutes from `from` (minutes since 1970) on.
///
/// # Errors
/// If the database does not answer.
pub async fn since(
    pool: &SqlitePool,
    endpoint: &EndpointId,
    from: i64,
) -> Result<Vec<StoredUsage>, Error> {
    let rows = sqlx::query(
        "SELECT slot, minute, calls, refused, errors, rows, latency FROM usage_minute WHERE endpoint_id = $1 AND minute >= $2 ORDER BY minute",
    )
    .bind(endpoint.as_str())
    .bind(from)
    .fetch_all(pool)
    .await?;
    rows.iter().map(minute).collect()
}

/// The minutes of all endpoints of a service from `from` on.
///
/// # Errors
/// If the database does not answer.
pub async fn of_service(
    pool: &SqlitePool,
    service: &ServiceId,
    from: i64,
) -> Result<Vec<StoredUsage>, Error> {
    let rows = sqlx::query(
        "SELECT u.slot, u.minute, u.calls, u.refused, u.errors, u.rows, u.latency FROM usage_minute u
           JOIN endpoint e ON e.id = u.endpoint_id WHERE e.service_id = $1 AND u.minute >= $2",
    )
    .bind(service.as_str())
    .bind(from)
    .fetch_all(pool)
    .await?;
    rows.iter().map(minute).collect()
}

fn minute(row: &sqlx::sqlite::SqliteRow) -> Result<StoredUsage, Error> {
    use portico_api::usage::UsageSlot;
    let slot: String = row.try_get("slot")?;
    let count = |column: &str| -> Result<u64, Error> {
        let value: i64 = row.try_get(column)?;
        Ok(value.unsigned_abs())
    };
    Ok(StoredUsage {
        slot: UsageSlot::ALL
            .into_iter()
            .find(|known| known.as_str() == slot)
            .unwrap_or(UsageSlot::Portal),
        minute: row.try_get("minute")?,
        calls: count("calls")?,
        refused: count("refused")?,
        errors: count("errors")?,
        rows: count("rows")?,
        latency: row.try_get("latency")?,
    })
}
