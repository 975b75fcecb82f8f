//! Runs against a server that refuses, loses, answers late, twice and out of order, on a virtual clock.

use super::{CALL_BYTES, HOPELESS, Next, Outcome, Run, TRIES};
use crate::protocol::RowState;
use proptest::prelude::{ProptestConfig, any, proptest};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
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
            dice: Dice(seed | 1),
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
        let live = self.sent.keys().filter(|&&c| self.run.expects(c).is_some());
        for other in live {
            let other = &self.sent[other].rows;
            assert!(rows.iter().all(|row| !other.contains(row)), "sent twice");
        }
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
        assert!(self.sent.insert(call, sent).is_none(), "a number twice");
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
    #![proptest_config(ProptestConfig::with_cases(256))]

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

#[test]
fn a_hundred_thousand_rows_go_on_at_the_limit() {
    let calm = Weather {
        call_ms: 20.0,
        row_ms: 0.02,
        ..Weather::default()
    };
    let rough = Weather {
        refused: 5,
        lost: 5,
        ..calm
    };
    let mut took = Vec::new();
    for weather in [calm, rough] {
        let mut world = World::new(100_000, 20, weather, 7);
        for row in (0..100_000).step_by(9_973) {
            world.spoil(row, Flaw::Poison);
        }
        world.begin();
        let began = world.now;
        while world.step() {}
        world.check_counts();
        world.check_end();
        assert_eq!(world.busiest, 10);
        took.push((world.now - began, world.calls, world.run.facts(0.0).retries));
    }
    let [calm, rough] = [took[0], took[1]];
    assert!(rough.0 < calm.0 * 1.5 + 2_500.0, "{took:?}");
}

#[test]
fn one_percent_of_faults_costs_little_time() {
    // A slow endpoint, so that there are many calls to refuse.
    let mut took = Vec::new();
    for faults in [0, 5] {
        let weather = Weather {
            refused: faults,
            lost: faults,
            call_ms: 20.0,
            row_ms: 10.0,
            ..Weather::default()
        };
        let mut world = World::new(100_000, 20, weather, 11);
        let began = world.now;
        world.begin();
        while world.step() {}
        world.check_end();
        let retries = world.run.facts(world.now).retries;
        assert_eq!(retries > 0, faults > 0);
        took.push(world.now - began);
    }
    assert!(took[1] < took[0] * 1.1, "{took:?}");
}

/// The rows of the next call, which must be one.
fn sent(run: &mut Run, now: f64) -> (u64, Vec<u32>) {
    match run.next(now, |_| 10) {
        Next::Send { call, rows } => (call, rows),
        other => panic!("{other:?}"),
    }
}

fn lost() -> Outcome {
    Outcome::Lost {
        words: "The server could not be reached.".to_owned(),
    }
}

#[test]
fn a_dead_line_stops_the_run_with_words_and_it_goes_on() {
    let mut run = Run::new(10_000);
    run.begin(false, 20, |_| None);
    let (mut now, mut calls) = (0.0, 0);
    loop {
        match run.next(now, |_| 10) {
            Next::Send { call, .. } => {
                calls += 1;
                run.answered(call, lost(), now);
            }
            Next::Wait { until_ms } => {
                let words = run.facts(now).words;
                assert!(words.starts_with("The server could not be reached. Going on in "));
                now = until_ms;
            }
            Next::Idle => panic!("nothing is under way"),
            Next::Done => break,
        }
    }
    let facts = run.facts(now);
    assert_eq!(facts.waiting, 10_000);
    assert!(facts.words.ends_with("It was tried 7 times."), "{facts:?}");
    assert!((30_000.0..60_000.0).contains(&now), "{now}");
    assert!(calls <= 2 * TRIES, "{calls} calls on a dead line");
    assert_eq!(run.begin(false, 20, |_| None), 10_000);
    assert_eq!(run.facts(now).words, "");
    sent(&mut run, now);
}

#[test]
fn a_full_endpoint_is_asked_as_seldom_as_it_says() {
    let mut run = Run::new(100);
    run.begin(false, 4, |_| None);
    let mut now = 0.0;
    for _ in 0..50 {
        match run.next(now, |_| 10) {
            Next::Send { call, .. } => {
                let retry_after_ms = Some(3_000);
                run.answered(call, Outcome::Refused { retry_after_ms }, now);
                let facts = run.facts(now);
                assert_eq!(facts.waiting, 100);
                assert!(facts.words.starts_with("The endpoint takes no more calls"));
            }
            Next::Wait { until_ms } => {
                assert!((3_000.0..=3_750.0).contains(&(until_ms - now)) || until_ms - now < 750.0);
                now = until_ms;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(run.facts(now).running);
    assert!(run.facts(now).retries >= 20);
}

#[test]
fn rows_are_skipped_with_their_reasons_and_looked_at_anew() {
    let mut run = Run::new(10);
    let odd = |row: u32| (row % 2 == 1).then(|| "odd".to_owned());
    assert_eq!(run.begin(false, 4, odd), 5);
    let (call, rows) = sent(&mut run, 0.0);
    assert_eq!(rows, [0, 2, 4, 6, 8]);
    assert_eq!(
        run.answered(call, Outcome::Scored { rows: 5 }, 10.0).len(),
        5
    );
    assert_eq!(run.facts(10.0).skipped, 5);
    assert_eq!((run.state(3), run.reason(3)), (RowState::Skipped, "odd"));
    run.edited(3..4);
    assert_eq!((run.state(3), run.reason(3)), (RowState::Waiting, ""));
    assert_eq!(run.begin(false, 4, |_| None), 5);
    assert_eq!(sent(&mut run, 20.0).1, [1, 3, 5, 7, 9]);
}

#[test]
fn failed_rows_are_tried_again_when_asked() {
    let mut run = Run::new(2);
    run.begin(false, 4, |_| None);
    let (call, _) = sent(&mut run, 0.0);
    let rows = vec![(1, "no".to_owned()), (1, "second word".to_owned())];
    run.answered(call, Outcome::Wrong { rows }, 1.0);
    let (call, rows) = sent(&mut run, 1.0);
    assert_eq!(rows, [0]);
    run.answered(call, Outcome::Scored { rows: 1 }, 2.0);
    assert_eq!(run.reason(1), "no");
    assert_eq!(run.begin(false, 4, |_| None), 0);
    assert!(!run.facts(2.0).running);
    assert_eq!(run.begin(true, 4, |_| None), 1);
    assert_eq!(sent(&mut run, 3.0).1, [1]);
}

#[test]
fn a_refusal_that_names_no_row_still_ends() {
    let mut run = Run::new(4);
    run.begin(false, 2, |_| None);
    let mut calls = 0;
    while let Next::Send { call, .. } = run.next(0.0, |_| 10) {
        calls += 1;
        let rows = vec![(99, "beyond".to_owned())];
        run.answered(call, Outcome::Wrong { rows }, 0.0);
    }
    assert_eq!(calls, 7);
    assert_eq!(run.failed_rows().count(), 4);
}

#[test]
fn rows_that_all_fail_stop_the_run() {
    let mut run = Run::new(100_000);
    run.begin(false, 2, |_| None);
    let mut calls = 0;
    while let Next::Send { call, .. } = run.next(0.0, |_| 10) {
        calls += 1;
        let reason = "Broken model.".to_owned();
        run.answered(call, Outcome::Failed { reason }, 0.0);
    }
    let facts = run.facts(0.0);
    assert_eq!(facts.failed, HOPELESS);
    assert!(facts.words.ends_with("Broken model."), "{facts:?}");
    assert!(calls < 220, "{calls}");
}

#[test]
fn a_stop_says_why_and_gives_rows_back() {
    let mut run = Run::new(100);
    run.begin(false, 8, |_| None);
    let (one, rows) = sent(&mut run, 0.0);
    let (two, _) = sent(&mut run, 0.0);
    let words = "The endpoint is paused.".to_owned();
    run.answered(one, Outcome::Stop { words }, 5.0);
    let facts = run.facts(5.0);
    assert_eq!(
        (facts.running, facts.in_flight, facts.waiting),
        (false, 0, 100)
    );
    assert_eq!(facts.words, "The endpoint is paused.");
    assert!(
        run.answered(two, Outcome::Scored { rows: 50 }, 6.0)
            .is_empty()
    );
    assert_eq!(run.facts(6.0).waiting, 100);
    run.begin(false, 8, |_| None);
    assert_eq!(sent(&mut run, 7.0).1, rows);
}

#[test]
fn calls_that_are_too_slow_get_smaller_until_one_row_is() {
    let mut run = Run::new(1_000);
    run.begin(false, 2, |_| None);
    let mut now = 0.0;
    let mut sizes = Vec::new();
    while let Next::Send { call, rows } = run.next(now, |_| 10) {
        now += 100_000.0;
        sizes.push(rows.len());
        let words = "The call ran past its deadline.".to_owned();
        run.answered(call, Outcome::TooSlow { words }, now);
    }
    assert_eq!(sizes, [250, 125, 63, 32, 16, 8, 4, 2, 1]);
    let facts = run.facts(now);
    assert_eq!(facts.words, "The call ran past its deadline.");
    assert_eq!(facts.waiting, 1_000);
}

#[test]
fn calls_follow_the_time_they_take() {
    let mut run = Run::new(1_000_000);
    run.begin(false, 2, |_| None);
    let mut now = 0.0;
    let mut size_at = |ms: f64, calls: u32| {
        let mut size = 0;
        for _ in 0..calls {
            let (call, rows) = sent(&mut run, now);
            size = rows.len();
            now += ms;
            run.answered(call, Outcome::Scored { rows: size }, now);
        }
        size
    };
    assert_eq!(size_at(100.0, 1), 1_000);
    assert_eq!(size_at(100.0, 5), 2_000);
    assert_eq!(size_at(8_000.0, 2), 500);
    assert_eq!(size_at(1_000.0, 5), 125);
    assert_eq!(size_at(100.0, 20), 2_000);
}

#[test]
fn calls_are_bounded_by_bytes_too() {
    let mut run = Run::new(10);
    run.begin(false, 2, |_| None);
    let bytes = |row: u32| {
        if row == 4 {
            3 * CALL_BYTES
        } else {
            CALL_BYTES / 3
        }
    };
    let mut calls = Vec::new();
    while let Next::Send { call, rows } = run.next(0.0, bytes) {
        run.answered(call, Outcome::Scored { rows: rows.len() }, 0.0);
        calls.push(rows);
    }
    assert_eq!(
        calls,
        [vec![0, 1, 2], vec![3], vec![4], vec![5, 6, 7], vec![8, 9]]
    );
}

#[test]
fn the_rate_is_that_of_the_last_seconds() {
    let mut run = Run::new(100_000);
    run.begin(false, 2, |_| None);
    for second in 0..10 {
        let now = f64::from(second) * 1_000.0;
        let (call, rows) = sent(&mut run, now);
        run.answered(call, Outcome::Scored { rows: rows.len() }, now + 500.0);
    }
    let rate = run.facts(10_000.0).rate;
    assert!((900.0..1_100.0).contains(&rate), "{rate}");
    assert!(run.facts(60_000.0).rate < 1.0);
}

#[test]
fn an_edited_row_is_stale_and_only_it_is_sent_again() {
    let mut run = Run::new(100);
    run.begin(false, 2, |_| None);
    let (call, _) = sent(&mut run, 0.0);
    // Edited under way: what comes back about rows 10 and 11 is about what stood there before.
    run.edited(10..12);
    let kept = run.answered(call, Outcome::Scored { rows: 50 }, 1.0);
    assert_eq!(kept.len(), 48);
    let (call, rows) = sent(&mut run, 1.0);
    assert_eq!(rows, [10, 11]);
    assert_eq!(
        run.answered(call, Outcome::Scored { rows: 2 }, 2.0),
        [(0, 10), (1, 11)]
    );
    let (call, _) = sent(&mut run, 2.0);
    run.answered(call, Outcome::Scored { rows: 50 }, 3.0);
    assert_eq!(run.next(3.0, |_| 10), Next::Done);
    run.edited(5..6);
    assert_eq!(run.state(5), RowState::Stale);
    let facts = run.facts(3.0);
    assert_eq!((facts.scored, facts.waiting), (99, 1));
    assert_eq!(run.begin(false, 2, |_| None), 1);
    assert_eq!(sent(&mut run, 4.0).1, [5]);
}
