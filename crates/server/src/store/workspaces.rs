//! Workspaces.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use portico_api::id::{PersonId, WorkspaceId};
use portico_api::workspace::{LeakPolicy, RevealPolicy, Workspace};
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::HashMap;

/// A workspace and the version of its row.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The workspace; `role`, `services` and `endpoints` as the person that was asked for sees them.
    pub workspace: Workspace,
    /// For its ETag.
    pub row_version: i64,
}

/// A new workspace.
#[derive(Debug)]
pub struct NewWorkspace<'a> {
    /// Its id.
    pub id: &'a WorkspaceId,
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The cap on calls at once.
    pub calls_cap: u32,
    /// The wrapped data key.
    pub data_key_nonce: &'a [u8],
    /// The wrapped data key.
    pub data_key: &'a [u8],
}

pub(super) fn policy_text(policy: RevealPolicy) -> &'static str {
    match policy {
        RevealPolicy::AnyTime => "any_time",
        RevealPolicy::Once => "once",
    }
}

fn policy(text: &str) -> RevealPolicy {
    match text {
        "once" => RevealPolicy::Once,
        _ => RevealPolicy::AnyTime,
    }
}

fn leak_policy_text(policy: LeakPolicy) -> &'static str {
    match policy {
        LeakPolicy::Disable => "disable",
        LeakPolicy::Tell => "tell",
    }
}

fn leak_policy(text: &str) -> LeakPolicy {
    match text {
        "tell" => LeakPolicy::Tell,
        _ => LeakPolicy::Disable,
    }
}

/// Adds a workspace.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    new: &NewWorkspace<'_>,
    now: Micros,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO workspace (id, name, description, calls_cap, reveal_policy, data_key_nonce, data_key, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'any_time', $5, $6, $7, $7)",
    )
    .bind(new.id.as_str())
    .bind(new.name)
    .bind(new.description)
    .bind(new.calls_cap)
    .bind(new.data_key_nonce)
    .bind(new.data_key)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

// What a person sees: all of it as owner or publisher, what is granted as customer, and the bare
// workspace as administrator.
const VISIBLE: &str = "
    SELECT w.id, w.name, w.description, w.calls_cap, w.reveal_policy, w.leak_policy, w.row_version, w.created_at, w.updated_at,
           w.public_documents, w.max_call_bytes, w.call_timeout_seconds,
           m.role AS role,
           (SELECT count(*) FROM service s WHERE s.workspace_id = w.id AND s.deleted_at IS NULL
               AND (m.role IS NOT NULL OR EXISTS (SELECT 1 FROM endpoint e JOIN customer_person p ON p.customer_id = e.customer_id
                     WHERE e.service_id = s.id AND e.deleted_at IS NULL AND p.person_id = $1))) AS services,
           (SELECT count(*) FROM endpoint e JOIN service s ON s.id = e.service_id
              WHERE e.workspace_id = w.id AND e.deleted_at IS NULL AND s.deleted_at IS NULL
               AND (m.role IS NOT NULL OR e.customer_id IN (SELECT customer_id FROM customer_person WHERE person_id = $1))) AS endpoints,
           EXISTS (SELECT 1 FROM customer_person p JOIN customer c ON c.id = p.customer_id
                    WHERE c.workspace_id = w.id AND p.person_id = $1) AS is_customer
      FROM workspace w LEFT JOIN member m ON m.workspace_id = w.id AND m.person_id = $1
     WHERE w.deleted_at IS NULL";

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    use portico_api::session::Role;
    let role: Option<String> = row.try_get("role")?;
    let is_customer: bool = row.try_get("is_customer")?;
    let policy_column: String = row.try_get("reveal_policy")?;
    let leak_column: String = row.try_get("leak_policy")?;
    Ok(Stored {
        workspace: Workspace {
            id: super::id(row, "id", WorkspaceId::parse)?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            max_concurrent_calls_cap: row.try_get("calls_cap")?,
            reveal_policy: policy(&policy_column),
            public_documents: row.try_get("public_documents")?,
            max_call_bytes: row.try_get("max_call_bytes")?,
            call_timeout_seconds: row.try_get("call_timeout_seconds")?,
            leak_policy: leak_policy(&leak_column),
            role: match role.as_deref() {
                Some("owner") => Some(Role::Owner),
                Some("publisher") => Some(Role::Publisher),
                _ => is_customer.then_some(Role::Customer),
            },
            services: row.try_get("services")?,
            endpoints: row.try_get("endpoints")?,
            created_at: on_the_wire(row.try_get("created_at")?),
            updated_at: on_the_wire(row.try_get("updated_at")?),
        },
        row_version: row.try_get("row_version")?,
    })
}

/// One workspace as a person sees it; `None` for the person counts as an owner's view (a token).
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    id: &WorkspaceId,
    person: Option<&PersonId>,
) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("{VISIBLE} AND w.id = $2"));
    let row = sqlx::query(sql)
        .bind(person.map_or("", PersonId::as_str))
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(stored).transpose()
}

/// The workspaces that a person can see, by name; all of them for an administrator.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    person: &PersonId,
    administrator: bool,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Workspace>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT * FROM ({VISIBLE}) WHERE ($2 OR role IS NOT NULL OR is_customer)
            AND ($3 IS NULL OR (name, id) > ($3, $4)) ORDER BY name, id LIMIT $5"
    ));
    let rows = sqlx::query(sql)
        .bind(person.as_str())
        .bind(administrator)
        .bind(after.map(|(name, _)| name))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| stored(row).map(|s| s.workspace))
        .collect()
}

/// What a workspace allows one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// The largest body in bytes.
    pub bytes: u32,
    /// The longest time in seconds.
    pub seconds: u32,
}

impl Default for CallLimits {
    /// Classic's: 4 MB and 100 s.
    fn default() -> Self {
        Self {
            bytes: 4 * 1024 * 1024,
            seconds: 100,
        }
    }
}

/// What each workspace allows one call.
///
/// # Errors
/// If the database does not answer.
pub async fn call_limits(pool: &SqlitePool) -> Result<HashMap<WorkspaceId, CallLimits>, Error> {
    let rows = sqlx::query(
        "SELECT id, max_call_bytes, call_timeout_seconds FROM workspace WHERE deleted_at IS NULL",
    )
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let limits = CallLimits {
                bytes: row.try_get("max_call_bytes")?,
                seconds: row.try_get("call_timeout_seconds")?,
            };
            Ok((super::id(row, "id", WorkspaceId::parse)?, limits))
        })
        .collect()
}

/// What an update writes; all fields, changed or not.
#[derive(Debug)]
pub struct Changed<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The cap on calls at once.
    pub calls_cap: u32,
    /// Whether keys can be shown again.
    pub reveal_policy: RevealPolicy,
    /// Whether endpoints' documents are public.
    pub public_documents: bool,
    /// What it allows one call.
    pub limits: CallLimits,
    /// What becomes of a key that is reported as leaked.
    pub leak_policy: LeakPolicy,
}

/// Changes a workspace if its row still has this version.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    conn: &mut SqliteConnection,
    id: &WorkspaceId,
    row_version: i64,
    changed: &Changed<'_>,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE workspace SET name = $3, description = $4, calls_cap = $5, reveal_policy = $6,
                row_version = row_version + 1, updated_at = $7, max_call_bytes = $8, call_timeout_seconds = $9,
                public_documents = $10, leak_policy = $11
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(row_version)
    .bind(changed.name)
    .bind(changed.description)
    .bind(changed.calls_cap)
    .bind(policy_text(changed.reveal_policy))
    .bind(now)
    .bind(changed.limits.bytes)
    .bind(changed.limits.seconds)
    .bind(changed.public_documents)
    .bind(leak_policy_text(changed.leak_policy))
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// Whether there is such a workspace.
///
/// # Errors
/// If the database does not answer.
pub async fn exists(pool: &SqlitePool, id: &WorkspaceId) -> Result<bool, Error> {
    let row = sqlx::query("SELECT 1 FROM workspace WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    Ok(row.is_some())
}

/// Deletes a workspace if its row still has this version. Soft: the rows stay for seven days.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(
    conn: &mut SqliteConnection,
    id: &WorkspaceId,
    row_version: i64,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE workspace SET deleted_at = $3, row_version = row_version + 1
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(row_version)
    .bind(now)
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// A workspace's wrapped data key and reveal policy.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// Nonce of the wrapping.
    pub nonce: Vec<u8>,
    /// The wrapped key.
    pub data_key: Vec<u8>,
    /// Whether keys can be shown again.
    pub policy: RevealPolicy,
}

/// How a workspace seals its keys.
///
/// # Errors
/// [`Error::NotFound`] if there is no such workspace.
pub async fn sealing(conn: &mut SqliteConnection, id: &WorkspaceId) -> Result<Sealing, Error> {
    let row = sqlx::query("SELECT data_key_nonce, data_key, reveal_policy FROM workspace WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)?;
    let policy_column: String = row.try_get("reveal_policy")?;
    Ok(Sealing {
        nonce: row.try_get("data_key_nonce")?,
        data_key: row.try_get("data_key")?,
        policy: policy(&policy_column),
    })
}

/// What a workspace does with keys that are reported as leaked.
///
/// # Errors
/// [`Error::NotFound`] if there is no such workspace.
pub async fn leak_policy_of(
    conn: &mut SqliteConnection,
    id: &WorkspaceId,
) -> Result<LeakPolicy, Error> {
    let text: Option<String> =
        sqlx::query_scalar("SELECT leak_policy FROM workspace WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    text.as_deref().map(leak_policy).ok_or(Error::NotFound)
}

/// A workspace's wrapped data key, as `portico keys` walks them.
#[derive(Clone, Debug)]
pub struct Wrapped {
    /// The workspace, deleted or not.
    pub id: WorkspaceId,
    /// Nonce of the wrapping.
    pub nonce: Vec<u8>,
    /// The wrapped key.
    pub data_key: Vec<u8>,
}

/// Wrapped data keys of all workspaces, deleted ones too, in order of their ids after the one named.
///
/// # Errors
/// If the database does not answer.
pub async fn wrapped(
    conn: &mut SqliteConnection,
    after: &str,
    limit: u32,
) -> Result<Vec<Wrapped>, Error> {
    let rows = sqlx::query(
        "SELECT id, data_key_nonce, data_key FROM workspace WHERE id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Wrapped {
                id: super::id(row, "id", WorkspaceId::parse)?,
                nonce: row.try_get("data_key_nonce")?,
                data_key: row.try_get("data_key")?,
            })
        })
        .collect()
}

/// How many workspaces there are, deleted ones too.
///
/// # Errors
/// If the database does not answer.
pub async fn count(conn: &mut SqliteConnection) -> Result<u64, Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM workspace")
        .fetch_one(conn)
        .await?;
    Ok(count.unsigned_abs())
}

/// Replaces a workspace's wrapped data key. Its row version stays: nothing that the wire shows changes.
///
/// # Errors
/// If the database does not take it.
pub async fn rewrap(
    conn: &mut SqliteConnection,
    id: &WorkspaceId,
    nonce: &[u8],
    data_key: &[u8],
) -> Result<(), Error> {
    sqlx::query("UPDATE workspace SET data_key_nonce = $2, data_key = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(nonce)
        .bind(data_key)
        .execute(conn)
        .await?;
    Ok(())
}
