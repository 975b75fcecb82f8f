//! Changing and deleting services, and publishing versions of them.

use super::endpoints as endpoint_acts;
use super::{description, title};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::services::Stored;
use crate::store::{audit, endpoints, revisions, services, workspaces};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::service::{UpdateService, Version};
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

/// Publishes a version: a new service with its `default` endpoint, or the next version of the service
/// of that name, whose `default` endpoint follows by itself. `version.number` is set here.
///
/// # Errors
/// [`Error::NotFound`] if there is no such workspace.
pub async fn publish(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    name: &str,
    text: &str,
    mut version: Version,
) -> Result<Published, Error> {
    let name = title(name)?;
    description(text)?;
    let now = app.clock.now();
    let cap = workspaces::find(app.store.read(), workspace, None)
        .await?
        .ok_or(Error::NotFound)?
        .workspace
        .max_concurrent_calls_cap;
    let mut tx = app.store.begin().await?;
    let known = services::by_name(tx.conn(), workspace, &name).await?;
    let (service, number) = match known {
        Some((service, newest)) => (service, newest + 1),
        None => {
            let service = ServiceId::from_bytes(app.entropy.bytes()?);
            services::insert(tx.conn(), workspace, &service, &name, text, now).await?;
            (service, 1)
        }
    };
    version.number = number;
    services::insert_version(tx.conn(), &service, &version, now).await?;
    if number == 1 {
        endpoint_acts::insert_default(app, &mut tx, who, workspace, &service, cap).await?;
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
    let entry = Entry {
        who,
        action: "version.publish",
        object_kind: "version",
        object_id: &object,
        workspace: Some(workspace.as_str()),
        before: None,
        after: Some(json!({"service": name, "number": number, "notes": version.notes})),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await?;
    Ok(Published { service, number })
}
