//! Which column of a table feeds which input of a model: proposed from names and from what the columns
//! hold, one column for one input. Knows nothing of checks or edits.

mod assign;
mod evidence;
mod likeness;
mod name;
mod words;

pub use evidence::{ColumnEvidence, Evidence};
pub use likeness::likeness;

use name::Name;
use portico_api::schema::Schema;
use serde::{Deserialize, Serialize};

/// Where an input's values come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From nowhere: every row lacks it.
    #[default]
    Missing,
    /// From a column of the table, by number.
    Column(u32),
    /// The same text in every row.
    Constant(String),
}

/// Where an input's values may come from, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// From where.
    pub source: Source,
    /// Why from there, in words, such as `same name`.
    pub why: String,
    /// How sure it is, from 0 to 1.
    pub score: f64,
}

/// Below this, a column is not proposed.
const SURE: f64 = 0.7;
/// Above this, a name tells by itself.
const CERTAIN: f64 = 0.85;
/// Columns whose scores for an input are less than this apart are equally likely.
const APART: f64 = 0.03;
/// The most pairs of names that are compared letter by letter; past it, only equal ones are found.
const COMPARED: usize = 400_000;
/// How many of a column's filled cells must be of an input's type for it to be taken by position.
const FITS: f64 = 0.5;

/// Proposes a source for each input, in the schema's order. Columns named as an output of the model
/// are results of an earlier scoring, and feed nothing.
pub fn propose(
    schema: &Schema,
    header: &[String],
    has_header: bool,
    evidence: &Evidence,
) -> Vec<Proposal> {
    if !has_header {
        return by_position(schema, header.len(), evidence);
    }
    let mut columns: Vec<Name> = header.iter().map(|name| Name::read(name)).collect();
    let mut inputs: Vec<Name> = schema
        .inputs
        .iter()
        .map(|input| Name::read(&input.name))
        .collect();
    name::drop_common_words(&mut columns);
    name::drop_common_words(&mut inputs);
    let closely = inputs.len() * columns.len() <= COMPARED;
    let mut pairs = Vec::new();
    for (i, input) in inputs.iter().enumerate() {
        for (c, column) in columns.iter().enumerate() {
            if is_output(schema, &header[c]) && input.text != column.text {
                continue;
            }
            if let Some(alike) = name::compare(input, column, closely) {
                let fit = evidence.fit(c, &schema.inputs[i]);
                let score = alike.weigh(fit);
                if score >= SURE {
                    pairs.push(assign::Pair {
                        input: i,
                        column: c,
                        score,
                        why: alike.why,
                    });
                }
            }
        }
    }
    drop_equals(&mut pairs);
    let chosen = assign::best(inputs.len(), &pairs);
    let proposals = chosen.into_iter().map(|pair| match pair {
        Some(pair) => Proposal {
            source: column(pair.column),
            why: pair.why.to_owned(),
            score: pair.score,
        },
        None => nothing("no column has such a name"),
    });
    proposals.collect()
}

/// Whether the first row of a paste names the inputs: at least half of what can be named. `None` where
/// it neither does nor is plainly data.
pub fn looks_like_header(schema: &Schema, first_row: &[&str]) -> Option<bool> {
    let filled: Vec<&str> = first_row
        .iter()
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
        .collect();
    let columns: Vec<Name> = filled.iter().map(|cell| Name::read(cell)).collect();
    let named = schema
        .inputs
        .iter()
        .filter(|input| {
            let name = Name::read(&input.name);
            let mut alike = columns.iter().filter_map(|c| name::compare(&name, c, true));
            alike.any(|alike| alike.score >= 0.9)
        })
        .count();
    let nameable = schema.inputs.len().min(filled.len());
    if named > 0 && named * 2 >= nameable {
        return Some(true);
    }
    let data = filled.iter().any(|cell| {
        evidence::is_value(cell)
            || schema
                .inputs
                .iter()
                .any(|input| input.categories.iter().any(|known| known == cell))
    });
    data.then_some(false)
}

/// Leaves an input without a column where several are equally likely and none is certain.
fn drop_equals(pairs: &mut Vec<assign::Pair>) {
    let rivals = |pair: &assign::Pair| {
        let others = pairs.iter().filter(|other| other.input == pair.input);
        let best = others.clone().map(|other| other.score).fold(0.0, f64::max);
        let near = others.filter(|other| other.score > best - APART);
        best < CERTAIN && near.count() > 1
    };
    let keep: Vec<bool> = pairs.iter().map(|pair| !rivals(pair)).collect();
    let mut keep = keep.into_iter();
    pairs.retain(|_| keep.next().unwrap_or_default());
}

fn is_output(schema: &Schema, header: &str) -> bool {
    let name = header.trim();
    let mut outputs = schema.outputs.iter();
    outputs.any(|output| output.column.trim().eq_ignore_ascii_case(name))
}

/// Without names: column by column, if there are as many and what they hold fits.
fn by_position(schema: &Schema, columns: usize, evidence: &Evidence) -> Vec<Proposal> {
    let inputs = &schema.inputs;
    let fits: Vec<f64> = inputs
        .iter()
        .enumerate()
        .map(|(at, input)| evidence.fit(at, input))
        .collect();
    let fitting = columns == inputs.len() && fits.iter().all(|fit| *fit >= FITS);
    let proposals = fits.into_iter().enumerate().map(|(at, fit)| {
        if fitting {
            Proposal {
                source: column(at),
                why: "by position".to_owned(),
                score: fit,
            }
        } else if columns == inputs.len() {
            nothing("the columns have no names, and what they hold does not fit in this order")
        } else {
            nothing("the columns have no names, and there are not as many as the model has inputs")
        }
    });
    proposals.collect()
}

fn nothing(why: &str) -> Proposal {
    Proposal {
        source: Source::Missing,
        why: why.to_owned(),
        score: 0.0,
    }
}

fn column(at: usize) -> Source {
    u32::try_from(at).map_or(Source::Missing, Source::Column)
}
