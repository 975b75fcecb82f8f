//! Scoring the sample rows of a draft, and making it a version.

use super::{must_be_ready, self_test, shown, shown_name, write_audit};
use crate::acts::models::AT_ONCE;
use crate::acts::services::{Publication, Target, must_not_break, publish_in};
use crate::acts::{description, title};
use crate::app::App;
use crate::audit::Who;
use crate::calls::pipeline::{OutputColumn, Pipeline};
use crate::calls::rows;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::self_test::{SelfTest, cell};
use crate::store::drafts::{self, Stored};
use bytes::Bytes;
use portico_api::draft::{DraftState, Preview, PublishDraft, PublishedDraft};
use portico_api::problem::FieldError;
use portico_api::service::{Parity, Stage, Version};
use serde_json::json;
use std::sync::Arc;

/// A ready draft with its models, as it would score.
struct Loaded {
    tests: SelfTest,
    models: Vec<Bytes>,
    pipeline: Pipeline,
}

async fn load(app: &App, present: &Stored) -> Result<Loaded, Error> {
    must_be_ready(&present.draft)?;
    let stages = present.draft.stages.iter().map(|stage| &stage.sha256);
    let (models, digests) = app.area.blobs.models(stages).await?;
    let schema = Arc::new(present.draft.schema.clone());
    Ok(Loaded {
        tests: self_test(app, present).await?,
        models,
        pipeline: Pipeline::of_stages(schema, digests.into(), "draft".into()),
    })
}

impl Loaded {
    /// Scores the sample rows; what is wrong with them is told under `/samples`.
    async fn score(&self, app: &App) -> Result<(Parity, Vec<OutputColumn>), Error> {
        let parameters = rows::parameters(&self.pipeline.schema, &self.tests.sent_parameters());
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
    let _turn = AT_ONCE.acquire().await;
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
/// breaks callers of the version before and that is not accepted, [`Error::NoRoom`] if the disk is too full.
/// Nothing has changed then.
pub async fn publish(
    app: &App,
    who: &Who,
    present: &Stored,
    request: &PublishDraft,
) -> Result<PublishedDraft, Error> {
    must_be_ready(&present.draft)?;
    let draft = &present.draft;
    if draft.service_id.is_none() {
        title(&draft.name)?;
        description(&draft.description)?;
    }
    let _turn = AT_ONCE.acquire().await;
    let loaded = load(app, present).await?;
    let (parity, _) = loaded.score(app).await?;
    if let Some(found) = shown(app, present).await?.difference {
        // Before anything is kept; as it is published, it is asked again.
        must_not_break(&found, request.accept_breaking)?;
    }
    let self_test = loaded.tests.to_bytes()?;
    let models: usize = loaded.models.iter().map(Bytes::len).sum();
    app.area.must_have_room(models + self_test.len())?;
    for model in &loaded.models {
        app.blobs.put(model.clone()).await?;
    }
    let self_test = app.blobs.put(self_test).await?;
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
    next.self_test = None;
    drafts::write(tx.conn(), &next, present.row_version)
        .await
        .map_err(|error| match error {
            Error::PreconditionFailed => {
                Error::Conflict("The draft changed meanwhile. Look at it again.".to_owned())
            }
            other => other,
        })?;
    let after = json!({"service": published.service.as_str(), "version": published.number});
    write_audit(app, &mut tx, who, &next, "draft.publish", None, Some(after)).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok(PublishedDraft {
        service_id: published.service,
        version: published.number,
    })
}
