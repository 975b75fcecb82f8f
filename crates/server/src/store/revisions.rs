//! Revisions of endpoints: each version and set of own models that an endpoint was in.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use crate::store::services::Viewer;
use portico_api::id::EndpointId;
use portico_api::update::Revision;
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// A state that an endpoint was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The version.
    pub version: u32,
    /// Digests of the endpoint's own models by resource.
    pub own_models: BTreeMap<String, String>,
}

/// Writes the next revision of an endpoint; answers its number.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    actor: &str,
    act: &str,
    version: u32,
    models: &BTreeMap<String, String>,
    now: Micros,
) -> Result<u32, Error> {
    let number = sqlx::query_scalar(
        "INSERT INTO revision (endpoint_id, number, at, actor, act, version, models)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6 FROM revision WHERE endpoint_id = $1
         RETURNING number",
    )
    .bind(endpoint.as_str())
    .bind(now)
    .bind(actor)
    .bind(act)
    .bind(version)
    .bind(serde_json::to_string(models)?)
    .fetch_one(conn)
    .await?;
    Ok(number)
}

/// The state of one revision.
///
/// # Errors
/// If the database does not answer.
pub async fn state(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
    number: u32,
) -> Result<Option<State>, Error> {
    let row =
        sqlx::query("SELECT version, models FROM revision WHERE endpoint_id = $1 AND number = $2")
            .bind(endpoint.as_str())
            .bind(number)
            .fetch_optional(conn)
            .await?;
    row.map(|row| {
        let models: String = row.try_get("models")?;
        Ok(State {
            version: row.try_get("version")?,
            own_models: serde_json::from_str(&models)?,
        })
    })
    .transpose()
}

/// What customers read in place of a publisher's name.
pub const PUBLISHER: &str = "the publisher";

/// Whoever did something, in words: a person's name where it is known and to be told.
pub(super) fn actor(label: &str, name: Option<String>, among_customers: bool) -> String {
    match (label.split(':').next(), name) {
        (Some("person"), Some(name)) => name,
        (Some("system"), _) => "Portico".to_owned(),
        _ if among_customers => PUBLISHER.to_owned(),
        (Some("token"), _) => "a workspace token".to_owned(),
        (Some("key"), _) => "a key of the endpoint".to_owned(),
        _ => "somebody unknown".to_owned(),
    }
}

/// An endpoint's revisions, newest first, below number `below` if given. A customer's people read the names
/// of their own alone.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    endpoint: &EndpointId,
    viewer: Viewer<'_>,
    below: Option<u32>,
    limit: u32,
) -> Result<Vec<Revision>, Error> {
    let rows = sqlx::query(
        "SELECT r.number, r.at, r.actor, r.act, r.version, r.models,
                r.number = (SELECT max(number) FROM revision WHERE endpoint_id = $1) AS current,
                (SELECT p.name FROM person p WHERE r.actor LIKE 'person:%' AND p.id = substr(r.actor, 8)
                    AND ($2 IS NULL OR EXISTS (SELECT 1 FROM customer_person c JOIN endpoint e ON e.customer_id = c.customer_id
                                                WHERE c.person_id = p.id AND e.id = $1))) AS name
           FROM revision r WHERE r.endpoint_id = $1 AND ($3 IS NULL OR r.number < $3) ORDER BY r.number DESC LIMIT $4",
    )
    .bind(endpoint.as_str())
    .bind(viewer.person())
    .bind(below)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let (label, models): (String, String) = (row.try_get("actor")?, row.try_get("models")?);
            let name = row.try_get("name")?;
            Ok(Revision {
                number: row.try_get("number")?,
                at: on_the_wire(row.try_get("at")?),
                actor: actor(&label, name, viewer.person().is_some()),
                act: row.try_get("act")?,
                version: row.try_get("version")?,
                own_models: serde_json::from_str(&models)?,
                current: row.try_get("current")?,
            })
        })
        .collect()
}
