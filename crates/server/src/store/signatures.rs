//! What models take and give, kept beside their digests.

use crate::clock::Micros;
use crate::error::Error;
use portico_domain::update::{Interface, Port};
use sqlx::{SqliteConnection, SqlitePool};
use std::collections::{BTreeSet, HashMap};

/// Name, element type, rows and width of a tensor, as stored.
type StoredPort = (String, String, Option<u64>, Option<u64>);

fn ports(stored: Vec<StoredPort>) -> Vec<Port> {
    let port = |(name, element, rows, width)| Port {
        name,
        element,
        rows,
        width,
    };
    stored.into_iter().map(port).collect()
}

fn stored(ports: &[Port]) -> Vec<StoredPort> {
    let port = |port: &Port| {
        let (name, element) = (port.name.clone(), port.element.clone());
        (name, element, port.rows, port.width)
    };
    ports.iter().map(port).collect()
}

/// What each of these models takes and gives, as far as it was ever asked.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    pool: &SqlitePool,
    sha256: &BTreeSet<&str>,
) -> Result<HashMap<String, Interface>, Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT sha256, signature FROM model_signature WHERE sha256 IN (SELECT value FROM json_each($1))",
    )
    .bind(serde_json::to_string(sha256)?)
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(sha256, text)| {
            let (inputs, outputs): (Vec<StoredPort>, Vec<StoredPort>) =
                serde_json::from_str(&text)?;
            let interface = Interface {
                inputs: ports(inputs),
                outputs: ports(outputs),
            };
            Ok((sha256, interface))
        })
        .collect()
}

/// Keeps what a model takes and gives.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    sha256: &str,
    interface: &Interface,
    now: Micros,
) -> Result<(), Error> {
    let both = (stored(&interface.inputs), stored(&interface.outputs));
    sqlx::query(
        "INSERT OR IGNORE INTO model_signature (sha256, signature, seen_at) VALUES ($1, $2, $3)",
    )
    .bind(sha256)
    .bind(serde_json::to_string(&both)?)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
