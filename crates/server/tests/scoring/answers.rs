//! Rows in, values out.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use portico_server::scoring::{ModelDigest, ScoreCall, ScoringError, Tensor, Values};

use crate::bench::{
    Bench, SPECIES, assert_species, call, columns, fixture, numbers, species, species_call, x,
};

#[tokio::test]
async fn the_species_package_answers_as_it_says() {
    let (prepare, model) = species();
    let bench = Bench::start(&[&prepare, &model]).await;
    let inputs = columns(&format!("{SPECIES}/samples.csv"));
    assert_eq!(inputs[0].rows, 344);
    let scored = bench
        .engine
        .score(species_call(&prepare, &model, inputs.clone()))
        .await
        .unwrap();
    assert_eq!(scored.outputs[0].rows, 344);
    assert_species(&scored, 0);
    assert!(!scored.model_time.is_zero());

    // One row at a time, all at once: stages must not mix calls up.
    let rows = (0..344).map(|row| {
        let inputs = inputs.iter().map(|tensor| {
            let values = match &tensor.values {
                Values::F64(values) => Values::F64(vec![values[row]]),
                Values::Text(text) => Values::Text(text.get(row).into_iter().collect()),
                other => panic!("{other:?}"),
            };
            Tensor::column(tensor.name.clone(), values)
        });
        let call = species_call(&prepare, &model, inputs.collect());
        bench.engine.score(call)
    });
    for (row, scored) in join_all(rows).await.into_iter().enumerate() {
        assert_species(&scored.unwrap(), row);
    }
}

#[tokio::test]
async fn many_rows_come_back_in_order_and_a_model_is_fetched_once() {
    let matrix = fixture("matrix");
    let bench = Bench::start(&[&matrix]).await;
    let rows = 5_000;
    let cells: Vec<f64> = (0..rows * 3).map(f64::from).collect();
    let inputs = vec![Tensor {
        name: "X".to_owned(),
        rows: rows as usize,
        width: 3,
        values: Values::F64(cells.clone()),
    }];
    let calls = (0..16).map(|_| bench.score(&matrix, inputs.clone()));
    for scored in join_all(calls).await {
        let scored = scored.unwrap();
        assert_eq!(scored.outputs[0].rows, rows as usize);
        for (cells, y) in cells.chunks_exact(3).zip(numbers(&scored, 0)) {
            let wanted = (cells[0] + 2.0 * cells[1] + 3.0 * cells[2]) as f32;
            assert!(
                (y - wanted).abs() <= wanted.abs() * 1e-6,
                "{y} for {wanted}"
            );
        }
    }
    assert_eq!(bench.source.fetches.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_from_sixteen_tasks_are_all_right() {
    let matrix = fixture("matrix");
    let bench = Arc::new(Bench::start(&[&matrix]).await);
    let tasks = (0..16).map(|task| {
        let (bench, matrix) = (Arc::clone(&bench), matrix.clone());
        tokio::spawn(async move {
            for turn in 0..625 {
                let a = (task * 1_000 + turn) as f32;
                let inputs = vec![Tensor {
                    name: "X".to_owned(),
                    rows: 1,
                    width: 3,
                    values: Values::F32(vec![a, 1.0, -1.0]),
                }];
                let scored = bench.score(&matrix, inputs).await.unwrap();
                assert_eq!(numbers(&scored, 0), [a - 1.0]);
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let stamps = bench.stamps();
    assert_eq!(stamps.len(), 10_000);
    assert!(stamps.iter().all(|(group, received, ended, outcome)| {
        group == "endpoint" && received < ended && outcome == "ok"
    }));
}

#[tokio::test]
async fn input_that_does_not_fit_is_refused_by_name() {
    let (prepare, model) = species();
    let matrix = fixture("matrix");
    let bench = Bench::start(&[&prepare, &model, &matrix]).await;
    let text = |cell: &str| Values::Text([cell].into_iter().collect());
    let one = |name: &str, width, values| Tensor {
        name: name.to_owned(),
        rows: 1,
        width,
        values,
    };
    let cases = [
        (
            one("X", 3, Values::F32(vec![1.0])),
            "X",
            "1 values for 1 rows of 3",
        ),
        (
            one("X", 2, Values::F32(vec![1.0, 2.0])),
            "X",
            "the model takes 3",
        ),
        (one("Y", 3, Values::F32(vec![1.0; 3])), "X", "was not given"),
        (one("X", 1, text("a\0b")), "X", "NUL"),
        (
            one("X", 3, Values::Text(["a", "b", "c"].into_iter().collect())),
            "X",
            "numbers",
        ),
    ];
    for (tensor, name, words) in cases {
        let error = bench.score(&matrix, vec![tensor]).await.unwrap_err();
        let ScoringError::BadInput { tensor, reason } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(tensor, name);
        assert!(reason.contains(words), "{reason}");
    }
    let none = bench.score(&matrix, Vec::new()).await.unwrap_err();
    assert!(matches!(none, ScoringError::BadInput { .. }), "{none}");
    let unknown = Bytes::from_static(b"unknown");
    let error = bench.score(&unknown, x([1.0])).await.unwrap_err();
    assert_eq!(
        error,
        ScoringError::ModelNotFound(ModelDigest::of(&unknown))
    );
    // An output that no stage makes is the model's fault, not the input's.
    let call = ScoreCall {
        outputs: ["nothing".to_owned()].into(),
        ..call(&matrix, vec![one("X", 3, Values::F32(vec![1.0; 3]))])
    };
    let error = bench.engine.score(call).await.unwrap_err();
    assert!(matches!(error, ScoringError::ModelFailed { .. }), "{error}");
}
