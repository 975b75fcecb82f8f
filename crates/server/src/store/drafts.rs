//! Drafts of versions, and the files that they keep.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::draft::{Draft, DraftState};
use portico_api::id::{DraftId, WorkspaceId};
use sqlx::{Row, SqliteConnection, SqlitePool};

/// A draft as stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: DraftId,
    /// The workspace that it is in.
    pub workspace: WorkspaceId,
    /// As the API shows it, but for the difference to the newest version.
    pub draft: Draft,
    /// Whether it becomes a version of the service of its name, if there is one.
    pub by_name: bool,
    /// SHA-256 of the uploaded file, until it has been vetted.
    pub upload: Option<String>,
    /// SHA-256 of the sample rows with what is expected of them, once it has been vetted.
    pub self_test: Option<String>,
    /// For its ETag. It stays while only the step changes.
    pub row_version: i64,
    /// When it was uploaded.
    pub created_at: Micros,
}

const COLUMNS: &str =
    "id, workspace_id, state, step, body, by_name, upload, self_test, row_version, created_at";

fn state_text(state: DraftState) -> &'static str {
    match state {
        DraftState::Vetting => "vetting",
        DraftState::Ready => "ready",
        DraftState::Refused => "refused",
        DraftState::Published => "published",
    }
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    let body: String = row.try_get("body")?;
    let mut draft: Draft = serde_json::from_str(&body)?;
    draft.step = row.try_get("step")?;
    Ok(Stored {
        id: super::id(row, "id", DraftId::parse)?,
        workspace: super::id(row, "workspace_id", WorkspaceId::parse)?,
        draft,
        by_name: row.try_get("by_name")?,
        upload: row.try_get("upload")?,
        self_test: row.try_get("self_test")?,
        row_version: row.try_get("row_version")?,
        created_at: row.try_get("created_at")?,
    })
}

/// Adds a draft.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(conn: &mut SqliteConnection, new: &Stored) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO draft (id, workspace_id, state, step, body, by_name, upload, self_test, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.id.as_str())
    .bind(new.workspace.as_str())
    .bind(state_text(new.draft.state))
    .bind(&new.draft.step)
    .bind(serde_json::to_string(&new.draft)?)
    .bind(new.by_name)
    .bind(&new.upload)
    .bind(&new.self_test)
    .bind(new.created_at)
    .execute(&mut *conn)
    .await?;
    keep(conn, new).await
}

/// Writes a draft if its row still has `row_version`; its files are those named in it from now on.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile, or is gone.
pub async fn write(
    conn: &mut SqliteConnection,
    next: &Stored,
    row_version: i64,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE draft SET state = $3, step = $4, body = $5, by_name = $6, upload = $7, self_test = $8,
                row_version = row_version + 1
          WHERE id = $1 AND row_version = $2",
    )
    .bind(next.id.as_str())
    .bind(row_version)
    .bind(state_text(next.draft.state))
    .bind(&next.draft.step)
    .bind(serde_json::to_string(&next.draft)?)
    .bind(next.by_name)
    .bind(&next.upload)
    .bind(&next.self_test)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::PreconditionFailed);
    }
    sqlx::query("DELETE FROM draft_file WHERE draft_id = $1")
        .bind(next.id.as_str())
        .execute(&mut *conn)
        .await?;
    keep(conn, next).await
}

/// Names the files of a draft, so that they are not swept. Those of a published one are the version's.
async fn keep(conn: &mut SqliteConnection, draft: &Stored) -> Result<(), Error> {
    if draft.draft.state == DraftState::Published {
        return Ok(());
    }
    let models = draft.draft.stages.iter().map(|stage| &stage.sha256);
    for digest in models.chain(&draft.upload).chain(&draft.self_test) {
        sqlx::query("INSERT OR IGNORE INTO draft_file (draft_id, sha256) VALUES ($1, $2)")
            .bind(draft.id.as_str())
            .bind(digest)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Counts that a draft's vetting begins; answers for the how manieth time.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it is gone, or nothing is to be vetted any more.
pub async fn begin_attempt(conn: &mut SqliteConnection, id: &DraftId) -> Result<u32, Error> {
    let attempts = sqlx::query_scalar(
        "UPDATE draft SET attempts = attempts + 1 WHERE id = $1 AND state = 'vetting' RETURNING attempts",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    attempts.ok_or(Error::PreconditionFailed)
}

/// Takes back that a draft's vetting began, where it has not ended.
///
/// # Errors
/// If the database does not take it.
pub async fn take_back_attempt(conn: &mut SqliteConnection, id: &DraftId) -> Result<(), Error> {
    sqlx::query("UPDATE draft SET attempts = attempts - 1 WHERE id = $1 AND state = 'vetting' AND attempts > 0")
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Says what is done just now.
///
/// # Errors
/// If the database does not take it.
pub async fn set_step(conn: &mut SqliteConnection, id: &DraftId, step: &str) -> Result<(), Error> {
    sqlx::query("UPDATE draft SET step = $2 WHERE id = $1 AND state = 'vetting'")
        .bind(id.as_str())
        .bind(step)
        .execute(conn)
        .await?;
    Ok(())
}

/// A draft of a workspace.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    id: &DraftId,
) -> Result<Option<Stored>, Error> {
    let found = by_id(pool, id).await?;
    Ok(found.filter(|draft| draft.workspace == *workspace))
}

/// A draft.
///
/// # Errors
/// If the database does not answer.
pub async fn by_id(pool: &SqlitePool, id: &DraftId) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM draft WHERE id = $1"));
    let row = sqlx::query(sql)
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(stored).transpose()
}

/// Drafts of a workspace, newest first, from the one after `after` (moment and id) on.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    after: Option<(Micros, &str)>,
    limit: u32,
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM draft WHERE workspace_id = $1 AND ($2 IS NULL OR (created_at, id) < ($2, $3))
          ORDER BY created_at DESC, id DESC LIMIT $4"
    ));
    let rows = sqlx::query(sql)
        .bind(workspace.as_str())
        .bind(after.map(|(moment, _)| moment))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(stored).collect()
}

/// How many drafts of a workspace keep files.
///
/// # Errors
/// If the database does not answer.
pub async fn count(conn: &mut SqliteConnection, workspace: &WorkspaceId) -> Result<u32, Error> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM draft WHERE workspace_id = $1 AND state IN ('vetting', 'ready')",
    )
    .bind(workspace.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Drafts that are to be vetted, oldest first.
///
/// # Errors
/// If the database does not answer.
pub async fn to_vet(pool: &SqlitePool) -> Result<Vec<DraftId>, Error> {
    let rows = sqlx::query("SELECT id FROM draft WHERE state = 'vetting' ORDER BY created_at, id")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| super::id(row, "id", DraftId::parse))
        .collect()
}

/// Deletes a draft if its row still has `row_version`.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile, or is gone.
pub async fn delete(
    conn: &mut SqliteConnection,
    id: &DraftId,
    row_version: i64,
) -> Result<(), Error> {
    let done = sqlx::query("DELETE FROM draft WHERE id = $1 AND row_version = $2")
        .bind(id.as_str())
        .bind(row_version)
        .execute(conn)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::PreconditionFailed);
    }
    Ok(())
}

/// Forgets drafts that were uploaded before this moment, whatever became of them.
///
/// # Errors
/// If the database does not take it.
pub async fn purge(conn: &mut SqliteConnection, before: Micros) -> Result<(), Error> {
    sqlx::query("DELETE FROM draft WHERE created_at < $1")
        .bind(before)
        .execute(conn)
        .await?;
    Ok(())
}
