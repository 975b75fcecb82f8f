//! Models looked at before they may serve.

use std::{collections::HashMap, env, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use portico_server::scoring::{Element, Engine, EngineSettings, ModelDigest, ScoringError};

use crate::bench::{Bench, Models, SPECIES, assert_species, columns, fixture, model, species, x};

#[tokio::test]
async fn inspection_tells_what_a_model_takes_and_gives() {
    let bench = Bench::start(&[]).await;
    let signature = bench.engine.inspect(fixture("matrix")).await.unwrap();
    assert_eq!(signature.inputs.len(), 1);
    assert_eq!(signature.inputs[0].name, "X");
    assert_eq!(signature.inputs[0].element, Element::F32);
    assert_eq!(signature.inputs[0].shape, [None, Some(3)]);
    let (prepare, _) = species();
    let signature = bench.engine.inspect(prepare).await.unwrap();
    let island = signature.inputs.iter().find(|port| port.name == "island");
    assert_eq!(island.unwrap().element, Element::Text);
}

#[tokio::test]
async fn inspection_refuses_what_must_not_be_loaded() {
    let bench = Bench::start(&[]).await;
    let bad = |name: &str| model(&format!("tests/fixtures/models/bad/{name}.onnx"));
    let cases = [
        (Bytes::from_static(b"this is no model"), "not an ONNX file"),
        (Bytes::new(), "not an ONNX file"),
        (bad("truncated"), "not an ONNX file"),
        (bad("external_data"), "outside itself"),
        (bad("unknown_domain"), "domain"),
    ];
    for (bytes, words) in cases {
        let error = bench.engine.inspect(bytes).await.unwrap_err();
        let ScoringError::Refused(reason) = &error else {
            panic!("{error:?}")
        };
        assert!(reason.contains(words), "{reason}");
    }
    // Well-formed for the walk and yet no model: the runtime refuses it, in clean words.
    let error = bench
        .engine
        .inspect(Bytes::from_static(&[0x3a, 0]))
        .await
        .unwrap_err();
    let ScoringError::ModelFailed { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "The model could not be loaded.");
}

#[tokio::test]
async fn a_trial_scores_samples_and_ends_an_endless_model() {
    let bench = Bench::start(&[]).await;
    let (prepare, model) = species();
    let inputs = columns(&format!("{SPECIES}/samples.csv"));
    let outputs = ["label".to_owned(), "probabilities".to_owned()];
    let scored = bench
        .engine
        .trial(
            vec![prepare, model],
            inputs,
            &outputs,
            Duration::from_secs(30),
        )
        .await
        .unwrap();
    assert_species(&scored, 0);
    let half = Duration::from_millis(500);
    let error = bench
        .engine
        .trial(vec![fixture("endless")], x([1.0]), &[], half)
        .await;
    assert_eq!(error.unwrap_err(), ScoringError::DeadlineExceeded);
    assert_eq!(bench.engine.quarantined(), []);
}

#[tokio::test]
async fn a_model_that_differs_from_its_digest_is_not_run() {
    let (matrix, slow) = (fixture("matrix"), fixture("slow"));
    let mut bench = Bench::start(&[]).await;
    let swapped = HashMap::from([(ModelDigest::of(&matrix), slow)]);
    let source = Arc::new(Models {
        by_digest: swapped,
        ..Models::default()
    });
    let library = env::var_os("PORTICO_ONNXRUNTIME").map(PathBuf::from);
    let settings = EngineSettings {
        onnxruntime: library,
        ..EngineSettings::new(env!("CARGO_BIN_EXE_portico"))
    };
    bench.engine = Engine::start(settings, source).await.unwrap();
    let error = bench.score(&matrix, x([1.0])).await.unwrap_err();
    let ScoringError::ModelFailed { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        reason.contains("not the one that was published"),
        "{reason}"
    );
}
