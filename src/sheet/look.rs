//! How rows look: text, classes and words of a cell and of a row's number. Plain functions.

use super::item::{self, Look};
use super::pane::Scene;
use super::selection::Cell;
use portico_tabular::protocol::{Row, RowState};

/// How a row's number looks.
pub fn number_look(row: Option<&Row>) -> Look {
    let Some(row) = row else {
        return Look::default();
    };
    let (class, words) = match row.state {
        RowState::Waiting => (item::NONE, String::new()),
        RowState::Scored => (item::SCORED, "scored".to_owned()),
        RowState::Stale => (item::STALE, "changed since it was scored".to_owned()),
        RowState::Failed => (item::FAILED, format!("failed: {}", row.reason)),
        RowState::Skipped => (item::SKIPPED, format!("left out: {}", row.reason)),
    };
    Look {
        text: row.source_row.to_string(),
        class,
        words,
        ..Look::default()
    }
}

/// How a cell looks.
pub fn look(row: Option<&Row>, at: Cell, scene: &Scene<'_>) -> Look {
    let selected = scene.selection.holds(at);
    let output = at.column >= scene.own;
    let place = if output { item::OUTPUT } else { item::NONE };
    let Some(row) = row else {
        return Look {
            class: place | item::LOADING,
            selected,
            ..Look::default()
        };
    };
    if output {
        let index = index(at.column - scene.own).unwrap_or_default();
        let text = row.outputs.get(index).map(String::as_str);
        let (text, mut class) = match text {
            Some(text) if !text.is_empty() => (text, place),
            // Why there is none stands where it would be.
            _ if index == 0 && !row.reason.is_empty() => (row.reason.as_str(), place | item::NOTE),
            _ => ("", place),
        };
        if row.state == RowState::Stale {
            class |= item::STALE;
        }
        if text.parse::<f64>().is_ok() {
            class |= item::NUMERIC;
        }
        return Look {
            text: item::shortened(text),
            class,
            selected,
            ..Look::default()
        };
    }
    let own = index(at.column);
    let text = own.and_then(|own| row.cells.get(own));
    let numeric = own
        .and_then(|own| scene.heads.get(own))
        .is_some_and(|head| head.numeric);
    let finding = row
        .findings
        .iter()
        .filter(|(column, _)| *column == at.column)
        .map(|(_, finding)| finding)
        .max_by_key(|finding| finding.error);
    let mut class = if numeric { item::NUMERIC } else { item::NONE };
    if let Some(finding) = finding {
        class |= if finding.error { item::BAD } else { item::ODD };
    }
    Look {
        text: item::shortened(text.map_or("", String::as_str)),
        class,
        selected,
        invalid: finding.is_some_and(|finding| finding.error),
        words: match finding {
            Some(finding) if finding.error => format!("error: {}", finding.words),
            Some(finding) => format!("unusual: {}", finding.words),
            None => String::new(),
        },
    }
}

fn index(column: u32) -> Option<usize> {
    usize::try_from(column).ok()
}
