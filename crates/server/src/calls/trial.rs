//! One likely row through an endpoint's models, so that the types of their outputs are known before the
//! first call. It holds a permit like any call, but is none of a customer's and not counted.

use super::pipeline::Pipeline;
use super::rows::Rows;
use crate::app::App;
use crate::error::Error;
use crate::snapshot::Entry;
use portico_api::schema::{ColumnType, InputColumn};
use portico_api::usage::UsageSlot;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Scores the row; afterwards [`Pipeline::output_types`] answers.
///
/// # Errors
/// [`Error::Throttled`], or what the engine said.
pub async fn score_one_row(app: &App, entry: &Entry) -> Result<(), Error> {
    let permit = entry
        .gate
        .try_admit(super::share(UsageSlot::Portal))
        .map_err(|refused| Error::Throttled {
            endpoint: entry.stored.name.to_string(),
            limit: refused.limit,
            of: refused.of,
        })?;
    let pipeline = &entry.pipeline;
    let row = likely_row(pipeline);
    let given = super::given_to(pipeline, &row)?;
    let (_, time) = super::limits(app, entry);
    let asked = pipeline.asked(given, time, Some(Arc::new(permit)));
    let scored = app.engine.score(asked).await?;
    pipeline.columns_of(&scored.outputs).map(|_| ())
}

fn likely_row(pipeline: &Pipeline) -> Rows {
    let schema = &pipeline.schema;
    let needed = schema
        .parameters
        .iter()
        .filter(|parameter| parameter.default.is_none());
    let parameters: Map<String, Value> = needed
        .map(|parameter| (parameter.name.clone(), likely(&parameter.as_column())))
        .collect();
    Rows {
        names: schema
            .inputs
            .iter()
            .map(|column| column.name.clone())
            .collect(),
        cells: vec![schema.inputs.iter().map(likely).collect()],
        parameters,
    }
}

/// A value that training may have seen.
fn likely(column: &InputColumn) -> Value {
    let middle = match (column.min, column.max) {
        (Some(min), Some(max)) => f64::midpoint(min, max),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => 1.0,
    };
    match column.column_type {
        ColumnType::String => column.categories.first().map_or("a", String::as_str).into(),
        ColumnType::Double => middle.into(),
        ColumnType::Integer => middle.trunc().into(),
        ColumnType::Boolean => false.into(),
        ColumnType::Datetime => "2026-01-01T00:00:00Z".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::rows::{self, Marks};
    use portico_api::schema::Schema;
    use serde_json::json;

    #[test]
    fn a_likely_row_is_one_that_its_schema_takes() {
        let schema: Schema = serde_json::from_value(json!({
            "inputs": [
                {"name": "s", "type": "string", "categories": ["x"]},
                {"name": "t", "type": "string"},
                {"name": "d", "type": "double", "min": 1, "max": 2},
                {"name": "i", "type": "integer", "min": 1, "max": 2},
                {"name": "j", "type": "integer", "max": -7},
                {"name": "b", "type": "boolean"},
                {"name": "w", "type": "datetime"},
            ],
            "outputs": [],
            "parameters": [
                {"name": "p", "type": "double"},
                {"name": "q", "type": "string", "default": "q"},
            ]
        }))
        .unwrap();
        let pipeline = Pipeline::of_stages(Arc::new(schema), Arc::new([]), "g".into());
        let row = likely_row(&pipeline);
        let checked = rows::check(&pipeline.schema, &row, Marks::Noted).unwrap();
        assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
        assert_eq!(checked.parameters.len(), 2);
    }
}
