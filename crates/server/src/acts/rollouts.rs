//! Staged rollouts: a version is tried on a share of an endpoint's calls, then the endpoint is updated to it
//! or all calls go back. What is tried is what an update to the version would make, the endpoint's own models
//! kept; so whatever else changes the endpoint's version or models ends the rollout, in its transaction.

use super::models::{TRIES, digests, living, version};
use super::updates::{self, Change, Wish, carry_out, not_updated, stays};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::calls::pipeline::Pipeline;
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use crate::store::{Tx, audit, rollouts};
use portico_api::id::EndpointId;
use portico_api::rollout::{StartRollout, UpdateRollout};
use portico_domain::update::{Fate, Line, Plan, UpdateProblem};
use serde_json::{Value, json};
use std::sync::Arc;

/// What updating an endpoint to this version would do, its own models kept.
///
/// # Errors
/// [`Error::Invalid`] for a version that is not there, else if the database, the blob store or the engine
/// does not answer.
pub async fn plan(app: &App, endpoint: &Stored, number: u32) -> Result<Plan, Error> {
    let wish = Wish {
        version: Some(number),
        ..Wish::default()
    };
    updates::plan(app, endpoint, wish).await
}

/// The pipeline that an update to this version would make of an endpoint, its own models kept.
///
/// # Errors
/// As [`plan`], and [`Error::Invalid`] naming each own model that has no place in the version.
pub async fn tried(app: &App, endpoint: &Stored, number: u32) -> Result<Pipeline, Error> {
    let plan = plan(app, endpoint, number).await?;
    let unfit: Vec<Line> = (plan.lines.iter())
        .filter(|line| matches!(line.fate, Fate::Gone | Fate::NoLongerFits(_)))
        .cloned()
        .collect();
    if !unfit.is_empty() {
        return Err(not_updated(&UpdateProblem::Unfit(unfit)));
    }
    let version = version(app, &endpoint.service_id, number).await?;
    let stages = version.stages.into_iter();
    let stages: Vec<_> = stages.map(|stage| (stage.resource, stage.sha256)).collect();
    let (schema, own) = (Arc::new(version.schema), digests(&plan.own));
    Pipeline::with_models(schema, &stages, &own, &endpoint.id)
}

fn check(share_percent: u32) -> Result<(), Error> {
    if share_percent > 100 {
        return Err(Error::field(
            "/share_percent",
            "share_out_of_range",
            "A share is a whole number from 0 to 100: of a hundred calls, how many the version answers.",
        ));
    }
    Ok(())
}

/// What is tried is on its way to being in force, so it is not begun, nor carried through, against a
/// customer's choice.
fn refuse_staying(app: &App, present: &Stored) -> Result<(), Error> {
    stays(present, app.clock.now()).map_or(Ok(()), |why| Err(Error::Conflict(why)))
}

fn none() -> Error {
    Error::Conflict("No staged rollout of this endpoint is under way.".to_owned())
}

/// Starts a rollout, in force when this returns.
///
/// # Errors
/// [`Error::Invalid`] by field, and naming each own model that has no place in the version;
/// [`Error::Conflict`] for the default endpoint, where updates are prevented, where the customer stays on the
/// version in force, and where a rollout runs.
pub async fn start(
    app: &App,
    who: &Who,
    endpoint: &EndpointId,
    request: &StartRollout,
) -> Result<(), Error> {
    check(request.share_percent)?;
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        refuse_staying(app, &present)?;
        let plan = plan(app, &present, request.version).await?;
        match &plan.problem {
            Some(problem) => return Err(not_updated(problem)),
            None if request.version == present.version => {
                return Err(Error::field(
                    "/version",
                    "version_served",
                    format!("The endpoint serves version {} already.", present.version),
                ));
            }
            None => {}
        }
        let mut tx = app.store.begin().await?;
        if endpoints::by_id(tx.conn(), endpoint).await?.as_ref() != Some(&present) {
            continue;
        }
        if let Some(running) = rollouts::find(tx.conn(), endpoint).await? {
            return Err(Error::Conflict(format!(
                "Version {} is being tried already. Change its share, or end that rollout first.",
                running.version
            )));
        }
        let now = app.clock.now();
        let new = rollouts::Stored {
            id: hex::encode(app.entropy.bytes::<16>()?),
            endpoint_id: endpoint.clone(),
            version: request.version,
            share_percent: request.share_percent,
            shadow: request.shadow,
            actor: who.label(),
            started_at: now,
            stages: Vec::new(),
            row_version: 1,
        };
        rollouts::insert(tx.conn(), &new).await?;
        let trail = (None, Some(told(&new)));
        noted(&mut tx, who, "rollout.start", &present, trail, now).await?;
        tx.commit().await?;
        return app.refresh().await;
    }
    Err(Error::PreconditionFailed)
}

/// Changes share and shadow of the rollout that runs, if its row still has `row_version`; what the request
/// leaves out stays as it is.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::PreconditionFailed`] if it changed or ended meanwhile.
pub async fn change(
    app: &App,
    who: &Who,
    endpoint: &Stored,
    present: &rollouts::Stored,
    change: &UpdateRollout,
) -> Result<(), Error> {
    let next = rollouts::Stored {
        share_percent: change.share_percent.unwrap_or(present.share_percent),
        shadow: change.shadow.unwrap_or(present.shadow),
        ..present.clone()
    };
    check(next.share_percent)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    rollouts::update(
        tx.conn(),
        &present.id,
        present.row_version,
        next.share_percent,
        next.shadow,
    )
    .await?;
    let trail = (Some(told(present)), Some(told(&next)));
    noted(&mut tx, who, "rollout.update", endpoint, trail, now).await?;
    tx.commit().await?;
    app.refresh().await
}

/// Ends the rollout that runs: all calls go to the version in force again.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed or ended meanwhile.
pub async fn end(
    app: &App,
    who: &Who,
    endpoint: &Stored,
    present: &rollouts::Stored,
) -> Result<(), Error> {
    app.flush_usage().await?;
    let mut tx = app.store.begin().await?;
    if rollouts::find(tx.conn(), &endpoint.id).await?.as_ref() != Some(present) {
        return Err(Error::PreconditionFailed);
    }
    end_in(&mut tx, who, endpoint, "go_back", app.clock.now()).await?;
    tx.commit().await?;
    app.refresh().await
}

/// Updates the endpoint to the version that is tried, which ends the rollout.
///
/// # Errors
/// [`Error::Conflict`] where no rollout runs, updates are prevented, or the customer stays on the version in
/// force; [`Error::PreconditionFailed`] if the endpoint keeps changing meanwhile. Nothing has changed then.
pub async fn promote(app: &App, who: &Who, endpoint: &EndpointId) -> Result<(), Error> {
    app.flush_usage().await?;
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        let rollout = {
            let mut conn = app.store.read().acquire().await?;
            rollouts::find(&mut conn, endpoint).await?
        };
        let rollout = rollout.ok_or_else(none)?;
        refuse_staying(app, &present)?;
        let plan = plan(app, &present, rollout.version).await?;
        if let Some(problem) = &plan.problem {
            return Err(not_updated(problem));
        }
        let mut tx = app.store.begin().await?;
        if endpoints::by_id(tx.conn(), endpoint).await?.as_ref() != Some(&present)
            || rollouts::find(tx.conn(), endpoint).await?.as_ref() != Some(&rollout)
        {
            continue;
        }
        let change = Change {
            act: "promote",
            ..Change::update(&plan, false)
        };
        carry_out(&mut tx, who, &present, &change, app.clock.now()).await?;
        tx.commit().await?;
        return app.refresh().await;
    }
    Err(Error::PreconditionFailed)
}

/// Ends the rollout of an endpoint, if one runs, in the transaction of what ends it.
///
/// # Errors
/// If the database does not take it.
pub(super) async fn end_in(
    tx: &mut Tx,
    who: &Who,
    endpoint: &Stored,
    because: &str,
    now: i64,
) -> Result<(), Error> {
    let Some(ended) = rollouts::find(tx.conn(), &endpoint.id).await? else {
        return Ok(());
    };
    let tally = rollouts::tally(tx.conn(), &ended.id).await?;
    rollouts::delete(tx.conn(), &ended.id).await?;
    let after = json!({
        "because": because,
        "current": {"calls": tally.current.calls, "errors": tally.current.errors},
        "candidate": {"calls": tally.candidate.calls, "errors": tally.candidate.errors},
    });
    let trail = (Some(told(&ended)), Some(after));
    noted(tx, who, "rollout.end", endpoint, trail, now).await
}

fn told(rollout: &rollouts::Stored) -> Value {
    json!({
        "version": rollout.version,
        "share_percent": rollout.share_percent,
        "shadow": rollout.shadow,
    })
}

async fn noted(
    tx: &mut Tx,
    who: &Who,
    action: &'static str,
    endpoint: &Stored,
    (before, after): (Option<Value>, Option<Value>),
    now: i64,
) -> Result<(), Error> {
    let entry = Entry {
        who,
        action,
        object_kind: "endpoint",
        object_id: endpoint.id.as_str(),
        workspace: Some(endpoint.workspace_id.as_str()),
        before,
        after,
    };
    audit::insert(tx.conn(), now, &entry).await
}
