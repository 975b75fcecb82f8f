//! Calls about an endpoint's own models.

use super::endpoints::Place;
use super::upload::Progress;
use super::{Answer, Call, Versioned, read_versioned};
use portico_api::endpoint::Endpoint;
use portico_api::routes;
use web_sys::File;

/// Gives an endpoint its own model for a resource. `progress` hears how much of the file has gone.
///
/// # Errors
/// [`super::ClientError`]; *invalid* names each difference that keeps the model from fitting.
pub async fn customise(
    place: &Place,
    resource: &str,
    file: &File,
    progress: impl Fn(Progress) + 'static,
) -> Answer<Versioned<Endpoint>> {
    let resource = routes::segment(resource);
    let call = Call::new(&routes::CUSTOMISE, &place.with(&resource));
    read_versioned(call.send_file(file, progress).await?)
}

/// Takes an endpoint's own model for a resource away: the version's runs in its place.
///
/// # Errors
/// [`super::ClientError`]; *precondition_failed* when `etag` is no longer the endpoint's state.
pub async fn uncustomise(place: &Place, resource: &str, etag: &str) -> Answer<()> {
    let resource = routes::segment(resource);
    Call::new(&routes::UNCUSTOMISE, &place.with(&resource))
        .if_match(etag)
        .send()
        .await?;
    Ok(())
}
