//! Calls that wait at the same time may be answered by one run: each gets what it gets alone.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use portico_server::scoring::{ScoreCall, ScoringError, Tensor, Values};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use tokio::time::{sleep, timeout};

use crate::bench::{
    Bench, SPECIES, assert_species, call, columns, fixture, numbers, species, species_call, x,
};

/// How many calls shared their run with another, by the stamps: those of one run end at one moment.
fn joined(bench: &Bench) -> usize {
    let mut ends: HashMap<u64, usize> = HashMap::new();
    for (_, _, ended, outcome) in bench.stamps() {
        if outcome == "ok" {
            *ends.entry(ended).or_default() += 1;
        }
    }
    ends.into_values().filter(|calls| *calls > 1).sum()
}

fn rows_of(inputs: &[Tensor], first: usize, rows: usize) -> Vec<Tensor> {
    let part = |tensor: &Tensor| {
        let range = first..first + rows;
        let values = match &tensor.values {
            Values::F64(values) => Values::F64(values[range].to_vec()),
            Values::Text(text) => Values::Text(range.map(|row| text.get(row).unwrap()).collect()),
            other => panic!("{other:?}"),
        };
        Tensor::column(tensor.name.clone(), values)
    };
    inputs.iter().map(part).collect()
}

/// What becomes of a call of the mix.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Good,
    /// Numbers where the model takes text.
    WrongType,
    /// A tensor is missing.
    Incomplete,
    /// The caller goes away.
    Leaves,
    /// The deadline is over at once.
    Late,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        8 => Just(Fate::Good),
        1 => Just(Fate::WrongType),
        1 => Just(Fate::Incomplete),
        1 => Just(Fate::Leaves),
        1 => Just(Fate::Late),
    ]
}

async fn one(
    bench: &Bench,
    (prepare, model): &(Bytes, Bytes),
    inputs: Vec<Tensor>,
    first: usize,
    fate: Fate,
) {
    let mut call = species_call(prepare, model, inputs);
    match fate {
        Fate::Good => assert_species(&bench.engine.score(call).await.unwrap(), first),
        Fate::WrongType => {
            call.inputs[0].values = Values::F64(vec![1.0; call.inputs[0].rows]);
            let error = bench.engine.score(call).await.unwrap_err();
            assert!(matches!(error, ScoringError::BadInput { .. }), "{error:?}");
        }
        Fate::Incomplete => {
            call.inputs.remove(1);
            let error = bench.engine.score(call).await.unwrap_err();
            assert!(matches!(error, ScoringError::BadInput { .. }), "{error:?}");
        }
        Fate::Leaves => {
            let _ = timeout(Duration::from_micros(300), bench.engine.score(call)).await;
        }
        Fate::Late => {
            call.deadline = Duration::from_micros(200);
            // It may just be in time; then its rows must be right.
            match bench.engine.score(call).await {
                Ok(scored) => assert_species(&scored, first),
                Err(error) => assert_eq!(error, ScoringError::DeadlineExceeded),
            }
        }
    }
}

#[test]
fn every_call_of_a_random_mix_gets_exactly_what_it_gets_alone() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let models = species();
    let bench = runtime.block_on(Bench::start(&[&models.0, &models.1]));
    let inputs = columns(&format!("{SPECIES}/samples.csv"));
    let pid = bench.pid();
    let calls = vec((0usize..340, 1usize..5, fate()), 1..150);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        ..ProptestConfig::default()
    });
    let mix = runner.run(&calls, |calls| {
        runtime.block_on(join_all(calls.into_iter().map(|(first, rows, fate)| {
            one(&bench, &models, rows_of(&inputs, first, rows), first, fate)
        })));
        Ok(())
    });
    mix.unwrap();
    assert!(joined(&bench) > 100, "{}", joined(&bench));
    assert_eq!(bench.pid(), pid);
    assert_eq!(bench.engine.quarantined(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_alone_is_scored_alone() {
    let slow = fixture("slow");
    let bench = Bench::start(&[&slow]).await;
    for value in 0..20 {
        let value = value as f32;
        let scored = bench.score(&slow, x([value])).await.unwrap();
        assert_eq!(numbers(&scored, 0), [value * 2.0]);
    }
    assert_eq!(joined(&bench), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_call_costs_those_beside_it_nothing() {
    let endless = fixture("endless");
    let bench = Bench::start(&[&endless]).await;
    bench.score(&endless, x([-1.0])).await.unwrap();
    let pid = bench.pid();
    let good = (0..60).map(|value| {
        let (bench, endless) = (&bench, &endless);
        async move {
            sleep(Duration::from_millis(5)).await;
            let value = -(value as f32);
            let scored = bench.score(endless, x([value])).await.unwrap();
            assert_eq!(numbers(&scored, 0), [value]);
        }
    });
    // It keeps one of the two workers until its deadline; the others go on.
    let bad = async {
        sleep(Duration::from_millis(5)).await;
        let call = ScoreCall {
            deadline: Duration::from_millis(1_500),
            ..call(&endless, x([1.0]))
        };
        let error = bench.engine.score(call).await.unwrap_err();
        assert_eq!(error, ScoringError::DeadlineExceeded);
    };
    let all = async { tokio::join!(timeout(Duration::from_millis(1_400), join_all(good)), bad) };
    let (good, ()) = all.await;
    good.unwrap();
    assert_eq!(bench.pid(), pid);
    // Its run alone was its model's strike; one more and it is out. A shorter run would say nothing.
    let call = ScoreCall {
        deadline: Duration::from_millis(800),
        ..call(&endless, x([1.0]))
    };
    bench.engine.score(call).await.unwrap_err();
    assert_eq!(bench.engine.quarantined().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_cut_short_say_nothing_about_their_model_joined_or_alone() {
    let endless = fixture("endless");
    let bench = Bench::start(&[&endless]).await;
    bench.score(&endless, x([-1.0])).await.unwrap();
    let cut = |time| ScoreCall {
        deadline: Duration::from_millis(time),
        ..call(&endless, x([1.0]))
    };
    join_all((0..200).map(|_| bench.score(&endless, x([-1.0])))).await;
    assert!(joined(&bench) > 0);
    for _ in 0..3 {
        // After a joined run that failed, none is joined for a second.
        sleep(Duration::from_millis(1_100)).await;
        let mix = (0..40).map(|number| {
            let (bench, endless, cut) = (&bench, &endless, &cut);
            async move {
                if number % 10 == 9 {
                    let error = bench.engine.score(cut(300)).await.unwrap_err();
                    assert_eq!(error, ScoringError::DeadlineExceeded);
                } else {
                    bench.score(endless, x([-1.0])).await.unwrap();
                }
            }
        });
        join_all(mix).await;
    }
    for _ in 0..3 {
        let error = bench.engine.score(cut(200)).await.unwrap_err();
        assert_eq!(error, ScoringError::DeadlineExceeded);
    }
    assert_eq!(bench.engine.quarantined(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_on_which_the_model_fails_costs_its_own_call_alone() {
    let twelve = fixture("twelve");
    let bench = Bench::start(&[&twelve]).await;
    let inputs = columns("tests/fixtures/models/twelve/samples.csv");
    let quantity = |rows: &mut Vec<Tensor>| {
        let tensor = rows.iter_mut().find(|tensor| tensor.name == "quantity");
        tensor.unwrap().values = Values::F64(vec![501.0]);
    };
    // Each sample alone, for what it gets.
    let mut alone = Vec::new();
    for row in 0..inputs[0].rows {
        let scored = bench.score(&twelve, typed(rows_of(&inputs, row, 1))).await;
        alone.push(scored.unwrap().outputs);
    }
    let calls = (0..200).map(|number| {
        let row = number % alone.len();
        let mut rows = rows_of(&inputs, row, 1);
        let bad = number % 10 == 9;
        if bad {
            quantity(&mut rows);
        }
        let call = bench.score(&twelve, typed(rows));
        async move { (row, bad, call.await) }
    });
    for (row, bad, scored) in join_all(calls).await {
        match scored {
            Ok(scored) if !bad => assert_eq!(scored.outputs, alone[row]),
            Err(ScoringError::ModelFailed { .. }) if bad => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The columns of the twelve that its model takes as text, truth values or whole numbers.
fn typed(rows: Vec<Tensor>) -> Vec<Tensor> {
    let one = |tensor: Tensor| {
        let values = match (tensor.name.as_str(), tensor.values) {
            ("account", Values::F64(values)) => {
                Values::Text(values.iter().map(f64::to_string).collect())
            }
            ("express", Values::Text(text)) => {
                Values::Bool(text.iter().map(|cell| cell == "true").collect())
            }
            (_, values) => values,
        };
        Tensor { values, ..tensor }
    };
    rows.into_iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_with_many_calls_does_not_keep_another_waiting() {
    let slow = fixture("slow");
    let bench = Bench::start(&[&slow]).await;
    // Two of them are more rows than one run takes, so that none is joined with another.
    let many = || x((0..600).map(|_| 1.0));
    bench.score(&slow, many()).await.unwrap();
    let crowd = (0..60).map(|_| bench.score(&slow, many()));
    let other = async {
        sleep(Duration::from_millis(1)).await;
        let call = ScoreCall {
            group: "other".into(),
            ..call(&slow, many())
        };
        bench.engine.score(call).await.unwrap()
    };
    let (crowd, _) = tokio::join!(join_all(crowd), other);
    assert!(crowd.into_iter().all(|scored| scored.is_ok()));
    let mut stamps = bench.stamps();
    stamps.sort_by_key(|stamp| stamp.2);
    let place = stamps.iter().position(|stamp| stamp.0 == "other").unwrap();
    assert!(
        place < 30,
        "{place} of {} calls were before it",
        stamps.len()
    );
}
