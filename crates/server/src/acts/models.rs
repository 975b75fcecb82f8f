//! Own models of endpoints. Whether one fits is decided by `portico_domain::update`; here models are looked
//! at, and what was decided is carried out in one transaction with its revision and its audit row. Calls go over to the new models between one and the next: each call
//! runs on the pipeline that it found in the snapshot.

use super::endpoints as endpoint_acts;
use super::known::{self, Known};
use super::rollouts;
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::calls::pipeline::Pipeline;
use crate::calls::rows::Rows;
use crate::error::Error;
use crate::scoring::{ModelDigest, Port, Signature};
use crate::self_test::SelfTest;
use crate::store::endpoints::{self, Stored};
use crate::store::{Tx, audit, models, revisions, services, signatures};
use crate::vetting;
use bytes::Bytes;
use portico_api::endpoint::UpdateEndpoint;
use portico_api::id::{EndpointId, ServiceId};
use portico_api::problem::reference_token;
use portico_api::service::Version;
use portico_domain::update::{self, CustomiseProblem, Interface, Model, Serving, Slots};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Models that are worked on at the same time, each held in memory. More wait.
pub static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// How often an act is worked out anew because its endpoint changed meanwhile.
pub(super) const TRIES: u32 = 4;

/// A model that is to go into a slot.
#[derive(Clone, Debug)]
pub struct NewModel {
    /// The slot.
    pub resource: String,
    /// The ONNX file.
    pub bytes: Bytes,
    /// Where it came from, without anything secret, for the audit trail.
    pub source: String,
}

/// What a model takes and gives, in the words of the rules.
pub(super) fn interface_of(signature: &Signature) -> Interface {
    let ports = |ports: &[Port]| ports.iter().map(port).collect();
    Interface {
        inputs: ports(&signature.inputs),
        outputs: ports(&signature.outputs),
    }
}

fn port(port: &Port) -> update::Port {
    update::Port {
        name: port.name.clone(),
        element: port.element.words().to_owned(),
        // Without dimensions the graph declares nothing; the first is that of the rows.
        rows: port.shape.first().copied().flatten(),
        width: port.width(),
    }
}

pub(super) async fn version(app: &App, service: &ServiceId, number: u32) -> Result<Version, Error> {
    services::version(app.store.read(), service, number)
        .await?
        .ok_or(Error::NotFound)
}

/// An endpoint as the rules of updating see it.
///
/// # Errors
/// If the database, the blob store or the engine does not answer.
pub async fn serving(app: &App, endpoint: &Stored) -> Result<Serving, Error> {
    let mut known = Known::of_service(app, &endpoint.service_id).await?;
    known
        .learn_of(app, std::slice::from_ref(endpoint), None)
        .await?;
    known.serving(endpoint).ok_or_else(known::unknown)
}

pub(super) fn pointer(resource: &str) -> String {
    format!("/resources/{}", reference_token(resource))
}

/// A refusal of the rules as an error that names the resource.
pub fn refused(problem: &CustomiseProblem) -> Error {
    let (resource, code) = match problem {
        CustomiseProblem::Default => return Error::Conflict(problem.to_string()),
        CustomiseProblem::NoSlots(resource) => (resource, "no_resources"),
        CustomiseProblem::UnknownSlot { resource, .. } => (resource, "resource_unknown"),
        CustomiseProblem::DoesNotFit { resource, .. } => (resource, "model_does_not_fit"),
    };
    Error::field(&pointer(resource), code, problem.to_string())
}

/// What vetting says of a model, as an error that names the resource; the engine's own troubles stay what
/// they are.
fn unfit(error: Error, resource: &str, words: impl FnOnce(String) -> String) -> Error {
    match error {
        Error::Package(why) => Error::field(&pointer(resource), "model_refused", words(why)),
        other => other,
    }
}

/// A model that was looked at.
struct Vetted<'a> {
    new: &'a NewModel,
    model: Model,
}

async fn vetted<'a>(app: &App, new: &'a [NewModel]) -> Result<Vec<Vetted<'a>>, Error> {
    let mut vetted = Vec::with_capacity(new.len());
    for new in new {
        let signature = vetting::inspect(app, "The model", new.bytes.clone()).await;
        let signature = signature.map_err(|error| unfit(error, &new.resource, |why| why))?;
        let model = Model {
            sha256: ModelDigest::of(&new.bytes).to_string(),
            interface: interface_of(&signature),
        };
        vetted.push(Vetted { new, model });
    }
    Ok(vetted)
}

/// Gives an endpoint models of its own, in force when this returns; those of other resources stay as they
/// are. `settings`, with the workspace's cap on calls, change in the same transaction. Answers whether the
/// models are others than before.
///
/// Each model is loaded in a process of its own, compared with its slot, and tried with the version's
/// sample rows in the endpoint's whole pipeline.
///
/// # Errors
/// [`Error::Conflict`] for the default endpoint, [`Error::Invalid`] naming the resource and each difference,
/// [`Error::PreconditionFailed`] if the endpoint keeps changing meanwhile. Nothing has changed then.
pub async fn customise(
    app: &App,
    who: &Who,
    endpoint: &EndpointId,
    new: &[NewModel],
    settings: Option<(&UpdateEndpoint, u32)>,
) -> Result<bool, Error> {
    let vetted = vetted(app, new).await?;
    let wanted: Slots = vetted
        .iter()
        .map(|one| (one.new.resource.clone(), one.model.clone()))
        .collect();
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        let there = serving(app, &present).await?;
        let own = update::customise(&there, &wanted).map_err(|problem| refused(&problem))?;
        let next = match settings {
            Some((change, cap)) => Some(endpoint_acts::changed(&present, change, cap)?),
            None => None,
        };
        try_out(app, &present, &own, &vetted).await?;
        for one in &vetted {
            app.blobs.put(one.new.bytes.clone()).await?;
        }
        let mut tx = app.store.begin().await?;
        if endpoints::by_id(tx.conn(), endpoint).await?.as_ref() != Some(&present) {
            continue;
        }
        let mut row_version = present.row_version;
        if let Some(next) = &next {
            endpoint_acts::write(app, &mut tx, who, &present, next).await?;
            row_version += 1;
        }
        let digests = digests(&own);
        let changes = digests != present.own_models;
        if changes {
            let now = app.clock.now();
            models::serve(tx.conn(), endpoint, row_version, present.version, now).await?;
            put(app, &mut tx, who, &present, &vetted, &digests).await?;
        }
        tx.commit().await?;
        app.refresh().await?;
        return Ok(changes);
    }
    Err(Error::PreconditionFailed)
}

/// Writes new models with their revision and their audit row.
async fn put(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    present: &Stored,
    vetted: &[Vetted<'_>],
    digests: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let now = app.clock.now();
    let mut sources = Map::new();
    for Vetted { new, model } in vetted {
        signatures::insert(tx.conn(), &model.sha256, &model.interface, now).await?;
        let size = new.bytes.len() as u64;
        models::put(tx.conn(), &present.id, &new.resource, &model.sha256, size).await?;
        let source = json!({"sha256": model.sha256, "from": new.source});
        sources.insert(new.resource.clone(), source);
    }
    revise(tx, who, present, "customise", present.version, digests, now).await?;
    let entry = Entry {
        who,
        action: "endpoint.customise",
        object_kind: "endpoint",
        object_id: present.id.as_str(),
        workspace: Some(present.workspace_id.as_str()),
        before: Some(json!({"own_models": present.own_models})),
        after: Some(json!({"own_models": digests, "models": sources})),
    };
    audit::insert(tx.conn(), now, &entry).await
}

/// The endpoint as it is now.
pub(super) async fn living(app: &App, endpoint: &EndpointId) -> Result<Stored, Error> {
    let mut conn = app.store.read().acquire().await?;
    endpoints::by_id(&mut conn, endpoint)
        .await?
        .ok_or(Error::NotFound)
}

/// Digests by resource.
pub(super) fn digests(own: &Slots) -> BTreeMap<String, String> {
    let digest = |(resource, model): (&String, &Model)| (resource.clone(), model.sha256.clone());
    own.iter().map(digest).collect()
}

/// Writes an endpoint's next revision, and ends a staged rollout that ran on the one before; answers the
/// revision's number.
pub(super) async fn revise(
    tx: &mut Tx,
    who: &Who,
    endpoint: &Stored,
    act: &str,
    version: u32,
    own: &BTreeMap<String, String>,
    now: i64,
) -> Result<u32, Error> {
    rollouts::end_in(tx, who, endpoint, act, now).await?;
    let actor = who.label();
    revisions::insert(tx.conn(), &endpoint.id, &actor, act, version, own, now).await
}

/// Scores the version's sample rows with the new models in their places.
async fn try_out(
    app: &App,
    endpoint: &Stored,
    own: &Slots,
    vetted: &[Vetted<'_>],
) -> Result<(), Error> {
    let version = version(app, &endpoint.service_id, endpoint.version).await?;
    let (mut stages, mut digests) = (Vec::new(), Vec::new());
    for stage in &version.stages {
        let mine = stage.resource.as_ref().and_then(|name| own.get(name));
        let sha256 = mine.map_or(&stage.sha256, |model| &model.sha256);
        let given = vetted.iter().find(|one| one.model.sha256 == *sha256);
        stages.push(match given {
            Some(one) => one.new.bytes.clone(),
            None => app.blobs.get(sha256).await?,
        });
        let digest: Result<ModelDigest, _> = sha256.parse();
        digests.push(digest.map_err(|error| Error::Internal(error.to_string()))?);
    }
    let kept = SelfTest::of_version(app, &endpoint.service_id, endpoint.version).await?;
    let names = version.schema.inputs.iter();
    let cells = |row: &Vec<String>| row.iter().cloned().map(Value::String).collect();
    let samples = Rows {
        names: names.map(|column| column.name.clone()).collect(),
        cells: version.samples.iter().map(cells).collect(),
        parameters: kept.map_or_else(Map::new, |test| test.sent_parameters()),
    };
    let pipeline = Pipeline::of_stages(Arc::new(version.schema), digests.into(), "trial".into());
    let tried = vetting::try_out(app, &pipeline, stages, &samples).await;
    tried.map(|_| ()).map_err(|error| {
        let resource = vetted.first().map_or("", |one| one.new.resource.as_str());
        let number = endpoint.version;
        unfit(error, resource, |why| {
            format!("The model fails on the sample rows of version {number}: {why}")
        })
    })
}
