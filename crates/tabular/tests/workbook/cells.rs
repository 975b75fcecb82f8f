//! Cells are read as they are meant, and what was read otherwise than written is said.

use crate::package::Package;
use portico_tabular::table::Row;
use portico_tabular::xlsx::read::{Book, Sheet, Shown};

/// Reads the first filled sheet.
pub fn read(package: &Package, header: Option<u32>) -> Sheet {
    let mut book = Book::open(package.bytes()).unwrap();
    let sheet = book.first_filled().unwrap();
    book.read(sheet, header, &mut |_| {}).unwrap()
}

/// All cells of a table.
pub fn cells(sheet: &Sheet) -> Vec<Vec<String>> {
    let mut row = Row::default();
    (0..sheet.table.rows())
        .map(|number| {
            sheet.table.read(number, &mut row);
            (0..sheet.table.columns())
                .map(|column| row.text(column).into_owned())
                .collect()
        })
        .collect()
}

/// Codes, addresses and counts of what was said.
fn said(sheet: &Sheet) -> Vec<String> {
    let one = |code: &str, address: &str, count: u64| format!("{code} {address} {count}");
    let remarks = sheet
        .diagnostics
        .iter()
        .map(|remark| one(&remark.code, &remark.address, remark.count));
    let differences = sheet.differences.iter().map(|difference| {
        format!(
            "{} {:?} is {:?}",
            one(&difference.code, &difference.address, difference.count),
            difference.written,
            difference.read
        )
    });
    remarks.chain(differences).collect()
}

fn check(package: &Package, expected: &[&[&str]], remarks: &[&str]) {
    let sheet = read(package, Some(0));
    assert_eq!(cells(&sheet), expected);
    assert_eq!(said(&sheet), remarks);
}

#[test]
fn texts_of_every_kind() {
    check(
        &Package::sheet(
            r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>
            <row r="2"><c r="A2" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c><c r="B2" t="inlineStr"><is><r><t>a</t></r><r><rPr/><t>b</t></r><rPh><t>no</t></rPh></is></c><c r="C2" t="str"><v>_x0041_</v></c><c r="D2" t="s"><v>99</v></c></row>"#,
        )
        .strings(
            r#"<si><t>one &amp; &#x32;</t></si><si><t> trimmed </t></si><si><r><t xml:space="preserve">ri </t></r><r><t>ch</t></r><rPh sb="0" eb="1"><t>phonetic</t></rPh></si><si><t><![CDATA[<c&d>]]>_x000D_</t></si>"#,
        ),
        &[
            &["one & 2", "trimmed", "ri ch", "<c&d>\r"],
            &[" x ", "ab", "A", ""],
        ],
        &["text_missing Sheet1!D2 1"],
    );
}

#[test]
fn numbers_booleans_and_errors() {
    check(
        &Package::sheet(
            r##"<row><c><v>1250.0</v></c><c><v>0.1</v></c><c t="n"><v>123456789012345678</v></c><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c></row>
            <row><c/><c><v></v></c><c><v>1e3</v></c><c t="b"><v>true</v></c><c/><c t="e"><v>#SPILL!</v></c></row>"##,
        ),
        &[
            &["1250", "0.1", "123456789012345678", "TRUE", "FALSE", "#N/A"],
            &["", "", "1000", "TRUE", "", "#SPILL!"],
        ],
        &[
            "number_rounded Sheet1!C1 1",
            "cell_error Sheet1!F1 2",
            "number_form Sheet1!A1 2 \"1250.0\" is \"1250\"",
            "boolean Sheet1!D1 3 \"1\" is \"TRUE\"",
        ],
    );
}

#[test]
fn formulas_give_their_last_result() {
    check(
        &Package::sheet(
            r#"<row><c><v>2</v></c><c><f>A1*2</f><v>4</v></c><c><f t="shared" si="0"/><v>5</v></c><c t="str"><f>""</f><v></v></c></row>
            <row><c><v>3</v></c><c><f>A2*2</f></c><c><f>NOW()</f><v/></c></row>"#,
        ),
        &[&["2", "4", "5"], &["3", "", ""]],
        &[
            "formula_uncalculated Sheet1!B2 2",
            "formula_value Sheet1!B1 3 \"=A1*2\" is \"4\"",
        ],
    );
}

#[test]
fn results_may_be_old_where_there_are_any() {
    let plain = "<row><c><v>2</v></c></row>";
    check(&Package::sheet(plain).recalculated(), &[&["2"]], &[]);
    check(
        &Package::sheet("<row><c><f>1+1</f><v>2</v></c></row>").recalculated(),
        &[&["2"]],
        &[
            "formulas_stale  1",
            "formula_value Sheet1!A1 1 \"=1+1\" is \"2\"",
        ],
    );
}

#[test]
fn days_and_times_are_read_by_their_format() {
    let formats = [
        "yyyy-mm-dd",
        "m/d/yy h:mm",
        "h:mm:ss",
        "[h]:mm",
        "00000",
        "0.00",
    ];
    let data = r#"<row><c s="1"><v>46349</v></c><c s="2"><v>46349.416666666664</v></c><c s="3"><v>0.41666666666666669</v></c><c s="4"><v>1.5208333333333333</v></c><c s="5"><v>501</v></c><c s="6"><v>46349</v></c><c t="d"><v>2026-11-23T10:00:00</v></c></row>
        <row><c s="1"><v>59</v></c><c s="1"><v>60</v></c><c s="1"><v>61</v></c><c s="1"><v>-3</v></c></row>"#;
    check(
        &Package::sheet(data).formats(&formats),
        &[
            &[
                "2026-11-23",
                "2026-11-23T10:00:00",
                "10:00:00",
                "36:30:00",
                "501",
                "46349",
                "2026-11-23T10:00:00",
            ],
            &["1900-02-28", "1900-02-29", "1900-03-01", "-3", "", "", ""],
        ],
        &[
            "number_padded Sheet1!E1 1",
            "date_1900_02_29 Sheet1!B2 1",
            "date_out_of_range Sheet1!D2 1",
            "date_from_serial Sheet1!A1 4 \"46349\" is \"2026-11-23\"",
            "time_from_serial Sheet1!C1 1 \"0.41666666666666669\" is \"10:00:00\"",
            "duration_from_serial Sheet1!D1 1 \"1.5208333333333333\" is \"36:30:00\"",
        ],
    );
    check(
        &Package::sheet(r#"<row><c s="1"><v>44887</v></c></row>"#)
            .formats(&formats)
            .since_1904(),
        &[&["2026-11-23"]],
        &["date_from_serial Sheet1!A1 1 \"44887\" is \"2026-11-23\""],
    );
}

#[test]
fn the_header_is_found_and_rows_keep_their_numbers() {
    let text = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let package = Package::sheet(&format!(
        r#"<row r="1">{}</row><row r="3">{}{}{}</row><row r="4"><c><v>1</v></c><c><v>2</v></c></row><row r="5"/><row r="9"><c r="B9"><v>3</v></c><c r="D9" s="3"/></row>"#,
        text("Report"),
        text("a"),
        text("a"),
        text(""),
    ));
    let sheet = read(&package, None);
    assert_eq!(sheet.header, Some(3));
    assert_eq!(sheet.table.header(), ["a", "a (2)"]);
    assert_eq!(cells(&sheet), [["1", "2"], ["", "3"]]);
    assert_eq!(sheet.table.place(1, 1).to_string(), "Sheet1!B9");
    assert_eq!(said(&sheet), ["preamble Sheet1!A1 1"]);

    let sheet = read(&package, Some(0));
    assert_eq!(sheet.header, None);
    assert_eq!(sheet.table.header(), ["Column 1", "Column 2"]);
    assert_eq!(cells(&sheet)[0], ["Report", ""]);

    let sheet = read(&package, Some(4));
    assert_eq!(sheet.header, Some(4));
    assert_eq!(sheet.table.header(), ["1", "2"]);
    assert_eq!(cells(&sheet), [["", "3"]]);
}

#[test]
fn sheets_are_listed_and_hidden_ones_said() {
    let row = |text: &str| format!(r#"<row><c t="inlineStr"><is><t>{text}</t></is></c></row>"#);
    let package = Package::of(&[
        ("Empty", "", "<row><c s=\"1\"/></row>"),
        ("Secret &amp; more", r#"state="veryHidden""#, &row("s")),
        ("Data", "", &row("d")),
    ]);
    let mut book = Book::open(package.bytes()).unwrap();
    let listed: Vec<_> = book
        .sheets()
        .iter()
        .map(|sheet| (sheet.name.as_str(), sheet.shown))
        .collect();
    assert_eq!(
        listed,
        [
            ("Empty", Shown::Visible),
            ("Secret & more", Shown::VeryHidden),
            ("Data", Shown::Visible)
        ]
    );
    assert_eq!(book.first_filled(), Ok(2));
    let sheet = book.read(1, Some(0), &mut |_| {}).unwrap();
    assert_eq!(cells(&sheet), [["s"]]);
    assert_eq!(sheet.table.place(0, 0).to_string(), "'Secret & more'!A1");
    assert_eq!(said(&sheet), ["sheets_hidden  1"]);
    assert_eq!(
        book.read(3, None, &mut |_| {})
            .err()
            .map(|refusal| refusal.code),
        Some("no_such_sheet")
    );
}

#[test]
fn hidden_rows_and_merged_cells_are_said() {
    let sheet = r#"<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:cols><x:col min="2" max="3" hidden="1"/></x:cols><x:sheetData><x:row r="1" hidden="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData><x:mergeCells><x:mergeCell ref="A1:B2"/><x:mergeCell ref="D1:D2"/></x:mergeCells></x:worksheet>"#;
    check(
        &Package::sheet("").with("xl/worksheets/sheet1.xml", sheet),
        &[&["1"]],
        &[
            "columns_hidden Sheet1!B1 2",
            "rows_hidden Sheet1!A1 1",
            "cells_merged Sheet1!A1 2",
        ],
    );
}
