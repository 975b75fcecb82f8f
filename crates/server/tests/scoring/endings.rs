//! Calls that end otherwise than with an answer, and what becomes of the others.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::join_all;
use portico_server::scoring::{ModelDigest, ScoreCall, ScoringError, Tensor, Values};
use rustix::process::{Signal, kill_process};
use tokio::time::{sleep, timeout};

use crate::bench::{Bench, call, fixture, numbers, x};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_the_child_costs_only_the_calls_that_run() {
    let (endless, matrix) = (fixture("endless"), fixture("matrix"));
    let bench = Bench::start(&[&endless, &matrix]).await;
    bench.score(&endless, x([-1.0])).await.unwrap();
    let pid = bench.pid();
    // One for each of the two workers; the rest has to wait.
    let long = (0..2).map(|_| bench.score(&endless, x([1.0])));
    let short = (0..6).map(|value| async move {
        sleep(Duration::from_millis(100)).await;
        -(value as f32)
    });
    let short = short.map(|value| async {
        let value = value.await;
        let scored = bench.score(&endless, x([value])).await;
        (value, scored)
    });
    let kill = async {
        sleep(Duration::from_millis(700)).await;
        kill_process(pid, Signal::KILL).unwrap();
    };
    let (long, short, ()) = tokio::join!(join_all(long), join_all(short), kill);
    for scored in long {
        assert_eq!(scored.unwrap_err(), ScoringError::EngineEnded);
    }
    for (value, scored) in short {
        assert_eq!(numbers(&scored.unwrap(), 0), [value]);
    }
    assert_ne!(bench.pid(), pid);
    assert_eq!(bench.engine.quarantined(), []);

    // A second death with this model alone running, and it is out; others are not.
    let run = bench.score(&endless, x([1.0]));
    let kill = async {
        sleep(Duration::from_millis(700)).await;
        kill_process(bench.pid(), Signal::KILL).unwrap();
    };
    let (run, ()) = tokio::join!(run, kill);
    assert_eq!(run.unwrap_err(), ScoringError::EngineEnded);
    let refused = bench.score(&endless, x([-1.0])).await.unwrap_err();
    assert!(matches!(refused, ScoringError::Quarantined(_)), "{refused}");
    let inputs = vec![Tensor {
        name: "X".to_owned(),
        rows: 1,
        width: 3,
        values: Values::I64(vec![1, 2, 3]),
    }];
    let scored = bench.score(&matrix, inputs).await.unwrap();
    assert_eq!(numbers(&scored, 0), [14.0]);
}

/// As many rows for `brief` as take this machine so long.
async fn rows_that_take(bench: &Bench, brief: &Bytes, time: Duration) -> usize {
    const ROWS: usize = 64;
    let mut quickest = Duration::MAX;
    // The first run loads the model; a machine that is busy for a moment must not speak for all of them.
    for _ in 0..4 {
        let began = Instant::now();
        bench.score(brief, x([1.0; ROWS])).await.unwrap();
        quickest = quickest.min(began.elapsed());
    }
    (time.as_secs_f64() / quickest.as_secs_f64() * ROWS as f64) as usize
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspects_run_apart_from_the_others() {
    let (brief, endless) = (fixture("brief"), fixture("endless"));
    let bench = Bench::start(&[&brief, &endless]).await;
    let rows = rows_that_take(&bench, &brief, Duration::from_secs(2)).await;
    let kill = async {
        sleep(Duration::from_millis(700)).await;
        kill_process(bench.pid(), Signal::KILL).unwrap();
    };
    let many = || x((0..rows).map(|_| 1.0));
    let (one, other, ()) = tokio::join!(
        bench.score(&brief, many()),
        bench.score(&endless, x([1.0])),
        kill
    );
    assert_eq!(one.unwrap_err(), ScoringError::EngineEnded);
    assert_eq!(other.unwrap_err(), ScoringError::EngineEnded);
    // Both are suspects now, so the death of the main child is none of their business.
    let kill = async {
        sleep(Duration::from_millis(700)).await;
        kill_process(bench.pid(), Signal::KILL).unwrap();
    };
    let (run, ()) = tokio::join!(bench.score(&brief, many()), kill);
    assert_eq!(run.unwrap().outputs[0].rows, rows);
    assert_eq!(bench.engine.quarantined(), []);
    // Twenty calls alone clear a suspect; then it runs in the main child again.
    for _ in 0..19 {
        bench.score(&brief, x([1.0])).await.unwrap();
    }
    let kill = async {
        sleep(Duration::from_millis(700)).await;
        kill_process(bench.pid(), Signal::KILL).unwrap();
    };
    let (run, ()) = tokio::join!(bench.score(&brief, many()), kill);
    assert_eq!(run.unwrap_err(), ScoringError::EngineEnded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_model_is_ended_at_its_deadline_and_then_quarantined() {
    let (endless, matrix) = (fixture("endless"), fixture("matrix"));
    let bench = Bench::start(&[&endless, &matrix]).await;
    let digest = ModelDigest::of(&endless);
    let pid = bench.pid();
    let mut events = bench.engine.quarantine_events();
    let attack = async {
        for _ in 0..2 {
            let began = Instant::now();
            let call = ScoreCall {
                deadline: Duration::from_secs(1),
                ..call(&endless, x([1.0]))
            };
            let error = bench.engine.score(call).await.unwrap_err();
            assert_eq!(error, ScoringError::DeadlineExceeded);
            assert!(began.elapsed() >= Duration::from_secs(1));
            assert!(began.elapsed() < Duration::from_millis(2_500));
        }
    };
    let others = async {
        for _ in 0..150 {
            let began = Instant::now();
            let inputs = vec![Tensor {
                name: "X".to_owned(),
                rows: 1,
                width: 3,
                values: Values::F32(vec![1.0, 1.0, 1.0]),
            }];
            bench.score(&matrix, inputs).await.unwrap();
            assert!(began.elapsed() < Duration::from_millis(900));
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::join!(attack, others);
    let error = bench.score(&endless, x([0.0])).await.unwrap_err();
    let ScoringError::Quarantined(quarantine) = error else {
        panic!("{error}")
    };
    assert_eq!(quarantine.digest, digest);
    assert_eq!(quarantine.reason, "It ran past its deadline 2 times.");
    assert_eq!(events.try_recv().unwrap(), quarantine);
    // The runtime's own termination was enough: no process had to die for it.
    assert_eq!(bench.pid(), pid);
    bench.engine.release(&digest);
    let scored = bench.score(&endless, x([-1.0])).await.unwrap();
    assert_eq!(numbers(&scored, 0), [-1.0]);
    bench.engine.set_quarantined(vec![quarantine.clone()]);
    assert_eq!(bench.engine.quarantined(), [quarantine]);
}

#[tokio::test]
async fn a_child_that_can_not_be_stopped_is_killed() {
    let endless = fixture("endless");
    let bench = Bench::start(&[&endless]).await;
    bench.score(&endless, x([-1.0])).await.unwrap();
    let pid = bench.pid();
    let call = ScoreCall {
        deadline: Duration::from_millis(500),
        ..call(&endless, x([1.0]))
    };
    let freeze = async {
        sleep(Duration::from_millis(200)).await;
        kill_process(pid, Signal::STOP).unwrap();
    };
    let began = Instant::now();
    let (run, ()) = tokio::join!(bench.engine.score(call), freeze);
    assert_eq!(run.unwrap_err(), ScoringError::DeadlineExceeded);
    assert!(
        began.elapsed() < Duration::from_millis(2_500),
        "{:?}",
        began.elapsed()
    );
    bench.score(&endless, x([-1.0])).await.unwrap();
    assert_ne!(bench.pid(), pid);
}

// One thread, so that nothing can happen between dropping a call and looking at its permit.
#[tokio::test]
async fn a_cancelled_call_keeps_its_permit_until_its_run_has_ended() {
    let endless = fixture("endless");
    let bench = Bench::start(&[&endless]).await;
    bench.score(&endless, x([0.0])).await.unwrap();
    let with_permit = || {
        let permit = Arc::new(());
        let weak = Arc::downgrade(&permit);
        let call = ScoreCall {
            permit: Some(permit),
            ..call(&endless, x([1.0]))
        };
        (bench.engine.score(call), weak)
    };
    // Two run, one waits.
    let (mut calls, permits): (Vec<_>, Vec<Weak<()>>) = (0..3)
        .map(|_| {
            let (call, permit) = with_permit();
            (Box::pin(call), permit)
        })
        .unzip();
    let all = join_all(calls.iter_mut().map(|call| call.as_mut()));
    timeout(Duration::from_millis(300), all).await.unwrap_err();

    let held = |permit: &Weak<()>| permit.strong_count() > 0;
    let waiting = calls.pop().unwrap();
    drop(waiting);
    assert!(held(&permits[2]));
    let freed = |permit: Weak<()>| async move {
        while permit.strong_count() > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let second = Duration::from_secs(1);
    timeout(second, freed(permits[2].clone())).await.unwrap();
    assert!(held(&permits[0]) && held(&permits[1]));

    drop(calls);
    assert!(held(&permits[0]) && held(&permits[1]));
    for permit in &permits {
        timeout(second, freed(permit.clone())).await.unwrap();
    }
    let cancelled = bench
        .stamps()
        .into_iter()
        .filter(|stamp| stamp.3 == "cancelled")
        .count();
    assert_eq!(cancelled, 3);
    // To be called off is no fault of a model.
    bench.score(&endless, x([0.0])).await.unwrap();
    assert_eq!(bench.engine.quarantined(), []);
}
