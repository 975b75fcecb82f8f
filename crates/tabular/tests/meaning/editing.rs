//! Acts, and the way back.

use crate::sample::table;
use portico_tabular::edit::{History, Kind};
use portico_tabular::protocol::Area;
use portico_tabular::table::{Row, Table};
use proptest::prelude::*;

fn texts(table: &Table) -> Vec<Vec<String>> {
    let mut row = Row::default();
    let columns = table.columns();
    let rows = (0..table.rows()).map(|number| {
        table.read(number, &mut row);
        (0..columns)
            .map(|column| row.text(column).into_owned())
            .collect()
    });
    rows.collect()
}

fn cells(rows: &[&[&str]]) -> Vec<Vec<String>> {
    let row = |row: &&[&str]| row.iter().map(|&text| text.to_owned()).collect();
    rows.iter().map(row).collect()
}

#[test]
fn acts_have_words_and_a_way_back() {
    let mut table = table(&[&["a", "b"], &["c", "d"]]);
    let first = texts(&table);
    let mut history = History::default();
    let edit = history
        .put(&mut table, 1, 1, &cells(&[&["x"]]), Kind::Edit)
        .unwrap();
    assert_eq!(edit.words, "Edited B3");
    assert_eq!(history.undo_words(), Some("Edited B3"));
    let paste = history
        .put(
            &mut table,
            1,
            1,
            &cells(&[&["1", "2"], &["3", "4"]]),
            Kind::Paste,
        )
        .unwrap();
    assert_eq!((paste.words.as_str(), paste.cut), ("Pasted 2 cells", 2));
    assert_eq!(
        paste.area,
        Area {
            row: 1,
            column: 1,
            rows: 2,
            columns: 1
        }
    );
    assert_eq!(
        texts(&table),
        cells(&[&["a", "b"], &["c", "1"], &["", "3"]])
    );
    let clear = history
        .clear(
            &mut table,
            Area {
                row: 0,
                column: 0,
                rows: 9,
                columns: 9,
            },
        )
        .unwrap();
    assert_eq!(clear.words, "Cleared 5 cells");
    let cleared = texts(&table);
    for _ in 0..3 {
        assert!(history.undo(&mut table).is_some());
    }
    assert_eq!(texts(&table), first);
    assert_eq!(history.stamp(), 0);
    assert!(history.undo(&mut table).is_none());
    assert_eq!(history.redo_words(), Some("Edited B3"));
    for _ in 0..3 {
        assert!(history.redo(&mut table).is_some());
    }
    assert_eq!(texts(&table), cleared);
    assert!(history.redo(&mut table).is_none());
}

#[test]
fn nothing_changed_is_no_act() {
    let mut table = table(&[&["a", ""]]);
    let mut history = History::default();
    assert_eq!(
        history.put(&mut table, 0, 0, &cells(&[&["a", ""]]), Kind::Edit),
        None
    );
    assert_eq!(
        history.clear(
            &mut table,
            Area {
                row: 0,
                column: 1,
                rows: 1,
                columns: 1
            }
        ),
        None
    );
    assert_eq!(
        history.put(&mut table, 0, 5, &cells(&[&["x"]]), Kind::Paste),
        None
    );
    assert_eq!((history.undo_words(), history.stamp()), (None, 0));
}

#[test]
fn a_thousand_acts_are_kept() {
    let mut table = table(&[&["a"]]);
    let mut history = History::default();
    for number in 0..1_010 {
        history.put(&mut table, 0, 0, &[vec![number.to_string()]], Kind::Edit);
    }
    let mut undone = 0;
    while history.undo(&mut table).is_some() {
        undone += 1;
    }
    assert_eq!((undone, texts(&table)), (1_000, cells(&[&["9"]])));
    assert_eq!(history.stamp(), 10);
}

#[test]
fn a_new_act_ends_what_was_taken_back() {
    let mut table = table(&[&["a"]]);
    let mut history = History::default();
    history.put(&mut table, 0, 0, &cells(&[&["b"]]), Kind::Edit);
    history.undo(&mut table);
    history.put(&mut table, 0, 0, &cells(&[&["c"]]), Kind::Edit);
    assert_eq!(history.redo_words(), None);
    history.undo(&mut table);
    assert_eq!(texts(&table), cells(&[&["a"]]));
}

#[derive(Clone, Debug)]
enum Act {
    Put(u32, u32, Vec<Vec<String>>),
    Clear(Area),
    Undo,
    Redo,
}

fn act() -> impl Strategy<Value = Act> {
    let area =
        (0_u32..5, 0_u32..3, 0_u32..4, 0_u32..4).prop_map(|(row, column, rows, columns)| Area {
            row,
            column,
            rows,
            columns,
        });
    let texts = prop::collection::vec(prop::collection::vec("[ab]?", 0..4), 0..4);
    prop_oneof![
        3 => (0_u32..6, 0_u32..3, texts).prop_map(|(row, column, texts)| Act::Put(row, column, texts)),
        1 => area.prop_map(Act::Clear),
        2 => Just(Act::Undo),
        1 => Just(Act::Redo),
    ]
}

proptest! {
    #[test]
    fn the_way_back_passes_every_state(acts in prop::collection::vec(act(), 0..30)) {
        let mut table = table(&[&["a", "b"], &["", "a"]]);
        let mut history = History::default();
        let mut states = vec![texts(&table)];
        let mut at = 0;
        for act in acts {
            match act {
                Act::Put(row, column, cells) => {
                    if history.put(&mut table, row, column, &cells, Kind::Paste).is_some() {
                        states.truncate(at + 1);
                        states.push(texts(&table));
                        at += 1;
                    }
                }
                Act::Clear(area) => {
                    if history.clear(&mut table, area).is_some() {
                        states.truncate(at + 1);
                        states.push(texts(&table));
                        at += 1;
                    }
                }
                Act::Undo => {
                    prop_assert_eq!(history.undo(&mut table).is_some(), at > 0);
                    at = at.saturating_sub(1);
                }
                Act::Redo => {
                    prop_assert_eq!(history.redo(&mut table).is_some(), at + 1 < states.len());
                    at = (at + 1).min(states.len() - 1);
                }
            }
            prop_assert_eq!(&texts(&table), &states[at]);
        }
    }
}
