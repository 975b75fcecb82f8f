//! Which values go into which columns, and which are refused.

use super::*;

fn column(column_type: ColumnType, nullable: bool) -> InputColumn {
    InputColumn {
        name: "a".to_owned(),
        column_type,
        nullable,
        min: None,
        max: None,
        categories: Vec::new(),
        description: String::new(),
        tensor: None,
    }
}

fn convert(column_type: ColumnType, datatype: Datatype, data: &Data) -> Result<Values, String> {
    let column = column(column_type, true);
    let columns = [&column];
    let columns = Columns::new(&columns, datatype).unwrap();
    let whole = columns.whole(data.clone());
    let part = columns.part(data, Pick::ALL);
    // NaN is no equal of itself.
    assert_eq!(format!("{whole:?}"), format!("{part:?}"));
    whole
}

fn text(cells: &[&str]) -> Data {
    Data::Text(cells.iter().collect())
}

#[test]
fn what_fits_comes_through() {
    let check = |column_type, datatype, data, expected: Values| {
        assert_eq!(convert(column_type, datatype, &data), Ok(expected));
    };
    let texts = |cells: &[&str]| Values::Text(cells.iter().collect());
    use ColumnType::{Boolean, Datetime, Double, Integer, String};
    check(String, Datatype::Bytes, text(&["ü", ""]), texts(&["ü", ""]));
    check(String, Datatype::Int8, Data::I64(vec![-7]), texts(&["-7"]));
    check(
        String,
        Datatype::Uint64,
        Data::U64(vec![u64::MAX]),
        texts(&["18446744073709551615"]),
    );
    check(
        String,
        Datatype::Bool,
        Data::Bool(vec![true]),
        texts(&["true"]),
    );
    check(
        Double,
        Datatype::Fp16,
        Data::F32(vec![0.5]),
        Values::F32(vec![0.5]),
    );
    check(
        Double,
        Datatype::Fp64,
        Data::F64(vec![0.1]),
        Values::F64(vec![0.1]),
    );
    check(
        Double,
        Datatype::Int64,
        Data::I64(vec![1 << 60]),
        Values::F64(vec![(1u64 << 60) as f64]),
    );
    check(
        Double,
        Datatype::Uint64,
        Data::U64(vec![1 << 63]),
        Values::F64(vec![(1u64 << 63) as f64]),
    );
    check(
        Double,
        Datatype::Bool,
        Data::Bool(vec![true]),
        Values::F64(vec![1.0]),
    );
    check(
        Double,
        Datatype::Bytes,
        text(&["1e3", " 2 "]),
        Values::F64(vec![1000.0, 2.0]),
    );
    check(
        Integer,
        Datatype::Int64,
        Data::I64(vec![i64::MIN]),
        Values::I64(vec![i64::MIN]),
    );
    check(
        Integer,
        Datatype::Uint64,
        Data::U64(vec![7]),
        Values::I64(vec![7]),
    );
    check(
        Integer,
        Datatype::Fp32,
        Data::F32(vec![16_777_216.0]),
        Values::I64(vec![16_777_216]),
    );
    check(
        Integer,
        Datatype::Bool,
        Data::Bool(vec![true]),
        Values::I64(vec![1]),
    );
    check(
        Integer,
        Datatype::Bytes,
        text(&["9007199254740993"]),
        Values::I64(vec![9_007_199_254_740_993]),
    );
    check(
        Boolean,
        Datatype::Bool,
        Data::Bool(vec![true]),
        Values::Bool(vec![true]),
    );
    check(
        Boolean,
        Datatype::Int32,
        Data::I64(vec![0, 1]),
        Values::Bool(vec![false, true]),
    );
    check(
        Boolean,
        Datatype::Uint64,
        Data::U64(vec![0, 1]),
        Values::Bool(vec![false, true]),
    );
    check(
        Boolean,
        Datatype::Fp64,
        Data::F64(vec![1.0]),
        Values::Bool(vec![true]),
    );
    check(
        Boolean,
        Datatype::Bytes,
        text(&["no", "True"]),
        Values::Bool(vec![false, true]),
    );
    check(
        Datetime,
        Datatype::Bytes,
        text(&["2026-11-24", ""]),
        texts(&["2026-11-24", ""]),
    );
}

#[test]
fn what_is_missing_makes_floats_of_whole_numbers() {
    use ColumnType::{Boolean, Double, Integer};
    for (column_type, datatype, data) in [
        (Integer, Datatype::Fp32, Data::F32(vec![1.0, f32::NAN])),
        (Integer, Datatype::Fp64, Data::F64(vec![1.0, f64::NAN])),
        (Integer, Datatype::Bytes, text(&["1", ""])),
        (Double, Datatype::Bytes, text(&["1", "NaN"])),
        (Boolean, Datatype::Fp64, Data::F64(vec![1.0, f64::NAN])),
        (Boolean, Datatype::Bytes, text(&["true", ""])),
    ] {
        let Ok(Values::F64(values)) = convert(column_type, datatype, &data) else {
            panic!("{data:?}");
        };
        assert!(values[0] == 1.0 && values[1].is_nan(), "{data:?}");
    }
}

#[test]
fn what_would_lose_something_is_refused() {
    let check = |column_type, datatype, data, words: &str| {
        let why = convert(column_type, datatype, &data).unwrap_err();
        assert!(why.contains(words), "{why}");
    };
    use ColumnType::{Boolean, Datetime, Double, Integer, String};
    check(
        String,
        Datatype::Fp32,
        Data::F32(vec![1.5]),
        "FP32 can't become column a, which takes BYTES",
    );
    check(
        String,
        Datatype::Bytes,
        text(&["x", "a\0b"]),
        "row 1, column a: the text holds a NUL",
    );
    check(
        Double,
        Datatype::Int64,
        Data::I64(vec![0, (1 << 53) + 1]),
        "row 1, column a: no double equals 9007199254740993",
    );
    check(
        Double,
        Datatype::Int64,
        Data::I64(vec![i64::MAX]),
        "no double equals",
    );
    check(
        Double,
        Datatype::Uint64,
        Data::U64(vec![u64::MAX]),
        "no double equals",
    );
    check(
        Double,
        Datatype::Bytes,
        text(&["tall"]),
        "row 0: a takes a number, not tall",
    );
    check(
        Integer,
        Datatype::Uint64,
        Data::U64(vec![u64::MAX]),
        "past the largest",
    );
    check(
        Integer,
        Datatype::Fp64,
        Data::F64(vec![0.5]),
        "0.5 is no whole number",
    );
    check(
        Integer,
        Datatype::Fp64,
        Data::F64(vec![f64::INFINITY]),
        "no whole number",
    );
    check(
        Integer,
        Datatype::Fp32,
        Data::F32(vec![16_777_218.0]),
        "FP32 does not tell them apart",
    );
    check(
        Integer,
        Datatype::Fp16,
        Data::F32(vec![2_050.0]),
        "up to 2048",
    );
    check(
        Integer,
        Datatype::Bytes,
        text(&["9007199254740993", ""]),
        "beside a missing value",
    );
    check(
        Boolean,
        Datatype::Int8,
        Data::I64(vec![2]),
        "2 is neither 0 nor 1",
    );
    check(
        Boolean,
        Datatype::Fp32,
        Data::F32(vec![0.5]),
        "0.5 is neither",
    );
    check(Datetime, Datatype::Int64, Data::I64(vec![0]), "takes BYTES");
    check(
        Datetime,
        Datatype::Bytes,
        text(&["24.11.2026"]),
        "a takes a date",
    );
}

#[test]
fn a_column_that_is_not_nullable_needs_values() {
    let check = |column_type, datatype, data: Data| {
        let column = column(column_type, false);
        let columns = [&column];
        let columns = Columns::new(&columns, datatype).unwrap();
        for why in [
            columns.part(&data, Pick::ALL).unwrap_err(),
            columns.whole(data.clone()).unwrap_err(),
        ] {
            assert!(
                why.contains("row 1") && why.contains("needs a value"),
                "{why}"
            );
        }
    };
    check(
        ColumnType::Double,
        Datatype::Fp32,
        Data::F32(vec![1.0, f32::NAN]),
    );
    check(
        ColumnType::Double,
        Datatype::Fp64,
        Data::F64(vec![1.0, f64::NAN]),
    );
    check(
        ColumnType::Integer,
        Datatype::Fp64,
        Data::F64(vec![1.0, f64::NAN]),
    );
    check(
        ColumnType::Boolean,
        Datatype::Fp64,
        Data::F64(vec![1.0, f64::NAN]),
    );
    check(ColumnType::String, Datatype::Bytes, text(&["a", ""]));
    check(ColumnType::Double, Datatype::Bytes, text(&["1", ""]));
}

#[test]
fn a_matrix_tells_row_and_column() {
    let mut columns = [
        column(ColumnType::Double, true),
        column(ColumnType::Double, false),
    ];
    columns[1].name = "b".to_owned();
    let both = [&columns[0], &columns[1]];
    let matrix = Columns::new(&both, Datatype::Fp64).unwrap();
    let data = Data::F64(vec![f64::NAN, 2.0, 3.0, f64::NAN]);
    let why = matrix.whole(data.clone()).unwrap_err();
    assert!(why.starts_with("row 1, column b: "), "{why}");
    let first = [&columns[0]];
    let first = Columns::new(&first, Datatype::Fp64).unwrap();
    let part = first.part(
        &data,
        Pick {
            offset: 1,
            stride: 2,
        },
    );
    assert_eq!(format!("{part:?}"), "Ok(F64([2.0, NaN]))");
}
