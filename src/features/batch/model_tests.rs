//! What the page says, for how things stand.

use super::{
    columns_in_words, findings_in_words, pace_in_words, progress, reading_in_words, row_of_address,
    run_in_words, score_button, source_of, source_value, spot_in_words,
};
use portico_api::schema::ColumnType;
use portico_tabular::check::{Finding, Reading};
use portico_tabular::mapping::Source;
use portico_tabular::protocol::{InputFacts, Policy, RunFacts, SourceFacts, Spot, State};

fn standing(ready: u32, barred: u32) -> State {
    State {
        rows: ready + barred,
        checked: ready + barred,
        ready,
        barred,
        ..State::default()
    }
}

#[test]
fn the_button_says_exactly_what_it_does() {
    let check = |state: &State, policy, complete, label: &str, blocked: &str| {
        let button = score_button(state, policy, complete);
        assert_eq!(
            (button.label.as_str(), button.blocked.as_str()),
            (label, blocked)
        );
    };
    let clean = standing(344, 0);
    check(&clean, Policy::Skip, false, "Score 344 rows", "");
    check(&clean, Policy::Block, false, "Score 344 rows", "");
    let bad = standing(341, 3);
    check(&bad, Policy::Skip, false, "Score 341 rows, skip 3", "");
    check(&bad, Policy::Send, false, "Score 344 rows", "");
    check(
        &bad,
        Policy::Block,
        false,
        "Score 341 rows",
        "3 rows to fix first",
    );
    check(
        &standing(3, 0),
        Policy::Skip,
        true,
        "Score 3 changed rows",
        "",
    );
    check(
        &standing(1, 0),
        Policy::Skip,
        true,
        "Score 1 changed row",
        "",
    );
    check(
        &standing(0, 3),
        Policy::Skip,
        false,
        "Score",
        "The 3 rows that are left have cells to fix",
    );
    let done = State {
        rows: 344,
        checked: 344,
        ..State::default()
    };
    check(&done, Policy::Skip, true, "Score", "Every row is scored");
    let unread = State {
        blocked: "The file is still being read".to_owned(),
        ..standing(1_000_000, 0)
    };
    check(
        &unread,
        Policy::Skip,
        false,
        "Score 1,000,000 rows",
        "The file is still being read",
    );
}

#[test]
fn findings_are_counted() {
    for (errors, marks, expected) in [
        (0, 0, "Nothing to fix"),
        (1, 0, "1 cell to fix"),
        (3, 2, "3 cells to fix, 2 unusual"),
        (0, 1_200, "Nothing to fix, 1,200 unusual"),
    ] {
        let state = State {
            errors,
            marks,
            ..standing(344, 0)
        };
        assert_eq!(findings_in_words(&state), expected);
    }
    let state = State {
        rows: 1_000,
        checked: 200,
        ..State::default()
    };
    assert_eq!(findings_in_words(&state), "200 of 1,000 rows checked");
}

#[test]
fn a_run_adds_up() {
    let run = RunFacts {
        running: true,
        scored: 12_000,
        failed: 3,
        skipped: 0,
        waiting: 87_997,
        in_flight: 4,
        rate: 2_345.6,
        retries: 1,
        words: String::new(),
    };
    assert_eq!(
        run_in_words(&run),
        "12,000 scored · 3 failed · 87,997 to go"
    );
    assert_eq!(
        pace_in_words(&run),
        "2,346 rows a second · 4 calls under way · 1 call sent again"
    );
    assert_eq!(progress(&run), (12_003, 100_000));
}

#[test]
fn how_a_table_was_read_is_one_line() {
    let source = SourceFacts {
        encoding: Some("windows-1252".to_owned()),
        delimiter: Some(';'),
        header: Some(3),
        ..SourceFacts::default()
    };
    assert_eq!(
        reading_in_words(&source),
        "Read as windows-1252, semicolon, header in row 3"
    );
    let source = SourceFacts {
        sheet: Some(1),
        sheets: vec!["Notes".to_owned(), "Data".to_owned()],
        ..SourceFacts::default()
    };
    assert_eq!(reading_in_words(&source), "Read as sheet Data, no header");
}

#[test]
fn a_paste_has_only_a_header() {
    let source = SourceFacts {
        header: Some(1),
        ..SourceFacts::default()
    };
    assert_eq!(reading_in_words(&source), "Read with header in row 1");
}

#[test]
fn a_source_survives_its_form() {
    for source in [
        Source::Missing,
        Source::Column(7),
        Source::Constant("Biscoe".to_owned()),
    ] {
        let text = match &source {
            Source::Constant(text) => text.as_str(),
            _ => "",
        };
        assert_eq!(
            source_of(&source_value(&source), text),
            Some(source.clone())
        );
    }
    assert_eq!(source_of("column-x", ""), None);
}

#[test]
fn columns_that_need_a_person_come_first() {
    let input = |source, ambiguous| InputFacts {
        name: "a".to_owned(),
        column_type: ColumnType::Double,
        source,
        why: String::new(),
        reading: Reading::Plain,
        readings: Vec::new(),
        ambiguous,
        converted: 0,
        errors: 0,
        marks: 0,
    };
    let words = |inputs: Vec<InputFacts>| {
        columns_in_words(&State {
            inputs,
            ..State::default()
        })
    };
    assert_eq!(words(vec![input(Source::Column(0), false)]), "");
    assert_eq!(
        words(vec![input(Source::Missing, false)]),
        "1 without a column"
    );
    assert_eq!(
        words(vec![
            input(Source::Missing, false),
            input(Source::Column(0), true)
        ]),
        "1 to decide"
    );
}

#[test]
fn a_cell_is_spoken_with_its_row_and_reason() {
    for (address, expected) in [
        ("Sheet1!C17", "17"),
        ("C17", "17"),
        ("'Q3 2026'!AB1048576", "1048576"),
        ("", ""),
    ] {
        assert_eq!(row_of_address(address), expected);
    }
    let spot = Spot {
        row: 15,
        position: Some(15),
        column: 2,
        address: "Sheet1!C17".to_owned(),
        text: "abc".to_owned(),
        finding: Finding {
            code: "value_type".to_owned(),
            error: true,
            words: "expected a number".to_owned(),
        },
    };
    assert_eq!(
        spot_in_words(&spot, "bill_length_mm"),
        "row 17, bill_length_mm, abc, error: expected a number"
    );
}
