//! Sessions, by the hash of their id.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::PersonId;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub person: PersonId,
    /// When it was last used, within a minute.
    pub seen_at: Micros,
    /// When the password (or link) was last given.
    pub authenticated_at: Micros,
    /// When it ends at the latest.
    pub expires_at: Micros,
}

/// Stores a new session.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    id_hash: &[u8; 32],
    person: &PersonId,
    now: Micros,
    expires_at: Micros,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO session (id_hash, person_id, created_at, seen_at, authenticated_at, expires_at) VALUES ($1, $2, $3, $3, $3, $4)",
    )
    .bind(id_hash.as_slice())
    .bind(person.as_str())
    .bind(now)
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// The session with this hash whose person is not disabled, expired or not.
///
/// # Errors
/// If the database does not answer.
pub async fn find(pool: &SqlitePool, id_hash: &[u8; 32]) -> Result<Option<Session>, Error> {
    let row = sqlx::query(
        "SELECT s.person_id, s.seen_at, s.authenticated_at, s.expires_at
           FROM session s JOIN person p ON p.id = s.person_id
          WHERE s.id_hash = $1 AND p.disabled_at IS NULL",
    )
    .bind(id_hash.as_slice())
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Session {
            person: super::id(&row, "person_id", PersonId::parse)?,
            seen_at: row.try_get("seen_at")?,
            authenticated_at: row.try_get("authenticated_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    })
    .transpose()
}

/// Notes that a session was used.
///
/// # Errors
/// If the database does not take it.
pub async fn seen(
    conn: &mut SqliteConnection,
    id_hash: &[u8; 32],
    now: Micros,
) -> Result<(), Error> {
    sqlx::query("UPDATE session SET seen_at = $2 WHERE id_hash = $1")
        .bind(id_hash.as_slice())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a session; it is no error if there is none.
///
/// # Errors
/// If the database does not take it.
pub async fn delete(conn: &mut SqliteConnection, id_hash: &[u8; 32]) -> Result<(), Error> {
    sqlx::query("DELETE FROM session WHERE id_hash = $1")
        .bind(id_hash.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets sessions and links that ended before now.
///
/// # Errors
/// If the database does not take it.
pub async fn sweep(conn: &mut SqliteConnection, now: Micros) -> Result<(), Error> {
    sqlx::query("DELETE FROM session WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM link WHERE expires_at <= $1")
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}
