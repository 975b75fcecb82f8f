//! Runs over many endpoints, and what each did to every endpoint.

use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use crate::store::revisions::{self, State};
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_api::update::{LineState, PlanLine, Run, RunAct, RunLine, RunState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use std::collections::HashMap;

/// A run that is to be kept.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// Its id.
    pub id: &'a str,
    /// The service.
    pub service: &'a ServiceId,
    /// Its workspace.
    pub workspace: &'a WorkspaceId,
    /// What it does; an update names its version.
    pub act: &'a RunAct,
    /// Who started it, in which request, from where.
    pub by: (&'a str, &'a str, &'a str),
}

/// A run that is under way, as whoever carries it out needs it.
#[derive(Clone, Debug)]
pub struct Pending {
    /// Its id.
    pub id: String,
    /// The service.
    pub service: ServiceId,
    /// What it does.
    pub act: RunAct,
    /// Who started it, in which request, from where.
    pub by: (String, String, String),
}

/// What became of an endpoint.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Its name.
    pub name: EndpointName,
    /// What was done.
    pub state: LineState,
    /// The versions before and afterwards, where there was a plan.
    pub versions: Option<(u32, u32)>,
    /// What became of each resource.
    pub resources: Vec<PlanLine>,
    /// Why nothing was done.
    pub detail: Option<String>,
    /// The revisions before and afterwards, where it was changed.
    pub revisions: Option<(u32, u32)>,
}

/// What a run did to an endpoint, as far as it can be taken back.
#[derive(Clone, Debug)]
pub struct Past {
    /// The revision that it left.
    pub after: u32,
    /// The state before it.
    pub before: State,
}

fn line_text(state: LineState) -> &'static str {
    match state {
        LineState::Waiting => "waiting",
        LineState::Changed => "changed",
        LineState::Unchanged => "unchanged",
        LineState::Refused => "refused",
    }
}

fn run_text(state: RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Finished => "finished",
        RunState::Cancelled => "cancelled",
    }
}

fn run_state(text: &str) -> RunState {
    match text {
        "running" => RunState::Running,
        "finished" => RunState::Finished,
        _ => RunState::Cancelled,
    }
}

fn name_of(row: &SqliteRow) -> Result<EndpointName, Error> {
    let name: String = row.try_get("name")?;
    EndpointName::parse(&name).map_err(|problem| Error::Internal(problem.to_string()))
}

/// Keeps a run with its endpoints, all of them waiting.
///
/// # Errors
/// If the database does not take it.
pub async fn insert(
    conn: &mut SqliteConnection,
    run: &NewRun<'_>,
    endpoints: &[(EndpointId, EndpointName)],
    now: Micros,
) -> Result<(), Error> {
    let (actor, request_id, address) = run.by;
    sqlx::query(
        "INSERT INTO run (id, service_id, workspace_id, act, state, total, actor, request_id, address, started_at)
         VALUES ($1, $2, $3, $4, 'running', $5, $6, $7, $8, $9)",
    )
    .bind(run.id)
    .bind(run.service.as_str())
    .bind(run.workspace.as_str())
    .bind(serde_json::to_string(run.act)?)
    .bind(u32::try_from(endpoints.len()).unwrap_or(u32::MAX))
    .bind(actor)
    .bind(request_id)
    .bind(address)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT INTO run_line (run_id, endpoint_id, name, state)
         SELECT $1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), 'waiting' FROM json_each($2)",
    )
    .bind(run.id)
    .bind(serde_json::to_string(endpoints)?)
    .execute(conn)
    .await?;
    Ok(())
}

const RUN: &str = "
    SELECT r.id, r.act, r.state, r.total, r.changed, r.unchanged, r.refused, r.actor, r.started_at, r.ended_at,
           (SELECT p.name FROM person p WHERE r.actor LIKE 'person:%' AND p.id = substr(r.actor, 8)) AS name
      FROM run r WHERE r.service_id = $1";

/// A run, and when it was started.
fn run(row: &SqliteRow) -> Result<(Run, Micros), Error> {
    let (act, state): (String, String) = (row.try_get("act")?, row.try_get("state")?);
    let label: String = row.try_get("actor")?;
    let started: Micros = row.try_get("started_at")?;
    let ended: Option<Micros> = row.try_get("ended_at")?;
    let run = Run {
        id: row.try_get("id")?,
        act: serde_json::from_str(&act)?,
        state: run_state(&state),
        total: row.try_get("total")?,
        changed: row.try_get("changed")?,
        unchanged: row.try_get("unchanged")?,
        refused: row.try_get("refused")?,
        actor: revisions::actor(&label, row.try_get("name")?, false),
        started_at: on_the_wire(started),
        ended_at: ended.map(on_the_wire),
    };
    Ok((run, started))
}

/// One run of a service.
///
/// # Errors
/// If the database does not answer.
pub async fn find(
    conn: &mut SqliteConnection,
    service: &ServiceId,
    id: &str,
) -> Result<Option<Run>, Error> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{RUN} AND r.id = $2")))
        .bind(service.as_str())
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.as_ref()
        .map(|row| run(row).map(|(run, _)| run))
        .transpose()
}

/// A service's runs, newest first, each with when it was started.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    pool: &SqlitePool,
    service: &ServiceId,
    after: Option<(Micros, &str)>,
    limit: u32,
) -> Result<Vec<(Run, Micros)>, Error> {
    let sql = sqlx::AssertSqlSafe(format!(
        "{RUN} AND ($2 IS NULL OR (r.started_at, r.id) < ($2, $3)) ORDER BY r.started_at DESC, r.id DESC LIMIT $4"
    ));
    let rows = sqlx::query(sql)
        .bind(service.as_str())
        .bind(after.map(|(started, _)| started))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.iter().map(run).collect()
}

/// What a run did to each endpoint, by name.
///
/// # Errors
/// If the database does not answer.
pub async fn lines(
    pool: &SqlitePool,
    run: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<RunLine>, Error> {
    let rows = sqlx::query(
        "SELECT name, state, from_version, to_version, resources, detail FROM run_line
          WHERE run_id = $1 AND name > coalesce($2, '') ORDER BY name LIMIT $3",
    )
    .bind(run)
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            let (state, resources): (String, String) =
                (row.try_get("state")?, row.try_get("resources")?);
            Ok(RunLine {
                endpoint: name_of(row)?,
                state: match state.as_str() {
                    "changed" => LineState::Changed,
                    "unchanged" => LineState::Unchanged,
                    "refused" => LineState::Refused,
                    _ => LineState::Waiting,
                },
                from: row.try_get("from_version")?,
                to: row.try_get("to_version")?,
                resources: serde_json::from_str(&resources)?,
                detail: row.try_get("detail")?,
            })
        })
        .collect()
}

/// The run that was started first of those that are under way.
///
/// # Errors
/// If the database does not answer.
pub async fn next(pool: &SqlitePool) -> Result<Option<Pending>, Error> {
    let row = sqlx::query(
        "SELECT id, service_id, act, actor, request_id, address FROM run
          WHERE state = 'running' ORDER BY started_at, id LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let act: String = row.try_get("act")?;
        Ok(Pending {
            id: row.try_get("id")?,
            service: super::id(&row, "service_id", ServiceId::parse)?,
            act: serde_json::from_str(&act)?,
            by: (
                row.try_get("actor")?,
                row.try_get("request_id")?,
                row.try_get("address")?,
            ),
        })
    })
    .transpose()
}

/// Whether a run is under way.
///
/// # Errors
/// If the database does not answer.
pub async fn is_running(conn: &mut SqliteConnection, run: &str) -> Result<bool, Error> {
    let running =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM run WHERE id = $1 AND state = 'running')")
            .bind(run)
            .fetch_one(conn)
            .await?;
    Ok(running)
}

/// Endpoints of a run whose turn has not come, by name.
///
/// # Errors
/// If the database does not answer.
pub async fn waiting(
    conn: &mut SqliteConnection,
    run: &str,
    limit: u32,
) -> Result<Vec<(EndpointId, EndpointName)>, Error> {
    let rows = sqlx::query(
        "SELECT endpoint_id, name FROM run_line WHERE run_id = $1 AND state = 'waiting' ORDER BY name LIMIT $2",
    )
    .bind(run)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok((
                super::id(row, "endpoint_id", EndpointId::parse)?,
                name_of(row)?,
            ))
        })
        .collect()
}

/// What a run did to the endpoints that it changed; of all of them, or of these. An endpoint that is gone
/// for good has no revisions and is left out.
///
/// # Errors
/// If the database does not answer.
pub async fn changed(
    conn: &mut SqliteConnection,
    run: &str,
    of: Option<&[EndpointId]>,
) -> Result<HashMap<EndpointId, Past>, Error> {
    let of = of.map(serde_json::to_string).transpose()?;
    let rows = sqlx::query(
        "SELECT l.endpoint_id, l.revision_after, r.version, r.models
           FROM run_line l JOIN revision r ON r.endpoint_id = l.endpoint_id AND r.number = l.revision_before
          WHERE l.run_id = $1 AND l.state = 'changed'
            AND ($2 IS NULL OR l.endpoint_id IN (SELECT value FROM json_each($2)))",
    )
    .bind(run)
    .bind(of)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let models: String = row.try_get("models")?;
            let before = State {
                version: row.try_get("version")?,
                own_models: serde_json::from_str(&models)?,
            };
            let after = row.try_get("revision_after")?;
            let id = super::id(row, "endpoint_id", EndpointId::parse)?;
            Ok((id, Past { after, before }))
        })
        .collect()
}

/// Writes what became of an endpoint, and counts it.
///
/// # Errors
/// If the database does not take it.
pub async fn settle(conn: &mut SqliteConnection, run: &str, line: &Settled) -> Result<(), Error> {
    sqlx::query(
        "UPDATE run_line SET state = $3, from_version = $4, to_version = $5, resources = $6, detail = $7,
                revision_before = $8, revision_after = $9
          WHERE run_id = $1 AND name = $2 AND state = 'waiting'",
    )
    .bind(run)
    .bind(line.name.as_str())
    .bind(line_text(line.state))
    .bind(line.versions.map(|(from, _)| from))
    .bind(line.versions.map(|(_, to)| to))
    .bind(serde_json::to_string(&line.resources)?)
    .bind(&line.detail)
    .bind(line.revisions.map(|(before, _)| before))
    .bind(line.revisions.map(|(_, after)| after))
    .execute(&mut *conn)
    .await?;
    let column = match line.state {
        LineState::Waiting => return Ok(()),
        LineState::Changed => "changed",
        LineState::Unchanged => "unchanged",
        LineState::Refused => "refused",
    };
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE run SET {column} = {column} + 1 WHERE id = $1"
    )))
    .bind(run)
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a run that is under way; whether it was.
///
/// # Errors
/// If the database does not take it.
pub async fn end(
    conn: &mut SqliteConnection,
    run: &str,
    state: RunState,
    now: Micros,
) -> Result<bool, Error> {
    let done =
        sqlx::query("UPDATE run SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'running'")
            .bind(run)
            .bind(run_text(state))
            .bind(now)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() > 0)
}
