//! Making, changing, deleting and restoring endpoints.

use super::keys::{Place, issue};
use super::{Made, description};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::endpoints::Stored;
use crate::store::{Tx, audit, customers, endpoints, idempotency, quarantine, revisions, services};
use portico_api::endpoint::{CreateEndpoint, UpdateEndpoint};
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_api::key::KeySlot;
use portico_api::name::{Availability, EndpointName};
use portico_api::throttle::{Throttle, ThrottleProblem};
use portico_domain::key::PlainKey;
use serde_json::{Value, json};

/// The most tags an endpoint has, and the most characters each.
const TAGS_MAX: (usize, usize) = (20, 40);

/// Both keys of a new endpoint.
pub struct Keys {
    /// The primary key.
    pub primary: PlainKey,
    /// The secondary key.
    pub secondary: PlainKey,
}

/// Where a new endpoint goes.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// The workspace.
    pub workspace: &'a WorkspaceId,
    /// Its cap on calls at once.
    pub calls_cap: u32,
    /// The service.
    pub service: &'a services::Stored,
}

/// Makes an endpoint with both its keys.
///
/// The same id with the same body (`digest`) again gives the same endpoint, as does the same
/// idempotency key; the keys come only the first time.
///
/// # Errors
/// [`Error::NameTaken`], [`Error::Invalid`] by field, [`Error::Conflict`] if the id was used otherwise.
pub async fn create(
    app: &App,
    who: &Who,
    home: Home<'_>,
    request: &CreateEndpoint,
    digest: [u8; 32],
    once: Option<&idempotency::Once>,
) -> Result<Made<(EndpointId, Option<Keys>)>, Error> {
    let now = app.clock.now();
    let throttle = throttle(request.throttle, home.calls_cap)?;
    description(&request.description)?;
    tags(&request.tags)?;
    let service = &home.service.service;
    let version = request.version.unwrap_or(service.newest_version);
    if version == 0 || version > service.newest_version {
        return Err(Error::field(
            "/version",
            "version_unknown",
            format!("This service has versions 1 to {}.", service.newest_version),
        ));
    }
    if let Some(customer) = &request.customer_id
        && customers::find(app.store.read(), home.workspace, customer)
            .await?
            .is_none()
    {
        return Err(Error::field(
            "/customer_id",
            "customer_unknown",
            "This workspace has no such customer.",
        ));
    }

    let mut tx = app.store.begin().await?;
    if let Some(once) = once
        && let Some(made) = idempotency::made_before(tx.conn(), once, now).await?
    {
        return Ok(Made::Before((
            EndpointId::parse(&made).map_err(|e| Error::Internal(e.to_string()))?,
            None,
        )));
    }
    let id = match &request.id {
        Some(id) => match endpoints::by_id(tx.conn(), id).await? {
            Some(same) if same.created_from == digest && same.service_id == service.id => {
                return Ok(Made::Before((id.clone(), None)));
            }
            _ if endpoints::id_is_spent(tx.conn(), id).await? => {
                return Err(Error::Conflict(
                    "This id was used before; ids are never used again.".to_owned(),
                ));
            }
            _ => id.clone(),
        },
        None => EndpointId::from_bytes(app.entropy.bytes()?),
    };
    refuse_taken(&mut tx, &service.id, &request.name, now).await?;
    let (place, name) = ((home.workspace, &service.id), request.name.clone());
    let new = Stored {
        service_name: service.name.clone(),
        description: request.description.clone(),
        prevent_update: request.prevent_update,
        logging: request.logging,
        sample_data: request.sample_data_enabled,
        tags: request.tags.clone(),
        customer_id: request.customer_id.clone(),
        created_from: digest.to_vec(),
        ..Stored::new(id.clone(), place, name, version, throttle, now)
    };
    let keys = insert(app, &mut tx, who, &new).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, id.as_str(), now).await?;
    }
    tx.commit().await?;
    app.refresh().await?;
    Ok(Made::New((id, Some(keys))))
}

async fn refuse_taken(
    tx: &mut Tx,
    service: &ServiceId,
    name: &EndpointName,
    now: i64,
) -> Result<(), Error> {
    match endpoints::availability(tx.conn(), service, name, now).await? {
        // Where `default` was deleted, nobody else takes its place.
        Availability::Free if name.as_str() != EndpointName::DEFAULT => Ok(()),
        taken => Err(Error::NameTaken {
            name: name.to_string(),
            reserved: taken != Availability::Taken,
        }),
    }
}

/// Makes the `default` endpoint of a new service.
///
/// # Errors
/// If the database does not take it.
pub async fn insert_default(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    workspace: &WorkspaceId,
    service: &ServiceId,
    calls_cap: u32,
) -> Result<(), Error> {
    let id = EndpointId::from_bytes(app.entropy.bytes()?);
    let name = EndpointName::parse(EndpointName::DEFAULT);
    let name = name.map_err(|e| Error::Internal(e.to_string()))?;
    let (throttle, now) = (Throttle::default_under(calls_cap), app.clock.now());
    let new = Stored {
        description: "Follows the newest version by itself.".to_owned(),
        is_default: true,
        ..Stored::new(id, (workspace, service), name, 1, throttle, now)
    };
    insert(app, tx, who, &new).await?;
    Ok(())
}

pub(super) async fn insert(app: &App, tx: &mut Tx, who: &Who, new: &Stored) -> Result<Keys, Error> {
    let now = app.clock.now();
    endpoints::insert(tx.conn(), new).await?;
    revisions::insert(
        tx.conn(),
        &new.id,
        &who.label(),
        "create",
        new.version,
        &new.own_models,
        now,
    )
    .await?;
    let place = |slot| Place {
        workspace: &new.workspace_id,
        endpoint: Some(&new.id),
        slot,
        generation: 1,
    };
    let primary = issue(app, tx, place(KeySlot::Primary), None).await?;
    let secondary = issue(app, tx, place(KeySlot::Secondary), None).await?;
    let mut after = changeable(new);
    after["name"] = json!(new.name);
    after["version"] = json!(new.version);
    after["customer_id"] = json!(new.customer_id);
    let entry = Entry {
        who,
        action: "endpoint.create",
        object_kind: "endpoint",
        object_id: new.id.as_str(),
        workspace: Some(new.workspace_id.as_str()),
        before: None,
        after: Some(after),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    Ok(Keys { primary, secondary })
}

fn throttle(asked: Option<Throttle>, cap: u32) -> Result<Throttle, Error> {
    let refused = |problem: ThrottleProblem| {
        Error::field(
            &format!("/throttle/{}", problem.field()),
            problem.code(),
            problem.to_string(),
        )
    };
    asked
        .unwrap_or_else(|| Throttle::default_under(cap))
        .checked(cap)
        .map_err(refused)
}

fn tags(tags: &[String]) -> Result<(), Error> {
    let (count, length) = TAGS_MAX;
    let fits = |tag: &String| {
        (1..=length).contains(&tag.chars().count()) && !tag.chars().any(char::is_control)
    };
    if tags.len() > count || !tags.iter().all(fits) {
        return Err(Error::field(
            "/tags",
            "tags",
            format!("At most {count} tags of 1 to {length} characters."),
        ));
    }
    Ok(())
}

fn changeable(endpoint: &Stored) -> Value {
    json!({
        "description": endpoint.description,
        "throttle": endpoint.throttle,
        "paused": endpoint.paused,
        "prevent_update": endpoint.prevent_update,
        "logging": endpoint.logging,
        "sample_data_enabled": endpoint.sample_data,
        "tags": endpoint.tags,
    })
}

/// Only the fields of `value` that differ from `other`.
fn differing(value: &Value, other: &Value) -> Value {
    let fields = value.as_object().into_iter().flatten();
    fields
        .filter(|(name, field)| other.get(name) != Some(field))
        .map(|(name, field)| (name.clone(), field.clone()))
        .collect()
}

/// The endpoint as a change would leave it.
///
/// # Errors
/// [`Error::Invalid`] by field.
pub(super) fn changed(
    present: &Stored,
    change: &UpdateEndpoint,
    calls_cap: u32,
) -> Result<Stored, Error> {
    let mut next = present.clone();
    if let Some(text) = &change.description {
        description(text)?;
        next.description.clone_from(text);
    }
    if let Some(list) = &change.tags {
        tags(list)?;
        next.tags.clone_from(list);
    }
    if let Some(asked) = change.throttle.filter(|asked| *asked != present.throttle) {
        next.throttle = throttle(Some(asked), calls_cap)?;
    }
    next.paused = change.paused.unwrap_or(present.paused);
    next.prevent_update = change.prevent_update.unwrap_or(present.prevent_update);
    next.logging = change.logging.unwrap_or(present.logging);
    next.sample_data = change.sample_data_enabled.unwrap_or(present.sample_data);
    Ok(next)
}

/// Changes an endpoint.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn update(
    app: &App,
    who: &Who,
    calls_cap: u32,
    present: &Stored,
    change: &UpdateEndpoint,
) -> Result<(), Error> {
    let next = changed(present, change, calls_cap)?;
    let mut tx = app.store.begin().await?;
    write(app, &mut tx, who, present, &next).await?;
    tx.commit().await?;
    app.refresh().await
}

/// Writes a changed endpoint with its audit row.
pub(super) async fn write(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    present: &Stored,
    next: &Stored,
) -> Result<(), Error> {
    let now = app.clock.now();
    let (before, after) = (changeable(present), changeable(next));
    endpoints::update(tx.conn(), next, now).await?;
    let entry = Entry {
        who,
        action: "endpoint.update",
        object_kind: "endpoint",
        object_id: present.id.as_str(),
        workspace: Some(present.workspace_id.as_str()),
        before: Some(differing(&before, &after)),
        after: Some(differing(&after, &before)),
    };
    audit::insert(tx.conn(), now, &entry).await
}

/// Deletes an endpoint; it can be restored for seven days, its name is kept that long.
///
/// # Errors
/// [`Error::Conflict`] for `default` while others exist, [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn delete(app: &App, who: &Who, present: &Stored) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if present.is_default && endpoints::others(tx.conn(), &present.service_id).await? > 0 {
        return Err(Error::Conflict(
            "The default endpoint can't be deleted while the service has others.".to_owned(),
        ));
    }
    endpoints::delete(tx.conn(), &present.id, present.row_version, now).await?;
    noted(
        app,
        &mut tx,
        who,
        "endpoint.delete",
        present.id.as_str(),
        &present.workspace_id,
        json!({"name": present.name}),
    )
    .await?;
    tx.commit().await?;
    app.refresh().await
}

/// Brings a deleted endpoint back, with its keys, models and counters.
///
/// # Errors
/// [`Error::NotFound`] if none of that name can be restored.
pub async fn restore(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    service: &ServiceId,
    name: &EndpointName,
) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let id = endpoints::restore(tx.conn(), service, name, app.clock.now()).await?;
    noted(
        app,
        &mut tx,
        who,
        "endpoint.restore",
        id.as_str(),
        workspace,
        json!({"name": name}),
    )
    .await?;
    tx.commit().await?;
    app.refresh().await
}

/// Lets the endpoint's quarantined models run again.
///
/// # Errors
/// If the database does not take it.
pub async fn release(
    app: &App,
    who: &Who,
    endpoint: &Stored,
    digests: &[String],
) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    for digest in digests {
        quarantine::delete(tx.conn(), digest).await?;
    }
    noted(
        app,
        &mut tx,
        who,
        "endpoint.release_models",
        endpoint.id.as_str(),
        &endpoint.workspace_id,
        json!({"models": digests}),
    )
    .await?;
    tx.commit().await?;
    for digest in digests.iter().filter_map(|digest| digest.parse().ok()) {
        app.engine.release(&digest);
    }
    app.refresh().await
}

async fn noted(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    action: &'static str,
    id: &str,
    workspace: &WorkspaceId,
    what: Value,
) -> Result<(), Error> {
    let entry = Entry {
        who,
        action,
        object_kind: "endpoint",
        object_id: id,
        workspace: Some(workspace.as_str()),
        before: None,
        after: Some(what),
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await
}
