//! Customers and their people.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use portico_api::customer::Customer;
use portico_api::id::{CustomerId, PersonId, WorkspaceId};
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::HashMap;

const COLUMNS: &str = "c.id, c.name, c.created_at,
    (SELECT count(*) FROM customer_person p WHERE p.customer_id = c.id) AS people,
    (SELECT count(*) FROM endpoint e WHERE e.customer_id = c.id AND e.deleted_at IS NULL) AS endpoints";

fn customer(row: &sqlx::sqlite::SqliteRow) -> Result<Customer, Error> {
    Ok(Customer {
        id: super::id(row, "id", CustomerId::parse)?,
        name: row.try_get("name")?,
        people: row.try_get("people")?,
        endpoints: row.try_get("endpoints")?,
        created_at: on_the_wire(row.try_get("created_at")?),
    })
}

/// A workspace's customers by name.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    after: Option<&(String, String)>,
    limit: u32,
) -> Result<Vec<Customer>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM customer c WHERE c.workspace_id = $1
            AND ($2 IS NULL OR (c.name, c.id) > ($2, $3)) ORDER BY c.name, c.id LIMIT $4"
    ));
    let rows = sqlx::query(sql)
        .bind(workspace.as_str())
        .bind(after.map(|(name, _)| name))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(customer).collect()
}

/// One customer of a workspace.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    id: &CustomerId,
) -> Result<Option<Customer>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM customer c WHERE c.workspace_id = $1 AND c.id = $2"
    ));
    let row = sqlx::query(sql)
        .bind(workspace.as_str())
        .bind(id.as_str())
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(customer).transpose()
}

/// The ids of a workspace's customers that have one of these names.
///
/// # Errors
/// If the database does not answer.
pub async fn by_name(
    pool: &SqlitePool,
    workspace: &WorkspaceId,
    names: &[&str],
) -> Result<HashMap<String, CustomerId>, Error> {
    let rows = sqlx::query(
        "SELECT id, name FROM customer WHERE workspace_id = $1 AND name IN (SELECT value FROM json_each($2))",
    )
    .bind(workspace.as_str())
    .bind(serde_json::to_string(names)?)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get("name")?,
                super::id(row, "id", CustomerId::parse)?,
            ))
        })
        .collect()
}

/// Adds a customer.
///
/// # Errors
/// [`Error::Invalid`] if the workspace has a customer of that name.
pub async fn insert(
    conn: &mut SqliteConnection,
    workspace: &WorkspaceId,
    id: &CustomerId,
    name: &str,
    now: Micros,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO customer (id, workspace_id, name, created_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(id.as_str())
    .bind(workspace.as_str())
    .bind(name)
    .bind(now)
    .execute(conn)
    .await
    .map_err(|error| {
        if super::is_unique_violation(&error) {
            Error::field(
                "/name",
                "name_taken",
                "This workspace has a customer of that name.",
            )
        } else {
            error.into()
        }
    })?;
    Ok(())
}

/// Makes a person one of the customer's.
///
/// # Errors
/// If the database does not take it.
pub async fn add_person(
    conn: &mut SqliteConnection,
    customer: &CustomerId,
    person: &PersonId,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO customer_person (customer_id, person_id) VALUES ($1, $2)")
        .bind(customer.as_str())
        .bind(person.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
