//! What the pages of versions say of a version. Plain values, no views.

use crate::ui::number::{counted, grouped, short};
use portico_api::difference::{SchemaDifference, SchemaPart};
use portico_api::service::Parity;

/// What the self-test of a version says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It scores as it was expected to.
    Same,
    /// Nothing was expected.
    NotCompared,
    /// It scores otherwise.
    Differs,
    /// It does not score its sample rows.
    Failed,
}

impl Verdict {
    /// In words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Same => "The sample rows score as expected",
            Self::NotCompared => "The sample rows score",
            Self::Differs => "The sample rows score otherwise than expected",
            Self::Failed => "The sample rows do not score here",
        }
    }

    /// In a few words, for a list.
    pub fn short(self) -> &'static str {
        match self {
            Self::Same => "as expected",
            Self::NotCompared => "not compared",
            Self::Differs => "differs",
            Self::Failed => "does not score",
        }
    }
}

/// The largest difference of a number that counts as rounding.
const ROUNDING: f64 = 1e-5;

/// What the figures of a self-test say.
pub fn verdict(parity: &Parity) -> Verdict {
    if parity.failed.is_some() {
        Verdict::Failed
    } else if parity.compared == 0 {
        Verdict::NotCompared
    } else if parity.label_differences == 0 && parity.largest_difference <= ROUNDING {
        Verdict::Same
    } else {
        Verdict::Differs
    }
}

/// How many labels differ, in words.
pub fn compared_in_words(parity: &Parity) -> String {
    let rows = counted(parity.compared.into(), "row", "rows");
    match parity.label_differences {
        0 => format!("all {rows} alike"),
        count => format!(
            "{} of {rows} differ ({} %)",
            grouped(count.into()),
            short(parity.label_share * 100.0)
        ),
    }
}

/// How far the numbers are apart at most, and where.
pub fn largest_in_words(parity: &Parity) -> String {
    let largest = short(parity.largest_difference);
    match &parity.largest_at {
        Some(at) if parity.largest_difference > 0.0 => {
            format!("{largest}, in row {} of {}", at.row, at.column)
        }
        _ => largest,
    }
}

/// How many changes there are, and how many of them break callers.
pub fn changes_in_words(difference: &SchemaDifference) -> String {
    let count = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
    let from = difference.from;
    let changes = match count(difference.changes.len()) {
        0 => return format!("Callers of version {from} see no change"),
        changes => counted(changes, "change", "changes"),
    };
    match count(difference.breaking()) {
        0 => format!("{changes} since version {from}, none of which breaks callers"),
        1 => format!("{changes} since version {from}, 1 of which breaks callers"),
        breaking => format!(
            "{changes} since version {from}, {} of which break callers",
            grouped(breaking)
        ),
    }
}

/// The same in a few words, for a list, and whether callers break.
pub fn changes_in_short(difference: &SchemaDifference) -> (String, bool) {
    let count = |list: usize| u64::try_from(list).unwrap_or(u64::MAX);
    let changes = match count(difference.changes.len()) {
        0 => return ("no schema change".to_owned(), false),
        changes => counted(changes, "schema change", "schema changes"),
    };
    match count(difference.breaking()) {
        0 => (changes, false),
        breaking => (format!("{changes}, {} breaking", grouped(breaking)), true),
    }
}

/// Which part of a schema a change is in, in a word.
pub fn part_word(part: SchemaPart) -> &'static str {
    match part {
        SchemaPart::Input => "input",
        SchemaPart::Output => "output",
        SchemaPart::Parameter => "parameter",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::difference::SchemaChange;

    fn parity(text: &str) -> Parity {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_self_test_has_a_verdict() {
        let of = |text| verdict(&parity(text));
        let same = r#"{"rows":20,"label_differences":0,"largest_difference":3e-7,"compared":20}"#;
        assert_eq!(of(same), Verdict::Same);
        let far = r#"{"rows":20,"label_differences":0,"largest_difference":0.01,"compared":20}"#;
        assert_eq!(of(far), Verdict::Differs);
        let label = r#"{"rows":20,"label_differences":1,"largest_difference":0,"compared":20}"#;
        assert_eq!(of(label), Verdict::Differs);
        let none = r#"{"rows":20,"label_differences":0,"largest_difference":0}"#;
        assert_eq!(of(none), Verdict::NotCompared);
        let failed = r#"{"rows":20,"label_differences":0,"largest_difference":0,"compared":20,"failed":"x"}"#;
        assert_eq!(of(failed), Verdict::Failed);
    }

    #[test]
    fn a_self_test_is_told_in_words() {
        let parity = parity(
            r#"{"rows":344,"label_differences":2,"largest_difference":0.25,"compared":344,
                "label_share":0.0058,"largest_at":{"row":7,"column":"Scored Labels"}}"#,
        );
        assert_eq!(compared_in_words(&parity), "2 of 344 rows differ (0.58 %)");
        assert_eq!(largest_in_words(&parity), "0.25, in row 7 of Scored Labels");
    }

    #[test]
    fn changes_are_counted_in_words() {
        let change = |breaking| SchemaChange {
            part: SchemaPart::Input,
            name: "age".to_owned(),
            code: "type".to_owned(),
            detail: "…".to_owned(),
            breaking,
        };
        let of = |changes: Vec<SchemaChange>| SchemaDifference { from: 2, changes };
        let none = of(vec![]);
        assert_eq!(
            changes_in_words(&none),
            "Callers of version 2 see no change"
        );
        assert_eq!(changes_in_short(&none), ("no schema change".into(), false));
        let safe = of(vec![change(false)]);
        assert_eq!(
            changes_in_words(&safe),
            "1 change since version 2, none of which breaks callers"
        );
        let breaking = of(vec![change(true), change(false)]);
        assert_eq!(
            changes_in_words(&breaking),
            "2 changes since version 2, 1 of which breaks callers"
        );
        assert_eq!(
            changes_in_short(&breaking),
            ("2 schema changes, 1 breaking".into(), true)
        );
    }
}
