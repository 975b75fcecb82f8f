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
use portico_api::problem::FieldError;
use portico_api::schema::{InputColumn, Schema};
use portico_domain::schema::check;
use serde_json::json;
use std::collections::BTreeSet;

/// The most sample rows that an edit gives.
const ROWS_MAX: usize = 1_000;

/// Changes what a draft says of itself.
///
/// # Errors
/// [`Error::Invalid`] by field, [`Error::Conflict`] unless the draft is ready,
/// [`Error::PreconditionFailed`] if it changed meanwhile.
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
    let _naming = app.area.naming.read().await;
    next.self_test = Some(app.area.blobs.put(tests.to_bytes()?).await?);
    let mut tx = app.store.begin().await?;
    drafts::write(tx.conn(), &next, present.row_version).await?;
    let (before, after) = (told(&present.draft), told(&next.draft));
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
    json!({"name": draft.name, "description": draft.description, "notes": draft.notes, "schema": draft.schema})
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
    tests.parameters = change.sample_parameters.clone().unwrap_or(parameters);
    for (name, value) in &tests.parameters {
        let pointer = format!("/sample_parameters/{}", escaped(name));
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

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn check_rows(schema: &Schema, rows: &[Vec<String>], problems: &mut Vec<FieldError>) {
    let mut add = |pointer: String, code: &str, detail: String| {
        problems.push(FieldError {
            pointer,
            code: code.to_owned(),
            detail,
        });
    };
    if rows.is_empty() || rows.len() > ROWS_MAX {
        let words = format!("Give 1 to {ROWS_MAX} sample rows.");
        return add("/samples".to_owned(), "samples_count", words);
    }
    for (row, cells) in rows.iter().enumerate() {
        if cells.len() != schema.inputs.len() {
            let words = format!(
                "Row {} has {} cells, and there are {} input columns.",
                row + 1,
                cells.len(),
                schema.inputs.len()
            );
            add(format!("/samples/{row}"), "cells_count", words);
            continue;
        }
        for (place, (column, text)) in schema.inputs.iter().zip(cells).enumerate() {
            if let Err(problem) = read_text(column, text) {
                let pointer = format!("/samples/{row}/{place}");
                add(pointer, problem.code(), problem.to_string());
            }
        }
    }
}
