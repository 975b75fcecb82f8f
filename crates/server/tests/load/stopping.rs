//! A server that is asked to end finishes what it has begun, and what it counted is still there.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::{
    http::Client,
    server::{Server, note},
};

const CLIENTS: usize = 16;
const LOAD: Duration = Duration::from_secs(3);
/// A request sent this long before the signal has reached the server for certain.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// When a call was sent, and when it was answered if it was.
type Sent = (Instant, Option<Instant>);

/// Calls until a call gets no answer.
async fn call_until_the_end(address: SocketAddr, call: Arc<[u8]>) -> Vec<Sent> {
    let (mut client, mut calls) = (Client::new(address), Vec::new());
    loop {
        let sent = Instant::now();
        match client.send(&call).await {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{}", answer.text());
                calls.push((sent, Some(Instant::now())));
            }
            Err(_) => {
                calls.push((sent, None));
                return calls;
            }
        }
    }
}

#[tokio::test]
async fn calls_that_run_at_the_signal_finish_and_the_counts_are_kept() {
    let mut server = Server::start(Duration::from_secs(20)).await;
    let endpoint = server.endpoint("slow", 50).await;
    let call: Arc<[u8]> = endpoint.call_x(1.0).into();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(call_until_the_end(server.address, Arc::clone(&call))))
        .collect();
    sleep(LOAD).await;
    let signal = Instant::now();
    let (status, took) = server.stop().await;
    assert_eq!(status.code(), Some(0));

    let calls: Vec<Sent> = join_all(clients)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    let lost = calls
        .iter()
        .filter(|(sent, answered)| *sent + ON_ITS_WAY < signal && answered.is_none())
        .count();
    let in_flight = calls
        .iter()
        .filter(|(sent, answered)| *sent < signal && answered.is_some_and(|at| at > signal))
        .count();
    let answered_before = |time: Instant| {
        let before = calls
            .iter()
            .filter(|(_, answered)| answered.is_some_and(|at| at < time));
        before.count() as u64
    };
    let answered = answered_before(Instant::now());
    note(&format!(
        "{answered} calls answered, {in_flight} of them in flight at the signal; ended in {took:.1?}"
    ));
    assert_eq!(lost, 0);
    assert!(in_flight > 0);
    for wrong in ["panicked", "ERROR"] {
        assert!(!server.log().contains(wrong), "{}", server.log());
    }

    server.start_again().await;
    let usage = server
        .act("GET", &format!("{}/usage", endpoint.api), "")
        .await;
    let total = &usage.json()["total"];
    let counted = total["calls"].as_u64().unwrap() - total["errors"].as_u64().unwrap();
    // At most what was counted in the last second is missing, and nothing is counted twice.
    let at_least = answered_before(signal - Duration::from_secs(1));
    assert!(
        (at_least..=calls.len() as u64).contains(&counted),
        "{answered}: {total}"
    );
    assert_eq!(server.send(&call).await.status, 200);
}
