//! Vetting an upload: what it is, whether its models load, what they take and give, and whether they score
//! sample rows. What is refused leaves the reason and nothing else.

use super::{infer, samples};
use crate::app::App;
use crate::calls::pipeline::{Pipeline, element};
use crate::error::Error;
use crate::package::{Manifest, Package, is_plain};
use crate::scoring::{ModelDigest, Signature};
use crate::self_test::SelfTest;
use crate::store::drafts::{self, Stored};
use crate::store::services::{self, Viewer};
use crate::vetting;
use bytes::Bytes;
use futures_util::FutureExt;
use portico_api::draft::{DraftStage, DraftState};
use portico_api::id::DraftId;
use portico_api::schema::Schema;
use portico_api::service::Parity;
use portico_domain::schema::check;
use std::io::Read;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// What the file of a model is called where its own name can't be a file's.
const MODEL: &str = "model.onnx";
/// How often the vetting of a draft is begun.
const ATTEMPTS_MAX: u32 = 2;

/// Vets a draft and writes what came of it.
pub async fn vet(app: &App, id: &DraftId) {
    if let Err(error) = try_vet(app, id).await {
        // Deleted meanwhile, mostly; else the database failed, and it is vetted anew after the next start.
        match error {
            Error::PreconditionFailed => {}
            error => tracing::error!(%error, draft = id.as_str(), "a draft could not be vetted"),
        }
    }
}

async fn try_vet(app: &App, id: &DraftId) -> Result<(), Error> {
    let Ok(_turn) = app.drafts.turn.acquire().await else {
        return Ok(());
    };
    let Some(stored) = drafts::by_id(app.store.read(), id).await? else {
        return Ok(());
    };
    if stored.draft.state != DraftState::Vetting {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    let attempt = drafts::begin_attempt(tx.conn(), id).await?;
    tx.commit_quietly().await?;
    *app.drafts.begun() = Some(id.clone());
    if attempt > ATTEMPTS_MAX {
        let words = "The server ended twice while it vetted this. Upload it again, and tell the administrator if it ends once more.";
        return refuse(app, stored, words.to_owned()).await;
    }
    let failed = match AssertUnwindSafe(decide(app, &stored)).catch_unwind().await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(
            error @ (Error::Package(_) | Error::Scoring(_) | Error::Invalid(_) | Error::NoRoom),
        )) => return refuse(app, stored, error.to_string()).await,
        Ok(Err(error @ Error::PreconditionFailed)) => return Err(error),
        Ok(Err(error)) => error,
        Err(_) => Error::Internal("vetting panicked".to_owned()),
    };
    tracing::error!(error = %failed, draft = id.as_str(), "vetting a draft failed");
    let words = "Something failed on the server. Upload it again; its log has the cause.";
    refuse(app, stored, words.to_owned()).await
}

async fn decide(app: &App, stored: &Stored) -> Result<(), Error> {
    let examined = examine(app, stored).await?;
    accept(app, stored.clone(), examined).await
}

/// An upload that was found good.
struct Examined {
    manifest: Option<Manifest>,
    stages: Vec<DraftStage>,
    models: Vec<Bytes>,
    schema: Schema,
    self_test: SelfTest,
    made_up: bool,
    parity: Option<Parity>,
    /// What is still to be done, in words.
    remark: String,
}

async fn step(app: &App, id: &DraftId, words: &str) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    drafts::set_step(tx.conn(), id, words).await?;
    tx.commit_quietly().await
}

/// Refuses a schema that can't be called, or that does not fit the models.
fn must_fit(told_by: &str, schema: &Schema, stages: &[DraftStage]) -> Result<(), Error> {
    let problems = check(schema, stages);
    if problems.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = problems.iter().map(|problem| &*problem.detail).collect();
    Err(Error::Package(format!("{told_by}{}", words.join(" "))))
}

/// What was uploaded: told by its first bytes, whatever its name.
enum Upload {
    Model(Bytes),
    Package(Package),
}

fn read(mut file: std::fs::File) -> Result<Upload, Error> {
    let mut bytes = Vec::new();
    file.by_ref().take(4).read_to_end(&mut bytes)?;
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Package::from_zip(file).map(Upload::Package);
    }
    file.read_to_end(&mut bytes)?;
    Ok(Upload::Model(bytes.into()))
}

async fn examine(app: &App, stored: &Stored) -> Result<Examined, Error> {
    step(app, &stored.id, "Reading the file").await?;
    let digest = stored
        .upload
        .clone()
        .ok_or_else(|| Error::Internal(format!("draft {} has nothing to be vetted", stored.id)))?;
    let blobs = app.area.blobs.clone();
    let upload = tokio::task::spawn_blocking(move || read(blobs.open(&digest)?))
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    match upload {
        Upload::Model(model) => examine_model(app, stored, model).await,
        Upload::Package(package) => examine_package(app, stored, package).await,
    }
}

/// Loads a model and says what it takes and gives.
async fn load(
    app: &App,
    id: &DraftId,
    file: &str,
    model: &Bytes,
    of: (usize, usize),
) -> Result<(DraftStage, Signature), Error> {
    let (number, all) = of;
    let words = if all == 1 {
        format!("Loading {file}")
    } else {
        format!("Loading {file}, model {number} of {all}")
    };
    step(app, id, &words).await?;
    let signature = vetting::inspect(app, file, model.clone()).await?;
    let infos = |ports: &[_]| ports.iter().map(infer::tensor_info).collect();
    let stage = DraftStage {
        file: file.to_owned(),
        resource: None,
        sha256: ModelDigest::of(model).to_string(),
        bytes: model.len() as u64,
        inputs: infos(&signature.inputs),
        outputs: infos(&signature.outputs),
    };
    Ok((stage, signature))
}

async fn examine_package(app: &App, stored: &Stored, package: Package) -> Result<Examined, Error> {
    let models = package.models();
    let mut stages = Vec::new();
    for (index, (stage, model)) in package.manifest.stages.iter().zip(&models).enumerate() {
        let of = (index + 1, models.len());
        let (mut loaded, _) = load(app, &stored.id, &stage.file, model, of).await?;
        loaded.resource.clone_from(&stage.resource);
        stages.push(loaded);
    }
    let schema = package.manifest.schema();
    must_fit("manifest.json: ", &schema, &stages)?;
    let (self_test, made_up) = match package.self_test()? {
        Some(self_test) => (self_test, false),
        None => {
            let mut made = SelfTest::of_rows(&schema, samples::made_up(&schema));
            made.parameters = package.manifest.sample_parameters();
            (made, true)
        }
    };
    let mut examined = Examined {
        manifest: Some(package.manifest),
        stages,
        models,
        schema,
        self_test,
        made_up,
        parity: None,
        remark: String::new(),
    };
    score(app, stored, &mut examined).await?;
    Ok(examined)
}

async fn examine_model(app: &App, stored: &Stored, model: Bytes) -> Result<Examined, Error> {
    let name = &stored.draft.file;
    let file = if is_plain(name) && name.to_ascii_lowercase().ends_with(".onnx") {
        name
    } else {
        MODEL
    };
    let (mut stage, signature) = load(app, &stored.id, file, &model, (1, 1)).await?;
    let mut schema = Schema {
        inputs: infer::inputs(&signature)?,
        outputs: Vec::new(),
        parameters: Vec::new(),
    };
    let self_test = SelfTest::of_rows(&schema, samples::made_up(&schema));
    // What it makes of rows tells more than what its graph declares, where that leaves widths open.
    step(app, &stored.id, "Scoring made-up rows").await?;
    let pipeline = pipeline(&schema, &[ModelDigest::of(&model)]);
    let rows = self_test.rows();
    let made = vetting::tensors(app, &pipeline, vec![model.clone()], &rows).await;
    let made: Vec<infer::Made> = match made {
        Ok(tensors) => tensors
            .iter()
            .map(|tensor| infer::Made {
                name: tensor.name.clone(),
                element: element(&tensor.values),
                width: tensor.width as u64,
            })
            .collect(),
        Err(Error::Package(_)) => signature
            .outputs
            .iter()
            .map(|port| infer::Made::declared(port, &signature.classes))
            .collect(),
        Err(other) => return Err(other),
    };
    schema.outputs = infer::outputs(&made, &signature.classes);
    if schema.outputs.is_empty() {
        return Err(Error::Package(
            "The model makes nothing that could be a column of an answer.".to_owned(),
        ));
    }
    // A width that the graph declares wrongly is none to hold the columns to.
    for output in &mut stage.outputs {
        if let Some(made) = made.iter().find(|made| made.name == output.name) {
            output.width = output.width.map(|_| made.width);
        }
    }
    must_fit("", &schema, std::slice::from_ref(&stage))?;
    let mut examined = Examined {
        manifest: None,
        stages: vec![stage],
        models: vec![model],
        schema,
        self_test,
        made_up: true,
        parity: None,
        remark: String::new(),
    };
    score(app, stored, &mut examined).await?;
    Ok(examined)
}

fn pipeline(schema: &Schema, digests: &[ModelDigest]) -> Pipeline {
    Pipeline::of_stages(Arc::new(schema.clone()), digests.into(), "draft".into())
}

/// Scores the sample rows. Rows that were made up may fail: then the publisher gives others.
async fn score(app: &App, stored: &Stored, examined: &mut Examined) -> Result<(), Error> {
    let count = examined.self_test.samples.rows.len();
    step(app, &stored.id, &format!("Scoring {count} sample rows")).await?;
    let digests: Vec<ModelDigest> = examined.models.iter().map(|m| ModelDigest::of(m)).collect();
    let pipeline = pipeline(&examined.schema, &digests);
    let models = examined.models.clone();
    match examined.self_test.run(app, &pipeline, models).await {
        Ok((parity, _)) => examined.parity = Some(parity),
        Err(Error::Package(why)) if examined.made_up => {
            examined.remark =
                format!("Made-up sample rows don't score; give rows of your own. {why}");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Keeps the models and the sample rows in place of the upload.
async fn accept(app: &App, stored: Stored, examined: Examined) -> Result<(), Error> {
    step(app, &stored.id, "Keeping the models").await?;
    let row_version = stored.row_version;
    let mut next = stored;
    let draft = &mut next.draft;
    if let Some(manifest) = &examined.manifest {
        // The next version of a service goes out under the service's name, whatever the package's.
        if draft.service_id.is_none() {
            draft.name.clone_from(&manifest.name);
            draft.description.clone_from(&manifest.description);
        }
        draft.notes.clone_from(&manifest.notes);
    }
    draft.state = DraftState::Ready;
    draft.step = examined.remark;
    draft.stages = examined.stages;
    draft.samples = examined.self_test.shown(&examined.schema);
    draft.sample_rows = u32::try_from(examined.self_test.samples.rows.len()).unwrap_or(u32::MAX);
    draft
        .sample_parameters
        .clone_from(&examined.self_test.parameters);
    draft.samples_made_up = examined.made_up;
    draft.schema = examined.schema;
    draft.parity = examined.parity;
    next.upload = None;
    let self_test = examined.self_test.to_bytes()?;
    let models: usize = examined.models.iter().map(Bytes::len).sum();
    app.area.must_have_room(models + self_test.len())?;
    // Until the row names them, nothing may be swept.
    let _naming = app.area.naming.read().await;
    for model in examined.models {
        app.area.blobs.put(model).await?;
    }
    let self_test = app.area.blobs.put(self_test).await?;
    next.self_test = Some(self_test);
    let mut tx = app.store.begin().await?;
    // A file's name is nobody's choice of a service, a package's name is.
    next.by_name &= examined.manifest.is_some();
    if next.by_name
        && let Some((service, _)) =
            services::by_name(tx.conn(), &next.workspace, next.draft.name.trim()).await?
    {
        let found =
            services::find(app.store.read(), &next.workspace, &service, Viewer::All).await?;
        if let Some(found) = found {
            next.draft.name = found.service.name;
            next.draft.description = found.service.description;
        }
        next.draft.service_id = Some(service);
    }
    drafts::write(tx.conn(), &next, row_version).await?;
    tx.commit_quietly().await
}

async fn refuse(app: &App, stored: Stored, why: String) -> Result<(), Error> {
    let row_version = stored.row_version;
    let mut next = stored;
    next.draft.state = DraftState::Refused;
    next.draft.step = String::new();
    next.draft.refused = Some(why);
    next.upload = None;
    let mut tx = app.store.begin().await?;
    drafts::write(tx.conn(), &next, row_version).await?;
    tx.commit_quietly().await
}
