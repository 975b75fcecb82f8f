//! Drafts: uploading them, and publishing one as described. What the tests of vetting and describing share.

use crate::support::{As, Reply, TestApp, package_folder};
use crate::world::World;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use zip::write::SimpleFileOptions;

pub(crate) type Files = BTreeMap<String, Bytes>;

/// A file of tests/fixtures/models.
pub(crate) fn fixture(name: &str) -> Bytes {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    std::fs::read(folder.join(name)).unwrap().into()
}

/// The files of one of the demo's packages, or of one of the fixtures'.
pub(crate) fn files(name: &str) -> Files {
    std::fs::read_dir(package_folder(name))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap().into())
        })
        .collect()
}

/// Changes the manifest among these files.
pub(crate) fn with_manifest(files: &mut Files, change: impl FnOnce(&mut Value)) {
    let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    change(&mut manifest);
    let text = serde_json::to_vec(&manifest).unwrap();
    files.insert("manifest.json".to_owned(), text.into());
}

/// A package whose parameter every call has to give.
pub(crate) fn scaled() -> Files {
    let mut files = files("../../tests/fixtures/models/scaled");
    with_manifest(&mut files, |manifest| {
        let parameter = manifest["parameters"][0].as_object_mut().unwrap();
        parameter.remove("default");
    });
    files
}

pub(crate) fn zipped(files: &Files) -> Bytes {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name.as_str(), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner().into()
}

/// A path below the workspace's drafts.
pub(crate) fn drafts(world: &World, rest: &str) -> String {
    format!("/api/v1/workspaces/{}/drafts{rest}", world.workspace)
}

pub(crate) async fn upload(world: &World, query: &str, bytes: Bytes) -> Reply {
    let path = drafts(world, &format!("?{query}"));
    world
        .at
        .ask(&world.owner, "POST", &path)
        .bytes(bytes)
        .send()
        .await
}

/// What the server answers of a draft once that is so.
pub(crate) async fn until(
    at: &TestApp,
    who: &As,
    path: &str,
    done: impl Fn(&Reply) -> bool,
) -> Reply {
    at.until(async || at.get(who, path).await, done).await
}

/// The draft once nothing more is done to it.
pub(crate) async fn settled(at: &TestApp, who: &As, path: &str) -> Reply {
    until(at, who, path, |reply| {
        reply.expect(200)["state"] != "vetting"
    })
    .await
}

/// Waits until a model that never ends is being run.
pub(crate) async fn running(at: &TestApp, who: &As, path: &str) {
    let runs = |reply: &Reply| reply.expect(200)["step"] == "Scoring made-up rows";
    until(at, who, path, runs).await;
}

/// Uploads and waits; answers the draft's path and the draft.
pub(crate) async fn vetted(world: &World, query: &str, bytes: Bytes) -> (String, Value) {
    let made = upload(world, query, bytes).await.expect(201);
    let path = drafts(world, &format!("/{}", made["id"].as_str().unwrap()));
    let draft = settled(&world.at, &world.owner, &path).await.json();
    (path, draft)
}

#[tokio::test]
async fn a_bare_model_is_described_by_its_graph_and_published_as_described() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let model = files("penguin-species")["model.onnx"].clone();
    // Its kind is told by its bytes.
    let (path, draft) = vetted(&world, "file=Bare%20species.zip&service=none", model).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    assert_eq!(draft["name"], "Bare species");
    assert_eq!(draft["stages"][0]["file"], "model.onnx");
    assert_eq!(draft["samples_made_up"], true);
    assert_eq!(draft["sample_rows"], 3);
    assert_eq!(draft["uploaded_by"], "olga");
    let inputs = draft["schema"]["inputs"].as_array().unwrap();
    let width = draft["stages"][0]["inputs"][0]["width"].as_u64().unwrap();
    assert_eq!(inputs.len() as u64, width);
    assert_eq!(
        (&inputs[0]["name"], &inputs[0]["type"], &inputs[0]["tensor"]),
        (&json!("f1"), &json!("double"), &json!("features"))
    );
    let outputs = draft["schema"]["outputs"].as_array().unwrap();
    let names: Vec<_> = outputs
        .iter()
        .map(|o| o["column"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Scored Labels",
            "Scored Probabilities for Class \"Adelie\"",
            "Scored Probabilities for Class \"Chinstrap\"",
            "Scored Probabilities for Class \"Gentoo\"",
        ]
    );
    assert_eq!(outputs[1]["class"], "Adelie");

    let mut schema = draft["schema"].clone();
    schema["inputs"][0]["name"] = json!("bill");
    schema["inputs"][0]["min"] = json!(-2);
    schema["inputs"][0]["max"] = json!(2);
    schema["inputs"][0]["description"] = json!("Scaled length of the bill.");
    let resources = json!([{"file": "model.onnx", "resource": "Species model [trained model]"}]);
    let change =
        json!({"name": "Bare", "notes": "First.", "schema": schema, "resources": resources});
    let changed = at.patch(owner, &path, change).await.expect(200);
    // Rows that were made up are made up anew.
    assert_eq!(changed["samples"][0][0], "-2");
    assert_eq!(changed["parity"], Value::Null);
    let preview = at
        .ask(owner, "POST", &format!("{path}/preview"))
        .send()
        .await;
    let preview = preview.expect(200);
    assert_eq!(
        preview["columns"].as_array().unwrap().len() as u64,
        width + 4
    );
    assert_eq!(preview["columns"][0], "bill");
    assert_eq!(preview["rows"].as_array().unwrap().len(), 3);
    assert_eq!(at.get(owner, &path).await.json()["parity"]["rows"], 3);

    let done = at
        .post(owner, &format!("{path}/publish"), json!({}))
        .await
        .expect(201);
    assert_eq!(done["version"], 1);
    let base = format!(
        "/api/v1/workspaces/{}/services/{}",
        world.workspace,
        done["service_id"].as_str().unwrap()
    );
    let version = at
        .get(owner, &format!("{base}/versions/1"))
        .await
        .expect(200);
    assert_eq!(version["notes"], "First.");
    assert_eq!(version["published_by"], "olga");
    assert_eq!(
        version["stages"][0]["resource"],
        "Species model [trained model]"
    );
    assert_eq!(version["parity"]["compared"], 0);
    assert_eq!(version["difference"], Value::Null);
    let row: serde_json::Map<String, Value> = version["schema"]["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| (column["name"].as_str().unwrap().to_owned(), json!(0.5)))
        .collect();
    let score = format!("{base}/endpoints/default/score");
    let scored = at
        .post(owner, &score, json!({"rows": [row]}))
        .await
        .expect(200);
    assert_eq!(scored["rows"][0].as_array().unwrap().len(), 4);
    // It is a version now, and nothing else any more.
    let again = at.post(owner, &format!("{path}/publish"), json!({})).await;
    let problem = again.problem(409, "conflict");
    assert_eq!(problem["detail"], "The draft was published as version 1.");
}

#[tokio::test]
async fn wrong_uploads_are_named() {
    let world = World::start().await;
    let at = &world.at;
    let field = async |query: &str, pointer: &str, code: &str| {
        let reply = upload(&world, query, Bytes::from_static(b"x")).await;
        let error = &reply.problem(422, "invalid")["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{query}"
        );
    };
    field("file=", "/file", "file_name").await;
    field("file=a%2Fb", "/file", "file_name").await;
    field("file=a%0Ab", "/file", "file_name").await;
    field(&format!("file={}", "a".repeat(256)), "/file", "file_name").await;
    field("file=a&service=x", "/service", "service_unknown").await;
    let unknown = "0".repeat(32);
    field(
        &format!("file=a&service={unknown}"),
        "/service",
        "service_unknown",
    )
    .await;
    for query in ["", "file=a&other=1", "service=none"] {
        upload(&world, query, Bytes::from_static(b"x"))
            .await
            .problem(400, "malformed");
    }
    let empty = upload(&world, "file=a", Bytes::new()).await;
    assert_eq!(
        empty.problem(422, "invalid")["errors"][0]["code"],
        "file_empty"
    );
    assert!(at.texts("SELECT id FROM draft").await.is_empty());
    // The same request again is the same draft.
    let once = async |bytes: &'static str| {
        let path = drafts(&world, "?file=a.onnx");
        let ask = at
            .ask(&world.owner, "POST", &path)
            .header("idempotency-key", "one");
        ask.text(bytes).send().await
    };
    let first = once("x").await.expect(201);
    assert_eq!(once("x").await.expect(200)["id"], first["id"]);
    once("y").await.problem(422, "idempotency_key_reused");
    let listed = at.get(&world.owner, &drafts(&world, "")).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_workspace_has_a_hundred_drafts_at_most() {
    let world = World::start().await;
    let at = &world.at;
    let model = fixture("brief/model.onnx");
    vetted(&world, "file=x.onnx", model.clone()).await;
    let copies = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 99)
        INSERT INTO draft (id, workspace_id, state, step, body, by_name, created_at)
        SELECT printf('%032x', n), workspace_id, state, step, body, by_name, created_at FROM draft, numbers";
    assert_eq!(at.sql(copies).await, 99);
    let refused = upload(&world, "file=y.onnx", model.clone()).await;
    assert_eq!(
        refused.problem(409, "conflict")["detail"],
        "This workspace has 100 drafts. Delete some that are not needed."
    );
    // What was refused keeps no files and is not counted.
    let one = "UPDATE draft SET state = 'refused' WHERE id = printf('%032x', 1)";
    assert_eq!(at.sql(one).await, 1);
    upload(&world, "file=y.onnx", model).await.expect(201);
}
