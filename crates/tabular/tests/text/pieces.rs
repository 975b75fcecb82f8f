//! A text is the same table in whatever pieces it comes, and can be read before it is all there.

use super::{plain, take_in};
use portico_tabular::intake::Intake;
use portico_tabular::protocol::How;

#[test]
fn every_piece_size_gives_the_same_table() {
    let text = "id,\"größe, 名\",c\r\n1,\"x\r\ny \"\"z\"\"\",\u{1F600}\r\r\n2,é,\"\"\n\n3,\"\",\"a\rb\"\r\n4,,";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin = encoding_rs::WINDOWS_1252
        .encode("id;größe\r\n1;\"ä\r\nö\"\r\n2;ü")
        .0;
    for bytes in [text.as_bytes(), &utf16, &latin] {
        let whole = take_in(bytes, &How::default(), bytes.len()).expect("a table");
        for piece in 1..=64 {
            let pieces = take_in(bytes, &How::default(), piece).expect("a table");
            assert_eq!(
                plain(&pieces.table),
                plain(&whole.table),
                "pieces of {piece}"
            );
            assert_eq!(pieces.facts, whole.facts, "pieces of {piece}");
        }
    }
}

#[test]
fn rows_can_be_read_while_more_come() {
    let line = |row: u32| format!("{row},\"na\nme {row}\",{}\n", row * 3);
    let mut intake = Intake::new(&How::default(), 0).expect("an intake");
    intake.push(b"id,name,sum\n").expect("bytes");
    assert!(intake.table().is_none() && intake.facts().is_none());
    let mut row = portico_tabular::table::Row::default();
    let mut sent = 0;
    for _ in 0..60 {
        let piece: String = (sent..sent + 1_000).map(line).collect();
        // Cut in the middle of a row.
        let (first, rest) = piece.as_bytes().split_at(piece.len() - 5);
        intake.push(first).expect("bytes");
        if let Some(table) = intake.table() {
            assert_eq!(table.rows(), sent + 999);
            assert_eq!(table.header(), ["id", "name", "sum"]);
            table.read(sent + 998, &mut row);
            assert_eq!(row.text(1), format!("na\nme {}", sent + 998));
            assert_eq!(intake.facts().expect("facts").delimiter, Some(','));
        }
        intake.push(rest).expect("bytes");
        sent += 1_000;
    }
    assert!(intake.table().is_some());
    let text = intake.finish().expect("a table");
    assert_eq!(text.table.rows(), sent);
    assert_eq!(text.table.place(59_999, 0).row, 60_001);
}
