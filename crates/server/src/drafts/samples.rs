//! Sample rows made up from a schema, where an upload came with none.

use portico_api::schema::{ColumnType, InputColumn, Schema};

/// How many rows are made up.
const ROWS: usize = 3;

/// Rows that training may have seen: the lowest value, the middle and the highest, or the first categories.
pub fn made_up(schema: &Schema) -> Vec<Vec<String>> {
    (0..ROWS)
        .map(|row| {
            schema
                .inputs
                .iter()
                .map(|column| cell(column, row))
                .collect()
        })
        .collect()
}

/// Where a row's value is between the lowest and the highest.
const PLACES: [f64; ROWS] = [0.0, 0.5, 1.0];

fn cell(column: &InputColumn, row: usize) -> String {
    let between = || {
        let (low, high) = match (column.min, column.max) {
            (Some(min), Some(max)) => (min, max),
            (Some(min), None) => (min, min + 2.0),
            (None, Some(max)) => (max - 2.0, max),
            (None, None) => (1.0, 3.0),
        };
        low + (high - low) * PLACES[row % ROWS]
    };
    match column.column_type {
        ColumnType::String if column.categories.is_empty() => ["a", "b", "c"][row % 3].to_owned(),
        ColumnType::String => column.categories[row % column.categories.len()].clone(),
        ColumnType::Double => between().to_string(),
        ColumnType::Integer => between().trunc().to_string(),
        ColumnType::Boolean => (row % 2 == 1).to_string(),
        ColumnType::Datetime => format!("2026-01-0{}T00:00:00Z", row % ROWS + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::rows::{self, Marks};
    use crate::self_test::SelfTest;
    use serde_json::json;

    #[test]
    fn rows_are_such_as_the_schema_takes() {
        let schema: Schema = serde_json::from_value(json!({
            "inputs": [
                {"name": "s", "type": "string", "categories": ["x", "y"]},
                {"name": "t", "type": "string"},
                {"name": "d", "type": "double", "min": -1, "max": 2},
                {"name": "e", "type": "double"},
                {"name": "i", "type": "integer", "max": -7},
                {"name": "b", "type": "boolean"},
                {"name": "w", "type": "datetime"},
            ],
            "outputs": []
        }))
        .unwrap();
        let made = made_up(&schema);
        assert_eq!(
            made[0],
            ["x", "a", "-1", "1", "-9", "false", "2026-01-01T00:00:00Z"]
        );
        assert_eq!(made[1][..4], ["y", "b", "0.5", "2"]);
        assert_eq!(made[2][0], "x");
        let rows = SelfTest::of_rows(&schema, made).rows();
        let checked = rows::check(&schema, &rows, Marks::Noted).unwrap();
        assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
    }
}
