//! An engine with its child, models that it may fetch, and rows to score.

use std::{
    collections::HashMap,
    env, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use portico_server::scoring::{
    Engine, EngineSettings, EngineStatus, ModelDigest, ModelSource, ScoreCall, Scored,
    ScoringError, Tensor, Text, Values,
};
use rustix::process::Pid;

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn model(path: &str) -> Bytes {
    let path = repository().join(path);
    fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .into()
}

pub(crate) fn fixture(name: &str) -> Bytes {
    model(&format!("tests/fixtures/models/{name}/model.onnx"))
}

#[derive(Default)]
pub(crate) struct Models {
    pub(crate) by_digest: HashMap<ModelDigest, Bytes>,
    pub(crate) fetches: AtomicUsize,
}

impl ModelSource for Models {
    fn fetch(&self, digest: &ModelDigest) -> BoxFuture<'_, io::Result<Bytes>> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let model = self.by_digest.get(digest).cloned();
        async move {
            tokio::task::yield_now().await;
            model.ok_or_else(|| io::ErrorKind::NotFound.into())
        }
        .boxed()
    }
}

pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) source: Arc<Models>,
    stamps: PathBuf,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn start(models: &[&Bytes]) -> Self {
        Self::start_with(models, |_| {}).await
    }

    pub(crate) async fn start_with(
        models: &[&Bytes],
        change: impl FnOnce(&mut EngineSettings),
    ) -> Self {
        let library = env::var_os("PORTICO_ONNXRUNTIME")
            .unwrap_or_else(|| panic!("PORTICO_ONNXRUNTIME names the ONNX Runtime library"));
        let folder = tempfile::tempdir().unwrap();
        let stamps = folder.path().join("stamps");
        let source = Arc::new(Models {
            by_digest: models
                .iter()
                .map(|model| (ModelDigest::of(model), (*model).clone()))
                .collect(),
            ..Models::default()
        });
        let mut settings = EngineSettings {
            onnxruntime: Some(library.into()),
            workers: 2,
            stamps: Some(stamps.clone()),
            ..EngineSettings::new(env!("CARGO_BIN_EXE_portico"))
        };
        change(&mut settings);
        let models: Arc<dyn ModelSource> = source.clone();
        let engine = Engine::start(settings, models).await.unwrap();
        assert_eq!(engine.status(), EngineStatus::Ready);
        Self {
            engine,
            source,
            stamps,
            _folder: folder,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.engine.child_pid().unwrap().cast_signed()).unwrap()
    }

    pub(crate) async fn score(
        &self,
        model: &Bytes,
        inputs: Vec<Tensor>,
    ) -> Result<Scored, ScoringError> {
        self.engine.score(call(model, inputs)).await
    }

    /// `group receive_ns end_ns outcome` of every call so far.
    pub(crate) fn stamps(&self) -> Vec<(String, u64, u64, String)> {
        let text = fs::read_to_string(&self.stamps).unwrap();
        text.lines()
            .map(|line| {
                let mut words = line.split(' ');
                let mut word = || words.next().unwrap().to_owned();
                let (group, received, ended) = (word(), word(), word());
                (
                    group,
                    received.parse().unwrap(),
                    ended.parse().unwrap(),
                    word(),
                )
            })
            .collect()
    }
}

pub(crate) fn call(model: &Bytes, inputs: Vec<Tensor>) -> ScoreCall {
    ScoreCall {
        stages: [ModelDigest::of(model)].into(),
        inputs,
        parameters: 0,
        outputs: Arc::new([]),
        deadline: Duration::from_secs(30),
        group: "endpoint".into(),
        permit: None,
    }
}

pub(crate) fn x(values: impl IntoIterator<Item = f32>) -> Vec<Tensor> {
    vec![Tensor::column(
        "x",
        Values::F32(values.into_iter().collect()),
    )]
}

pub(crate) fn numbers(scored: &Scored, tensor: usize) -> &[f32] {
    match &scored.outputs[tensor].values {
        Values::F32(values) => values,
        other => panic!("{other:?} are no 32-bit floats"),
    }
}

/// The columns of a CSV file as tensors: numbers where all cells are numbers or empty.
pub(crate) fn columns(path: &str) -> Vec<Tensor> {
    let mut reader = csv::Reader::from_path(repository().join(path)).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let column = |(index, name): (usize, &str)| {
        let cells: Text = rows.iter().map(|row| &row[index]).collect();
        let numbers: Result<Vec<f64>, _> = cells
            .iter()
            .map(|cell| {
                if cell.is_empty() {
                    Ok(f64::NAN)
                } else {
                    cell.parse()
                }
            })
            .collect();
        Tensor::column(name, numbers.map_or(Values::Text(cells), Values::F64))
    };
    header.iter().enumerate().map(column).collect()
}

pub(crate) const SPECIES: &str = "demo/packages/penguin-species";

pub(crate) fn species() -> (Bytes, Bytes) {
    let stage = |name| model(&format!("{SPECIES}/{name}.onnx"));
    (stage("prepare"), stage("model"))
}

pub(crate) fn species_call(prepare: &Bytes, model: &Bytes, inputs: Vec<Tensor>) -> ScoreCall {
    ScoreCall {
        stages: [ModelDigest::of(prepare), ModelDigest::of(model)].into(),
        outputs: ["label".to_owned(), "probabilities".to_owned()].into(),
        ..call(model, inputs)
    }
}

/// Checks labels and probabilities from this row on against the package's own expectations.
pub(crate) fn assert_species(scored: &Scored, first: usize) {
    let expected = columns(&format!("{SPECIES}/expected.csv"));
    let [label, probabilities] = &scored.outputs[..] else {
        panic!("{:?}", scored.outputs)
    };
    let (Values::Text(labels), Values::Text(names)) = (&label.values, &expected[0].values) else {
        panic!("labels are text")
    };
    assert_eq!(probabilities.width, 3);
    for row in 0..label.rows {
        assert_eq!(labels.get(row), names.get(first + row), "row {row}");
        for class in 0..3 {
            let Values::F64(wanted) = &expected[1 + class].values else {
                panic!("probabilities are numbers")
            };
            let given = f64::from(numbers(scored, 1)[row * 3 + class]);
            assert!(
                (given - wanted[first + row]).abs() < 1e-5,
                "row {row}: {given}"
            );
        }
    }
}
