//! Calls about endpoints.

use super::{Answer, Call, Versioned, get_page, post, read_versioned};
use portico_api::endpoint::{CreateEndpoint, CreatedEndpoint, Endpoint, UpdateEndpoint};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::{EndpointName, NameAvailability};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use serde_json::json;

/// Where an endpoint is found in the REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The workspace.
    pub ws: WorkspaceId,
    /// The service.
    pub svc: ServiceId,
    /// The endpoint.
    pub name: EndpointName,
}

impl Place {
    /// The place of an endpoint that is at hand.
    pub fn of(endpoint: &Endpoint) -> Self {
        Self {
            ws: endpoint.workspace_id.clone(),
            svc: endpoint.service_id.clone(),
            name: endpoint.name.clone(),
        }
    }

    pub(super) fn values(&self) -> [&str; 3] {
        [self.ws.as_str(), self.svc.as_str(), self.name.as_str()]
    }

    pub(super) fn with<'a>(&'a self, last: &'a str) -> [&'a str; 4] {
        let [ws, svc, name] = self.values();
        [ws, svc, name, last]
    }
}

/// A page of a service's endpoints: `default` first, then by name.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(ws: &WorkspaceId, svc: &ServiceId, page: &PageQuery) -> Answer<Page<Endpoint>> {
    get_page(&routes::ENDPOINTS, &[ws.as_str(), svc.as_str()], page).await
}

/// A page of the endpoints granted to the signed-in person's organisations.
///
/// # Errors
/// [`super::ClientError`].
pub async fn mine(page: &PageQuery) -> Answer<Page<Endpoint>> {
    get_page(&routes::MY_ENDPOINTS, &[], page).await
}

/// One endpoint.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(place: &Place) -> Answer<Versioned<Endpoint>> {
    let call = Call::new(&routes::ENDPOINT, &place.values());
    read_versioned(call.send().await?)
}

/// Makes an endpoint. With an id in `body` the same request again makes no second one.
///
/// # Errors
/// [`super::ClientError`]; *name_taken* and *invalid* among them.
pub async fn create(
    ws: &WorkspaceId,
    svc: &ServiceId,
    body: &CreateEndpoint,
) -> Answer<CreatedEndpoint> {
    let values = [ws.as_str(), svc.as_str()];
    post(&routes::CREATE_ENDPOINT, &values, body).await
}

/// Changes an endpoint.
///
/// # Errors
/// [`super::ClientError`]; *precondition_failed* when `etag` is no longer its state.
pub async fn update(
    place: &Place,
    body: &UpdateEndpoint,
    etag: &str,
) -> Answer<Versioned<Endpoint>> {
    let call = Call::new(&routes::UPDATE_ENDPOINT, &place.values())
        .json(body)?
        .if_match(etag);
    read_versioned(call.send().await?)
}

/// Deletes an endpoint; it can be restored for seven days.
///
/// # Errors
/// [`super::ClientError`]; *precondition_failed* when `etag` is no longer its state.
pub async fn delete(place: &Place, etag: &str) -> Answer<()> {
    Call::new(&routes::DELETE_ENDPOINT, &place.values())
        .if_match(etag)
        .send()
        .await?;
    Ok(())
}

/// Brings a deleted endpoint back.
///
/// # Errors
/// [`super::ClientError`].
pub async fn restore(place: &Place) -> Answer<Versioned<Endpoint>> {
    let call = Call::new(&routes::RESTORE_ENDPOINT, &place.values()).json(&json!({}))?;
    read_versioned(call.send().await?)
}

/// Whether a name is free, taken or reserved.
///
/// # Errors
/// [`super::ClientError`].
pub async fn availability(place: &Place) -> Answer<NameAvailability> {
    super::get(&routes::AVAILABILITY, &place.values()).await
}

/// Lets quarantined models of an endpoint run again.
///
/// # Errors
/// [`super::ClientError`].
pub async fn release(place: &Place) -> Answer<Versioned<Endpoint>> {
    let call = Call::new(&routes::RELEASE, &place.values()).json(&json!({}))?;
    read_versioned(call.send().await?)
}
