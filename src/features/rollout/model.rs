//! A staged rollout: what is asked for, and what both sides show. Plain values.

use crate::ui::number::{counted, fixed, grouped, millis};
use portico_api::rollout::{ArmReport, Rollout, ScoreBin, StartRollout};

/// The form as it is filled in: the share as it was typed, so that nothing is lost meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The version that is tried, as the list has it; empty if none is chosen.
    pub version: String,
    /// Of a hundred calls, how many it answers.
    pub share: String,
    /// Whether it scores the other calls too, without effect on the caller.
    pub shadow: bool,
}

/// Why a draft can't be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftProblem {
    /// No version is chosen.
    NoVersion,
    /// The share is no whole number from 0 to 100.
    Share,
    /// It would answer no call and score none.
    Nothing,
}

impl DraftProblem {
    /// In a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::NoVersion => "Choose a version to try.",
            Self::Share => "The share is a whole number from 0 to 100.",
            Self::Nothing => {
                "With a share of 0, switch on “Compare the other calls too”, or nothing would be tried."
            }
        }
    }
}

impl Draft {
    /// What a new form begins with: a tenth of the calls, compared as well.
    pub fn new(version: Option<u32>) -> Self {
        Self {
            version: version
                .map(|version| version.to_string())
                .unwrap_or_default(),
            share: "10".to_owned(),
            shadow: true,
        }
    }

    /// What runs now.
    pub fn of(rollout: &Rollout) -> Self {
        Self {
            version: rollout.candidate.version.to_string(),
            share: rollout.share_percent.to_string(),
            shadow: rollout.shadow,
        }
    }

    /// What is meant.
    ///
    /// # Errors
    /// [`DraftProblem`].
    pub fn read(&self) -> Result<StartRollout, DraftProblem> {
        let version = self.version.parse().map_err(|_| DraftProblem::NoVersion)?;
        let share_percent = match self.share.trim().parse() {
            Ok(share @ 0..=100) => share,
            _ => return Err(DraftProblem::Share),
        };
        if share_percent == 0 && !self.shadow {
            return Err(DraftProblem::Nothing);
        }
        Ok(StartRollout {
            version,
            share_percent,
            shadow: self.shadow,
        })
    }

    /// Where the slider stands.
    pub fn slider(&self) -> u32 {
        self.share.trim().parse().unwrap_or(0).min(100)
    }
}

/// What a rollout does to calls, in words. `current` is the version in force.
pub fn in_words(wanted: &StartRollout, current: u32) -> String {
    let tried = wanted.version;
    let answers = match wanted.share_percent {
        0 => format!("Version {current} answers every call."),
        100 => format!("Version {tried} answers every call."),
        1 => format!("Of 100 calls, version {tried} answers 1 and version {current} the others."),
        share => {
            format!(
                "Of 100 calls, version {tried} answers {share} and version {current} the others."
            )
        }
    };
    if wanted.shadow && wanted.share_percent < 100 {
        let which = if wanted.share_percent == 0 {
            "Each call is"
        } else {
            "Those are"
        };
        format!(
            "{answers} {which} scored by version {tried} as well, only to compare; the caller sees nothing of it."
        )
    } else {
        answers
    }
}

/// A part of a whole in per cent with one digit: `2.5 %`; a dash without a whole.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{} %", fixed(share(part, whole) * 100.0, 1))
}

/// A part of a whole, 0 to 1; 0 without a whole.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    #[expect(
        clippy::as_conversions,
        reason = "a picture needs no more than its first digits"
    )]
    let (part, whole) = (part as f64, whole as f64);
    part / whole
}

/// A time of calls; a dash without calls.
pub fn time(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), millis)
}

/// The calls of a side, in words: on the tried side those that only compared are told apart.
pub fn calls_in_words(arm: &ArmReport) -> String {
    if arm.shadow_calls == 0 {
        return grouped(arm.calls);
    }
    let answered = arm.calls.saturating_sub(arm.shadow_calls);
    format!(
        "{} answered, {} only compared",
        grouped(answered),
        grouped(arm.shadow_calls)
    )
}

/// The errors of a side: `3 (2.5 %)`.
pub fn errors_in_words(arm: &ArmReport) -> String {
    if arm.calls == 0 {
        return "–".to_owned();
    }
    format!(
        "{} ({})",
        grouped(arm.errors),
        percent(arm.errors, arm.calls)
    )
}

/// How many compared rows differ, in a sentence.
pub fn compared_in_words(rollout: &Rollout) -> String {
    if rollout.compared_rows == 0 {
        return if rollout.shadow {
            "No row was compared yet.".to_owned()
        } else {
            "Nothing is compared: the other calls are not scored by both.".to_owned()
        };
    }
    let rows = counted(rollout.compared_rows, "row", "rows");
    match rollout.different_rows {
        0 => format!("Both versions scored {rows}, all with the same result."),
        different => format!(
            "Both versions scored {rows}; {} ({}) with another result.",
            grouped(different),
            percent(different, rollout.compared_rows)
        ),
    }
}

/// A bin with both sides' shares of their own rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The label, or the range.
    pub label: String,
    /// The share of the rows from the version in force.
    pub current: f64,
    /// The share of the rows from the tried version.
    pub candidate: f64,
}

/// The bins as shares of each side's rows, so that ten calls can be laid beside ten thousand.
pub fn bars(scores: &[ScoreBin]) -> Vec<Bar> {
    let current: u64 = scores.iter().map(|bin| bin.current).sum();
    let candidate: u64 = scores.iter().map(|bin| bin.candidate).sum();
    scores
        .iter()
        .map(|bin| Bar {
            label: bin.label.clone(),
            current: share(bin.current, current),
            candidate: share(bin.candidate, candidate),
        })
        .collect()
}

/// How long the longest bar is, at least a hundredth: bars are drawn as parts of it.
pub fn longest(bars: &[Bar]) -> f64 {
    bars.iter()
        .flat_map(|bar| [bar.current, bar.candidate])
        .fold(0.01, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::time::Timestamp;

    fn draft(version: &str, share: &str, shadow: bool) -> Draft {
        Draft {
            version: version.to_owned(),
            share: share.to_owned(),
            shadow,
        }
    }

    #[test]
    fn a_draft_is_judged() {
        assert_eq!(
            draft("2", " 10 ", false).read(),
            Ok(StartRollout {
                version: 2,
                share_percent: 10,
                shadow: false
            })
        );
        assert_eq!(draft("", "10", true).read(), Err(DraftProblem::NoVersion));
        for share in ["", "101", "-1", "2.5", "ten", "99999999999"] {
            assert_eq!(
                draft("2", share, true).read(),
                Err(DraftProblem::Share),
                "{share}"
            );
        }
        assert_eq!(draft("2", "0", false).read(), Err(DraftProblem::Nothing));
        assert!(draft("2", "0", true).read().is_ok());
        assert_eq!(draft("2", "500", true).slider(), 100);
        assert_eq!(draft("2", "x", true).slider(), 0);
    }

    #[test]
    fn what_happens_to_calls_is_told() {
        let words = |share, shadow| {
            let wanted = StartRollout {
                version: 2,
                share_percent: share,
                shadow,
            };
            in_words(&wanted, 1)
        };
        assert_eq!(
            words(10, false),
            "Of 100 calls, version 2 answers 10 and version 1 the others."
        );
        assert!(words(0, true).starts_with("Version 1 answers every call. Each call is scored"));
        assert!(words(10, true).contains("the others. Those are scored by version 2 as well"));
        assert_eq!(words(100, true), "Version 2 answers every call.");
    }

    fn arm(calls: u64, shadow_calls: u64, errors: u64) -> ArmReport {
        ArmReport {
            version: 1,
            calls,
            shadow_calls,
            errors,
            ..ArmReport::default()
        }
    }

    #[test]
    fn sides_are_told_in_figures() {
        assert_eq!(calls_in_words(&arm(1_200, 0, 0)), "1,200");
        assert_eq!(
            calls_in_words(&arm(10, 8, 0)),
            "2 answered, 8 only compared"
        );
        assert_eq!(errors_in_words(&arm(0, 0, 0)), "–");
        assert_eq!(errors_in_words(&arm(40, 0, 1)), "1 (2.5 %)");
        assert_eq!(time(None), "–");
        assert_eq!(time(Some(12.3)), "12 ms");
    }

    #[test]
    fn compared_rows_are_told() {
        let mut rollout = Rollout {
            share_percent: 10,
            shadow: true,
            started_at: Timestamp::from_rfc3339("2026-11-23T08:05:09.120Z"),
            actor: "Ada".to_owned(),
            current: arm(0, 0, 0),
            candidate: arm(0, 0, 0),
            column: "Scored Labels".to_owned(),
            scores: Vec::new(),
            compared_rows: 0,
            different_rows: 0,
        };
        assert_eq!(compared_in_words(&rollout), "No row was compared yet.");
        rollout.compared_rows = 40;
        assert!(compared_in_words(&rollout).contains("the same result"));
        rollout.different_rows = 2;
        assert_eq!(
            compared_in_words(&rollout),
            "Both versions scored 40 rows; 2 (5.0 %) with another result."
        );
        assert_eq!(Draft::of(&rollout), draft("1", "10", true));
    }

    #[test]
    fn each_side_is_drawn_by_its_own_rows() {
        let bin = |label: &str, current, candidate| ScoreBin {
            label: label.to_owned(),
            current,
            candidate,
        };
        let drawn = bars(&[bin("Adelie", 900, 5), bin("Gentoo", 100, 5)]);
        assert!((drawn[0].current - 0.9).abs() < 1e-12);
        assert!((drawn[0].candidate - 0.5).abs() < 1e-12);
        assert!((longest(&drawn) - 0.9).abs() < 1e-12);
        let empty = bars(&[bin("Adelie", 0, 0)]);
        assert!(empty[0].current.abs() < 1e-12);
        assert!((longest(&empty) - 0.01).abs() < 1e-12);
    }
}
