//! What is written comes back, through another reader too, and the memory does not grow with the rows.

use crate::cells::cells;
use calamine::{Data, Reader};
use portico_tabular::xlsx::read::Book;
use portico_tabular::xlsx::write::{Out, Writer};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use std::io::Cursor;

fn book(rows: &[Vec<Out<'_>>]) -> Vec<u8> {
    let mut writer = Writer::new("Rows");
    writer.header(&["text", "number"]).unwrap();
    let mut bytes = Vec::new();
    for row in rows {
        writer.row(row.iter().copied()).unwrap();
        bytes.extend(writer.take());
    }
    bytes.extend(writer.finish().unwrap());
    bytes
}

#[test]
fn another_reader_reads_the_same() {
    let bytes = book(&[
        vec![Out::Text("=1+1"), Out::Number("1.5")],
        vec![Out::Text("00501"), Out::Number("123456789012345678")],
        vec![Out::Empty, Out::Boolean(true)],
        vec![Out::Text(" a\nb\t<&>\u{1}_x0041_\r "), Out::Number("-3")],
    ]);
    let mut other: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range = other.worksheet_range("Rows").unwrap();
    let text = |text: &str| Data::String(text.to_owned());
    let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(
        rows,
        [
            [text("text"), text("number")],
            [text("=1+1"), Data::Float(1.5)],
            [text("00501"), text("123456789012345678")],
            [Data::Empty, Data::Bool(true)],
            [text(" a\nb\t<&>\u{1}_x0041_\r "), Data::Float(-3.0)],
        ]
    );
}

#[test]
fn a_text_that_does_not_fit_is_refused() {
    let long = "ä".repeat(32_768);
    let mut writer = Writer::new("Rows");
    writer.row([Out::Text(&long[..2 * 32_767])]).unwrap();
    let refusal = writer.row([Out::Empty, Out::Text(&long)]).unwrap_err();
    assert_eq!(refusal.code, "cell_too_long");
    assert!(refusal.reason.contains("B2"), "{refusal}");
}

#[test]
fn finished_bytes_leave_as_they_are_made() {
    let mut writer = Writer::new("Rows");
    let mut largest = 0;
    let mut text = String::new();
    for row in 0_u64..50_000 {
        text.clear();
        text.push_str(&row.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_string());
        writer.row([Out::Text(&text); 6]).unwrap();
        largest = largest.max(writer.take().len());
    }
    assert!(largest < 1 << 20, "{largest} bytes at once");
}

proptest! {
    #[test]
    fn any_text_comes_back(
        texts in proptest::collection::vec(
            prop_oneof![any::<String>(), "[_x0-9A-F ]{0,12}", Just("\u{FFFF}\u{0}".to_owned())].prop_filter(
                "an empty row is no row",
                |text| !text.is_empty(),
            ),
            1..20,
        )
    ) {
        let mut writer = Writer::new("Rows");
        for text in &texts {
            writer.row([Out::Text(text)]).unwrap();
        }
        let mut book = Book::open(writer.finish().unwrap()).unwrap();
        let sheet = book.read(0, Some(0), &mut |_| {}).unwrap();
        let read: Vec<String> = cells(&sheet).into_iter().flatten().collect();
        proptest::prop_assert_eq!(read, texts);
    }
}
