//! What there is to say about a text: why it can't be read, and what was remarkable where it could.

use super::TextFacts;
use super::body::{Body, Course};
use super::index::Stop;
use crate::csv::scan::{Fault, Spot, Tally};
use crate::diagnostic::{Diagnostic, Difference, Severity};
use crate::header;
use crate::limits;
use crate::place::Place;
use crate::refusal::Refusal;
use encoding_rs::{UTF_8, WINDOWS_1252};

/// The most characters of an excerpt in a diagnostic, and in a sentence.
const EXCERPT: usize = 80;
const SHORT_EXCERPT: usize = 40;
/// The most renamed columns that are listed.
const RENAMED: usize = 100;

pub(super) fn too_large() -> Refusal {
    let most = limits::TEXT_BYTES >> 30;
    Refusal::new(
        "too_large",
        format!(
            "This text is larger than {} GB. Split it into smaller files.",
            most + 1
        ),
    )
}

pub(super) fn no_memory() -> Refusal {
    Refusal::new(
        "memory",
        "There is not enough memory for this text. Close other tabs, or split it into smaller files.",
    )
}

/// Where a spot is, in words: `C17 (byte 120)`.
fn address(body: &Body, spot: Spot) -> String {
    let cell = place(spot).to_string();
    match body.source_offset(spot.offset) {
        Some(offset) => format!("{cell} (byte {offset} of the file)"),
        None => cell,
    }
}

fn place(spot: Spot) -> Place {
    Place {
        sheet: None,
        row: spot.row,
        column: spot.column,
    }
}

pub(super) fn of_stop(body: &Body, stop: Stop) -> Refusal {
    let at = |spot: Spot| address(body, spot);
    let excerpt = |spot: Spot| body.excerpt(spot.offset, SHORT_EXCERPT);
    match stop {
        Stop::Fault(Fault::Unclosed { opened, at_end }) => {
            let how_long = if at_end {
                "and is never closed, so that everything behind it would be one cell"
            } else {
                "and is not closed within 1 MiB, so that everything behind it would be one cell"
            };
            let reason = format!(
                "A quote opens in {} {how_long}. It begins with {}. Close the quote there, or double it if it is part of the text.",
                at(opened),
                excerpt(opened),
            );
            Refusal::new("quote_unclosed", reason)
        }
        Stop::Fault(Fault::TooLong(spot)) => {
            let reason = format!(
                "Row {} is longer than 1 MiB, the most that a row may have. It begins at {} with {}. Is this a table?",
                spot.row,
                at(spot),
                excerpt(spot),
            );
            Refusal::new("record_too_long", reason)
        }
        Stop::Fault(Fault::TooMany(spot)) => {
            let reason = format!(
                "Row {} has {} cells or more, and a row may have {} at the most. It begins at {} with {}.",
                spot.row,
                limits::FIELDS + 1,
                limits::FIELDS,
                at(spot),
                excerpt(spot),
            );
            Refusal::new("too_many_fields", reason)
        }
        Stop::TooWide(spot) => {
            let reason = format!(
                "Row {} has more than {} columns, the most that a table may have. Leave out columns that the model does not need.",
                spot.row,
                limits::COLUMNS,
            );
            Refusal::new("too_many_columns", reason)
        }
    }
}

/// The text ends at the NUL that was found.
pub(super) fn of_nul(body: &Body) -> Refusal {
    let offset = body.table.bytes.len();
    let place = match &body.course {
        Some(course) => address(
            body,
            Spot {
                offset,
                ..course.index.here()
            },
        ),
        None => format!("byte {offset}"),
    };
    Refusal::new(
        "nul",
        format!(
            "There is a NUL character in {place}, and no text has one. The file is damaged, or it is no table: save it again as CSV."
        ),
    )
}

/// How a text was read; none as long as that is not decided.
pub(super) fn facts(body: &Body) -> Option<TextFacts> {
    let course = body.course.as_ref()?;
    let grammar = course.dialect.grammar;
    let plan = course.index.plan();
    Some(TextFacts {
        encoding: body.encoding().name().to_ascii_lowercase(),
        bom: body.mark > 0,
        delimiter: grammar.delimiter.map(char::from),
        quote: grammar.quote.map(char::from),
        escape: grammar.escape.map(char::from),
        header: plan.header,
        preamble: course.above(),
        confidence: course.dialect.confidence,
        runner_up: course.dialect.runner_up.map(char::from),
        diagnostics: diagnostics(body, course),
        differences: differences(body, course),
    })
}

fn diagnostics(body: &Body, course: &Course) -> Vec<Diagnostic> {
    let index = &course.index;
    let mut list = Vec::new();
    let mut add = |code: &str, severity, tally: Tally, detail: String| {
        let Some(spot) = tally.first else { return };
        list.push(Diagnostic {
            code: code.to_owned(),
            severity,
            place: Some(place(spot)),
            address: place(spot).to_string(),
            offset: body.source_offset(spot.offset),
            excerpt: body.excerpt(spot.offset, EXCERPT),
            count: tally.count,
            detail,
        });
    };
    let of_characters = |count: u64, first: Option<usize>| Tally {
        count,
        first: first.map(|offset| body.locate(offset)),
    };
    let (broken, first_broken) = match &body.transcoder {
        Some(transcoder) => (transcoder.broken, transcoder.first_broken),
        None => (body.evidence.broken, body.evidence.first_broken),
    };
    let encoding = body.encoding();
    if body.transcoder.is_some() || encoding == UTF_8 {
        let detail = format!(
            "Some bytes are no characters in {}; each place reads as \u{FFFD}. If many are wrong, choose another encoding.",
            encoding.name(),
        );
        let tally = of_characters(broken, first_broken);
        add("encoding_broken", Severity::Warning, tally, detail);
    } else if body.fixed.is_none() && encoding == WINDOWS_1252 {
        let tally = of_characters(broken, body.evidence.first_high);
        let detail = "The text is not UTF-8 and was taken for Windows-1252, as Excel writes it in western Europe and America. If letters are wrong, choose another encoding.";
        add("encoding_guessed", Severity::Note, tally, detail.to_owned());
    }
    let above = Tally {
        count: u64::from(course.above()),
        first: (course.above() > 0).then(|| body.locate(course.from)),
    };
    let detail = "Lines above the header are no part of the table and were left out.";
    add("preamble", Severity::Note, above, detail.to_owned());
    let detail = "Rows have fewer cells than there are columns; the missing ones are empty.";
    add(
        "row_short",
        Severity::Warning,
        index.short,
        detail.to_owned(),
    );
    let detail = "Rows have more cells than the header; the others stand in columns without a name. Is a delimiter inside a cell that is not quoted?";
    add("row_long", Severity::Warning, index.long, detail.to_owned());
    let detail = "Something stands between a closing quote and the delimiter; it was taken as part of the cell.";
    add(
        "quote_stray",
        Severity::Warning,
        index.stray(),
        detail.to_owned(),
    );
    let detail = "Quotes stand inside cells that are not quoted; they were taken as characters.";
    add(
        "quote_inside",
        Severity::Note,
        index.inside(),
        detail.to_owned(),
    );
    let detail =
        "Blank lines between rows were left out; rows keep the numbers that they have in the file.";
    add("row_blank", Severity::Note, index.blank, detail.to_owned());
    let detail = "Rows at the end hold nothing but delimiters and were left out.";
    add(
        "row_hollow",
        Severity::Note,
        index.hollow,
        detail.to_owned(),
    );
    let detail = "Spaces behind delimiters belong to them here and were taken away.";
    let spaced = Tally {
        count: 1,
        first: course
            .dialect
            .grammar
            .spaced
            .then(|| body.locate(course.from)),
    };
    add(
        "delimiter_spaced",
        Severity::Note,
        spaced,
        detail.to_owned(),
    );
    list
}

/// Columns that are called otherwise than the header says.
fn differences(body: &Body, course: &Course) -> Vec<Difference> {
    let Some(header) = course.index.plan().header else {
        return Vec::new();
    };
    let written = course.index.texts_of_header(&body.table);
    let pairs = written.into_iter().zip(body.table.header()).enumerate();
    pairs
        .filter(|(_, (written, read))| header::one_line(written) != **read)
        .take(RENAMED)
        .map(|(column, (written, read))| Difference {
            code: "header_renamed".to_owned(),
            address: Place {
                sheet: None,
                row: header,
                column: u32::try_from(column).unwrap_or(u32::MAX),
            }
            .to_string(),
            written,
            read: read.clone(),
            count: 1,
        })
        .collect()
}
