//! What stands over the columns, and how wide they are. Plain values, nothing of the browser.

use super::cache::Cache;
use portico_tabular::place::letters;
use portico_tabular::protocol::State;

/// The narrowest column in pixels.
pub const NARROWEST: f64 = 64.0;
/// The widest a column is by itself.
const WIDEST: f64 = 280.0;
/// What a letter takes, about.
const LETTER: f64 = 8.4;
/// What stands around a text.
const AROUND: f64 = 22.0;

/// What stands over a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its letters; empty for an output.
    pub letters: String,
    /// Its name.
    pub name: String,
    /// What it feeds, in words; empty if it feeds nothing.
    pub feeds: String,
    /// The input that it feeds, by number.
    pub input: Option<usize>,
    /// Whether its cells are set to the right.
    pub numeric: bool,
    /// Whether it is an output of the model.
    pub output: bool,
}

/// The heads of all columns: the table's own, then the outputs.
pub fn heads(state: &State) -> Vec<Head> {
    let own = state.columns.iter().enumerate().map(|(index, column)| {
        let input = column.input.and_then(|input| state.inputs.get(input));
        Head {
            letters: letters(u32::try_from(index).unwrap_or(u32::MAX - 1)),
            name: column.name.clone(),
            feeds: match input {
                Some(input) if input.name == column.name => "input".to_owned(),
                Some(input) => format!("→ {}", input.name),
                None => String::new(),
            },
            input: column.input,
            numeric: column.numeric,
            output: false,
        }
    });
    let outputs = state.outputs.iter().map(|name| Head {
        name: name.clone(),
        feeds: "prediction".to_owned(),
        output: true,
        ..Head::default()
    });
    own.chain(outputs).collect()
}

/// How wide a column is by itself: as its head and the first rows want it.
pub fn width(head: &Head, index: usize, own: usize, cache: &Cache) -> f64 {
    let texts = (0..40)
        .filter_map(|position| cache.row(position))
        .map(|(row, _)| {
            let text = if head.output {
                row.outputs.get(index.saturating_sub(own))
            } else {
                row.cells.get(index)
            };
            text.map_or(0, |text| text.chars().take(60).count())
        });
    let longest = texts.max().unwrap_or_default();
    let over = (head.letters.len() + 2 + head.feeds.chars().count()).max(head.name.chars().count());
    let letters = u32::try_from(longest.max(over)).unwrap_or(u32::MAX);
    (f64::from(letters) * LETTER + AROUND)
        .clamp(NARROWEST, WIDEST)
        .round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_tabular::protocol::ColumnFacts;

    #[test]
    fn outputs_stand_after_the_own_columns() {
        let state = State {
            columns: vec![
                ColumnFacts {
                    name: "island".to_owned(),
                    input: None,
                    numeric: false,
                },
                ColumnFacts {
                    name: "mass".to_owned(),
                    input: None,
                    numeric: true,
                },
            ],
            outputs: vec!["Scored Labels".to_owned()],
            ..State::default()
        };
        let heads = heads(&state);
        let seen: Vec<(&str, &str, bool)> = heads
            .iter()
            .map(|head| (head.letters.as_str(), head.name.as_str(), head.output))
            .collect();
        assert_eq!(
            seen,
            [
                ("A", "island", false),
                ("B", "mass", false),
                ("", "Scored Labels", true)
            ]
        );
    }

    #[test]
    fn a_column_is_as_wide_as_its_name_within_reason() {
        let of = |name: &str| {
            let head = Head {
                name: name.to_owned(),
                ..Head::default()
            };
            width(&head, 0, 1, &Cache::default())
        };
        assert!((of("a") - NARROWEST).abs() < f64::EPSILON);
        assert!(of("bill_length_mm") > 100.0);
        assert!((of(&"x".repeat(300)) - 280.0).abs() < f64::EPSILON);
    }
}
