//! Whether two versions score a row alike.

use crate::scoring::Values;

/// Numbers that differ by no more than this are the same but for rounding: absolute below 1, relative above.
const ROUNDING: f64 = 1e-6;

/// How many rows both columns have, and in how many of them the scores differ by more than rounding.
pub fn different(one: &Values, other: &Values) -> (u64, u64) {
    let rows = one.len().min(other.len());
    let different = (0..rows).filter(|&row| differ((one, row), (other, row)));
    let different = different.count();
    (rows as u64, different as u64)
}

/// Whether two cells, each a column and a row of it, differ by more than rounding. A text differs from every
/// number.
pub fn differ((one, at): (&Values, usize), (other, there): (&Values, usize)) -> bool {
    match (one, other) {
        (Values::Text(one), Values::Text(other)) => one.get(at) != other.get(there),
        (Values::I64(one), Values::I64(other)) => one.get(at) != other.get(there),
        _ => match (number(one, at), number(other, there)) {
            (Some(one), Some(other)) if one.is_nan() || other.is_nan() => {
                one.is_nan() != other.is_nan()
            }
            (Some(one), Some(other)) if one.is_infinite() || other.is_infinite() => {
                one.to_bits() != other.to_bits()
            }
            (Some(one), Some(other)) => {
                (one - other).abs() > ROUNDING * one.abs().max(other.abs()).max(1.0)
            }
            _ => true,
        },
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "compared with a float, a whole number is one"
)]
fn number(values: &Values, row: usize) -> Option<f64> {
    match values {
        Values::F32(values) => values.get(row).map(|value| f64::from(*value)),
        Values::F64(values) => values.get(row).copied(),
        Values::I64(values) => values.get(row).map(|value| *value as f64),
        Values::Bool(values) => values.get(row).map(|flag| f64::from(u8::from(*flag))),
        Values::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_no_difference() {
        let check = |one: f64, other: f64, expected| {
            let (mine, theirs) = (Values::F64(vec![one]), Values::F64(vec![0.0, other]));
            let differs = differ((&mine, 0), (&theirs, 1));
            assert_eq!(differs, expected, "{one} {other}");
        };
        check(1.0, 1.0 + 5e-7, false);
        check(1.0, 1.0 + 2e-6, true);
        check(5e6, 5e6 + 4.0, false);
        check(5e6, 5e6 + 6.0, true);
        check(1e-9, 2e-9, false);
        check(f64::NAN, f64::NAN, false);
        check(f64::NAN, 0.0, true);
        check(f64::INFINITY, f64::INFINITY, false);
        check(f64::INFINITY, f64::MAX, true);
    }

    #[test]
    fn labels_and_types_count() {
        let text = |cells: [&str; 3]| Values::Text(cells.iter().collect());
        let (one, other) = (text(["a", "b", "c"]), text(["a", "x", "c"]));
        assert_eq!(different(&one, &other), (3, 1));
        assert_eq!(different(&one, &Values::I64(vec![1, 2])), (2, 2));
        let (narrow, wide) = (Values::F32(vec![0.1]), Values::F64(vec![0.1]));
        assert_eq!(different(&narrow, &wide), (1, 0));
        assert_eq!(
            different(
                &Values::I64(vec![i64::MAX]),
                &Values::I64(vec![i64::MAX - 1])
            ),
            (1, 1)
        );
    }
}
