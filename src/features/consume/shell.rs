//! Text for a POSIX shell. Knows nothing of endpoints.

/// The text as one word of a shell command, whatever it holds: in single quotes, where only the
/// quote itself needs care.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    out.push_str(&text.replace('\'', r"'\''"));
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_inside_is_closed_escaped_and_opened_again() {
        let check = |text, expected: &str| assert_eq!(quoted(text), expected);
        check("", "''");
        check("a b $c `d` \"e\" \\", "'a b $c `d` \"e\" \\'");
        check("it's", r"'it'\''s'");
        check("'", r"''\'''");
    }
}
