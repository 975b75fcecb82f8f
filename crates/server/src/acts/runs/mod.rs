//! Runs over many endpoints: which endpoints are meant, what would be done to each, starting and breaking
//! off. A run is kept with all its endpoints before anything is done; `work` then takes them one after
//! another.

mod decide;
pub mod work;

use super::Made;
use super::known::Known;
use super::updates::{told, version_of};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use crate::store::idempotency::Once;
use crate::store::runs::{self, NewRun, Past};
use crate::store::services::Viewer;
use crate::store::{Tx, audit, idempotency};
use decide::{Intent, Verdict};
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_api::update::{Run, RunAct, RunPlan, RunState, Selection, StartRun, UpdatePlan};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// The most endpoints that one request names.
const NAMES_MAX: usize = 10_000;
/// The most unknown names that one answer lists.
const UNKNOWN_SHOWN: usize = 10;
/// All that a list holds.
const ALL: u32 = u32::MAX >> 1;

/// Where a run is.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// The workspace.
    pub workspace: &'a WorkspaceId,
    /// The service.
    pub service: &'a ServiceId,
}

fn invalid(pointer: &str, code: &str, detail: impl Into<String>) -> Error {
    Error::field(pointer, code, detail)
}

/// The endpoints of a service that are meant, whole, by name; `default` is never among them.
async fn selected(app: &App, home: Home<'_>, selection: &Selection) -> Result<Vec<Stored>, Error> {
    let pool = app.store.read();
    let Selection::Named { names } = selection else {
        let all = endpoints::list(pool, home.workspace, home.service, Viewer::All, None, ALL);
        let mut found = all.await?;
        let customised = *selection == Selection::All;
        found.retain(|one| !one.is_default && (customised || one.own_models.is_empty()));
        return Ok(found);
    };
    let wanted = named(names)?;
    let names: Vec<&str> = wanted.iter().map(|name| name.as_str()).collect();
    let mut conn = pool.acquire().await?;
    let mut found = endpoints::named(&mut conn, home.service, &names).await?;
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let there: BTreeSet<&EndpointName> = found.iter().map(|one| &one.name).collect();
    refuse_unknown(wanted.difference(&there).map(|name| name.as_str()))?;
    Ok(found)
}

/// Their ids and names alone.
async fn meant(
    app: &App,
    home: Home<'_>,
    selection: &Selection,
) -> Result<Vec<(EndpointId, EndpointName)>, Error> {
    if let Selection::Named { .. } = selection {
        let found = selected(app, home, selection).await?;
        return Ok(found.into_iter().map(|one| (one.id, one.name)).collect());
    }
    let mut conn = app.store.read().acquire().await?;
    endpoints::names(&mut conn, home.service, *selection == Selection::All).await
}

fn named(names: &[EndpointName]) -> Result<BTreeSet<&EndpointName>, Error> {
    let pointer = "/selection/names";
    if names.is_empty() || names.len() > NAMES_MAX {
        let detail = format!("Name 1 to {NAMES_MAX} endpoints.");
        return Err(invalid(pointer, "names_count", detail));
    }
    if names
        .iter()
        .any(|name| name.as_str() == EndpointName::DEFAULT)
    {
        return Err(invalid(
            pointer,
            "default_endpoint",
            "The default endpoint follows the newest version by itself and is never part of a run.",
        ));
    }
    Ok(names.iter().collect())
}

fn refuse_unknown<'a>(unknown: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let unknown: Vec<&str> = unknown.collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let shown = unknown[..unknown.len().min(UNKNOWN_SHOWN)].join(", ");
    let more = unknown.len().saturating_sub(UNKNOWN_SHOWN);
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    Err(invalid(
        "/selection/names",
        "endpoint_unknown",
        format!("This service has no endpoint {shown}{more}."),
    ))
}

/// What a request asks for, with its version filled in; and for a rollback the endpoints that it can be of.
async fn resolved(
    app: &App,
    home: Home<'_>,
    act: &RunAct,
) -> Result<(RunAct, Option<HashMap<EndpointId, Past>>), Error> {
    match act {
        RunAct::Update { version, overwrite } => {
            let newest = Known::of_service(app, home.service).await?.newest();
            let act = RunAct::Update {
                version: Some(version_of(*version, newest, "/act/version")?),
                overwrite: *overwrite,
            };
            Ok((act, None))
        }
        RunAct::Rollback { run } => {
            let mut conn = app.store.read().acquire().await?;
            let past = runs::find(&mut conn, home.service, run).await?;
            let Some(past) = past else {
                return Err(invalid(
                    "/act/run",
                    "run_unknown",
                    "This service has no such run.",
                ));
            };
            if past.state == RunState::Running {
                return Err(Error::Conflict(
                    "That run is still under way. Wait for its end, or cancel it first.".to_owned(),
                ));
            }
            let changed = runs::changed(&mut conn, run, None).await?;
            Ok((act.clone(), Some(changed)))
        }
    }
}

/// What a run would do to each endpoint. Changes nothing.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::Conflict`] for the rollback of a run that is under way.
pub async fn plan(app: &App, home: Home<'_>, request: &StartRun) -> Result<RunPlan, Error> {
    let (act, changed) = resolved(app, home, &request.act).await?;
    let mut found = selected(app, home, &request.selection).await?;
    found.retain(|one| changed.as_ref().is_none_or(|of| of.contains_key(&one.id)));
    let intent = Intent::read(app, home.service, &act, &found).await?;
    let mut plan = RunPlan {
        change: 0,
        keep_own: 0,
        unchanged: 0,
        refused: 0,
        plans: Vec::with_capacity(found.len()),
    };
    for endpoint in found {
        let (done, refused) = match intent.verdict(&endpoint) {
            Verdict::Change(done) => {
                plan.change += 1;
                plan.keep_own += u32::from(!done.own.is_empty());
                (Some(done), None)
            }
            Verdict::Unchanged(done) => {
                plan.unchanged += 1;
                (Some(done), None)
            }
            Verdict::Refused(done, why) => {
                plan.refused += 1;
                (done, Some(why))
            }
        };
        plan.plans.push(match done {
            Some(done) => UpdatePlan {
                refused,
                ..told(endpoint.name, &done)
            },
            None => UpdatePlan {
                from: endpoint.version,
                to: endpoint.version,
                endpoint: endpoint.name,
                resources: Vec::new(),
                changes: false,
                refused,
            },
        });
    }
    Ok(plan)
}

/// Starts a run; `work` hears of it. The same idempotency key again answers the run that it started.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::Conflict`] for the rollback of a run that is under way.
pub async fn start(
    app: &App,
    who: &Who,
    home: Home<'_>,
    request: &StartRun,
    once: Option<&Once>,
) -> Result<Made<String>, Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if let Some(once) = once
        && let Some(made) = idempotency::made_before(tx.conn(), once, now).await?
    {
        return Ok(Made::Before(made));
    }
    let (act, changed) = resolved(app, home, &request.act).await?;
    let mut lines = meant(app, home, &request.selection).await?;
    lines.retain(|(id, _)| changed.as_ref().is_none_or(|of| of.contains_key(id)));
    let id = hex::encode(app.entropy.bytes::<16>()?);
    let actor = who.label();
    let run = NewRun {
        id: &id,
        service: home.service,
        workspace: home.workspace,
        act: &act,
        by: (&actor, who.request_id(), who.address()),
    };
    runs::insert(tx.conn(), &run, &lines, now).await?;
    let what = json!({"service": home.service, "act": act, "endpoints": lines.len()});
    noted(app, &mut tx, who, home, "run.start", &id, what).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, &id, now).await?;
    }
    tx.commit_quietly().await?;
    app.run_started.notify_one();
    Ok(Made::New(id))
}

/// Breaks a run off: endpoints whose turn has not come stay as they are. One that is broken off already is
/// left so.
///
/// # Errors
/// [`Error::NotFound`] if the service has no such run, [`Error::Conflict`] if it has ended by itself.
pub async fn cancel(app: &App, who: &Who, home: Home<'_>, id: &str) -> Result<Run, Error> {
    let mut tx = app.store.begin().await?;
    let run = runs::find(tx.conn(), home.service, id).await?;
    let run = run.ok_or(Error::NotFound)?;
    match run.state {
        RunState::Cancelled => return Ok(run),
        RunState::Finished => return Err(Error::Conflict("The run has ended.".to_owned())),
        RunState::Running => {}
    }
    // Who reads that it has ended may count on calls seeing everything that was done; nothing more is,
    // while this transaction lasts.
    app.refresh().await?;
    runs::end(tx.conn(), id, RunState::Cancelled, app.clock.now()).await?;
    let done = run.changed + run.unchanged + run.refused;
    let what = json!({"done": done, "of": run.total});
    noted(app, &mut tx, who, home, "run.cancel", id, what).await?;
    let run = runs::find(tx.conn(), home.service, id).await?;
    tx.commit_quietly().await?;
    run.ok_or(Error::NotFound)
}

async fn noted(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    home: Home<'_>,
    action: &'static str,
    id: &str,
    what: serde_json::Value,
) -> Result<(), Error> {
    let entry = Entry {
        who,
        action,
        object_kind: "run",
        object_id: id,
        workspace: Some(home.workspace.as_str()),
        before: None,
        after: Some(what),
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await
}

/// Endpoints by id.
fn by_id(found: Vec<Stored>) -> HashMap<EndpointId, Stored> {
    let pair = |one: Stored| (one.id.clone(), one);
    found.into_iter().map(pair).collect()
}
