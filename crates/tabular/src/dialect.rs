//! Which delimiter, quote and escape a text is written with, found from a sample of its beginning.
//!
//! The measure is that of table uniformity (W. García, *Detecting CSV File Dialects by Table Uniformity
//! Measurement and Data Type Inference*, 2024; the crate `csv-nose` is its best implementation, and brings
//! regular expressions and threads that a browser's worker can't use): under the right dialect records
//! are equally long and cells look like values. A text is one column unless a delimiter proves itself.

pub(crate) mod look;
mod quoting;
mod uniformity;

use crate::csv::Grammar;
use uniformity::Measure;

/// The most bytes of a sample that are looked at. What the sample has more is left out.
pub const SAMPLE_BYTES: usize = 256 << 10;
/// The most records that a delimiter is measured by.
const SAMPLE_RECORDS: usize = 500;

/// Delimiters that are looked for, the likelier first, with how much they are believed: a space or a colon
/// is more often part of a cell.
const DELIMITERS: [(u8, f64); 8] = [
    (b',', 1.0),
    (b'\t', 1.0),
    (b';', 1.0),
    (b'|', 0.95),
    (b'^', 0.85),
    (b'~', 0.85),
    (b':', 0.55),
    (b' ', 0.5),
];

/// A score below which a text is rather one column.
const ENOUGH: f64 = 0.2;

/// How a text is written, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dialect {
    /// How it is cut into cells.
    pub grammar: Grammar,
    /// From 0, a guess, to 1, beyond doubt.
    pub confidence: f64,
    /// The delimiter that fits second best, if any fits at all.
    pub runner_up: Option<u8>,
}

/// A first line like `sep=;`, by which Excel is told the delimiter: it, and how long the line is with
/// its line break.
pub fn sep_line(text: &[u8]) -> Option<(u8, usize)> {
    let line_end = memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
    let mut line = &text[..line_end];
    if let [b'"', inner @ .., b'"'] = line {
        line = inner;
    }
    let (word, rest) = line.split_at_checked(4)?;
    let [delimiter] = rest else { return None };
    if !word.eq_ignore_ascii_case(b"sep=") || !delimiter.is_ascii() {
        return None;
    }
    let breaks = match text.get(line_end..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([_, ..]) => 1,
        _ => 0,
    };
    Some((*delimiter, line_end + breaks))
}

/// Finds the dialect of a text that begins like this. `complete` when that is all of it; otherwise its
/// last record may be cut and is left out. With a `delimiter`, only the rest is found.
pub fn detect(text: &[u8], complete: bool, delimiter: Option<Option<u8>>) -> Dialect {
    let cut = text.len() > SAMPLE_BYTES;
    let sample = &text[..text.len().min(SAMPLE_BYTES)];
    let complete = complete && !cut;
    if let Some(delimiter) = delimiter {
        let (grammar, _) = measure(sample, complete, delimiter);
        return Dialect {
            grammar,
            confidence: 1.0,
            runner_up: None,
        };
    }
    let mut found: Vec<(f64, Grammar)> = DELIMITERS
        .iter()
        .filter(|(delimiter, _)| memchr::memchr(*delimiter, sample).is_some())
        .map(|&(delimiter, belief)| {
            let (grammar, measure) = measure(sample, complete, Some(delimiter));
            (measure.score(delimiter) * belief, grammar)
        })
        .filter(|(score, _)| *score > 0.0)
        .collect();
    // The sort is stable: of equals, the likelier one is first.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let runner_up = |index: usize| found.get(index).and_then(|(_, grammar)| grammar.delimiter);
    match found.first() {
        Some(&(best, grammar)) if best >= ENOUGH => {
            let second = found.get(1).map_or(0.0, |(score, _)| *score);
            Dialect {
                grammar,
                confidence: (best.min(1.0) * (1.0 - 0.5 * second / best)).clamp(0.0, 1.0),
                runner_up: runner_up(1),
            }
        }
        best => {
            let (grammar, _) = measure(sample, complete, None);
            Dialect {
                grammar,
                confidence: 1.0 - best.map_or(0.0, |(score, _)| *score) / ENOUGH * 0.5,
                runner_up: runner_up(0),
            }
        }
    }
}

/// The best way to read a sample with this delimiter, and how well it fits.
fn measure(sample: &[u8], complete: bool, delimiter: Option<u8>) -> (Grammar, Measure) {
    let mut grammar = quoting::choose(sample, delimiter);
    let mut measure = Measure::of(sample, complete, grammar, SAMPLE_RECORDS);
    if measure.has_stray_quotes() {
        // Quotes that are mere characters make one row of several, which shows.
        let bare = Grammar {
            quote: None,
            escape: None,
            ..grammar
        };
        let unquoted = Measure::of(sample, complete, bare, SAMPLE_RECORDS);
        if unquoted.splits_better(&measure) && !quoting::is_quoted(sample, grammar) {
            (grammar, measure) = (bare, unquoted);
        }
    }
    if measure.is_spaced(delimiter) {
        grammar.spaced = true;
        measure = Measure::of(sample, complete, grammar, SAMPLE_RECORDS);
    }
    (grammar, measure)
}
