//! Signed-in scoring: the same way as a call with a key, counted under the slot *portal*, with at
//! most half of the endpoint's permits.

use super::extract::{Body, Place, read_call, refuse_other_than_json};
use super::rate_limit::RateLimit;
use super::request_id::RequestId;
use super::router::Registrar;
use crate::access::Caller;
use crate::app::App;
use crate::calls::pipeline::OutputColumn;
use crate::calls::rows::{Marks, Rows};
use crate::calls::{Answer, Call};
use crate::error::Error;
use crate::scoring::Values;
use crate::snapshot::Entry;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use portico_api::problem::{FieldError, reference_token};
use portico_api::routes;
use portico_api::schema::Schema;
use portico_api::score::{ROWS_MAX, ScoreAnswer, ScoreRequest};
use portico_api::throttle::Throttle;
use portico_api::usage::UsageSlot;
use portico_domain::throttle::Share;
use serde_json::Value;
use std::sync::Arc;

pub(super) fn routes(api: &mut Registrar) {
    api.add(&routes::SCORE, score);
}

async fn score(
    State(app): State<App>,
    caller: Caller,
    place: Place,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Error> {
    let stored = super::endpoints::find(&app, &caller, &place).await?;
    let entry = Arc::clone(app.snapshot().endpoint(&stored.id).ok_or(Error::NotFound)?);
    let outcome = answered(&app, &entry, &id, request).await;
    let violated = outcome.as_ref().err().and_then(Error::violated);
    let mut response = outcome.unwrap_or_else(IntoResponse::into_response);
    RateLimit::of(&entry, UsageSlot::Portal).write(&mut response, violated);
    super::served_by::write(&mut response, &entry);
    Ok(response)
}

async fn answered(
    app: &App,
    entry: &Arc<Entry>,
    id: &RequestId,
    request: Request,
) -> Result<Response, Error> {
    refuse_other_than_json(request.headers())?;
    let (body, seat) = read_call(app, entry, request).await?;
    let mut call = Call::new(app, entry, UsageSlot::Portal, None, seat);
    let permit = call.admit().await?;
    let request = Body::<ScoreRequest>::parse(&body)?.value;
    drop(body);
    let version = call.version();
    let rows = rows_of(&call.pipeline().schema, request)?;
    let count = rows.cells.len();
    let Answer {
        columns,
        warnings,
        timing,
        hold,
    } = call.score(permit, &rows, Marks::Noted).await?;
    let answer = ScoreAnswer {
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        rows: (0..count)
            .map(|row| columns.iter().map(|column| cell(column, row)).collect())
            .collect(),
        warnings,
        version,
        timing,
        throttle: Throttle {
            max_concurrent_calls: entry.gate.limit(),
            ..entry.stored.throttle
        },
        // This call's own permit is free again as soon as the answer has gone.
        free_calls: entry.gate.room(Share::Full, 1).free,
        request_id: id.to_string(),
    };
    let response = Json(answer).into_response();
    Ok(super::serve::holding(response, hold))
}

/// Rows in the form that calls take: columns in the schema's order. A column that the schema does not
/// have is refused, because it is a mistyped one more often than not.
fn rows_of(schema: &Schema, request: ScoreRequest) -> Result<Rows, Error> {
    if request.rows.is_empty() {
        return Err(Error::field(
            "/rows",
            "rows_empty",
            "Send at least one row.",
        ));
    }
    if request.rows.len() > ROWS_MAX {
        return Err(Error::field(
            "/rows",
            "rows_too_many",
            format!("A call takes at most {ROWS_MAX} rows."),
        ));
    }
    let mut wrong = Vec::new();
    for (index, row) in request.rows.iter().enumerate() {
        for name in row
            .keys()
            .filter(|name| !schema.inputs.iter().any(|column| column.name == **name))
        {
            wrong.push(unknown(
                index,
                name,
                "column_unknown",
                format!("The model has no column {name}."),
            ));
        }
        for column in schema
            .inputs
            .iter()
            .filter(|column| !row.contains_key(&column.name))
        {
            wrong.push(unknown(
                index,
                &column.name,
                "column_missing",
                format!("Column {} is missing.", column.name),
            ));
        }
        if wrong.len() >= 100 {
            break;
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let names: Vec<String> = schema
        .inputs
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let cells = request
        .rows
        .into_iter()
        .map(|mut row| {
            names
                .iter()
                .map(|name| row.remove(name).unwrap_or(Value::Null))
                .collect()
        })
        .collect();
    Ok(Rows {
        names,
        cells,
        parameters: request.parameters,
    })
}

fn unknown(row: usize, name: &str, code: &str, detail: String) -> FieldError {
    FieldError {
        pointer: format!("/rows/{row}/{}", reference_token(name)),
        code: code.to_owned(),
        detail,
    }
}

/// One cell as JSON; a 32-bit float with the digits of a 32-bit float.
fn cell(column: &OutputColumn, row: usize) -> Value {
    match &column.values {
        Values::F32(values) => values
            .get(row)
            .and_then(|value| value.to_string().parse::<f64>().ok())
            .map_or(Value::Null, Value::from),
        Values::F64(values) => values
            .get(row)
            .map_or(Value::Null, |value| Value::from(*value)),
        Values::I64(values) => values
            .get(row)
            .map_or(Value::Null, |value| Value::from(*value)),
        Values::Bool(values) => values
            .get(row)
            .map_or(Value::Null, |value| Value::from(*value)),
        Values::Text(values) => values.get(row).map_or(Value::Null, Value::from),
    }
}
