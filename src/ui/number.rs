//! Numbers in words and with units. Plain functions, nothing of views.

/// A number with thousands apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its word: `1 row`, `2 rows`. `many` is the word for everything but one.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

/// A number with so many digits behind the point.
#[cfg(not(target_arch = "wasm32"))]
pub fn fixed(number: f64, digits: u8) -> String {
    format!("{number:.*}", usize::from(digits))
}

/// A number with so many digits behind the point, at most 100. The browser writes it: Rust's own way
/// would bring 15 kB of code and tables.
#[cfg(target_arch = "wasm32")]
pub fn fixed(number: f64, digits: u8) -> String {
    let text = js_sys::Number::from(number).to_fixed(digits);
    text.map(String::from).unwrap_or_default()
}

/// A number as one digit and a power of ten.
#[cfg(not(target_arch = "wasm32"))]
fn power(number: f64) -> String {
    format!("{number:.0e}")
}

/// A number as one digit and a power of ten.
#[cfg(target_arch = "wasm32")]
fn power(number: f64) -> String {
    let text = js_sys::Number::from(number).to_exponential(0);
    text.map(String::from).unwrap_or_default().replace('+', "")
}

/// Milliseconds with their unit: `0.4 ms`, `12 ms`, `1.5 s`.
pub fn millis(ms: f64) -> String {
    if ms >= 1_000.0 {
        format!("{} s", fixed(ms / 1_000.0, 1))
    } else {
        format!("{} ms", fixed(ms, u8::from(ms < 10.0)))
    }
}

/// A number as short as its meaning allows: `3e-7`, `0.25`, `12`.
pub fn short(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let size = number.abs();
    if (0.001..1e6).contains(&size) {
        let text = fixed(number, 3);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        power(number)
    }
}

/// Bytes with their unit: `512 B`, `3.4 kB`, `12 MB`.
pub fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    // Precision beyond a tenth is not shown, so a lossy conversion can't be seen.
    #[expect(clippy::as_conversions, reason = "only the first digits are shown")]
    let mut size = count as f64 / 1_000.0;
    let mut unit = units[0];
    for larger in &units[1..] {
        if size < 1_000.0 {
            break;
        }
        size /= 1_000.0;
        unit = larger;
    }
    format!("{} {unit}", fixed(size, u8::from(size < 10.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(0, "row", "rows"), "0 rows");
        assert_eq!(counted(1_200, "row", "rows"), "1,200 rows");
    }

    #[test]
    fn units_follow_the_size() {
        assert_eq!(millis(0.42), "0.4 ms");
        assert_eq!(millis(12.3), "12 ms");
        assert_eq!(millis(1_540.0), "1.5 s");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(3_400), "3.4 kB");
        assert_eq!(bytes(12_300_000), "12 MB");
    }

    #[test]
    fn small_numbers_keep_their_meaning() {
        assert_eq!(short(0.0), "0");
        assert_eq!(short(3.2e-7), "3e-7");
        assert_eq!(short(0.25), "0.25");
        assert_eq!(short(12.0), "12");
    }
}
