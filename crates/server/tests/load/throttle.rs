//! The throttle holds whatever callers do and however its limit changes: many more calls than fit, a
//! tenth of them given up, some past their deadline. What ran at once is read from the scoring
//! process's own stamps.
//!
//! `PORTICO_THROTTLE_CALLS` says how many calls (100,000 by default), `PORTICO_THROTTLE_SECONDS` how long
//! each steady limit is called (3 by default), `PORTICO_THROTTLE_REPORT` a file for the figures.

use std::{
    env, fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::{
    server::{Endpoint, Server, note},
    storm::{Plan, Storm, storm},
};

const CALLS: u32 = 100_000;
const LIMITS: [u32; 5] = [1, 20, 2, 200, 4];
/// More than any call here takes.
const UNHURRIED: Duration = Duration::from_secs(100);

async fn free_calls(server: &Server, endpoint: &Endpoint) -> (u64, u64) {
    let score = format!("{}/score", endpoint.api);
    let answer = server.act("POST", &score, r#"{"rows": [{"x": 1}]}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let limit = json["throttle"]["max_concurrent_calls"].as_u64().unwrap();
    (json["free_calls"].as_u64().unwrap(), limit)
}

fn asked(name: &str) -> Option<u32> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Adds figures to the report, where one is asked for.
fn report(part: &str, figures: &str) {
    if let Some(folder) = env::var_os("PORTICO_THROTTLE_REPORT") {
        fs::write(Path::new(&folder).join(part), figures).unwrap();
    }
}

fn told(storm: &Storm, calls: u32) -> String {
    let mut text = format!(
        "calls {calls}: answered {}, refused {}, past their deadline {}, given up {}; limit changed {} times; {:.1?}\nrefusals p99 {:.2?}, {:.2?} from the second second on; admissions above the limit in force: {}\n",
        storm.answered,
        storm.refused,
        storm.late,
        storm.given_up,
        storm.changes,
        storm.took,
        storm.refusal_p99,
        storm.later_refusal_p99,
        storm.passed.len(),
    );
    for (limit, most, used) in &storm.seen {
        text += &format!(
            "limit {limit}: {most} at once at the most, {:.1} % in use in the scoring process\n",
            used * 100.0
        );
    }
    text
}

/// How often something is done to see how long it takes: a machine that is busy with something else for a
/// moment must not speak for all that follows.
const ROUNDS: u32 = 6;
/// The time between two rounds in which the largest limit is used up.
const APART: Duration = Duration::from_millis(500);

/// A call of `brief` that takes this machine so long, or longer if a single row does. Were the scoring
/// process quicker than its callers, it would hardly ever have as many calls as a limit allows.
async fn call_that_takes(time: Duration, server: &Server, endpoint: &Endpoint) -> Arc<[u8]> {
    const ROWS: usize = 20;
    let call = |rows| endpoint.call(&["x"], &vec![vec![21.0]; rows]);
    let measured = call(ROWS);
    let mut quickest = UNHURRIED;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let answer = server.send(&measured).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        quickest = quickest.min(began.elapsed());
    }
    let rows = (1..).find(|rows| quickest * *rows >= time * ROWS as u32);
    call(rows.unwrap() as usize).into()
}

/// How long this machine takes for as many calls as the largest limit lets run at once.
async fn used_up(server: &Server, call: &[u8]) -> Duration {
    let mut quickest = UNHURRIED;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for answer in join_all((0..LIMITS[3]).map(|_| server.send(call))).await {
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        quickest = quickest.min(began.elapsed());
        sleep(APART).await;
    }
    quickest
}

#[tokio::test]
async fn never_more_than_the_limit_in_force_is_let_in_and_every_permit_comes_back() {
    let calls = asked("PORTICO_THROTTLE_CALLS").unwrap_or(CALLS);
    // Calls are to run into their deadline, and not to be shed before.
    let mut server = Server::start_alone(UNHURRIED, &["--load-wait", "0"]).await;
    let endpoint = server.endpoint("brief", LIMITS[3]).await;
    let call = call_that_takes(Duration::from_millis(4), &server, &endpoint).await;
    let used_up = used_up(&server, &call).await;
    // Some calls miss it at the largest limit.
    let deadline = used_up / 2;
    // The largest limit can be reached from the smallest.
    let stays = Duration::from_secs(1).max(used_up * 2);
    note(&format!(
        "deadline {deadline:.2?}, each limit stays for {stays:.2?}\n"
    ));
    server.stop().await;
    server.start_again_with(deadline).await;
    let plan = Plan {
        callers: 256,
        calls,
        time: Duration::MAX,
        gives_up: true,
        rest: 150_000,
        limits: &LIMITS,
        stays,
    };
    let storm = storm(&server, &endpoint, &call, plan).await;
    let figures = told(&storm, calls);
    note(&figures);
    report("changing", &figures);
    let ended = storm.answered + storm.refused + storm.late + storm.given_up;
    assert_eq!(ended, calls, "{figures}");
    assert!(storm.passed.is_empty(), "{figures}{:?}", storm.passed);
    for (limit, most, used) in &storm.seen {
        // Each limit was used up.
        assert_eq!(most, limit, "{figures}");
        // Permits that are lost or come back late show here.
        assert!(*used >= 0.5, "{figures}");
    }
    assert!(storm.answered >= calls / 4, "{figures}");
    assert!(storm.given_up >= calls / 11, "{figures}");
    assert!(storm.late >= calls / 100, "{figures}");

    // All permits are back: as many calls as the limit allows are answered, at every limit.
    for limit in LIMITS {
        let throttle =
            format!(r#"{{"throttle": {{"level": "high", "max_concurrent_calls": {limit}}}}}"#);
        let changed = server.patch(&endpoint.api, &throttle).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        assert_eq!(
            free_calls(&server, &endpoint).await,
            (limit.into(), limit.into())
        );
    }
    for answer in join_all((0..LIMITS[4]).map(|_| server.send(&call))).await {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    // The counters follow within a second; a call that was given up may have been scored or refused.
    sleep(Duration::from_secs(2)).await;
    let usage = server
        .act("GET", &format!("{}/usage", endpoint.api), "")
        .await;
    let total = &usage.json()["total"];
    let counted = |name: &str| total[name].as_u64().unwrap();
    let (answered, refused, given_up) = (
        u64::from(storm.answered),
        u64::from(storm.refused),
        u64::from(storm.given_up),
    );
    // Nine calls came after, and those that the call and the deadline were measured by came before.
    let measured = u64::from(ROUNDS + ROUNDS * LIMITS[3]);
    let scored = counted("calls") - counted("errors") - 9 - measured;
    assert!(
        (answered..=answered + given_up).contains(&scored),
        "{total}{figures}"
    );
    assert!(
        (refused..=refused + given_up).contains(&counted("refused")),
        "{total}{figures}"
    );
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[tokio::test]
async fn a_steady_limit_is_used_up_and_never_passed() {
    // Fewer callers beside other tests.
    let (seconds, callers) =
        asked("PORTICO_THROTTLE_SECONDS").map_or((4, 250), |asked| (asked, 500));
    let server = Server::start_alone(UNHURRIED, &["--load-wait", "0"]).await;
    let endpoint = server.endpoint("brief", 20).await;
    let call = call_that_takes(Duration::from_millis(20), &server, &endpoint).await;
    const STEADY: [&[u32]; 3] = [&[1], &[20], &[200]];
    let mut all = String::new();
    for limits in STEADY {
        let plan = Plan {
            callers,
            calls: u32::MAX,
            time: Duration::from_secs(seconds.into()),
            gives_up: false,
            rest: 600_000,
            limits,
            stays: Duration::from_secs(1),
        };
        let storm = storm(&server, &endpoint, &call, plan).await;
        let calls = storm.answered + storm.refused + storm.late;
        let figures = told(&storm, calls);
        assert!(storm.passed.is_empty(), "{figures}{:?}", storm.passed);
        assert_eq!(storm.late, 0, "{figures}");
        let (limit, most, used) = storm.seen[0];
        assert_eq!(most, limit, "{figures}");
        // The rest is on its way in and out.
        assert!(used >= 0.75, "{figures}");
        all += &figures;
    }
    note(&all);
    report("steady", &all);
}
