//! Going back to a revision, and taking an own model away: both put an endpoint into a state that it needs
//! no new model for.

use super::known::{self, Digests, Known};
use super::models::{TRIES, living};
use super::updates::{Change, carry_out};
use crate::app::App;
use crate::audit::Who;
use crate::error::Error;
use crate::store::endpoints::{self, Stored};
use crate::store::revisions::{self, State};
use portico_api::id::EndpointId;
use portico_domain::update::{self, Plan};
use serde_json::{Map, json};
use std::collections::HashMap;

/// Sizes of the own models of past states that endpoints don't have now. What is not among them is not there
/// any more.
///
/// # Errors
/// If the blob store does not answer.
pub(super) async fn sizes(
    app: &App,
    present: &Digests,
    past: &Digests,
    sizes: &mut HashMap<String, u64>,
) -> Result<(), Error> {
    for (resource, sha256) in past {
        if present.get(resource) != Some(sha256)
            && !sizes.contains_key(sha256)
            && let Some(size) = app.blobs.size(sha256).await?
        {
            sizes.insert(sha256.clone(), size);
        }
    }
    Ok(())
}

/// The first resource whose own model of then is not there any more.
pub(super) fn missing<'a>(
    present: &Digests,
    past: &'a Digests,
    sizes: &HashMap<String, u64>,
) -> Option<&'a str> {
    let gone = |(resource, sha256): &(&String, &String)| {
        present.get(*resource) != Some(*sha256) && !sizes.contains_key(*sha256)
    };
    past.iter()
        .find(gone)
        .map(|(resource, _)| resource.as_str())
}

/// Why an endpoint can't go back, in words.
pub(super) fn model_missing(resource: &str) -> String {
    format!(
        "The endpoint's own model of then for “{resource}” no longer exists, so that revision can't be brought back."
    )
}

/// The plan of going back to a state. Its models are to be known.
pub(super) fn plan(known: &Known, present: &Stored, past: &State) -> Option<Plan> {
    Some(update::go_back(
        &known.serving(present)?,
        &known.target(past.version)?,
        &known.models(&past.own_models)?,
    ))
}

async fn planned(app: &App, present: &Stored, past: &State) -> Result<Plan, Error> {
    let mut known = Known::of_service(app, &present.service_id).await?;
    known.learn(app, past.own_models.values()).await?;
    known
        .learn_of(app, std::slice::from_ref(present), Some(past.version))
        .await?;
    plan(&known, present, past).ok_or_else(known::unknown)
}

/// Brings the state of one of an endpoint's revisions back, in force when this returns, as a new revision.
/// Answers the number of the revision that is in force then: the present one where the state is the same.
///
/// # Errors
/// [`Error::NotFound`] if there is no such revision; [`Error::Conflict`] for the default endpoint and where
/// an own model of then is gone; [`Error::PreconditionFailed`] if the endpoint keeps changing meanwhile.
/// Nothing has changed then.
pub async fn restore(
    app: &App,
    who: &Who,
    endpoint: &EndpointId,
    number: u32,
) -> Result<u32, Error> {
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        let past = {
            let mut conn = app.store.read().acquire().await?;
            let past = revisions::state(&mut conn, endpoint, number).await?;
            past.ok_or(Error::NotFound)?
        };
        if present.is_default {
            return Err(Error::Conflict(
                "The default endpoint follows the newest version by itself and can't go back."
                    .to_owned(),
            ));
        }
        let mut found = HashMap::new();
        sizes(app, &present.own_models, &past.own_models, &mut found).await?;
        if let Some(resource) = missing(&present.own_models, &past.own_models, &found) {
            return Err(Error::Conflict(model_missing(resource)));
        }
        let plan = planned(app, &present, &past).await?;
        if !plan.changes() {
            return Ok(present.revision);
        }
        let change = Change {
            plan: &plan,
            act: "rollback",
            action: "endpoint.restore_revision",
            sizes: Some(&found),
            also: Map::from_iter([("restored".to_owned(), json!(number))]),
        };
        if let Some(revision) = done(app, who, &present, &change).await? {
            return Ok(revision);
        }
    }
    Err(Error::PreconditionFailed)
}

/// Takes an endpoint's own model for a resource away, in force when this returns: its version's runs in its
/// place.
///
/// # Errors
/// [`Error::NotFound`] if it has none there, [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn uncustomise(
    app: &App,
    who: &Who,
    present: &Stored,
    resource: &str,
) -> Result<(), Error> {
    let there = super::models::serving(app, present).await?;
    let own = update::uncustomise(&there, resource).ok_or(Error::NotFound)?;
    let past = State {
        version: present.version,
        own_models: super::models::digests(&own),
    };
    let plan = planned(app, present, &past).await?;
    let change = Change {
        plan: &plan,
        act: "uncustomise",
        action: "endpoint.uncustomise",
        sizes: None,
        also: Map::from_iter([("resource".to_owned(), json!(resource))]),
    };
    done(app, who, present, &change)
        .await?
        .map(|_| ())
        .ok_or(Error::PreconditionFailed)
}

/// Carries a plan out, if the endpoint is still what the plan was made for.
async fn done(
    app: &App,
    who: &Who,
    present: &Stored,
    change: &Change<'_>,
) -> Result<Option<u32>, Error> {
    let mut tx = app.store.begin().await?;
    if endpoints::by_id(tx.conn(), &present.id).await?.as_ref() != Some(present) {
        return Ok(None);
    }
    let revision = carry_out(&mut tx, who, present, change, app.clock.now()).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok(Some(revision))
}
