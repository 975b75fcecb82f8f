//! A tensor's values as sent: from JSON, or from little-endian binary. Nothing is rounded, and nothing
//! is allocated by what a shape promises.

use super::datatype::{Datatype, half};
use super::elements::{Element, Shape, each};
use super::error::shortened;
use crate::scoring::Text;

/// Values in row-major order. A missing value is NaN or, in text, empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    Bool(Vec<bool>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Text(Text),
}

/// Reads the values of a tensor from its `data` in JSON.
///
/// # Errors
/// What is wrong, as the second half of a sentence.
pub(super) fn of_json(datatype: Datatype, shape: Shape, json: &str) -> Result<Data, String> {
    let count = shape.count().ok_or_else(too_large)?;
    // An element takes two bytes with its comma, whatever the shape says.
    let room = count.min(json.len() / 2 + 1);
    macro_rules! list {
        ($kind:path, $read:expr) => {{
            let mut values = Vec::with_capacity(room);
            each(json, shape, count, |element| {
                values.push($read(element)?);
                Ok(())
            })?;
            Ok($kind(values))
        }};
    }
    if let Some(range) = datatype.whole_range() {
        return list!(Data::I64, |element: Element<'_>| {
            let value = whole(&element);
            value
                .filter(|value| range.contains(value))
                .ok_or_else(|| takes(datatype, &element))
        });
    }
    match datatype {
        Datatype::Bool => list!(Data::Bool, |element| match element {
            Element::Bool(flag) => Ok(flag),
            other => Err(takes(datatype, &other)),
        }),
        Datatype::Uint64 => list!(Data::U64, |element| match element {
            Element::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) =>
                text.parse::<u64>().map_err(|_| takes(datatype, &element)),
            ref other => whole(other)
                .and_then(|value| u64::try_from(value).ok())
                .ok_or_else(|| takes(datatype, other)),
        }),
        Datatype::Fp32 => list!(Data::F32, |element: Element<'_>| {
            let value = number(&element).ok_or_else(|| takes(datatype, &element))?;
            single(value).ok_or_else(|| takes(datatype, &element))
        }),
        Datatype::Fp64 => list!(Data::F64, |element: Element<'_>| number(&element)
            .ok_or_else(|| takes(datatype, &element))),
        Datatype::Bytes => {
            let mut text = Text::with_capacity(room, json.len());
            each(json, shape, count, |element| {
                match element {
                    Element::Text(cell) => text.push(&cell),
                    Element::Null => text.push(""),
                    other => return Err(takes(datatype, &other)),
                }
                Ok(())
            })?;
            Ok(Data::Text(text))
        }
        _ => Err(format!(
            "{datatype} has no form in JSON; send it in binary, with binary_data_size"
        )),
    }
}

fn too_large() -> String {
    "its shape says more elements than there can be".to_owned()
}

/// What an element's datatype would have taken.
fn takes(datatype: Datatype, found: &Element<'_>) -> String {
    let found = match found {
        Element::Null => "null (only FP32, FP64 and BYTES have missing values)".to_owned(),
        Element::Bool(flag) => flag.to_string(),
        Element::Number(text) => shortened(text),
        Element::Text(text) => format!("the text {:?}", shortened(text)),
    };
    let wanted = match datatype {
        Datatype::Bool => "true and false".to_owned(),
        Datatype::Bytes => "texts and null".to_owned(),
        Datatype::Uint64 => format!("whole numbers from 0 to {}", u64::MAX),
        Datatype::Fp32 | Datatype::Fp64 => "numbers of its range and null".to_owned(),
        _ => match datatype.whole_range() {
            Some(range) => format!("whole numbers from {} to {}", range.start(), range.end()),
            None => "values of its own".to_owned(),
        },
    };
    format!("{datatype} takes {wanted}, not {found}")
}

fn whole(element: &Element<'_>) -> Option<i64> {
    let Element::Number(text) = element else {
        return None;
    };
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    // 5.0 and 1e3 are whole too, as far as a float can tell whole numbers apart.
    let value: f64 = text.parse().ok()?;
    let exact = value.fract() == 0.0 && value.abs() <= Datatype::Fp64.exact_to();
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within 2^53")]
    exact.then_some(value as i64)
}

fn number(element: &Element<'_>) -> Option<f64> {
    match element {
        Element::Number(text) => text.parse().ok(),
        Element::Null => Some(f64::NAN),
        _ => None,
    }
}

/// The single-precision float nearest to a number; `None` if it is past all of them.
fn single(value: f64) -> Option<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "FP32 is what the caller declares; what is past its range is refused"
    )]
    let near = value as f32;
    (near.is_finite() || !value.is_finite()).then_some(near)
}

/// Reads the values of a tensor from its bytes.
///
/// # Errors
/// What is wrong, as the second half of a sentence.
pub(super) fn of_binary(datatype: Datatype, shape: Shape, bytes: &[u8]) -> Result<Data, String> {
    let count = shape.count().ok_or_else(too_large)?;
    let Some(size) = datatype.size() else {
        return texts(count, bytes).map(Data::Text);
    };
    if count.checked_mul(size) != Some(bytes.len()) {
        return Err(format!(
            "binary_data_size is {}, and {count} elements of {datatype} take {}",
            bytes.len(),
            count.saturating_mul(size)
        ));
    }
    macro_rules! numbers {
        ($from:ty, $kind:path, $cast:expr) => {{
            let (parts, _) = bytes.as_chunks::<{ size_of::<$from>() }>();
            let read = |part: &[u8; size_of::<$from>()]| $cast(<$from>::from_le_bytes(*part));
            $kind(parts.iter().map(read).collect())
        }};
    }
    Ok(match datatype {
        Datatype::Bool => {
            let flag = |(index, byte): (usize, &u8)| match byte {
                0 => Ok(false),
                1 => Ok(true),
                other => Err(format!(
                    "element {index}: a BOOL is one byte, 0 or 1, not {other}"
                )),
            };
            Data::Bool(
                bytes
                    .iter()
                    .enumerate()
                    .map(flag)
                    .collect::<Result<_, _>>()?,
            )
        }
        Datatype::Int8 => numbers!(i8, Data::I64, i64::from),
        Datatype::Int16 => numbers!(i16, Data::I64, i64::from),
        Datatype::Int32 => numbers!(i32, Data::I64, i64::from),
        Datatype::Int64 => numbers!(i64, Data::I64, |value| value),
        Datatype::Uint8 => numbers!(u8, Data::I64, i64::from),
        Datatype::Uint16 => numbers!(u16, Data::I64, i64::from),
        Datatype::Uint32 => numbers!(u32, Data::I64, i64::from),
        Datatype::Uint64 => numbers!(u64, Data::U64, |value| value),
        Datatype::Fp16 => numbers!(u16, Data::F32, half),
        Datatype::Fp32 => numbers!(f32, Data::F32, |value| value),
        Datatype::Fp64 | Datatype::Bytes => numbers!(f64, Data::F64, |value| value),
    })
}

/// BYTES: each element its length in four bytes, then its bytes.
fn texts(count: usize, bytes: &[u8]) -> Result<Text, String> {
    let short = |index: usize| {
        format!(
            "binary_data_size is {}, and element {index} goes past it",
            bytes.len()
        )
    };
    let mut rest = bytes;
    // Each takes four bytes at least, whatever the shape says.
    let mut text = Text::with_capacity(count.min(bytes.len() / 4), bytes.len());
    for index in 0..count {
        let (length, after) = rest.split_first_chunk().ok_or_else(|| short(index))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (cell, after) = after.split_at_checked(length).ok_or_else(|| short(index))?;
        let cell = str::from_utf8(cell)
            .map_err(|_| format!("element {index} is not UTF-8, as text is here"))?;
        text.push(cell);
        rest = after;
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(format!(
            "binary_data_size is {}, and its {count} elements end {} bytes before",
            bytes.len(),
            rest.len()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(datatype: Datatype, data: &str) -> Result<Data, String> {
        let rows = data.matches(',').count() + 1;
        of_json(datatype, Shape { rows, width: 1 }, data)
    }

    #[test]
    fn json_is_read_by_datatype() {
        assert_eq!(
            json(Datatype::Bool, "[true,false]"),
            Ok(Data::Bool(vec![true, false]))
        );
        assert_eq!(
            json(Datatype::Int8, "[-128,127]"),
            Ok(Data::I64(vec![-128, 127]))
        );
        assert_eq!(
            json(Datatype::Int32, "[5.0,1e3]"),
            Ok(Data::I64(vec![5, 1000]))
        );
        let far = "[9007199254740993,-9223372036854775808]";
        assert_eq!(
            json(Datatype::Int64, far),
            Ok(Data::I64(vec![9_007_199_254_740_993, i64::MIN]))
        );
        assert_eq!(
            json(Datatype::Uint64, "[18446744073709551615,2.0]"),
            Ok(Data::U64(vec![u64::MAX, 2]))
        );
        assert_eq!(
            json(Datatype::Fp32, "[0.1,-0]"),
            Ok(Data::F32(vec![0.1, 0.0]))
        );
        // Readers that round twice, or not well, give 0.30000000000000004's neighbour.
        assert_eq!(
            json(Datatype::Fp64, "[0.30000000000000004]"),
            Ok(Data::F64(vec![0.1 + 0.2]))
        );
        let Ok(Data::F64(values)) = json(Datatype::Fp64, "[null]") else {
            panic!("null is missing");
        };
        assert!(values[0].is_nan());
        let text: Text = ["ü", ""].into_iter().collect();
        assert_eq!(json(Datatype::Bytes, r#"["ü",null]"#), Ok(Data::Text(text)));
    }

    #[test]
    fn json_of_another_type_is_named() {
        let check = |datatype, data: &str, words: &str| {
            let why = json(datatype, data).unwrap_err();
            assert!(why.contains(words), "{data}: {why}");
        };
        check(Datatype::Bool, "[1]", "BOOL takes true and false, not 1");
        check(Datatype::Bool, "[null]", "not null");
        check(
            Datatype::Int8,
            "[0,128]",
            "element 1 of data: INT8 takes whole numbers from -128 to 127, not 128",
        );
        check(Datatype::Uint8, "[-1]", "from 0 to 255, not -1");
        check(Datatype::Int64, "[1.5]", "not 1.5");
        check(
            Datatype::Int64,
            "[9223372036854775808]",
            "not 9223372036854775808",
        );
        check(Datatype::Int64, "[null]", "only FP32, FP64 and BYTES");
        check(Datatype::Int64, "[\"1\"]", "not the text \"1\"");
        check(
            Datatype::Uint64,
            "[18446744073709551616]",
            "not 18446744073709551616",
        );
        check(Datatype::Uint64, "[-1]", "not -1");
        check(Datatype::Fp32, "[1e39]", "FP32 takes numbers of its range");
        check(Datatype::Fp64, "[true]", "not true");
        check(Datatype::Bytes, "[1]", "BYTES takes texts and null, not 1");
        check(Datatype::Fp16, "[1]", "in binary");
    }

    #[test]
    fn a_shape_allocates_nothing() {
        let huge = Shape {
            rows: usize::MAX / 2,
            width: 1,
        };
        for datatype in Datatype::ALL {
            assert!(of_json(datatype, huge, "[]").is_err());
            assert!(of_binary(datatype, huge, &[]).is_err());
            let past = Shape {
                rows: usize::MAX,
                width: 2,
            };
            assert!(of_json(datatype, past, "[]").unwrap_err().len() < 200);
            assert!(
                of_binary(datatype, past, &[])
                    .unwrap_err()
                    .contains("more elements")
            );
        }
    }

    #[test]
    fn binary_is_little_endian() {
        let read =
            |datatype, rows, bytes: &[u8]| of_binary(datatype, Shape { rows, width: 1 }, bytes);
        assert_eq!(
            read(Datatype::Bool, 2, &[1, 0]),
            Ok(Data::Bool(vec![true, false]))
        );
        assert_eq!(
            read(Datatype::Int16, 1, &[0xfe, 0xff]),
            Ok(Data::I64(vec![-2]))
        );
        assert_eq!(
            read(Datatype::Uint16, 1, &[0xfe, 0xff]),
            Ok(Data::I64(vec![65_534]))
        );
        assert_eq!(read(Datatype::Int8, 1, &[0x80]), Ok(Data::I64(vec![-128])));
        assert_eq!(
            read(Datatype::Uint64, 1, &[0xff; 8]),
            Ok(Data::U64(vec![u64::MAX]))
        );
        assert_eq!(
            read(Datatype::Fp16, 1, &[0x00, 0x3c]),
            Ok(Data::F32(vec![1.0]))
        );
        assert_eq!(
            read(Datatype::Fp32, 1, &1.5f32.to_le_bytes()),
            Ok(Data::F32(vec![1.5]))
        );
        assert_eq!(
            read(Datatype::Fp64, 1, &1.5f64.to_le_bytes()),
            Ok(Data::F64(vec![1.5]))
        );
        let text: Text = ["ab", ""].into_iter().collect();
        assert_eq!(
            read(Datatype::Bytes, 2, b"\x02\0\0\0ab\0\0\0\0"),
            Ok(Data::Text(text))
        );
    }

    #[test]
    fn wrong_sizes_are_named() {
        let check = |datatype, rows, bytes: &[u8], words: &str| {
            let why = of_binary(datatype, Shape { rows, width: 1 }, bytes).unwrap_err();
            assert!(why.contains(words), "{why}");
        };
        check(
            Datatype::Fp32,
            2,
            &[0; 7],
            "binary_data_size is 7, and 2 elements of FP32 take 8",
        );
        check(Datatype::Fp64, 0, &[0; 8], "take 0");
        check(Datatype::Bool, 1, &[2], "0 or 1, not 2");
        check(Datatype::Bytes, 1, b"\x02\0\0", "element 0 goes past");
        check(
            Datatype::Bytes,
            2,
            b"\x01\0\0\0a\xff\xff\xff\xff",
            "element 1 goes past",
        );
        check(Datatype::Bytes, 1, b"\x01\0\0\0ab", "end 1 bytes before");
        check(Datatype::Bytes, 1, b"\x01\0\0\0\xff", "not UTF-8");
    }
}
