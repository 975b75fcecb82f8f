//! The throttle holds whatever callers do: sixty-four of them, many more calls than fit, some of them
//! given up in the middle. What ran at once is read from the scoring process's own stamps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::{
    http::{Answer, Client},
    server::{Endpoint, Server, note},
};

const CLIENTS: u32 = 64;
const CALLS: u32 = 20_000;
const LIMIT: u32 = 4;
/// How many calls are begun for each one answered, so that the share of answers does not depend on how
/// fast the machine scores. Whoever was refused waits for it.
const BEGUN_PER_ANSWER: f64 = 3.85;
/// Calls that may be begun before the first answer.
const AHEAD: f64 = 256.0;

#[derive(Default)]
struct Tally {
    begun: AtomicU32,
    answered: AtomicU32,
    refused: AtomicU32,
    aborted: AtomicU32,
}

impl Tally {
    fn begin(&self) -> bool {
        self.begun.fetch_add(1, Ordering::Relaxed) < CALLS
    }

    fn is_ahead(&self) -> bool {
        let begun = f64::from(self.begun.load(Ordering::Relaxed));
        let answered = f64::from(self.answered.load(Ordering::Relaxed));
        begun > AHEAD + BEGUN_PER_ANSWER * answered && begun < f64::from(CALLS)
    }
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

    fn millis(&mut self, end: u32) -> Duration {
        Duration::from_millis(self.below(end).into())
    }
}

async fn caller(mut client: Client, call: Arc<[u8]>, tally: Arc<Tally>, mut dice: Dice) {
    while tally.begin() {
        // Two in five of these are refused before their time is up, and so not given up.
        let answer = if dice.below(6) == 0 {
            let patience = dice.millis(3) * dice.below(16);
            match timeout(patience, client.send(&call)).await {
                Ok(answer) => answer,
                Err(_) => {
                    tally.aborted.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
            }
        } else {
            client.send(&call).await
        };
        let answer = answer.unwrap();
        if answer.status == 200 {
            let row = &answer.json()["Results"]["output1"]["value"]["Values"][0];
            assert_eq!(row[1], "42");
            tally.answered.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        assert_refusal(&answer);
        tally.refused.fetch_add(1, Ordering::Relaxed);
        sleep(dice.millis(150)).await;
        while tally.is_ahead() {
            sleep(dice.millis(20)).await;
        }
    }
}

fn assert_refusal(answer: &Answer) {
    assert_eq!(answer.classic(), "503 ServiceUnavailable/RequestThrottled");
    assert_eq!(answer.header("retry-after"), Some("1"));
    let json = answer.json();
    let words = json["error"]["details"][0]["message"].as_str().unwrap();
    assert!(
        words.contains("slow endpoint") && words.contains("is 4."),
        "{words}"
    );
}

/// The most calls of the endpoint that were in the scoring process at once, and how many of all were
/// cancelled there.
fn stamped(server: &Server, endpoint: &Endpoint) -> (i32, usize) {
    let mut stamps = server.stamps();
    stamps.retain(|(group, ..)| *group == endpoint.id);
    let cancelled = stamps.iter().filter(|(.., outcome)| outcome == "cancelled");
    let cancelled = cancelled.count();
    let mut events: Vec<(u64, i32)> = stamps
        .into_iter()
        .flat_map(|(_, received, ended, _)| [(received, 1), (ended, -1)])
        .collect();
    // Of two at the same nanosecond, the end comes first.
    events.sort_unstable();
    let mut running = 0;
    let at_each = events.into_iter().map(|(_, change)| {
        running += change;
        running
    });
    (at_each.max().unwrap(), cancelled)
}

async fn free_calls(server: &Server, endpoint: &Endpoint) -> (u64, u64) {
    let score = format!("{}/score", endpoint.api);
    let answer = server.act("POST", &score, r#"{"rows": [{"x": 1}]}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let limit = json["throttle"]["max_concurrent_calls"].as_u64().unwrap();
    (json["free_calls"].as_u64().unwrap(), limit)
}

#[tokio::test]
async fn never_more_than_the_limit_runs_and_every_permit_comes_back() {
    let server = Server::start(Duration::from_secs(100)).await;
    let endpoint = server.endpoint("slow", LIMIT).await;
    let call: Arc<[u8]> = endpoint.call_x(21.0).into();
    let tally = Arc::new(Tally::default());
    let began = Instant::now();
    let callers = (1..=CLIENTS).map(|number| {
        tokio::spawn(caller(
            Client::new(server.address),
            Arc::clone(&call),
            Arc::clone(&tally),
            Dice(number.wrapping_mul(0x9E37_79B9)),
        ))
    });
    for caller in join_all(callers).await {
        caller.unwrap();
    }
    let took = began.elapsed();
    let count = |counter: &AtomicU32| u64::from(counter.load(Ordering::Relaxed));
    let (answered, refused, aborted) = (
        count(&tally.answered),
        count(&tally.refused),
        count(&tally.aborted),
    );

    // The last runs that were given up may still be ending.
    sleep(Duration::from_millis(500)).await;
    assert_eq!(free_calls(&server, &endpoint).await, (4, 4));
    let at_once = (0..LIMIT).map(|_| server.send(&call));
    for answer in join_all(at_once).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let (most, cancelled) = stamped(&server, &endpoint);
    let figures = format!(
        "most at once {most}; answered {answered}, refused {refused}, aborted {aborted} ({cancelled} in the scoring process); {took:.1?}"
    );
    note(&figures);
    assert_eq!(answered + refused + aborted, u64::from(CALLS));
    assert_eq!(most, LIMIT.cast_signed(), "{figures}");
    assert!(answered >= 5_000, "{figures}");
    assert!(aborted >= 1_000 && cancelled >= 100, "{figures}");

    // The counters follow within a second; a call that was given up may have been scored or refused.
    sleep(Duration::from_secs(2)).await;
    let usage = server
        .act("GET", &format!("{}/usage", endpoint.api), "")
        .await;
    let total = &usage.json()["total"];
    let counted = |name: &str| total[name].as_u64().unwrap();
    // Four calls and the signed-in one came after.
    let scored = counted("calls") - counted("errors") - 5;
    assert!((answered..=answered + aborted).contains(&scored), "{total}");
    assert!(
        (refused..=refused + aborted).contains(&counted("refused")),
        "{total}"
    );
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
