//! The rules of customising and updating, by cases and over random histories.

use super::*;
use proptest::prelude::*;

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

/// What may happen to a service and its endpoints.
#[derive(Clone, Debug)]
enum Act {
    /// A version is published with these resources; each has one of two widths.
    Publish(Vec<(u8, u64)>),
    /// An endpoint gets its own model for a resource.
    Customise(usize, u8, u64),
    /// An endpoint is updated to the newest version.
    Update(usize, bool),
    /// An endpoint goes back to one of its revisions.
    GoBack(usize, usize),
}

fn resource(index: u8) -> String {
    format!("r{}", index % 4)
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        prop::collection::vec((0_u8..4, 4_u64..6), 0..4).prop_map(Act::Publish),
        (0_usize..50, 0_u8..5, 4_u64..6)
            .prop_map(|(at, name, width)| Act::Customise(at, name, width)),
        (0_usize..50, any::<bool>()).prop_map(|(at, overwrite)| Act::Update(at, overwrite)),
        (0_usize..50, 0_usize..8).prop_map(|(at, revision)| Act::GoBack(at, revision)),
    ];
    prop::collection::vec(act, 1..120)
}

/// What runs in each slot: own models in their places.
fn running(endpoint: &Serving) -> BTreeMap<String, String> {
    let models = endpoint.slots.iter().map(|(name, model)| {
        let model = endpoint.own.get(name).unwrap_or(model);
        (name.clone(), model.sha256.clone())
    });
    models.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn own_models_change_only_by_acts_that_name_them(acts in acts()) {
        let mut versions = vec![slots(&[("r0", "v1-r0", 4), ("r1", "v1-r1", 4)])];
        let mut endpoints = vec![serving(versions[0].clone(), Slots::new()); 50];
        let mut revisions: Vec<Vec<Serving>> =
            endpoints.iter().map(|endpoint| vec![endpoint.clone()]).collect();
        for (step, act) in acts.into_iter().enumerate() {
            let before = endpoints.clone();
            let (at, named) = match act {
                Act::Publish(resources) => {
                    let number = versions.len() + 1;
                    versions.push(resources.into_iter().map(|(index, width)| {
                        let name = resource(index);
                        let model = model(&format!("v{number}-{name}"), width);
                        (name, model)
                    }).collect());
                    (None, None)
                }
                Act::Customise(at, index, width) => {
                    let name = resource(index);
                    let mine = Slots::from([(name.clone(), model(&format!("own-{step}"), width))]);
                    let fits = endpoints[at].slots.get(&name)
                        .is_some_and(|slot| slot.interface == mine[&name].interface);
                    let own = customise(&endpoints[at], &mine);
                    prop_assert_eq!(own.is_ok(), fits);
                    if let Ok(own) = own {
                        prop_assert_eq!(&own[&name], &mine[&name]);
                        endpoints[at].own = own;
                    }
                    (Some(at), Some(name))
                }
                Act::Update(at, overwrite) => {
                    let newest = Target {
                        version: u32::try_from(versions.len()).unwrap(),
                        slots: versions[versions.len() - 1].clone(),
                    };
                    let plan = plan(&endpoints[at], &newest, overwrite);
                    let mut after = endpoints[at].clone();
                    if plan.problem.is_none() {
                        after.version = plan.to;
                        after.slots = newest.slots.clone();
                        after.own = plan.own.clone();
                        // What the plan says is what runs.
                        let (was, is) = (running(&endpoints[at]), running(&after));
                        for line in &plan.lines {
                            prop_assert_eq!(was.get(&line.resource), line.before.as_ref());
                            prop_assert_eq!(is.get(&line.resource), line.after.as_ref());
                        }
                        if overwrite {
                            prop_assert!(after.own.is_empty());
                        } else {
                            prop_assert_eq!(&after.own, &endpoints[at].own);
                        }
                        for (name, slot) in &newest.slots {
                            if !after.own.contains_key(name) {
                                prop_assert_eq!(&running(&after)[name], &slot.sha256);
                            }
                        }
                        prop_assert_eq!(plan.changes(), after != endpoints[at]);
                    } else {
                        prop_assert!(!overwrite);
                    }
                    endpoints[at] = after;
                    (Some(at), None)
                }
                Act::GoBack(at, revision) => {
                    let past = &revisions[at];
                    endpoints[at] = past[revision % past.len()].clone();
                    (Some(at), None)
                }
            };
            for (index, (was, is)) in before.iter().zip(&endpoints).enumerate() {
                if Some(index) != at {
                    prop_assert_eq!(was, is, "an act that names another endpoint");
                } else if was != is {
                    revisions[index].push(is.clone());
                }
                if let Some(named) = named.as_ref().filter(|_| Some(index) == at) {
                    let others = |own: &Slots| own.iter().filter(|(name, _)| *name != named)
                        .map(|(name, model)| (name.clone(), model.clone())).collect::<Slots>();
                    prop_assert_eq!(others(&was.own), others(&is.own));
                    prop_assert_eq!(was.version, is.version);
                }
                // An own model always has a slot that it fits.
                for (name, mine) in &is.own {
                    prop_assert_eq!(differences(&is.slots[name].interface, &mine.interface), vec![]);
                }
            }
        }
    }
}
