//! Own models of endpoints, and updates to newer versions. What is taken, kept or refused is decided by
//! `portico_domain::update`; here models are looked at, and the decision is carried out in one transaction
//! with its revision and its audit row. Calls go over to the new models between one and the next: each call
//! runs on the pipeline that it found in the snapshot.

use super::endpoints as endpoint_acts;
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::calls::pipeline::Pipeline;
use crate::calls::rows::{self, Rows};
use crate::error::Error;
use crate::scoring::{Element, ModelDigest, Port, ScoringError, Signature};
use crate::store::endpoints::{self, Stored};
use crate::store::{Tx, audit, models, services, signatures};
use bytes::Bytes;
use portico_api::endpoint::UpdateEndpoint;
use portico_api::id::{EndpointId, ServiceId};
use portico_api::problem::FieldError;
use portico_api::service::Version;
use portico_domain::update::{
    self, CustomiseProblem, Fate, Interface, Model, Plan, Serving, Slots, Target, UpdateProblem,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long the sample rows may take with a new model.
const TRIAL: Duration = Duration::from_secs(60);
/// How often an act is worked out anew because its endpoint changed meanwhile.
const TRIES: u32 = 4;

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
fn interface_of(signature: &Signature) -> Interface {
    let ports = |ports: &[Port]| ports.iter().map(port).collect();
    Interface {
        inputs: ports(&signature.inputs),
        outputs: ports(&signature.outputs),
    }
}

fn port(port: &Port) -> update::Port {
    let element = match &port.element {
        Element::F32 => "32-bit float",
        Element::F64 => "64-bit float",
        Element::I64 => "64-bit whole number",
        Element::I32 => "32-bit whole number",
        Element::Bool => "truth value",
        Element::Text => "text",
        Element::Other(words) => words,
    };
    // Without dimensions the graph declares nothing; with one, it is that of the rows.
    let (rows, width) = match port.shape.split_first() {
        None => (None, None),
        Some((rows, rest)) => (*rows, rest.iter().copied().product()),
    };
    update::Port {
        name: port.name.clone(),
        element: element.to_owned(),
        rows,
        width,
    }
}

/// What the model of this digest takes and gives: as it was kept, else as it says now.
async fn interface(app: &App, sha256: &str) -> Result<Interface, Error> {
    if let Some(known) = signatures::find(app.store.read(), sha256).await? {
        return Ok(known);
    }
    let bytes = app.blobs.get(sha256).await?;
    let found = interface_of(&app.engine.inspect(bytes).await?);
    let mut tx = app.store.begin().await?;
    signatures::insert(tx.conn(), sha256, &found, app.clock.now()).await?;
    tx.commit_quietly().await?;
    Ok(found)
}

async fn model(app: &App, sha256: &str) -> Result<Model, Error> {
    Ok(Model {
        interface: interface(app, sha256).await?,
        sha256: sha256.to_owned(),
    })
}

async fn version(app: &App, service: &ServiceId, number: u32) -> Result<Version, Error> {
    services::version(app.store.read(), service, number)
        .await?
        .ok_or(Error::NotFound)
}

async fn slots(app: &App, version: &Version) -> Result<Slots, Error> {
    let mut slots = Slots::new();
    for stage in &version.stages {
        if let Some(resource) = &stage.resource {
            slots.insert(resource.clone(), model(app, &stage.sha256).await?);
        }
    }
    Ok(slots)
}

/// An endpoint as the rules of updating see it.
///
/// # Errors
/// If the database, the blob store or the engine does not answer.
pub async fn serving(app: &App, endpoint: &Stored) -> Result<Serving, Error> {
    let version = version(app, &endpoint.service_id, endpoint.version).await?;
    let mut own = Slots::new();
    for (resource, sha256) in &endpoint.own_models {
        own.insert(resource.clone(), model(app, sha256).await?);
    }
    Ok(Serving {
        is_default: endpoint.is_default,
        prevent_update: endpoint.prevent_update,
        version: endpoint.version,
        slots: slots(app, &version).await?,
        own,
    })
}

fn pointer(resource: &str) -> String {
    format!(
        "/resources/{}",
        resource.replace('~', "~0").replace('/', "~1")
    )
}

/// A refusal of the rules as an error that names the resource.
pub fn refused(problem: &CustomiseProblem, resource: &str) -> Error {
    let code = match problem {
        CustomiseProblem::Default => return Error::Conflict(problem.to_string()),
        CustomiseProblem::NoSlots => "no_resources",
        CustomiseProblem::UnknownSlot { .. } => "resource_unknown",
        CustomiseProblem::DoesNotFit { .. } => "model_does_not_fit",
    };
    Error::field(&pointer(resource), code, problem.to_string())
}

/// What keeps a model from being vetted, as an error that names the resource; the engine's own troubles
/// stay what they are.
fn unfit(error: ScoringError, resource: &str) -> Error {
    match error {
        ScoringError::Unavailable(_) | ScoringError::EngineEnded => Error::Scoring(error),
        other => Error::field(&pointer(resource), "model_refused", other.to_string()),
    }
}

/// Gives an endpoint models of its own, in force when this returns; those of other resources stay as they
/// are. `settings` change in the same transaction. Answers whether anything changed.
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
    let mut wanted = Slots::new();
    for model in new {
        let signature = app
            .engine
            .inspect(model.bytes.clone())
            .await
            .map_err(|error| unfit(error, &model.resource))?;
        let model_of = Model {
            sha256: ModelDigest::of(&model.bytes).to_string(),
            interface: interface_of(&signature),
        };
        wanted.insert(model.resource.clone(), model_of);
    }
    for _ in 0..TRIES {
        let present = living(app, endpoint).await?;
        let there = serving(app, &present).await?;
        let own = update::customise(&there, &wanted).map_err(|problem| {
            let resource = match &problem {
                CustomiseProblem::UnknownSlot { resource, .. }
                | CustomiseProblem::DoesNotFit { resource, .. } => resource.clone(),
                _ => new
                    .first()
                    .map_or_else(String::new, |model| model.resource.clone()),
            };
            refused(&problem, &resource)
        })?;
        let next = match settings {
            Some((change, cap)) => endpoint_acts::changed(&present, change, cap)?,
            None => present.clone(),
        };
        try_out(app, &present, &own, new).await?;
        for model in new {
            app.blobs.put(model.bytes.clone()).await?;
        }
        let mut tx = app.store.begin().await?;
        let unchanged = endpoints::by_id(tx.conn(), endpoint).await? == Some(present.clone());
        if !unchanged {
            continue;
        }
        let now = app.clock.now();
        for (resource, model) in &wanted {
            signatures::insert(tx.conn(), &model.sha256, &model.interface, now).await?;
            let size = new
                .iter()
                .rev()
                .find(|new| new.resource == *resource)
                .map_or(0, |new| new.bytes.len());
            models::put(tx.conn(), endpoint, resource, &model.sha256, size as u64).await?;
        }
        let digests = digests(&own);
        let models_change = digests != present.own_models;
        let mut row_version = present.row_version;
        if settings.is_some() {
            endpoint_acts::write(app, &mut tx, who, &present, &next).await?;
            row_version += 1;
        }
        if models_change {
            models::serve(tx.conn(), endpoint, row_version, present.version, now).await?;
            revise(
                &mut tx,
                who,
                &present,
                "customise",
                present.version,
                &digests,
                now,
            )
            .await?;
            let sources: BTreeMap<&str, Value> = new
                .iter()
                .map(|model| {
                    let sha256 = own.get(&model.resource).map(|model| &model.sha256);
                    let note = json!({"sha256": sha256, "from": model.source});
                    (model.resource.as_str(), note)
                })
                .collect();
            let entry = Entry {
                who,
                action: "endpoint.customise",
                object_kind: "endpoint",
                object_id: present.id.as_str(),
                workspace: Some(present.workspace_id.as_str()),
                before: Some(json!({"own_models": present.own_models})),
                after: Some(json!({"own_models": digests, "models": sources})),
            };
            audit::insert(tx.conn(), now, &entry).await?;
        }
        tx.commit().await?;
        app.refresh().await?;
        return Ok(models_change || settings.is_some());
    }
    Err(Error::PreconditionFailed)
}

async fn living(app: &App, endpoint: &EndpointId) -> Result<Stored, Error> {
    let mut conn = app.store.read().acquire().await?;
    endpoints::by_id(&mut conn, endpoint)
        .await?
        .ok_or(Error::NotFound)
}

fn digests(own: &Slots) -> BTreeMap<String, String> {
    let digest = |(resource, model): (&String, &Model)| (resource.clone(), model.sha256.clone());
    own.iter().map(digest).collect()
}

async fn revise(
    tx: &mut Tx,
    who: &Who,
    endpoint: &Stored,
    act: &str,
    version: u32,
    own: &BTreeMap<String, String>,
    now: i64,
) -> Result<(), Error> {
    endpoints::insert_revision(
        tx.conn(),
        &endpoint.id,
        &who.label(),
        act,
        version,
        own,
        now,
    )
    .await
}

/// Scores the version's sample rows with the new models in their places.
async fn try_out(app: &App, endpoint: &Stored, own: &Slots, new: &[NewModel]) -> Result<(), Error> {
    let version = version(app, &endpoint.service_id, endpoint.version).await?;
    let (mut stages, mut digests) = (Vec::new(), Vec::new());
    for stage in &version.stages {
        let mine = stage.resource.as_ref().and_then(|name| own.get(name));
        let sha256 = mine.map_or(&stage.sha256, |model| &model.sha256);
        let given = new
            .iter()
            .find(|model| ModelDigest::of(&model.bytes).to_string() == *sha256);
        let bytes = match given {
            Some(model) => model.bytes.clone(),
            None => app.blobs.get(sha256).await?,
        };
        digests.push(ModelDigest::of(&bytes));
        stages.push(bytes);
    }
    let names = version.schema.inputs.iter();
    let samples = Rows {
        names: names.map(|column| column.name.clone()).collect(),
        cells: version
            .samples
            .iter()
            .map(|row| row.iter().cloned().map(Value::String).collect())
            .collect(),
        parameters: Map::new(),
    };
    let pipeline = Pipeline::of_stages(Arc::new(version.schema), digests.into(), "trial".into());
    let checked = rows::check(&pipeline.schema, &samples)?;
    let inputs = pipeline.tensors_of(&checked.columns, checked.parameters)?;
    let failed = |why: String| {
        let resource = new.first().map_or("", |model| model.resource.as_str());
        let words = format!(
            "The model fails on the sample rows of version {}: {why}",
            endpoint.version
        );
        Error::field(&pointer(resource), "model_refused", words)
    };
    let scored = app
        .engine
        .trial(stages, inputs, &pipeline.tensors, TRIAL)
        .await;
    let scored = scored.map_err(|error| match error {
        ScoringError::Unavailable(_) | ScoringError::EngineEnded => Error::Scoring(error),
        other => failed(other.to_string()),
    })?;
    pipeline
        .columns_of(&scored.outputs)
        .map_err(|error| failed(error.to_string()))?;
    Ok(())
}

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
fn not_updated(problem: &UpdateProblem) -> Error {
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
        let unchanged = endpoints::by_id(tx.conn(), endpoint).await? == Some(present.clone());
        let newest = models::newest(tx.conn(), &present.service_id).await?;
        if !unchanged || newest != Some(plan.to) {
            continue;
        }
        let now = app.clock.now();
        let own = digests(&plan.own);
        for resource in present
            .own_models
            .keys()
            .filter(|name| !own.contains_key(*name))
        {
            models::remove(tx.conn(), endpoint, resource).await?;
        }
        models::serve(tx.conn(), endpoint, present.row_version, plan.to, now).await?;
        revise(&mut tx, who, &present, "update", plan.to, &own, now).await?;
        let entry = Entry {
            who,
            action: "endpoint.update_version",
            object_kind: "endpoint",
            object_id: present.id.as_str(),
            workspace: Some(present.workspace_id.as_str()),
            before: Some(json!({"version": plan.from, "own_models": present.own_models})),
            after: Some(json!({"version": plan.to, "own_models": own, "overwrite": overwrite})),
        };
        audit::insert(tx.conn(), now, &entry).await?;
        tx.commit().await?;
        app.refresh().await?;
        return Ok(Some(plan));
    }
    Err(Error::PreconditionFailed)
}
