//! Drafts: what is uploaded, how it is vetted and described, and that what is refused leaves nothing.

use crate::support::{As, NOW, Reply, TestApp, package_folder};
use crate::world::World;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
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

/// The draft once nothing more is done to it.
pub(crate) async fn settled(at: &TestApp, who: &As, path: &str) -> Reply {
    let began = Instant::now();
    loop {
        let reply = at.get(who, path).await;
        if reply.expect(200)["state"] != "vetting" {
            return reply;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{}", reply.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
async fn what_is_refused_leaves_its_reason_and_nothing_else() {
    let world = World::start().await;
    let package = files("penguin-body-mass");
    let without = |name: &str| {
        let mut files = package.clone();
        files.remove(name);
        zipped(&files)
    };
    let with = |name: &str, bytes: &'static [u8]| {
        let mut files = package.clone();
        files.insert(name.to_owned(), Bytes::from_static(bytes));
        zipped(&files)
    };
    let changed = |change: fn(&mut Value)| {
        let mut files = package.clone();
        with_manifest(&mut files, change);
        zipped(&files)
    };
    let mut damaged = zipped(&package).to_vec();
    damaged.truncate(damaged.len() / 2);
    let outside = "files stand at its top, without folders, links or dots.";
    for (bytes, why) in [
        (
            with("../evil.onnx", b"x"),
            format!("The zip holds “../evil.onnx”: {outside}"),
        ),
        (
            with("/etc/evil", b"x"),
            format!("The zip holds “/etc/evil”: {outside}"),
        ),
        (
            with("a/b.onnx", b"x"),
            format!("The zip holds “a/b.onnx”: {outside}"),
        ),
        (
            changed(|m| m["stages"][0]["file"] = json!("../prepare.onnx")),
            "Stage file “../prepare.onnx” leads out of the package".to_owned(),
        ),
        (
            without("manifest.json"),
            "The package has no manifest.json.".to_owned(),
        ),
        (
            without("model.onnx"),
            "Stage file model.onnx is not in the package.".to_owned(),
        ),
        (damaged.into(), "neither a folder nor a zip".to_owned()),
        (
            with("expected.csv", b"Scored Labels\n1\n"),
            "expected.csv has 1 rows, samples.csv has 344.".to_owned(),
        ),
        (
            with("samples.csv", b"species\nAdelie\n"),
            "The expected".to_owned(),
        ),
        (with("model.onnx", b"no model"), "model.onnx: ".to_owned()),
        (
            changed(|m| m["inputs"][0]["name"] = json!("genus")),
            "manifest.json: prepare.onnx needs a tensor “species”, which no column gives."
                .to_owned(),
        ),
        (
            changed(|m| m["outputs"][0]["tensor"] = json!("weight")),
            "manifest.json: No model makes a tensor “weight”.".to_owned(),
        ),
        (Bytes::from_static(b"\x80\x04\x95..."), "pickle".to_owned()),
        (fixture("bad/external_data.onnx"), "model.onnx".to_owned()),
        (fixture("bad/truncated.onnx"), "model.onnx".to_owned()),
    ] {
        let (path, draft) = vetted(&world, "file=model.onnx", bytes).await;
        assert_eq!(draft["state"], "refused", "{why}: {draft}");
        let told = draft["refused"].as_str().unwrap();
        let expected = if why == "The expected" {
            "expected.csv has 344 rows"
        } else {
            &why
        };
        assert!(told.contains(expected), "{told}, not {expected}");
        for field in ["stages", "samples"] {
            assert_eq!(draft[field], json!([]), "{draft}");
        }
        let path = format!("{path}/publish");
        let refused = world.at.post(&world.owner, &path, json!({}));
        refused.await.problem(409, "conflict");
    }
    let at = &world.at;
    assert!(at.texts("SELECT sha256 FROM draft_file").await.is_empty());
    assert_eq!(
        at.texts("SELECT name FROM service").await,
        ["Penguin species"]
    );
    // What nobody names is swept, as soon as it is an hour old.
    let kept = at.app.area.blobs.written_before(i64::MAX).unwrap();
    assert!(!kept.is_empty());
    at.app.area.sweep(&at.app.store, i64::MAX).await.unwrap();
    assert!(
        at.app
            .area
            .blobs
            .written_before(i64::MAX)
            .unwrap()
            .is_empty()
    );
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
async fn edits_that_break_a_rule_are_named_and_change_nothing() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let mut scaled = files("../../tests/fixtures/models/scaled");
    with_manifest(&mut scaled, |m| {
        m["parameters"][0]
            .as_object_mut()
            .unwrap()
            .remove("default");
        m["sample_parameters"] = json!({"scale": 2});
    });
    let (path, draft) = vetted(&world, "file=scaled.zip&service=none", zipped(&scaled)).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    assert_eq!(draft["sample_parameters"], json!({"scale": "2"}));
    assert_eq!(draft["parity"]["label_differences"], 0);
    let before = at.get(owner, &path).await;
    let schema = |change: fn(&mut Value)| {
        let mut schema = draft["schema"].clone();
        change(&mut schema);
        json!({"schema": schema})
    };
    for (change, pointer, code) in [
        (json!({"name": ""}), "/name", "text_empty"),
        (json!({"name": "a\u{7}"}), "/name", "text_control_character"),
        (
            json!({"description": "a".repeat(2001)}),
            "/description",
            "text_too_long",
        ),
        (
            json!({"notes": "a".repeat(2001)}),
            "/notes",
            "text_too_long",
        ),
        (json!({"samples": []}), "/samples", "samples_count"),
        (
            json!({"samples": [["1", "2"]]}),
            "/samples/0",
            "cells_count",
        ),
        (
            json!({"samples": [["1"], ["much"]]}),
            "/samples/1/0",
            "value_type",
        ),
        (json!({"samples": [[""]]}), "/samples/0/0", "value_missing"),
        (
            json!({"sample_parameters": {"scale": "x"}}),
            "/sample_parameters/scale",
            "value_type",
        ),
        (
            json!({"sample_parameters": {"other": "1"}}),
            "/sample_parameters/other",
            "parameter_unknown",
        ),
        (
            json!({"resources": [{"file": "none.onnx"}]}),
            "/resources/0/file",
            "stage_unknown",
        ),
        (
            json!({"resources": [{"file": "model.onnx", "resource": ""}]}),
            "/resources/0/resource",
            "text_empty",
        ),
        (
            schema(|s| s["inputs"] = json!([])),
            "/schema/inputs",
            "columns_missing",
        ),
        (
            schema(|s| s["inputs"][0]["name"] = json!("z")),
            "/schema/inputs",
            "tensor_missing",
        ),
        (
            schema(|s| s["inputs"][0]["type"] = json!("string")),
            "/schema/inputs/0/type",
            "type_does_not_fit",
        ),
        (
            schema(|s| s["outputs"][0]["tensor"] = json!("z")),
            "/schema/outputs/0/tensor",
            "tensor_unknown",
        ),
        (
            schema(|s| s["parameters"][1]["default"] = json!("x")),
            "/schema/parameters/1/default",
            "value_type",
        ),
        (
            schema(|s| s["inputs"][0]["colour"] = json!("red")),
            "/schema/inputs/0/colour",
            "malformed",
        ),
    ] {
        let reply = at.patch(owner, &path, change.clone()).await;
        let error = reply.problem(422, "invalid")["errors"][0].clone();
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{change}: {error}"
        );
    }
    let after = at.get(owner, &path).await;
    assert_eq!(
        (after.header("etag"), after.json()),
        (before.header("etag"), before.json())
    );
    let none = at.ask(owner, "PATCH", &path).json(&json!({})).send().await;
    none.problem(428, "precondition_required");
    let stale = at.ask(owner, "PATCH", &path).header("if-match", "\"99\"");
    stale
        .json(&json!({}))
        .send()
        .await
        .problem(412, "precondition_failed");

    // Without a value for the parameter the rows can't be scored, and that is told where it is given.
    let change = json!({"sample_parameters": {}});
    at.patch(owner, &path, change).await.expect(200);
    for act in ["preview", "publish"] {
        let ask = at.ask(owner, "POST", &format!("{path}/{act}"));
        let reply = if act == "publish" {
            ask.json(&json!({}))
        } else {
            ask
        };
        let problem = reply.send().await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/sample_parameters/scale");
        assert_eq!(problem["errors"][0]["code"], "parameter_missing");
    }
    let change = json!({"sample_parameters": {"scale": "3"}, "samples": [["1.5"]]});
    at.patch(owner, &path, change).await.expect(200);
    let preview = at
        .ask(owner, "POST", &format!("{path}/preview"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        preview,
        json!({"columns": ["x", "Scored Labels"], "rows": [["1.5", "4.5"]]})
    );
    let path = format!("{path}/publish");
    at.post(owner, &path, json!({})).await.expect(201);
}

#[tokio::test]
async fn a_required_parameter_needs_a_sample_value_in_the_package() {
    let world = World::start().await;
    let mut scaled = files("../../tests/fixtures/models/scaled");
    with_manifest(&mut scaled, |m| {
        m["parameters"][0]
            .as_object_mut()
            .unwrap()
            .remove("default");
    });
    let (_, draft) = vetted(&world, "file=scaled.zip", zipped(&scaled)).await;
    assert_eq!(draft["state"], "refused");
    assert_eq!(
        draft["refused"],
        "The sample rows: Global parameter scale has no default and needs a value."
    );
}

#[tokio::test]
async fn cancelling_ends_the_vetting() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let endless = fixture("bad/endless_always.onnx");
    let made = upload(&world, "file=endless.onnx", endless)
        .await
        .expect(201);
    let path = drafts(&world, &format!("/{}", made["id"].as_str().unwrap()));
    let began = Instant::now();
    while at.get(owner, &path).await.expect(200)["step"] != "Scoring made-up rows" {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let edit = at.patch(owner, &path, json!({"name": "x"})).await;
    assert_eq!(
        edit.problem(409, "conflict")["detail"],
        "The draft is being vetted. Wait until it is ready."
    );
    at.delete(owner, &path).await.expect(204);
    at.get(owner, &path).await.problem(404, "not_found");
    // The next one has its turn long before the endless one would have been given up.
    let began = Instant::now();
    let (_, draft) = vetted(&world, "file=x.onnx", fixture("brief/model.onnx")).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn vetting_begins_anew_after_a_restart_and_old_drafts_are_swept() {
    let world = World::start().await;
    let made = upload(&world, "file=x.onnx", fixture("brief/model.onnx")).await;
    let made = made.expect(201);
    let path = drafts(&world, &format!("/{}", made["id"].as_str().unwrap()));
    settled(&world.at, &world.owner, &path).await;
    let endless = fixture("bad/endless_always.onnx");
    let vetting = upload(&world, "file=endless.onnx", endless)
        .await
        .expect(201);
    let vetting = drafts(&world, &format!("/{}", vetting["id"].as_str().unwrap()));
    let World {
        at, owner, token, ..
    } = world;
    assert_eq!(
        at.get(&owner, &vetting).await.expect(200)["state"],
        "vetting"
    );
    let began = Instant::now();
    let home = at.stop().await;
    assert!(began.elapsed() < Duration::from_secs(30));

    let at = TestApp::start_in(home, NOW).await;
    assert_eq!(at.get(&token, &path).await.expect(200)["state"], "ready");
    let began = Instant::now();
    while at.get(&token, &vetting).await.expect(200)["step"] != "Scoring made-up rows" {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    at.delete(&token, &vetting).await.expect(204);
    let home = at.stop().await;

    let at = TestApp::start_in(home, NOW + 7 * 86_400_000_000 + 1).await;
    let began = Instant::now();
    while at.get(&token, &path).await.status == 200 {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(at.texts("SELECT sha256 FROM draft_file").await.is_empty());
}
