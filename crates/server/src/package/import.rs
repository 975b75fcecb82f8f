//! Publishing a package from the server's own machine.

use super::{Package, SAMPLES, refuse};
use crate::acts::services::{Publication, Published, Target, publish};
use crate::app::App;
use crate::audit::Who;
use crate::calls::pipeline::Pipeline;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::scoring::ModelDigest;
use crate::vetting;
use portico_api::id::WorkspaceId;
use portico_api::schema::Schema;
use portico_api::service::{Parity, Stage, Version};
use std::sync::Arc;

/// Who published what came in by this way, as pages show it.
const PUBLISHER: &str = "portico import";

/// Vets a package, scores its sample rows, and publishes it as the next version of the service of its
/// name in the workspace, whatever it changes for callers.
///
/// # Errors
/// [`Error::Package`] or [`Error::Scoring`] with the reason; nothing is kept then.
pub async fn import(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    package: &Package,
) -> Result<(Published, Parity), Error> {
    let manifest = &package.manifest;
    let models = package.models();
    for (stage, bytes) in manifest.stages.iter().zip(&models) {
        vetting::inspect(app, &stage.file, bytes.clone()).await?;
    }
    let schema = Arc::new(manifest.schema());
    let digests: Vec<ModelDigest> = models.iter().map(|bytes| ModelDigest::of(bytes)).collect();
    let pipeline = Pipeline::of_stages(Arc::clone(&schema), digests.into(), "import".into());
    let self_test = package
        .self_test()?
        .ok_or_else(|| refuse(format!("The package has no {SAMPLES}.")))?;
    let (parity, _) = self_test.run(app, &pipeline, models.clone()).await?;

    let mut stages = Vec::new();
    for (stage, bytes) in manifest.stages.iter().zip(models) {
        let size = bytes.len() as u64;
        let sha256 = app.blobs.put(bytes).await?;
        stages.push(Stage {
            file: stage.file.clone(),
            resource: stage.resource.clone(),
            sha256,
            bytes: size,
        });
    }
    let version = Version {
        number: 0,
        notes: manifest.notes.clone(),
        published_by: PUBLISHER.to_owned(),
        created_at: on_the_wire(app.clock.now()),
        stages,
        samples: self_test.shown(&schema),
        schema: Schema::clone(&schema),
        parity: parity.clone(),
        difference: None,
        may_stay_until: None,
    };
    let publication = Publication {
        target: Target::Named {
            name: &manifest.name,
            description: &manifest.description,
        },
        version,
        self_test: Some(app.blobs.put(self_test.to_bytes()?).await?),
        accept_breaking: true,
    };
    let published = publish(app, who, workspace, publication).await?;
    Ok((published, parity))
}
