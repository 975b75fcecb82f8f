//! Endpoints: what is stored of one, and finding it.

mod changes;
mod lists;

pub use changes::{delete, follow_newest, insert, purge, restore, update};
pub(super) use lists::passed;
pub use lists::{granted, list, names, shows_samples};

use crate::clock::{DAY, Micros};
use crate::error::Error;
use crate::store::services::Viewer;
use portico_api::endpoint::Logging;
use portico_api::id::{CustomerId, EndpointId, ServiceId, WorkspaceId};
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

#[cfg(test)]
mod tests {
    use super::changes::GONE;
    use super::lists::page;
    use crate::store::Store;
    use sqlx::Row;

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
