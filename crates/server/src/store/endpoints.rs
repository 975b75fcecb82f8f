//! Endpoints.

use crate::clock::{DAY, Micros};
use crate::error::Error;
use crate::store::services::Viewer;
use portico_api::endpoint::Logging;
use portico_api::id::{CustomerId, EndpointId, PersonId, ServiceId, WorkspaceId};
use portico_api::name::{Availability, EndpointName};
use portico_api::throttle::{Throttle, ThrottleLevel};
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// How long a deleted endpoint can be restored.
pub const RESTORABLE: Micros = 7 * DAY;

/// An endpoint as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: EndpointId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Its service.
    pub service_id: ServiceId,
    /// That service's name.
    pub service_name: String,
    /// Its name.
    pub name: EndpointName,
    /// What it is for.
    pub description: String,
    /// Whether it is the default endpoint.
    pub is_default: bool,
    /// The version that it serves.
    pub version: u32,
    /// Its throttle.
    pub throttle: Throttle,
    /// Whether it refuses calls.
    pub paused: bool,
    /// Whether it is kept on its version: updates, rollouts and promotion are refused, runs pass it by.
    pub prevent_update: bool,
    /// Which calls are logged.
    pub logging: Logging,
    /// Whether callers may see the sample rows.
    pub sample_data: bool,
    /// Labels.
    pub tags: Vec<String>,
    /// The customer that it is granted to.
    pub customer_id: Option<CustomerId>,
    /// That customer's name.
    pub customer_name: Option<String>,
    /// Stages of the version that it serves, in order: resource and digest.
    pub stages: Vec<(Option<String>, String)>,
    /// Its own models: digest by resource.
    pub own_models: BTreeMap<String, String>,
    /// Until when it stays on its version: as its customer chose, at most what publishers of newer versions
    /// allow.
    pub stay_until: Option<Micros>,
    /// Digest of the request that made it.
    pub created_from: Vec<u8>,
    /// The number of the revision in force.
    pub revision: u32,
    /// For its ETag.
    pub row_version: i64,
    /// When it was made.
    pub created_at: Micros,
    /// When it last changed.
    pub updated_at: Micros,
}

impl Stored {
    /// An endpoint that is to be made at `now`: granted to nobody, with what else is so unless somebody says
    /// otherwise.
    pub fn new(
        id: EndpointId,
        (workspace, service): (&WorkspaceId, &ServiceId),
        name: EndpointName,
        version: u32,
        throttle: Throttle,
        now: Micros,
    ) -> Self {
        Self {
            id,
            workspace_id: workspace.clone(),
            service_id: service.clone(),
            service_name: String::new(),
            name,
            description: String::new(),
            is_default: false,
            version,
            throttle,
            paused: false,
            prevent_update: false,
            logging: Logging::None,
            sample_data: true,
            tags: Vec::new(),
            customer_id: None,
            customer_name: None,
            stages: Vec::new(),
            own_models: BTreeMap::new(),
            stay_until: None,
            created_from: Vec::new(),
            revision: 1,
            row_version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

const COLUMNS: &str = concat!(
    "
    SELECT e.id, e.workspace_id, e.service_id, s.name AS service_name, e.name, e.description, e.is_default, e.version, e.level,
           e.max_calls, e.queue_ms, e.queue_max, e.paused, e.prevent_update, e.logging, e.sample_data, e.tags, e.customer_id, c.name AS customer_name,
           e.created_from, e.row_version, e.created_at, e.updated_at,
           (SELECT json_group_array(json_array(t.resource, t.sha256) ORDER BY t.position) FROM stage t
             WHERE t.service_id = e.service_id AND t.number = e.version) AS stages,
           (SELECT json_group_object(m.resource, m.sha256) FROM endpoint_model m WHERE m.endpoint_id = e.id) AS own_models,
           ",
    stay_until!(),
    " AS stay_until,
           (SELECT coalesce(max(r.number), 0) FROM revision r WHERE r.endpoint_id = e.id) AS revision
      FROM endpoint e JOIN service s ON s.id = e.service_id JOIN workspace w ON w.id = e.workspace_id
      LEFT JOIN customer c ON c.id = e.customer_id
     WHERE s.deleted_at IS NULL AND w.deleted_at IS NULL"
);

/// A condition that leaves what the viewer bound as `$1` can see.
const GRANTED: &str = "($1 IS NULL OR e.customer_id IN (SELECT customer_id FROM customer_person WHERE person_id = $1))";

fn name(row: &sqlx::sqlite::SqliteRow) -> Result<EndpointName, Error> {
    let name: String = row.try_get("name")?;
    EndpointName::parse(&name).map_err(|problem| Error::Internal(problem.to_string()))
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    let level: String = row.try_get("level")?;
    let logging: String = row.try_get("logging")?;
    let tags: String = row.try_get("tags")?;
    let customer: Option<String> = row.try_get("customer_id")?;
    let stages: String = row.try_get("stages")?;
    let own_models: String = row.try_get("own_models")?;
    Ok(Stored {
        id: super::id(row, "id", EndpointId::parse)?,
        workspace_id: super::id(row, "workspace_id", WorkspaceId::parse)?,
        service_id: super::id(row, "service_id", ServiceId::parse)?,
        service_name: row.try_get("service_name")?,
        name: name(row)?,
        description: row.try_get("description")?,
        is_default: row.try_get("is_default")?,
        version: row.try_get("version")?,
        throttle: Throttle {
            level: if level == "low" {
                ThrottleLevel::Low
            } else {
                ThrottleLevel::High
            },
            max_concurrent_calls: row.try_get("max_calls")?,
            queue_ms: row.try_get("queue_ms")?,
            queue_max: row.try_get("queue_max")?,
        },
        paused: row.try_get("paused")?,
        prevent_update: row.try_get("prevent_update")?,
        logging: match logging.as_str() {
            "error" => Logging::Error,
            "all" => Logging::All,
            _ => Logging::None,
        },
        sample_data: row.try_get("sample_data")?,
        tags: serde_json::from_str(&tags)?,
        customer_id: customer.and_then(|id| CustomerId::parse(&id).ok()),
        customer_name: row.try_get("customer_name")?,
        stages: serde_json::from_str(&stages)?,
        own_models: serde_json::from_str(&own_models)?,
        stay_until: row.try_get("stay_until")?,
        created_from: row.try_get("created_from")?,
        revision: row.try_get("revision")?,
        row_version: row.try_get("row_version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// One endpoint by name, if it lives and the viewer can see it.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    service: &ServiceId,
    name: &EndpointName,
    viewer: Viewer<'_>,
) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} AND e.deleted_at IS NULL AND {GRANTED} AND e.workspace_id = $2 AND e.service_id = $3 AND e.name = $4"
    ));
    let row = sqlx::query(sql)
        .bind(viewer.person())
        .bind(workspace.as_str())
        .bind(service.as_str())
        .bind(name.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(stored).transpose()
}

/// One living endpoint by id.
///
/// # Errors
/// If the database does not answer.
pub async fn by_id(conn: &mut SqliteConnection, id: &EndpointId) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} AND e.deleted_at IS NULL AND e.id = $1"));
    let row = sqlx::query(sql)
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(stored).transpose()
}

/// The living endpoints of a service that have one of these names, in no order.
///
/// # Errors
/// If the database does not answer.
pub async fn named(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    names: &[&str],
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} AND e.deleted_at IS NULL AND e.service_id = $1 AND e.name IN (SELECT value FROM json_each($2))"
    ));
    let rows = sqlx::query(sql)
        .bind(service.as_str())
        .bind(serde_json::to_string(names)?)
        .fetch_all(conn)
        .await?;
    rows.iter().map(stored).collect()
}

/// These living endpoints of a service, in no order.
///
/// # Errors
/// If the database does not answer.
pub async fn some(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    ids: &[EndpointId],
) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{COLUMNS} AND e.deleted_at IS NULL AND e.service_id = $1 AND e.id IN (SELECT value FROM json_each($2))"
    ));
    let rows = sqlx::query(sql)
        .bind(service.as_str())
        .bind(serde_json::to_string(ids)?)
        .fetch_all(conn)
        .await?;
    rows.iter().map(stored).collect()
}

/// All living endpoints of all workspaces, for the snapshot that calls read.
///
/// # Errors
/// If the database does not answer.
pub async fn all(pool: &SqlitePool) -> Result<Vec<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} AND e.deleted_at IS NULL"));
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    rows.iter().map(stored).collect()
}

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
pub(super) fn passed((rank, name): &(String, String)) -> &str {
    if rank == "0" { "" } else { name }
}

/// A page of a service's endpoints, as the index has them: from the beginning, or after the name `$5`, where
/// `default` is no more.
fn page(further: bool) -> String {
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
        .map(|row| Ok((super::id(row, "id", EndpointId::parse)?, name(row)?)))
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

/// What is known of a name in a service.
///
/// # Errors
/// If the database does not answer.
pub async fn availability(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    name: &EndpointName,
    now: Micros,
) -> Result<Availability, Error> {
    let row = sqlx::query("SELECT deleted_at FROM endpoint WHERE service_id = $1 AND name = $2")
        .bind(service.as_str())
        .bind(name.as_str())
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else {
        return Ok(Availability::Free);
    };
    let deleted_at: Option<Micros> = row.try_get("deleted_at")?;
    Ok(match deleted_at {
        None => Availability::Taken,
        Some(at) if at > now - RESTORABLE => Availability::Reserved,
        Some(_) => Availability::Free,
    })
}

/// Whether an id was ever used by an endpoint, living or gone.
///
/// # Errors
/// If the database does not answer.
pub async fn id_is_spent(conn: &mut SqliteConnection, id: &EndpointId) -> Result<bool, Error> {
    let spent: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM endpoint WHERE id = $1 UNION ALL SELECT 1 FROM spent_endpoint WHERE id = $1)",
    )
    .bind(id.as_str())
    .fetch_one(conn)
    .await?;
    Ok(spent)
}

fn level_text(level: ThrottleLevel) -> &'static str {
    match level {
        ThrottleLevel::Low => "low",
        ThrottleLevel::High => "high",
    }
}

fn logging_text(logging: Logging) -> &'static str {
    match logging {
        Logging::None => "none",
        Logging::Error => "error",
        Logging::All => "all",
    }
}

/// Adds an endpoint.
///
/// # Errors
/// [`Error::NameTaken`] if the service has a living or restorable endpoint of that name.
pub async fn insert(conn: &mut SqliteConnection, new: &Stored) -> Result<(), Error> {
    purge(conn, new.created_at).await?;
    sqlx::query(
        "INSERT INTO endpoint (id, workspace_id, service_id, name, description, is_default, version, level, max_calls, paused,
                prevent_update, logging, sample_data, tags, customer_id, created_from, created_at, updated_at,
                queue_ms, queue_max)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19)",
    )
    .bind(new.id.as_str())
    .bind(new.workspace_id.as_str())
    .bind(new.service_id.as_str())
    .bind(new.name.as_str())
    .bind(&new.description)
    .bind(new.is_default)
    .bind(new.version)
    .bind(level_text(new.throttle.level))
    .bind(new.throttle.max_concurrent_calls)
    .bind(new.paused)
    .bind(new.prevent_update)
    .bind(logging_text(new.logging))
    .bind(new.sample_data)
    .bind(serde_json::to_string(&new.tags)?)
    .bind(new.customer_id.as_ref().map(CustomerId::as_str))
    .bind(&new.created_from)
    .bind(new.created_at)
    .bind(new.throttle.queue_ms)
    .bind(new.throttle.queue_max)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the changeable fields of an endpoint if its row still has `changed.row_version`.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    conn: &mut SqliteConnection,
    changed: &Stored,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE endpoint SET description = $3, level = $4, max_calls = $5, paused = $6, prevent_update = $7, logging = $8,
                sample_data = $9, tags = $10, row_version = row_version + 1, updated_at = $11, queue_ms = $12, queue_max = $13
          WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(changed.id.as_str())
    .bind(changed.row_version)
    .bind(&changed.description)
    .bind(level_text(changed.throttle.level))
    .bind(changed.throttle.max_concurrent_calls)
    .bind(changed.paused)
    .bind(changed.prevent_update)
    .bind(logging_text(changed.logging))
    .bind(changed.sample_data)
    .bind(serde_json::to_string(&changed.tags)?)
    .bind(now)
    .bind(changed.throttle.queue_ms)
    .bind(changed.throttle.queue_max)
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// Moves the default endpoint of a service to a version, as it follows the newest by itself.
///
/// # Errors
/// If the database does not take it.
pub async fn follow_newest(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    version: u32,
    now: Micros,
) -> Result<Option<EndpointId>, Error> {
    let row = sqlx::query(
        "UPDATE endpoint SET version = $2, row_version = row_version + 1, updated_at = $3
          WHERE service_id = $1 AND is_default = 1 AND deleted_at IS NULL RETURNING id",
    )
    .bind(service.as_str())
    .bind(version)
    .bind(now)
    .fetch_optional(conn)
    .await?;
    row.map(|row| super::id(&row, "id", EndpointId::parse))
        .transpose()
}

/// How many living endpoints a service has besides `default`.
///
/// # Errors
/// If the database does not answer.
pub async fn others(conn: &mut SqliteConnection, service: &ServiceId) -> Result<u32, Error> {
    let count = sqlx::query_scalar("SELECT count(*) FROM endpoint WHERE service_id = $1 AND is_default = 0 AND deleted_at IS NULL")
        .bind(service.as_str())
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// Deletes an endpoint if its row still has this version. Soft: it can be restored for seven days.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(
    conn: &mut SqliteConnection,
    id: &EndpointId,
    row_version: i64,
    now: Micros,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE endpoint SET deleted_at = $3, row_version = row_version + 1 WHERE id = $1 AND row_version = $2 AND deleted_at IS NULL",
    )
    .bind(id.as_str())
    .bind(row_version)
    .bind(now)
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// Brings a deleted endpoint back.
///
/// # Errors
/// [`Error::NotFound`] if there is none of that name that can be restored.
pub async fn restore(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    name: &EndpointName,
    now: Micros,
) -> Result<EndpointId, Error> {
    let row = sqlx::query(
        "UPDATE endpoint SET deleted_at = NULL, row_version = row_version + 1, updated_at = $3
          WHERE service_id = $1 AND name = $2 AND deleted_at > $4 RETURNING id",
    )
    .bind(service.as_str())
    .bind(name.as_str())
    .bind(now)
    .bind(now - RESTORABLE)
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound)?;
    super::id(&row, "id", EndpointId::parse)
}

/// Endpoints that were deleted by `$1`.
const GONE: &str = "SELECT id FROM endpoint WHERE deleted_at <= $1";

/// Removes endpoints that can't be restored any more; their ids stay spent.
///
/// # Errors
/// If the database does not take it.
pub async fn purge(conn: &mut SqliteConnection, now: Micros) -> Result<(), Error> {
    for statement in [
        format!("INSERT OR IGNORE INTO spent_endpoint (id) {GONE}"),
        format!("DELETE FROM access_key WHERE endpoint_id IN ({GONE})"),
        format!("DELETE FROM endpoint_model WHERE endpoint_id IN ({GONE})"),
        format!("DELETE FROM revision WHERE endpoint_id IN ({GONE})"),
        format!("DELETE FROM rollout WHERE endpoint_id IN ({GONE})"),
        "DELETE FROM endpoint WHERE deleted_at <= $1".to_owned(),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(now - RESTORABLE)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// How SQLite goes about a statement.
    async fn way(store: &Store, statement: &str) -> String {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(sql).fetch_all(store.read()).await.unwrap();
        let line = |row: &sqlx::sqlite::SqliteRow| row.get::<String, _>("detail");
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn pages_and_what_is_to_be_purged_are_found_by_an_index() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        for (statement, by) in [
            (page(false), "endpoint_ledger (service_id=?)"),
            (
                page(true),
                "endpoint_ledger (service_id=? AND <expr>=? AND name>?)",
            ),
            (GONE.to_owned(), "endpoint_deleted (deleted_at<?)"),
        ] {
            let way = way(&store, &statement).await;
            assert!(way.contains(by), "{way}");
            assert!(!way.contains("FOR ORDER BY"), "{way}");
        }
        store.close().await;
    }
}
