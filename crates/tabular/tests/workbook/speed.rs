//! How long a table of 100,000 rows and 12 columns takes. Run by hand in release:
//! `cargo test --release -p portico-tabular --test workbook -- --ignored --nocapture`.

use portico_tabular::xlsx::read::Book;
use portico_tabular::xlsx::write::{Out, Writer};
use std::time::Instant;

#[test]
#[ignore = "a measurement, not a check"]
#[expect(clippy::print_stderr, reason = "the figures are what this is for")]
fn a_hundred_thousand_rows() {
    let names: Vec<String> = (0..12).map(|column| format!("column {column}")).collect();
    let start = Instant::now();
    let mut writer = Writer::new("Rows");
    writer.header(&names).unwrap();
    let mut bytes = Vec::new();
    let mut texts = vec![String::new(); 12];
    for row in 0_u64..100_000 {
        let mut seed = row;
        for (column, text) in texts.iter_mut().enumerate() {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(row);
            text.clear();
            match column % 3 {
                0 => text.push_str(&(seed >> 40).to_string()),
                1 => text.push_str(&format!("{}.{:03}", seed >> 54, (seed >> 20) % 1000)),
                _ => text
                    .push_str(["red", "green", "blue", "a longer category"][(seed >> 62) as usize]),
            }
        }
        writer
            .row(
                texts
                    .iter()
                    .enumerate()
                    .map(|(column, text)| match column % 3 {
                        2 => Out::Text(text),
                        _ => Out::Number(text),
                    }),
            )
            .unwrap();
        bytes.extend(writer.take());
    }
    bytes.extend(writer.finish().unwrap());
    eprintln!("written in {:?}, {} bytes", start.elapsed(), bytes.len());

    let start = Instant::now();
    let mut book = Book::open(bytes.clone()).unwrap();
    eprintln!("opened in {:?}", start.elapsed());
    let sheet = book.read(0, None, &mut |_| {}).unwrap();
    eprintln!("read in {:?}, {} rows", start.elapsed(), sheet.table.rows());

    let start = Instant::now();
    let mut other: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    let mut reader = other.worksheet_cells_reader("Rows").unwrap();
    let mut count = 0;
    while reader.next_cell().unwrap().is_some() {
        count += 1;
    }
    eprintln!(
        "calamine's cells alone in {:?}, {count} cells",
        start.elapsed()
    );
}
