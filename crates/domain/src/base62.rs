//! Whole numbers as text of fixed width in base 62: digits, upper case, lower case. Left-padded with
//! zeros, so that the width of a key never tells anything about its number.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes the number that these words form, most significant first, over all of `out`. The words are
/// left at zero. A number that is too wide for `out` loses its high digits; callers choose the width.
pub(crate) fn encode(words: &mut [u32], out: &mut [u8]) {
    for place in out.iter_mut().rev() {
        let mut rest = 0_u64;
        for word in words.iter_mut() {
            let value = (rest << 32) | u64::from(*word);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "rest is below 62, so the quotient is below 2^32"
            )]
            {
                *word = (value / 62) as u32;
            }
            rest = value % 62;
        }
        *place = usize::try_from(rest).map_or(b'0', |digit| DIGITS[digit]);
    }
}

/// Whether every byte is a digit of base 62.
pub(crate) fn is_base62(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const WIDTH: usize>(mut words: Vec<u32>, expected: &str) {
        let mut out = [0; WIDTH];
        encode(&mut words, &mut out);
        assert_eq!(std::str::from_utf8(&out), Ok(expected));
        assert!(words.iter().all(|word| *word == 0), "digits were lost");
    }

    #[test]
    fn numbers_have_a_fixed_width() {
        check::<6>(vec![0], "000000");
        check::<6>(vec![61], "00000z");
        check::<6>(vec![62], "000010");
        check::<6>(vec![u32::MAX], "4gfFC3");
        check::<11>(vec![u32::MAX, u32::MAX], "LygHa16AHYF");
    }

    #[test]
    fn the_widest_secret_fits_43_digits() {
        let mut words = [u32::MAX; 8];
        let mut out = [0; 43];
        encode(&mut words, &mut out);
        assert_eq!(words, [0; 8]);
        assert!(is_base62(&out));
    }
}
