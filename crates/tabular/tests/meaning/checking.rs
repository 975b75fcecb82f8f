//! Findings over a table: counted, walked, explained, and the same however they came about.

use crate::sample::{input, penguins, schema, table};
use portico_api::schema::ColumnType;
use portico_tabular::check::Checks;
use portico_tabular::mapping::Source;
use portico_tabular::table::{Row, Table};
use proptest::prelude::*;

fn columns(count: u32) -> Vec<Source> {
    (0..count).map(Source::Column).collect()
}

fn penguin_table() -> Table {
    table(&[
        &["Biscoe", "39.1", "2007"],
        &["biscoe", "39.1%", "2007"],
        &["Dream", "70", ""],
        &["", "39.1", "2007.5"],
        &["Torgersen", "", "2009"],
    ])
}

fn checked(table: &Table) -> Checks {
    let mut checks = Checks::new(&penguins(), &columns(3));
    checks.advance(table, u32::MAX);
    checks.settle(Some(','));
    checks
}

#[test]
fn findings_are_counted_and_explained() {
    let table = penguin_table();
    let checks = checked(&table);
    assert_eq!(
        (checks.errors(), checks.marks(), checks.bad_rows()),
        (4, 2, 3)
    );
    assert!(checks.bad().iter().eq([1, 2, 3]));
    assert!(checks.found().iter().eq([1, 2, 3]));
    let said = |row, column| {
        let finding = checks.finding(&table, row, column)?;
        Some(format!("{} {}", finding.code, finding.words))
    };
    for (row, column, expected) in [
        (
            1,
            0,
            "value_category island: “biscoe” was never seen in training. Did you mean “Biscoe”?",
        ),
        (
            1,
            1,
            "value_type bill_length_mm takes a number, not 39.1%. Leave out the percent sign, and write the number as the model was trained: 12.5 % may be 12.5 or 0.125.",
        ),
        (
            2,
            1,
            "value_range bill_length_mm is outside 30 to 62, the range seen in training.",
        ),
        (2, 2, "value_missing year needs a value."),
        (3, 0, "value_missing island needs a value."),
        (3, 2, "value_type year takes a whole number, not 2007.5."),
    ] {
        assert_eq!(said(row, column).as_deref(), Some(expected));
    }
    assert_eq!(said(0, 0), None);
    assert_eq!(said(4, 1), None);
    let mut row = Row::default();
    table.read(2, &mut row);
    let places: Vec<_> = checks
        .findings_of_row(&row)
        .into_iter()
        .map(|(at, f)| (at, f.error))
        .collect();
    assert_eq!(places, [(1, false), (2, true)]);
}

#[test]
fn hints_name_the_columns_reading() {
    let said = |kind, cells: &[&str], row| {
        let table = crate::sample::column(cells);
        let mut checks = Checks::new(&schema(vec![input("x", kind)]), &columns(1));
        checks.advance(&table, u32::MAX);
        checks.settle(None);
        checks.finding(&table, row, 0).map(|finding| finding.words)
    };
    let check = |kind, cells: &[&str], row, expected: &str| {
        assert_eq!(said(kind, cells, row).as_deref(), Some(expected));
    };
    check(
        ColumnType::Double,
        &["1.5", "2.5", "1,5"],
        2,
        "x takes a number, not 1,5. This column is read with a decimal point.",
    );
    check(
        ColumnType::Double,
        &["1,5", "2,5", "1.5"],
        2,
        "x takes a number, not 1.5. This column is read with a decimal comma.",
    );
    check(
        ColumnType::Double,
        &["39.1", "N/A"],
        1,
        "x takes a number, not N/A. Empty the cell if there is no value.",
    );
    check(
        ColumnType::Datetime,
        &["2023-02-29"],
        0,
        "x takes a date in ISO 8601, such as 2026-11-23, not 2023-02-29. That month has 28 days.",
    );
    check(
        ColumnType::Datetime,
        &["13/02/2026", "14/02/2026", "02/15/2026"],
        2,
        "x takes a date in ISO 8601, such as 2026-11-23, not 02/15/2026. This column is read with the day first.",
    );
    check(
        ColumnType::Datetime,
        &["1/2/26"],
        0,
        "x takes a date in ISO 8601, such as 2026-11-23, not 1/2/26. Write the year with four digits.",
    );
}

#[test]
fn f8_goes_round_in_both_directions() {
    let table = penguin_table();
    let checks = checked(&table);
    let all = [(1, 0), (1, 1), (2, 1), (2, 2), (3, 0), (3, 2)];
    for (at, place) in all.iter().enumerate() {
        let next = all[(at + 1) % all.len()];
        assert_eq!(checks.next(place.0, place.1, false), Some(next));
        assert_eq!(checks.next(next.0, next.1, true), Some(*place));
    }
    assert_eq!(checks.next(0, 0, false), Some((1, 0)));
    assert_eq!(checks.next(4, 2, false), Some((1, 0)));
    assert_eq!(checks.next(0, 0, true), Some((3, 2)));
    assert_eq!(checks.next(4, 0, true), Some((3, 2)));
}

#[test]
fn a_lone_finding_is_found_from_itself() {
    let table = table(&[&["Biscoe", "40", "2007"], &["Biscoe", "x", "2007"]]);
    let checks = checked(&table);
    assert_eq!(checks.next(1, 1, false), Some((1, 1)));
    assert_eq!(checks.next(1, 1, true), Some((1, 1)));
    let clean = crate::sample::table(&[&["Biscoe", "40", "2007"]]);
    assert_eq!(checked(&clean).next(0, 0, false), None);
    assert_eq!(checked(&clean).next(0, 0, true), None);
}

#[test]
fn what_comes_from_nowhere_is_one_problem() {
    let table = penguin_table();
    let mut checks = checked(&table);
    checks.set_source(0, Source::Missing, &table);
    assert_eq!(
        checks.blocked().as_deref(),
        Some(
            "No column is used for island. Choose a column for it, or give one value for all rows."
        )
    );
    assert_eq!((checks.errors(), checks.marks()), (3, 1));
    checks.set_source(2, Source::Missing, &table);
    assert_eq!(
        checks.blocked().as_deref(),
        Some(
            "No column is used for island or year. Choose a column for each, or give one value for all rows."
        )
    );
    checks.set_source(0, Source::Constant("Dream".to_owned()), &table);
    checks.set_source(2, Source::Constant("soon".to_owned()), &table);
    assert_eq!(
        checks.blocked().as_deref(),
        Some("The value for all rows: year takes a whole number, not soon.")
    );
    checks.set_source(2, Source::Constant("2007".to_owned()), &table);
    assert_eq!(checks.blocked(), None);
    assert_eq!((checks.errors(), checks.bad_rows()), (1, 1));
    let mut row = Row::default();
    table.read(0, &mut row);
    let sent = serde_json::Value::Object(checks.values(&row));
    assert_eq!(
        sent,
        serde_json::json!({"island": "Dream", "bill_length_mm": 39.1, "year": 2007})
    );
    checks.set_source(0, Source::Column(0), &table);
    checks.set_source(2, Source::Column(2), &table);
    assert_eq!((checks.errors(), checks.marks()), (4, 2));
}

#[test]
fn one_value_for_all_rows_can_not_be_two() {
    let check = |kind, text: &str, expected: Option<&str>| {
        let sources = [Source::Constant(text.to_owned())];
        let checks = Checks::new(&schema(vec![input("x", kind)]), &sources);
        assert_eq!(checks.blocked().as_deref(), expected);
    };
    check(ColumnType::Double, "1.234", None);
    check(ColumnType::Double, "", None);
    check(
        ColumnType::Double,
        "1,234",
        Some("The value for all rows: x: 1,234 can be 1234 or 1.234. Write it without the comma."),
    );
    check(
        ColumnType::Datetime,
        "3/4/2026",
        Some(
            "The value for all rows: x takes a date in ISO 8601, such as 2026-11-23, not 3/4/2026. Say whether the day or the month comes first.",
        ),
    );
}

#[test]
fn a_column_may_feed_two_inputs() {
    let mut low = input("low", ColumnType::Double);
    low.max = Some(10.0);
    let inputs = vec![
        low,
        input("text", ColumnType::String),
        input("whole", ColumnType::Integer),
    ];
    let table = table(&[&["5"], &["50"], &["50.5"], &["x"]]);
    let mut checks = Checks::new(
        &schema(inputs),
        &[Source::Column(0), Source::Column(0), Source::Column(0)],
    );
    checks.advance(&table, u32::MAX);
    checks.settle(None);
    // By cells, not by inputs; an error hides a mark.
    assert_eq!(
        (checks.errors(), checks.marks(), checks.bad_rows()),
        (2, 1, 2)
    );
    assert!(
        checks
            .finding(&table, 2, 0)
            .is_some_and(|finding| finding.error)
    );
}

#[test]
fn findings_are_bits() {
    let rows: Vec<[&str; 3]> = vec![["Mars", "1,5", "x"]; 10_000];
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 3]>::as_slice).collect();
    let checks = checked(&table(&rows));
    assert_eq!((checks.errors(), checks.marks()), (10_000, 20_000));
    // Ten megabytes for a million rows of twelve inputs is 0.87 bytes a cell.
    assert!(checks.memory() < 3 * 8_700, "{}", checks.memory());
}

/// All that can be seen of checks.
fn seen(checks: &Checks, table: &Table) -> String {
    let mut out = format!(
        "{} {} {} {:?} {}",
        checks.errors(),
        checks.marks(),
        checks.bad_rows(),
        checks.blocked(),
        checks.checked()
    );
    for input in 0..3 {
        out.push_str(&format!("{:?}", checks.input(input)));
    }
    for row in 0..table.rows() {
        let findings: Vec<_> = (0..3)
            .map(|column| checks.finding(table, row, column))
            .collect();
        out.push_str(&format!(
            "{row} {} {} {findings:?}",
            checks.row_has_error(row),
            checks.row_has_finding(row)
        ));
    }
    out
}

fn cell() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "Biscoe",
        "x",
        "1.5",
        "1,5",
        "1,234",
        "40",
        "2007",
        "0.5",
        "3/4/2026",
        "13/2/2026",
        "2/13/2026",
        "2026-01-01",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn how_findings_came_about_does_not_matter(
        rows in prop::collection::vec(prop::collection::vec(cell(), 3), 1..12),
        edits in prop::collection::vec((0_u32..16, 0_u32..3, proptest::option::of(cell())), 0..12),
        step in 1_u32..5,
    ) {
        let mut inputs = penguins();
        inputs.inputs[2] = input("day", ColumnType::Datetime);
        let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let slices: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let mut table = table(&slices);
        let own = table.rows();
        let mut checks = Checks::new(&inputs, &columns(3));
        while checks.checked() < table.rows() {
            checks.advance(&table, checks.checked() + step);
        }
        checks.settle(None);
        for (row, column, text) in edits {
            match text {
                Some(text) => {
                    let missing = (row + 1).saturating_sub(own);
                    table.set_added(table.added().max(missing));
                    table.lay(row, column, Some(text.into()));
                    checks.recheck(&table, row..row + 1);
                }
                None => {
                    // Rows below the source's own go away again.
                    for row in own..table.rows() {
                        for column in 0..3 {
                            table.lay(row, column, None);
                        }
                    }
                    table.set_added(0);
                    checks.recheck(&table, own..own + 16);
                }
            }
        }
        let mut fresh = Checks::new(&inputs, &columns(3));
        fresh.advance(&table, u32::MAX);
        fresh.settle(None);
        prop_assert_eq!(seen(&checks, &table), seen(&fresh, &table));
        // Walking forwards from the start meets each finding once, in order.
        let places: Vec<(u32, u32)> = (0..table.rows())
            .flat_map(|row| (0..3).map(move |column| (row, column)))
            .filter(|(row, column)| fresh.finding(&table, *row, *column).is_some())
            .collect();
        let mut at = (table.rows(), 0);
        for place in &places {
            let next = checks.next(at.0, at.1, false);
            prop_assert_eq!(next, Some(*place));
            at = *place;
        }
        let mut at = (table.rows(), 0);
        for place in places.iter().rev() {
            prop_assert_eq!(checks.next(at.0, at.1, true), Some(*place));
            at = *place;
        }
    }
}
