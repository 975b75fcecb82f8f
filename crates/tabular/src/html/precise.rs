//! Whether a number that stands beside a cell's text is the one that the text shows.
//!
//! Programs write a cell's number next to its text. It is better than the text, which is rounded and in a
//! person's notation; but a date's number is a count of days, and then the text is what is meant.

/// Whether `shown` is `number`, rounded and in some notation.
pub(super) fn shows(number: f64, shown: &str) -> bool {
    if shown.contains([':', '/']) {
        return false;
    }
    if let Ok(value) = shown.trim().parse::<f64>()
        && shown.contains(['e', 'E'])
    {
        return (value - number).abs() <= number.abs() * 0.05;
    }
    let size = number.abs() * if shown.contains('%') { 100.0 } else { 1.0 };
    ['.', ','].iter().any(|decimal| {
        let plain: String = shown
            .chars()
            .filter(|c| c.is_ascii_digit() || c == decimal)
            .map(|c| if c == *decimal { '.' } else { c })
            .collect();
        let decimals = plain.split_once('.').map_or(0, |(_, rest)| rest.len());
        let Ok(places) = i32::try_from(decimals) else {
            return false;
        };
        plain.parse::<f64>().is_ok_and(|value| {
            let most = 0.5 * 10_f64.powi(-places) + size * 1e-12;
            (value - size).abs() <= most
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_from_a_date() {
        for (number, shown, expected) in [
            (1250.123, "1,250.12", true),
            (1250.123, "1.250,12", true),
            (1250.123, "1 250 €", true),
            (1249.6, "1,250", true),
            (0.125, "12.5%", true),
            (0.125, "13 %", true),
            (-3.5, "(3.50)", true),
            (-3.5, "−3,5", true),
            (123_456.0, "1.23E+05", true),
            (5.0, "5 apples", true),
            (46_349.0, "23.11.2026", false),
            (46_349.0, "11/23/2026", false),
            (46_349.0, "2026-11-23", false),
            (0.416_666, "10:00", false),
            (1.0, "TRUE", false),
            (7.0, "", false),
            (7.0, "yes", false),
        ] {
            assert_eq!(shows(number, shown), expected, "{number} as {shown}");
        }
    }
}
