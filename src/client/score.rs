//! Signed-in scoring.

use super::endpoints::Place;
use super::{Answer, post};
use portico_api::routes;
use portico_api::score::{ScoreAnswer, ScoreRequest};

/// Scores rows. Dropping the future aborts the call.
///
/// # Errors
/// [`super::ClientError`]; *invalid* names the cell by a pointer such as `/rows/0/island`.
pub async fn score(place: &Place, body: &ScoreRequest) -> Answer<ScoreAnswer> {
    post(&routes::SCORE, &place.values(), body).await
}
