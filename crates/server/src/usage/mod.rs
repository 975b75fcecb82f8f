//! What calls were made: counted in memory by endpoint, caller and minute, drained about once a second
//! for storing. A crash may lose the counts since the last drain; nothing is ever counted twice.
//!
//! Must not know SQL, nor what a call is.

pub mod histogram;
pub mod report;

use histogram::Histogram;
use portico_api::id::EndpointId;
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was scored.
    Scored,
    /// It was let in and failed.
    Failed,
    /// It was refused by the throttle or because the endpoint is paused.
    Refused,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The endpoint that was called.
    pub endpoint: &'a EndpointId,
    /// Who called.
    pub slot: UsageSlot,
    /// The key that it came with; none for a signed-in call.
    pub key: Option<&'a KeyId>,
    /// How it ended.
    pub outcome: Outcome,
    /// Rows scored; counted only if it was.
    pub rows: u64,
    /// How long it took; counted only if it was let in.
    pub latency: Duration,
    /// When it ended: microseconds UTC.
    pub at: i64,
}

/// Counts of one endpoint, caller and minute, to be added to what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Who called.
    pub slot: UsageSlot,
    /// The minute: whole minutes since 1970, UTC.
    pub minute: i64,
    /// Calls that were let in.
    pub calls: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Calls let in that failed.
    pub errors: u64,
    /// Rows scored.
    pub rows: u64,
    /// Latencies of calls that were let in; stored as [`Histogram::to_bytes`].
    pub latency: Histogram,
}

/// Use of one key in one minute, to be added to what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDelta {
    /// The key.
    pub key: KeyId,
    /// The minute: whole minutes since 1970, UTC.
    pub minute: i64,
    /// Calls that were let in.
    pub calls: u64,
    /// When it was last used, let in or not: microseconds UTC.
    pub last_used: i64,
}

/// All that was counted since the last drain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// By endpoint, caller and minute; each combination once, in order.
    pub deltas: Vec<Delta>,
    /// By key and minute; each combination once, in order.
    pub keys: Vec<KeyDelta>,
}

impl Drained {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.deltas.is_empty() && self.keys.is_empty()
    }
}

/// The counters of this process.
///
/// A thread counts in a shard of its own, so that calls of one busy endpoint don't wait for each
/// other; a drain adds the shards up.
#[derive(Debug)]
pub struct Usage(Vec<Mutex<Shard>>);

const SHARDS: usize = 16;

#[derive(Debug, Default)]
struct Shard {
    // Few slots and minutes are open at a time, so a list is faster than a map by all three, and an
    // endpoint's id is copied once a drain instead of once a call.
    endpoints: HashMap<EndpointId, Vec<Open>>,
    keys: HashMap<(KeyId, i64), KeyUse>,
}

#[derive(Debug)]
struct Open {
    slot: UsageSlot,
    minute: i64,
    sums: Sums,
}

#[derive(Debug, Default)]
struct Sums {
    calls: u64,
    refused: u64,
    errors: u64,
    rows: u64,
    latency: Histogram,
}

#[derive(Debug, Default)]
struct KeyUse {
    calls: u64,
    last_used: i64,
}

impl Default for Usage {
    fn default() -> Self {
        Self::new()
    }
}

impl Usage {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self((0..SHARDS).map(|_| Mutex::default()).collect())
    }

    /// Counts the use of a key for something else than a call: a workspace token, say.
    pub fn used(&self, key: KeyId, at: i64) {
        let minute = at.div_euclid(60_000_000);
        self.own_shard().add_key(key, minute, 1, at);
    }

    /// Counts a call.
    pub fn record(&self, call: &Call<'_>) {
        let minute = call.at.div_euclid(60_000_000);
        let let_in = call.outcome != Outcome::Refused;
        let mut shard = self.own_shard();
        shard.change(call.endpoint, call.slot, minute, |sums| {
            if let_in {
                sums.calls += 1;
                let micros = u64::try_from(call.latency.as_micros()).unwrap_or(u64::MAX);
                sums.latency.record(micros);
            }
            match call.outcome {
                Outcome::Scored => sums.rows += call.rows,
                Outcome::Failed => sums.errors += 1,
                Outcome::Refused => sums.refused += 1,
            }
        });
        if let Some(key) = call.key {
            shard.add_key(*key, minute, u64::from(let_in), call.at);
        }
    }

    /// Takes all that was counted; the counters begin anew.
    pub fn drain(&self) -> Drained {
        let mut all = Shard::default();
        for shard in &self.0 {
            let taken = std::mem::take(&mut *lock(shard));
            for (endpoint, opens) in taken.endpoints {
                for open in opens {
                    all.change(&endpoint, open.slot, open.minute, |sums| {
                        sums.add(&open.sums);
                    });
                }
            }
            for ((key, minute), used) in taken.keys {
                all.add_key(key, minute, used.calls, used.last_used);
            }
        }
        all.into_drained()
    }

    /// Puts back what could not be stored. Only for a drain of which nothing was stored.
    pub fn restore(&self, drained: Drained) {
        let mut shard = self.own_shard();
        for delta in drained.deltas {
            let sums = Sums {
                calls: delta.calls,
                refused: delta.refused,
                errors: delta.errors,
                rows: delta.rows,
                latency: delta.latency,
            };
            shard.change(&delta.endpoint, delta.slot, delta.minute, |known| {
                known.add(&sums);
            });
        }
        for key in drained.keys {
            shard.add_key(key.key, key.minute, key.calls, key.last_used);
        }
    }

    fn own_shard(&self) -> MutexGuard<'_, Shard> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        lock(&self.0[THREAD.with(|thread| thread % SHARDS)])
    }
}

/// No code between lock and unlock leaves counters half-changed, so a poisoned lock is still sound.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    /// Changes the sums of an endpoint, caller and minute.
    fn change(
        &mut self,
        endpoint: &EndpointId,
        slot: UsageSlot,
        minute: i64,
        change: impl FnOnce(&mut Sums),
    ) {
        if let Some(opens) = self.endpoints.get_mut(endpoint) {
            let known = opens
                .iter_mut()
                .find(|open| open.slot == slot && open.minute == minute);
            if let Some(open) = known {
                return change(&mut open.sums);
            }
        }
        let mut sums = Sums::default();
        change(&mut sums);
        self.endpoints
            .entry(endpoint.clone())
            .or_default()
            .push(Open { slot, minute, sums });
    }

    fn add_key(&mut self, key: KeyId, minute: i64, calls: u64, last_used: i64) {
        let used = self.keys.entry((key, minute)).or_default();
        used.calls += calls;
        used.last_used = used.last_used.max(last_used);
    }

    fn into_drained(self) -> Drained {
        let mut deltas: Vec<Delta> = self
            .endpoints
            .into_iter()
            .flat_map(|(endpoint, opens)| {
                opens.into_iter().map(move |open| Delta {
                    endpoint: endpoint.clone(),
                    slot: open.slot,
                    minute: open.minute,
                    calls: open.sums.calls,
                    refused: open.sums.refused,
                    errors: open.sums.errors,
                    rows: open.sums.rows,
                    latency: open.sums.latency,
                })
            })
            .collect();
        deltas
            .sort_by(|a, b| (&a.endpoint, a.slot, a.minute).cmp(&(&b.endpoint, b.slot, b.minute)));
        let mut keys: Vec<KeyDelta> = self
            .keys
            .into_iter()
            .map(|((key, minute), used)| KeyDelta {
                key,
                minute,
                calls: used.calls,
                last_used: used.last_used,
            })
            .collect();
        keys.sort_by_key(|key| (key.key, key.minute));
        Drained { deltas, keys }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.errors += other.errors;
        self.rows += other.rows;
        self.latency.merge(&other.latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000_000;

    fn endpoint(byte: u8) -> EndpointId {
        EndpointId::from_bytes([byte; 16])
    }

    fn call(endpoint: &EndpointId, outcome: Outcome) -> Call<'_> {
        Call {
            endpoint,
            slot: UsageSlot::Primary,
            key: None,
            outcome,
            rows: 3,
            latency: Duration::from_millis(5),
            at: 7 * MINUTE + 1,
        }
    }

    #[test]
    fn each_outcome_counts_its_own() {
        let (usage, endpoint) = (Usage::new(), endpoint(1));
        for outcome in [
            Outcome::Scored,
            Outcome::Scored,
            Outcome::Failed,
            Outcome::Refused,
        ] {
            usage.record(&call(&endpoint, outcome));
        }
        let drained = usage.drain();
        let [delta] = drained.deltas.as_slice() else {
            panic!("{drained:?}")
        };
        assert_eq!(
            (
                delta.calls,
                delta.refused,
                delta.errors,
                delta.rows,
                delta.minute
            ),
            (3, 1, 1, 6, 7)
        );
        assert_eq!(delta.latency.count(), 3);
        assert!(usage.drain().is_empty());
    }

    #[test]
    fn keys_know_their_calls_and_last_use() {
        let (usage, endpoint) = (Usage::new(), endpoint(1));
        let key = KeyId::parse("0123456789A").unwrap();
        for (outcome, at) in [
            (Outcome::Scored, 30),
            (Outcome::Refused, 40),
            (Outcome::Scored, 20),
        ] {
            usage.record(&Call {
                key: Some(&key),
                at,
                ..call(&endpoint, outcome)
            });
        }
        let expected = KeyDelta {
            key,
            minute: 0,
            calls: 2,
            last_used: 40,
        };
        assert_eq!(usage.drain().keys, [expected]);
    }

    #[test]
    fn minutes_before_1970_are_minutes_too() {
        let (usage, endpoint) = (Usage::new(), endpoint(1));
        usage.record(&Call {
            at: -1,
            ..call(&endpoint, Outcome::Scored)
        });
        assert_eq!(usage.drain().deltas[0].minute, -1);
    }

    #[test]
    fn what_was_put_back_is_counted_once() {
        let (usage, endpoint) = (Usage::new(), endpoint(1));
        let key = KeyId::parse("0123456789A").unwrap();
        let one = Call {
            key: Some(&key),
            ..call(&endpoint, Outcome::Scored)
        };
        usage.record(&one);
        let failed = usage.drain();
        usage.record(&one);
        usage.restore(failed);
        let drained = usage.drain();
        assert_eq!(drained.deltas.len(), 1);
        assert_eq!((drained.deltas[0].calls, drained.keys[0].calls), (2, 2));
        assert!(usage.drain().is_empty());
    }

    #[test]
    fn nothing_is_lost_or_doubled_while_draining() {
        let (usage, endpoint) = (Usage::new(), endpoint(1));
        let mut counted = 0;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..5_000 {
                            usage.record(&call(&endpoint, Outcome::Scored));
                        }
                    })
                })
                .collect();
            while threads.iter().any(|thread| !thread.is_finished()) {
                let drained = usage.drain();
                if counted % 2 == 0 {
                    counted += drained.deltas.iter().map(|delta| delta.calls).sum::<u64>();
                } else {
                    usage.restore(drained);
                    counted += usage
                        .drain()
                        .deltas
                        .iter()
                        .map(|delta| delta.calls)
                        .sum::<u64>();
                }
            }
        });
        counted += usage
            .drain()
            .deltas
            .iter()
            .map(|delta| delta.calls)
            .sum::<u64>();
        assert_eq!(counted, 40_000);
    }

    proptest! {
        /// The sums are those of the calls, whatever threads, drains and restores come between.
        #[test]
        fn sums_are_those_of_the_calls(
            calls in prop::collection::vec((0_u8..3, 0_usize..3, 0_i64..3, 0_u8..3, 0_u64..9, any::<bool>()), 0..25),
        ) {
            let usage = Usage::new();
            type Sums = (u64, u64, u64, u64);
            let mut expected: HashMap<(u8, usize, i64), Sums> = HashMap::new();
            for (id, slot, minute, outcome, rows, put_back) in calls {
                let endpoint = endpoint(id);
                let outcome = [Outcome::Scored, Outcome::Failed, Outcome::Refused][usize::from(outcome)];
                let one = Call {
                    slot: UsageSlot::ALL[slot],
                    outcome,
                    rows,
                    at: minute * MINUTE,
                    ..call(&endpoint, outcome)
                };
                std::thread::scope(|scope| { scope.spawn(|| usage.record(&one)); });
                let sums = expected.entry((id, slot, minute)).or_default();
                match outcome {
                    Outcome::Scored => { sums.0 += 1; sums.3 += rows; }
                    Outcome::Failed => { sums.0 += 1; sums.2 += 1; }
                    Outcome::Refused => sums.1 += 1,
                }
                if put_back {
                    usage.restore(usage.drain());
                }
            }
            let drained = usage.drain();
            prop_assert_eq!(drained.deltas.len(), expected.len());
            for ((id, slot, minute), sums) in expected {
                let delta = drained.deltas.iter().find(|delta| {
                    (&delta.endpoint, delta.slot, delta.minute)
                        == (&endpoint(id), UsageSlot::ALL[slot], minute)
                });
                prop_assert_eq!(delta.map(|d| (d.calls, d.refused, d.errors, d.rows)), Some(sums));
            }
        }
    }
}
