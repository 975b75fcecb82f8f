//! The ledger's lines, what a filter leaves of them, and what is said of plans and runs. Plain values.

use crate::features::models::model::short_digest;
use crate::ui::letters::lower;
use crate::ui::number::{counted, grouped};
use portico_api::update::{
    LedgerLine, LineState, Run, RunAct, RunLine, RunPlan, RunState, Selection, UpdatePlan,
};
use portico_tabular::export::csv_row;
use std::ops::Range;

/// A line with what a filter looks through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line.
    pub line: LedgerLine,
    /// Name, customer and digests in lower case.
    hay: String,
    /// Whether a model of it is the endpoint's own.
    pub customised: bool,
}

impl Row {
    /// Prepares a line, once, so that a filter only looks.
    pub fn of(line: LedgerLine) -> Self {
        let mut hay = line.name.to_string();
        if let Some(customer) = &line.customer_name {
            hay.push('\n');
            hay.push_str(&lower(customer));
        }
        for model in &line.models {
            hay.push('\n');
            hay.push_str(&model.sha256);
        }
        let customised = line.models.iter().any(|model| model.own);
        Self {
            line,
            hay,
            customised,
        }
    }
}

/// Which lines are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// All of these words occur in name, customer or a digest.
    pub text: String,
    /// Only those that do not serve the newest version.
    pub behind: bool,
    /// Only those with a model of their own.
    pub customised: bool,
    /// Only those that serve this version.
    pub version: Option<u32>,
}

impl Filter {
    /// The filter of an address, as pairs of its query, and what in it made no sense.
    pub fn read<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<String>) {
        let mut filter = Self::default();
        let mut notes = Vec::new();
        for (name, value) in query {
            match (name, value) {
                ("q", text) => filter.text = text.trim().to_owned(),
                ("behind", "1") => filter.behind = true,
                ("own", "1") => filter.customised = true,
                ("version", number) => match number.parse() {
                    Ok(number @ 1..) => filter.version = Some(number),
                    _ => notes.push(format!("There is no version “{number}”; all are shown.")),
                },
                ("behind" | "own", other) => {
                    notes.push(format!(
                        "“{name}={other}” means nothing here and is left out."
                    ));
                }
                // What other parts of the address say is theirs.
                _ => {}
            }
        }
        (filter, notes)
    }

    /// The query that stands for the filter, as pairs; what is a default is left out.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let text = self.text.trim();
        if !text.is_empty() {
            pairs.push(("q", text.to_owned()));
        }
        if self.behind {
            pairs.push(("behind", "1".to_owned()));
        }
        if self.customised {
            pairs.push(("own", "1".to_owned()));
        }
        if let Some(version) = self.version {
            pairs.push(("version", version.to_string()));
        }
        pairs
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.query().is_empty()
    }

    /// The places of the rows that it lets through.
    pub fn apply(&self, rows: &[Row]) -> Vec<usize> {
        let text = lower(&self.text);
        let words: Vec<&str> = text.split_whitespace().collect();
        let lets = |row: &Row| {
            (!self.behind || row.line.behind > 0)
                && (!self.customised || row.customised)
                && self
                    .version
                    .is_none_or(|version| row.line.version == version)
                && words.iter().all(|word| row.hay.contains(word))
        };
        let kept = rows.iter().enumerate().filter(|(_, row)| lets(row));
        kept.map(|(place, _)| place).collect()
    }
}

/// The versions that lines serve, newest first, each once.
pub fn versions(rows: &[Row]) -> Vec<u32> {
    let mut versions: Vec<u32> = rows.iter().map(|row| row.line.version).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.dedup();
    versions
}

/// The resources of the lines, in the order in which they first occur.
pub fn resources(rows: &[Row]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for model in rows.iter().flat_map(|row| &row.line.models) {
        if !names.contains(&model.resource) {
            names.push(model.resource.clone());
        }
    }
    names
}

/// Which rows of a long list are drawn: those in view and some around them. Lengths in pixels; `top` is
/// how far the list's first row is above the view's upper edge.
pub fn window(top: f64, view: f64, row: f64, count: usize) -> Range<usize> {
    /// Rows beyond either edge, so that scrolling rarely shows an empty one.
    const AROUND: usize = 12;
    if row <= 0.0 || count == 0 {
        return 0..count.min(AROUND);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and below any number of rows that fits in a browser"
    )]
    let rows = |pixels: f64| (pixels.max(0.0) / row) as usize;
    let first = rows(top).min(count);
    let last = (rows(top + view) + 1).min(count);
    first.saturating_sub(AROUND)..(last + AROUND).min(count)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// What stands under the table.
pub fn footer(all: usize, found: usize, complete: bool, filtered: bool) -> String {
    let total = counted(count(all), "endpoint", "endpoints");
    let so_far = if complete { "" } else { " loaded so far" };
    if filtered {
        format!("{} of {total}{so_far} match", grouped(count(found)))
    } else {
        format!("{total}{so_far}")
    }
}

/// The lines as CSV, with a heading. Cells that begin like a formula get an apostrophe, as everywhere.
pub fn csv<'a>(lines: impl Iterator<Item = &'a LedgerLine>, resources: &[String]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut heading: Vec<String> = [
        "name",
        "customer",
        "version",
        "behind",
        "revision",
        "since",
        "prevent update",
        "stays until",
    ]
    .map(str::to_owned)
    .to_vec();
    for resource in resources {
        heading.push(format!("{resource}: SHA-256"));
        heading.push(format!("{resource}: own"));
    }
    put(&mut out, &heading);
    for line in lines {
        let mut cells = vec![
            line.name.to_string(),
            line.customer_name.clone().unwrap_or_default(),
            line.version.to_string(),
            line.behind.to_string(),
            line.revision.to_string(),
            line.since.to_string(),
            yes_or_no(line.prevent_update),
            line.stay_until
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ];
        for resource in resources {
            let model = line.models.iter().find(|model| &model.resource == resource);
            cells.push(model.map(|model| model.sha256.clone()).unwrap_or_default());
            cells.push(model.map(|model| yes_or_no(model.own)).unwrap_or_default());
        }
        put(&mut out, &cells);
    }
    out
}

fn yes_or_no(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

fn put(out: &mut Vec<u8>, cells: &[String]) {
    csv_row(out, cells.iter().map(String::as_str), b',', true);
}

/// What a run would do, in counts.
pub fn plan_in_words(plan: &RunPlan) -> String {
    let mut parts = vec![match plan.change {
        0 => "No endpoint changes".to_owned(),
        change => {
            let verb = if change == 1 { "changes" } else { "change" };
            format!("{} {verb}", counted(change.into(), "endpoint", "endpoints"))
        }
    }];
    for (number, one, many) in [
        (
            plan.keep_own,
            "of them keeps own models",
            "of them keep own models",
        ),
        (plan.unchanged, "stays as it is", "stay as they are"),
        (plan.refused, "is passed by", "are passed by"),
    ] {
        if number > 0 {
            parts.push(counted(number.into(), one, many));
        }
    }
    parts.join(", ")
}

/// What a plan of a run does to one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It changes, and keeps nothing of its own.
    Changes,
    /// It changes, and keeps own models.
    KeepsOwn,
    /// It is where it would be taken.
    Unchanged,
    /// It is passed by.
    Refused,
}

impl Outcome {
    /// Of a plan.
    pub fn of(plan: &UpdatePlan) -> Self {
        if plan.refused.is_some() {
            Self::Refused
        } else if !plan.changes {
            Self::Unchanged
        } else if plan
            .resources
            .iter()
            .any(|line| line.fate == portico_api::update::Fate::Kept)
        {
            Self::KeepsOwn
        } else {
            Self::Changes
        }
    }

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changes => "Changes",
            Self::KeepsOwn => "Changes, keeps own",
            Self::Unchanged => "Unchanged",
            Self::Refused => "Passed by",
        }
    }
}

/// What a run does, in words.
pub fn act_in_words(act: &RunAct) -> String {
    match act {
        RunAct::Update { version, overwrite } => {
            let to = version.map_or_else(
                || "Update to the newest version".to_owned(),
                |version| format!("Update to version {version}"),
            );
            if *overwrite {
                format!("{to}, own models overwritten")
            } else {
                to
            }
        }
        RunAct::Rollback { .. } => "Take back an earlier run".to_owned(),
    }
}

/// How many endpoints of a run are done.
pub fn done(run: &Run) -> u32 {
    run.changed + run.unchanged + run.refused
}

/// How a run stands, in words.
pub fn run_in_words(run: &Run) -> String {
    let total = counted(run.total.into(), "endpoint", "endpoints");
    let mut words = match run.state {
        RunState::Running => format!("{} of {total} done", grouped(done(run).into())),
        RunState::Finished => format!("{total} done"),
        RunState::Cancelled => format!(
            "Cancelled after {} of {total}; what was done stays done",
            grouped(done(run).into())
        ),
    };
    for (number, what) in [
        (run.changed, "changed"),
        (run.unchanged, "unchanged"),
        (run.refused, "passed by"),
    ] {
        if number > 0 {
            words.push_str(&format!(", {} {what}", grouped(number.into())));
        }
    }
    words
}

/// Why a run can't be taken back; empty if it can.
pub fn take_back_blocked(run: &Run) -> &'static str {
    if run.state == RunState::Running {
        "It is still running"
    } else if run.changed == 0 {
        "It changed nothing"
    } else {
        ""
    }
}

/// What a run did to an endpoint, in a word.
pub fn state_word(state: LineState) -> &'static str {
    match state {
        LineState::Waiting => "Waiting",
        LineState::Changed => "Changed",
        LineState::Unchanged => "Unchanged",
        LineState::Refused => "Passed by",
    }
}

/// The move of an endpoint in a run: `1 → 2`.
pub fn move_in_words(line: &RunLine) -> String {
    match (line.from, line.to) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (Some(version), _) | (None, Some(version)) => version.to_string(),
        (None, None) => String::new(),
    }
}

/// Old → new of each resource that a plan or a run touches: `species ab12… → cd34…`.
pub fn models_in_words(resources: &[portico_api::update::PlanLine]) -> Vec<String> {
    let short = |sha256: &Option<String>| {
        sha256.as_deref().map_or_else(
            || "none".to_owned(),
            |sha256| format!("{}…", short_digest(sha256)),
        )
    };
    resources
        .iter()
        .map(|line| {
            let name = &line.resource;
            if line.before == line.after {
                format!("{name}: {} stays", short(&line.after))
            } else {
                format!("{name}: {} → {}", short(&line.before), short(&line.after))
            }
        })
        .collect()
}

/// The selection in words, for the dialog's title.
pub fn selection_in_words(selection: &Selection) -> String {
    match selection {
        Selection::All => "all endpoints".to_owned(),
        Selection::AllExceptCustomised => "all endpoints without own models".to_owned(),
        Selection::Named { names } => match names.as_slice() {
            [one] => one.to_string(),
            names => counted(count(names.len()), "endpoint", "endpoints"),
        },
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
