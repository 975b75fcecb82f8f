//! The self-test of a version, run again: when somebody asks, and by itself on an engine that the version has
//! not met yet. A version never changes; what is written is how the engine scores it.

use super::models::AT_ONCE;
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::calls::pipeline::Pipeline;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::scoring::EngineStatus;
use crate::self_test::SelfTest;
use crate::store::{audit, services, versions};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::service::{Parity, Version};
use serde_json::json;
use std::sync::Arc;

/// Scores a version's sample rows on the engine that runs now, and writes what came of it.
///
/// # Errors
/// [`Error::NotFound`] if there is no such version, [`Error::Scoring`] where nothing could score.
pub async fn check(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    service: &ServiceId,
    number: u32,
) -> Result<Parity, Error> {
    let _turn = AT_ONCE.acquire().await;
    let version = services::version(app.store.read(), service, number)
        .await?
        .ok_or(Error::NotFound)?;
    let before = version.parity.clone();
    let parity = match score(app, service, &version).await {
        Ok(parity) => parity,
        Err(Error::Package(why)) => Parity {
            failed: Some(why),
            engine: app.engine.runtime().unwrap_or_default(),
            checked_at: Some(on_the_wire(app.clock.now())),
            ..before.clone()
        },
        Err(error) => return Err(error),
    };
    let mut tx = app.store.begin().await?;
    versions::set_parity(tx.conn(), service, number, &parity).await?;
    let object = format!("{service}/{number}");
    let entry = Entry {
        who,
        action: "version.check",
        object_kind: "version",
        object_id: &object,
        workspace: Some(workspace.as_str()),
        before: Some(json!({"parity": before})),
        after: Some(json!({"parity": parity})),
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await?;
    tx.commit_quietly().await?;
    Ok(parity)
}

async fn score(app: &App, service: &ServiceId, version: &Version) -> Result<Parity, Error> {
    let stages = version.stages.iter().map(|stage| &stage.sha256);
    let (models, digests) = app.blobs.models(stages).await?;
    let schema = Arc::new(version.schema.clone());
    let kept = SelfTest::of_version(app, service, version.number).await?;
    let whole = kept.is_some();
    let test = kept.unwrap_or_else(|| SelfTest::of_rows(&schema, version.samples.clone()));
    let pipeline = Pipeline::of_stages(schema, digests.into(), "check".into());
    let (scored, _) = test.run(app, &pipeline, models).await?;
    if whole {
        return Ok(scored);
    }
    // Of an old version only some rows are left, and nothing that is expected of them: that they score is
    // all that this engine can show.
    Ok(Parity {
        engine: scored.engine,
        checked_at: scored.checked_at,
        failed: None,
        ..version.parity.clone()
    })
}

/// Checks every version whose sample rows another engine scored last, one after the other. For once at the
/// start of the server.
///
/// # Errors
/// If the database does not answer.
pub async fn check_all(app: &App) -> Result<(), Error> {
    let (EngineStatus::Ready, Some(engine)) = (app.engine.status(), app.engine.runtime()) else {
        return Ok(());
    };
    for (workspace, service, number) in
        versions::checked_elsewhere(app.store.read(), &engine).await?
    {
        match check(app, &Who::system(), &workspace, &service, number).await {
            Ok(parity) => tracing::info!(
                service = service.as_str(),
                version = number,
                labels = parity.label_differences,
                largest = parity.largest_difference,
                failed = parity.failed,
                "self-test on {engine}"
            ),
            Err(error) => tracing::error!(
                %error,
                service = service.as_str(),
                version = number,
                "a self-test could not be run"
            ),
        }
    }
    Ok(())
}
