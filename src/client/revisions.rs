//! Calls about the states that an endpoint was in.

use super::endpoints::Place;
use super::{Answer, get_page, post};
use portico_api::page::{Page, PageQuery};
use portico_api::routes;
use portico_api::update::Revision;
use serde_json::json;

/// A page of an endpoint's revisions, newest first.
///
/// # Errors
/// [`super::ClientError`].
pub async fn list(place: &Place, page: &PageQuery) -> Answer<Page<Revision>> {
    get_page(&routes::REVISIONS, &place.values(), page).await
}

/// Goes back to a revision: answers the new one, which equals it.
///
/// # Errors
/// [`super::ClientError`].
pub async fn restore(place: &Place, number: u32) -> Answer<Revision> {
    let number = number.to_string();
    post(&routes::ROLL_BACK, &place.with(&number), &json!({})).await
}
