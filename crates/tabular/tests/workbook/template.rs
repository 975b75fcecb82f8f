//! The template of an endpoint holds its columns, its lists and its ranges, and reads back as a table.

use crate::cells::cells;
use portico_api::schema::{ColumnType, InputColumn, Schema};
use portico_tabular::xlsx::read::Book;
use portico_tabular::xlsx::template::template;
use std::io::{Cursor, Read};

fn input(name: &str, column_type: ColumnType) -> InputColumn {
    InputColumn {
        name: name.to_owned(),
        column_type,
        nullable: false,
        min: None,
        max: None,
        categories: Vec::new(),
        description: format!("About {name} & more"),
        tensor: None,
    }
}

fn schema() -> Schema {
    Schema {
        inputs: vec![
            InputColumn {
                min: Some(4.3),
                max: Some(7.9),
                ..input("length", ColumnType::Double)
            },
            InputColumn {
                categories: ["red", "a, b", "<\"c\">"].map(str::to_owned).to_vec(),
                nullable: true,
                ..input("colour", ColumnType::String)
            },
            InputColumn {
                categories: vec!["1".to_owned(), "2".to_owned()],
                ..input("grade", ColumnType::Integer)
            },
            input("day", ColumnType::Datetime),
            input("moment", ColumnType::Datetime),
            input("flag", ColumnType::Boolean),
            input("id", ColumnType::String),
        ],
        outputs: Vec::new(),
        parameters: Vec::new(),
    }
}

#[test]
fn samples_read_back_as_they_were() {
    let sample = [
        "5.1",
        "a, b",
        "2",
        "2026-11-23",
        "2026-11-23T10:30:00",
        "true",
        "00501",
    ]
    .map(str::to_owned)
    .to_vec();
    let bytes = template("Iris", &schema(), &vec![sample; 9]).unwrap();
    let mut book = Book::open(bytes).unwrap();
    let names: Vec<_> = book
        .sheets()
        .iter()
        .map(|sheet| sheet.name.clone())
        .collect();
    assert_eq!(names, ["Rows", "Notes", "Values"]);
    assert_eq!(book.first_filled(), Ok(0));
    let rows = book.read(0, None, &mut |_| {}).unwrap();
    assert_eq!(
        rows.table.header(),
        ["length", "colour", "grade", "day", "moment", "flag", "id"]
    );
    assert_eq!(
        cells(&rows),
        vec![
            [
                "5.1",
                "a, b",
                "2",
                "2026-11-23",
                "2026-11-23T10:30:00",
                "TRUE",
                "00501"
            ];
            5
        ]
    );
    let notes = book.read(1, None, &mut |_| {}).unwrap();
    assert_eq!(
        cells(&notes)[1],
        [
            "colour",
            "text",
            "yes",
            "red, a, b, <\"c\">",
            "About colour & more"
        ]
    );
    let values = book.read(2, None, &mut |_| {}).unwrap();
    assert_eq!(
        cells(&values),
        [["red", "1"], ["a, b", "2"], ["<\"c\">", ""]]
    );
}

#[test]
fn lists_and_ranges_apply_to_their_columns() {
    let bytes = template("Iris", &schema(), &[]).unwrap();
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut xml = String::new();
    package
        .by_name("xl/worksheets/sheet1.xml")
        .unwrap()
        .read_to_string(&mut xml)
        .unwrap();
    let rules: Vec<&str> = xml
        .split("<dataValidation ")
        .skip(1)
        .map(|rule| &rule[..rule.find("</dataValidation>").unwrap()])
        .collect();
    let expected = [
        (
            "type=\"decimal\" operator=\"between\"",
            "sqref=\"A2:A1048576\"><formula1>4.3</formula1><formula2>7.9</formula2>",
        ),
        (
            "type=\"list\" errorStyle=\"warning\" showErrorMessage=\"1\" allowBlank=\"1\"",
            "sqref=\"B2:B1048576\"><formula1>Values!$A$2:$A$4</formula1>",
        ),
        (
            "type=\"list\"",
            "sqref=\"C2:C1048576\"><formula1>Values!$B$2:$B$3</formula1>",
        ),
        (
            "type=\"date\"",
            "sqref=\"D2:D1048576\"><formula1>1</formula1>",
        ),
        (
            "type=\"date\"",
            "sqref=\"E2:E1048576\"><formula1>1</formula1>",
        ),
        (
            "type=\"list\"",
            "sqref=\"F2:F1048576\"><formula1>\"TRUE,FALSE\"</formula1>",
        ),
    ];
    assert_eq!(rules.len(), expected.len(), "{rules:?}");
    for (rule, (kind, cells)) in rules.iter().zip(expected) {
        assert!(rule.starts_with(kind) && rule.ends_with(cells), "{rule}");
    }
}
