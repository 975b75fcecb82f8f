//! A storm of calls at one endpoint whose limit changes all the time, and what the scoring process's own
//! stamps say of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use tokio::time::sleep;

use super::{
    http::Client,
    server::{Endpoint, Server},
};

/// How a storm blows.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) callers: u32,
    /// It ends after so many calls, or after this time.
    pub(crate) calls: u32,
    pub(crate) time: Duration,
    /// Whether a tenth of the calls is given up.
    pub(crate) gives_up: bool,
    /// How long a caller waits after a refusal, in microseconds, at the most.
    pub(crate) rest: u32,
    /// The limits, in the order in which they come into force, and how long each stays.
    pub(crate) limits: &'static [u32],
    pub(crate) stays: Duration,
}

/// How many calls are begun for each one answered, so that the share of answers does not depend on how
/// fast the machine scores. Whoever was refused waits for it.
const BEGUN_PER_ANSWER: f64 = 3.0;
/// Calls that may be begun before the first answer.
const AHEAD: f64 = 512.0;
/// One of the callers who wait calls again all the same if nothing was answered for so long, in
/// nanoseconds: the calls that were to be answered may have been given up.
const PATIENCE: u64 = 100_000_000;
/// One call in so many is given up.
const GIVEN_UP: u32 = 10;
/// From a call's admission until the scoring process has read its frame; its stamp is that much later
/// at the most, so for so long after a change the limit before it may show.
const LAG: u64 = 250_000_000;

/// For so long the callers may still be those who began all at once.
const BEGINNING: u64 = 1_000_000_000;

/// Nanoseconds of the clock that the stamps are of.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// What became of the calls.
#[derive(Default)]
pub(crate) struct Tally {
    begun: AtomicU32,
    answered: AtomicU32,
    refused: AtomicU32,
    late: AtomicU32,
    given_up: AtomicU32,
    /// When a call was answered last, or begun because none was, by the stamps' clock.
    progress: AtomicU64,
    /// When each call that was refused began, by the stamps' clock, and the microseconds it took.
    refusals: Mutex<Vec<(u64, u32)>>,
    /// When the first caller had no more to call, by the stamps' clock.
    over: AtomicU64,
}

/// Marsaglia's xorshift: the same run for the same seed.
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % end
    }

    fn micros(&mut self, end: u32) -> Duration {
        Duration::from_micros(self.below(end).into())
    }
}

impl Tally {
    fn is_ahead(&self, calls: u32) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        let answered = self.answered.load(Ordering::Relaxed);
        // What is past its deadline is none of those that an answer was to come of.
        let late = self.late.load(Ordering::Relaxed);
        f64::from(begun) > AHEAD + BEGUN_PER_ANSWER * f64::from(answered) + f64::from(late)
            && begun < calls
    }

    /// Waits for more answers, as long as there are any.
    async fn wait(&self, calls: u32, dice: &mut Dice) {
        while self.is_ahead(calls) {
            sleep(dice.micros(20_000)).await;
            let (seen, now) = (self.progress.load(Ordering::Relaxed), now());
            let is_over = now.saturating_sub(seen) > PATIENCE;
            let order = Ordering::Relaxed;
            if is_over
                && self
                    .progress
                    .compare_exchange(seen, now, order, order)
                    .is_ok()
            {
                return;
            }
        }
    }

    async fn call(&self, plan: Plan, client: &mut Client, call: &[u8], dice: &mut Dice) {
        if plan.gives_up && dice.below(GIVEN_UP) == 0 {
            // Before it is admitted, while it waits, while it runs, or with its answer unread.
            let after = dice.micros(20_000);
            client.send_and_leave(call, after).await.unwrap();
            self.given_up.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let began = now();
        let answer = client.send(call).await.unwrap();
        let counter = match answer.status {
            200 => {
                let row = &answer.json()["Results"]["output1"]["value"]["Values"][0];
                assert_eq!(row[1], "42");
                self.progress.fetch_max(now(), Ordering::Relaxed);
                &self.answered
            }
            408 => {
                assert_eq!(answer.classic(), "408 RequestTimeout/ScoreRequestTimeout");
                &self.late
            }
            _ => {
                assert_eq!(answer.classic(), "503 ServiceUnavailable/RequestThrottled");
                assert_eq!(answer.header("retry-after"), Some("1"));
                assert_eq!(answer.header("ratelimit"), Some(r#""endpoint";r=0;t=1"#));
                let took = u32::try_from((now() - began) / 1_000).unwrap();
                self.refusals.lock().unwrap().push((began, took));
                &self.refused
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if answer.status == 503 {
            sleep(dice.micros(plan.rest)).await;
            self.wait(plan.calls, dice).await;
        }
    }
}

/// A limit, and when its change was asked for and was answered.
#[derive(Clone, Copy, Debug)]
struct Change {
    limit: u32,
    asked: u64,
    done: u64,
}

async fn change(server: &Server, endpoint: &Endpoint, limit: u32) -> Change {
    let throttle = json!({"throttle": {"level": "high", "max_concurrent_calls": limit}});
    let asked = now();
    let answer = server.patch(&endpoint.api, &throttle.to_string()).await;
    let done = now();
    assert_eq!(answer.status, 200, "{}", answer.text());
    Change { limit, asked, done }
}

/// What a storm came to.
pub(crate) struct Storm {
    pub(crate) answered: u32,
    pub(crate) refused: u32,
    pub(crate) late: u32,
    pub(crate) given_up: u32,
    pub(crate) took: Duration,
    /// The 99th percentile of what refusals took, in all and once the callers, who begin all at once,
    /// come as they are answered.
    pub(crate) refusal_p99: Duration,
    pub(crate) later_refusal_p99: Duration,
    /// How often the limit was set.
    pub(crate) changes: usize,
    /// By limit: the most calls at once that an admission saw and made, and how much of the limit was in
    /// use in the scoring process, both while that limit alone was in force.
    pub(crate) seen: Vec<(u32, u32, f64)>,
    /// Admissions at which more calls ran than any limit allowed that was in force, and what they saw.
    pub(crate) passed: Vec<String>,
}

/// Calls as planned, while the limit changes. The first row that a call is about doubles 21.
pub(crate) async fn storm(
    server: &Server,
    endpoint: &Endpoint,
    call: &Arc<[u8]>,
    plan: Plan,
) -> Storm {
    let tally = Arc::new(Tally {
        over: AtomicU64::new(u64::MAX),
        ..Tally::default()
    });
    let mut changes = vec![change(server, endpoint, plan.limits[0]).await];
    let began = Instant::now();
    let over = AtomicBool::new(false);
    let callers = (1..=plan.callers).map(|number| {
        let (tally, call) = (Arc::clone(&tally), Arc::clone(call));
        let mut client = Client::new(server.address);
        tokio::spawn(async move {
            let mut dice = Dice(number.wrapping_mul(0x9E37_79B9));
            while began.elapsed() < plan.time
                && tally.begun.fetch_add(1, Ordering::Relaxed) < plan.calls
            {
                tally.call(plan, &mut client, &call, &mut dice).await;
            }
            tally.over.fetch_min(now(), Ordering::Relaxed);
        })
    });
    let run = async {
        // The first that fails ends the test: the others may wait for its answers.
        try_join_all(callers).await.unwrap();
        over.store(true, Ordering::Relaxed);
    };
    let turn = async {
        for limit in plan.limits.iter().copied().cycle().skip(1) {
            sleep(plan.stays).await;
            if over.load(Ordering::Relaxed) {
                break;
            }
            if plan.limits.len() == 1 {
                continue;
            }
            changes.push(change(server, endpoint, limit).await);
        }
    };
    tokio::join!(run, turn);
    let took = began.elapsed();
    // The last runs that were given up may still be ending.
    sleep(Duration::from_millis(500)).await;
    let called = tally.over.load(Ordering::Relaxed);
    let (seen, passed) = judge(server, endpoint, plan.limits, &changes, called);
    let refusals = std::mem::take(&mut *tally.refusals.lock().unwrap());
    let p99_from = |from: u64| {
        let late_enough = refusals.iter().filter(|(began, _)| *began >= from);
        let mut took: Vec<u32> = late_enough.map(|(_, took)| *took).collect();
        took.sort_unstable();
        let p99 = took.get(took.len() * 99 / 100).copied();
        Duration::from_micros(p99.unwrap_or_default().into())
    };
    let count = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
    Storm {
        answered: count(&tally.answered),
        refused: count(&tally.refused),
        late: count(&tally.late),
        given_up: count(&tally.given_up),
        took,
        refusal_p99: p99_from(0),
        later_refusal_p99: p99_from(changes[0].done + BEGINNING),
        changes: changes.len(),
        seen,
        passed,
    }
}

/// Holds each admission, as the scoring process stamped it, to the limits that were in force. A limit can
/// be used up while callers still come, until `called`.
fn judge(
    server: &Server,
    endpoint: &Endpoint,
    limits: &[u32],
    changes: &[Change],
    called: u64,
) -> (Vec<(u32, u32, f64)>, Vec<String>) {
    let mut events: Vec<(u64, i32)> = server
        .stamps()
        .into_iter()
        // An earlier storm on the same endpoint had ended when this one's first limit was asked for.
        .filter(|(group, received, ..)| *group == endpoint.id && *received >= changes[0].asked)
        .flat_map(|(_, received, ended, _)| [(received, 1), (ended, -1)])
        .collect();
    // Of two at the same nanosecond, the end comes first.
    events.sort_unstable();
    let mut seen: Vec<(u32, u32, u64, u64)> =
        limits.iter().map(|limit| (*limit, 0, 0, 0)).collect();
    let mut passed = Vec::new();
    let (mut running, mut before, mut newest) = (0_i32, changes[0].done, 0);
    for (at, step) in events {
        while changes.get(newest + 1).is_some_and(|next| next.asked <= at) {
            newest += 1;
        }
        // A limit may be in force from when its change was asked for until that of the next was answered,
        // and shows for a lag longer.
        let known = changes[..=newest].iter().enumerate().rev();
        let in_force: Vec<u32> = known
            .take_while(|(place, _)| {
                changes
                    .get(place + 1)
                    .is_none_or(|next| next.done + LAG >= at)
            })
            .map(|(_, change)| change.limit)
            .collect();
        let alone = in_force.len() == 1;
        let (_, most, used, time) = seen
            .iter_mut()
            .find(|(limit, ..)| *limit == in_force[0])
            .unwrap();
        let (from, to) = (before.min(called), at.min(called));
        if alone && from <= to {
            // More than the limit run in peace for a while after it has shrunk.
            *used += u64::from(running.cast_unsigned().min(in_force[0])) * (to - from);
            *time += to - from;
        }
        before = at;
        running += step;
        if step < 0 {
            continue;
        }
        let limit = in_force.iter().copied().max().unwrap();
        if running.cast_unsigned() > limit {
            passed.push(format!("{running} at once at {at}, limits {in_force:?}"));
        }
        if alone {
            *most = running.cast_unsigned().max(*most);
        }
    }
    let seen = seen.into_iter().map(|(limit, most, used, time)| {
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let use_of = used as f64 / (time.max(1) as f64 * f64::from(limit));
        (limit, most, use_of)
    });
    (seen.collect(), passed)
}
