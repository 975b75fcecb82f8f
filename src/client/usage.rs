//! Calls about an endpoint's usage.

use super::endpoints::Place;
use super::{Answer, Call, read};
use portico_api::routes;
use portico_api::usage::{Usage, UsageRange};

/// The usage of an endpoint over a span.
///
/// # Errors
/// [`super::ClientError`].
pub async fn get(place: &Place, range: UsageRange) -> Answer<Usage> {
    let mut call = Call::new(&routes::USAGE, &place.values());
    call.query(
        "range",
        match range {
            UsageRange::Hour => "hour",
            UsageRange::Day => "day",
            UsageRange::Month => "month",
        },
    );
    read(&call.send().await?)
}
