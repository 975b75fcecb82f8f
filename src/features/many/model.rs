//! A list of endpoints to be made, as it is pasted or read from a file, and how far making them is.
//! Plain values.

use crate::features::pasted::{CutProblem, records};
use crate::ui::letters::lower;
use crate::ui::number::{counted, grouped};
use portico_api::update::{ManyLine, ManyRow, ManyState};
use portico_tabular::export::csv_row;
use std::collections::HashMap;

/// The most rows that one request takes.
pub const REQUEST_ROWS: usize = 1_000;
/// How many endpoints are made by one request: few enough that progress is seen and cancelling is quick.
pub const CHUNK: usize = 50;
/// The most rows that a list may have.
pub const LIST_ROWS: usize = 10_000;

/// The columns, in the order in which they are expected without a heading.
pub const COLUMNS: [&str; 4] = ["name", "description", "throttle", "customer"];

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The rows in order; what stands in them is not checked yet.
    pub rows: Vec<ManyRow>,
    /// Line of the text in which each row begins, counted from 1.
    pub lines: Vec<usize>,
    /// What was left out or guessed, in words.
    pub notes: Vec<String>,
}

/// Why a text is no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListProblem {
    /// There is nothing in it.
    Empty,
    /// It can't be cut into cells.
    Cut(CutProblem),
    /// More rows than a list may have.
    TooLong(usize),
    /// The heading has no column for the name.
    NoName,
}

impl ListProblem {
    /// In a sentence.
    pub fn in_words(&self) -> String {
        match self {
            Self::Empty => "There are no rows in it.".to_owned(),
            Self::Cut(problem) => problem.in_words(),
            Self::TooLong(rows) => format!(
                "It has {} rows; a list has at most {}.",
                grouped(count(*rows)),
                grouped(count(LIST_ROWS))
            ),
            Self::NoName => "Its heading has no column “name”.".to_owned(),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Reads a list. With a heading the columns may stand in any order.
///
/// # Errors
/// [`ListProblem`].
pub fn read(text: &str) -> Result<List, ListProblem> {
    let mut records = records(text).map_err(ListProblem::Cut)?;
    let mut list = List::default();
    let mut places: Vec<Option<usize>> = (0..COLUMNS.len()).map(Some).collect();
    if let Some(heading) = records.first().and_then(|record| heading(&record.cells)) {
        let record = records.remove(0);
        places = heading;
        if places.first().copied().flatten().is_none() {
            return Err(ListProblem::NoName);
        }
        let unknown: Vec<String> = record
            .cells
            .iter()
            .enumerate()
            .filter(|(place, cell)| !cell.is_empty() && !places.contains(&Some(*place)))
            .map(|(_, cell)| format!("“{cell}”"))
            .collect();
        if !unknown.is_empty() {
            list.notes.push(format!(
                "Columns that are left out: {}.",
                unknown.join(", ")
            ));
        }
    } else if let Some(record) = records
        .iter()
        .find(|record| record.cells.len() > COLUMNS.len())
    {
        list.notes.push(format!(
            "Line {} has more than four cells; those beyond are left out.",
            record.line
        ));
    }
    if records.is_empty() {
        return Err(ListProblem::Empty);
    }
    if records.len() > LIST_ROWS {
        return Err(ListProblem::TooLong(records.len()));
    }
    for record in records {
        let cell = |column: usize| {
            let place = places.get(column).copied().flatten();
            let cell = place.and_then(|place| record.cells.get(place));
            cell.cloned().unwrap_or_default()
        };
        list.rows.push(ManyRow {
            name: cell(0),
            description: cell(1),
            throttle: cell(2),
            customer: cell(3),
        });
        list.lines.push(record.line);
    }
    Ok(list)
}

/// Where each column stands, if these cells are a heading: two of them are columns' names.
fn heading(cells: &[String]) -> Option<Vec<Option<usize>>> {
    let names: Vec<String> = cells.iter().map(|cell| lower(cell)).collect();
    let known = names.iter().filter(|name| COLUMNS.contains(&name.as_str()));
    // An endpoint may be called “name”: one word alone is a heading only if it is the whole first line.
    let enough = known.count() >= 2 || names.as_slice() == ["name"];
    enough.then(|| {
        COLUMNS
            .iter()
            .map(|column| names.iter().position(|name| name == column))
            .collect()
    })
}

/// What is wrong with a row, by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which of [`COLUMNS`], or another field that the server names.
    pub field: String,
    /// In words.
    pub detail: String,
}

/// A row with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The row.
    pub row: ManyRow,
    /// Its line in the text.
    pub line: usize,
    /// What the server said of it last; none before it was asked.
    pub state: Option<ManyState>,
    /// Why it can't be made.
    pub faults: Vec<Fault>,
}

impl Entry {
    /// Whether it can be made.
    pub fn is_good(&self) -> bool {
        self.state == Some(ManyState::New)
    }

    /// What is wrong with one of its cells.
    pub fn fault(&self, field: &str) -> Option<&str> {
        let fault = self.faults.iter().find(|fault| fault.field == field);
        fault.map(|fault| fault.detail.as_str())
    }

    /// What is wrong with it that belongs to no cell.
    pub fn other_faults(&self) -> Vec<&str> {
        self.faults
            .iter()
            .filter(|fault| !COLUMNS.contains(&fault.field.as_str()))
            .map(|fault| fault.detail.as_str())
            .collect()
    }
}

/// The rows of a list before the server was asked. A name that stands in it twice is a fault of the
/// later row: the server sees a part of the list at a time.
pub fn entries(list: &List) -> Vec<Entry> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    list.rows
        .iter()
        .zip(&list.lines)
        .map(|(row, line)| {
            let mut faults = Vec::new();
            if !row.name.is_empty() {
                let earlier = *first.entry(&row.name).or_insert(*line);
                if earlier != *line {
                    faults.push(Fault {
                        field: "name".to_owned(),
                        detail: format!("Line {earlier} has this name already."),
                    });
                }
            }
            Entry {
                row: row.clone(),
                line: *line,
                state: (!faults.is_empty()).then_some(ManyState::Error),
                faults,
            }
        })
        .collect()
}

/// Takes over what the server said of the rows at `places`, in their order.
pub fn take_over(entries: &mut [Entry], places: &[usize], lines: &[ManyLine]) {
    for line in lines {
        let place = usize::try_from(line.row)
            .ok()
            .and_then(|row| places.get(row.checked_sub(1)?));
        let Some(entry) = place.and_then(|place| entries.get_mut(*place)) else {
            continue;
        };
        entry.state = Some(line.state);
        entry.faults = line
            .errors
            .iter()
            .map(|error| Fault {
                field: error.field.clone(),
                detail: error.detail.clone(),
            })
            .collect();
    }
}

/// Places of the rows that pass.
pub fn places(entries: &[Entry], pass: impl Fn(&Entry) -> bool) -> Vec<usize> {
    let kept = entries.iter().enumerate().filter(|(_, entry)| pass(entry));
    kept.map(|(place, _)| place).collect()
}

/// How many rows are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Not asked about yet.
    pub unchecked: usize,
    /// They can be made.
    pub new: usize,
    /// They were made.
    pub created: usize,
    /// They were there before.
    pub exists: usize,
    /// They can't be made.
    pub bad: usize,
}

impl Tally {
    /// Of these rows.
    pub fn of(entries: &[Entry]) -> Self {
        let mut tally = Self::default();
        for entry in entries {
            *match entry.state {
                None => &mut tally.unchecked,
                Some(ManyState::New) => &mut tally.new,
                Some(ManyState::Created) => &mut tally.created,
                Some(ManyState::Exists) => &mut tally.exists,
                Some(ManyState::Error) => &mut tally.bad,
            } += 1;
        }
        tally
    }

    /// In a sentence.
    pub fn in_words(self) -> String {
        let mut parts = Vec::new();
        let mut say = |number: usize, words: &str| {
            if number > 0 {
                parts.push(format!("{} {words}", grouped(count(number))));
            }
        };
        say(self.created, "created");
        say(self.new, "can be created");
        say(self.exists, "already there");
        say(
            self.bad,
            if self.bad == 1 {
                "has an error"
            } else {
                "have errors"
            },
        );
        say(self.unchecked, "not checked");
        if parts.is_empty() {
            "No rows".to_owned()
        } else {
            parts.join(", ")
        }
    }

    /// What the button says.
    pub fn button(self) -> String {
        format!(
            "Create {}",
            counted(count(self.new), "endpoint", "endpoints")
        )
    }

    /// Why the button can't be used; empty if it can.
    pub fn blocked(self) -> &'static str {
        if self.new > 0 {
            ""
        } else if self.unchecked > 0 {
            "The rows are not checked yet"
        } else if self.bad > 0 {
            "No row can be created: see the errors"
        } else {
            "Every row is there already"
        }
    }
}

/// A row's state in a word.
pub fn state_word(state: Option<ManyState>) -> &'static str {
    match state {
        None => "Not checked",
        Some(ManyState::New) => "New",
        Some(ManyState::Created) => "Created",
        Some(ManyState::Exists) => "Exists",
        Some(ManyState::Error) => "Error",
    }
}

/// The rows with what became of them as CSV, with a heading; `url` finds an endpoint's address by its
/// name.
pub fn csv(entries: &[Entry], url: impl Fn(&str) -> Option<String>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |cells: [&str; 7]| {
        csv_row(&mut out, cells, b',', true);
    };
    put([
        "name",
        "description",
        "throttle",
        "customer",
        "state",
        "url",
        "error",
    ]);
    for entry in entries {
        let errors: Vec<String> = entry
            .faults
            .iter()
            .map(|fault| format!("{}: {}", fault.field, fault.detail))
            .collect();
        let made = matches!(entry.state, Some(ManyState::Created | ManyState::Exists));
        let address = made.then(|| url(&entry.row.name)).flatten();
        put([
            &entry.row.name,
            &entry.row.description,
            &entry.row.throttle,
            &entry.row.customer,
            state_word(entry.state),
            address.as_deref().unwrap_or_default(),
            &errors.join(" "),
        ]);
    }
    out
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
