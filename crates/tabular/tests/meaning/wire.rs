//! A cell is to the spreadsheet what it is to the wire.

use crate::sample::{column, input, schema};
use portico_api::cell::{self, Cell};
use portico_api::schema::{ColumnType, InputColumn};
use portico_tabular::check::{Checks, Reading};
use portico_tabular::mapping::Source;
use portico_tabular::table::Row;
use portico_tabular::{date, number};
use proptest::prelude::*;
use serde_json::Value;

/// What the checks say of one text: (error, mark), and what is sent.
fn said(column_of: &InputColumn, text: &str, reading: Reading) -> (bool, bool, Value) {
    let table = column(&[text]);
    let mut checks = Checks::new(&schema(vec![column_of.clone()]), &[Source::Column(0)]);
    checks.advance(&table, u32::MAX);
    checks.set_reading(0, reading);
    let mut row = Row::default();
    table.read(0, &mut row);
    let counted = (checks.errors() == 1, checks.marks() == 1);
    let finding = checks.finding(&table, 0, 0);
    // What is counted, what is shown and what is walked to are one.
    let shown = finding.as_ref().map(|finding| finding.error);
    assert_eq!(
        shown,
        counted.0.then_some(true).or(counted.1.then_some(false)),
        "{text:?}"
    );
    assert!(finding.is_none_or(|finding| !finding.words.is_empty()));
    let sent = checks.values(&row).remove("c").unwrap_or_default();
    (counted.0, counted.1, sent)
}

/// Cells as they come up, near misses before all.
fn texts() -> impl Strategy<Value = String> {
    let number = "[ ]?[-+]?[0-9]{0,20}([.,][0-9]{0,20})?([eE][-+]?[0-9]{1,3})?[ %]?";
    let date = "[12][0-9]{3}-[01]?[0-9]-[0-3]?[0-9]([T t][0-9:Z]{0,8})?";
    let word = "(?i)(true|false|yes|no|0|1|nan|-nan|inf|-infinity|Biscoe| Dream|null|NA)";
    prop_oneof![
        3 => number,
        2 => "[-+]?[0-9]{1,3}([., '\u{a0}][0-9]{2,3}){0,4}",
        2 => date,
        1 => "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}",
        2 => word,
        1 => "[ \t\u{a0}]{0,3}",
        1 => "\\PC{0,12}",
        1 => "a?\0[0-9]?",
    ]
}

fn columns() -> impl Strategy<Value = InputColumn> {
    let kind = prop_oneof![
        3 => Just(ColumnType::Double),
        3 => Just(ColumnType::Integer),
        1 => Just(ColumnType::String),
        1 => Just(ColumnType::Boolean),
        2 => Just(ColumnType::Datetime),
    ];
    let bound = proptest::option::of(-2000.0..2000.0_f64);
    let categories = prop_oneof![
        Just(Vec::new()),
        Just(vec!["Biscoe".to_owned(), "2020-02-02".to_owned()]),
        Just((0..12).map(|n| n.to_string()).collect::<Vec<_>>()),
    ];
    (kind, any::<bool>(), bound.clone(), bound, categories).prop_map(
        |(kind, nullable, min, max, categories)| InputColumn {
            nullable,
            min,
            max,
            categories,
            ..input("c", kind)
        },
    )
}

/// Whether a text is one of the notations that are read beyond the wire's, or refused against it.
fn extension(column: &InputColumn, text: &str) -> bool {
    match column.column_type {
        ColumnType::Double => {
            number::double(text, Reading::Plain).is_some_and(|read| read.converted)
        }
        ColumnType::Integer => {
            number::whole(text, Reading::Plain).is_some_and(|read| read.converted)
        }
        ColumnType::Datetime => {
            let looks_iso = cell::read_text(column, text).is_ok();
            match date::iso(text, Reading::Plain) {
                Ok(iso) => iso != text.trim(),
                Err(date::DateProblem::Day(_)) => looks_iso,
                Err(_) => false,
            }
        }
        ColumnType::String | ColumnType::Boolean => false,
    }
}

fn same(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Double(a), Cell::Double(b)) => {
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
        }
        _ => a == b,
    }
}

/// A cell is an error, a mark, and sent just as the wire has it, unless it is an extension.
fn as_on_the_wire(column: &InputColumn, text: &str) {
    let (error, mark, sent) = said(column, text, Reading::Plain);
    if extension(column, text) {
        return;
    }
    let wire = cell::read_text(column, text);
    assert_eq!(error, wire.is_err(), "{text:?} {wire:?}");
    let wire_marks = wire
        .as_ref()
        .is_ok_and(|read| cell::mark(column, read).is_some());
    assert_eq!(mark, wire_marks, "{text:?} {wire:?}");
    match (wire, cell::read_value(column, &sent)) {
        (Ok(a), Ok(b)) => assert!(same(&a, &b), "{text:?} {a:?} {b:?}"),
        (Err(_), Err(_)) => assert_eq!(sent, Value::String(text.to_owned())),
        other => panic!("{text:?} {other:?}"),
    }
}

#[test]
fn edges_are_as_on_the_wire() {
    let texts = [
        "",
        " ",
        "\u{a0}",
        "0",
        "-0",
        "-0.0",
        "+5",
        "5.",
        ".5",
        ".",
        "-",
        "+",
        "1e5",
        "1E-5",
        "1e",
        "1e400",
        "9007199254740992.",
        "9007199254740993.",
        "9007199254740993",
        "9007199254740993.0",
        "90071992547409930.",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "123456789012345678901234567890",
        "0.1",
        "0.30000000000000004",
        "4.35",
        "2.5e-324",
        "1.7976931348623157e308",
        "0.123456789012345678",
        "nan",
        "NaN",
        "+nan",
        "-NAN",
        "inf",
        "-Infinity",
        "TRUE",
        " yes ",
        "No",
        "1",
        "0",
        "1.0",
        "on",
        "10",
        "10.0",
        "10.000000000000001",
        "-10.5",
        "2026-11-23",
        "2026-11-23 ",
        "2026-11-23Tx",
        "2026-11-23x",
        "2026-1-3",
        "2026-13-01",
        "0000-01-01",
        "a\0",
        "\0",
        "5\0",
        "１",
        "Biscoe",
        "biscoe",
        " Biscoe",
        "=1+1",
    ];
    for kind in [
        ColumnType::String,
        ColumnType::Double,
        ColumnType::Integer,
        ColumnType::Boolean,
        ColumnType::Datetime,
    ] {
        for text in texts {
            for nullable in [true, false] {
                let mut column = input("c", kind);
                column.nullable = nullable;
                as_on_the_wire(&column, text);
                column.min = Some(-10.0);
                column.max = Some(10.0);
                column.categories = vec!["Biscoe".to_owned(), "2026-11-23".to_owned()];
                as_on_the_wire(&column, text);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn plain_is_the_wires_own_rule(column in columns(), text in texts()) {
        as_on_the_wire(&column, &text);
    }

    #[test]
    fn what_is_no_error_is_taken_by_the_wire(
        column in columns(),
        text in texts(),
        reading in prop::sample::select(vec![Reading::Plain, Reading::DecimalComma, Reading::DayFirst, Reading::MonthFirst]),
    ) {
        let (error, mark, sent) = said(&column, &text, reading);
        if !error {
            let taken = cell::read_value(&column, &sent);
            prop_assert!(taken.is_ok(), "{:?} {:?}", text, sent);
            let marked = taken.is_ok_and(|cell| cell::mark(&column, &cell).is_some());
            prop_assert_eq!(mark, marked, "{:?} {:?}", text, sent);
        }
    }

    #[test]
    fn numbers_survive_json(value in any::<f64>().prop_filter("finite", |v| v.is_finite()), places in 0_usize..18) {
        let column = input("c", ColumnType::Double);
        for text in [value.to_string(), format!("{value:e}"), format!("{value:.places$}")] {
            let (_, _, sent) = said(&column, &text, Reading::Plain);
            let over: Value = serde_json::from_str(&sent.to_string()).unwrap();
            let read = cell::read_value(&column, &over).unwrap();
            prop_assert!(same(&read, &Cell::Double(text.parse().unwrap())), "{} {}", text, sent);
        }
    }
}

#[test]
fn what_is_sent() {
    use serde_json::json;
    let check = |kind, text: &str, reading, expected: Value| {
        assert_eq!(said(&input("c", kind), text, reading).2, expected, "{text}");
    };
    check(ColumnType::Double, "39.1", Reading::Plain, json!(39.1));
    check(ColumnType::Double, " 3750", Reading::Plain, json!(3750));
    check(
        ColumnType::Double,
        "1.234,5",
        Reading::DecimalComma,
        json!(1234.5),
    );
    check(
        ColumnType::Double,
        "1,234,567",
        Reading::Plain,
        json!(1_234_567),
    );
    check(
        ColumnType::Double,
        "0.1234567890123456789",
        Reading::Plain,
        json!("0.1234567890123456789"),
    );
    check(ColumnType::Double, "", Reading::Plain, Value::Null);
    check(ColumnType::Double, "NaN", Reading::Plain, Value::Null);
    check(ColumnType::Double, "tall", Reading::Plain, json!("tall"));
    check(
        ColumnType::Integer,
        "900719925474099301",
        Reading::Plain,
        json!(900_719_925_474_099_301_i64),
    );
    check(ColumnType::Boolean, "Yes", Reading::Plain, json!(true));
    check(ColumnType::String, "007", Reading::Plain, json!("007"));
    check(ColumnType::String, "", Reading::Plain, json!(""));
    check(
        ColumnType::Datetime,
        "3/4/2026 9:05",
        Reading::DayFirst,
        json!("2026-04-03T09:05:00"),
    );
    check(
        ColumnType::Datetime,
        "2023-02-29",
        Reading::Plain,
        json!("2023-02-29"),
    );
}
