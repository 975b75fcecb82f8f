//! csv-spectrum, an acid test for readers of CSV.

use super::read;
use serde_json::Value;
use std::fs;
use std::path::Path;

#[test]
fn all_of_csv_spectrum_is_read_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/csv-spectrum");
    let mut read_right = 0;
    for entry in fs::read_dir(folder.join("csvs")).expect("files") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").to_str().expect("a name");
        if name == "location_coordinates" {
            continue;
        }
        let (found, facts) = read(&fs::read(&path).expect("bytes")).expect(name);
        super::check_export(&found);
        let json = fs::read(folder.join("json").join(format!("{name}.json"))).expect("json");
        let expected: Value = serde_json::from_slice(&json).expect("json");
        let rows = match expected {
            Value::Array(rows) => rows,
            row => vec![row],
        };
        let found: Vec<Value> = found
            .rows
            .iter()
            .map(|row| {
                let cells = row.iter().map(|cell| Value::from(cell.as_str()));
                Value::Object(found.header.iter().cloned().zip(cells).collect())
            })
            .collect();
        assert_eq!(found, rows, "{name}");
        assert_eq!(facts.diagnostics, [], "{name}");
        read_right += 1;
    }
    assert_eq!(read_right, 11);
}
