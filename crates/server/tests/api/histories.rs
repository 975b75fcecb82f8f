//! Random histories of a service with fifty endpoints on the real store with real models: after each act
//! exactly what it names is different, and in the end every revision is returned to and scores as it did
//! then. A score tells the number of every model that ran.

use crate::lab::{Lab, Score};
use crate::linear::{self, PREPARE, Slot};
use crate::note;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ENDPOINTS: usize = 50;
const ACTS: usize = 90;
const SEEDS: [u32; 2] = [0x9E37_79B9, 0x5151_0A0B];
const RESOURCES: [&str; 2] = ["a", "b"];

/// Marsaglia's xorshift.
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % end
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

struct Version {
    prepare: u32,
    slots: Vec<Slot>,
}

/// What an endpoint should be: a version, and own models as resource, number and width.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    version: usize,
    own: BTreeMap<&'static str, Slot>,
}

/// A service as it should be.
struct Shadow {
    lab: Lab,
    dice: Dice,
    versions: Vec<Version>,
    endpoints: Vec<State>,
    /// Of each endpoint: the states that it was in, and what it scored.
    revisions: Vec<Vec<(State, Score)>>,
    numbers: u32,
    counts: BTreeMap<&'static str, u32>,
}

fn name(at: usize) -> String {
    format!("e{at:02}")
}

impl Shadow {
    async fn start(seed: u32) -> Self {
        let lab = Lab::start().await;
        let names: Vec<String> = (0..ENDPOINTS).map(name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        lab.endpoints(&names).await;
        let slots = [("a", 11), ("b", 12)].map(|(resource, number)| Slot {
            resource,
            number,
            width: 1,
        });
        let first = State {
            version: 1,
            own: BTreeMap::new(),
        };
        let mut shadow = Self {
            lab,
            dice: Dice(seed),
            versions: vec![Version {
                prepare: 10,
                slots: slots.into(),
            }],
            endpoints: vec![first; ENDPOINTS],
            revisions: vec![Vec::new(); ENDPOINTS],
            numbers: 100,
            counts: BTreeMap::new(),
        };
        for at in 0..ENDPOINTS {
            shadow.now(at);
        }
        shadow
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn slot(&self, state: &State, resource: &str) -> Option<Slot> {
        let slots = &self.versions[state.version - 1].slots;
        slots.iter().find(|slot| slot.resource == resource).copied()
    }

    /// What a state scores: of each column, the number of the model behind it.
    fn score_of(&self, state: &State) -> Score {
        let version = &self.versions[state.version - 1];
        let mut score = Score::from([(format!("{PREPARE}0"), version.prepare)]);
        for slot in &version.slots {
            let number = state.own.get(slot.resource).unwrap_or(slot).number;
            for column in linear::columns(slot.resource, slot.width) {
                score.insert(column, number);
            }
        }
        score
    }

    /// An endpoint came into the state that it should be in.
    fn now(&mut self, at: usize) {
        let state = self.endpoints[at].clone();
        if self.revisions[at]
            .last()
            .is_none_or(|(last, _)| *last != state)
        {
            let score = self.score_of(&state);
            self.revisions[at].push((state, score));
        }
    }

    /// What an update should do: the state afterwards, or none where it is refused.
    fn updated(&self, at: usize, version: usize, overwrite: bool) -> Option<State> {
        let state = &self.endpoints[at];
        let next = State {
            version,
            own: if overwrite {
                BTreeMap::new()
            } else {
                state.own.clone()
            },
        };
        let fits = |(resource, mine): (&&str, &Slot)| {
            self.slot(&next, resource)
                .is_some_and(|slot| slot.width == mine.width)
        };
        next.own.iter().all(fits).then_some(next)
    }

    async fn check(&self, at: usize) {
        let (score, version, revision) = self.lab.score(&name(at)).await;
        assert_eq!(score, self.score_of(&self.endpoints[at]), "{}", name(at));
        assert_eq!(version as usize, self.endpoints[at].version);
        assert_eq!(revision as usize, self.revisions[at].len(), "{}", name(at));
    }

    async fn check_all(&self) {
        for at in 0..ENDPOINTS {
            self.check(at).await;
        }
    }

    async fn publish(&mut self) {
        let mut slots = Vec::new();
        for resource in RESOURCES {
            if !self.dice.one_in(5) {
                let number = self.number();
                let width = if self.dice.one_in(4) { 2 } else { 1 };
                slots.push(Slot {
                    resource,
                    number,
                    width,
                });
            }
        }
        let prepare = self.number();
        self.lab.publish(prepare, &slots).await;
        self.versions.push(Version { prepare, slots });
        self.count("published");
        let newest = State {
            version: self.versions.len(),
            own: BTreeMap::new(),
        };
        let (score, ..) = self.lab.score("default").await;
        assert_eq!(score, self.score_of(&newest));
    }

    async fn customise(&mut self, at: usize) {
        let resource = RESOURCES[self.dice.below(RESOURCES.len())];
        let slot = Slot {
            resource,
            number: self.number(),
            width: if self.dice.one_in(5) { 2 } else { 1 },
        };
        let fits = self
            .slot(&self.endpoints[at], resource)
            .is_some_and(|there| there.width == slot.width);
        let reply = self.lab.customise(&name(at), slot).await;
        assert_eq!(reply.status == 200, fits, "{}", reply.text);
        if fits {
            self.endpoints[at].own.insert(resource, slot);
            self.now(at);
        }
        self.count(if fits { "customised" } else { "misfits" });
    }

    async fn uncustomise(&mut self, at: usize) {
        let resource = RESOURCES[self.dice.below(RESOURCES.len())];
        let reply = self.lab.uncustomise(&name(at), resource).await;
        let had = self.endpoints[at].own.remove(resource).is_some();
        assert_eq!(reply.status, if had { 204 } else { 404 });
        self.now(at);
        self.count(if had { "uncustomised" } else { "plain already" });
    }

    async fn update(&mut self, at: usize) {
        let version = match self.dice.one_in(3) {
            true => 1 + self.dice.below(self.versions.len()),
            false => self.versions.len(),
        };
        let overwrite = self.dice.one_in(4);
        let body = json!({"version": version, "overwrite": overwrite});
        let reply = self.lab.update(&name(at), body).await;
        match self.updated(at, version, overwrite) {
            Some(next) => {
                reply.expect(200);
                self.endpoints[at] = next;
                self.now(at);
                self.count(if overwrite { "overwritten" } else { "updated" });
            }
            None => {
                reply.expect(422);
                self.count("refused");
            }
        }
    }

    async fn restore(&mut self, at: usize, revision: usize) {
        let (past, score) = self.revisions[at][revision].clone();
        let number = u32::try_from(revision + 1).unwrap();
        self.lab.restore(&name(at), number).await.expect(200);
        self.endpoints[at] = past;
        self.now(at);
        assert_eq!(
            self.lab.score(&name(at)).await.0,
            score,
            "{} {number}",
            name(at)
        );
        self.count("went back");
    }

    /// A run to a version, and whether it is taken back afterwards.
    async fn run(&mut self) {
        let version = 1 + self.dice.below(self.versions.len());
        let plain_only = self.dice.one_in(2);
        let kind = if plain_only {
            "all_except_customised"
        } else {
            "all"
        };
        let body =
            json!({"selection": {"kind": kind}, "act": {"kind": "update", "version": version}});
        let before: Vec<State> = self.endpoints.clone();
        let run = self.lab.start_run(body).await;
        let run = self.lab.ended(&run).await;
        for (at, past) in before.iter().enumerate() {
            let chosen = !plain_only || past.own.is_empty();
            if chosen && let Some(next) = self.updated(at, version, false) {
                self.endpoints[at] = next;
                self.now(at);
            }
        }
        self.count("runs");
        if self.dice.one_in(2) {
            self.check_all().await;
            let back = json!({"selection": {"kind": "all"}, "act": {"kind": "rollback", "run": run["id"]}});
            let back = self.lab.start_run(back).await;
            let back = self.lab.ended(&back).await;
            assert_eq!(back["changed"], run["changed"]);
            for (at, past) in before.into_iter().enumerate() {
                self.endpoints[at] = past;
                self.now(at);
            }
            self.count("runs taken back");
        }
        self.check_all().await;
    }

    async fn act(&mut self) {
        let at = self.dice.below(ENDPOINTS);
        match self.dice.below(20) {
            0..2 => self.publish().await,
            2..9 => self.customise(at).await,
            9..10 => self.uncustomise(at).await,
            10..15 => self.update(at).await,
            15..18 => {
                let revision = self.dice.below(self.revisions[at].len());
                self.restore(at, revision).await;
            }
            _ => self.run().await,
        }
        self.check(at).await;
    }
}

#[tokio::test]
async fn own_models_change_only_by_acts_that_name_them_and_every_revision_comes_back() {
    for seed in SEEDS {
        let mut shadow = Shadow::start(seed).await;
        for _ in 0..ACTS {
            shadow.act().await;
        }
        shadow.check_all().await;
        let acts = shadow.counts.clone();
        let mut returned = 0;
        for at in 0..ENDPOINTS {
            for revision in (0..shadow.revisions[at].len()).rev() {
                shadow.restore(at, revision).await;
                returned += 1;
            }
        }
        shadow.check_all().await;
        note(&format!(
            "{ACTS} acts on {ENDPOINTS} endpoints: {acts:?}; {returned} revisions returned to"
        ));
        // What the server wrote down is what should have been.
        for at in 0..ENDPOINTS {
            let written = shadow.lab.revisions(&name(at)).await;
            let written: Vec<&Value> = written.iter().rev().map(|one| &one["version"]).collect();
            let versions = shadow.revisions[at].iter().map(|(state, _)| state.version);
            assert_eq!(
                written,
                versions
                    .map(|version| json!(version))
                    .collect::<Vec<_>>()
                    .iter()
                    .collect::<Vec<_>>()
            );
        }
    }
}
