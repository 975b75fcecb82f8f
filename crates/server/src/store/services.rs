//! Web services, their versions and stages.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use portico_api::difference::SchemaDifference;
use portico_api::id::{PersonId, ServiceId, WorkspaceId};
use portico_api::service::{Service, Stage, Version, VersionSummary};
use sqlx::{Row, SqliteConnection, SqlitePool};

/// A service and the version of its row. `latency_ms` and the URL template are not the database's
/// to know; they come back empty.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The service.
    pub service: Service,
    /// For its ETag.
    pub row_version: i64,
}

/// Who looks: an owner, publisher or token sees all, a customer's person what is granted.
#[derive(Clone, Copy, Debug)]
pub enum Viewer<'a> {
    /// All endpoints.
    All,
    /// Endpoints granted to organisations of this person.
    Granted(&'a PersonId),
}

impl<'a> Viewer<'a> {
    /// The person to filter by; none sees all.
    pub(super) fn person(self) -> Option<&'a str> {
        match self {
            Self::All => None,
            Self::Granted(person) => Some(person.as_str()),
        }
    }
}

const VISIBLE: &str = "
    SELECT s.id, s.workspace_id, s.name, s.description, s.newest_version, s.row_version, s.created_at, s.updated_at,
           (SELECT count(*) FROM endpoint e WHERE e.service_id = s.id AND e.deleted_at IS NULL
               AND ($1 IS NULL OR e.customer_id IN (SELECT customer_id FROM customer_person WHERE person_id = $1))) AS endpoints
      FROM service s WHERE s.deleted_at IS NULL AND s.workspace_id = $2";

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    Ok(Stored {
        service: Service {
            id: super::id(row, "id", ServiceId::parse)?,
            workspace_id: super::id(row, "workspace_id", WorkspaceId::parse)?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            newest_version: row.try_get("newest_version")?,
            endpoints: row.try_get("endpoints")?,
            endpoint_url_template: String::new(),
            latency_ms: None,
            created_at: on_the_wire(row.try_get("created_at")?),
            updated_at: on_the_wire(row.try_get("updated_at")?),
        },
        row_version: row.try_get("row_version")?,
    })
}

/// A workspace's services by name, as far as the viewer can see them.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    viewer: Viewer<'_>,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Service>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT * FROM ({VISIBLE}) WHERE ($1 IS NULL OR endpoints > 0)
            AND ($3 IS NULL OR (name, id) > ($3, $4)) ORDER BY name, id LIMIT $5"
    ));
    let rows = sqlx::query(sql)
        .bind(viewer.person())
        .bind(workspace.as_str())
        .bind(after.map(|(name, _)| name))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| stored(row).map(|s| s.service))
        .collect()
}

/// One service, if the viewer can see it.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    id: &ServiceId,
    viewer: Viewer<'_>,
) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT * FROM ({VISIBLE} AND s.id = $3) WHERE $1 IS NULL OR endpoints > 0"
    ));
    let row = sqlx::query(sql)
        .bind(viewer.person())
        .bind(workspace.as_str())
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(stored).transpose()
}

/// The service of this name in a workspace, for publishing a further version of it.
///
/// # Errors
/// If the database does not answer.
pub async fn by_name(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    name: &str,
) -> Result<Option<(ServiceId, u32)>, Error> {
    let row = sqlx::query(
        "SELECT id, newest_version FROM service WHERE workspace_id = $1 AND name = $2 AND deleted_at IS NULL ORDER BY created_at LIMIT 1",
    )
    .bind(workspace.as_str())
    .bind(name)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok((
            super::id(&row, "id", ServiceId::parse)?,
            row.try_get("newest_version")?,
        ))
    })
    .transpose()
}

/// Adds a service without versions.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    id: &ServiceId,
    name: &str,
    description: &str,
    now: Micros,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO service (id, workspace_id, name, description, newest_version, created_at, updated_at) VALUES ($1, $2, $3, $4, 0, $5, $5)",
    )
    .bind(id.as_str())
    .bind(workspace.as_str())
    .bind(name)
    .bind(description)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a version with its stages and makes it the newest.
///
/// # Errors
/// If the database does not take it.
pub async fn insert_version(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    version: &Version,
    self_test: Option<&str>,
    now: Micros,
) -> Result<(), Error> {
    let difference = version.difference.as_ref();
    sqlx::query(
        "INSERT INTO version (service_id, number, notes, published_by, schema, samples, parity, created_at, difference, self_test)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(service.as_str())
    .bind(version.number)
    .bind(&version.notes)
    .bind(&version.published_by)
    .bind(serde_json::to_string(&version.schema)?)
    .bind(serde_json::to_string(&version.samples)?)
    .bind(serde_json::to_string(&version.parity)?)
    .bind(now)
    .bind(difference.map(serde_json::to_string).transpose()?)
    .bind(self_test)
    .execute(&mut *conn)
    .await?;
    for (position, stage) in (0_i64..).zip(&version.stages) {
        sqlx::query(
            "INSERT INTO stage (service_id, number, position, file, resource, sha256, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(service.as_str())
        .bind(version.number)
        .bind(position)
        .bind(&stage.file)
        .bind(&stage.resource)
        .bind(&stage.sha256)
        .bind(i64::try_from(stage.bytes).unwrap_or(i64::MAX))
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query("UPDATE service SET newest_version = $2, row_version = row_version + 1, updated_at = $3 WHERE id = $1")
        .bind(service.as_str())
        .bind(version.number)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes a service if its row still has this version.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    conn: &mut SqliteConnection,
    id: &ServiceId,
    row_version: i64,
    name: &str,
    description: &str,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE service SET name = $3, description = $4, row_version = row_version + 1, updated_at = $5
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(row_version)
    .bind(name)
    .bind(description)
    .bind(now)
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// Deletes a service if its row still has this version. Soft: its endpoints refuse calls at once, the rows stay.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(
    conn: &mut SqliteConnection,
    id: &ServiceId,
    row_version: i64,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE service SET deleted_at = $3, row_version = row_version + 1 WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(row_version)
    .bind(now)
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// A service's versions, newest first, below number `below` if given. Endpoints are counted as far as
/// the viewer can see them.
///
/// # Errors
/// If the database does not answer.
pub async fn versions(
    pool: &SqlitePool,
    service: &ServiceId,
    viewer: Viewer<'_>,
    below: Option<u32>,
    limit: u32,
) -> Result<Vec<VersionSummary>, Error> {
    let rows = sqlx::query(
        "SELECT v.number, v.notes, v.published_by, v.created_at, v.parity, v.difference,
                (SELECT count(*) FROM endpoint e WHERE e.service_id = v.service_id AND e.version = v.number AND e.deleted_at IS NULL
                    AND ($1 IS NULL OR e.customer_id IN (SELECT customer_id FROM customer_person WHERE person_id = $1))) AS endpoints
           FROM version v WHERE v.service_id = $2 AND ($3 IS NULL OR v.number < $3) ORDER BY v.number DESC LIMIT $4",
    )
    .bind(viewer.person())
    .bind(service.as_str())
    .bind(below)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(VersionSummary {
                number: row.try_get("number")?,
                notes: row.try_get("notes")?,
                published_by: row.try_get("published_by")?,
                created_at: on_the_wire(row.try_get("created_at")?),
                endpoints: row.try_get("endpoints")?,
                parity: serde_json::from_str(row.try_get("parity")?)?,
                difference: self::difference(row)?,
            })
        })
        .collect()
}

fn difference(row: &sqlx::sqlite::SqliteRow) -> Result<Option<SchemaDifference>, Error> {
    let text: Option<String> = row.try_get("difference")?;
    Ok(text.as_deref().map(serde_json::from_str).transpose()?)
}

/// One version, whole.
///
/// # Errors
/// If the database does not answer.
pub async fn version(
    pool: &SqlitePool,
    service: &ServiceId,
    number: u32,
) -> Result<Option<Version>, Error> {
    let row = sqlx::query("SELECT notes, published_by, schema, samples, parity, created_at, difference, may_stay_until FROM version WHERE service_id = $1 AND number = $2")
        .bind(service.as_str())
        .bind(number)
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let schema: String = row.try_get("schema")?;
    let samples: String = row.try_get("samples")?;
    let parity: String = row.try_get("parity")?;
    Ok(Some(Version {
        number,
        notes: row.try_get("notes")?,
        published_by: row.try_get("published_by")?,
        created_at: on_the_wire(row.try_get("created_at")?),
        schema: serde_json::from_str(&schema)?,
        stages: stages(pool, service, number).await?,
        samples: serde_json::from_str(&samples)?,
        parity: serde_json::from_str(&parity)?,
        may_stay_until: row
            .try_get::<Option<Micros>, _>("may_stay_until")?
            .map(on_the_wire),
        difference: difference(&row)?,
    }))
}

async fn stages(pool: &SqlitePool, service: &ServiceId, number: u32) -> Result<Vec<Stage>, Error> {
    let rows = sqlx::query("SELECT file, resource, sha256, bytes FROM stage WHERE service_id = $1 AND number = $2 ORDER BY position")
        .bind(service.as_str())
        .bind(number)
        .fetch_all(pool)
        .await?;
    rows.iter()
        .map(|row| {
            let bytes: i64 = row.try_get("bytes")?;
            Ok(Stage {
                file: row.try_get("file")?,
                resource: row.try_get("resource")?,
                sha256: row.try_get("sha256")?,
                bytes: bytes.unsigned_abs(),
            })
        })
        .collect()
}
