//! A hundred swaps of an endpoint's models under five hundred calls a second: no call fails, and each
//! answer is from exactly one revision, the one that it names. Models come and go in every way that there
//! is: uploads, updates to and fro, and going back.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{
    http::{Client, request},
    linear::COLUMNS,
    linear_service::{self, Score, Service, digest, read, score, slot},
    server::{Server, note},
};

const SWAPS: u32 = 100;
/// A swap is begun this often at most …
const SWAP_EVERY: Duration = Duration::from_millis(250);
/// … and once so many calls have been answered since the one before, however fast the machine is.
const CALLS_A_SWAP: u64 = 125;
/// By then they have been, unless callers have failed.
const PATIENCE: Duration = Duration::from_secs(60);
const CALLERS: u32 = 40;
const CALLS_A_SECOND: u32 = 500;
/// Numbers of the models of versions 1 and 2: preparation, `a`, `b`.
const VERSIONS: [[u32; 3]; 2] = [[10, 11, 12], [20, 21, 22]];
/// Own models are numbered from here on.
const OWN: u32 = 1_000;

struct Made {
    /// The revision that was in force for certain when it was sent.
    at_least: u64,
    version: u64,
    revision: u64,
    score: Score,
    took: Duration,
}

/// What callers and swaps tell each other.
struct Shared {
    /// The revision that is in force for certain.
    in_force: AtomicU64,
    /// Calls answered so far.
    answered: watch::Sender<u64>,
    stop: AtomicBool,
}

impl Shared {
    /// Waits until so many calls have been answered.
    async fn until(&self, answered: u64) {
        let mut so_far = self.answered.subscribe();
        let enough = so_far.wait_for(|so_far| *so_far >= answered);
        let in_time = timeout(PATIENCE, enough).await;
        assert!(in_time.is_ok(), "calls are not answered");
    }
}

async fn caller(
    server: SocketAddr,
    call: Arc<[u8]>,
    shared: Arc<Shared>,
    number: u32,
) -> Vec<Made> {
    let (mut client, mut made) = (Client::new(server), Vec::new());
    let every = Duration::from_secs(1) * CALLERS / CALLS_A_SECOND;
    sleep(every * number / CALLERS).await;
    let mut ticks = interval(every);
    // What is late is made up for, so that the rate holds.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while !shared.stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        let at_least = shared.in_force.load(Ordering::SeqCst);
        let sent = Instant::now();
        let answer = client.send(&call).await.unwrap();
        let took = sent.elapsed();
        assert_eq!(answer.status, 200, "{}", answer.text());
        shared.answered.send_modify(|answered| *answered += 1);
        let (version, revision, score) = read(&answer);
        made.push(Made {
            at_least,
            version,
            revision,
            score,
            took,
        });
    }
    made
}

/// Swaps the endpoint's models a hundred times; each is in force when its answer is here.
async fn swap_all(server: &Server, service: &Service, shared: &Shared) {
    let api = format!("{}/endpoints/swapped", service.api);
    let mut ticks = interval(SWAP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut version, mut answered) = (1, 0);
    for number in 0..SWAPS {
        ticks.tick().await;
        shared.until(answered + CALLS_A_SWAP).await;
        answered = *shared.answered.borrow();
        match number % 4 {
            0 => {
                service
                    .customise(server, "swapped", slot("a", OWN + number))
                    .await;
            }
            1 => {
                service
                    .customise(server, "swapped", slot("b", OWN + number))
                    .await;
            }
            2 => {
                version = 3 - version;
                let body = json!({"version": version, "overwrite": number % 8 == 6});
                let done = server
                    .act("POST", &format!("{api}/update"), &body.to_string())
                    .await;
                assert_eq!(done.status, 200, "{}", done.text());
            }
            _ => {
                // Two states before this one: never the present one.
                let back = shared.in_force.load(Ordering::SeqCst) - 2;
                let done = server
                    .act("POST", &format!("{api}/revisions/{back}/restore"), "")
                    .await;
                assert_eq!(done.status, 200, "{}", done.text());
                version = done.json()["version"].as_u64().unwrap();
            }
        }
        shared.in_force.fetch_add(1, Ordering::SeqCst);
    }
}

/// What each revision scores, by its number: as the server wrote it down.
async fn written(server: &Server, service: &Service) -> BTreeMap<u64, (u64, Score)> {
    let own: BTreeMap<String, u32> = (0..SWAPS)
        .map(|number| {
            let resource = if number % 4 == 0 { "a" } else { "b" };
            (digest(slot(resource, OWN + number)), OWN + number)
        })
        .collect();
    let revisions = service.all(server, "/endpoints/swapped/revisions").await;
    let line = |revision: &Value| {
        let version = revision["version"].as_u64().unwrap();
        let [prepare, a, b] = VERSIONS[version as usize - 1];
        let model = |resource: &str, of_version: u32| {
            let digest = revision["own_models"][resource].as_str();
            digest.map_or(of_version, |digest| own[digest])
        };
        let score = score(prepare, model("a", a), model("b", b));
        (revision["number"].as_u64().unwrap(), (version, score))
    };
    revisions.iter().map(line).collect()
}

#[tokio::test]
async fn every_answer_is_from_the_one_revision_that_it_names() {
    let server = Server::start(Duration::from_secs(20)).await;
    let [[prepare, a, b], next] = VERSIONS;
    let service = linear_service::publish(&server, prepare, a, b).await;
    let (id, key) = service.endpoint(&server, "swapped").await;
    linear_service::publish(&server, next[0], next[1], next[2]).await;
    let body = json!({"Inputs": {"input1": {"ColumnNames": COLUMNS, "Values": [[1, 0, 0]]}}});
    let path = format!(
        "/workspaces/{}/services/{id}/execute?api-version=2.0&details=true",
        service.workspace
    );
    let key = format!("Bearer {key}");
    let call: Arc<[u8]> =
        request("POST", &path, &[("Authorization", &key)], &body.to_string()).into();
    let shared = Arc::new(Shared {
        in_force: AtomicU64::new(1),
        answered: watch::Sender::new(0),
        stop: AtomicBool::new(false),
    });
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (call, shared) = (Arc::clone(&call), Arc::clone(&shared));
            tokio::spawn(caller(server.address, call, shared, number))
        })
        .collect();
    swap_all(&server, &service, &shared).await;
    let took = began.elapsed();
    shared.stop.store(true, Ordering::Relaxed);
    let mut calls: Vec<Made> = join_all(callers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();

    let written = written(&server, &service).await;
    assert_eq!(written.len() as u64, u64::from(SWAPS) + 1);
    for call in &calls {
        assert!(
            call.revision >= call.at_least,
            "{} after {}",
            call.revision,
            call.at_least
        );
        let (version, score) = &written[&call.revision];
        assert_eq!(
            (call.version, &call.score),
            (*version, score),
            "revision {}",
            call.revision
        );
    }
    let seen: BTreeSet<u64> = calls.iter().map(|call| call.revision).collect();
    calls.sort_by_key(|call| call.took);
    let at = |share: usize| calls[(calls.len() - 1) * share / 1_000].took;
    let rate = calls.len() as f64 / took.as_secs_f64();
    note(&format!(
        "{SWAPS} swaps in {took:.1?} under {rate:.0} calls a second: {} calls, 0 failed, {} of {} revisions answered; \
         half within {:.1?}, 99 % within {:.1?}, all within {:.1?}",
        calls.len(),
        seen.len(),
        written.len(),
        at(500),
        at(990),
        at(1_000)
    ));
    assert!(calls.len() as u64 >= u64::from(SWAPS) * CALLS_A_SWAP);
    assert!(seen.len() >= 95, "{seen:?}");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
