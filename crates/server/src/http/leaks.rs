//! Reports of keys that were found where they should not be. Open to everybody; neither the answer nor
//! the time it takes tells whether there is such a key.

use super::extract::Body;
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::leaks::{self, Report};
use crate::app::App;
use crate::error::Error;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use portico_api::key::{LEAK_REPORT_BYTES, LeakReceived, ReportLeakedKey};
use portico_api::routes;

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::REPORT_LEAKED_KEY, report);
}

async fn report(
    State(app): State<App>,
    caller: Caller,
    body: Body<ReportLeakedKey, LEAK_REPORT_BYTES>,
) -> Result<(StatusCode, Json<LeakReceived>), Error> {
    app.reports.count(caller.who.address(), app.clock.now())?;
    let report = Report::new(body.value.key, body.value.found_at)?;
    // Beside the answer: what a known key costs (a commit, a new snapshot) must not be measured.
    tokio::spawn(async move {
        if let Err(error) = leaks::act_on(&app, &caller.who, &report).await {
            tracing::error!(%error, "a report of a leaked key was not acted on");
        }
    });
    Ok((StatusCode::ACCEPTED, Json(LeakReceived { received: true })))
}
