//! Files that are made to hurt. Each is refused with its reason within ten seconds and a gigabyte, and
//! leaves nothing behind.

use crate::command::Bench;
use std::io::Write;
use std::time::Duration;
use zip::write::SimpleFileOptions;

const GIGABYTE: u64 = 1 << 30;

fn check(name: &str, bytes: &[u8], reason: &[&str]) {
    let bench = Bench::new();
    bench.put(name, bytes);
    bench.put("out.csv", b"what stood here before");
    let ran = bench.convert(name, "out.csv", &[]);
    println!(
        "{name}: {:?}, {} MB, {}",
        ran.took,
        ran.peak >> 20,
        ran.words.trim()
    );
    assert_eq!(ran.code, Some(2), "{name}: {}", ran.words);
    for part in reason {
        assert!(
            ran.words.contains(part),
            "{name}: no {part:?} in {:?}",
            ran.words
        );
    }
    assert_eq!(
        ran.words.trim().lines().count(),
        1,
        "one plain line: {}",
        ran.words
    );
    assert!(!ran.words.contains("panicked"), "{}", ran.words);
    assert!(ran.took < Duration::from_secs(10), "{name}: {:?}", ran.took);
    assert!(ran.peak < GIGABYTE, "{name}: {} bytes", ran.peak);
    assert_eq!(
        bench.files(),
        sorted([name, "out.csv"]),
        "nothing is left behind"
    );
    let stands = std::fs::read(bench.path("out.csv")).unwrap();
    assert_eq!(
        stands, b"what stood here before",
        "the output is not touched"
    );
}

fn sorted<const N: usize>(mut names: [&str; N]) -> [&str; N] {
    names.sort_unstable();
    names
}

/// A workbook with this sheet and these shared texts, each given as XML.
fn workbook(sheet: &[u8], shared: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts: [(&str, Vec<u8>); 5] = [
        ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#.to_vec()),
        ("_rels/.rels", format!(r#"<?xml version="1.0"?><Relationships xmlns="{package}"><Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#).into_bytes()),
        ("xl/workbook.xml", format!(r#"<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#).into_bytes()),
        ("xl/_rels/workbook.xml.rels", format!(r#"<?xml version="1.0"?><Relationships xmlns="{package}"><Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#).into_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.to_vec()),
    ];
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&text).unwrap();
    }
    zip.start_file("xl/sharedStrings.xml", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(shared).unwrap();
    zip.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> Vec<u8> {
    format!(r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#).into_bytes()
}

const SHARED: &str = r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>name</t></si></sst>"#;
const PLAIN: &str =
    r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;

#[test]
fn an_ordinary_workbook_made_the_same_way_is_read() {
    let bench = Bench::new();
    bench.put("plain.xlsx", &workbook(&sheet(PLAIN), SHARED.as_bytes()));
    let ran = bench.convert("plain.xlsx", "out.csv", &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.words);
    assert_eq!(
        std::fs::read_to_string(bench.path("out.csv")).unwrap(),
        "name\r\n1\r\n"
    );
}

#[test]
fn a_far_cell() {
    for far in ["XFD1048576", "A1048576"] {
        let row = format!(r#"{PLAIN}<row r="1048576"><c r="{far}"><v>1</v></c></row>"#);
        check(
            "far.xlsx",
            &workbook(&sheet(&row), SHARED.as_bytes()),
            &[far],
        );
    }
}

#[test]
fn shared_texts_of_300_megabytes() {
    let mut shared = SHARED.replace("</sst>", "<si><t>").into_bytes();
    shared.resize(shared.len() + (300 << 20), b'a');
    shared.extend(b"</t></si></sst>");
    check("shared.xlsx", &workbook(&sheet(PLAIN), &shared), &["MB"]);
}

#[test]
fn an_entity_bomb() {
    let mut shared = r#"<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a0 "lol">"#.to_owned();
    for level in 1..10 {
        let below = format!("&a{};", level - 1).repeat(10);
        shared += &format!(r#"<!ENTITY a{level} "{below}">"#);
    }
    shared += r#"]><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&a9;</t></si></sst>"#;
    check(
        "entities.xlsx",
        &workbook(&sheet(PLAIN), shared.as_bytes()),
        &["entities"],
    );
}

#[test]
fn a_quote_that_is_never_closed() {
    let mut text = "id,name,note\n1,Ann,fine\n2,\"Bob,never closed\n".to_owned();
    check("quote.csv", text.as_bytes(), &["B3", "quote"]);
    for row in 0..400_000 {
        text += &format!("{row},Cy,some text that is long enough\n");
    }
    check("quote-large.csv", text.as_bytes(), &["B3", "quote"]);
}

#[test]
fn a_line_of_commas() {
    check("commas.csv", &vec![b','; 60 << 20], &["10000", "A1"]);
}

#[test]
fn ten_thousand_columns() {
    let line =
        |cell: &dyn Fn(u32) -> String| (0..10_000).map(cell).collect::<Vec<_>>().join(",") + "\n";
    let mut text = line(&|column| format!("c{column}"));
    for _ in 0..100 {
        text += &line(&|column| column.to_string());
    }
    check("wide.csv", text.as_bytes(), &["8192 columns"]);
}

#[test]
fn no_table_at_all() {
    check(
        "photo.csv",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01",
        &["picture"],
    );
    let mut state = 7_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(100_000)
    .collect();
    check("noise.xlsx", &noise, &["not a table"]);
    check("empty.csv", b"", &["empty"]);
}

#[test]
fn an_encrypted_workbook() {
    // The beginning of a compound file, and the name of the stream that holds an encrypted package.
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.resize(512, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    check("secret.xlsx", &bytes, &["password"]);
}

#[test]
fn a_truncated_workbook() {
    let whole = workbook(&sheet(PLAIN), SHARED.as_bytes());
    check(
        "cut.xlsx",
        &whole[..whole.len() / 2],
        &["The end of this workbook is missing"],
    );
}

#[test]
fn nul_bytes() {
    check("nul.csv", b"id,name\n1,Ann\n2,B\0b\n3,Cy\n", &["NUL", "B3"]);
    check("nuls.csv", &vec![0; 1 << 20], &["bytes that no text has"]);
}
