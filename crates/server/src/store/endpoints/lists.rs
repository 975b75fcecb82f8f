//! Lists of endpoints: a page of a service's, those that a viewer sees, their names.

use super::{COLUMNS, GRANTED, Stored, name, stored};
use crate::error::Error;
use crate::store::{id, services::Viewer};
use portico_api::id::{EndpointId, PersonId, ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use sqlx::{SqliteConnection, SqlitePool};

/// A service's endpoints: `default` first, then by name.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    service: &ServiceId,
    viewer: Viewer<'_>,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Stored>, Error> {
    let after = after.map(passed);
    let mut query = sqlx::query(sqlx::AssertSqlSafe(page(after.is_some())))
        .bind(viewer.person())
        .bind(workspace.as_str())
        .bind(service.as_str())
        .bind(limit);
    if let Some(name) = after {
        query = query.bind(name);
    }
    let rows = query.fetch_all(pool).await?;
    rows.iter().map(stored).collect()
}

/// The name that a page token of `default` first, then by name leaves behind; of `default`, none.
pub(in crate::store) fn passed((rank, name): &(String, String)) -> &str {
    if rank == "0" { "" } else { name }
}

/// A page of a service's endpoints, as the index has them: from the beginning, or after the name `$5`, where
/// `default` is no more.
pub(super) fn page(further: bool) -> String {
    let end = if further {
        "AND (1 - e.is_default) = 1 AND e.name > $5 ORDER BY e.name LIMIT $4"
    } else {
        "ORDER BY 1 - e.is_default, e.name LIMIT $4"
    };
    format!(
        "{COLUMNS} AND e.deleted_at IS NULL AND {GRANTED} AND e.workspace_id = $2 AND e.service_id = $3 {end}"
    )
}

/// Ids and names of a service's living endpoints besides `default`, by name; with those that have models of
/// their own, or without them.
///
/// # Errors
/// If the database does not answer.
pub async fn names(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    customised: bool,
) -> Result<Vec<(EndpointId, EndpointName)>, Error> {
    let rows = sqlx::query(
        "SELECT e.id, e.name FROM endpoint e
          WHERE e.service_id = $1 AND e.deleted_at IS NULL AND (1 - e.is_default) = 1
            AND ($2 OR NOT EXISTS (SELECT 1 FROM endpoint_model m WHERE m.endpoint_id = e.id))
          ORDER BY e.name",
    )
    .bind(service.as_str())
    .bind(customised)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((id(row, "id", EndpointId::parse)?, name(row)?)))
        .collect()
}

/// Whether a viewer may see the sample rows of a service: a customer's person where one of its endpoints there
/// shows them.
///
/// # Errors
/// If the database does not answer.
pub async fn shows_samples(
    pool: &SqlitePool,
    service: &ServiceId,
    viewer: Viewer<'_>,
) -> Result<bool, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT $1 IS NULL OR EXISTS (SELECT 1 FROM endpoint e
                  WHERE e.service_id = $2 AND e.deleted_at IS NULL AND e.sample_data = 1 AND {GRANTED})"
    ));
    let shows = sqlx::query_scalar(sql)
        .bind(viewer.person())
        .bind(service.as_str())
        .fetch_one(pool)
        .await?;
    Ok(shows)
}

/// Endpoints granted to organisations of a person, over all workspaces, by service and name.
///
/// # Errors
/// If the database does not answer.
pub async fn granted(
    pool: &SqlitePool,
    person: &PersonId,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT * FROM ({COLUMNS} AND e.deleted_at IS NULL AND {GRANTED})
          WHERE $2 IS NULL OR (service_name, id) > ($2, $3) ORDER BY service_name, id LIMIT $4"
    ));
    let rows = sqlx::query(sql)
        .bind(person.as_str())
        .bind(after.map(|(service, _)| service))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(stored).collect()
}
