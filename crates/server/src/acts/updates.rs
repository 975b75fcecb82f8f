//! Updates of endpoints to newer versions. What is taken, kept or refused is decided by
//! `portico_domain::update`; here the plan is carried out as it stands, in one transaction with its revision
//! and its audit row.

use super::models::{TRIES, digests, living, pointer, revise, serving, slots, version};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use crate::store::{Tx, audit, models};
use portico_api::id::EndpointId;
use portico_api::problem::FieldError;
use portico_domain::update::{self, Fate, Plan, Target, UpdateProblem};
use serde_json::json;

/// What updating an endpoint to the newest version would do.
///
/// # Errors
/// If the database, the blob store or the engine does not answer.
pub async fn plan(app: &App, endpoint: &Stored, overwrite: bool) -> Result<Plan, Error> {
    let newest = {
        let mut conn = app.store.read().acquire().await?;
        models::newest(&mut conn, &endpoint.service_id)
            .await?
            .ok_or(Error::NotFound)?
    };
    let there = serving(app, endpoint).await?;
    let target = Target {
        version: newest,
        slots: slots(app, &version(app, &endpoint.service_id, newest).await?).await?,
    };
    Ok(update::plan(&there, &target, overwrite))
}

/// A refused update as an error that names each resource.
pub(super) fn not_updated(problem: &UpdateProblem) -> Error {
    let UpdateProblem::Unfit(lines) = problem else {
        return Error::Conflict(problem.to_string());
    };
    let field = |line: &update::Line| FieldError {
        pointer: pointer(&line.resource),
        code: match line.fate {
            Fate::Gone => "resource_gone",
            _ => "model_no_longer_fits",
        }
        .to_owned(),
        detail: UpdateProblem::Unfit(vec![line.clone()]).to_string(),
    };
    Error::Invalid(lines.iter().map(field).collect())
}

/// Moves an endpoint to its service's newest version, in force when this returns. Its own models are kept
/// unless they are to be overwritten. Answers what was done, or `None` where nothing was to do.
///
/// # Errors
/// [`Error::Conflict`] for the default endpoint and where updates are prevented; [`Error::Invalid`] naming
/// each own model that has no place in the new version; [`Error::PreconditionFailed`] if the endpoint keeps
/// changing meanwhile. Nothing has changed then.
pub async fn update(
    app: &App,
    who: &Who,
    endpoint: &EndpointId,
    overwrite: bool,
) -> Result<Option<Plan>, Error> {
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        let plan = plan(app, &present, overwrite).await?;
        match &plan.problem {
            Some(UpdateProblem::Default) => return Err(not_updated(&UpdateProblem::Default)),
            _ if !plan.changes() => return Ok(None),
            Some(problem) => return Err(not_updated(problem)),
            None => {}
        }
        let mut tx = app.store.begin().await?;
        let unchanged = endpoints::by_id(tx.conn(), endpoint).await?.as_ref() == Some(&present);
        let newest = models::newest(tx.conn(), &present.service_id).await?;
        if !unchanged || newest != Some(plan.to) {
            continue;
        }
        carry_out(app, &mut tx, who, &present, &plan, ("update", overwrite)).await?;
        tx.commit().await?;
        app.refresh().await?;
        return Ok(Some(plan));
    }
    Err(Error::PreconditionFailed)
}

/// Carries a plan out as it stands, with its revision and its audit row: the revision's act, and whether own
/// models were to give way.
pub(super) async fn carry_out(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    present: &Stored,
    plan: &Plan,
    (act, overwrite): (&str, bool),
) -> Result<(), Error> {
    let (now, endpoint) = (app.clock.now(), &present.id);
    let own = digests(&plan.own);
    for resource in present
        .own_models
        .keys()
        .filter(|name| !own.contains_key(*name))
    {
        models::remove(tx.conn(), endpoint, resource).await?;
    }
    models::serve(tx.conn(), endpoint, present.row_version, plan.to, now).await?;
    revise(tx, who, present, act, plan.to, &own, now).await?;
    let entry = Entry {
        who,
        action: "endpoint.update_version",
        object_kind: "endpoint",
        object_id: present.id.as_str(),
        workspace: Some(present.workspace_id.as_str()),
        before: Some(json!({"version": plan.from, "own_models": present.own_models})),
        after: Some(json!({"version": plan.to, "own_models": own, "overwrite": overwrite})),
    };
    audit::insert(tx.conn(), now, &entry).await
}
