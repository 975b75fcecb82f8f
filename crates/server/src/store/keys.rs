//! Keys of endpoints and tokens of workspaces, as stored: verifiers and sealed copies, never a secret.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::{EndpointId, WorkspaceId};
use portico_api::key::KeySlot;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// A key as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The public part.
    pub id: String,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The endpoint; absent for a workspace token.
    pub endpoint_id: Option<EndpointId>,
    /// The slot.
    pub slot: KeySlot,
    /// 1, 2, 3 …
    pub generation: u32,
    /// HMAC-SHA-256 of the whole text under the pepper.
    pub verifier: Vec<u8>,
    /// Nonce of the sealed copy.
    pub nonce: Option<Vec<u8>>,
    /// The sealed copy; absent where keys are shown once.
    pub sealed: Option<Vec<u8>>,
    /// The last four characters.
    pub last4: String,
    /// When it was made.
    pub created_at: Micros,
    /// When it stops being accepted.
    pub expires_at: Option<Micros>,
    /// When its grace ends; absent on a slot's newest generation.
    pub grace_until: Option<Micros>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When it was last used.
    pub last_used_at: Option<Micros>,
    /// When it was first reported as leaked.
    pub leaked_at: Option<Micros>,
    /// Where it was found, as the report said.
    pub leak_found_at: Option<String>,
}

pub(super) const COLUMNS: &str = "k.id, k.workspace_id, k.endpoint_id, k.slot, k.generation, k.verifier, k.nonce, k.sealed, k.last4,
    k.created_at, k.expires_at, k.grace_until, k.disabled, k.last_used_at, k.leaked_at, k.leak_found_at";

pub(super) fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    let endpoint: Option<String> = row.try_get("endpoint_id")?;
    let slot: String = row.try_get("slot")?;
    Ok(Stored {
        id: row.try_get("id")?,
        workspace_id: super::id(row, "workspace_id", WorkspaceId::parse)?,
        endpoint_id: endpoint.and_then(|id| EndpointId::parse(&id).ok()),
        slot: KeySlot::parse(&slot).ok_or_else(|| Error::Internal(format!("key slot {slot}")))?,
        generation: row.try_get("generation")?,
        verifier: row.try_get("verifier")?,
        nonce: row.try_get("nonce")?,
        sealed: row.try_get("sealed")?,
        last4: row.try_get("last4")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        grace_until: row.try_get("grace_until")?,
        disabled: row.try_get("disabled")?,
        last_used_at: row.try_get("last_used_at")?,
        leaked_at: row.try_get("leaked_at")?,
        leak_found_at: row.try_get("leak_found_at")?,
    })
}

/// Adds a key.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(conn: &mut SqliteConnection, key: &Stored) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO access_key (id, workspace_id, endpoint_id, slot, generation, verifier, nonce, sealed, last4, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&key.id)
    .bind(key.workspace_id.as_str())
    .bind(key.endpoint_id.as_ref().map(EndpointId::as_str))
    .bind(key.slot.as_str())
    .bind(key.generation)
    .bind(&key.verifier)
    .bind(&key.nonce)
    .bind(&key.sealed)
    .bind(&key.last4)
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The keys of an endpoint that are the newest of their slot or still in grace, in order of slot and
/// falling generation.
///
/// # Errors
/// If the database does not answer.
pub async fn of_endpoint(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    now: Micros,
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM access_key k WHERE k.endpoint_id = $1 AND (k.grace_until IS NULL OR k.grace_until > $2)
          ORDER BY k.slot, k.generation DESC"
    ));
    let rows = sqlx::query(sql)
        .bind(endpoint.as_str())
        .bind(now)
        .fetch_all(conn)
        .await?;
    rows.iter().map(stored).collect()
}

/// All keys that can still be accepted, of all endpoints and workspaces, for the snapshot.
///
/// # Errors
/// If the database does not answer.
pub async fn all(pool: &SqlitePool, now: Micros) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM access_key k JOIN workspace w ON w.id = k.workspace_id
          WHERE w.deleted_at IS NULL AND (k.grace_until IS NULL OR k.grace_until > $1)"
    ));
    let rows = sqlx::query(sql).bind(now).fetch_all(pool).await?;
    rows.iter().map(stored).collect()
}

/// Ends the grace of a slot's older generations at `until` at the latest.
///
/// # Errors
/// If the database does not take it.
pub async fn end_older(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    slot: KeySlot,
    newest: u32,
    until: Micros,
) -> Result<u64, Error> {
    let done = sqlx::query(
        "UPDATE access_key SET grace_until = $4, nonce = NULL, sealed = NULL
          WHERE endpoint_id = $1 AND slot = $2 AND generation < $3 AND grace_until > $4",
    )
    .bind(endpoint.as_str())
    .bind(slot.as_str())
    .bind(newest)
    .bind(until)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Gives a key a grace: it was rotated away and is accepted until then. Its sealed copy goes.
///
/// # Errors
/// If the database does not take it.
pub async fn give_grace(conn: &mut SqliteConnection, id: &str, until: Micros) -> Result<(), Error> {
    sqlx::query(
        "UPDATE access_key SET grace_until = $2, nonce = NULL, sealed = NULL WHERE id = $1",
    )
    .bind(id)
    .bind(until)
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets until when a key in grace is accepted.
///
/// # Errors
/// If the database does not take it.
pub async fn set_grace(conn: &mut SqliteConnection, id: &str, until: Micros) -> Result<(), Error> {
    sqlx::query("UPDATE access_key SET grace_until = $2 WHERE id = $1")
        .bind(id)
        .bind(until)
        .execute(conn)
        .await?;
    Ok(())
}

/// One key, whatever its state.
///
/// # Errors
/// If the database does not answer.
pub async fn by_id(conn: &mut SqliteConnection, id: &str) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM access_key k WHERE k.id = $1"
    ));
    let row = sqlx::query(sql).bind(id).fetch_optional(conn).await?;
    row.as_ref().map(stored).transpose()
}

/// Marks a key as leaked unless it was before, and switches it off if `disable`. Whether it was marked
/// now.
///
/// # Errors
/// If the database does not take it.
pub async fn mark_leaked(
    conn: &mut SqliteConnection,
    id: &str,
    found_at: Option<&str>,
    disable: bool,
    now: Micros,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE access_key SET leaked_at = $2, leak_found_at = $3, disabled = max(disabled, $4)
          WHERE id = $1 AND leaked_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .bind(found_at)
    .bind(disable)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// All keys of a workspace and its endpoints, whatever their state, in order of endpoint, slot and
/// generation.
///
/// # Errors
/// If the database does not answer.
pub async fn of_workspace(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM access_key k WHERE k.workspace_id = $1
          ORDER BY coalesce(k.endpoint_id, ''), k.slot, k.generation"
    ));
    let rows = sqlx::query(sql)
        .bind(workspace.as_str())
        .fetch_all(pool)
        .await?;
    rows.iter().map(stored).collect()
}

/// Writes a key's expiry and whether it is switched off.
///
/// # Errors
/// If the database does not take it.
pub async fn update(
    conn: &mut SqliteConnection,
    id: &str,
    disabled: bool,
    expires_at: Option<Micros>,
) -> Result<(), Error> {
    sqlx::query("UPDATE access_key SET disabled = $2, expires_at = $3 WHERE id = $1")
        .bind(id)
        .bind(disabled)
        .bind(expires_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the sealed copies of a workspace: from now on its keys are shown once.
///
/// # Errors
/// If the database does not take it.
pub async fn forget_sealed(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
) -> Result<(), Error> {
    sqlx::query("UPDATE access_key SET nonce = NULL, sealed = NULL WHERE workspace_id = $1 AND endpoint_id IS NOT NULL")
        .bind(workspace.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
