//! Calls about trying a version on a share of an endpoint's calls, and about a newer version.

use super::endpoints::Place;
use super::{Answer, Call, ClientError, Versioned, get, post, read_versioned};
use portico_api::problem::Code;
use portico_api::rollout::{Notice, Replay, Replayed, Rollout, StartRollout, Stay, UpdateRollout};
use portico_api::routes;
use serde_json::json;

/// The endpoint's staged rollout; none if there is none.
///
/// # Errors
/// [`ClientError`].
pub async fn find(place: &Place) -> Answer<Option<Versioned<Rollout>>> {
    let call = Call::new(&routes::ROLLOUT, &place.values());
    absent(call.send().await.and_then(read_versioned))
}

/// Starts a staged rollout.
///
/// # Errors
/// [`ClientError`].
pub async fn start(place: &Place, body: &StartRollout) -> Answer<Versioned<Rollout>> {
    let call = Call::new(&routes::START_ROLLOUT, &place.values()).json(body)?;
    read_versioned(call.send().await?)
}

/// Changes share and shadow of a staged rollout to these.
///
/// # Errors
/// [`ClientError`]; *precondition_failed* when `etag` is no longer its state.
pub async fn change(place: &Place, body: &StartRollout, etag: &str) -> Answer<Versioned<Rollout>> {
    let change = UpdateRollout {
        share_percent: Some(body.share_percent),
        shadow: Some(body.shadow),
    };
    let call = Call::new(&routes::UPDATE_ROLLOUT, &place.values())
        .json(&change)?
        .if_match(etag);
    read_versioned(call.send().await?)
}

/// Ends a staged rollout: the version in force answers all calls again.
///
/// # Errors
/// [`ClientError`]; *precondition_failed* when `etag` is no longer its state.
pub async fn end(place: &Place, etag: &str) -> Answer<()> {
    Call::new(&routes::END_ROLLOUT, &place.values())
        .if_match(etag)
        .send()
        .await?;
    Ok(())
}

/// Moves the endpoint to what is tried.
///
/// # Errors
/// [`ClientError`].
pub async fn promote(place: &Place) -> Answer<()> {
    Call::new(&routes::PROMOTE, &place.values())
        .json(&json!({}))?
        .send()
        .await?;
    Ok(())
}

/// What is to be known of the newer version; none if the endpoint serves the newest.
///
/// # Errors
/// [`ClientError`].
pub async fn notice(place: &Place) -> Answer<Option<Notice>> {
    absent(get(&routes::NOTICE, &place.values()).await)
}

/// Keeps the endpoint on its version for a while, or no longer.
///
/// # Errors
/// [`ClientError`]; *invalid* if the date is past what the publisher allows.
pub async fn stay(place: &Place, body: &Stay) -> Answer<Notice> {
    post(&routes::STAY, &place.values(), body).await
}

/// Scores rows by the version served and by another one.
///
/// # Errors
/// [`ClientError`].
pub async fn replay(place: &Place, body: &Replay) -> Answer<Replayed> {
    post(&routes::REPLAY, &place.values(), body).await
}

/// *Not found* is an answer here, and no failure.
fn absent<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(Code::NotFound) => Ok(None),
        Err(error) => Err::<_, ClientError>(error),
    }
}
