//! Predictions are kept as the answer had them, and take little.

use super::*;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use serde_json::json;
use std::collections::HashMap;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn of(columns: &[&str]) -> Results {
    let mut results = Results::new();
    results.set_columns(&names(columns)).unwrap();
    results
}

#[test]
fn cells_print_as_the_answer_had_them() {
    let check = |cell: &str, expected: &str| {
        let mut results = of(&["y"]);
        let cell: Value = serde_json::from_str(cell).unwrap();
        results.store(7, std::slice::from_ref(&cell)).unwrap();
        assert_eq!(results.text(7, 0), expected, "{cell}");
        assert_eq!(results.value(7, 0), Some(cell));
    };
    check("0.9996543", "0.9996543");
    check("3.0", "3.0");
    check("-0.0", "-0.0");
    check("1e300", "1e+300");
    check("0.1", "0.1");
    check("3", "3");
    check("-123456789012345678", "-123456789012345678");
    check("18446744073709551615", "18446744073709551615");
    check("true", "true");
    check("false", "false");
    check("null", "");
    check(r#""Adelie""#, "Adelie");
    check(r#""""#, "");
    check("[1,\"a\"]", "[1,\"a\"]");
}

#[test]
fn a_row_without_predictions_is_empty() {
    let mut results = of(&["a", "b"]);
    assert_eq!(results.value(5, 0), None);
    assert_eq!(results.text(5, 0), "");
    results.store(5, &[json!(1), json!("x")]).unwrap();
    assert_eq!(results.value(4, 1), None);
    assert_eq!(results.value(5, 2), None);
    results.clear(5);
    results.clear(100_000);
    assert_eq!(results.value(5, 0), None);
    assert_eq!(results.text(5, 1), "");
}

#[test]
fn other_columns_are_noticed() {
    let mut results = of(&["label", "p"]);
    assert_eq!(results.set_columns(&names(&["other"])), Ok(()));
    assert_eq!(results.set_columns(&names(&["label", "p"])), Ok(()));
    results.store(0, &[json!("a"), json!(0.5)]).unwrap();
    assert_eq!(results.set_columns(&names(&["label", "p"])), Ok(()));
    for other in [&["p", "label"][..], &["label"], &["label", "p", "q"], &[]] {
        assert!(matches!(
            results.set_columns(&names(other)),
            Err(ResultsError::ColumnsChanged { .. })
        ));
    }
    assert_eq!(results.columns(), ["label", "p"]);
    assert_eq!(
        results.store(0, &[json!(1)]),
        Err(ResultsError::Width {
            cells: 1,
            columns: 2
        })
    );
    assert_eq!(results.text(0, 0), "a");
    results.reset();
    assert_eq!(results.set_columns(&names(&["p", "label"])), Ok(()));
    assert_eq!(results.value(0, 0), None);
}

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is stored, stored over and cleared: each row holds what was put there last.
    #[test]
    fn rows_hold_what_was_put_there_last(
        acts in proptest::collection::vec((0_u32..9_000, proptest::option::of([cell(), cell()])), 0..200)
    ) {
        let mut results = of(&["a", "b"]);
        let mut model: HashMap<u32, [Value; 2]> = HashMap::new();
        let mut rows = Vec::new();
        for (row, cells) in acts {
            rows.extend([row, row + 1]);
            if let Some(cells) = cells {
                results.store(row, &cells).unwrap();
                model.insert(row, cells);
            } else {
                results.clear(row);
                model.remove(&row);
            }
        }
        for row in rows {
            for column in 0..2 {
                let expected = model.get(&row).map(|cells| &cells[column]);
                assert_eq!(results.value(row, column).as_ref(), expected);
                let text = match expected {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                };
                assert_eq!(results.text(row, column), text);
            }
        }
    }
}

#[test]
fn a_million_rows_of_four_columns_take_forty_megabytes() {
    let mut results = of(&["label", "a", "b", "c"]);
    for row in 0..1_000_000 {
        let share = f64::from(row) / 1e6;
        let label = ["Adelie", "Gentoo"][row as usize % 2];
        let cells = [json!(label), json!(share), json!(1.0 - share), json!(row)];
        results.store(row, &cells).unwrap();
    }
    let blocks = results.blocks.iter().flatten();
    let bytes: usize = blocks
        .map(|block| size_of_val(&*block.bits) + size_of_val(&*block.tags))
        .sum();
    assert!(bytes < 40_000_000, "{bytes}");
    assert_eq!(results.texts[0].len(), 2);
    assert_eq!(results.text(999_999, 0), "Gentoo");
    assert_eq!(results.text(999_999, 1), "0.999999");
}
