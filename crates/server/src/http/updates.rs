//! Updates of one endpoint: the plan, and what it says done.

use super::endpoints::find;
use super::extract::{Body, Place, Query};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::updates::{self as acts, Wish};
use crate::app::App;
use crate::error::Error;
use crate::store::services::Viewer;
use axum::Json;
use axum::extract::State;
use portico_api::routes;
use portico_api::update::{UpdatePlan, UpdateToVersion};
use serde::Deserialize;

pub(super) fn routes(api: &mut Registrar) {
    api.add_queried(&routes::UPDATE_PLAN, plan);
    api.add(&routes::UPDATE_VERSION_OF, update);
}

/// What is to be planned.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanQuery {
    /// The version; the newest if absent.
    version: Option<u32>,
    /// Whether the endpoint's own models are to give way.
    #[serde(default)]
    overwrite: bool,
}

fn wish(caller: &Caller, version: Option<u32>, overwrite: bool) -> Wish {
    Wish {
        version,
        overwrite,
        by_customer: matches!(caller.viewer(), Viewer::Granted(_)),
    }
}

/// Shows what an update would do; changes nothing.
async fn plan(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    Query(query): Query<PlanQuery>,
) -> Result<Json<UpdatePlan>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let wish = wish(&caller, query.version, query.overwrite);
    let plan = acts::plan(&app, &endpoint, wish).await?;
    Ok(Json(acts::told(endpoint.name, &plan)))
}

/// Updates the endpoint and answers what was done.
async fn update(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<UpdateToVersion>,
) -> Result<Json<UpdatePlan>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let wish = wish(&caller, body.value.version, body.value.overwrite);
    let plan = acts::update(&app, &caller.who, &endpoint.id, wish).await?;
    Ok(Json(acts::told(endpoint.name, &plan)))
}
