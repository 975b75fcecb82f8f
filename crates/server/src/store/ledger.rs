//! The ledger of a service: which endpoint runs which models, and since when.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use crate::store::endpoints::passed;
use portico_api::id::{EndpointId, ServiceId};
use portico_api::name::EndpointName;
use portico_api::update::{LedgerLine, LedgerModel};
use sqlx::{Row, SqlitePool};

/// A page is cut out by the index that has its order, before anything is worked out for its lines: from the
/// beginning, or after the name `$3`, where `default` is no more.
fn page(further: bool) -> String {
    let end = if further {
        "AND (1 - e.is_default) = 1 AND e.name > $3 ORDER BY e.name LIMIT $2"
    } else {
        "ORDER BY 1 - e.is_default, e.name LIMIT $2"
    };
    format!(
        "WITH page AS (
            SELECT e.id, e.service_id, e.name, e.is_default, e.version, e.prevent_update, e.customer_id, e.stay_until
              FROM endpoint e WHERE e.service_id = $1 AND e.deleted_at IS NULL {end})
         {LINES}"
    )
}

const LINES: &str = concat!(
    "SELECT e.id, e.name, e.is_default, e.version, e.prevent_update, c.name AS customer_name,
            max(s.newest_version - e.version, 0) AS behind, r.number AS revision, r.at AS since,
            ",
    stay_until!(),
    " AS stay_until,
            (SELECT json_group_array(json_array(t.resource, coalesce(m.sha256, t.sha256), m.sha256 IS NOT NULL) ORDER BY t.position)
               FROM stage t LEFT JOIN endpoint_model m ON m.endpoint_id = e.id AND m.resource = t.resource
              WHERE t.service_id = e.service_id AND t.number = e.version AND t.resource IS NOT NULL) AS models
       FROM page e JOIN service s ON s.id = e.service_id
       LEFT JOIN customer c ON c.id = e.customer_id
       JOIN revision r ON r.endpoint_id = e.id
                      AND r.number = (SELECT max(number) FROM revision WHERE endpoint_id = e.id)
      ORDER BY 1 - e.is_default, e.name"
);

fn line(row: &sqlx::sqlite::SqliteRow) -> Result<LedgerLine, Error> {
    let name: String = row.try_get("name")?;
    let models: String = row.try_get("models")?;
    let models: Vec<(String, String, i64)> = serde_json::from_str(&models)?;
    Ok(LedgerLine {
        endpoint_id: super::id(row, "id", EndpointId::parse)?,
        name: EndpointName::parse(&name).map_err(|problem| Error::Internal(problem.to_string()))?,
        is_default: row.try_get("is_default")?,
        customer_name: row.try_get("customer_name")?,
        version: row.try_get("version")?,
        behind: row.try_get("behind")?,
        prevent_update: row.try_get("prevent_update")?,
        stay_until: row
            .try_get::<Option<Micros>, _>("stay_until")?
            .map(on_the_wire),
        models: models
            .into_iter()
            .map(|(resource, sha256, own)| LedgerModel {
                resource,
                sha256,
                own: own != 0,
            })
            .collect(),
        revision: row.try_get("revision")?,
        since: on_the_wire(row.try_get("since")?),
    })
}

/// A service's living endpoints: `default` first, then by name.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    service: &ServiceId,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<LedgerLine>, Error> {
    let after = after.map(passed);
    let mut query = sqlx::query(sqlx::AssertSqlSafe(page(after.is_some())))
        .bind(service.as_str())
        .bind(limit);
    if let Some(name) = after {
        query = query.bind(name);
    }
    let rows = query.fetch_all(pool).await?;
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn a_page_is_cut_out_by_an_index() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        for (further, by) in [
            (false, "endpoint_ledger (service_id=?)"),
            (
                true,
                "endpoint_ledger (service_id=? AND <expr>=? AND name>?)",
            ),
        ] {
            let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", page(further)));
            let rows = sqlx::query(sql).fetch_all(store.read()).await.unwrap();
            let line = |row: &sqlx::sqlite::SqliteRow| row.get::<String, _>("detail");
            let way = rows.iter().map(line).collect::<Vec<_>>();
            assert!(way.iter().any(|line| line.contains(by)), "{way:?}");
            // The lines of a page are few; what they are cut out of need not be put in order.
            let sorts = way.iter().filter(|line| line.contains("FOR ORDER BY"));
            assert!(sorts.count() <= 1, "{way:?}");
        }
        store.close().await;
    }
}
