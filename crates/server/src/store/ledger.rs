//! The ledger of a service: which endpoint runs which models, and since when.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use portico_api::id::{EndpointId, ServiceId};
use portico_api::name::EndpointName;
use portico_api::update::{LedgerLine, LedgerModel};
use sqlx::{Row, SqlitePool};

/// A page is cut out by the index that has its order, before anything is worked out for its lines.
const PAGE: &str = "
    WITH page AS (
        SELECT e.id, e.service_id, e.name, e.is_default, e.version, e.prevent_update, e.customer_id, e.stay_until FROM endpoint e
         WHERE e.service_id = $1 AND e.deleted_at IS NULL AND ($2 IS NULL OR (1 - e.is_default, e.name) > ($2, $3))
         ORDER BY 1 - e.is_default, e.name LIMIT $4)
    SELECT page.id, page.name, page.is_default, page.version, page.prevent_update, c.name AS customer_name,
           max(s.newest_version - page.version, 0) AS behind, r.number AS revision, r.at AS since,
           min(page.stay_until, coalesce((SELECT min(v.may_stay_until) FROM version v
             WHERE v.service_id = page.service_id AND v.number > page.version), page.stay_until)) AS stay_until,
           (SELECT json_group_array(json_array(t.resource, coalesce(m.sha256, t.sha256), m.sha256 IS NOT NULL) ORDER BY t.position)
              FROM stage t LEFT JOIN endpoint_model m ON m.endpoint_id = page.id AND m.resource = t.resource
             WHERE t.service_id = page.service_id AND t.number = page.version AND t.resource IS NOT NULL) AS models
      FROM page JOIN service s ON s.id = page.service_id
      LEFT JOIN customer c ON c.id = page.customer_id
      JOIN revision r ON r.endpoint_id = page.id
                     AND r.number = (SELECT max(number) FROM revision WHERE endpoint_id = page.id)
     ORDER BY 1 - page.is_default, page.name";

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
    let rows = sqlx::query(PAGE)
        .bind(service.as_str())
        .bind(after.map(|(rank, _)| rank.parse::<i64>().unwrap_or(1)))
        .bind(after.map(|(_, name)| name))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(line).collect()
}
