//! A scoring process that dies under load costs the calls that were running in it.

use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use tokio::time::{interval, sleep};

use super::{
    http::{Client, request},
    server::{Server, note},
};

const RATE: Duration = Duration::from_millis(20);
const CALLS: usize = 250;
/// The call at which the process is killed.
const KILL: usize = 100;
const READY: Duration = Duration::from_secs(2);
const ENDED: &str = "503 ServiceUnavailable/ScoringProcessEnded";

/// How long it takes until another scoring process takes calls.
async fn until_ready(server: &Server, killed: rustix::process::Pid) -> Duration {
    let began = Instant::now();
    let ready = request("GET", "/readyz", &[], "");
    loop {
        let next = server.scorers().iter().any(|pid| *pid != killed);
        if next && server.send(&ready).await.status == 200 {
            return began.elapsed();
        }
        assert!(began.elapsed() < READY, "not ready after {READY:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn only_calls_that_were_running_fail() {
    let server = Server::start(Duration::from_secs(20)).await;
    let endless = server.endpoint("endless", 20).await;
    let quick = server.endpoint("matrix", 200).await;
    let slow = server.endpoint("slow", 200).await;
    let pid = server.pid();
    for warm in [quick.call_matrix(), slow.call_x(1.0), endless.call_x(-1.0)] {
        assert_eq!(server.send(&warm).await.status, 200);
    }
    let [scorer] = server.scorers()[..] else {
        panic!("{:?}", server.scorers())
    };

    // One call is running for certain.
    let (call, mut client) = (endless.call_x(1.0), Client::new(server.address));
    let running = tokio::spawn(async move { client.send(&call).await.unwrap().classic() });
    let mut ticks = interval(RATE);
    let mut calls = Vec::new();
    let mut ready = Duration::ZERO;
    for number in 0..CALLS {
        ticks.tick().await;
        let is_slow = number % 5 == 0;
        let call = if is_slow {
            slow.call_x(1.0)
        } else {
            quick.call_matrix()
        };
        let mut client = Client::new(server.address);
        calls.push(tokio::spawn(
            async move { client.send(&call).await.unwrap() },
        ));
        if number == KILL {
            kill_process(scorer, Signal::KILL).unwrap();
        }
        if number == KILL + 1 {
            ready = until_ready(&server, scorer).await;
        }
    }
    assert_eq!(running.await.unwrap(), ENDED);
    let mut ended = 0;
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status != 200 {
            assert_eq!(answer.classic(), ENDED);
            assert_eq!(answer.header("retry-after"), Some("2"));
            ended += 1;
        }
    }
    note(&format!(
        "beside the endless call {ended} of {CALLS} failed; ready after {ready:.0?}"
    ));
    // One worker a core, at least two; the endless call has one of them.
    let workers = std::thread::available_parallelism().unwrap().get().max(2);
    assert!(ended < workers, "{ended}");
    assert_eq!(server.pid(), pid);
    assert_eq!(server.send(&slow.call_x(1.0)).await.status, 200);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
