//! Where there is no engine, and when there is none any more.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use portico_server::scoring::{Engine, EngineSettings, EngineStatus, ModelSource, ScoringError};
use rustix::process::test_kill_process;
use tokio::time::{sleep, timeout};

use crate::bench::{Bench, Models, call, fixture, x};

#[tokio::test]
async fn without_the_library_the_engine_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |library: PathBuf| EngineSettings {
        onnxruntime: Some(library),
        ..EngineSettings::new(env!("CARGO_BIN_EXE_portico"))
    };
    let source: Arc<dyn ModelSource> = Arc::new(Models::default());
    let missing = folder.path().join("missing.so");
    let engine = Engine::start(settings(missing.clone()), Arc::clone(&source))
        .await
        .unwrap();
    let EngineStatus::Unavailable(reason) = engine.status() else {
        panic!("ready without a library")
    };
    assert!(reason.contains("missing.so"), "{reason}");
    let error = engine
        .score(call(&Bytes::new(), x([1.0])))
        .await
        .unwrap_err();
    assert!(matches!(error, ScoringError::Unavailable(_)), "{error}");

    // A file that is no library: the child says why it can't start.
    fs::write(&missing, "no library").unwrap();
    let starting = Engine::start(settings(missing), source);
    let engine = timeout(Duration::from_secs(15), starting)
        .await
        .unwrap()
        .unwrap();
    let EngineStatus::Unavailable(reason) = engine.status() else {
        panic!("ready with a file that is no library")
    };
    assert!(
        reason.contains("ONNX Runtime could not be loaded"),
        "{reason}"
    );
}

#[tokio::test]
async fn no_process_is_left_behind() {
    let slow = fixture("slow");
    for graceful in [true, false] {
        let bench = Bench::start(&[&slow]).await;
        let pid = bench.pid();
        test_kill_process(pid).unwrap();
        if graceful {
            bench.engine.shutdown().await;
            let error = bench.score(&slow, x([1.0])).await.unwrap_err();
            assert!(matches!(error, ScoringError::Unavailable(_)), "{error}");
        }
        drop(bench);
        let gone = async {
            while test_kill_process(pid).is_ok() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), gone).await.unwrap();
    }
}
