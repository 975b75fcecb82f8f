//! Drafts: uploading, describing, previewing and publishing what is to become a version. Vetting is done
//! beside the requests, in `crate::drafts`.

use super::services::{Publication, Target, publish_in};
use super::{Made, description, title};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::calls::pipeline::Pipeline;
use crate::clock::on_the_wire;
use crate::drafts::samples;
use crate::error::Error;
use crate::scoring::ModelDigest;
use crate::self_test::{SelfTest, cell};
use crate::store::blobs::Aside;
use crate::store::drafts::{self, Stored};
use crate::store::services::Viewer;
use crate::store::{audit, idempotency, people, services, versions};
use bytes::Bytes;
use portico_api::cell::read_text;
use portico_api::draft::{
    Draft, DraftState, Preview, PublishDraft, PublishedDraft, StageResource, UpdateDraft,
};
use portico_api::id::{DraftId, PersonId, ServiceId, WorkspaceId};
use portico_api::name::TITLE_MAX;
use portico_api::problem::FieldError;
use portico_api::schema::Schema;
use portico_api::service::{Stage, Version};
use portico_domain::schema::{check, difference};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Drafts with files that a workspace may have at the same time.
const DRAFTS_MAX: u32 = 100;
/// The most sample rows that an edit gives.
const ROWS_MAX: usize = 1_000;

/// Which service a draft is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The next version of this one.
    Next(ServiceId),
    /// A new one.
    New,
    /// The one of its package's name, if there is one.
    Named,
}

/// Something that was uploaded.
#[derive(Debug)]
pub struct Upload {
    /// Its file's name, as the publisher has it.
    pub file: String,
    /// Which service it is for.
    pub wish: Wish,
    /// Its bytes, in a file beside the area's blobs.
    pub aside: Aside,
    /// SHA-256 of them in hexadecimal.
    pub sha256: String,
    /// How many they are.
    pub bytes: u64,
}

/// Who acts, as pages show it.
pub async fn shown_name(app: &App, who: &Who) -> Result<String, Error> {
    let name = match (who.kind(), PersonId::parse(who.id())) {
        ("person", Ok(id)) => people::by_id(app.store.read(), &id)
            .await?
            .map(|account| account.name),
        ("token", _) => Some("workspace token".to_owned()),
        _ => None,
    };
    Ok(name.unwrap_or_else(|| "portico".to_owned()))
}

/// Keeps an upload as a draft and begins to vet it.
///
/// # Errors
/// [`Error::Invalid`] if there is no such service or the upload is empty, [`Error::Conflict`] if the
/// workspace has too many drafts.
pub async fn create(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    upload: Upload,
    once: Option<&idempotency::Once>,
) -> Result<Made<DraftId>, Error> {
    if upload.bytes == 0 {
        return Err(Error::field("", "file_empty", "The upload is empty."));
    }
    let now = app.clock.now();
    let (service, name, text) = match &upload.wish {
        Wish::Next(id) => {
            let service = service(app, workspace, id).await?;
            (Some(id.clone()), service.name, service.description)
        }
        Wish::New | Wish::Named => (None, name_of(&upload.file), String::new()),
    };
    let id = DraftId::from_bytes(app.entropy.bytes()?);
    let new = Stored {
        id: id.clone(),
        workspace: workspace.clone(),
        by_name: upload.wish == Wish::Named,
        upload: Some(upload.sha256.clone()),
        self_test: None,
        row_version: 1,
        created_at: now,
        draft: Draft {
            id: id.to_string(),
            state: DraftState::Vetting,
            step: "Waiting for its turn".to_owned(),
            refused: None,
            file: upload.file,
            service_id: service,
            name,
            description: text,
            notes: String::new(),
            stages: Vec::new(),
            schema: Schema {
                inputs: Vec::new(),
                outputs: Vec::new(),
                parameters: Vec::new(),
            },
            samples: Vec::new(),
            sample_rows: 0,
            sample_parameters: std::collections::BTreeMap::new(),
            samples_made_up: false,
            parity: None,
            difference: None,
            version: None,
            uploaded_by: shown_name(app, who).await?,
            created_at: on_the_wire(now),
        },
    };
    let _naming = app.area.naming.read().await;
    app.area.keep(upload.aside, &upload.sha256).await?;
    let mut tx = app.store.begin().await?;
    if let Some(once) = once
        && let Some(made) = idempotency::made_before(tx.conn(), once, now).await?
    {
        return Ok(Made::Before(
            DraftId::parse(&made).map_err(|error| Error::Internal(error.to_string()))?,
        ));
    }
    if drafts::count(tx.conn(), workspace).await? >= DRAFTS_MAX {
        return Err(Error::Conflict(format!(
            "This workspace has {DRAFTS_MAX} drafts. Delete some that are not needed."
        )));
    }
    drafts::insert(tx.conn(), &new).await?;
    let after = json!({"file": new.draft.file, "sha256": upload.sha256, "bytes": upload.bytes});
    write_audit(app, &mut tx, who, &new, "draft.create", None, Some(after)).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, id.as_str(), now).await?;
    }
    tx.commit_quietly().await?;
    crate::drafts::begin(app, id.clone());
    Ok(Made::New(id))
}

async fn write_audit(
    app: &App,
    tx: &mut crate::store::Tx,
    who: &Who,
    draft: &Stored,
    action: &'static str,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> Result<(), Error> {
    let entry = Entry {
        who,
        action,
        object_kind: "draft",
        object_id: draft.id.as_str(),
        workspace: Some(draft.workspace.as_str()),
        before,
        after,
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await
}

/// The service that a draft is for.
///
/// # Errors
/// [`Error::Invalid`] if the workspace has no such service.
pub async fn service(
    app: &App,
    workspace: &WorkspaceId,
    id: &ServiceId,
) -> Result<portico_api::service::Service, Error> {
    let found = services::find(app.store.read(), workspace, id, Viewer::All).await?;
    found.map(|stored| stored.service).ok_or_else(|| {
        Error::field(
            "/service",
            "service_unknown",
            "This workspace has no such service.",
        )
    })
}

/// A name for a service out of a file's: without its ending and what no name may hold.
fn name_of(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name: String = stem
        .chars()
        .filter(|character| !character.is_control())
        .take(TITLE_MAX)
        .collect();
    let name = name.trim();
    if name.is_empty() {
        "Model".to_owned()
    } else {
        name.to_owned()
    }
}

/// A draft as the API shows it: with what it changes against the newest version of its service.
///
/// # Errors
/// If the database does not answer.
pub async fn shown(app: &App, stored: &Stored) -> Result<Draft, Error> {
    let mut draft = stored.draft.clone();
    if draft.state == DraftState::Ready
        && let Some(id) = &draft.service_id
        && let Some(service) =
            services::find(app.store.read(), &stored.workspace, id, Viewer::All).await?
    {
        let newest = service.service.newest_version;
        let mut conn = app.store.read().acquire().await?;
        if let Some(before) = versions::schema(&mut conn, id, newest).await? {
            draft.difference = Some(difference(newest, &before, &draft.schema));
        }
    }
    Ok(draft)
}

fn must_be_ready(draft: &Draft) -> Result<(), Error> {
    let words = match draft.state {
        DraftState::Ready => return Ok(()),
        DraftState::Vetting => "The draft is being vetted. Wait until it is ready.".to_owned(),
        DraftState::Refused => "The draft was refused. Upload another.".to_owned(),
        DraftState::Published => format!(
            "The draft was published as version {}.",
            draft.version.unwrap_or_default()
        ),
    };
    Err(Error::Conflict(words))
}

async fn self_test(app: &App, stored: &Stored) -> Result<SelfTest, Error> {
    let digest = stored.self_test.as_ref();
    let digest = digest.ok_or_else(|| Error::Internal("a ready draft has no rows".to_owned()))?;
    SelfTest::from_bytes(&app.area.blobs.get(digest).await?)
}

/// Changes what a draft says of itself.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::Conflict`] unless the draft is ready,
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn change(
    app: &App,
    who: &Who,
    present: &Stored,
    change: &UpdateDraft,
) -> Result<(), Error> {
    must_be_ready(&present.draft)?;
    let mut next = present.clone();
    let draft = &mut next.draft;
    if let Some(name) = &change.name {
        let name = title(name)?;
        if draft.service_id.is_some() && name != draft.name {
            return Err(Error::field(
                "/name",
                "name_of_service",
                "The version goes into a service that has its name. Rename the service instead.",
            ));
        }
        draft.name = name;
    }
    if let Some(text) = &change.description {
        description(text)?;
        draft.description.clone_from(text);
    }
    if let Some(notes) = &change.notes {
        portico_api::name::check_description(notes)
            .map_err(|problem| Error::field("/notes", problem.code(), problem.to_string()))?;
        draft.notes.clone_from(notes);
    }
    if let Some(resources) = &change.resources {
        set_resources(draft, resources)?;
    }
    let mut tests = self_test(app, present).await?;
    let mut problems = Vec::new();
    if let Some(schema) = &change.schema {
        problems = check(schema, &draft.stages);
        draft.schema = schema.clone();
    }
    if problems.is_empty() {
        rows_of(&mut tests, present, draft, change, &mut problems);
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let scores_anew = draft.schema != present.draft.schema
        || change.samples.is_some()
        || change.sample_parameters.is_some();
    if scores_anew {
        draft.parity = None;
        draft.step = String::new();
    }
    draft.samples = tests.shown(&draft.schema);
    draft.sample_rows = u32::try_from(tests.samples.rows.len()).unwrap_or(u32::MAX);
    draft.sample_parameters.clone_from(&tests.parameters);
    let _naming = app.area.naming.read().await;
    next.self_test = Some(app.area.blobs.put(tests.to_bytes()?).await?);
    let mut tx = app.store.begin().await?;
    drafts::write(tx.conn(), &next, present.row_version).await?;
    let (before, after) = (told(&present.draft), told(&next.draft));
    write_audit(
        app,
        &mut tx,
        who,
        &next,
        "draft.update",
        Some(before),
        Some(after),
    )
    .await?;
    tx.commit_quietly().await
}

/// What the audit trail has of a draft.
fn told(draft: &Draft) -> serde_json::Value {
    json!({"name": draft.name, "description": draft.description, "notes": draft.notes, "schema": draft.schema})
}

fn set_resources(draft: &mut Draft, resources: &[StageResource]) -> Result<(), Error> {
    for (index, wanted) in resources.iter().enumerate() {
        let stage = draft
            .stages
            .iter_mut()
            .find(|stage| stage.file == wanted.file);
        let stage = stage.ok_or_else(|| {
            let words = format!("The draft has no stage {}.", wanted.file);
            Error::field(&format!("/resources/{index}/file"), "stage_unknown", words)
        })?;
        if let Some(name) = &wanted.resource {
            portico_api::name::check_title(name).map_err(|problem| {
                let pointer = format!("/resources/{index}/resource");
                Error::field(&pointer, problem.code(), problem.to_string())
            })?;
        }
        stage.resource.clone_from(&wanted.resource);
    }
    let mut seen = BTreeSet::new();
    let mut names = draft
        .stages
        .iter()
        .filter_map(|stage| stage.resource.as_ref());
    match names.find(|name| !seen.insert(*name)) {
        Some(twice) => Err(Error::field(
            "/resources",
            "resource_twice",
            format!("Two stages are called “{twice}”."),
        )),
        None => Ok(()),
    }
}

/// The sample rows after a change: given anew, made up anew, or the same under the columns' new names.
fn rows_of(
    tests: &mut SelfTest,
    present: &Stored,
    draft: &mut Draft,
    change: &UpdateDraft,
    problems: &mut Vec<FieldError>,
) {
    let before = &present.draft;
    let parameters = std::mem::take(&mut tests.parameters);
    if let Some(rows) = &change.samples {
        check_rows(&draft.schema, rows, problems);
    }
    // The same rows again, as a form sends them, keep what is expected of them.
    let other = |rows: &&Vec<Vec<String>>| {
        before.samples != **rows || before.sample_rows as usize != rows.len()
    };
    if let Some(rows) = change.samples.as_ref().filter(other) {
        *tests = SelfTest::of_rows(&draft.schema, rows.clone());
        draft.samples_made_up = false;
    } else if draft.schema.inputs != before.schema.inputs {
        let renamed = draft.schema.inputs.len() == before.schema.inputs.len();
        if before.samples_made_up {
            *tests = SelfTest::of_rows(&draft.schema, samples::made_up(&draft.schema));
        } else if renamed {
            let pairs = before.schema.inputs.iter().zip(&draft.schema.inputs);
            let names: Vec<_> = pairs.map(|(old, new)| (&old.name, &new.name)).collect();
            let new_of = |name: &String| {
                let pair = names.iter().find(|(old, _)| *old == name);
                pair.map_or_else(|| name.clone(), |(_, new)| (*new).clone())
            };
            // A row's cells go with the columns, unless these only changed places.
            let same = |columns: &[portico_api::schema::InputColumn]| -> BTreeSet<String> {
                columns.iter().map(|column| column.name.clone()).collect()
            };
            if same(&before.schema.inputs) != same(&draft.schema.inputs) {
                tests.samples.names = tests.samples.names.iter().map(new_of).collect();
            }
        } else {
            problems.push(FieldError {
                pointer: "/samples".to_owned(),
                code: "samples_do_not_fit".to_owned(),
                detail: "The columns are others now: give sample rows for them.".to_owned(),
            });
        }
    }
    tests.parameters = change.sample_parameters.clone().unwrap_or(parameters);
    for (name, value) in &tests.parameters {
        let pointer = format!("/sample_parameters/{}", escaped(name));
        let known = draft.schema.parameters.iter().find(|one| one.name == *name);
        match known.map(|parameter| read_text(&parameter.as_column(), value)) {
            Some(Ok(_)) => {}
            Some(Err(problem)) => problems.push(FieldError {
                pointer,
                code: problem.code().to_owned(),
                detail: problem.to_string(),
            }),
            // One that was taken out of the schema goes with it.
            None if change.sample_parameters.is_none() => {}
            None => problems.push(FieldError {
                pointer,
                code: "parameter_unknown".to_owned(),
                detail: format!("There is no global parameter {name}."),
            }),
        }
    }
    let known = &draft.schema.parameters;
    tests
        .parameters
        .retain(|name, _| known.iter().any(|parameter| parameter.name == *name));
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn check_rows(schema: &Schema, rows: &[Vec<String>], problems: &mut Vec<FieldError>) {
    let mut add = |pointer: String, code: &str, detail: String| {
        problems.push(FieldError {
            pointer,
            code: code.to_owned(),
            detail,
        });
    };
    if rows.is_empty() || rows.len() > ROWS_MAX {
        let words = format!("Give 1 to {ROWS_MAX} sample rows.");
        return add("/samples".to_owned(), "samples_count", words);
    }
    for (row, cells) in rows.iter().enumerate() {
        if cells.len() != schema.inputs.len() {
            let words = format!(
                "Row {} has {} cells, and there are {} input columns.",
                row + 1,
                cells.len(),
                schema.inputs.len()
            );
            add(format!("/samples/{row}"), "cells_count", words);
            continue;
        }
        for (place, (column, text)) in schema.inputs.iter().zip(cells).enumerate() {
            if let Err(problem) = read_text(column, text) {
                let pointer = format!("/samples/{row}/{place}");
                add(pointer, problem.code(), problem.to_string());
            }
        }
    }
}

/// Throws a draft away. Its vetting stops; its files go with the next sweep.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn discard(app: &App, who: &Who, present: &Stored) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    drafts::delete(tx.conn(), &present.id, present.row_version).await?;
    let before = json!({"file": present.draft.file, "name": present.draft.name});
    write_audit(
        app,
        &mut tx,
        who,
        present,
        "draft.delete",
        Some(before),
        None,
    )
    .await?;
    tx.commit_quietly().await?;
    app.drafts.cancel(&present.id);
    Ok(())
}

/// A ready draft with its models, as it would score.
struct Loaded {
    tests: SelfTest,
    models: Vec<Bytes>,
    pipeline: Pipeline,
}

async fn load(app: &App, present: &Stored) -> Result<Loaded, Error> {
    must_be_ready(&present.draft)?;
    let (mut models, mut digests) = (Vec::new(), Vec::<ModelDigest>::new());
    for stage in &present.draft.stages {
        let bytes = app.area.blobs.get(&stage.sha256).await?;
        digests.push(ModelDigest::of(&bytes));
        models.push(bytes);
    }
    let schema = Arc::new(present.draft.schema.clone());
    Ok(Loaded {
        tests: self_test(app, present).await?,
        models,
        pipeline: Pipeline::of_stages(schema, digests.into(), "draft".into()),
    })
}

impl Loaded {
    /// Scores the sample rows; what is wrong with them is told under `/samples`.
    async fn score(
        &self,
        app: &App,
    ) -> Result<
        (
            portico_api::service::Parity,
            Vec<crate::calls::pipeline::OutputColumn>,
        ),
        Error,
    > {
        let parameters =
            crate::calls::rows::parameters(&self.pipeline.schema, &self.tests.sent_parameters());
        if let Err(Error::Invalid(errors)) = parameters {
            let under = |mut error: FieldError| {
                error.pointer = error
                    .pointer
                    .replacen("/parameters", "/sample_parameters", 1);
                error
            };
            return Err(Error::Invalid(errors.into_iter().map(under).collect()));
        }
        let scored = self
            .tests
            .run(app, &self.pipeline, self.models.clone())
            .await;
        scored.map_err(|error| match error {
            Error::Package(why) => Error::field("/samples", "samples_not_scored", why),
            other => other,
        })
    }
}

/// Scores the sample rows of a draft; the first of them are shown.
///
/// # Errors
/// [`Error::Conflict`] unless the draft is ready, [`Error::Invalid`] where the rows don't score.
pub async fn preview(app: &App, present: &Stored) -> Result<Preview, Error> {
    let loaded = load(app, present).await?;
    let (parity, outputs) = loaded.score(app).await?;
    let schema = &present.draft.schema;
    let names = schema.inputs.iter().map(|column| column.name.clone());
    let columns = names.chain(outputs.iter().map(|column| column.name.clone()));
    let shown = loaded.tests.shown(schema).into_iter().enumerate();
    let rows = shown.map(|(row, mut cells)| {
        cells.extend(outputs.iter().map(|column| cell(&column.values, row)));
        cells
    });
    let preview = Preview {
        columns: columns.collect(),
        rows: rows.collect(),
    };
    if present.draft.parity.is_none() {
        let mut next = present.clone();
        next.draft.parity = Some(parity);
        next.draft.step = String::new();
        let mut tx = app.store.begin().await?;
        match drafts::write(tx.conn(), &next, present.row_version).await {
            Ok(()) => tx.commit_quietly().await?,
            // Edited meanwhile: what was scored is not it any more.
            Err(Error::PreconditionFailed) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(preview)
}

/// Makes a draft a version.
///
/// # Errors
/// [`Error::Conflict`] unless the draft is ready, [`Error::Invalid`] where its rows don't score or it
/// breaks callers of the version before and that is not accepted. Nothing has changed then.
pub async fn publish(
    app: &App,
    who: &Who,
    present: &Stored,
    request: &PublishDraft,
) -> Result<PublishedDraft, Error> {
    let loaded = load(app, present).await?;
    let (parity, _) = loaded.score(app).await?;
    let draft = &present.draft;
    for model in &loaded.models {
        app.blobs.put(model.clone()).await?;
    }
    let self_test = app.blobs.put(loaded.tests.to_bytes()?).await?;
    let stages = draft.stages.iter().map(|stage| Stage {
        file: stage.file.clone(),
        resource: stage.resource.clone(),
        sha256: stage.sha256.clone(),
        bytes: stage.bytes,
    });
    let (name, text) = (draft.name.as_str(), draft.description.as_str());
    let target = match &draft.service_id {
        Some(service) => Target::Next(service),
        None if present.by_name => Target::Named {
            name,
            description: text,
        },
        None => Target::New {
            name,
            description: text,
        },
    };
    let publication = Publication {
        target,
        version: Version {
            number: 0,
            notes: draft.notes.clone(),
            published_by: shown_name(app, who).await?,
            created_at: on_the_wire(app.clock.now()),
            schema: draft.schema.clone(),
            stages: stages.collect(),
            samples: draft.samples.clone(),
            parity: parity.clone(),
            difference: None,
            may_stay_until: None,
        },
        self_test: Some(self_test),
        accept_breaking: request.accept_breaking,
    };
    let mut tx = app.store.begin().await?;
    let published = publish_in(app, &mut tx, who, &present.workspace, publication).await?;
    let mut next = present.clone();
    next.draft.state = DraftState::Published;
    next.draft.step = String::new();
    next.draft.version = Some(published.number);
    next.draft.service_id = Some(published.service.clone());
    next.draft.parity = Some(parity);
    drafts::write(tx.conn(), &next, present.row_version).await?;
    let after = json!({"service": published.service.as_str(), "version": published.number});
    write_audit(app, &mut tx, who, &next, "draft.publish", None, Some(after)).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok(PublishedDraft {
        service_id: published.service,
        version: published.number,
    })
}
