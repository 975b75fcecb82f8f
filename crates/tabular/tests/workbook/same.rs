//! The same cells as another reader of workbooks finds, for sheets of any shape.

use crate::cells::cells;
use crate::package::Package;
use calamine::{Data, Reader};
use portico_tabular::xlsx::read::Book;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use std::io::Cursor;

/// A cell's XML after its address.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("/>".to_owned()),
        Just(" s=\"1\"/>".to_owned()),
        any::<f64>()
            .prop_filter("a number", |number| number.is_finite())
            .prop_map(|number| format!("><v>{number:e}</v></c>")),
        any::<i32>().prop_map(|number| format!("><v>{number}</v></c>")),
        any::<bool>().prop_map(|value| format!(" t=\"b\"><v>{}</v></c>", u8::from(value))),
        (0..5_usize).prop_map(|index| format!(" t=\"s\"><v>{index}</v></c>")),
        "[a-z&<_x0-9D ]{1,9}".prop_map(|text| {
            let text = text.replace('&', "&amp;").replace('<', "&#60;");
            format!(" t=\"inlineStr\"><is><r><t xml:space=\"preserve\">{text}</t></r><r><t>!</t></r></is></c>")
        }),
        "[a-z]{1,5}".prop_map(|text| format!(" t=\"str\"><f>A1</f><v>{text}</v></c>")),
    ]
}

/// Whether a text is what the other reader found. Numbers are compared as numbers; nothing is minus zero.
fn same(text: &str, data: &Data) -> bool {
    match data {
        Data::Float(number) => text.parse() == Ok(*number) && text != "-0",
        Data::Bool(value) => text == if *value { "TRUE" } else { "FALSE" },
        Data::String(expected) => text == expected,
        _ => false,
    }
}

proptest! {
    #[test]
    fn another_reader_finds_the_same(
        rows in proptest::collection::vec((1..4_u32, proptest::collection::vec((1..3_u32, cell()), 1..6)), 1..8)
    ) {
        let mut data = String::new();
        let mut row = 0;
        for (gap, cells) in &rows {
            row += gap;
            data.push_str(&format!("<row r=\"{row}\">"));
            let mut column = 0;
            for (gap, cell) in cells {
                column += gap;
                let letters = portico_tabular::place::letters(column - 1);
                data.push_str(&format!("<c r=\"{letters}{row}\"{cell}"));
            }
            data.push_str("</row>");
        }
        let bytes = Package::sheet(&data)
            .strings("<si><t>one</t></si><si><t/></si><si><t>&lt;3&#10;</t></si><si><r><t>4</t></r><rPh><t>x</t></rPh></si><si/>")
            .bytes();

        let mut other: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.clone())).unwrap();
        let range = other.worksheet_range("Sheet1").unwrap();
        let mut book = Book::open(bytes).unwrap();
        let sheet = book.read(0, Some(0), &mut |_| {}).unwrap();
        let mut found = Vec::new();
        for (number, cells) in (0..).zip(cells(&sheet)) {
            for (column, cell) in (0..).zip(&cells) {
                let place = sheet.table.place(number, column);
                if !cell.is_empty() {
                    found.push(((place.row - 1, column), cell.clone()));
                }
            }
        }
        let (top, left) = range.start().unwrap_or_default();
        let expected: Vec<_> = range
            .used_cells()
            .filter(|(_, _, data)| **data != Data::String(String::new()))
            .map(|(row, column, data)| {
                let at = (u32::try_from(row).unwrap(), u32::try_from(column).unwrap());
                ((top + at.0, left + at.1), data)
            })
            .collect();
        let right = found.len() == expected.len()
            && found
                .iter()
                .zip(&expected)
                .all(|((at, text), (place, data))| at == place && same(text, data));
        proptest::prop_assert!(right, "{:?} is not {:?}", found, expected);
    }
}
