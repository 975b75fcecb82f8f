//! Calls that plan and make an endpoint's move to another version.

use super::endpoints::Place;
use super::{Answer, Call, post};
use portico_api::routes;
use portico_api::update::{UpdatePlan, UpdateToVersion};

/// What an update would do. Without a version: to the newest.
///
/// # Errors
/// [`super::ClientError`].
pub async fn plan(place: &Place, to: &UpdateToVersion) -> Answer<UpdatePlan> {
    let mut call = Call::new(&routes::UPDATE_PLAN, &place.values());
    if let Some(version) = to.version {
        call.query("version", &version.to_string());
    }
    if to.overwrite {
        call.query("overwrite", "true");
    }
    super::read(&call.send().await?)
}

/// Updates the endpoint; answers what was done.
///
/// # Errors
/// [`super::ClientError`]; a refusal says why, and nothing was changed then.
pub async fn update(place: &Place, to: &UpdateToVersion) -> Answer<UpdatePlan> {
    post(&routes::UPDATE_VERSION_OF, &place.values(), to).await
}
