//! The audit trail: append-only rows, written in the transaction of the change that they tell of.

use crate::audit::Entry;
use crate::clock::Micros;
use crate::error::Error;
use sqlx::SqliteConnection;

/// Writes one row.
///
/// # Errors
/// If the database does not take it; the change that it tells of must then not be committed.
pub async fn insert(
    conn: &mut SqliteConnection,
    at: Micros,
    entry: &Entry<'_>,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO audit (at, actor_kind, actor_id, action, object_kind, object_id, workspace_id, before, after, request_id, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(at)
    .bind(entry.who.kind())
    .bind(entry.who.id())
    .bind(entry.action)
    .bind(entry.object_kind)
    .bind(entry.object_id)
    .bind(entry.workspace)
    .bind(entry.before.as_ref().map(ToString::to_string))
    .bind(entry.after.as_ref().map(ToString::to_string))
    .bind(entry.who.request_id())
    .bind(entry.who.address())
    .execute(conn)
    .await?;
    Ok(())
}
