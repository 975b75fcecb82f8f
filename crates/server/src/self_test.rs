//! The self-test of a version: its sample rows, and what they are expected to score. It is run when the
//! version is published, and again when the version meets another engine.

use crate::app::App;
use crate::calls::pipeline::{OutputColumn, Pipeline};
use crate::calls::rows::Rows;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::package::Table;
use crate::scoring::Values;
use crate::store::versions;
use crate::vetting;
use bytes::Bytes;
use portico_api::id::ServiceId;
use portico_api::schema::{OutputKind, Schema};
use portico_api::service::{Parity, ParityCell};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many sample rows pages show.
const SHOWN: usize = 20;

/// Sample rows, and what they are expected to score.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfTest {
    /// The rows.
    pub samples: Table,
    /// What is expected of each, by output column.
    pub expected: Option<Table>,
    /// Values of global parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

impl SelfTest {
    /// Rows of a schema, their cells in the order of its columns, of which nothing is expected.
    pub fn of_rows(schema: &Schema, rows: Vec<Vec<String>>) -> Self {
        let names = schema.inputs.iter();
        Self {
            samples: Table {
                names: names.map(|column| column.name.clone()).collect(),
                rows,
            },
            expected: None,
            parameters: BTreeMap::new(),
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// None that a text could cause.
    pub fn to_bytes(&self) -> Result<Bytes, Error> {
        Ok(serde_json::to_vec(self)?.into())
    }

    /// What was kept.
    ///
    /// # Errors
    /// If it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// That of a version; `None` where the version was published before self-tests were kept.
    ///
    /// # Errors
    /// If the database or the blob store does not answer.
    pub async fn of_version(
        app: &App,
        service: &ServiceId,
        number: u32,
    ) -> Result<Option<Self>, Error> {
        match versions::self_test(app.store.read(), service, number).await? {
            Some(digest) => Ok(Some(Self::from_bytes(&app.blobs.get(&digest).await?)?)),
            None => Ok(None),
        }
    }

    /// The rows as a call sends them.
    pub fn rows(&self) -> Rows {
        let cells = |row: &Vec<String>| row.iter().cloned().map(Value::String).collect();
        Rows {
            names: self.samples.names.clone(),
            cells: self.samples.rows.iter().map(cells).collect(),
            parameters: self.sent_parameters(),
        }
    }

    /// The values of global parameters as a call sends them.
    pub fn sent_parameters(&self) -> Map<String, Value> {
        let sent = |(name, value): (&String, &String)| (name.clone(), Value::String(value.clone()));
        self.parameters.iter().map(sent).collect()
    }

    /// The first rows, cells in the order of the schema's columns.
    pub fn shown(&self, schema: &Schema) -> Vec<Vec<String>> {
        let of = |name: &String| self.samples.names.iter().position(|other| other == name);
        let places: Vec<_> = schema
            .inputs
            .iter()
            .map(|column| of(&column.name))
            .collect();
        let cell = |row: &Vec<String>, place: &Option<usize>| {
            place
                .and_then(|at| row.get(at).cloned())
                .unwrap_or_default()
        };
        let rows = self.samples.rows.iter().take(SHOWN);
        rows.map(|row| places.iter().map(|place| cell(row, place)).collect())
            .collect()
    }

    /// Scores the rows with these models in a process of their own, and compares.
    ///
    /// # Errors
    /// [`Error::Package`] with the reason where they don't score, [`Error::Scoring`] where nothing could.
    pub async fn run(
        &self,
        app: &App,
        pipeline: &Pipeline,
        models: Vec<Bytes>,
    ) -> Result<(Parity, Vec<OutputColumn>), Error> {
        let columns = vetting::try_out(app, pipeline, models, &self.rows())
            .await
            .map_err(|error| match error {
                Error::Invalid(_) => Error::Package(format!("The sample rows: {error}")),
                other => other,
            })?;
        let mut parity = Parity {
            rows: whole(self.samples.rows.len()),
            engine: app.engine.runtime().unwrap_or_default(),
            checked_at: Some(on_the_wire(app.clock.now())),
            ..Parity::default()
        };
        if let Some(expected) = &self.expected {
            parity.compared = parity.rows;
            for (output, column) in pipeline.schema.outputs.iter().zip(&columns) {
                compare(output.kind, column, expected, &mut parity)?;
            }
        }
        Ok((parity, columns))
    }
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn compare(
    kind: OutputKind,
    column: &OutputColumn,
    expected: &Table,
    parity: &mut Parity,
) -> Result<(), Error> {
    let name = &column.name;
    let refuse = |why: String| Error::Package(format!("The expected outputs: {why}"));
    let place = expected.names.iter().position(|other| other == name);
    let place = place.ok_or_else(|| refuse(format!("there is no column {name}.")))?;
    let mut differences = 0;
    for (row, cells) in expected.rows.iter().enumerate() {
        let text = cells.get(place).map_or("", String::as_str);
        if kind == OutputKind::Label {
            differences += u32::from(!is_label(&cell(&column.values, row), text));
            continue;
        }
        let wanted: f64 = text
            .trim()
            .parse()
            .map_err(|_| refuse(format!("row {}: “{text}” is not a number.", row + 1)))?;
        let difference = difference(number(&column.values, row), wanted);
        if difference > parity.largest_difference {
            parity.largest_difference = difference;
            parity.largest_at = Some(ParityCell {
                row: whole(row + 1),
                column: name.clone(),
            });
        }
    }
    parity.label_differences += differences;
    if !expected.rows.is_empty() {
        let share = f64::from(differences) / f64::from(whole(expected.rows.len()));
        parity.label_share = parity.label_share.max(share);
    }
    Ok(())
}

/// Absolute below 1, relative above.
fn difference(found: f64, wanted: f64) -> f64 {
    if found == wanted || (found.is_nan() && wanted.is_nan()) {
        return 0.0;
    }
    let difference = (found - wanted).abs() / wanted.abs().max(1.0);
    // NaN on one side only is as different as can be.
    if difference.is_nan() {
        f64::MAX
    } else {
        difference
    }
}

/// Whether a label is the one expected: the same text, or the same number however it is written.
fn is_label(found: &str, wanted: &str) -> bool {
    let as_number = |text: &str| text.parse::<f64>().ok();
    found == wanted
        || found.eq_ignore_ascii_case(wanted) && matches!(found, "true" | "false")
        || as_number(found).is_some_and(|found| as_number(wanted) == Some(found))
}

/// A cell as text.
pub fn cell(values: &Values, row: usize) -> String {
    match values {
        Values::Text(values) => values.get(row).unwrap_or_default().to_owned(),
        Values::I64(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
        Values::Bool(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
        Values::F32(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
        Values::F64(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "compared with a tolerance")]
fn number(values: &Values, row: usize) -> f64 {
    match values {
        Values::F32(values) => values.get(row).map_or(f64::NAN, |value| f64::from(*value)),
        Values::F64(values) => values.get(row).copied().unwrap_or(f64::NAN),
        Values::I64(values) => values.get(row).map_or(f64::NAN, |value| *value as f64),
        Values::Bool(values) => values
            .get(row)
            .map_or(f64::NAN, |value| f64::from(u8::from(*value))),
        Values::Text(_) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(rows: &[&str]) -> Table {
        Table {
            names: vec!["Y".to_owned()],
            rows: rows.iter().map(|cell| vec![(*cell).to_owned()]).collect(),
        }
    }

    fn column(values: Values) -> OutputColumn {
        OutputColumn {
            name: "Y".to_owned(),
            values,
        }
    }

    #[test]
    fn numbers_differ_absolutely_below_one_and_relatively_above() {
        let mut parity = Parity::default();
        let found = column(Values::F64(vec![0.5, 100.0, f64::NAN]));
        let wanted = expected(&["0.5001", "101", "NaN"]);
        compare(OutputKind::Value, &found, &wanted, &mut parity).unwrap();
        assert!((parity.largest_difference - 1.0 / 101.0).abs() < 1e-12);
        let at = parity.largest_at.clone().unwrap();
        assert_eq!((at.row, at.column.as_str()), (2, "Y"));
        let missing = column(Values::F64(vec![f64::NAN]));
        compare(OutputKind::Value, &missing, &expected(&["1"]), &mut parity).unwrap();
        assert_eq!(
            parity.largest_difference.total_cmp(&f64::MAX),
            std::cmp::Ordering::Equal
        );
    }

    #[test]
    fn labels_are_texts_or_numbers_however_written() {
        let mut parity = Parity::default();
        let found = column(Values::I64(vec![0, 1, 2, 3]));
        let wanted = expected(&["0", "1.0", "3", "x"]);
        compare(OutputKind::Label, &found, &wanted, &mut parity).unwrap();
        assert_eq!(parity.label_differences, 2);
        assert!((parity.label_share - 0.5).abs() < 1e-12);
        assert!(is_label("true", "True") && !is_label("yes", "Yes"));
    }

    #[test]
    fn what_is_expected_has_a_column_and_is_a_number() {
        let mut parity = Parity::default();
        let found = column(Values::F64(vec![1.0]));
        let wrong = compare(OutputKind::Value, &found, &expected(&["one"]), &mut parity);
        let words = wrong.unwrap_err().to_string();
        assert_eq!(words, "The expected outputs: row 1: “one” is not a number.");
        let other = Table {
            names: vec!["Z".to_owned()],
            rows: Vec::new(),
        };
        let wrong = compare(OutputKind::Value, &found, &other, &mut parity).unwrap_err();
        assert!(wrong.to_string().contains("no column Y"), "{wrong}");
    }
}
