//! Packages made to mislead, or broken on their way: each is refused with a plain reason.

use crate::package::Package;
use portico_tabular::Refusal;
use portico_tabular::xlsx::budget;
use portico_tabular::xlsx::read::Book;
use proptest::prelude::{any, proptest};
use std::time::{Duration, Instant};

/// The refusal, which has to come quickly.
fn refusal(bytes: Vec<u8>) -> Refusal {
    let start = Instant::now();
    let result = Book::open(bytes).and_then(|mut book| {
        let sheet = book.first_filled()?;
        book.read(sheet, None, &mut |_| {})
    });
    let took = start.elapsed();
    // Without optimisation, and beside other tests, everything takes ten times as long.
    let most = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });
    assert!(took < most, "took {took:?}");
    match result {
        Ok(sheet) => panic!("was read: {} rows", sheet.table.rows()),
        Err(refusal) => refusal,
    }
}

fn check(bytes: Vec<u8>, code: &str, word: &str) {
    let refusal = refusal(bytes);
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(refusal.reason.contains(word), "{refusal}");
}

const ROW: &str = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;

#[test]
fn long_shared_texts() {
    // Not so repetitive that the ratio alone gives it away.
    let mut noise = String::new();
    let mut seed = 1_u64;
    while noise.len() < 1 << 20 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.push(char::from(b'a' + u8::try_from(seed >> 60).unwrap()));
    }
    let bytes = Package::sheet(ROW).with_long(
        "xl/sharedStrings.xml",
        "<sst><si><t>",
        &noise,
        300,
        "</t></si></sst>",
    );
    check(bytes, "shared_strings_too_large", "256 MB");
}

#[test]
fn ten_gigabytes_of_spaces() {
    let bytes = Package::sheet(ROW).with_long(
        "xl/worksheets/sheet1.xml",
        "<worksheet><sheetData>",
        &" ".repeat(1 << 20),
        10 << 10,
        "</sheetData></worksheet>",
    );
    check(bytes, "unpacks_too_much", "100 times");
}

#[test]
fn a_part_that_lies_about_its_size() {
    let package = Package::sheet(ROW);
    let mut bytes = package.with_long(
        "xl/worksheets/sheet1.xml",
        "<worksheet><sheetData>",
        &" ".repeat(1 << 20),
        9,
        "</sheetData></worksheet>",
    );
    // The directory's last entry is the sheet.
    let at = memchr::memmem::rfind(&bytes, b"PK\x01\x02").unwrap();
    assert_eq!(bytes[at + 28], 24, "the length of the sheet's name");
    bytes[at + 24..at + 28].copy_from_slice(&1000_u32.to_le_bytes());
    check(bytes, "damaged", "not as large as it says");
}

#[test]
fn entities_that_grow() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    for part in [
        "xl/sharedStrings.xml",
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "xl/styles.xml",
        "_rels/.rels",
    ] {
        check(
            Package::sheet(ROW).with(part, bomb).bytes(),
            "entities",
            "entities",
        );
    }
}

#[test]
fn values_far_off() {
    let far = |address: &str, row: u32| {
        Package::sheet(&format!(
            r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{address}"><v>1</v></c></row>"#
        ))
        .bytes()
    };
    check(far("XFD1048576", 1_048_576), "far_cell", "XFD1048576");
    check(far("A1048576", 1_048_576), "far_cell", "A1048576");
    check(far("XFD2", 2), "far_cell", "XFD2");
    let alone = Package::sheet(r#"<row r="1048576"><c r="A1048576"><v>1</v></c></row>"#).bytes();
    check(alone, "far_cell", "A1048576");
}

#[test]
fn names_that_mislead() {
    let twice = {
        let mut bytes = Package::sheet(ROW)
            .with("xl/worksheets/sheetX.xml", "<a/>")
            .bytes();
        for at in memchr::memmem::find_iter(&bytes.clone(), b"sheetX") {
            bytes[at..at + 6].copy_from_slice(b"SHEET1");
        }
        bytes
    };
    check(twice, "damaged", "twice");
    for name in ["../evil.xml", "/etc/passwd", "xl/..\\..\\evil", "C:/evil"] {
        let stand_in = "x".repeat(name.len());
        let mut bytes = Package::sheet(ROW).with(&stand_in, "<a/>").bytes();
        for at in memchr::memmem::find_iter(&bytes.clone(), stand_in.as_bytes()) {
            bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        check(bytes, "unsafe_name", "outside");
    }
    let mut many = Package::sheet(ROW);
    for number in 0..2001 {
        many = many.with(&format!("xl/{number}.xml"), "");
    }
    check(many.bytes(), "too_many_parts", "2000");
}

#[test]
fn files_that_are_no_workbook() {
    check(b"PK".to_vec(), "cut_off", "missing");
    check(
        b"id,name\n1,a\n".to_vec(),
        "not_a_workbook",
        "not a workbook",
    );
    check(Vec::new(), "not_a_workbook", "not a workbook");
    let mut old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    old.resize(2048, 0);
    check(old.clone(), "old_workbook", ".xls");
    old.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    check(old, "encrypted", "password");
    let mut locked = Package::sheet(ROW).bytes();
    let at = memchr::memmem::find(&locked, b"PK\x01\x02").unwrap();
    locked[at + 8] |= 1;
    check(locked, "encrypted", "password");
    // Archives within archives are never unpacked.
    let mut inner = b"zeros".repeat(1 << 20);
    for _ in 0..3 {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["a.zip", "b.zip", "c.zip"] {
            zip.start_file(name, zip::write::SimpleFileOptions::default())
                .unwrap();
            std::io::Write::write_all(&mut zip, &inner).unwrap();
        }
        inner = zip.finish().unwrap().into_inner();
    }
    check(inner, "not_a_workbook", "ZIP");
}

#[test]
fn files_cut_off_anywhere() {
    let whole = Package::sheet(ROW).strings("<si><t>a</t></si>").bytes();
    for length in 2..whole.len() {
        let refusal = refusal(whole[..length].to_vec());
        assert_eq!(
            refusal.code,
            "cut_off",
            "{length} of {}: {refusal}",
            whole.len()
        );
    }
    assert!(budget::check(&whole).is_ok());

    // A workbook may hold another one, whole; that one is not what was meant.
    let outer = Package::sheet(ROW).with_stored("xl/embeddings/inner.xlsx", &whole);
    assert!(budget::check(&outer).is_ok());
    let inner = memchr::memmem::find(&outer, &whole).unwrap() + whole.len();
    for length in inner..outer.len() {
        assert_eq!(
            refusal(outer[..length].to_vec()).code,
            "cut_off",
            "{length}"
        );
    }
}

#[test]
fn sheets_cut_off_within() {
    let head = "<worksheet><sheetData>";
    for sheet in [
        "",
        "<worksheet>",
        "<worksheet><sheetData><row><c><v>1</v>",
        "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>1",
        "<worksheet><sheetData><row r=\"1",
    ] {
        let bytes = Package::sheet("")
            .with("xl/worksheets/sheet1.xml", sheet)
            .bytes();
        let code = refusal(bytes).code;
        let expected = if sheet.is_empty() {
            "workbook_empty"
        } else {
            "damaged"
        };
        assert_eq!(code, expected, "{sheet}");
    }
    for row in [
        r#"<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A7"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="ZZZZ1"><v>1</v></c></row>"#,
        r#"<row r="1"><c r="A99999999999"><v>1</v></c></row>"#,
        r#"<row r="99999999999"><c><v>1</v></c></row>"#,
        r#"<row r="0"><c><v>1</v></c></row>"#,
    ] {
        let bytes = Package::sheet("")
            .with(
                "xl/worksheets/sheet1.xml",
                format!("{head}{row}</sheetData></worksheet>"),
            )
            .bytes();
        assert_eq!(refusal(bytes).code, "damaged", "{row}");
    }
}

#[test]
fn one_text_in_a_million_cells() {
    let mut rows = String::new();
    for row in 1..=10_000 {
        rows.push_str(&format!("<row r=\"{row}\"><c t=\"s\"><v>0</v></c></row>"));
    }
    let bytes = Package::sheet(&rows)
        .strings(&format!("<si><t>{}</t></si>", "x".repeat(32_000)))
        .bytes();
    check(bytes, "too_much_text", "256 MB");
}

#[test]
fn bytes_changed_anywhere_never_panic() {
    let whole = Package::sheet(ROW)
        .strings("<si><t>a</t></si>")
        .formats(&["yyyy"])
        .bytes();
    for at in 0..whole.len() {
        for change in [0xFF, 0x01, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            let read = Book::open(bytes).and_then(|mut book| {
                let sheet = book.first_filled()?;
                book.read(sheet, None, &mut |_| {})
            });
            if let Err(refusal) = read {
                assert!(!refusal.reason.is_empty());
            }
        }
    }
}

/// A sheet with a bit of everything.
const SHEET: &str = r#"<?xml version="1.0"?><worksheet><cols><col min="1" max="2" hidden="1"/></cols><sheetData><row r="1" hidden="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46349.5</v></c><c t="b"><v>1</v></c></row><row><c t="inlineStr"><is><r><t>a&amp;_x000D_</t></r></is></c><c><f t="shared" si="0">A1</f><v>1e3</v></c><c t="e"><v>#N/A</v></c><!-- x --><c><v><![CDATA[5]]></v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>"#;

proptest! {
    #[test]
    fn xml_changed_anywhere_never_panics(
        changes in proptest::collection::vec(
            (any::<proptest::sample::Index>(), "(<|>|/|\"|&|;|=|<c|</c>|</row>|<v>|]]>|<!--|[0-9A-Z]{1,12}|.){0,3}", 0..4_usize),
            1..6,
        ),
        part in 0..4_usize,
    ) {
        let whole = Package::sheet("")
            .with("xl/worksheets/sheet1.xml", SHEET)
            .strings("<si><t>a</t></si><si><r><t xml:space='preserve'> b</t></r><rPh><t>c</t></rPh></si>")
            .formats(&["yyyy-mm-dd [h]:mm \"x\" AM/PM"]);
        let names = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"];
        let mut xml = whole.part(names[part]).to_vec();
        for (at, text, cut) in changes {
            let at = at.index(xml.len().max(1)).min(xml.len());
            let end = (at + cut).min(xml.len());
            xml.splice(at..end, text.bytes());
        }
        let read = Book::open(whole.with(names[part], xml).bytes()).and_then(|mut book| {
            let sheet = book.first_filled()?;
            book.read(sheet, None, &mut |_| {})
        });
        if let Err(refusal) = read {
            proptest::prop_assert!(!refusal.reason.is_empty());
        }
    }
}
