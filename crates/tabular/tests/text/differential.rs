//! Random texts, read by this reader and by the crates `csv` and `csv-core`.

use super::{plain, take_in};
use portico_tabular::export::csv_row;
use portico_tabular::protocol::How;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any};
use proptest::{prop_assert_eq, prop_oneof, proptest};

fn told() -> How {
    How {
        encoding: Some("utf-8".to_owned()),
        delimiter: Some(','),
        header: Some(0),
        sheet: None,
    }
}

/// Texts of the characters that matter.
fn noise() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => Just(','),
        4 => Just('"'),
        3 => Just('\n'),
        2 => Just('\r'),
        4 => Just('a'),
        1 => Just('é'),
        1 => Just(' '),
    ];
    vec(character, 0..40).prop_map(String::from_iter)
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z0-9 ,;'\"\\\\\r\n\t=+-]{0,8}",
        any::<String>().prop_map(|text| text.replace('\0', "0")),
    ]
}

/// What `csv` reads, each row as wide as the widest.
fn by_csv(text: &str, quoting: bool) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .quoting(quoting)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .map(|record| {
            record
                .expect("a record")
                .iter()
                .map(str::to_owned)
                .collect()
        })
        .collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    rows.iter_mut()
        .for_each(|row| row.resize(width, String::new()));
    rows
}

/// Leaves out columns at the right that hold nothing, which are none here.
fn without_hollow(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    while rows.iter().any(|row| row.len() > 1)
        && rows
            .iter()
            .all(|row| row.last().is_none_or(String::is_empty))
    {
        rows.iter_mut().for_each(|row| {
            row.pop();
        });
    }
    rows
}

/// Bytes of all kinds, most of them such as texts are made of.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => proptest::sample::select(b",;\t|:^~ \"'\\\n\r#=".as_slice()),
        4 => b'0'..=b'9',
        4 => b'a'..=b'z',
        1 => any::<u8>(),
        1 => proptest::sample::select(b"\x00\xEF\xBB\xBF\xFF\xFE\x80\xC3\xA9".as_slice()),
    ];
    vec(byte, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 2_000 } else { 200_000 }))]

    #[test]
    fn any_text_is_read_as_csv_reads_it(text in noise(), piece in 1_usize..9) {
        // A line of spaces is blank here, and what is only delimiters at the end is left out.
        let text = text.replace(' ', "b ");
        match take_in(text.as_bytes(), &told(), piece) {
            Ok(found) => {
                // Quotes that are mere characters are recognised, which `csv` is told.
                let quoting = found.facts.quote.is_some();
                let found = without_hollow(plain(&found.table).rows);
                let mut expected = without_hollow(by_csv(&text, quoting));
                while expected.len() > found.len()
                    && expected.last().is_some_and(|row| row.iter().all(String::is_empty))
                {
                    expected.pop();
                }
                prop_assert_eq!(without_hollow(expected), found);
            }
            // `csv` takes the rest of the text for the cell.
            Err(refusal) if refusal.code == "quote_unclosed" => {}
            Err(refusal) => {
                prop_assert_eq!(refusal.code, "empty");
                let hollow = by_csv(&text, true).iter().flatten().all(String::is_empty);
                prop_assert_eq!(hollow, true);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        rows in vec(vec(cell(), 1..6), 1..12),
        piece in 1_usize..40,
    ) {
        let width = rows.iter().map(Vec::len).max().unwrap_or(1);
        let mut out = Vec::new();
        let names: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
        csv_row(&mut out, names.iter().map(String::as_str), b',', false);
        let mut expected = Vec::new();
        for row in &rows {
            let mut row = row.clone();
            row.resize(width, String::new());
            // So that no row is hollow, and apostrophes are no quotes.
            row[0].insert(0, 'x');
            for cell in row.iter_mut().filter(|cell| cell.ends_with('\'')) {
                cell.push('x');
            }
            csv_row(&mut out, row.iter().map(String::as_str), b',', false);
            expected.push(row);
        }
        let how = How { header: Some(1), ..told() };
        let found = plain(&take_in(&out, &how, piece).expect("a table").table);
        prop_assert_eq!(&found.header, &names);
        prop_assert_eq!(found.rows, expected);
    }

    #[test]
    fn any_bytes_are_a_table_or_refused_in_whatever_pieces(
        bytes in bytes(),
        piece in 1_usize..20,
        header in proptest::option::of(0_u32..4),
    ) {
        let how = How { header, ..How::default() };
        let read = |piece| {
            let text = take_in(&bytes, &how, piece);
            text.map(|text| (plain(&text.table), text.facts))
        };
        let whole = read(usize::MAX);
        if let Ok((table, _)) = &whole {
            let mut names = table.header.clone();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len(), table.header.len());
        }
        prop_assert_eq!(read(piece), whole);
    }
}
