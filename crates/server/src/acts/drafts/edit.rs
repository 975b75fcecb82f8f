//! Describing a draft: its names, its schema, its sample rows, which of its models endpoints may replace.

use super::{must_be_ready, self_test, write_audit};
use crate::acts::{description, title};
use crate::app::App;
use crate::audit::Who;
use crate::drafts::samples;
use crate::error::Error;
use crate::self_test::SelfTest;
use crate::store::drafts::{self, Stored};
use portico_api::cell::read_text;
use portico_api::draft::{Draft, StageResource, UpdateDraft};
use portico_api::problem::{ERRORS_MAX, FieldError, reference_token};
use portico_api::schema::{InputColumn, OutputColumn, OutputKind, Schema};
use portico_domain::schema::{check, difference};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The most sample rows that an edit gives.
const ROWS_MAX: usize = 1_000;

/// Changes what a draft says of itself.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::Conflict`] unless the draft is ready,
/// [`Error::PreconditionFailed`] if it changed meanwhile, [`Error::NoRoom`] if the disk is too full.
pub async fn change(
    app: &App,
    who: &Who,
    present: &Stored,
    change: &UpdateDraft,
) -> Result<(), Error> {
    must_be_ready(&present.draft)?;
    let mut next = present.clone();
    let draft = &mut next.draft;
    if let Some(name) = &change.name {
        let name = title(name)?;
        if draft.service_id.is_some() && name != draft.name {
            return Err(Error::field(
                "/name",
                "name_of_service",
                "The version goes into a service that has its name. Rename the service instead.",
            ));
        }
        draft.name = name;
    }
    if let Some(text) = &change.description {
        description(text)?;
        draft.description.clone_from(text);
    }
    if let Some(notes) = &change.notes {
        portico_api::name::check_description(notes)
            .map_err(|problem| Error::field("/notes", problem.code(), problem.to_string()))?;
        draft.notes.clone_from(notes);
    }
    if let Some(resources) = &change.resources {
        set_resources(draft, resources)?;
    }
    let mut tests = self_test(app, present).await?;
    let mut problems = Vec::new();
    if let Some(schema) = &change.schema {
        problems = check(schema, &draft.stages);
        draft.schema = schema.clone();
    }
    if problems.is_empty() {
        rows_of(&mut tests, present, draft, change, &mut problems);
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let scores_anew = draft.schema != present.draft.schema
        || change.samples.is_some()
        || change.sample_parameters.is_some();
    if scores_anew {
        draft.parity = None;
        draft.step = String::new();
    }
    draft.samples = tests.shown(&draft.schema);
    draft.sample_rows = u32::try_from(tests.samples.rows.len()).unwrap_or(u32::MAX);
    draft.sample_parameters.clone_from(&tests.parameters);
    let kept = tests.to_bytes()?;
    app.area.must_have_room(kept.len())?;
    let _naming = app.area.naming.read().await;
    next.self_test = Some(app.area.blobs.put(kept).await?);
    let mut tx = app.store.begin().await?;
    drafts::write(tx.conn(), &next, present.row_version).await?;
    let (before, mut after) = (told(&present.draft), told(&next.draft));
    if next.draft.schema != present.draft.schema {
        // Two schemas of thousands of columns would stand there otherwise.
        let found = difference(0, &present.draft.schema, &next.draft.schema);
        let changes = found.changes.iter().take(ERRORS_MAX);
        let words: Vec<_> = changes.map(|change| &change.detail).collect();
        after["schema"] = json!({"changes": found.changes.len(), "first": words});
    }
    write_audit(
        app,
        &mut tx,
        who,
        &next,
        "draft.update",
        Some(before),
        Some(after),
    )
    .await?;
    tx.commit_quietly().await
}

/// What the audit trail has of a draft.
fn told(draft: &Draft) -> serde_json::Value {
    json!({"name": draft.name, "description": draft.description, "notes": draft.notes})
}

fn set_resources(draft: &mut Draft, resources: &[StageResource]) -> Result<(), Error> {
    for (index, wanted) in resources.iter().enumerate() {
        let stage = draft
            .stages
            .iter_mut()
            .find(|stage| stage.file == wanted.file);
        let stage = stage.ok_or_else(|| {
            let words = format!("The draft has no stage {}.", wanted.file);
            Error::field(&format!("/resources/{index}/file"), "stage_unknown", words)
        })?;
        if let Some(name) = &wanted.resource {
            portico_api::name::check_title(name).map_err(|problem| {
                let pointer = format!("/resources/{index}/resource");
                Error::field(&pointer, problem.code(), problem.to_string())
            })?;
        }
        stage.resource.clone_from(&wanted.resource);
    }
    let mut seen = BTreeSet::new();
    let mut names = draft
        .stages
        .iter()
        .filter_map(|stage| stage.resource.as_ref());
    match names.find(|name| !seen.insert(*name)) {
        Some(twice) => Err(Error::field(
            "/resources",
            "resource_twice",
            format!("Two stages are called “{twice}”."),
        )),
        None => Ok(()),
    }
}

/// The sample rows after a change: given anew, made up anew, or the same under the columns' new names.
fn rows_of(
    tests: &mut SelfTest,
    present: &Stored,
    draft: &mut Draft,
    change: &UpdateDraft,
    problems: &mut Vec<FieldError>,
) {
    let before = &present.draft;
    let parameters = std::mem::take(&mut tests.parameters);
    if let Some(rows) = &change.samples {
        check_rows(&draft.schema, rows, problems);
    }
    // The same rows again, as a form sends them, keep what is expected of them.
    let other = |rows: &&Vec<Vec<String>>| {
        before.samples != **rows || before.sample_rows as usize != rows.len()
    };
    if let Some(rows) = change.samples.as_ref().filter(other) {
        *tests = SelfTest::of_rows(&draft.schema, rows.clone());
        draft.samples_made_up = false;
    } else if draft.schema.inputs != before.schema.inputs {
        let renamed = draft.schema.inputs.len() == before.schema.inputs.len();
        if before.samples_made_up {
            *tests = SelfTest::of_rows(&draft.schema, samples::made_up(&draft.schema));
        } else if renamed {
            let pairs = before.schema.inputs.iter().zip(&draft.schema.inputs);
            let names: Vec<_> = pairs.map(|(old, new)| (&old.name, &new.name)).collect();
            let new_of = |name: &String| {
                let pair = names.iter().find(|(old, _)| *old == name);
                pair.map_or_else(|| name.clone(), |(_, new)| (*new).clone())
            };
            // A row's cells go with the columns, unless these only changed places.
            let same = |columns: &[InputColumn]| -> BTreeSet<String> {
                columns.iter().map(|column| column.name.clone()).collect()
            };
            if same(&before.schema.inputs) != same(&draft.schema.inputs) {
                tests.samples.names = tests.samples.names.iter().map(new_of).collect();
            }
        } else {
            problems.push(FieldError {
                pointer: "/samples".to_owned(),
                code: "samples_do_not_fit".to_owned(),
                detail: "The columns are others now: give sample rows for them.".to_owned(),
            });
        }
    }
    expect_of(tests, &before.schema.outputs, &draft.schema.outputs);
    tests.parameters = change.sample_parameters.clone().unwrap_or(parameters);
    for (name, value) in &tests.parameters {
        let pointer = format!("/sample_parameters/{}", reference_token(name));
        let known = draft.schema.parameters.iter().find(|one| one.name == *name);
        match known.map(|parameter| read_text(&parameter.as_column(), value)) {
            Some(Ok(_)) => {}
            Some(Err(problem)) => problems.push(FieldError {
                pointer,
                code: problem.code().to_owned(),
                detail: problem.to_string(),
            }),
            // One that was taken out of the schema goes with it.
            None if change.sample_parameters.is_none() => {}
            None => problems.push(FieldError {
                pointer,
                code: "parameter_unknown".to_owned(),
                detail: format!("There is no global parameter {name}."),
            }),
        }
    }
    let known = &draft.schema.parameters;
    tests
        .parameters
        .retain(|name, _| known.iter().any(|parameter| parameter.name == *name));
}

/// What is expected goes with the output columns to their new names; nothing is expected any more where a
/// column is one that the expectations know nothing of.
fn expect_of(tests: &mut SelfTest, before: &[OutputColumn], after: &[OutputColumn]) {
    let Some(expected) = &mut tests.expected else {
        return;
    };
    if before == after {
        return;
    }
    let is_label = |column: &OutputColumn| column.kind == OutputKind::Label;
    let by_name: BTreeMap<_, _> = before.iter().map(|old| (&old.column, old)).collect();
    let by_place: BTreeMap<_, _> = places(before).collect();
    let stays: BTreeSet<_> = after.iter().map(|new| &new.column).collect();
    let mut names = BTreeMap::new();
    for (place, new) in places(after) {
        let renamed = || {
            by_place
                .get(&place)
                .filter(|old| !stays.contains(&old.column))
        };
        let old = by_name.get(&new.column).or_else(renamed);
        let Some(old) = old.filter(|old| is_label(old) == is_label(new)) else {
            tests.expected = None;
            return;
        };
        names.insert(&old.column, &new.column);
    }
    for name in &mut expected.names {
        if let Some(new) = names.get(name) {
            name.clone_from(new);
        }
    }
}

/// Columns by the values that they are: a tensor's name, and which of its values.
fn places(columns: &[OutputColumn]) -> impl Iterator<Item = ((&str, usize), &OutputColumn)> {
    let mut counts = BTreeMap::new();
    columns.iter().map(move |column| {
        let count = counts.entry(column.tensor.as_str()).or_insert(0_usize);
        *count += 1;
        ((column.tensor.as_str(), *count), column)
    })
}

/// Names what is wrong with sample rows, until there is more than anybody is told.
fn check_rows(schema: &Schema, rows: &[Vec<String>], problems: &mut Vec<FieldError>) {
    let mut add = |pointer: String, code: &str, detail: String| {
        if problems.len() < ERRORS_MAX {
            problems.push(FieldError {
                pointer,
                code: code.to_owned(),
                detail,
            });
        }
        problems.len() < ERRORS_MAX
    };
    if rows.is_empty() || rows.len() > ROWS_MAX {
        let words = format!("Give 1 to {ROWS_MAX} sample rows.");
        add("/samples".to_owned(), "samples_count", words);
        return;
    }
    for (row, cells) in rows.iter().enumerate() {
        if cells.len() != schema.inputs.len() {
            let words = format!(
                "Row {} has {} cells, and there are {} input columns.",
                row + 1,
                cells.len(),
                schema.inputs.len()
            );
            if !add(format!("/samples/{row}"), "cells_count", words) {
                return;
            }
            continue;
        }
        for (place, (column, text)) in schema.inputs.iter().zip(cells).enumerate() {
            if let Err(problem) = read_text(column, text) {
                let pointer = format!("/samples/{row}/{place}");
                if !add(pointer, problem.code(), problem.to_string()) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Table;
    use serde_json::Value;

    #[test]
    fn no_more_is_told_of_rows_than_anybody_is_shown() {
        let schema: Schema = serde_json::from_value(json!({
            "inputs": [{"name": "x", "type": "double"}], "outputs": []
        }))
        .unwrap();
        for row in [vec!["much".to_owned()], Vec::new()] {
            let mut problems = Vec::new();
            check_rows(&schema, &vec![row; ROWS_MAX], &mut problems);
            assert_eq!(problems.len(), ERRORS_MAX);
        }
    }

    fn outputs(columns: &[&str]) -> Vec<OutputColumn> {
        let one = |words: &&str| -> Value {
            let (tensor, column) = words.split_once(' ').unwrap();
            let kind = if tensor == "label" { "label" } else { "value" };
            json!({"tensor": tensor, "column": column, "kind": kind})
        };
        let columns: Vec<_> = columns.iter().map(one).collect();
        serde_json::from_value(columns.into()).unwrap()
    }

    /// The names under which values are expected after such a change.
    fn expected_after(before: &[&str], after: &[&str]) -> Option<Vec<String>> {
        let before = outputs(before);
        let names = before.iter().map(|column| column.column.clone()).collect();
        let mut tests = SelfTest {
            expected: Some(Table {
                names,
                rows: Vec::new(),
            }),
            ..SelfTest::default()
        };
        expect_of(&mut tests, &before, &outputs(after));
        tests.expected.map(|table| table.names)
    }

    #[test]
    fn what_is_expected_goes_with_its_column() {
        let before = ["label L", "p P1", "p P2"];
        let after = |after: &[&str]| expected_after(&before, after).map(|names| names.join(" "));
        assert_eq!(after(&before).unwrap(), "L P1 P2");
        assert_eq!(after(&["label L", "p No", "p Yes"]).unwrap(), "L No Yes");
        assert_eq!(
            after(&["p P1", "p P2", "label Sort"]).unwrap(),
            "Sort P1 P2"
        );
        // The same names in other places stay those of the same expectations: they would be wrong.
        assert_eq!(after(&["label L", "p P2", "p P1"]).unwrap(), "L P1 P2");
        assert_eq!(after(&["label L", "p P1"]).unwrap(), "L P1 P2");
        assert_eq!(after(&["label L", "p P1", "p P2", "q Q"]), None);
        assert_eq!(after(&["p L", "p P1", "p P2"]), None);
    }
}
