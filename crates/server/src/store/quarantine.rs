//! Models that may not run, by digest.

use crate::clock::Micros;
use crate::error::Error;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// A quarantined model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// SHA-256 of its file.
    pub sha256: String,
    /// Since when.
    pub since: Micros,
    /// What it did.
    pub reason: String,
}

/// All of them.
///
/// # Errors
/// If the database does not answer.
pub async fn list(pool: &SqlitePool) -> Result<Vec<Quarantined>, Error> {
    let rows = sqlx::query("SELECT sha256, since, reason FROM quarantine")
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Quarantined {
                sha256: row.try_get("sha256")?,
                since: row.try_get("since")?,
                reason: row.try_get("reason")?,
            })
        })
        .collect()
}

/// Quarantines a model; a second time changes nothing.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(conn: &mut SqliteConnection, model: &Quarantined) -> Result<(), Error> {
    sqlx::query("INSERT INTO quarantine (sha256, since, reason) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING")
        .bind(&model.sha256)
        .bind(model.since)
        .bind(&model.reason)
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets a model run again.
///
/// # Errors
/// If the database does not take it.
pub async fn delete(conn: &mut SqliteConnection, sha256: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM quarantine WHERE sha256 = $1")
        .bind(sha256)
        .execute(conn)
        .await?;
    Ok(())
}
