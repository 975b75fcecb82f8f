//! Encodings: found, told, damaged.

use super::{check, read, read_as};
use portico_tabular::protocol::How;

const TEXT: &str = "id;größe;名\r\n007;1,5;太郎\r\n009;2,5;\u{1F600}é\r\n";
const TABLE: &[&str] = &["id¦größe¦名", "007¦1,5¦太郎", "009¦2,5¦\u{1F600}é"];

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

fn told(label: &str) -> How {
    How {
        encoding: Some(label.to_owned()),
        ..How::default()
    }
}

#[test]
fn unicode_is_read_with_and_without_a_mark() {
    let check = |bytes: Vec<u8>, encoding: &str, bom: bool| {
        let facts = check(bytes, TABLE);
        assert_eq!((facts.encoding.as_str(), facts.bom), (encoding, bom));
        assert_eq!(facts.diagnostics, []);
    };
    check(TEXT.into(), "utf-8", false);
    check(format!("\u{FEFF}{TEXT}").into(), "utf-8", true);
    for big in [false, true] {
        let name = if big { "utf-16be" } else { "utf-16le" };
        check(utf16(TEXT, big), name, false);
        check(utf16(&format!("\u{FEFF}{TEXT}"), big), name, true);
    }
}

#[test]
fn windows_1252_is_taken_where_utf_8_is_broken() {
    let facts = check(
        b"name;price\nM\xFCller;5 \x80\nO\x92Brien;\xBD\n",
        &["name¦price", "Müller¦5 €", "O’Brien¦½"],
    );
    assert_eq!(facts.encoding, "windows-1252");
    let remark = &facts.diagnostics[0];
    assert_eq!(
        (remark.code.as_str(), remark.address.as_str(), remark.offset),
        ("encoding_guessed", "A2", Some(12))
    );
    assert_eq!(remark.excerpt, "üller;5 €");
    // The header was read before it was known.
    let mut late = b"k\xFCche,b\n".to_vec();
    late.extend(b"plain,1\n".repeat(100_000));
    let (found, facts) = read(&late).expect("a table");
    assert_eq!(
        (found.header[0].as_str(), facts.encoding.as_str()),
        ("küche", "windows-1252")
    );
}

#[test]
fn a_few_broken_bytes_do_not_change_the_encoding() {
    let mut text = b"a,b\n".to_vec();
    for row in 0..60_000 {
        text.extend(format!("{row},größe\n").bytes());
    }
    let offset = text.len() + 2;
    text.extend(b"x,\xFF!\n");
    text.extend("y,é\n".bytes());
    let (found, facts) = read(&text).expect("a table");
    assert_eq!(facts.encoding, "utf-8");
    assert_eq!(found.rows[60_000], ["x", "\u{FFFD}!"]);
    assert_eq!(found.rows[60_001], ["y", "é"]);
    let remark = &facts.diagnostics[0];
    assert_eq!(remark.code, "encoding_broken");
    assert_eq!((remark.address.as_str(), remark.count), ("B60002", 1));
    assert_eq!(remark.offset, Some(offset as u64));
    assert_eq!(remark.excerpt, "\u{FFFD}!");
}

#[test]
fn an_encoding_that_is_told_is_taken() {
    let check = |label: &str, encoding: &'static encoding_rs::Encoding, text: &str| {
        let bytes = encoding.encode(text).0;
        let (found, facts) = read_as(&bytes, &told(label)).expect("a table");
        assert_eq!(found, super::table(&["ключ¦b|\\", "яблоко¦1,5"]));
        assert_eq!(facts.encoding, encoding.name().to_ascii_lowercase());
    };
    let text = "ключ;\"b|\\\"\nяблоко;1,5\n";
    check("windows-1251", encoding_rs::WINDOWS_1251, text);
    check("koi8-r", encoding_rs::KOI8_R, text);
    check("cp866", encoding_rs::IBM866, text);
    check("shift_jis", encoding_rs::SHIFT_JIS, text);
    check("gb18030", encoding_rs::GB18030, text);
    check("euc-jp", encoding_rs::EUC_JP, text);
    check("utf8", encoding_rs::UTF_8, text);
    let (found, _) = read_as(&utf16(TEXT, false), &told("utf-16le")).expect("a table");
    assert_eq!(found, super::table(TABLE));
    let (found, facts) = read_as(b"\xEF\xBB\xBFa,b\n\xE4,1\n", &told("latin1")).expect("a table");
    assert_eq!(found, super::table(&["a¦b", "ä¦1"]));
    assert!(facts.bom);
    // Japanese with trail bytes that are ASCII: `表` is 0x95 0x5C, a backslash; `ー` ends in 0x5B.
    let bytes = encoding_rs::SHIFT_JIS.encode("名,\"表\"\nソー,|\n").0;
    let (found, _) = read_as(&bytes, &told("shift_jis")).expect("a table");
    assert_eq!(found, super::table(&["名¦表", "ソー¦|"]));
    assert_eq!(
        read_as(b"a", &told("klingon")).expect_err("none").code,
        "encoding_unknown"
    );
}

#[test]
fn damage_in_utf_16_is_counted_with_its_place_in_the_file() {
    let mut bytes = utf16("\u{FEFF}a,b\n1,x", false);
    bytes.extend([0x00, 0xD8]);
    bytes.extend(utf16("y\n2,z\n", false));
    let (found, facts) = read(&bytes).expect("a table");
    assert_eq!(found, super::table(&["a¦b", "1¦x\u{FFFD}y", "2¦z"]));
    let remark = &facts.diagnostics[0];
    assert_eq!(remark.code, "encoding_broken");
    assert_eq!((remark.address.as_str(), remark.offset), ("B2", Some(16)));
}
