//! Delimiters, quotes and escapes, found by themselves.

use super::{check, read_as};
use portico_tabular::protocol::How;

#[test]
fn every_delimiter_is_found() {
    for delimiter in [",", ";", "\t", "|", ":", "^", "~", " "] {
        let text = "id,amount,name\n1,2.5,Ann\n2,3.5,Bob\n3,4.25,Cy\n".replace(',', delimiter);
        let facts = check(
            text,
            &["id¦amount¦name", "1¦2.5¦Ann", "2¦3.5¦Bob", "3¦4.25¦Cy"],
        );
        assert_eq!(
            facts.delimiter.map(String::from).as_deref(),
            Some(delimiter)
        );
        assert_eq!(facts.header, Some(1), "{delimiter:?}");
        assert!(
            facts.confidence > 0.4,
            "{delimiter:?}: {}",
            facts.confidence
        );
    }
}

#[test]
fn a_decimal_comma_is_no_delimiter() {
    check("a;b\n1,5;2,5", &["a¦b", "1,5¦2,5"]);
    let facts = check(
        "a;b;c\n1,5;2,5;x\n3,5;4,5;y\n",
        &["a¦b¦c", "1,5¦2,5¦x", "3,5¦4,5¦y"],
    );
    assert_eq!(facts.delimiter, Some(';'));
    check(
        "1,5;2,5\n3,5;4,5\n",
        &["Column 1¦Column 2", "1,5¦2,5", "3,5¦4,5"],
    );
    check("a\tb\n1,5\t2,5\n", &["a¦b", "1,5¦2,5"]);
    check("value\n1,5\n2,5\n", &["value", "1,5", "2,5"]);
}

#[test]
fn one_column_stays_one_column() {
    check(
        "comment\nGreat product, would buy again\nBad\nNot good; not bad, really\n",
        &[
            "comment",
            "Great product, would buy again",
            "Bad",
            "Not good; not bad, really",
        ],
    );
    check(
        "full name\nJohn Smith\nJane Doe\n",
        &["full name", "John Smith", "Jane Doe"],
    );
    check(
        "name\nSmith, John\nDoe, Jane\n",
        &["name", "Smith, John", "Doe, Jane"],
    );
    check(
        "time\n2026-01-01 12:00:00\n2026-01-02 13:30:00\n",
        &["time", "2026-01-01 12:00:00", "2026-01-02 13:30:00"],
    );
    check(
        "2026-01-01 12:00:00\n2026-01-02 13:30:00\n",
        &["Column 1", "2026-01-01 12:00:00", "2026-01-02 13:30:00"],
    );
    check("12:30\n13:45\n", &["Column 1", "12:30", "13:45"]);
    check(
        "url\nhttp://a.example/x\nhttp://b.example/y\n",
        &["url", "http://a.example/x", "http://b.example/y"],
    );
    check("\"a, b\"\n\"c, d\"\n\"e\"\n", &["a, b", "c, d", "e"]);
    let facts = check("id\n1\n2\n3\n", &["id", "1", "2", "3"]);
    assert_eq!((facts.delimiter, facts.runner_up), (None, None));
}

#[test]
fn spaces_and_times_in_cells_delimit_nothing() {
    check(
        "first name,last name,at\nJohn A,Smith B,2026-01-01 12:00:00\nJo C,Doe D,2026-01-02 13:00:00\n",
        &[
            "first name¦last name¦at",
            "John A¦Smith B¦2026-01-01 12:00:00",
            "Jo C¦Doe D¦2026-01-02 13:00:00",
        ],
    );
    check(
        "2026-01-01 12:00:00,5.5\n2026-01-01 12:01:00,6.5\n",
        &[
            "Column 1¦Column 2",
            "2026-01-01 12:00:00¦5.5",
            "2026-01-01 12:01:00¦6.5",
        ],
    );
    check("id,tags\n1,a|b\n2,c|d\n", &["id¦tags", "1¦a|b", "2¦c|d"]);
    check(
        "id;when\n1;12:30:00\n2;13:30:00\n",
        &["id¦when", "1¦12:30:00", "2¦13:30:00"],
    );
}

#[test]
fn quoted_line_breaks_change_nothing() {
    let mut text = "id;text\n".to_owned();
    let mut expected = vec!["id¦text".to_owned()];
    for row in 0..50 {
        text += &format!("{row};\"one, two,\nthree, \"\"four\"\",,,\n\nfive\"\n");
        expected.push(format!("{row}¦one, two,\nthree, \"four\",,,\n\nfive"));
    }
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let facts = check(&text, &expected);
    assert_eq!((facts.delimiter, facts.quote), (Some(';'), Some('"')));
}

#[test]
fn quotes_and_escapes_are_found() {
    let facts = check(
        "'a','b'\n'1','x, y'\n'2','it''s'\n",
        &["a¦b", "1¦x, y", "2¦it's"],
    );
    assert_eq!(facts.quote, Some('\''));
    let facts = check(
        "a,b\n\"say \\\"hi\\\", you\",1\n\"C:\\new\",2\n",
        &["a¦b", "say \"hi\", you¦1", "C:\\new¦2"],
    );
    assert_eq!(facts.escape, Some('\\'));
    let facts = check(
        "path,n\n\"C:\\\",1\n\"D:\\x\",2\n",
        &["path¦n", "C:\\¦1", "D:\\x¦2"],
    );
    assert_eq!(facts.escape, None);
    let facts = check(
        "a, b, c\n1, \"x, y\", 2\n3, \"z\", 4\n",
        &["a¦b¦c", "1¦x, y¦2", "3¦z¦4"],
    );
    assert_eq!(facts.diagnostics[0].code, "delimiter_spaced");
    // A space inside quotes is the cell's own, and says nothing of the others'.
    let facts = check(
        "a,b\nx,\" \"\"\"\ny, \nz, 1\n",
        &["a¦b", "x¦ \"", "y¦ ", "z¦ 1"],
    );
    assert!(facts.diagnostics.is_empty());
    let facts = check(
        "a,b\n\"x\"y,5\" pipe\n\"z\",6\" pipe\n",
        &["a¦b", "xy¦5\" pipe", "z¦6\" pipe"],
    );
    let remarks: Vec<_> = facts
        .diagnostics
        .iter()
        .map(|d| (d.code.as_str(), d.address.as_str(), d.count))
        .collect();
    assert_eq!(
        remarks,
        [("quote_stray", "A2", 1), ("quote_inside", "B2", 2)]
    );
}

#[test]
fn quotes_that_are_mere_characters_merge_no_rows() {
    let mut text = "id;name;town\n".to_owned();
    let mut expected = vec!["id¦name¦town".to_owned()];
    for row in 0..40 {
        let name = match row % 8 {
            3 => "\"Mega & Co.",
            6 => "A \"B\" C",
            7 => "\"X\" Ltd",
            _ => "Plain",
        };
        text += &format!("{row};{name};Rome\n");
        expected.push(format!("{row}¦{name}¦Rome"));
    }
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let facts = check(&text, &expected);
    assert_eq!(facts.quote, None);
}

#[test]
fn a_sep_line_is_followed_and_dropped() {
    for text in [
        "sep=;\na,b;c\n1;2\n",
        "\"sep=;\"\r\na,b;c\r\n1;2\r\n",
        "\u{FEFF}SEP=;\ra,b;c\r1;2",
    ] {
        let facts = check(text, &["a,b¦c", "1¦2"]);
        assert_eq!((facts.header, facts.confidence), (Some(1), 1.0));
    }
}

#[test]
fn a_delimiter_that_is_told_is_taken() {
    let with = |delimiter: char, text: &str| {
        let how = How {
            delimiter: Some(delimiter),
            ..How::default()
        };
        read_as(text.as_bytes(), &how).map(|(table, _)| table)
    };
    assert_eq!(
        with(',', "a;b\n1,5;2,5"),
        Ok(super::table(&["a;b¦Column 2¦Column 3", "1¦5;2¦5"]))
    );
    assert_eq!(with('#', "a#b\n1#2"), Ok(super::table(&["a¦b", "1¦2"])));
    assert_eq!(with('\0', "a,b\n1,2"), Ok(super::table(&["a,b", "1,2"])));
    assert_eq!(with('§', "a").map_err(|r| r.code), Err("delimiter_unknown"));
    assert_eq!(with('"', "a").map_err(|r| r.code), Err("delimiter_unknown"));
}
