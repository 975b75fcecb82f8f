//! Drafts: uploading, describing, previewing and publishing what is to become a version. Vetting is done
//! beside the requests, in `crate::drafts`.

mod edit;
mod publish;

pub use edit::change;
pub use publish::{preview, publish};

use super::Made;
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::self_test::SelfTest;
use crate::store::blobs::Aside;
use crate::store::drafts::{self, Stored};
use crate::store::services::Viewer;
use crate::store::{Tx, audit, idempotency, people, services, versions};
use portico_api::draft::{Draft, DraftState};
use portico_api::id::{DraftId, PersonId, ServiceId, WorkspaceId};
use portico_api::name::TITLE_MAX;
use portico_api::schema::Schema;
use portico_domain::schema::difference;
use serde_json::json;
use std::collections::BTreeMap;

/// Drafts with files that a workspace may have at the same time.
const DRAFTS_MAX: u32 = 100;

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
            step: crate::drafts::WAITING.to_owned(),
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
            sample_parameters: BTreeMap::new(),
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
    tx: &mut Tx,
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
