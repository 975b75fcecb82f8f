//! How customers are led to a newer version: until when publishers let them stay, and until when an endpoint
//! stays.

use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::{Micros, from_the_wire, on_the_wire};
use crate::error::Error;
use crate::store::endpoints::Stored;
use crate::store::{audit, notices};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::rollout::{Stay, UpdateVersion};
use portico_api::time::Timestamp;
use portico_domain::stay;
use serde_json::json;

fn read(pointer: &str, text: Option<&Timestamp>) -> Result<Option<Micros>, Error> {
    let unreadable = || {
        let rule = "Write a moment as in 2026-11-23T08:05:09Z.";
        Error::field(pointer, "date_unreadable", rule)
    };
    text.map(|text| from_the_wire(text).ok_or_else(unreadable))
        .transpose()
}

/// Sets until when customers may stay on the versions before this one.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::NotFound`] if there is no such version, [`Error::Conflict`] for the
/// first one, which has none before it.
pub async fn may_stay(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    service: &ServiceId,
    number: u32,
    change: &UpdateVersion,
) -> Result<(), Error> {
    let until = read("/may_stay_until", change.may_stay_until.as_ref())?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let before = notices::may_stay_until(tx.conn(), service, number).await?;
    if number == 1 {
        return Err(Error::Conflict(
            "Version 1 is the first: there is none before it that customers could stay on."
                .to_owned(),
        ));
    }
    notices::set_may_stay_until(tx.conn(), service, number, until).await?;
    let object = format!("{service}/{number}");
    let told = |until: Option<Micros>| Some(json!({"may_stay_until": until.map(on_the_wire)}));
    let entry = Entry {
        who,
        action: "version.update",
        object_kind: "version",
        object_id: &object,
        workspace: Some(workspace.as_str()),
        before: told(before),
        after: told(until),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await
}

/// Keeps an endpoint on its version until a date, or lets it go.
///
/// # Errors
/// [`Error::Invalid`] for a date that is past or later than publishers allow; [`Error::Conflict`] where the
/// endpoint serves the newest version; [`Error::PreconditionFailed`] if it changed meanwhile.
pub async fn stay(app: &App, who: &Who, endpoint: &Stored, stay: &Stay) -> Result<(), Error> {
    let until = read("/until", stay.until.as_ref())?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let newer = notices::newer(tx.conn(), &endpoint.service_id, endpoint.version).await?;
    let Some(newer) = newer else {
        return Err(Error::Conflict(
            "The endpoint serves the newest version: there is nothing to stay behind of."
                .to_owned(),
        ));
    };
    if let Some(until) = until {
        stay::check(until, newer.may_stay_until, now)
            .map_err(|problem| Error::field("/until", problem.code(), problem.to_string()))?;
    }
    notices::set_stay_until(tx.conn(), &endpoint.id, endpoint.row_version, until, now).await?;
    let told = |until: Option<Micros>| Some(json!({"stay_until": until.map(on_the_wire)}));
    let entry = Entry {
        who,
        action: "endpoint.stay",
        object_kind: "endpoint",
        object_id: endpoint.id.as_str(),
        workspace: Some(endpoint.workspace_id.as_str()),
        before: told(endpoint.stay_until),
        after: told(until),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    tx.commit().await?;
    app.refresh().await
}
