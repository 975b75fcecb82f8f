//! Updates of endpoints to other versions. What is taken, kept or refused is decided by
//! `portico_domain::update`; here the plan is carried out as it stands, in one transaction with its revision
//! and its audit row.

use super::known::{self, Known};
use super::models::{TRIES, digests, living, pointer, revise};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::{Micros, on_the_wire};
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use crate::store::{Tx, audit, models};
use portico_api::id::EndpointId;
use portico_api::name::EndpointName;
use portico_api::problem::FieldError;
use portico_api::update as wire;
use portico_domain::update::{self, Fate, Plan, UpdateProblem};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What update is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// The version; the newest if absent.
    pub version: Option<u32>,
    /// Whether the endpoint's own models give way.
    pub overwrite: bool,
    /// Whether a customer asks: who does not go back to older versions, and overwrites nothing.
    pub by_customer: bool,
}

impl Wish {
    /// Refuses what is not a customer's to ask for.
    fn check(self, present: &Stored, to: u32) -> Result<(), Error> {
        if self.by_customer && self.overwrite {
            return Err(Error::field(
                "/overwrite",
                "overwrite_not_yours",
                "Only the publisher can have the endpoint's own models overwritten.",
            ));
        }
        if self.by_customer && to < present.version {
            return Err(Error::field(
                "/version",
                "version_older",
                format!(
                    "The endpoint serves version {}. Only the publisher can take it back to an older one.",
                    present.version
                ),
            ));
        }
        Ok(())
    }
}

/// The version that is wished for, of those that there are.
///
/// # Errors
/// [`Error::Invalid`] naming the field if there is no such version.
pub(super) fn version_of(wished: Option<u32>, newest: u32, pointer: &str) -> Result<u32, Error> {
    match wished {
        Some(version) if version == 0 || version > newest => Err(Error::field(
            pointer,
            "version_unknown",
            format!("This service has versions 1 to {newest}."),
        )),
        Some(version) => Ok(version),
        None => Ok(newest),
    }
}

/// What an update of an endpoint would do.
///
/// # Errors
/// [`Error::Invalid`] by field; or if the database, the blob store or the engine does not answer.
pub async fn plan(app: &App, endpoint: &Stored, wish: Wish) -> Result<Plan, Error> {
    let mut known = Known::of_service(app, &endpoint.service_id).await?;
    let version = version_of(wish.version, known.newest(), "/version")?;
    wish.check(endpoint, version)?;
    known
        .learn_of(app, std::slice::from_ref(endpoint), Some(version))
        .await?;
    let there = known.serving(endpoint).ok_or_else(known::unknown)?;
    let target = known.target(version).ok_or_else(known::unknown)?;
    Ok(update::plan(&there, &target, wish.overwrite))
}

/// Why what is done to endpoints past their customers' choices passes one by now: its customer stays. An update
/// of one endpoint alone is allowed all the same.
pub(super) fn stays(endpoint: &Stored, now: Micros) -> Option<String> {
    let until = on_the_wire(endpoint.stay_until.filter(|until| *until > now)?);
    let day = until.as_str().get(..10).unwrap_or(until.as_str());
    Some(format!(
        "Its customer stays on version {} until {day}.",
        endpoint.version
    ))
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

/// Moves an endpoint to a version, in force when this returns. Its own models are kept unless they are to
/// be overwritten. Answers what was done; nothing was where the plan changes nothing.
///
/// # Errors
/// [`Error::Conflict`] for the default endpoint and where updates are prevented; [`Error::Invalid`] naming
/// each own model that has no place in the version, or the field that asks for what there is not;
/// [`Error::PreconditionFailed`] if the endpoint keeps changing meanwhile. Nothing has changed then.
pub async fn update(
    app: &App,
    who: &Who,
    endpoint: &EndpointId,
    wish: Wish,
) -> Result<Plan, Error> {
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        let plan = plan(app, &present, wish).await?;
        match plan.refusal() {
            Some(problem) => return Err(not_updated(problem)),
            None if !plan.changes() => return Ok(plan),
            None => {}
        }
        let mut tx = app.store.begin().await?;
        let unchanged = endpoints::by_id(tx.conn(), endpoint).await?.as_ref() == Some(&present);
        let newest = models::newest(tx.conn(), &present.service_id).await?;
        if !unchanged || (wish.version.is_none() && newest != Some(plan.to)) {
            continue;
        }
        let change = Change::update(&plan, wish.overwrite);
        carry_out(&mut tx, who, &present, &change, app.clock.now()).await?;
        tx.commit().await?;
        app.refresh().await?;
        return Ok(plan);
    }
    Err(Error::PreconditionFailed)
}

/// A plan that is to be carried out, and how it is written down.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// The revision's act.
    pub(super) act: &'static str,
    /// The audit row's action.
    pub(super) action: &'static str,
    /// Sizes in bytes, by digest, of own models that the endpoint does not have now.
    pub(super) sizes: Option<&'a HashMap<String, u64>>,
    /// What else the audit row tells.
    pub(super) also: Map<String, Value>,
}

impl<'a> Change<'a> {
    /// An update.
    pub(super) fn update(plan: &'a Plan, overwrite: bool) -> Self {
        Self {
            plan,
            act: "update",
            action: "endpoint.update_version",
            sizes: None,
            also: Map::from_iter([("overwrite".to_owned(), json!(overwrite))]),
        }
    }
}

/// Writes what a plan says of an endpoint, with its revision and its audit row; answers the revision's
/// number.
///
/// # Errors
/// [`Error::PreconditionFailed`] if the endpoint changed since it was read.
pub(super) async fn carry_out(
    tx: &mut Tx,
    who: &Who,
    present: &Stored,
    change: &Change<'_>,
    now: Micros,
) -> Result<u32, Error> {
    let (plan, own) = (change.plan, digests(&change.plan.own));
    for resource in present.own_models.keys() {
        if !own.contains_key(resource) {
            models::remove(tx.conn(), &present.id, resource).await?;
        }
    }
    for (resource, sha256) in &own {
        if present.own_models.get(resource) != Some(sha256) {
            let size = change.sizes.and_then(|sizes| sizes.get(sha256));
            let size = *size.ok_or_else(known::unknown)?;
            models::put(tx.conn(), &present.id, resource, sha256, size).await?;
        }
    }
    models::serve(tx.conn(), &present.id, present.row_version, plan.to, now).await?;
    let revision = revise(tx, who, present, change.act, plan.to, &own, now).await?;
    let mut after = change.also.clone();
    after.insert("version".to_owned(), json!(plan.to));
    after.insert("own_models".to_owned(), json!(own));
    let entry = Entry {
        who,
        action: change.action,
        object_kind: "endpoint",
        object_id: present.id.as_str(),
        workspace: Some(present.workspace_id.as_str()),
        before: Some(json!({"version": plan.from, "own_models": present.own_models})),
        after: Some(Value::Object(after)),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    Ok(revision)
}

fn fate(fate: &Fate) -> (wire::Fate, Vec<String>) {
    let simple = match fate {
        Fate::Taken => wire::Fate::Taken,
        Fate::Kept => wire::Fate::Kept,
        Fate::Overwritten => wire::Fate::Overwritten,
        Fate::Gone => wire::Fate::Gone,
        Fate::Dropped => wire::Fate::Dropped,
        Fate::Restored => wire::Fate::Restored,
        Fate::NoLongerFits(differences) => {
            let words = differences.iter().map(ToString::to_string).collect();
            return (wire::Fate::NoLongerFits, words);
        }
    };
    (simple, Vec::new())
}

/// The lines of a plan as the wire has them.
pub(super) fn lines(plan: &Plan) -> Vec<wire::PlanLine> {
    let line = |line: &update::Line| {
        let (fate, differences) = fate(&line.fate);
        wire::PlanLine {
            resource: line.resource.clone(),
            fate,
            differences,
            before: line.before.clone(),
            after: line.after.clone(),
        }
    };
    plan.lines.iter().map(line).collect()
}

/// A plan as the wire has it.
pub fn told(endpoint: EndpointName, plan: &Plan) -> wire::UpdatePlan {
    wire::UpdatePlan {
        endpoint,
        from: plan.from,
        to: plan.to,
        resources: lines(plan),
        changes: plan.changes(),
        refused: plan.refusal().map(ToString::to_string),
    }
}
