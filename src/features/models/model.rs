//! What the pages of models and updates say, as plain functions of what the server says.

use crate::ui::number::{counted, grouped};
use portico_api::endpoint::Endpoint;
use portico_api::rollout::{ReplaySide, Replayed};
use portico_api::service::Version;
use portico_api::update::{Fate, PlanLine, Revision, UpdatePlan};
use std::collections::BTreeSet;

/// How many characters of a digest are shown: enough to tell two apart.
const SHORT: usize = 12;

/// The first characters of a digest.
pub fn short_digest(sha256: &str) -> &str {
    sha256.get(..SHORT).unwrap_or(sha256)
}

/// A stage of the pipeline as the endpoint runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageLine {
    /// The file's name in the version.
    pub file: String,
    /// The trained model's name, where the endpoint may have its own.
    pub resource: Option<String>,
    /// SHA-256 of what runs.
    pub sha256: String,
    /// Whether it is the endpoint's own.
    pub own: bool,
    /// Why it does not run, if it is quarantined.
    pub quarantined: Option<String>,
    /// SHA-256 of the version's model.
    pub version_sha256: String,
}

/// The stages of an endpoint, in order. The version tells the files' names.
pub fn stages(endpoint: &Endpoint, version: &Version) -> Vec<StageLine> {
    let of_version = version.stages.iter();
    of_version
        .zip(&endpoint.models)
        .map(|(stage, model)| StageLine {
            file: stage.file.clone(),
            resource: stage.resource.clone(),
            sha256: model.sha256.clone(),
            own: model.own,
            quarantined: model
                .quarantine
                .as_ref()
                .map(|quarantine| quarantine.reason.clone()),
            version_sha256: stage.sha256.clone(),
        })
        .collect()
}

/// The differences that a refusal of a model tells, a line for each: it has them in one sentence,
/// `The model does not fit “species”: one; another.` A sentence of another form is one line.
pub fn refusal_lines(detail: &str) -> Vec<String> {
    match detail.split_once("”: ") {
        Some((_, differences)) if detail.starts_with("The model does not fit “") => differences
            .trim_end_matches('.')
            .split("; ")
            .map(str::to_owned)
            .collect(),
        _ => vec![detail.to_owned()],
    }
}

/// How far an endpoint is behind, in words.
pub fn behind_in_words(version: u32, newest: u32) -> String {
    match newest.saturating_sub(version) {
        0 => "the newest".to_owned(),
        1 => format!("1 version behind the newest, {newest}"),
        behind => format!("{behind} versions behind the newest, {newest}"),
    }
}

/// How a line of a plan is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing is lost.
    Calm,
    /// Something stays that an update would otherwise bring.
    Note,
    /// Something is lost, or stands in the way.
    Grave,
}

/// What becomes of a resource, in a few words.
pub fn fate_word(line: &PlanLine) -> &'static str {
    match line.fate {
        Fate::Taken if line.before == line.after => "Same model",
        Fate::Taken => "Taken",
        Fate::Kept => "Kept",
        Fate::Overwritten => "Lost",
        Fate::Gone => "No place left",
        Fate::NoLongerFits => "No longer fits",
        Fate::Dropped => "Dropped",
        Fate::Restored => "Back again",
    }
}

/// What becomes of a resource, in a sentence.
pub fn fate_in_words(line: &PlanLine) -> &'static str {
    match line.fate {
        Fate::Taken if line.before == line.after => {
            "The version’s model runs here; it is the same in both versions."
        }
        Fate::Taken => "The new version’s model takes the place of the old version’s.",
        Fate::Kept => "The endpoint’s own model stays, because it is customised.",
        Fate::Overwritten => {
            "The endpoint’s own model gives way to the version’s. A revision keeps it."
        }
        Fate::Gone => "The endpoint has its own model here, and the new version has no such model.",
        Fate::NoLongerFits => "The endpoint’s own model does not fit the new version:",
        Fate::Dropped => "The new version no longer has this model.",
        Fate::Restored => "The endpoint’s own model of then runs here again.",
    }
}

/// How a line of a plan is meant.
pub fn weight(fate: Fate) -> Weight {
    match fate {
        Fate::Taken | Fate::Dropped => Weight::Calm,
        Fate::Kept | Fate::Restored => Weight::Note,
        Fate::Overwritten | Fate::Gone | Fate::NoLongerFits => Weight::Grave,
    }
}

/// Own models that an update with overwriting would take away.
pub fn at_stake(plan: &UpdatePlan) -> Vec<String> {
    plan.resources
        .iter()
        .filter(|line| {
            matches!(
                line.fate,
                Fate::Kept | Fate::Overwritten | Fate::Gone | Fate::NoLongerFits
            )
        })
        .map(|line| line.resource.clone())
        .collect()
}

/// Names in a sentence: `“a”, “b” and “c”`.
pub fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// By what a revision came about.
pub fn act_in_words(act: &str) -> &'static str {
    match act {
        "create" => "Created",
        "follow" => "Followed the newest version",
        "customise" => "Own model uploaded",
        "uncustomise" => "Back to the version’s model",
        "update" => "Updated",
        "rollback" => "Went back",
        "promote" => "Tried version promoted",
        _ => "Changed",
    }
}

/// What is different in `to` from what it was in `from`, a line for each thing.
pub fn changes(from: &Revision, to: &Revision) -> Vec<String> {
    let mut lines = Vec::new();
    if from.version != to.version {
        lines.push(format!("Version {} → {}", from.version, to.version));
    }
    let resources: BTreeSet<&String> = from.own_models.keys().chain(to.own_models.keys()).collect();
    for resource in resources {
        let (old, new) = (from.own_models.get(resource), to.own_models.get(resource));
        if old != new {
            lines.push(format!("{resource}: {} → {}", model(old), model(new)));
        }
    }
    lines
}

/// A resource's model in a revision: its digest, or whose it is.
fn model(own: Option<&String>) -> String {
    own.map_or_else(
        || "the version’s".to_owned(),
        |sha256| format!("own {}…", short_digest(sha256)),
    )
}

/// What a revision was, in a line: for the first one, which has nothing before it.
pub fn state_in_words(revision: &Revision) -> String {
    let own = u64::try_from(revision.own_models.len()).unwrap_or(u64::MAX);
    if own == 0 {
        format!("Version {}", revision.version)
    } else {
        let models = counted(own, "own model", "own models");
        format!("Version {}, {models}", revision.version)
    }
}

/// One cell on both sides of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPair {
    /// As it is scored now; none if there is no such column.
    pub old: Option<String>,
    /// As it would be scored; none if there is no such column.
    pub new: Option<String>,
    /// Whether they differ by more than rounding.
    pub differs: bool,
}

/// The names of the output columns of both sides: first those of now, then those that are new.
pub fn output_columns(replayed: &Replayed) -> Vec<String> {
    let mut columns = replayed.current_columns.clone();
    for column in &replayed.candidate_columns {
        if !columns.contains(column) {
            columns.push(column.clone());
        }
    }
    columns
}

/// A replayed row, cell beside cell.
pub fn pairs(
    columns: &[String],
    replayed: &Replayed,
    old: &ReplaySide,
    new: &ReplaySide,
) -> Vec<CellPair> {
    columns
        .iter()
        .map(|column| {
            let old = cell(&replayed.current_columns, old, column);
            let new = cell(&replayed.candidate_columns, new, column);
            let differs = match (&old, &new) {
                (Some(old), Some(new)) => differ(old, new),
                (None, None) => false,
                _ => true,
            };
            CellPair { old, new, differs }
        })
        .collect()
}

fn cell(columns: &[String], side: &ReplaySide, column: &str) -> Option<String> {
    let at = columns.iter().position(|name| name == column)?;
    side.cells.get(at).cloned()
}

/// Whether two cells differ by more than rounding: numbers by more than a millionth of their size.
fn differ(old: &str, new: &str) -> bool {
    if old == new {
        return false;
    }
    match (old.trim().parse::<f64>(), new.trim().parse::<f64>()) {
        (Ok(old), Ok(new)) if old.is_finite() && new.is_finite() => {
            (old - new).abs() > 1e-6 * old.abs().max(new.abs()).max(1.0)
        }
        _ => true,
    }
}

/// How a replay went, in a sentence.
pub fn replay_in_words(replayed: &Replayed) -> String {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let rows = replayed.rows.len();
    let differing = replayed.rows.iter().filter(|row| row.differs).count();
    let of = |side: fn(&portico_api::rollout::ReplayRow) -> &ReplaySide| {
        let failed = replayed.rows.iter();
        failed.filter(|row| side(row).error.is_some()).count()
    };
    let mut words = match differing {
        0 => format!(
            "{} scored by both versions; no result differs.",
            counted(count(rows), "row", "rows")
        ),
        differing => format!(
            "{} of {} would get another result.",
            counted(count(differing), "row", "rows"),
            grouped(count(rows))
        ),
    };
    for (version, failed) in [
        (replayed.from, of(|row| &row.current)),
        (replayed.to, of(|row| &row.candidate)),
    ] {
        if failed > 0 {
            let rows = counted(count(failed), "row", "rows");
            words.push_str(&format!(" Version {version} refuses {rows}."));
        }
    }
    words
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
