//! Staged rollouts, and what is counted of their sides.

use crate::clock::Micros;
use crate::error::Error;
use crate::rollout::bins::Bin;
use crate::rollout::tally::{Arm, Side, Tally};
use crate::usage::histogram::Histogram;
use portico_api::id::EndpointId;
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::HashMap;

/// A rollout as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id: 32 hexadecimal digits.
    pub id: String,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// The version that is tried.
    pub version: u32,
    /// Of a hundred calls, how many it answers.
    pub share_percent: u32,
    /// Whether it scores the others in shadow.
    pub shadow: bool,
    /// Who started it.
    pub actor: String,
    /// When.
    pub started_at: Micros,
    /// Stages of that version, in order: resource and digest.
    pub stages: Vec<(Option<String>, String)>,
    /// For its ETag.
    pub row_version: i64,
}

const COLUMNS: &str = "
    SELECT r.id, r.endpoint_id, r.version, r.share_percent, r.shadow, r.actor, r.started_at, r.row_version,
           (SELECT json_group_array(json_array(t.resource, t.sha256) ORDER BY t.position) FROM stage t
             WHERE t.service_id = e.service_id AND t.number = r.version) AS stages
      FROM rollout r JOIN endpoint e ON e.id = r.endpoint_id";

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<Stored, Error> {
    let stages: String = row.try_get("stages")?;
    Ok(Stored {
        id: row.try_get("id")?,
        endpoint_id: super::id(row, "endpoint_id", EndpointId::parse)?,
        version: row.try_get("version")?,
        share_percent: row.try_get("share_percent")?,
        shadow: row.try_get("shadow")?,
        actor: row.try_get("actor")?,
        started_at: row.try_get("started_at")?,
        stages: serde_json::from_str(&stages)?,
        row_version: row.try_get("row_version")?,
    })
}

/// All rollouts by endpoint, for the snapshot that calls read.
///
/// # Errors
/// If the database does not answer.
pub async fn all(pool: &SqlitePool) -> Result<HashMap<EndpointId, Stored>, Error> {
    let rows = sqlx::query(COLUMNS).fetch_all(pool).await?;
    let rollout = |row| stored(row).map(|rollout| (rollout.endpoint_id.clone(), rollout));
    rows.iter().map(rollout).collect()
}

/// The rollout of an endpoint, if one runs.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    conn: &mut SqliteConnection,
    endpoint: &EndpointId,
) -> Result<Option<Stored>, Error> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE r.endpoint_id = $1"));
    let row = sqlx::query(sql)
        .bind(endpoint.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(stored).transpose()
}

/// Adds a rollout.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(conn: &mut SqliteConnection, new: &Stored) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO rollout (id, endpoint_id, version, share_percent, shadow, actor, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&new.id)
    .bind(new.endpoint_id.as_str())
    .bind(new.version)
    .bind(new.share_percent)
    .bind(new.shadow)
    .bind(&new.actor)
    .bind(new.started_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes share and shadow of a rollout if its row still has this version.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed or ended meanwhile.
pub async fn update(
    conn: &mut SqliteConnection,
    id: &str,
    row_version: i64,
    share_percent: u32,
    shadow: bool,
) -> Result<(), Error> {
    let done = sqlx::query(
        "UPDATE rollout SET share_percent = $3, shadow = $4, row_version = row_version + 1
          WHERE id = $1 AND row_version = $2",
    )
    .bind(id)
    .bind(row_version)
    .bind(share_percent)
    .bind(shadow)
    .execute(conn)
    .await?;
    super::one_row(&done)
}

/// Ends a rollout; its counts go with it.
///
/// # Errors
/// If the database does not take it.
pub async fn delete(conn: &mut SqliteConnection, id: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM rollout WHERE id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whoever started a rollout: a person by name.
///
/// # Errors
/// If the database does not answer.
pub async fn actor(conn: &mut SqliteConnection, label: &str) -> Result<String, Error> {
    let name: Option<String> =
        sqlx::query_scalar("SELECT name FROM person WHERE 'person:' || id = $1")
            .bind(label)
            .fetch_optional(conn)
            .await?;
    Ok(super::revisions::actor(label, name, false))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Adds what was counted since the last flush; nothing, where the rollout has ended meanwhile.
///
/// # Errors
/// If the database does not take it; the caller then counts on.
pub async fn add(conn: &mut SqliteConnection, id: &str, delta: &Tally) -> Result<(), Error> {
    let runs: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM rollout WHERE id = $1)")
        .bind(id)
        .fetch_one(&mut *conn)
        .await?;
    if !runs {
        return Ok(());
    }
    for arm in Arm::BOTH {
        let delta = delta.side(arm);
        if *delta == Side::default() {
            continue;
        }
        // Read and written whole, so that labels beyond those that are told apart are so in all.
        let mut sum = side(conn, id, arm).await?;
        let known = sum.bins.clone();
        sum.merge(delta.clone());
        sqlx::query(
            "INSERT OR REPLACE INTO rollout_side (rollout_id, side, calls, shadow_calls, errors, compared, different, latency)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(arm.as_str())
        .bind(signed(sum.calls))
        .bind(signed(sum.shadow_calls))
        .bind(signed(sum.errors))
        .bind(signed(sum.compared))
        .bind(signed(sum.different))
        .bind(sum.latency.to_bytes())
        .execute(&mut *conn)
        .await?;
        for (bin, rows) in &sum.bins.0 {
            if known.0.get(bin) == Some(rows) {
                continue;
            }
            sqlx::query(
                "INSERT OR REPLACE INTO rollout_score (rollout_id, side, bin, rows) VALUES ($1, $2, $3, $4)",
            )
            .bind(id)
            .bind(arm.as_str())
            .bind(bin.key())
            .bind(signed(*rows))
            .execute(&mut *conn)
            .await?;
        }
    }
    Ok(())
}

/// All that was counted of a rollout.
///
/// # Errors
/// If the database does not answer.
pub async fn tally(conn: &mut SqliteConnection, id: &str) -> Result<Tally, Error> {
    Ok(Tally {
        current: side(conn, id, Arm::Current).await?,
        candidate: side(conn, id, Arm::Candidate).await?,
    })
}

async fn side(conn: &mut SqliteConnection, id: &str, arm: Arm) -> Result<Side, Error> {
    let row = sqlx::query(
        "SELECT calls, shadow_calls, errors, compared, different, latency FROM rollout_side
          WHERE rollout_id = $1 AND side = $2",
    )
    .bind(id)
    .bind(arm.as_str())
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(Side::default());
    };
    let count = |column| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    let latency: Vec<u8> = row.try_get("latency")?;
    let mut side = Side {
        calls: count("calls")?,
        shadow_calls: count("shadow_calls")?,
        errors: count("errors")?,
        compared: count("compared")?,
        different: count("different")?,
        latency: Histogram::from_bytes(&latency)?,
        ..Side::default()
    };
    let scores: Vec<(String, i64)> =
        sqlx::query_as("SELECT bin, rows FROM rollout_score WHERE rollout_id = $1 AND side = $2")
            .bind(id)
            .bind(arm.as_str())
            .fetch_all(conn)
            .await?;
    for (key, rows) in scores {
        let bin = Bin::of_key(&key)
            .ok_or_else(|| Error::Internal(format!("rollout {id} has a score in “{key}”")))?;
        side.bins.0.insert(bin, rows.unsigned_abs());
    }
    Ok(side)
}
