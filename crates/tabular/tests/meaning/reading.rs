//! How a column is read is decided by all of its cells.

use crate::sample::{column, input, schema, table};
use portico_api::schema::{ColumnType, InputColumn};
use portico_tabular::check::{Checks, Reading};
use portico_tabular::mapping::Source;

fn checks_of(column_of: InputColumn, cells: &[&str], delimiter: Option<char>) -> Checks {
    let table = column(cells);
    let mut checks = Checks::new(&schema(vec![column_of]), &[Source::Column(0)]);
    checks.advance(&table, u32::MAX);
    checks.settle(delimiter);
    checks
}

fn check(
    kind: ColumnType,
    cells: &[&str],
    delimiter: Option<char>,
    expected: (Reading, bool, u32),
) {
    let checks = checks_of(input("x", kind), cells, delimiter);
    let found = checks.input(0).unwrap();
    assert_eq!(
        (found.reading, found.ambiguous, found.errors),
        expected,
        "{cells:?}"
    );
    assert_eq!(checks.blocked().is_some(), expected.1, "{cells:?}");
}

#[test]
fn numbers_tell_point_or_comma() {
    let comma = |cells: &[&str], expected| check(ColumnType::Double, cells, Some(','), expected);
    comma(&["1.5", "2", ""], (Reading::Plain, false, 0));
    comma(&["1,5", "2", ""], (Reading::DecimalComma, false, 0));
    comma(&["1.234,5", "1.234"], (Reading::DecimalComma, false, 0));
    comma(&["1,234", "1,234.5"], (Reading::Plain, false, 0));
    comma(&["1,234", "1,234,567"], (Reading::Plain, false, 0));
    comma(&["1,234", "0,5"], (Reading::DecimalComma, false, 0));
    comma(&["1,234", "12"], (Reading::Plain, true, 0));
    comma(&["1.234", "12"], (Reading::Plain, false, 0));
    // One slip among many does not turn the others round.
    comma(&["1.5", "2.5", "1,5"], (Reading::Plain, false, 1));
    comma(&["1,5", "2,5", "1.5"], (Reading::DecimalComma, false, 1));
    // But where both are told, what could be either is asked about.
    comma(&["1.5", "2.5", "1,5", "1,234"], (Reading::Plain, true, 1));
    comma(&["1.5", "1,5"], (Reading::Plain, false, 1));
}

#[test]
fn a_semicolon_speaks_for_commas() {
    let semicolon =
        |cells: &[&str], expected| check(ColumnType::Double, cells, Some(';'), expected);
    semicolon(&["1,234"], (Reading::DecimalComma, true, 0));
    semicolon(&["1.234"], (Reading::DecimalComma, true, 0));
    semicolon(&["1.234", "0.5"], (Reading::Plain, false, 0));
    semicolon(&["1.5"], (Reading::Plain, false, 0));
}

#[test]
fn another_column_speaks_too() {
    let rows = table(&[&["1.234", "0,5"], &["2.345", "1,5"]]);
    let inputs = vec![
        input("a", ColumnType::Double),
        input("b", ColumnType::Double),
    ];
    let mut checks = Checks::new(&schema(inputs), &[Source::Column(0), Source::Column(1)]);
    checks.advance(&rows, u32::MAX);
    checks.settle(Some('\t'));
    let first = checks.input(0).unwrap();
    assert_eq!(
        (first.reading, first.ambiguous),
        (Reading::DecimalComma, true)
    );
    assert_eq!(checks.input(1).unwrap().reading, Reading::DecimalComma);
}

#[test]
fn whole_numbers_tell_by_what_is_whole() {
    let check = |cells: &[&str], expected| check(ColumnType::Integer, cells, None, expected);
    check(&["1,234"], (Reading::Plain, false, 0));
    check(&["1.234"], (Reading::DecimalComma, false, 0));
    check(&["1,000"], (Reading::Plain, true, 0));
}

#[test]
fn the_range_of_training_proposes_and_a_person_decides() {
    let mut narrow = input("x", ColumnType::Double);
    narrow.min = Some(0.0);
    narrow.max = Some(10.0);
    let mut checks = checks_of(narrow, &["1,234", "2,345"], Some(','));
    let proposed = checks.input(0).unwrap();
    assert_eq!(
        (proposed.reading, proposed.ambiguous),
        (Reading::DecimalComma, true)
    );
    assert_eq!(proposed.readings, [Reading::Plain, Reading::DecimalComma]);
    assert_eq!(checks.marks(), 2);
    checks.set_reading(0, Reading::Plain);
    let told = checks.input(0).unwrap();
    assert_eq!(
        (told.reading, told.ambiguous, told.marks),
        (Reading::Plain, false, 2)
    );
    checks.set_reading(0, Reading::DecimalComma);
    assert_eq!((checks.marks(), checks.blocked()), (0, None));
    assert_eq!(checks.input(0).unwrap().converted, 2);
}

#[test]
fn dates_tell_their_order() {
    let check = |cells: &[&str], expected| check(ColumnType::Datetime, cells, None, expected);
    check(&["2026-04-03", ""], (Reading::Plain, false, 0));
    check(&["3.4.2026", "2026/4/3"], (Reading::Plain, false, 0));
    check(&["3/4/2026", "13/02/2026"], (Reading::DayFirst, false, 0));
    check(&["3/4/2026", "02/13/2026"], (Reading::MonthFirst, false, 0));
    check(&["3/4/2026", "5/6/2026"], (Reading::DayFirst, true, 0));
    check(&["5/5/2026"], (Reading::DayFirst, false, 0));
    check(
        &["3/4/2026", "02/13/2026", "13/02/2026", "2/14/2026"],
        (Reading::MonthFirst, true, 1),
    );
    check(&["2026-02-29", "x"], (Reading::Plain, false, 2));
}

#[test]
fn the_last_row_may_decide() {
    let mut cells = vec!["03/04/2026"; 10_000];
    cells.push("04/13/2026");
    check(
        ColumnType::Datetime,
        &cells,
        None,
        (Reading::MonthFirst, false, 0),
    );
}

#[test]
fn what_could_be_either_is_said_at_the_cell() {
    let checks = checks_of(
        input("day", ColumnType::Datetime),
        &["3/4/2026", "5/5/2026"],
        None,
    );
    let table = column(&["3/4/2026", "5/5/2026"]);
    let finding = checks.finding(&table, 0, 0).unwrap();
    assert_eq!(finding.code, "value_ambiguous");
    assert_eq!(
        finding.words,
        "day: 3/4/2026 can be 2026-04-03 or 2026-03-04. Say how this column is read."
    );
    assert_eq!(checks.finding(&table, 1, 0), None);
    assert_eq!(
        checks.blocked().as_deref(),
        Some("Say whether the day or the month comes first in day.")
    );
    assert_eq!(
        checks.input(0).unwrap().readings,
        [Reading::DayFirst, Reading::MonthFirst]
    );
}

#[test]
fn an_edit_can_decide_and_its_undo_takes_it_back() {
    let mut table = column(&["3/4/2026", "5/6/2026"]);
    let mut checks = Checks::new(
        &schema(vec![input("day", ColumnType::Datetime)]),
        &[Source::Column(0)],
    );
    checks.advance(&table, u32::MAX);
    checks.settle(None);
    assert!(checks.blocked().is_some());
    table.lay(1, 0, Some("5/16/2026".into()));
    checks.recheck(&table, 1..2);
    assert_eq!(checks.blocked(), None);
    assert_eq!(checks.input(0).unwrap().reading, Reading::MonthFirst);
    table.lay(1, 0, None);
    checks.recheck(&table, 1..2);
    assert!(checks.blocked().is_some());
}
