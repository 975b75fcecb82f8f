//! A model that never ends costs its own calls and nothing else, and is kept from running in the end.

use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tokio::time::sleep;

use super::{
    http::Client,
    server::{Endpoint, Server},
};

const TIMEOUT: Duration = Duration::from_millis(1_500);

/// A call that never ends, with calls of another endpoint meanwhile.
async fn run_into_the_deadline(server: &Server, endless: &Endpoint, other: &Endpoint) {
    let (call, mut client) = (endless.call_x(1.0), Client::new(server.address));
    let began = Instant::now();
    let late = tokio::spawn(async move { client.send(&call).await.unwrap() });
    let (call, mut client) = (other.call_matrix(), Client::new(server.address));
    let mut meanwhile = 0;
    while !late.is_finished() {
        let answer = client.send(&call).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        meanwhile += 1;
        sleep(Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    assert_eq!(
        late.await.unwrap().classic(),
        "408 RequestTimeout/ScoreRequestTimeout"
    );
    assert!(
        took >= TIMEOUT && took < TIMEOUT + Duration::from_secs(2),
        "{took:?}"
    );
    assert!(meanwhile >= 10, "{meanwhile}");
}

async fn assert_quarantined(server: &Server, endpoint: &Endpoint) {
    let began = Instant::now();
    // Not even a number on which it would end.
    let answer = server.send(&endpoint.call_x(-1.0)).await;
    assert!(began.elapsed() < TIMEOUT, "{:?}", began.elapsed());
    assert_eq!(answer.classic(), "503 ServiceUnavailable/ModelQuarantined");
    let reason = "It ran past its deadline 2 times.";
    assert!(answer.text().contains(reason), "{}", answer.text());
    let shown = quarantine(server, endpoint).await;
    assert_eq!(shown["reason"], reason, "{shown}");
    assert!(shown["since"].is_string(), "{shown}");
}

/// What the endpoint's page says of its model.
async fn quarantine(server: &Server, endpoint: &Endpoint) -> Value {
    let shown = server.act("GET", &endpoint.api, "").await.json();
    shown["models"][0]["quarantine"].clone()
}

#[tokio::test]
async fn an_endless_model_is_ended_then_quarantined_until_it_is_released() {
    let mut server = Server::start(TIMEOUT).await;
    let endless = server.endpoint("endless", 20).await;
    let other = server.endpoint("matrix", 20).await;
    let pid = server.pid();
    assert_eq!(server.send(&endless.call_x(-1.0)).await.status, 200);

    run_into_the_deadline(&server, &endless, &other).await;
    assert!(quarantine(&server, &endless).await.is_null());
    assert_eq!(server.send(&endless.call_x(-1.0)).await.status, 200);
    run_into_the_deadline(&server, &endless, &other).await;
    // Stored and shown a moment after it is in force.
    sleep(Duration::from_secs(1)).await;
    assert_quarantined(&server, &endless).await;
    assert_eq!(server.send(&other.call_matrix()).await.status, 200);
    assert_eq!(server.pid(), pid);

    assert!(server.stop().await.0.success());
    server.start_again().await;
    assert_quarantined(&server, &endless).await;
    assert_eq!(server.send(&other.call_matrix()).await.status, 200);

    let release = format!("{}/release", endless.api);
    let released = server.act("POST", &release, "").await;
    assert_eq!(released.status, 200, "{}", released.text());
    assert!(quarantine(&server, &endless).await.is_null());
    assert_eq!(server.send(&endless.call_x(-1.0)).await.status, 200);
    run_into_the_deadline(&server, &endless, &other).await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[tokio::test]
async fn a_machine_that_stands_still_costs_no_process() {
    let server = Server::start(TIMEOUT).await;
    let endless = server.endpoint("endless", 20).await;
    assert_eq!(server.send(&endless.call_x(-1.0)).await.status, 200);
    let [scorer] = server.scorers()[..] else {
        panic!("{:?}", server.scorers())
    };
    let (call, mut client) = (endless.call_x(1.0), Client::new(server.address));
    let late = tokio::spawn(async move { client.send(&call).await.unwrap() });
    // It runs; then nothing does until long after its deadline, and the server is the first to go on.
    sleep(TIMEOUT / 3).await;
    for process in [scorer, server.pid()] {
        kill_process(process, Signal::STOP).unwrap();
    }
    sleep(2 * TIMEOUT).await;
    kill_process(server.pid(), Signal::CONT).unwrap();
    sleep(Duration::from_millis(50)).await;
    kill_process(scorer, Signal::CONT).unwrap();
    assert_eq!(
        late.await.unwrap().classic(),
        "408 RequestTimeout/ScoreRequestTimeout"
    );
    sleep(TIMEOUT).await;
    assert_eq!(server.scorers(), [scorer]);
    assert_eq!(server.send(&endless.call_x(-1.0)).await.status, 200);
}
