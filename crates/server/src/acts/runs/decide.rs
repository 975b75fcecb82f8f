//! What a run does to an endpoint: asked of the rules, with everything that they need to know read
//! beforehand for many endpoints at once.

use super::super::known::Known;
use super::super::revisions;
use super::super::updates::stays;
use crate::app::App;
use crate::clock::Micros;
use crate::error::Error;
use crate::store::endpoints::Stored;
use crate::store::runs::{self, Past};
use portico_api::id::{EndpointId, ServiceId};
use portico_api::update::RunAct;
use portico_domain::update::{self, Plan};
use std::collections::{BTreeSet, HashMap};

/// What a run wants, and what is known of its endpoints.
#[derive(Debug)]
pub(super) struct Intent {
    known: Known,
    act: Act,
    /// When this was read.
    now: Micros,
    /// Sizes of own models that a rollback brings back.
    pub(super) sizes: HashMap<String, u64>,
}

#[derive(Debug)]
enum Act {
    Update { version: u32, overwrite: bool },
    Rollback(HashMap<EndpointId, Past>),
}

/// What is to be done to an endpoint.
#[derive(Debug)]
pub(super) enum Verdict {
    /// This.
    Change(Plan),
    /// Nothing: it is where it would be taken.
    Unchanged(Plan),
    /// Nothing, for this reason.
    Refused(Option<Plan>, String),
}

impl Intent {
    /// Reads what has to be known for these endpoints of a service.
    ///
    /// # Errors
    /// If the database or the blob store does not answer.
    pub(super) async fn read(
        app: &App,
        service: &ServiceId,
        act: &RunAct,
        endpoints: &[Stored],
    ) -> Result<Self, Error> {
        let mut known = Known::of_service(app, service).await?;
        let mut sizes = HashMap::new();
        let mut version = None;
        let act = match act {
            RunAct::Update {
                version: wished,
                overwrite,
            } => {
                let to = wished.unwrap_or_else(|| known.newest());
                version = Some(to);
                Act::Update {
                    version: to,
                    overwrite: *overwrite,
                }
            }
            RunAct::Rollback { run } => {
                let ids: Vec<EndpointId> = endpoints.iter().map(|one| one.id.clone()).collect();
                let mut conn = app.store.read().acquire().await?;
                let past = runs::changed(&mut conn, run, Some(&ids)).await?;
                drop(conn);
                for endpoint in endpoints {
                    if let Some(past) = past.get(&endpoint.id) {
                        let (now, then) = (&endpoint.own_models, &past.before.own_models);
                        revisions::sizes(app, now, then, &mut sizes).await?;
                    }
                }
                let own = past
                    .values()
                    .flat_map(|past| past.before.own_models.values());
                what_can_be(known.learn(app, own).await)?;
                Act::Rollback(past)
            }
        };
        what_can_be(known.learn_of(app, endpoints, version).await)?;
        if let Act::Rollback(past) = &act {
            let versions: BTreeSet<u32> = past.values().map(|past| past.before.version).collect();
            for version in versions {
                what_can_be(known.learn_of(app, &[], Some(version)).await)?;
            }
        }
        Ok(Self {
            known,
            act,
            now: app.clock.now(),
            sizes,
        })
    }

    /// What is to be done to one of them.
    pub(super) fn verdict(&self, endpoint: &Stored) -> Verdict {
        if let Some(why) = stays(endpoint, self.now) {
            return Verdict::Refused(None, why);
        }
        let plan = match &self.act {
            Act::Update { version, overwrite } => {
                let there = self.known.serving(endpoint);
                there
                    .zip(self.known.target(*version))
                    .map(|(there, target)| update::plan(&there, &target, *overwrite))
            }
            Act::Rollback(past) => {
                let Some(past) = past.get(&endpoint.id) else {
                    let why = "The run did not change it.".to_owned();
                    return Verdict::Refused(None, why);
                };
                if endpoint.revision != past.after {
                    let why = format!(
                        "It was changed since: the run left revision {}, revision {} is in force.",
                        past.after, endpoint.revision
                    );
                    return Verdict::Refused(None, why);
                }
                let (now, then) = (&endpoint.own_models, &past.before.own_models);
                if let Some(resource) = revisions::missing(now, then, &self.sizes) {
                    return Verdict::Refused(None, revisions::model_missing(resource));
                }
                revisions::plan(&self.known, endpoint, &past.before)
            }
        };
        match plan {
            None => Verdict::Refused(
                None,
                "What its models take and give can't be told: a model file can't be read."
                    .to_owned(),
            ),
            Some(plan) => match plan.refusal().map(ToString::to_string) {
                Some(why) => Verdict::Refused(Some(plan), why),
                None if plan.changes() => Verdict::Change(plan),
                None => Verdict::Unchanged(plan),
            },
        }
    }
}

/// A model that can't be asked costs its endpoints, not the run.
fn what_can_be(learnt: Result<(), Error>) -> Result<(), Error> {
    match learnt {
        Err(error @ Error::Database(_)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, "a model of a run's endpoints can't be asked");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
