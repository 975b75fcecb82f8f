//! Texts that are refused, each with its reason and its address.

use super::{read, take_in};
use portico_tabular::intake::{Gunzip, Intake};
use portico_tabular::limits;
use portico_tabular::protocol::How;
use std::io::Write;

#[track_caller]
fn refused(text: &[u8], code: &str, words: &[&str]) {
    let refusal = read(text).expect_err("a refusal");
    assert_eq!(refusal.code, code, "{refusal}");
    for word in words {
        assert!(refusal.reason.contains(word), "{word:?} in {refusal}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_named() {
    refused(
        b"a,b\n1,2\n3,\"open\n5,6\n",
        "quote_unclosed",
        &["B3 (byte 10 of the file)", "never closed", "\"open"],
    );
    let mut text = b"a,b\n1,\"x\"\n\n3,\"open\n".to_vec();
    text.extend(b"5,6\n".repeat(400_000));
    refused(
        &text,
        "quote_unclosed",
        &["B4", "byte 13 ", "within 1 MiB", "\"open"],
    );
    // The bytes of the file are counted, whatever its encoding.
    let utf16: Vec<u8> = "\u{FEFF}é,b\n1,\"x\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    refused(&utf16, "quote_unclosed", &["B2 (byte 14 of"]);
}

#[test]
fn a_row_that_is_too_long_is_named() {
    let mut text = b"a,b\n1,2\n".to_vec();
    text.extend(vec![b'x'; limits::RECORD_BYTES + 10]);
    refused(&text, "record_too_long", &["Row 3", "byte 8 ", "xxxx"]);
    let mut text = b"a,b\n1,2\n".to_vec();
    text.extend(vec![b'x'; limits::RECORD_BYTES - 4]);
    text.extend(b",y\n");
    assert!(read(&text).is_ok());
}

#[test]
fn lines_of_delimiters_are_refused_early() {
    let mut text = b"a,b\n1,2\n".to_vec();
    text.extend(vec![b','; limits::FIELDS]);
    text.extend(b"\n1,2\n");
    refused(&text, "too_many_fields", &["Row 3", "10000"]);
    let mut intake = Intake::new(&How::default(), 0).expect("an intake");
    let commas = vec![b','; 1 << 20];
    let mut pushed = 0;
    let refusal = loop {
        pushed += 1;
        if let Err(refusal) = intake.push(&commas) {
            break refusal;
        }
    };
    assert_eq!((refusal.code, pushed), ("too_many_fields", 1));
}

#[test]
fn a_table_that_is_too_wide_is_refused() {
    let wide = |columns: usize| {
        let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
        format!("{}\n{}\n", names.join(","), vec!["1"; columns].join(","))
    };
    let (found, _) = read(wide(limits::COLUMNS).as_bytes()).expect("a table");
    assert_eq!(found.header.len(), limits::COLUMNS);
    refused(
        wide(limits::COLUMNS + 1).as_bytes(),
        "too_many_columns",
        &["Row 1", "8192"],
    );
    let row = format!("{}\n", vec!["1"; 9_000].join(","));
    refused(
        row.repeat(3).as_bytes(),
        "too_many_columns",
        &["Row 1", "8192"],
    );
    let row = format!("a,b\n1,2\n{}\n", vec!["1"; 9_000].join(","));
    refused(row.as_bytes(), "too_many_columns", &["Row 3", "8192"]);
}

#[test]
fn nul_is_refused_with_its_place() {
    refused(b"a,b\n1,2\n3,4\0\n", "nul", &["B3 (byte 11 of the file)"]);
    let mut text = b"a,b\n".to_vec();
    text.extend(b"1,\"x,\ny\"\n".repeat(40_000));
    text.extend(b"1,\"x\0");
    refused(
        &text,
        "nul",
        &["B40002", &format!("byte {}", text.len() - 1)],
    );
    refused(b"\0,b\n1,2\n", "nul", &["A1 (byte 0 of the file)"]);
}

#[test]
fn what_is_no_text_is_refused() {
    refused(b"%PDF-1.7\n", "pdf", &["PDF"]);
    refused(b"PK\x03\x04", "archive", &["zip"]);
    refused(b"\x1F\x8B\x08\0", "not_text", &[]);
    refused(b"[{\"a\":1}]", "json", &["JSON"]);
    refused(&[1, 2, 3, 4, 5, 6, 7, 8], "binary", &["not a table"]);
    assert_eq!(
        Intake::new(&How::default(), limits::TEXT_BYTES + 1)
            .err()
            .map(|r| r.code),
        Some("too_large")
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).expect("bytes");
    out.finish().expect("a file")
}

fn gunzip(bytes: &[u8], piece: usize) -> Result<super::Plain, &'static str> {
    let mut gunzip = Gunzip::new(&How::default()).expect("a reader");
    let mut push = || bytes.chunks(piece).try_for_each(|piece| gunzip.push(piece));
    push().map_err(|refusal| refusal.code)?;
    let text = gunzip.finish().map_err(|refusal| refusal.code)?;
    Ok(super::plain(&text.table))
}

#[test]
fn gzip_is_taken_in_piece_by_piece() {
    let mut text = "a,b\n".to_owned();
    for row in 0..50_000 {
        text += &format!("{row},\"x{}\"\n", row * 7);
    }
    let whole = super::plain(
        &take_in(text.as_bytes(), &How::default(), 1 << 20)
            .expect("a table")
            .table,
    );
    let file = gzip(text.as_bytes());
    for piece in [1_000, 65_536, file.len()] {
        assert_eq!(gunzip(&file, piece).as_ref(), Ok(&whole));
    }
    // Two members one after the other are one text.
    let (first, second) = text.as_bytes().split_at(1234);
    let members = [gzip(first), gzip(second)].concat();
    assert_eq!(gunzip(&members, 777).as_ref(), Ok(&whole));
    assert_eq!(gunzip(&file[..file.len() / 2], 1_000), Err("gzip_broken"));
    assert_eq!(gunzip(&file[..file.len() - 1], 1_000), Err("gzip_broken"));
    let mut wrong = file;
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert_eq!(gunzip(&wrong, 1_000), Err("gzip_broken"));
    assert_eq!(gunzip(&gzip(b""), 1_000), Err("empty"));
    assert_eq!(gunzip(&gzip(b"%PDF-1.7"), 1_000), Err("pdf"));
    assert_eq!(gunzip(&gzip(b"a,\"b\n"), 1_000), Err("quote_unclosed"));
    assert_eq!(
        gunzip(&gzip(&b"a,b\n".repeat(5_000_000)), 1_000),
        Err("bomb")
    );
}
