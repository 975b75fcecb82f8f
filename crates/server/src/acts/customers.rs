//! Adding customers.

use super::{Made, title};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::error::Error;
use crate::store::{audit, customers, idempotency};
use portico_api::customer::CreateCustomer;
use portico_api::id::{CustomerId, WorkspaceId};
use serde_json::json;

/// Adds a customer to a workspace.
///
/// # Errors
/// [`Error::Invalid`] if the name is not one, or is taken.
pub async fn create(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    request: &CreateCustomer,
    once: Option<&idempotency::Once>,
) -> Result<Made<CustomerId>, Error> {
    let name = title(&request.name)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if let Some(once) = once
        && let Some(made) = idempotency::made_before(tx.conn(), once, now).await?
    {
        return Ok(Made::Before(
            CustomerId::parse(&made).map_err(|e| Error::Internal(e.to_string()))?,
        ));
    }
    let id = CustomerId::from_bytes(app.entropy.bytes()?);
    customers::insert(tx.conn(), workspace, &id, &name, now).await?;
    let entry = Entry {
        who,
        action: "customer.create",
        object_kind: "customer",
        object_id: id.as_str(),
        workspace: Some(workspace.as_str()),
        before: None,
        after: Some(json!({"name": name})),
    };
    audit::insert(tx.conn(), now, &entry).await?;
    if let Some(once) = once {
        idempotency::remember(tx.conn(), once, id.as_str(), now).await?;
    }
    tx.commit().await?;
    Ok(Made::New(id))
}
