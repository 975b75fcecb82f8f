//! Tables that come through as they are written.

use crate::command::Bench;
use serde_json::{Value, json};

/// Converts to JSON; the rows, and the report.
fn read(name: &str, bytes: &[u8]) -> (Value, Value) {
    let bench = Bench::new();
    bench.put(name, bytes);
    let report = bench.path("report.json");
    let ran = bench.convert(name, "out.json", &["--report", report.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{name}: {}", ran.words);
    let parse =
        |file: &str| serde_json::from_slice(&std::fs::read(bench.path(file)).unwrap()).unwrap();
    (parse("out.json"), parse("report.json"))
}

#[test]
fn texts_that_look_like_numbers_stay_texts() {
    let text = "id,code,amount\n007,123456789012345678,1.50\n042,900719925474099312,1e5\n";
    let (rows, report) = read("ids.csv", text.as_bytes());
    assert_eq!(
        rows,
        json!([
            {"id": "007", "code": "123456789012345678", "amount": "1.50"},
            {"id": "042", "code": "900719925474099312", "amount": "1e5"}
        ])
    );
    assert_eq!(report["rows"], 2);
    assert_eq!(report["columns"][0]["type"], "text");
    assert_eq!(report["columns"][2]["type"], "number");
}

#[test]
fn decimal_commas_under_semicolons() {
    let (rows, report) = read("de.csv", b"a;b\n1,5;2,25\n3,5;4\n");
    assert_eq!(
        rows,
        json!([{"a": "1,5", "b": "2,25"}, {"a": "3,5", "b": "4"}])
    );
    assert_eq!(report["detected"]["delimiter"], ";");
    assert_eq!(report["columns"][0]["type"], "number_decimal_comma");
}

#[test]
fn every_encoding_gives_the_same_table() {
    let text = "name,price\nZoë,10 €\nJosé,“5”\n";
    let expected = json!([{"name": "Zoë", "price": "10 €"}, {"name": "José", "price": "“5”"}]);
    let windows: Vec<u8> = text
        .chars()
        .map(|c| match c {
            'ë' => 0xeb,
            'é' => 0xe9,
            '€' => 0x80,
            '“' => 0x93,
            '”' => 0x94,
            c => u8::try_from(c).unwrap(),
        })
        .collect();
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
    for (name, bytes, encoding) in [
        ("utf8.csv", text.as_bytes().to_vec(), "utf-8"),
        (
            "bom.csv",
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            "utf-8",
        ),
        ("windows.csv", windows, "windows-1252"),
        (
            "le-bom.csv",
            [&b"\xff\xfe"[..], &little].concat(),
            "utf-16le",
        ),
        ("be-bom.csv", [&b"\xfe\xff"[..], &big].concat(), "utf-16be"),
        ("le.csv", little, "utf-16le"),
        ("be.csv", big, "utf-16be"),
    ] {
        let (rows, report) = read(name, &bytes);
        assert_eq!(rows, expected, "{name}");
        assert_eq!(report["detected"]["encoding"], encoding, "{name}");
    }
}

#[test]
fn every_output_reads_back_as_the_same_table() {
    let text = "id,text,sum\n007,\"a, \"\"b\"\"\nc\",=1+1\n-5,,+41 22\n";
    let (expected, _) = read("in.csv", text.as_bytes());
    let bench = Bench::new();
    bench.put("in.csv", text.as_bytes());
    for output in ["out.csv", "out.tsv", "out.xlsx"] {
        let ran = bench.convert("in.csv", output, &["--unguarded"]);
        assert_eq!(ran.code, Some(0), "{output}: {}", ran.words);
        let (rows, _) = read(output, &std::fs::read(bench.path(output)).unwrap());
        assert_eq!(rows, expected, "{output}");
    }
}

#[test]
fn what_a_spreadsheet_would_run_is_guarded_in_text() {
    let bench = Bench::new();
    bench.put("in.csv", b"a,b\n=cmd|'/c calc'!A1,-5\n@SUM(1),-2+3\n");
    let report = bench.path("report.json");
    let ran = bench.convert("in.csv", "out.csv", &["--report", report.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.words);
    let text = std::fs::read_to_string(bench.path("out.csv")).unwrap();
    assert_eq!(text, "a,b\r\n'=cmd|'/c calc'!A1,-5\r\n'@SUM(1),'-2+3\r\n");
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["guarded"], 3);
}

#[test]
fn wrong_words_on_the_command_line_are_named() {
    let bench = Bench::new();
    bench.put("in.csv", b"a,b\n1,2\n");
    for (input, output, more, words) in [
        ("in.csv", "out.pdf", &[][..], ".xlsx"),
        ("gone.csv", "out.csv", &[], "no such file"),
        ("in.csv", "out.csv", &["--delimiter", "ab"], "one character"),
        ("in.csv", "out.csv", &["--encoding", "klingon"], "klingon"),
    ] {
        let ran = bench.convert(input, output, more);
        assert_eq!(ran.code, Some(2), "{output} {more:?}: {}", ran.words);
        assert!(
            ran.words.contains(words),
            "{output} {more:?}: {}",
            ran.words
        );
        assert!(!bench.path(output).exists());
    }
}
