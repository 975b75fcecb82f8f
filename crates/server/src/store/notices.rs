//! What customers hear of newer versions, and until when endpoints stay where they are.

use crate::clock::Micros;
use crate::error::Error;
use portico_api::id::{EndpointId, ServiceId};
use sqlx::{Row, SqliteConnection};

/// The newest version, for an endpoint that serves an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Its number.
    pub number: u32,
    /// Until when its endpoint may stay: the earliest date that any newer version has.
    pub may_stay_until: Option<Micros>,
}

/// The newest version of a service, if it is newer than this one.
///
/// # Errors
/// If the database does not answer.
pub async fn newer(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    served: u32,
) -> Result<Option<Newer>, Error> {
    let row = sqlx::query(
        "SELECT max(number) AS number, min(may_stay_until) AS may_stay_until FROM version
          WHERE service_id = $1 AND number > $2 HAVING count(*) > 0",
    )
    .bind(service.as_str())
    .bind(served)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Newer {
            number: row.try_get("number")?,
            may_stay_until: row.try_get("may_stay_until")?,
        })
    })
    .transpose()
}

/// Until when customers may stay on the versions before this one.
///
/// # Errors
/// [`Error::NotFound`] if there is no such version.
pub async fn may_stay_until(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    number: u32,
) -> Result<Option<Micros>, Error> {
    sqlx::query_scalar("SELECT may_stay_until FROM version WHERE service_id = $1 AND number = $2")
        .bind(service.as_str())
        .bind(number)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)
}

/// Writes that date.
///
/// # Errors
/// If the database does not take it.
pub async fn set_may_stay_until(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    number: u32,
    until: Option<Micros>,
) -> Result<(), Error> {
    sqlx::query("UPDATE version SET may_stay_until = $3 WHERE service_id = $1 AND number = $2")
        .bind(service.as_str())
        .bind(number)
        .bind(until)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes until when an endpoint stays, if its row still has `row_version`.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn set_stay_until(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    row_version: i64,
    until: Option<Micros>,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE endpoint SET stay_until = $3, row_version = row_version + 1, updated_at = $4
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(endpoint.as_str())
    .bind(row_version)
    .bind(until)
    .bind(now)
    .execute(conn)
    .await?;
    super::one_row(&done)
}
