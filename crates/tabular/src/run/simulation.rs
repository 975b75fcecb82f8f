//! Runs against a server that refuses, loses, answers late, twice and out of order, on a virtual clock.

use super::{Next, Outcome, Run};
use crate::protocol::RowState;
use proptest::prelude::{ProptestConfig, any, proptest};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.roll() % u64::from(end.max(1))).unwrap()
    }

    /// True in so many of 1,000 cases.
    fn chance(&mut self, permille: u32) -> bool {
        self.below(1_000) < permille
    }
}

/// What is wrong with a row as it stands.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    /// The server names the row.
    Wrong,
    /// The model fails on whatever call has the row.
    Poison,
}

/// How bad things are, in cases of 1,000.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    refused: u32,
    lost: u32,
    short: u32,
    twice: u32,
    /// Milliseconds that a call takes for each row, and for itself.
    row_ms: f64,
    call_ms: f64,
}

/// What a call was sent with.
struct Sent {
    rows: Vec<u32>,
    versions: Vec<u32>,
    flaws: Vec<Flaw>,
}

struct World {
    run: Run,
    dice: Dice,
    weather: Weather,
    limit: u32,
    now: f64,
    /// How often a row was edited.
    versions: Vec<u32>,
    flaws: Vec<Flaw>,
    /// The version whose prediction is kept.
    kept: Vec<Option<u32>>,
    sent: BTreeMap<u64, Sent>,
    /// Answers on their way, by time in microseconds.
    arriving: BTreeSet<(u64, u64)>,
    calls: u64,
    first_calls: u64,
    last_call: u64,
    busiest: u32,
    ever_sent: BTreeSet<u32>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "virtual times are small and positive"
)]
fn micros(ms: f64) -> u64 {
    (ms * 1_000.0) as u64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "virtual times and counts are small"
)]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

impl World {
    fn new(rows: u32, limit: u32, weather: Weather, seed: u64) -> Self {
        Self {
            run: Run::new(rows),
            dice: Dice::new(seed),
            weather,
            limit,
            now: 1_000.0,
            versions: vec![0; rows as usize],
            flaws: vec![Flaw::None; rows as usize],
            kept: vec![None; rows as usize],
            sent: BTreeMap::new(),
            arriving: BTreeSet::new(),
            calls: 0,
            first_calls: 0,
            last_call: 0,
            busiest: 0,
            ever_sent: BTreeSet::new(),
        }
    }

    fn rows(&self) -> u32 {
        u32::try_from(self.versions.len()).unwrap()
    }

    fn begin(&mut self) -> u32 {
        self.run.begin(false, self.limit, |_| None)
    }

    fn spoil(&mut self, row: u32, flaw: Flaw) {
        self.flaws[row as usize] = flaw;
    }

    fn send(&mut self, call: u64, rows: Vec<u32>) {
        assert!(!rows.is_empty() && rows.len() <= portico_api::score::ROWS_MAX);
        assert_eq!(self.run.expects(call), Some(rows.len()));
        let live = self
            .sent
            .iter()
            .filter(|(c, _)| self.run.expects(**c).is_some());
        let live: HashSet<u32> = live
            .flat_map(|(_, sent)| sent.rows.iter().copied())
            .collect();
        assert!(rows.iter().all(|row| !live.contains(row)), "sent twice");
        let in_flight = self.run.facts(self.now).in_flight;
        assert!(in_flight <= (self.limit / 2).max(1));
        self.busiest = self.busiest.max(in_flight);
        self.calls += 1;
        self.first_calls += u64::from(rows.iter().any(|row| self.ever_sent.insert(*row)));
        let wobble = 0.5 + f64::from(self.dice.below(1_000)) / 1_000.0;
        let size = f64::from(u32::try_from(rows.len()).unwrap());
        let mut takes = (self.weather.call_ms + self.weather.row_ms * size) * wobble;
        loop {
            self.arriving.insert((micros(self.now + takes), call));
            takes += f64::from(self.dice.below(5_000));
            if !self.dice.chance(self.weather.twice) {
                break;
            }
        }
        let sent = Sent {
            versions: rows
                .iter()
                .map(|&row| self.versions[row as usize])
                .collect(),
            flaws: rows.iter().map(|&row| self.flaws[row as usize]).collect(),
            rows,
        };
        assert!(self.last_call < call, "a number twice");
        self.last_call = call;
        self.sent.insert(call, sent);
    }

    fn outcome(&mut self, call: u64) -> Outcome {
        let Weather {
            refused,
            lost,
            short,
            ..
        } = self.weather;
        let sent = &self.sent[&call];
        if self.dice.chance(refused) {
            let told = self.dice.chance(500).then_some(1_000);
            return Outcome::Refused {
                retry_after_ms: told,
            };
        }
        if self.dice.chance(lost) {
            let words = "The server could not be reached.".to_owned();
            return Outcome::Lost { words };
        }
        if self.dice.chance(short) {
            let rows = sent.rows.len() - 1;
            return Outcome::Scored { rows };
        }
        let wrong: Vec<_> = sent
            .flaws
            .iter()
            .enumerate()
            .filter(|(_, flaw)| **flaw == Flaw::Wrong)
            .map(|(at, _)| (at, format!("row {} is wrong", sent.rows[at])))
            .take(100)
            .collect();
        if !wrong.is_empty() {
            return Outcome::Wrong { rows: wrong };
        }
        if sent.flaws.contains(&Flaw::Poison) {
            let reason = "The model failed.".to_owned();
            return Outcome::Failed { reason };
        }
        let rows = sent.rows.len();
        Outcome::Scored { rows }
    }

    fn arrive(&mut self, call: u64) {
        let expected = self.run.expects(call).is_some();
        let outcome = self.outcome(call);
        let kept = self.run.answered(call, outcome, self.now);
        assert!(expected || kept.is_empty(), "a late answer counted");
        for (at, row) in kept {
            let sent = &self.sent[&call];
            assert_eq!(sent.rows[at], row);
            assert_eq!(sent.versions[at], self.versions[row as usize]);
            self.kept[row as usize] = Some(sent.versions[at]);
        }
        if self.arriving.iter().all(|(_, other)| *other != call) {
            self.sent.remove(&call);
        }
    }

    /// One thing happens. Returns whether anything is left to happen.
    fn step(&mut self) -> bool {
        let wait = match self.run.next(self.now, |_| 100) {
            Next::Send { call, rows } => {
                self.send(call, rows);
                return true;
            }
            Next::Wait { until_ms } => {
                assert!(until_ms > self.now);
                Some(until_ms)
            }
            Next::Idle => None,
            Next::Done => {
                assert!(!self.run.facts(self.now).running);
                if self.arriving.is_empty() {
                    return false;
                }
                None
            }
        };
        match self.arriving.first().copied() {
            Some((at, call)) if wait.is_none_or(|until| millis(at) <= until) => {
                self.arriving.pop_first();
                self.now = self.now.max(millis(at));
                self.arrive(call);
            }
            _ => self.now = wait.expect("it waits for an answer that never comes"),
        }
        true
    }

    fn check_counts(&self) {
        let facts = self.run.facts(self.now);
        let sum = facts.scored + facts.failed + facts.skipped + facts.waiting;
        assert_eq!(sum, self.rows());
        let count = |states: &[RowState]| {
            let rows = (0..self.rows()).filter(|&row| states.contains(&self.run.state(row)));
            u32::try_from(rows.count()).unwrap()
        };
        assert_eq!(facts.scored, count(&[RowState::Scored]));
        assert_eq!(facts.failed, count(&[RowState::Failed]));
        assert_eq!(facts.skipped, count(&[RowState::Skipped]));
        assert_eq!(facts.waiting, count(&[RowState::Waiting, RowState::Stale]));
    }

    /// Runs until nothing waits, beginning again where the run stopped by itself.
    fn finish(&mut self) {
        for _ in 0..10_000 {
            while self.step() {}
            self.check_counts();
            if self.begin() == 0 {
                return;
            }
        }
        panic!("the run never ends");
    }

    /// Every row is scored as it stands, or failed because it is bad.
    fn check_end(&self) {
        for row in 0..self.rows() {
            let at = row as usize;
            match (self.run.state(row), self.flaws[at]) {
                (RowState::Scored, Flaw::None) => {
                    assert_eq!(self.kept[at], Some(self.versions[at]));
                    assert_eq!(self.run.reason(row), "");
                }
                (RowState::Failed, Flaw::Wrong) => {
                    assert_eq!(self.run.reason(row), format!("row {row} is wrong"));
                }
                (RowState::Failed, Flaw::Poison) => {
                    assert_eq!(self.run.reason(row), "The model failed.");
                }
                (state, _) => panic!("row {row} is {state:?}"),
            }
        }
        let failed: Vec<u32> = self.run.failed_rows().collect();
        let bad = (0..self.rows()).filter(|&row| self.flaws[row as usize] != Flaw::None);
        assert_eq!(failed, bad.collect::<Vec<_>>());
        assert_eq!(self.run.facts(self.now).in_flight, 0);
    }

    fn meddle(&mut self) {
        let rows = self.rows();
        match self.dice.below(12) {
            0 => self.run.stop(),
            1 => {
                self.begin();
            }
            2 => {
                let added = self.dice.below(80);
                let new = (rows + added).saturating_sub(40);
                self.run.set_rows(new);
                self.versions.resize(new as usize, 0);
                self.flaws.resize(new as usize, Flaw::None);
                self.kept.resize(new as usize, None);
                // Rows that come back below the table are new ones.
                for row in rows.min(new)..rows.max(new) {
                    if let Some(version) = self.versions.get_mut(row as usize) {
                        *version = self.dice.below(1_000_000);
                    }
                }
            }
            3 => self.limit = 1 + self.dice.below(40),
            4 => {
                let row = self.dice.below(rows);
                self.run.skip(row, "left out");
            }
            _ => {
                let first = self.dice.below(rows);
                let last = (first + 1 + self.dice.below(5)).min(rows);
                for row in first..last {
                    self.versions[row as usize] += 1;
                    let flaw = match self.dice.below(20) {
                        0 => Flaw::Wrong,
                        1 => Flaw::Poison,
                        _ => Flaw::None,
                    };
                    self.spoil(row, flaw);
                }
                self.run.edited(first..last);
            }
        }
    }
}

/// The calls of a halving that finds one bad row among so many.
fn halving(rows: u32) -> u64 {
    2 * u64::from(rows.next_power_of_two().ilog2())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Edits, stops, restarts, rows that come and go, all kinds of faults: in the end each row is
    /// scored as it stands or failed because it is bad, and the counts agree at every step.
    #[test]
    fn every_row_ends_once(
        seed in any::<u64>(),
        rows in 1_u32..1_500,
        limit in 1_u32..40,
        refused in 0_u32..300,
        lost in 0_u32..300,
        short in 0_u32..50,
        twice in 0_u32..300,
        row_ms in 0.0_f64..5.0,
        flawed in 0_u32..60,
        meddling in 0_u32..300,
    ) {
        let weather = Weather { refused, lost, short, twice, row_ms, call_ms: 30.0 };
        let mut world = World::new(rows, limit, weather, seed);
        for row in 0..rows {
            if world.dice.chance(flawed) {
                let flaw = if world.dice.chance(500) { Flaw::Wrong } else { Flaw::Poison };
                world.spoil(row, flaw);
            }
        }
        world.begin();
        for _ in 0..400 {
            if world.dice.chance(meddling) && world.rows() > 0 {
                let limit = world.limit;
                world.meddle();
                if limit != world.limit {
                    // A lower limit counts from the next call on.
                    world.run.stop();
                    world.begin();
                }
                world.check_counts();
            }
            world.step();
        }
        world.finish();
        world.check_end();
    }

    /// A bad row costs two calls for each halving; nothing else is sent that need not be.
    #[test]
    fn extra_calls_are_bounded(
        seed in any::<u64>(),
        rows in 1_u32..5_000,
        poison in 0_u32..30,
        wrong in 0_u32..30,
        faults in 0_u32..30,
    ) {
        let weather = Weather { refused: faults, lost: faults, call_ms: 30.0, ..Weather::default() };
        let mut world = World::new(rows, 20, weather, seed);
        for flaw in [(poison, Flaw::Poison), (wrong, Flaw::Wrong)] {
            for _ in 0..flaw.0 {
                let row = world.dice.below(rows);
                world.spoil(row, flaw.1);
            }
        }
        let bad = |flaw| world.flaws.iter().filter(|&&f| f == flaw).count() as u64;
        let (poison, wrong) = (bad(Flaw::Poison), bad(Flaw::Wrong));
        world.begin();
        while world.step() {}
        world.check_end();
        let extra = world.calls - world.first_calls;
        let retries = world.run.facts(world.now).retries;
        assert!(
            extra <= retries + wrong + poison * halving(2_000.min(rows)),
            "{extra} extra calls, {retries} retries, {wrong} wrong, {poison} poison"
        );
    }
}

/// How long so many rows take in this weather, in milliseconds, and how many calls were sent again.
fn time_of(rows: u32, weather: Weather) -> (f64, u64) {
    let mut world = World::new(rows, 20, weather, 7);
    for row in (0..rows).step_by(9_973) {
        world.spoil(row, Flaw::Poison);
    }
    world.begin();
    let began = world.now;
    while world.step() {}
    world.check_counts();
    world.check_end();
    assert_eq!(world.busiest, 10, "calls at once");
    let retries = world.run.facts(world.now).retries;
    (world.now - began, retries)
}

/// A hundred thousand rows with one call of a hundred refused or broken off: nothing is lost or
/// doubled, and it takes little longer than without.
fn check_one_percent(call_ms: f64, row_ms: f64, retries_at_least: u64, longer: f64, plus_ms: f64) {
    let calm = Weather {
        call_ms,
        row_ms,
        ..Weather::default()
    };
    let rough = Weather {
        refused: 5,
        lost: 5,
        ..calm
    };
    let (calm, none) = time_of(100_000, calm);
    let (rough, retries) = time_of(100_000, rough);
    assert_eq!(none, 0);
    assert!(retries >= retries_at_least, "{retries} sent again");
    assert!(
        rough < calm * longer + plus_ms,
        "{rough} ms instead of {calm} ms"
    );
}

#[test]
fn a_hundred_thousand_rows_go_on_at_a_quick_endpoint() {
    // It is all over in two seconds; the last call that is refused is waited for.
    check_one_percent(20.0, 0.02, 1, 1.3, 2_500.0);
}

#[test]
fn a_hundred_thousand_rows_go_on_at_a_slow_endpoint() {
    check_one_percent(20.0, 10.0, 5, 1.1, 2_500.0);
}
