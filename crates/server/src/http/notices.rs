//! What customers hear of a newer version, how long they stay on theirs, and their rows on both.

use super::endpoints::find;
use super::extract::{Body, Place};
use super::router::Registrar;
use crate::access::Caller;
use crate::acts::{notices as acts, rollouts};
use crate::app::App;
use crate::calls::pipeline::Pipeline;
use crate::calls::replay;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::store::endpoints::Stored;
use crate::store::services::Viewer;
use crate::store::{notices, services};
use axum::Json;
use axum::extract::State;
use portico_api::id::ServiceId;
use portico_api::problem::FieldError;
use portico_api::rollout::{Notice, Replay, Replayed, Stay, UpdateVersion};
use portico_api::routes;
use portico_api::service::Version;
use portico_domain::schema;
use std::sync::Arc;

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::UPDATE_VERSION, update_version);
    api.add(&routes::NOTICE, get);
    api.add(&routes::STAY, stay);
    api.add(&routes::REPLAY, score);
}

async fn version(app: &App, service: &ServiceId, number: u32) -> Result<Version, Error> {
    let found = services::version(app.store.read(), service, number).await?;
    found.ok_or(Error::NotFound)
}

/// The newest version, if the endpoint serves an earlier one.
async fn newer(app: &App, endpoint: &Stored) -> Result<Option<notices::Newer>, Error> {
    let mut conn = app.store.read().acquire().await?;
    notices::newer(&mut conn, &endpoint.service_id, endpoint.version).await
}

async fn notice(app: &App, endpoint: &Stored) -> Result<Json<Notice>, Error> {
    let newer = newer(app, endpoint).await?.ok_or(Error::NotFound)?;
    let served = version(app, &endpoint.service_id, endpoint.version).await?;
    let newest = version(app, &endpoint.service_id, newer.number).await?;
    Ok(Json(Notice {
        from: served.number,
        to: newest.number,
        difference: schema::difference(served.number, &served.schema, &newest.schema),
        notes: newest.notes,
        published_at: newest.created_at,
        may_stay_until: newer.may_stay_until.map(on_the_wire),
        stay_until: endpoint.stay_until.map(on_the_wire),
    }))
}

async fn get(State(app): State<App>, caller: Caller, place: Place) -> Result<Json<Notice>, Error> {
    notice(&app, &find(&app, &caller, &place).await?).await
}

async fn stay(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<Stay>,
) -> Result<Json<Notice>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    acts::stay(&app, &caller.who, &endpoint, &body.value).await?;
    notice(&app, &find(&app, &caller, &place).await?).await
}

async fn update_version(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<UpdateVersion>,
) -> Result<Json<Version>, Error> {
    let service = super::services::find(&app, &caller, &place).await?.service;
    let number = place.version.ok_or(Error::NotFound)?;
    let ws = place.ws()?;
    acts::may_stay(&app, &caller.who, ws, &service.id, number, &body.value).await?;
    version(&app, &service.id, number).await.map(Json)
}

async fn score(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    body: Body<Replay>,
) -> Result<Json<Replayed>, Error> {
    let endpoint = find(&app, &caller, &place).await?;
    let entry = Arc::clone(
        app.snapshot()
            .endpoint(&endpoint.id)
            .ok_or(Error::NotFound)?,
    );
    let stored = &entry.stored;
    let Replay { version, rows } = body.value;
    let to = match version {
        Some(number) if number == stored.version => {
            return Err(Error::field(
                "/version",
                "version_served",
                format!("The endpoint serves version {number} already."),
            ));
        }
        Some(number) => number,
        None => match newer(&app, stored).await? {
            Some(newer) => newer.number,
            None => {
                return Err(Error::Conflict(
                    "The endpoint serves the newest version: name the one to compare with."
                        .to_owned(),
                ));
            }
        },
    };
    let columns = entry.pipeline.schema.inputs.iter();
    let inputs: Vec<String> = columns.map(|column| column.name.clone()).collect();
    check(&rows, inputs.len())?;
    let other = rollouts::tried(&app, stored, to).await?;
    let rows = if rows.is_empty() {
        if !stored.sample_data && matches!(caller.viewer(), Viewer::Granted(_)) {
            return Err(Error::field(
                "/rows",
                "sample_data_off",
                "This endpoint does not show the sample rows: send rows of your own.",
            ));
        }
        self::version(&app, &stored.service_id, stored.version)
            .await?
            .samples
    } else {
        rows
    };
    let rows = replay::replay(&app, &entry, &other, rows).await?;
    Ok(Json(Replayed {
        from: stored.version,
        to,
        inputs,
        current_columns: outputs(&entry.pipeline),
        candidate_columns: outputs(&other),
        rows,
    }))
}

fn outputs(pipeline: &Pipeline) -> Vec<String> {
    let columns = pipeline.schema.outputs.iter();
    columns.map(|column| column.column.clone()).collect()
}

fn check(rows: &[Vec<String>], columns: usize) -> Result<(), Error> {
    if rows.len() > replay::ROWS_MAX {
        return Err(Error::field(
            "/rows",
            "rows_too_many",
            format!("At most {} rows are compared.", replay::ROWS_MAX),
        ));
    }
    let wrong = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.len() != columns)
        .map(|(at, row)| FieldError {
            pointer: format!("/rows/{at}"),
            code: "row_length".to_owned(),
            detail: format!(
                "The row has {} cells, the endpoint has {columns} input columns.",
                row.len()
            ),
        });
    let wrong: Vec<FieldError> = wrong.collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(wrong))
    }
}
