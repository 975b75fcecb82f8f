//! The rules of customising and updating over random histories of a service with fifty endpoints and its
//! `default`: versions are published, endpoints customised, updated, overwritten and taken back, one at a
//! time and many together. A score is the digests that run, since they are all that it can depend on.

use super::*;
use proptest::prelude::*;

const ENDPOINTS: usize = 50;
const RESOURCES: usize = 4;

/// What may happen.
#[derive(Clone, Debug)]
enum Act {
    /// A version is published with these resources; each has one of two widths.
    Publish(Vec<(usize, u64)>),
    /// An endpoint gets its own model for a resource, of this width.
    Customise(usize, usize, u64),
    /// An endpoint's own model for a resource is taken away.
    Uncustomise(usize, usize),
    /// An endpoint is updated to a version, the newest if none is said.
    Update(usize, Option<usize>, bool),
    /// An endpoint goes back to one of its revisions.
    GoBack(usize, usize),
    /// Updates are prevented or allowed.
    Prevent(usize, bool),
    /// Endpoints are updated together: all, or those without own models.
    Run(bool, Option<usize>, bool),
    /// What an earlier run did is taken back, where nothing came after it.
    RunBack(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let at = 0..ENDPOINTS;
    let version = prop::option::of(0_usize..8);
    let act = prop_oneof![
        2 => prop::collection::vec((0..RESOURCES, 4_u64..6), 0..4).prop_map(Act::Publish),
        6 => (at.clone(), 0..RESOURCES, 4_u64..6).prop_map(|(at, name, width)| Act::Customise(at, name, width)),
        2 => (at.clone(), 0..RESOURCES).prop_map(|(at, name)| Act::Uncustomise(at, name)),
        4 => (at.clone(), version.clone(), any::<bool>()).prop_map(|(at, to, overwrite)| Act::Update(at, to, overwrite)),
        3 => (at.clone(), 0_usize..8).prop_map(|(at, revision)| Act::GoBack(at, revision)),
        1 => (at, any::<bool>()).prop_map(|(at, on)| Act::Prevent(at, on)),
        2 => (any::<bool>(), version, any::<bool>()).prop_map(|(all, to, overwrite)| Act::Run(all, to, overwrite)),
        1 => (0_usize..8).prop_map(Act::RunBack),
    ];
    prop::collection::vec(act, 1..150)
}

fn resource(index: usize) -> String {
    format!("r{index}")
}

fn model(sha256: String, width: u64) -> Model {
    let port = |name: &str, width| Port {
        name: name.to_owned(),
        element: "32-bit float".to_owned(),
        rows: None,
        width: Some(width),
    };
    Model {
        sha256,
        interface: Interface {
            inputs: vec![port("features", width)],
            outputs: vec![port("label", 1)],
        },
    }
}

/// A version, and what runs in each of its slots.
type Score = (u32, BTreeMap<String, String>);

/// What an endpoint scores: own models in their places.
fn scores(endpoint: &Serving) -> Score {
    let models = endpoint.slots.keys().filter_map(|name| {
        let sha256 = running(endpoint, name)?;
        Some((name.clone(), sha256))
    });
    (endpoint.version, models.collect())
}

/// What a run did to an endpoint: the places of the revisions before and after.
type Done = (usize, usize, usize);

struct World {
    versions: Vec<Slots>,
    /// The last one is `default`.
    endpoints: Vec<Serving>,
    /// Of each endpoint, in order of time, with what it scored then.
    revisions: Vec<Vec<(Serving, Score)>>,
    runs: Vec<Vec<Done>>,
}

impl World {
    fn new() -> Self {
        let first: Slots = [0, 1]
            .map(|index| (resource(index), model(format!("v1-{index}"), 4)))
            .into();
        let plain = Serving {
            is_default: false,
            prevent_update: false,
            version: 1,
            slots: first.clone(),
            own: Slots::new(),
        };
        let mut endpoints = vec![plain.clone(); ENDPOINTS];
        endpoints.push(Serving {
            is_default: true,
            ..plain
        });
        let revision = |one: &Serving| vec![(one.clone(), scores(one))];
        Self {
            revisions: endpoints.iter().map(revision).collect(),
            versions: vec![first],
            endpoints,
            runs: Vec::new(),
        }
    }

    fn target(&self, wished: Option<usize>) -> Target {
        let newest = self.versions.len();
        let number = wished.map_or(newest, |wished| wished % newest + 1);
        Target {
            version: u32::try_from(number).unwrap(),
            slots: self.versions[number - 1].clone(),
        }
    }

    /// Puts an endpoint into a state, with its revision if that is another one.
    fn put(&mut self, at: usize, version: u32, own: Slots) {
        let next = Serving {
            version,
            slots: self.versions[version as usize - 1].clone(),
            own,
            ..self.endpoints[at].clone()
        };
        if scores(&next) != scores(&self.endpoints[at]) || next.own != self.endpoints[at].own {
            self.revisions[at].push((next.clone(), scores(&next)));
        }
        self.endpoints[at] = next;
    }

    /// Carries a plan out; whether it changed anything. What the plan says is what runs before and after.
    fn carry_out(&mut self, at: usize, plan: &Plan) -> Result<bool, TestCaseError> {
        let before = self.endpoints[at].clone();
        if plan.refusal().is_some() || !plan.changes() {
            return Ok(false);
        }
        self.put(at, plan.to, plan.own.clone());
        let after = &self.endpoints[at];
        for line in &plan.lines {
            let was = running(&before, &line.resource);
            prop_assert_eq!(&was, &line.before);
            let is = running(after, &line.resource);
            prop_assert_eq!(&is, &line.after);
        }
        prop_assert_eq!(after.version, plan.to);
        Ok(true)
    }

    fn update(
        &mut self,
        at: usize,
        target: &Target,
        overwrite: bool,
    ) -> Result<bool, TestCaseError> {
        let before = self.endpoints[at].clone();
        let plan = plan(&before, target, overwrite);
        let done = self.carry_out(at, &plan)?;
        let after = &self.endpoints[at];
        if done {
            prop_assert!(!before.prevent_update && !before.is_default);
            if overwrite {
                prop_assert!(after.own.is_empty());
            } else {
                prop_assert_eq!(&after.own, &before.own);
            }
            // All else is the version's.
            for (name, slot) in &target.slots {
                if !after.own.contains_key(name) {
                    prop_assert_eq!(running(after, name), Some(slot.sha256.clone()));
                }
            }
        } else {
            prop_assert_eq!(after, &before);
        }
        Ok(done)
    }

    fn back_to(&mut self, at: usize, revision: usize) -> Result<bool, TestCaseError> {
        let (past, then) = self.revisions[at][revision].clone();
        let target = Target {
            version: past.version,
            slots: self.versions[past.version as usize - 1].clone(),
        };
        let plan = go_back(&self.endpoints[at], &target, &past.own);
        let done = self.carry_out(at, &plan)?;
        if !self.endpoints[at].is_default {
            prop_assert_eq!(scores(&self.endpoints[at]), then);
            prop_assert_eq!(&self.endpoints[at].own, &past.own);
        }
        Ok(done)
    }

    /// Does it; answers which endpoints it names, and which resource of them.
    fn act(
        &mut self,
        step: usize,
        act: Act,
    ) -> Result<(Vec<usize>, Option<String>), TestCaseError> {
        match act {
            Act::Publish(resources) => {
                let number = self.versions.len() + 1;
                let slot =
                    |(index, width)| (resource(index), model(format!("v{number}-{index}"), width));
                self.versions
                    .push(resources.into_iter().map(slot).collect());
                self.put(ENDPOINTS, u32::try_from(number).unwrap(), Slots::new());
                Ok((vec![ENDPOINTS], None))
            }
            Act::Customise(at, index, width) => {
                let name = resource(index);
                let mine = Slots::from([(name.clone(), model(format!("own-{step}"), width))]);
                let there = &self.endpoints[at];
                let slot = there.slots.get(&name);
                let fits = slot.is_some_and(|slot| slot.interface == mine[&name].interface);
                let own = customise(there, &mine);
                prop_assert_eq!(own.is_ok(), fits);
                if let Ok(own) = own {
                    self.put(at, self.endpoints[at].version, own);
                    let is = running(&self.endpoints[at], &name);
                    prop_assert_eq!(is, Some(format!("own-{step}")));
                }
                Ok((vec![at], Some(name)))
            }
            Act::Uncustomise(at, index) => {
                let name = resource(index);
                let own = uncustomise(&self.endpoints[at], &name);
                prop_assert_eq!(own.is_some(), self.endpoints[at].own.contains_key(&name));
                if let Some(own) = own {
                    self.put(at, self.endpoints[at].version, own);
                }
                Ok((vec![at], Some(name)))
            }
            Act::Update(at, wished, overwrite) => {
                let target = self.target(wished);
                self.update(at, &target, overwrite)?;
                Ok((vec![at], None))
            }
            Act::GoBack(at, revision) => {
                let revision = revision % self.revisions[at].len();
                self.back_to(at, revision)?;
                Ok((vec![at], None))
            }
            Act::Prevent(at, on) => {
                self.endpoints[at].prevent_update = on;
                Ok((vec![at], None))
            }
            Act::Run(all, wished, overwrite) => {
                let target = self.target(wished);
                let chosen: Vec<usize> = (0..ENDPOINTS)
                    .filter(|at| all || self.endpoints[*at].own.is_empty())
                    .collect();
                let mut run = Vec::new();
                for at in &chosen {
                    let before = self.revisions[*at].len() - 1;
                    if self.update(*at, &target, overwrite)? {
                        run.push((*at, before, self.revisions[*at].len() - 1));
                    }
                }
                self.runs.push(run);
                Ok((chosen, None))
            }
            Act::RunBack(run) => {
                let Some(past) = self.runs.get(run % self.runs.len().max(1)).cloned() else {
                    return Ok((Vec::new(), None));
                };
                let mut run = Vec::new();
                for (at, before, after) in past {
                    // Untouched since.
                    if self.revisions[at].len() - 1 == after {
                        self.back_to(at, before)?;
                        run.push((at, after, self.revisions[at].len() - 1));
                    }
                }
                let named = run.iter().map(|(at, ..)| *at).collect();
                self.runs.push(run);
                Ok((named, None))
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn own_models_change_only_by_acts_that_name_them(acts in acts()) {
        let mut world = World::new();
        for (step, act) in acts.into_iter().enumerate() {
            let before = world.endpoints.clone();
            let overwrites = matches!(act, Act::Update(_, _, true) | Act::Run(_, _, true));
            let updates = matches!(act, Act::Update(..) | Act::Run(..));
            let (named, resource) = world.act(step, act)?;
            for (index, (was, is)) in before.iter().zip(&world.endpoints).enumerate() {
                if !named.contains(&index) {
                    prop_assert_eq!(was, is, "an act that names other endpoints");
                }
                if updates && !overwrites {
                    prop_assert_eq!(&was.own, &is.own, "an update that overwrites nothing");
                }
                if let Some(resource) = &resource {
                    let others = |one: &Serving| {
                        let mut own = one.own.clone();
                        own.remove(resource);
                        own
                    };
                    prop_assert_eq!(others(was), others(is), "an act that names another resource");
                    prop_assert_eq!(was.version, is.version);
                }
                // An own model always has a slot that it fits.
                for (name, mine) in &is.own {
                    prop_assert_eq!(differences(&is.slots[name].interface, &mine.interface), vec![]);
                }
                prop_assert!(!is.is_default || is.own.is_empty() && is.version as usize == world.versions.len());
            }
        }
        // Every revision can be returned to, in any order, and scores as it did then.
        for at in 0..ENDPOINTS {
            for revision in (0..world.revisions[at].len()).rev() {
                world.back_to(at, revision)?;
            }
        }
    }
}
