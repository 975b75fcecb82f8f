//! Changing and deleting services, and publishing versions of them.

use super::endpoints as endpoint_acts;
use super::{description, title};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::services::Stored;
use crate::store::{Tx, audit, endpoints, models, revisions, services, versions, workspaces};
use portico_api::difference::{SchemaChange, SchemaDifference, SchemaPart};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::problem::{FieldError, reference_token};
use portico_api::service::{UpdateService, Version};
use portico_domain::schema::difference;
use serde_json::json;
use std::collections::BTreeMap;

/// Changes a service.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    app: &App,
    who: &Who,
    present: &Stored,
    change: &UpdateService,
) -> Result<(), Error> {
    let before = &present.service;
    let name = change
        .name
        .as_deref()
        .map_or_else(|| Ok(before.name.clone()), title)?;
    let text = change.description.as_ref().unwrap_or(&before.description);
    description(text)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    services::update(tx.conn(), &before.id, present.row_version, &name, text, now).await?;
    let entry = Entry {
        who,
        action: "service.update",
        object_kind: "service",
        object_id: before.id.as_str(),
        workspace: Some(before.workspace_id.as_str()),
        before: Some(json!({"name": before.name, "description": before.description})),
        after: Some(json!({"name": name, "description": text})),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await
}

/// Deletes a service: its endpoints refuse calls at once.
///
/// # Errors
/// [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(app: &App, who: &Who, present: &Stored) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    services::delete(tx.conn(), &present.service.id, present.row_version, now).await?;
    let entry = Entry {
        who,
        action: "service.delete",
        object_kind: "service",
        object_id: present.service.id.as_str(),
        workspace: Some(present.service.workspace_id.as_str()),
        before: Some(json!({"name": present.service.name})),
        after: None,
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await
}

/// Where a version was published.
#[derive(Debug)]
pub struct Published {
    /// The service.
    pub service: ServiceId,
    /// The version's number.
    pub number: u32,
}

/// Which service a version is published in.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The one of this name in the workspace, or a new one.
    Named {
        /// The name.
        name: &'a str,
        /// What a new one predicts.
        description: &'a str,
    },
    /// A new one, whoever else has the name.
    New {
        /// The name.
        name: &'a str,
        /// What it predicts.
        description: &'a str,
    },
    /// This one.
    Next(&'a ServiceId),
}

/// What is published.
#[derive(Debug)]
pub struct Publication<'a> {
    /// Where.
    pub target: Target<'a>,
    /// The version; its number and its difference to the one before are set as it is published.
    pub version: Version,
    /// SHA-256 of its self-test in the blob store.
    pub self_test: Option<String>,
    /// Whether it may break callers of the version before.
    pub accept_breaking: bool,
}

/// Publishes a version: a new service with its `default` endpoint, or the next version of a service, whose
/// `default` endpoint follows by itself.
///
/// # Errors
/// Those of [`publish_in`].
pub async fn publish(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    publication: Publication<'_>,
) -> Result<Published, Error> {
    let mut tx = app.store.begin().await?;
    let published = publish_in(app, &mut tx, who, workspace, publication).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok(published)
}

/// As [`publish`], in a transaction that the caller commits.
///
/// # Errors
/// [`Error::NotFound`] if there is no such workspace, [`Error::Conflict`] if the service is gone,
/// [`Error::Invalid`] naming each change that breaks callers, unless these are accepted.
pub async fn publish_in(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    workspace: &WorkspaceId,
    publication: Publication<'_>,
) -> Result<Published, Error> {
    let now = app.clock.now();
    let cap = workspaces::find(app.store.read(), workspace, None)
        .await?
        .ok_or(Error::NotFound)?
        .workspace
        .max_concurrent_calls_cap;
    let mut version = publication.version;
    let (service, newest) = target(app, tx, workspace, publication.target).await?;
    if let Some(before) = versions::schema(tx.conn(), &service, newest).await? {
        let found = difference(newest, &before, &version.schema);
        must_not_break(&found, publication.accept_breaking)?;
        version.difference = Some(found);
    }
    let number = newest + 1;
    version.number = number;
    let self_test = publication.self_test.as_deref();
    services::insert_version(tx.conn(), &service, &version, self_test, now).await?;
    if number == 1 {
        endpoint_acts::insert_default(app, tx, who, workspace, &service, cap).await?;
    } else if let Some(endpoint) =
        endpoints::follow_newest(tx.conn(), &service, number, now).await?
    {
        let none = BTreeMap::new();
        revisions::insert(
            tx.conn(),
            &endpoint,
            &who.label(),
            "follow",
            number,
            &none,
            now,
        )
        .await?;
    }
    let object = format!("{service}/{number}");
    let breaks = version
        .difference
        .as_ref()
        .map_or(0, SchemaDifference::breaking);
    let entry = Entry {
        who,
        action: "version.publish",
        object_kind: "version",
        object_id: &object,
        workspace: Some(workspace.as_str()),
        before: None,
        after: Some(json!({
            "service": versions::name(tx.conn(), &service).await?,
            "number": number,
            "notes": version.notes,
            "breaking_changes": breaks,
        })),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    Ok(Published { service, number })
}

/// The service that is published in, made if it is a new one, and the number of its newest version.
async fn target(
    app: &App,
    tx: &mut Tx,
    workspace: &WorkspaceId,
    target: Target<'_>,
) -> Result<(ServiceId, u32), Error> {
    let (name, text, may_be_there) = match target {
        Target::Next(service) => {
            let newest = models::newest(tx.conn(), service).await?;
            let newest = newest
                .ok_or_else(|| Error::Conflict("The service was deleted meanwhile.".to_owned()))?;
            return Ok((service.clone(), newest));
        }
        Target::Named { name, description } => (name, description, true),
        Target::New { name, description } => (name, description, false),
    };
    let name = title(name)?;
    description(text)?;
    if may_be_there && let Some(known) = services::by_name(tx.conn(), workspace, &name).await? {
        return Ok(known);
    }
    let service = ServiceId::from_bytes(app.entropy.bytes()?);
    let now = app.clock.now();
    services::insert(tx.conn(), workspace, &service, &name, text, now).await?;
    Ok((service, 0))
}

/// Refuses changes that break callers, unless these are accepted.
///
/// # Errors
/// [`Error::Invalid`] naming each of them.
pub fn must_not_break(found: &SchemaDifference, accepted: bool) -> Result<(), Error> {
    if accepted || found.breaking() == 0 {
        return Ok(());
    }
    let one = |change: &SchemaChange| {
        let part = match change.part {
            SchemaPart::Input => "inputs",
            SchemaPart::Output => "outputs",
            SchemaPart::Parameter => "parameters",
        };
        let name = reference_token(&change.name);
        FieldError {
            pointer: format!("/schema/{part}/{name}"),
            code: format!("breaking_{}", change.code),
            detail: change.detail.clone(),
        }
    };
    let breaking = found.changes.iter().filter(|change| change.breaking);
    Err(Error::Invalid(breaking.map(one).collect()))
}
