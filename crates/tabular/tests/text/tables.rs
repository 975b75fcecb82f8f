//! Shapes of tables: header, short and long rows, blank lines, names.

use super::{check, read, read_as};
use portico_tabular::intake::TextFacts;
use portico_tabular::protocol::How;

fn remarks(facts: &TextFacts) -> Vec<(&str, &str, u64)> {
    let list = facts.diagnostics.iter();
    list.map(|d| (d.code.as_str(), d.address.as_str(), d.count))
        .collect()
}

#[test]
fn small_tables() {
    check("a,b\n", &["a¦b"]);
    check("a,b", &["a¦b"]);
    check("word", &["word"]);
    check("42", &["Column 1", "42"]);
    check("age\n31\n42\n", &["age", "31", "42"]);
    check("a,b\n1,2", &["a¦b", "1¦2"]);
    let facts = check("a,b\n1,2\n\n\n\n\n", &["a¦b", "1¦2"]);
    assert_eq!(remarks(&facts), []);
    check("a,b\r\n1,2\r\n\r\n\r\n", &["a¦b", "1¦2"]);
    check("\n\na,b\n1,2\n", &["a¦b", "1¦2"]);
    for nothing in ["", "\n", "\r\n\r\n", "  \n", "\u{FEFF}", "\u{FEFF}\n"] {
        assert_eq!(read(nothing.as_bytes()).expect_err("nothing").code, "empty");
    }
}

#[test]
fn texts_come_through_unchanged() {
    check(
        "id;zip;amount;note\n009007199254740993;00501;1,5; x \n123456789012345678;01234;-2,25;é,ü\n",
        &[
            "id¦zip¦amount¦note",
            "009007199254740993¦00501¦1,5¦ x ",
            "123456789012345678¦01234¦-2,25¦é,ü",
        ],
    );
    check(
        "a,b\n1E5,MARCH1\n1-2,+41\n",
        &["a¦b", "1E5¦MARCH1", "1-2¦+41"],
    );
    check(
        "a,b\nx\u{2028}y,z\u{200B}\n1\u{A0}234,2\n",
        &["a¦b", "x\u{2028}y¦z\u{200B}", "1\u{A0}234¦2"],
    );
}

#[test]
fn line_breaks_may_be_mixed_and_stay_inside_quotes() {
    let facts = check(
        "a,b\r1,2\r\n3,4\n\"x\r\ny\",\"z\rw\"\r5,6",
        &["a¦b", "1¦2", "3¦4", "x\r\ny¦z\rw", "5¦6"],
    );
    assert_eq!(remarks(&facts), []);
}

#[test]
fn short_rows_are_filled_and_long_ones_make_columns() {
    let facts = check(
        "a,b,c\n1,2\n3,4,5\n6\n7,8,9,10\n1,2,3\n",
        &[
            "a¦b¦c¦Column 4",
            "1¦2¦¦",
            "3¦4¦5¦",
            "6¦¦¦",
            "7¦8¦9¦10",
            "1¦2¦3¦",
        ],
    );
    assert_eq!(
        remarks(&facts),
        [("row_short", "C2", 2), ("row_long", "D5", 1)]
    );
    assert_eq!(facts.diagnostics[1].offset, Some(18));
    assert_eq!(facts.diagnostics[1].excerpt, "7,8,9,10");
}

#[test]
fn a_delimiter_behind_every_row_makes_no_column() {
    let facts = check("a,b,\n1,2,\n3,4,\n", &["a¦b", "1¦2", "3¦4"]);
    assert_eq!(remarks(&facts), []);
    check("a,b,,,\n1,2,,,\n3,4,,,\n", &["a¦b", "1¦2", "3¦4"]);
    check("a,b\n1,2,\n3,4\n", &["a¦b", "1¦2", "3¦4"]);
    check("\"a\",\"b\",\"\"\n\"1\",\"2\",\"\"\n", &["a¦b", "1¦2"]);
    check("1,2,\n3,4,\n", &["Column 1¦Column 2", "1¦2", "3¦4"]);
    // A column without a name is one if anything stands in it.
    let facts = check("a,b,\n1,2,\n3,4,x\n", &["a¦b¦Column 3", "1¦2¦", "3¦4¦x"]);
    assert_eq!(remarks(&facts), []);
    assert_eq!(facts.differences[0].read, "Column 3");
}

#[test]
fn blank_rows_are_left_out_and_counted() {
    let text = "a,b\n1,2\n\n   \n3,4\n\n,\n5,6\n,\n ,\n\n";
    let facts = check(text, &["a¦b", "1¦2", "3¦4", "¦", "5¦6"]);
    assert_eq!(
        remarks(&facts),
        [("row_blank", "A3", 3), ("row_hollow", "A9", 2)]
    );
    let text = super::take_in(text.as_bytes(), &How::default(), 5).expect("a table");
    let rows: Vec<u32> = (0..4).map(|row| text.table.place(row, 0).row).collect();
    assert_eq!(rows, [2, 5, 7, 8]);
}

#[test]
fn a_text_with_a_blank_line_after_each_row_is_read_fast() {
    let text = format!("a,b\n{}", "1,2\n\n".repeat(300_000));
    let text = super::take_in(text.as_bytes(), &How::default(), 1 << 16).expect("a table");
    assert_eq!(text.table.rows(), 300_000);
    assert_eq!(text.table.place(299_999, 1).to_string(), "B600000");
    assert_eq!(remarks(&text.facts), [("row_blank", "A3", 299_999)]);
}

#[test]
fn lines_above_the_header_are_left_out() {
    let facts = check(
        "Sales report\nby Ann, in May\n\nid,name,sum\n1,Ann,5\n2,Bob,6\n",
        &["id¦name¦sum", "1¦Ann¦5", "2¦Bob¦6"],
    );
    assert_eq!((facts.header, facts.preamble), (Some(4), 3));
    assert_eq!(remarks(&facts), [("preamble", "A1", 3)]);
    assert_eq!(facts.diagnostics[0].excerpt, "Sales report");
    let facts = check(
        "1,Ann,5\n2,Bob,6\n3,Cy,7\n",
        &["Column 1¦Column 2¦Column 3", "1¦Ann¦5", "2¦Bob¦6", "3¦Cy¦7"],
    );
    assert_eq!((facts.header, facts.preamble), (None, 0));
}

#[test]
fn the_header_is_where_it_is_said_to_be() {
    let text = b"x,y\na,b\n\n1,2\n3,4\n";
    let with = |header: u32| {
        let how = How {
            header: Some(header),
            ..How::default()
        };
        read_as(text, &how)
    };
    let (found, facts) = with(2).expect("a table");
    assert_eq!(found, super::table(&["a¦b", "1¦2", "3¦4"]));
    assert_eq!((facts.header, facts.preamble), (Some(2), 1));
    let (found, _) = with(0).expect("a table");
    assert_eq!(found.header, ["Column 1", "Column 2"]);
    assert_eq!(found.rows[0], ["x", "y"]);
    let (found, _) = with(3).expect("a table");
    assert_eq!(found, super::table(&["Column 1¦Column 2", "1¦2", "3¦4"]));
    let (found, _) = with(5).expect("a table");
    assert_eq!(found, super::table(&["3¦4"]));
    let refusal = with(6).expect_err("no such row");
    assert_eq!(refusal.code, "header_missing");
    assert!(refusal.reason.contains("has 5 rows"), "{refusal}");
}

#[test]
fn names_are_made_unlike_each_other() {
    let facts = check(
        "a,a, b ,,\"c\nd\",é\n1,2,3,4,5,6\n",
        &["a¦a (2)¦b¦Column 4¦c d¦é", "1¦2¦3¦4¦5¦6"],
    );
    let renamed: Vec<_> = facts
        .differences
        .iter()
        .map(|d| (d.address.as_str(), d.written.as_str(), d.read.as_str()))
        .collect();
    assert_eq!(renamed, [("B1", "a", "a (2)"), ("D1", "", "Column 4")]);
    let long = "x".repeat(300);
    check(format!("{long},b\n1,2\n"), &[&format!("{long}¦b"), "1¦2"]);
}
