//! How alike two short texts are, letter by letter.

/// Jaro and Winkler's likeness of two texts, from 0 (nothing in common) to 1 (equal).
///
/// Winkler, "String Comparator Metrics and Enhanced Decision Rules in the Fellegi-Sunter Model of
/// Record Linkage" (1990): a common beginning of up to four letters counts more.
pub fn likeness(a: &str, b: &str) -> f64 {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; b.len()];
    let mut matched = Vec::new();
    for (at, letter) in a.iter().enumerate() {
        let from = at.saturating_sub(reach);
        let to = (at + reach + 1).min(b.len());
        if let Some(found) = (from..to).find(|&other| !taken[other] && b[other] == *letter) {
            taken[found] = true;
            matched.push(*letter);
        }
    }
    if matched.is_empty() {
        return 0.0;
    }
    let in_b = b.iter().zip(&taken).filter(|(_, taken)| **taken);
    let crossed = in_b.zip(&matched).filter(|((b, _), a)| b != a).count();
    let part = |of: usize| count(matched.len()) / count(of);
    let swaps = count(crossed) / 2.0;
    let jaro =
        (part(a.len()) + part(b.len()) + (count(matched.len()) - swaps) / count(matched.len()))
            / 3.0;
    let common = a.iter().zip(&b).take(4).take_while(|(a, b)| a == b).count();
    jaro + count(common) * 0.1 * (1.0 - jaro)
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour to make one
/// word of another (the optimal string alignment distance).
pub(super) fn typos(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "lengths of names")]
fn count(of: usize) -> f64 {
    of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_examples() {
        // The examples of Winkler's paper, to three digits.
        for (a, b, expected) in [
            ("MARTHA", "MARHTA", 0.961),
            ("DWAYNE", "DUANE", 0.840),
            ("DIXON", "DICKSONX", 0.813),
            ("same", "same", 1.0),
            ("ab", "cd", 0.0),
        ] {
            assert!((likeness(a, b) - expected).abs() < 0.001, "{a} {b}");
        }
    }

    #[test]
    fn typos_are_counted() {
        for (a, b, expected) in [
            ("length", "lenght", 1),
            ("length", "length", 0),
            ("island", "islnd", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(typos(a, b), expected, "{a} {b}");
        }
    }
}
