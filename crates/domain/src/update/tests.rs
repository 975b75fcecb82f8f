//! The rules of customising and updating, by cases.

use super::*;

fn port(name: &str, element: &str, width: u64) -> Port {
    Port {
        name: name.to_owned(),
        element: element.to_owned(),
        rows: None,
        width: Some(width),
    }
}

fn interface(width: u64) -> Interface {
    Interface {
        inputs: vec![port("features", "32-bit float", width)],
        outputs: vec![port("label", "text", 1)],
    }
}

fn model(sha256: &str, width: u64) -> Model {
    Model {
        sha256: sha256.to_owned(),
        interface: interface(width),
    }
}

fn slots(entries: &[(&str, &str, u64)]) -> Slots {
    let entry = |(name, sha, width): &(&str, &str, u64)| ((*name).to_owned(), model(sha, *width));
    entries.iter().map(entry).collect()
}

fn serving(slots: Slots, own: Slots) -> Serving {
    Serving {
        is_default: false,
        prevent_update: false,
        version: 1,
        slots,
        own,
    }
}

fn target(entries: &[(&str, &str, u64)]) -> Target {
    Target {
        version: 2,
        slots: slots(entries),
    }
}

#[test]
fn each_difference_is_named() {
    let slot = Interface {
        inputs: vec![port("a", "text", 1), port("b", "32-bit float", 4)],
        outputs: vec![port("y", "text", 1), port("z", "32-bit float", 3)],
    };
    let other = Interface {
        inputs: vec![
            Port {
                rows: Some(1),
                ..port("b", "text", 5)
            },
            port("c", "text", 1),
        ],
        outputs: vec![Port {
            rows: Some(1),
            ..port("y", "text", 1)
        }],
    };
    let found: Vec<String> = differences(&slot, &other)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "input “a” is missing",
            "input “b” is text, expected 32-bit float",
            "input “b” has 5 values a row, expected 4",
            "input “b” takes 1 rows at a time, expected any number",
            "input “c” is not expected",
            "output “z” is missing",
        ]
    );
}

#[test]
fn an_open_width_fits_and_order_makes_no_difference() {
    let mut slot = interface(4);
    slot.inputs.push(port("more", "text", 1));
    let mut other = slot.clone();
    other.inputs.reverse();
    other.inputs[1].width = None;
    assert_eq!(differences(&slot, &other), []);
    assert_eq!(differences(&other, &slot), []);
}

#[test]
fn a_model_goes_where_it_fits_and_nowhere_else() {
    let there = serving(slots(&[("m", "v1", 4)]), Slots::new());
    let own = customise(&there, &slots(&[("m", "mine", 4)])).unwrap();
    assert_eq!(own["m"].sha256, "mine");
    let refused = |models| customise(&there, &slots(models)).unwrap_err().to_string();
    assert_eq!(
        refused(&[("x", "mine", 4)]),
        "This Web Service has no updatable resource “x”. It has: m."
    );
    assert_eq!(
        refused(&[("m", "mine", 5)]),
        "The model does not fit “m”: input “features” has 5 values a row, expected 4."
    );
    let bare = serving(Slots::new(), Slots::new());
    assert_eq!(
        customise(&bare, &slots(&[("m", "mine", 4)])),
        Err(CustomiseProblem::NoSlots("m".to_owned()))
    );
    let default = Serving {
        is_default: true,
        ..there
    };
    assert_eq!(
        customise(&default, &slots(&[("m", "mine", 4)])),
        Err(CustomiseProblem::Default)
    );
}

#[test]
fn an_update_says_what_becomes_of_each_resource() {
    let there = serving(
        slots(&[("a", "a1", 4), ("b", "b1", 4), ("old", "o1", 1)]),
        slots(&[("b", "mine", 4)]),
    );
    let next = target(&[("a", "a2", 4), ("b", "b2", 4), ("new", "n2", 1)]);
    let line = |resource: &str, fate, before: Option<&str>, after: Option<&str>| Line {
        resource: resource.to_owned(),
        fate,
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let kept = plan(&there, &next, false);
    assert_eq!(
        kept.lines,
        [
            line("a", Fate::Taken, Some("a1"), Some("a2")),
            line("b", Fate::Kept, Some("mine"), Some("mine")),
            line("new", Fate::Taken, None, Some("n2")),
            line("old", Fate::Dropped, Some("o1"), None),
        ]
    );
    assert_eq!((kept.own.len(), kept.problem.as_ref()), (1, None));
    let overwritten = plan(&there, &next, true);
    assert_eq!(
        overwritten.lines[1],
        line("b", Fate::Overwritten, Some("mine"), Some("b2"))
    );
    assert!(overwritten.own.is_empty() && overwritten.changes());
}

#[test]
fn what_has_no_place_refuses_the_update_unless_it_is_overwritten() {
    let there = serving(
        slots(&[("a", "a1", 4), ("b", "b1", 4)]),
        slots(&[("a", "mine", 4), ("b", "mine", 4)]),
    );
    let next = target(&[("b", "b2", 5)]);
    let refused = plan(&there, &next, false).problem.unwrap();
    assert_eq!(
        refused.to_string(),
        "The endpoint has its own model for “a”, which the new version does not have. \
         The endpoint's own model for “b” no longer fits the new version: input “features” has 4 values a row, expected 5."
    );
    assert_eq!(plan(&there, &next, true).problem, None);
    let prevented = Serving {
        prevent_update: true,
        ..there.clone()
    };
    assert_eq!(
        plan(&prevented, &next, true).problem,
        Some(UpdateProblem::Prevented)
    );
    let default = Serving {
        is_default: true,
        ..there
    };
    assert_eq!(
        plan(&default, &next, true).problem,
        Some(UpdateProblem::Default)
    );
}

#[test]
fn going_back_says_what_comes_back_and_what_gives_way() {
    let there = serving(
        slots(&[
            ("a", "a2", 4),
            ("b", "b2", 4),
            ("c", "c2", 4),
            ("new", "n2", 1),
        ]),
        slots(&[("a", "mine", 4), ("b", "mine", 4)]),
    );
    let then = Target {
        version: 1,
        slots: slots(&[("a", "a1", 4), ("b", "b1", 4), ("c", "c1", 4)]),
    };
    let past = slots(&[("b", "mine", 4), ("c", "then", 4)]);
    let plan = go_back(&there, &then, &past);
    let fates: Vec<_> = plan
        .lines
        .iter()
        .map(|line| (line.resource.as_str(), &line.fate, line.after.as_deref()))
        .collect();
    assert_eq!(
        fates,
        [
            ("a", &Fate::Overwritten, Some("a1")),
            ("b", &Fate::Kept, Some("mine")),
            ("c", &Fate::Restored, Some("then")),
            ("new", &Fate::Dropped, None),
        ]
    );
    assert!(plan.changes() && plan.problem.is_none());
    assert_eq!(plan.own, past);
    // The flag is about updates.
    let prevented = Serving {
        prevent_update: true,
        ..there.clone()
    };
    assert_eq!(go_back(&prevented, &then, &past).problem, None);
    let default = Serving {
        is_default: true,
        ..there.clone()
    };
    assert_eq!(
        go_back(&default, &then, &past).refusal(),
        Some(&UpdateProblem::Default)
    );
    let here = Target {
        version: there.version,
        slots: there.slots.clone(),
    };
    assert!(!go_back(&there, &here, &there.own).changes());
}

#[test]
fn only_an_own_model_can_be_taken_away() {
    let there = serving(
        slots(&[("a", "a1", 4), ("b", "b1", 4)]),
        slots(&[("a", "mine", 4)]),
    );
    assert_eq!(uncustomise(&there, "a"), Some(Slots::new()));
    assert_eq!(uncustomise(&there, "b"), None);
}

#[test]
fn where_nothing_would_change_only_default_is_refused() {
    let slots = slots(&[("a", "a1", 4)]);
    let here = Target {
        version: 1,
        slots: slots.clone(),
    };
    let prevented = Serving {
        prevent_update: true,
        ..serving(slots.clone(), Slots::new())
    };
    assert_eq!(plan(&prevented, &here, false).refusal(), None);
    let default = Serving {
        is_default: true,
        ..serving(slots, Slots::new())
    };
    assert_eq!(
        plan(&default, &here, false).refusal(),
        Some(&UpdateProblem::Default)
    );
}

#[test]
fn where_all_is_new_already_nothing_changes() {
    let now = slots(&[("a", "a1", 4)]);
    let same = Target {
        version: 1,
        slots: now.clone(),
    };
    let plain = serving(now.clone(), Slots::new());
    assert!(!plan(&plain, &same, false).changes() && !plan(&plain, &same, true).changes());
    let own = serving(now, slots(&[("a", "mine", 4)]));
    assert!(!plan(&own, &same, false).changes());
    assert!(plan(&own, &same, true).changes());
}
