//! Hostile models on their way in: each is refused with its reason, nothing of it is kept, and the
//! server beside it notices nothing.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::json;

use super::server::{Server, note};

/// How long vetting may take here; a model that never ends uses all of it.
const VETTING: Duration = Duration::from_secs(5);

/// `number << 3 | 2`, the length, the content: a field of a protobuf message.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(content);
    bytes
}

fn many_nodes() -> Vec<u8> {
    let node = [field(1, b"x"), field(2, b"y"), field(4, b"Identity")].concat();
    field(7, &field(1, &node).repeat(200_000))
}

fn deeply_nested() -> Vec<u8> {
    let mut graph = field(1, &field(4, b"Identity"));
    for _ in 0..5_000 {
        let attribute = field(6, &graph);
        graph = field(1, &[field(4, b"If"), field(5, &attribute)].concat());
    }
    field(7, &graph)
}

fn bad(name: &str) -> Vec<u8> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models/bad");
    fs::read(models.join(name).with_extension("onnx")).unwrap()
}

/// A package of this model, whose one column is `x` and whose one output is `y`.
fn package(folder: &Path, model: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    let manifest = json!({
        "name": "Hostile",
        "stages": [{"file": "model.onnx"}],
        "inputs": [{"name": "x", "type": "double", "nullable": false, "description": ""}],
        "outputs": [{"tensor": "y", "column": "y", "kind": "value"}],
    });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    fs::write(folder.join("samples.csv"), "x\n1.0\n2.0\n3.0\n").unwrap();
    fs::write(folder.join("model.onnx"), model).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_models_are_refused_with_a_reason_and_nothing_is_kept() {
    let server = Server::start(Duration::from_secs(10)).await;
    let matrix = server.endpoint("matrix", 20).await;
    let pid = server.pid();
    let scorers = server.scorers();
    let kept = server.blobs();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no model", b"this is no model".to_vec(), "not an ONNX file"),
        (
            "pickle",
            b"\x80\x04\x95\x0bsklearn.".to_vec(),
            "Python pickle",
        ),
        ("truncated", bad("truncated"), "not an ONNX file"),
        ("external data", bad("external_data"), "outside itself"),
        (
            "unknown domain",
            bad("unknown_domain"),
            "domain example.unknown",
        ),
        ("200,000 nodes", many_nodes(), "more than 50000 nodes"),
        ("nested 5,000 deep", deeply_nested(), "nested too deeply"),
        (
            "endless loop",
            bad("endless_always"),
            "not scored within 5 s",
        ),
        ("149 GiB when run", bad("huge_run"), "could not score"),
        ("149 GiB as a constant", bad("huge_load"), "could not score"),
        ("doubles each round", bad("doubling"), "could not score"),
        ("calls itself", bad("self_calling"), "must not be recursive"),
        (
            "weights not there",
            bad("short_weights"),
            "could not be loaded",
        ),
        ("another number of rows", bad("one_row"), "rows"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, model, words) in cases {
        let place = folder.path().join(name);
        package(&place, &model);
        let began = Instant::now();
        let (code, said) = server.import(&place, VETTING).await;
        let took = began.elapsed();
        note(&format!(
            "{name}: {:.1} s: {}",
            took.as_secs_f64(),
            said.trim()
        ));
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
        assert!(!said.contains("panicked"), "{name}: {said}");
        assert!(took < 4 * VETTING, "{name} took {took:?}");
        assert_eq!(server.blobs(), kept, "{name}");
    }
    let services = server.act("GET", &server.services(), "").await.json();
    let named = |name: &str| {
        let items = services["items"].as_array().unwrap();
        items
            .iter()
            .filter(|service| service["name"] == name)
            .count()
    };
    assert_eq!((named("Hostile"), named("Matrix")), (0, 1));
    // The server is the one that it was, and so is its scoring process.
    assert_eq!((server.pid(), server.scorers()), (pid, scorers));
    let answer = server.send(&matrix.call_matrix()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_model_scores_without_an_american_locale_and_with_maps_at_its_end() {
    let server = Server::start(Duration::from_secs(10)).await;
    let words = server.endpoint("words", 20).await;
    let rows = ["late and crowded", "a friendly and quick reply"];
    let answer = server.send(&words.call_texts("text", &rows)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let values = &answer["Results"]["output1"]["value"]["Values"];
    assert_eq!(
        (&values[0][1], &values[1][1]),
        (&json!("complaint"), &json!("praise"))
    );
    let chance = |row: usize, class: usize| -> f64 {
        values[row][2 + class].as_str().unwrap().parse().unwrap()
    };
    for row in 0..2 {
        assert!(
            (chance(row, 0) + chance(row, 1) - 1.0).abs() < 1e-6,
            "{values}"
        );
        assert!(chance(row, row) > 0.5, "{values}");
    }
    // What scikit-learn said of the package's own samples, as the import measured it.
    let version = server.act("GET", &words.version(1), "").await.json();
    let parity = &version["parity"];
    assert_eq!(parity["label_differences"], 0, "{parity}");
    assert!(
        parity["largest_difference"].as_f64().unwrap() < 1e-5,
        "{parity}"
    );
}
