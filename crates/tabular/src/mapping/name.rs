//! Names of columns and inputs, and how alike two of them are.

use super::likeness::{likeness, typos};
use super::words;

/// A name, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    /// Without space around it.
    pub text: String,
    /// In small letters, without anything but letters and digits.
    folded: String,
    /// The same without accents.
    plain: String,
    /// Its words, without accents and without the unit, each as the word that it stands for.
    words: Vec<String>,
    /// The unit at its end.
    unit: Option<String>,
}

/// How alike two names are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Alike {
    /// From 0 to 1.
    pub score: f64,
    /// How, in words.
    pub why: &'static str,
}

impl Alike {
    /// The likeness of names together with how well a column's cells fit. The less alike the names,
    /// the more the cells have to say.
    pub(super) fn weigh(self, fit: f64) -> f64 {
        let say = if self.score >= 0.9 { 0.2 } else { 0.4 };
        self.score * (1.0 - say + say * fit)
    }
}

impl Name {
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
        let mut words = words::split(text);
        let unit = words::take_unit(&mut words, text);
        Self {
            text: text.to_owned(),
            folded: fold(text),
            plain: fold(&words::without_accents(text)),
            words: words
                .iter()
                .map(|word| words::meaning(without_zeros(word)).to_owned())
                .collect(),
            unit,
        }
    }

    fn joined(&self) -> String {
        self.words.concat()
    }

    fn numbers(&self) -> Vec<&str> {
        let mut numbers: Vec<&str> = self
            .words
            .iter()
            .map(String::as_str)
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        numbers.sort_unstable();
        numbers
    }
}

/// `01` as `1`: the same number in a name.
fn without_zeros(word: &str) -> &str {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let trimmed = word.trim_start_matches('0');
        if trimmed.is_empty() { "0" } else { trimmed }
    } else {
        word
    }
}

fn fold(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Leaves out the words with which all names begin, such as `penguin` in `penguin_sex`,
/// `penguin_island`: they tell nothing apart.
pub(super) fn drop_common_words(names: &mut [Name]) {
    const ENOUGH: usize = 3;
    while names.len() >= ENOUGH
        && let Some(first) = names.first().and_then(|name| name.words.first()).cloned()
        && names
            .iter()
            .all(|name| name.words.len() > 1 && name.words[0] == first)
    {
        for name in names.iter_mut() {
            name.words.remove(0);
        }
    }
}

/// How alike an input's and a column's name are; `None` where they mean different things. Without
/// `closely`, only names are found that are equal but for how they are written.
pub(super) fn compare(input: &Name, column: &Name, closely: bool) -> Option<Alike> {
    let alike = |score, why| Some(Alike { score, why });
    if input.text == column.text {
        return alike(1.0, "same name");
    }
    if input.plain.is_empty() || column.plain.is_empty() {
        return None;
    }
    if input.folded == column.folded {
        return alike(0.99, "same name but for case and spaces");
    }
    if input.plain == column.plain {
        return alike(0.98, "same name but for accents");
    }
    let units_differ = matches!((&input.unit, &column.unit), (Some(a), Some(b)) if a != b);
    if units_differ || input.words.is_empty() || column.words.is_empty() {
        return None;
    }
    if input.words == column.words || input.joined() == column.joined() {
        return if input.unit == column.unit {
            alike(0.96, "same name in other words")
        } else {
            alike(0.95, "same name but for the unit")
        };
    }
    if !closely || input.numbers() != column.numbers() {
        return None;
    }
    by_words(input, column)
}

fn by_words(input: &Name, column: &Name) -> Option<Alike> {
    let telling = |name: &Name| -> Vec<String> {
        let words = name.words.iter().filter(|word| !words::is_filler(word));
        let mut words: Vec<String> = words.cloned().collect();
        words.sort_unstable();
        words
    };
    let (ours, theirs) = (telling(input), telling(column));
    if ours.is_empty() || theirs.is_empty() {
        return None;
    }
    if ours == theirs {
        return Some(Alike {
            score: 0.92,
            why: "same words in another order",
        });
    }
    let missing: Vec<&String> = ours.iter().filter(|word| !theirs.contains(word)).collect();
    let extra: Vec<&String> = theirs.iter().filter(|word| !ours.contains(word)).collect();
    if missing.is_empty() || extra.is_empty() {
        // One name says more than the other; what it says more may make it another thing.
        let more = if missing.is_empty() { extra } else { missing };
        let harmless = more.len() == 1 && !more.iter().any(|word| words::changes_meaning(word));
        return harmless.then_some(Alike {
            score: 0.74,
            why: "similar name",
        });
    }
    let all_typos =
        missing.len() == extra.len() && missing.iter().zip(&extra).all(|(a, b)| is_typo(a, b));
    let shortened = missing.len() == 1 && extra.len() == 1 && is_short_for(missing[0], extra[0]);
    let score = likeness(&input.joined(), &column.joined());
    if all_typos || shortened {
        return Some(Alike {
            score: (0.95 * score).min(0.89),
            why: "similar name",
        });
    }
    // Words that were run together or cut apart, with a typo: the letters alone tell.
    let (a, b) = (input.joined(), column.joined());
    (input.words.len() != column.words.len() && is_typo(&a, &b)).then_some(Alike {
        score: 0.9 * score,
        why: "similar name",
    })
}

/// Whether two words are one and the same with a slip of the finger.
fn is_typo(a: &str, b: &str) -> bool {
    let shorter = a.chars().count().min(b.chars().count());
    let allowed = match shorter {
        0..=3 => return false,
        4..=7 => 1,
        _ => 2,
    };
    // A different first letter is rather another word: `price`, `slice`.
    a.chars().next() == b.chars().next() && !words::opposed(a, b) && typos(a, b) <= allowed
}

/// Whether one word is the beginning of the other, cut after three letters or more.
fn is_short_for(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.chars().count() >= 3
        && short.chars().all(char::is_alphabetic)
        && long.starts_with(short)
        && !words::opposed(a, b)
}
