//! Models that make room for others: no call notices, and memory stays under its cap.

use std::{fs, sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, future::join_all, stream};
use portico_server::scoring::{Tensor, Values};
use tokio::time::sleep;

use crate::bench::{Bench, fixture, numbers, x};

const MIB: usize = 1 << 20;

/// A model that answers like this one and is another: its description is some megabytes long.
fn copy(model: &Bytes, number: usize, bytes: usize) -> Bytes {
    let mut description = number.to_string().into_bytes();
    description.resize(bytes, b' ');
    let mut copy = model.to_vec();
    // Field 6 of an ONNX model, with its length.
    copy.push(6 << 3 | 2);
    let mut length = description.len();
    while length >= 0x80 {
        copy.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    copy.push(length as u8);
    copy.extend(description);
    copy.into()
}

fn row(value: f32) -> Vec<Tensor> {
    vec![Tensor {
        name: "X".to_owned(),
        rows: 1,
        width: 3,
        values: Values::F32(vec![value, 1.0, 1.0]),
    }]
}

fn resident_mib(bench: &Bench) -> usize {
    let pid = bench.pid().as_raw_pid();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: usize = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_beyond_the_cap_make_room_for_each_other() {
    let cap = 256;
    let matrix = fixture("matrix");
    let models: Vec<Bytes> = (0..120)
        .map(|number| copy(&matrix, number, 3 * MIB))
        .collect();
    let bench = Bench::start_with(&models.iter().collect::<Vec<_>>(), |settings| {
        settings.model_mib = cap;
    })
    .await;
    let pid = bench.pid();
    let most = stream::iter(0..600usize)
        .map(|number| {
            // Now in turns, now one much more than the others.
            let which = if number % 3 == 0 {
                7
            } else {
                number % models.len()
            };
            let (bench, model) = (&bench, &models[which]);
            async move {
                let scored = bench.score(model, row(number as f32)).await.unwrap();
                assert_eq!(numbers(&scored, 0), [number as f32 + 5.0]);
                resident_mib(bench)
            }
        })
        .buffer_unordered(6)
        .fold(0, |most, mib| async move { most.max(mib) })
        .await;
    assert!(most <= cap as usize, "{most} MiB");
    // All can't have been there at once, and the one in steady use was.
    let fetches = bench.source.fetches.load(Ordering::Relaxed);
    assert!(fetches > models.len(), "{fetches} fetches");
    bench.score(&models[7], row(1.0)).await.unwrap();
    assert_eq!(bench.source.fetches.load(Ordering::Relaxed), fetches);
    assert_eq!(bench.pid(), pid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_runs_is_not_evicted() {
    let (slow, matrix) = (fixture("slow"), fixture("matrix"));
    let models: Vec<Bytes> = (0..100)
        .map(|number| copy(&matrix, number, 3 * MIB))
        .collect();
    let all: Vec<&Bytes> = models.iter().chain([&slow]).collect();
    let bench = Bench::start_with(&all, |settings| settings.model_mib = 192).await;
    let long = bench.score(&slow, x((0..40 * 1_024).map(|_| 1.5)));
    let others = async {
        sleep(Duration::from_millis(50)).await;
        for (number, model) in models.iter().enumerate() {
            let scored = bench.score(model, row(number as f32)).await.unwrap();
            assert_eq!(numbers(&scored, 0), [number as f32 + 5.0]);
        }
    };
    let (long, ()) = tokio::join!(long, others);
    assert!(numbers(&long.unwrap(), 0).iter().all(|value| *value == 3.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_for_a_cold_model_fetch_it_once_and_all_are_answered() {
    let matrix = fixture("matrix");
    let model = copy(&matrix, 0, 8 * MIB);
    let bench = Bench::start_with(&[&model], |settings| settings.workers = 4).await;
    let calls = (0..50).map(|value| bench.score(&model, row(value as f32)));
    for (value, scored) in join_all(calls).await.into_iter().enumerate() {
        assert_eq!(numbers(&scored.unwrap(), 0), [value as f32 + 5.0]);
    }
    assert_eq!(bench.source.fetches.load(Ordering::Relaxed), 1);
}
