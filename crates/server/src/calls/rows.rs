//! Rows as callers send them, checked against a schema: every wrong cell is named, none is guessed.

use crate::error::Error;
use portico_api::cell::{self, Cell, CellProblem, CellRef};
use portico_api::problem::{FieldError, reference_token};
use portico_api::schema::{InputColumn, Schema};
use portico_api::score::CellWarning;
use serde_json::{Map, Value};

/// The most field errors and warnings that are collected.
const LISTED_MAX: usize = 100;

/// Rows as sent: the columns' names once, then one list of cells a row.
#[derive(Clone, Debug, Default)]
pub struct Rows<C = Value> {
    /// Names, in the order of the cells.
    pub names: Vec<String>,
    /// Cells by row.
    pub cells: Vec<Vec<C>>,
    /// Global parameters by name.
    pub parameters: Map<String, Value>,
}

/// A cell as a wire sent it.
pub trait SentCell {
    /// Reads it as this column's type.
    ///
    /// # Errors
    /// As [`cell::read_value`].
    fn read(&self, column: &InputColumn) -> Result<CellRef<'_>, CellProblem>;
}

impl SentCell for Value {
    fn read(&self, column: &InputColumn) -> Result<CellRef<'_>, CellProblem> {
        cell::borrow_value(column, self)
    }
}

/// What stands where a row has too few cells.
static NOTHING: Value = Value::Null;

/// Whether unusual cells are looked for, which takes as long as reading them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// They are named in [`Checked::warnings`].
    Noted,
    /// The answer has no place for them.
    Skipped,
}

/// Rows that can be scored.
#[derive(Debug)]
pub struct Checked<'a> {
    /// Cells by column, in the schema's order.
    pub columns: Vec<Vec<CellRef<'a>>>,
    /// Values of the global parameters, in the schema's order.
    pub parameters: Vec<(String, Cell)>,
    /// Cells that are unusual though they can be scored.
    pub warnings: Vec<CellWarning>,
}

/// Checks rows against a schema. Columns that the schema does not have are left out.
///
/// # Errors
/// [`Error::Invalid`] with a pointer to each wrong cell, up to a hundred.
pub fn check<'a, C: SentCell>(
    schema: &Schema,
    rows: &'a Rows<C>,
    marks: Marks,
) -> Result<Checked<'a>, Error> {
    let mut problems = Problems::default();
    let mut columns = Vec::with_capacity(schema.inputs.len());
    let mut warnings = Vec::new();
    for column in &schema.inputs {
        let place = rows.names.iter().position(|name| *name == column.name);
        let mut cells = Vec::with_capacity(rows.cells.len());
        let Some(place) = place else {
            problems.add(
                format!("/rows/0/{}", reference_token(&column.name)),
                "column_missing",
                format!("Column {} is missing.", column.name),
            );
            columns.push(cells);
            continue;
        };
        for (row, values) in rows.cells.iter().enumerate() {
            let read = match values.get(place) {
                Some(sent) => sent.read(column),
                None => NOTHING.read(column),
            };
            match read {
                Ok(read) => {
                    if marks == Marks::Noted {
                        note(column, &read, row, &mut warnings);
                    }
                    cells.push(read);
                }
                Err(problem) => {
                    problems.add(pointer(row, column), problem.code(), problem.to_string());
                    if problems.full() {
                        return Err(Error::Invalid(problems.0));
                    }
                }
            }
        }
        columns.push(cells);
    }
    let parameters = check_parameters(schema, &rows.parameters, &mut problems);
    if problems.0.is_empty() {
        Ok(Checked {
            columns,
            parameters,
            warnings,
        })
    } else {
        Err(Error::Invalid(problems.0))
    }
}

fn note(column: &InputColumn, read: &CellRef<'_>, row: usize, warnings: &mut Vec<CellWarning>) {
    if warnings.len() < LISTED_MAX
        && let Some(mark) = cell::mark(column, read)
    {
        warnings.push(CellWarning {
            pointer: pointer(row, column),
            detail: mark.to_string(),
        });
    }
}

fn pointer(row: usize, column: &InputColumn) -> String {
    format!("/rows/{row}/{}", reference_token(&column.name))
}

#[derive(Default)]
struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, pointer: String, code: &str, detail: String) {
        self.0.push(FieldError {
            pointer,
            code: code.to_owned(),
            detail,
        });
    }

    fn full(&self) -> bool {
        self.0.len() >= LISTED_MAX
    }
}

/// Checks the global parameters of a call against a schema.
///
/// # Errors
/// [`Error::Invalid`] with a pointer to each that is unknown, missing or of another type.
pub fn parameters(
    schema: &Schema,
    sent: &Map<String, Value>,
) -> Result<Vec<(String, Cell)>, Error> {
    let mut problems = Problems::default();
    let parameters = check_parameters(schema, sent, &mut problems);
    if problems.0.is_empty() {
        Ok(parameters)
    } else {
        Err(Error::Invalid(problems.0))
    }
}

fn check_parameters(
    schema: &Schema,
    sent: &Map<String, Value>,
    problems: &mut Problems,
) -> Vec<(String, Cell)> {
    for name in sent.keys() {
        if !schema
            .parameters
            .iter()
            .any(|parameter| parameter.name == *name)
        {
            problems.add(
                format!("/parameters/{}", reference_token(name)),
                "parameter_unknown",
                format!("There is no global parameter {name}."),
            );
        }
    }
    let mut out = Vec::new();
    for parameter in &schema.parameters {
        let default = parameter.default.clone().map(Value::String);
        let Some(value) = sent
            .get(&parameter.name)
            .filter(|value| !value.is_null())
            .cloned()
            .or(default)
        else {
            problems.add(
                format!("/parameters/{}", reference_token(&parameter.name)),
                "parameter_missing",
                format!(
                    "Global parameter {} has no default and needs a value.",
                    parameter.name
                ),
            );
            continue;
        };
        match cell::read_value(&parameter.as_column(), &value) {
            Ok(read) => out.push((parameter.name.clone(), read)),
            Err(problem) => problems.add(
                format!("/parameters/{}", reference_token(&parameter.name)),
                problem.code(),
                problem.to_string(),
            ),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        serde_json::from_value(json!({
            "inputs": [
                {"name": "island", "type": "string", "categories": ["Biscoe"]},
                {"name": "mass", "type": "double", "nullable": true, "min": 0, "max": 100}
            ],
            "outputs": [],
            "parameters": [{"name": "scale", "type": "double"}]
        }))
        .unwrap()
    }

    fn rows(cells: Value, parameters: Value) -> Rows {
        Rows {
            names: vec!["mass".to_owned(), "island".to_owned()],
            cells: serde_json::from_value(cells).unwrap(),
            parameters: serde_json::from_value(parameters).unwrap(),
        }
    }

    fn codes(rows: &Rows) -> Vec<(String, String)> {
        match check(&schema(), rows, Marks::Noted) {
            Err(Error::Invalid(errors)) => {
                errors.into_iter().map(|e| (e.pointer, e.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn columns_are_found_by_name_and_unusual_cells_are_noted() {
        let sent = rows(json!([[1, "Biscoe"], [200, "Mars"]]), json!({"scale": "2"}));
        let checked = check(&schema(), &sent, Marks::Skipped).unwrap();
        assert!(checked.warnings.is_empty());
        let checked = check(&schema(), &sent, Marks::Noted).unwrap();
        assert_eq!(
            checked.columns[1],
            vec![CellRef::Double(1.0), CellRef::Double(200.0)]
        );
        assert_eq!(
            checked.parameters,
            vec![("scale".to_owned(), Cell::Double(2.0))]
        );
        let places: Vec<_> = checked
            .warnings
            .iter()
            .map(|w| w.pointer.as_str())
            .collect();
        assert_eq!(places, ["/rows/1/island", "/rows/1/mass"]);
    }

    #[test]
    fn every_wrong_cell_is_named() {
        let found = codes(&rows(
            json!([["x", "Biscoe"], [1, null]]),
            json!({"scale": 1, "other": 1}),
        ));
        let text: Vec<_> = found
            .iter()
            .map(|(pointer, code)| format!("{pointer} {code}"))
            .collect();
        assert_eq!(
            text,
            [
                "/rows/1/island value_missing",
                "/rows/0/mass value_type",
                "/parameters/other parameter_unknown"
            ]
        );
    }

    #[test]
    fn missing_columns_and_parameters_are_named() {
        let mut sent = rows(json!([[1, "Biscoe"]]), json!({}));
        sent.names[1] = "isle".to_owned();
        let text: Vec<_> = codes(&sent).into_iter().map(|(_, code)| code).collect();
        assert_eq!(text, ["column_missing", "parameter_missing"]);
    }
}
