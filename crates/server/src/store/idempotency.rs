//! What creating requests with an idempotency key made. The record is written in the transaction of
//! the effect, so the two exist together or not at all. Records live for 24 hours.

use crate::clock::{DAY, Micros};
use crate::error::Error;
use sqlx::{Row, SqliteConnection};

/// A creating request that can be recognised when it comes again.
#[derive(Clone, Debug)]
pub struct Once {
    /// Who sent it.
    pub actor: String,
    /// Where to: the route's name and path.
    pub route: String,
    /// The `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

/// What the same request made before, if it came before.
///
/// # Errors
/// [`Error::IdempotencyKeyReused`] if the key came with another body.
pub async fn made_before(
    conn: &mut SqliteConnection,
    once: &Once,
    now: Micros,
) -> Result<Option<String>, Error> {
    sqlx::query("DELETE FROM idempotency WHERE created_at < $1")
        .bind(now - DAY)
        .execute(&mut *conn)
        .await?;
    let row = sqlx::query(
        "SELECT body, resource FROM idempotency WHERE actor = $1 AND route = $2 AND key = $3",
    )
    .bind(&once.actor)
    .bind(&once.route)
    .bind(&once.key)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let body: Vec<u8> = row.try_get("body")?;
    if body != once.body {
        return Err(Error::IdempotencyKeyReused);
    }
    Ok(Some(row.try_get("resource")?))
}

/// Remembers what the request made.
///
/// # Errors
/// If the database does not take it.
pub async fn remember(
    conn: &mut SqliteConnection,
    once: &Once,
    resource: &str,
    now: Micros,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO idempotency (actor, route, key, body, resource, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(&once.actor)
        .bind(&once.route)
        .bind(&once.key)
        .bind(once.body.as_slice())
        .bind(resource)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}
