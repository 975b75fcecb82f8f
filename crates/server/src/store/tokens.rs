//! Tokens of workspaces: keys without an endpoint, in the same table.

use super::keys::{COLUMNS, Stored, stored};
use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::WorkspaceId;
use portico_api::key::KeySlot;
use sqlx::{Row, SqliteConnection};

/// The tokens of a workspace that are the newest of their slot or still in grace, in order of slot and
/// falling generation.
///
/// # Errors
/// If the database does not answer.
pub async fn of_workspace(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    now: Micros,
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM access_key k WHERE k.workspace_id = $1 AND k.endpoint_id IS NULL
            AND (k.grace_until IS NULL OR k.grace_until > $2) ORDER BY k.slot, k.generation DESC"
    ));
    let rows = sqlx::query(sql)
        .bind(workspace.as_str())
        .bind(now)
        .fetch_all(conn)
        .await?;
    rows.iter().map(stored).collect()
}

/// Ends the grace of a slot's older generations at `until` at the latest; answers how many had one running.
///
/// # Errors
/// If the database does not take it.
pub async fn end_older(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    slot: KeySlot,
    newest: u32,
    until: Micros,
) -> Result<u64, Error> {
    let done = sqlx::query(
        "UPDATE access_key SET grace_until = $4, nonce = NULL, sealed = NULL
          WHERE workspace_id = $1 AND endpoint_id IS NULL AND slot = $2 AND generation < $3 AND grace_until > $4",
    )
    .bind(workspace.as_str())
    .bind(slot.as_str())
    .bind(newest)
    .bind(until)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Requests with each token of a workspace in the hour before now.
///
/// # Errors
/// If the database does not answer.
pub async fn requests(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    now: Micros,
) -> Result<Vec<(String, u64)>, Error> {
    let rows = sqlx::query(
        "SELECT m.key_id, sum(m.calls) AS calls FROM key_minute m JOIN access_key k ON k.id = m.key_id
          WHERE k.workspace_id = $1 AND k.endpoint_id IS NULL AND m.minute > $2 GROUP BY m.key_id",
    )
    .bind(workspace.as_str())
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
