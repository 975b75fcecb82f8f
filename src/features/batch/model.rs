//! The page's words and counts, as plain functions of how things stand.

use crate::ui::number::{counted, grouped};
use portico_tabular::check::Reading;
use portico_tabular::mapping::Source;
use portico_tabular::protocol::{InputFacts, Policy, RunFacts, SourceFacts, Spot, State};

/// The button that scores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScoreButton {
    /// What it says.
    pub label: String,
    /// Why it can't be used now; empty when it can.
    pub blocked: String,
}

fn rows(count: u32) -> String {
    counted(u64::from(count), "row", "rows")
}

/// The button that scores. `complete`: a run went to its end before, so what waits was changed since.
pub fn score_button(state: &State, policy: Policy, complete: bool) -> ScoreButton {
    let (ready, barred) = (state.ready, state.barred);
    let sent = match policy {
        Policy::Send => ready.saturating_add(barred),
        Policy::Block | Policy::Skip => ready,
    };
    let many = if complete {
        counted(u64::from(sent), "changed row", "changed rows")
    } else {
        rows(sent)
    };
    let label = match (policy, sent, barred) {
        (_, 0, _) => "Score".to_owned(),
        (Policy::Skip, _, 1..) => format!("Score {many}, skip {}", grouped(u64::from(barred))),
        _ => format!("Score {many}"),
    };
    let blocked = if !state.blocked.is_empty() {
        state.blocked.clone()
    } else if policy == Policy::Block && barred > 0 {
        format!("{} to fix first", rows(barred))
    } else if sent > 0 {
        String::new()
    } else if barred > 0 {
        match barred {
            1 => "The row that is left has a cell to fix".to_owned(),
            _ => format!("The {} that are left have cells to fix", rows(barred)),
        }
    } else if state.rows == 0 {
        "There are no rows".to_owned()
    } else {
        "Every row is scored".to_owned()
    };
    ScoreButton { label, blocked }
}

/// What there is to fix, in words: `3 cells to fix, 2 unusual`.
pub fn findings_in_words(state: &State) -> String {
    if state.reading.is_none() && state.checked < state.rows {
        return format!(
            "{} of {} checked",
            grouped(u64::from(state.checked)),
            rows(state.rows)
        );
    }
    let errors = counted(state.errors, "cell to fix", "cells to fix");
    match (state.errors, state.marks) {
        (0, 0) => "Nothing to fix".to_owned(),
        (_, 0) => errors,
        (0, marks) => format!("Nothing to fix, {} unusual", grouped(marks)),
        (_, marks) => format!("{errors}, {} unusual", grouped(marks)),
    }
}

/// How far a run is, or what came of it.
pub fn run_in_words(run: &RunFacts) -> String {
    let mut parts = vec![format!("{} scored", grouped(u64::from(run.scored)))];
    let mut also = |count: u32, word: &str| {
        if count > 0 {
            parts.push(format!("{} {word}", grouped(u64::from(count))));
        }
    };
    also(run.failed, "failed");
    also(run.skipped, "left out");
    also(
        run.waiting,
        if run.running { "to go" } else { "not scored" },
    );
    parts.join(" · ")
}

/// How fast a run goes.
pub fn pace_in_words(run: &RunFacts) -> String {
    let mut parts = Vec::new();
    if run.rate >= 1.0 {
        parts.push(format!("{} rows a second", grouped(whole(run.rate))));
    }
    parts.push(counted(
        u64::from(run.in_flight),
        "call under way",
        "calls under way",
    ));
    if run.retries > 0 {
        parts.push(counted(run.retries, "call sent again", "calls sent again"));
    }
    parts.join(" · ")
}

/// Rows that a run is done with, and all rows.
pub fn progress(run: &RunFacts) -> (u32, u32) {
    let done = run
        .scored
        .saturating_add(run.failed)
        .saturating_add(run.skipped);
    (done, done.saturating_add(run.waiting))
}

/// A number of something without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and only a whole number is shown"
)]
pub fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// How a table was read: `Read as UTF-8, comma, header in row 1`.
pub fn reading_in_words(source: &SourceFacts) -> String {
    let mut parts = Vec::new();
    if let Some(sheet) = source.sheet.and_then(|sheet| source.sheets.get(sheet)) {
        parts.push(format!("sheet {sheet}"));
    }
    if let Some(encoding) = &source.encoding {
        parts.push(encoding.clone());
    }
    if let Some(delimiter) = source.delimiter {
        parts.push(delimiter_word(delimiter));
    }
    let header = match source.header {
        Some(row) => format!("header in row {}", grouped(u64::from(row))),
        None => "no header".to_owned(),
    };
    if parts.is_empty() {
        return format!("Read with {header}");
    }
    parts.push(header);
    format!("Read as {}", parts.join(", "))
}

/// A delimiter's name.
pub fn delimiter_word(delimiter: char) -> String {
    match delimiter {
        ',' => "comma".to_owned(),
        ';' => "semicolon".to_owned(),
        '\t' => "tab".to_owned(),
        '|' => "vertical bar".to_owned(),
        ' ' => "space".to_owned(),
        ':' => "colon".to_owned(),
        other => format!("“{other}”"),
    }
}

/// What is remarkable about how a table was read: `2 remarks, 12 values read otherwise`.
pub fn remarks_in_words(source: &SourceFacts) -> String {
    let remarks = u64::try_from(source.diagnostics.len()).unwrap_or(u64::MAX);
    let otherwise: u64 = source.differences.iter().map(|of| of.count).sum();
    let mut parts = Vec::new();
    if remarks > 0 {
        parts.push(counted(remarks, "remark", "remarks"));
    }
    if otherwise > 0 {
        parts.push(counted(
            otherwise,
            "value read otherwise than written",
            "values read otherwise than written",
        ));
    }
    parts.join(", ")
}

/// A way to read a column, in words.
pub fn reading_word(reading: Reading) -> &'static str {
    match reading {
        Reading::Plain => "as written",
        Reading::DecimalComma => "decimal comma: 1,5 is 1.5",
        Reading::DayFirst => "day first: 3/4/2026 is 3 April",
        Reading::MonthFirst => "month first: 3/4/2026 is 4 March",
    }
}

/// A way to read a column, as a form's value.
pub fn reading_value(reading: Reading) -> &'static str {
    match reading {
        Reading::Plain => "plain",
        Reading::DecimalComma => "decimal_comma",
        Reading::DayFirst => "day_first",
        Reading::MonthFirst => "month_first",
    }
}

/// The reading that a form's value stands for.
pub fn reading_of(value: &str) -> Option<Reading> {
    [
        Reading::Plain,
        Reading::DecimalComma,
        Reading::DayFirst,
        Reading::MonthFirst,
    ]
    .into_iter()
    .find(|reading| reading_value(*reading) == value)
}

/// Where an input comes from, as a form's value.
pub fn source_value(source: &Source) -> String {
    match source {
        Source::Missing => "missing".to_owned(),
        Source::Column(column) => format!("column-{column}"),
        Source::Constant(_) => "constant".to_owned(),
    }
}

/// The source that a form's value stands for; a constant begins with `text`.
pub fn source_of(value: &str, text: &str) -> Option<Source> {
    match value {
        "missing" => Some(Source::Missing),
        "constant" => Some(Source::Constant(text.to_owned())),
        column => {
            let number = column.strip_prefix("column-")?.parse().ok()?;
            Some(Source::Column(number))
        }
    }
}

/// What an input's column of the table holds, in words: errors, unusual cells, converted ones.
pub fn input_in_words(input: &InputFacts) -> String {
    let mut parts = Vec::new();
    if input.errors > 0 {
        parts.push(counted(input.errors, "cell to fix", "cells to fix"));
    }
    if input.marks > 0 {
        parts.push(format!("{} unusual", grouped(input.marks)));
    }
    if input.converted > 0 {
        parts.push(format!("{} converted", grouped(input.converted)));
    }
    parts.join(", ")
}

/// How the columns stand, in words for their button.
pub fn columns_in_words(state: &State) -> String {
    let open = state.inputs.iter().filter(|input| input.ambiguous).count();
    let missing = state
        .inputs
        .iter()
        .filter(|input| input.source == Source::Missing)
        .count();
    let count = |number: usize| grouped(u64::try_from(number).unwrap_or(u64::MAX));
    match (open, missing) {
        (0, 0) => String::new(),
        (0, missing) => format!("{} without a column", count(missing)),
        (1, _) => "1 to decide".to_owned(),
        (open, _) => format!("{} to decide", count(open)),
    }
}

/// The row that an address names: 17 of `Sheet1!C17`.
pub fn row_of_address(address: &str) -> &str {
    let start = address
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + 1);
    address.get(start..).unwrap_or_default()
}

/// What is said when a cell with a finding is gone to.
pub fn spot_in_words(spot: &Spot, column: &str) -> String {
    let text = if spot.text.is_empty() {
        "empty"
    } else {
        &spot.text
    };
    let kind = if spot.finding.error {
        "error"
    } else {
        "unusual"
    };
    format!(
        "row {}, {column}, {text}, {kind}: {}",
        row_of_address(&spot.address),
        spot.finding.words
    )
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
