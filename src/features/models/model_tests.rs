//! What the pages of models and updates say.

use super::*;
use portico_api::time::Timestamp;

fn revision(number: u32, version: u32, own: &[(&str, &str)]) -> Revision {
    Revision {
        number,
        at: Timestamp::from_rfc3339("2026-11-23T08:05:09.120Z"),
        actor: "Ada".to_owned(),
        act: "update".to_owned(),
        version,
        own_models: own
            .iter()
            .map(|(resource, digest)| ((*resource).to_owned(), digest.repeat(32)))
            .collect(),
        current: false,
    }
}

fn line(fate: Fate, before: &str, after: &str) -> PlanLine {
    PlanLine {
        resource: "species".to_owned(),
        fate,
        differences: Vec::new(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
    }
}

#[test]
fn what_is_behind_is_counted() {
    assert_eq!(behind_in_words(3, 3), "the newest");
    assert_eq!(behind_in_words(2, 3), "1 version behind the newest, 3");
    assert_eq!(behind_in_words(1, 4), "3 versions behind the newest, 4");
    // A version that came about since the service was read.
    assert_eq!(behind_in_words(4, 3), "the newest");
}

#[test]
fn a_model_that_both_versions_have_is_not_said_to_change() {
    assert_eq!(fate_word(&line(Fate::Taken, "a", "a")), "Same model");
    assert_eq!(fate_word(&line(Fate::Taken, "a", "b")), "Taken");
}

#[test]
fn a_refusal_is_told_difference_by_difference() {
    let told = "The model does not fit “a: b”: input “x” is text, expected 32-bit float; output “y” is missing.";
    assert_eq!(
        refusal_lines(told),
        [
            "input “x” is text, expected 32-bit float",
            "output “y” is missing"
        ]
    );
    assert_eq!(refusal_lines("It never ends."), ["It never ends."]);
}

#[test]
fn what_overwriting_would_take_away_is_named() {
    let plan = UpdatePlan {
        endpoint: portico_api::name::EndpointName::parse("acme").unwrap(),
        from: 1,
        to: 2,
        resources: vec![
            line(Fate::Taken, "a", "b"),
            PlanLine {
                resource: "size".to_owned(),
                ..line(Fate::Kept, "c", "c")
            },
            PlanLine {
                resource: "age".to_owned(),
                ..line(Fate::NoLongerFits, "d", "d")
            },
        ],
        changes: true,
        refused: None,
    };
    assert_eq!(at_stake(&plan), ["size", "age"]);
    assert_eq!(listed(&at_stake(&plan)), "“size” and “age”");
    assert_eq!(listed(&[]), "");
}

#[test]
fn revisions_are_told_by_what_changed() {
    let first = revision(1, 1, &[]);
    let second = revision(2, 1, &[("species", "ab")]);
    let third = revision(3, 2, &[("species", "ab")]);
    assert_eq!(
        changes(&first, &second),
        ["species: the version’s → own abababababab…"]
    );
    assert_eq!(changes(&second, &third), ["Version 1 → 2"]);
    assert_eq!(
        changes(&third, &first),
        [
            "Version 2 → 1",
            "species: own abababababab… → the version’s"
        ]
    );
    assert!(changes(&first, &first).is_empty());
    assert_eq!(state_in_words(&first), "Version 1");
    assert_eq!(state_in_words(&third), "Version 2, 1 own model");
}

fn replayed() -> Replayed {
    let side = |cells: &[&str]| ReplaySide {
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        error: None,
    };
    Replayed {
        from: 1,
        to: 2,
        inputs: vec!["x".to_owned()],
        current_columns: vec!["Scored Labels".to_owned(), "Old".to_owned()],
        candidate_columns: vec!["New".to_owned(), "Scored Labels".to_owned()],
        rows: vec![portico_api::rollout::ReplayRow {
            inputs: vec!["1".to_owned()],
            current: side(&["0.30000001", "a"]),
            candidate: side(&["b", "0.3"]),
            differs: true,
        }],
    }
}

#[test]
fn cells_are_laid_beside_each_other_by_their_columns() {
    let replayed = replayed();
    let columns = output_columns(&replayed);
    assert_eq!(columns, ["Scored Labels", "Old", "New"]);
    let row = &replayed.rows[0];
    let pairs = pairs(&columns, &replayed, &row.current, &row.candidate);
    // What differs by rounding alone does not differ.
    assert_eq!(
        pairs.iter().map(|pair| pair.differs).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(pairs[1].new, None);
    assert_eq!(pairs[2].old, None);
    assert!(differ("Adelie", "Gentoo"));
    assert!(differ("1000000", "1000002"));
    assert!(!differ("1000000", "1000000.5"));
    assert!(differ("NaN", "1"));
}

#[test]
fn a_replay_is_told_in_a_sentence() {
    let mut replayed = replayed();
    assert_eq!(
        replay_in_words(&replayed),
        "1 row of 1 would get another result."
    );
    replayed.rows[0].differs = false;
    assert_eq!(
        replay_in_words(&replayed),
        "1 row scored by both versions; no result differs."
    );
    replayed.rows[0].differs = true;
    replayed.rows[0].candidate.error = Some("“age” is missing".to_owned());
    assert_eq!(
        replay_in_words(&replayed),
        "1 row of 1 would get another result. Version 2 refuses 1 row."
    );
}
