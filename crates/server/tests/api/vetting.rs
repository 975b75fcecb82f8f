//! Vetting: that what is refused leaves nothing, what becomes of a draft when vetting goes wrong, and which service an
//! upload is for.

use crate::drafts::{
    drafts, files, fixture, running, settled, until, upload, vetted, with_manifest, zipped,
};
use crate::support::{NOW, TestApp};
use crate::world::World;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn publish(world: &World, path: &str) -> Value {
    let path = format!("{path}/publish");
    let reply = world.at.post(&world.owner, &path, json!({})).await;
    reply.expect(201)
}

#[tokio::test]
async fn a_bare_model_named_like_a_service_is_a_service_of_its_own() {
    let world = World::start().await;
    let model = fixture("brief/model.onnx");
    let (first, _) = vetted(&world, "file=Brief.onnx&service=none", model.clone()).await;
    let first = publish(&world, &first).await;
    // A file's name is nobody's choice of a service.
    let (second, draft) = vetted(&world, "file=Brief.onnx", model).await;
    assert_eq!(
        (&draft["name"], &draft["service_id"]),
        (&json!("Brief"), &Value::Null)
    );
    let second = publish(&world, &second).await;
    assert_ne!(first["service_id"], second["service_id"]);
    assert_eq!(
        (&first["version"], &second["version"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn the_next_version_of_a_service_goes_by_its_name() {
    let world = World::start().await;
    let service = world
        .at
        .get(&world.owner, &world.path(""))
        .await
        .expect(200);
    let mut package = files("penguin-species");
    with_manifest(&mut package, |m| m["description"] = json!("Another."));
    let named = zipped(&package);
    with_manifest(&mut package, |m| m["name"] = json!("Another"));
    let query = format!("file=a.zip&service={}", world.service);
    for (query, bytes) in [("file=a.zip", named), (query.as_str(), zipped(&package))] {
        let (_, draft) = vetted(&world, query, bytes).await;
        assert_eq!(draft["service_id"], world.service.as_str(), "{draft}");
        for field in ["name", "description"] {
            assert_eq!(draft[field], service[field]);
        }
    }
}

#[tokio::test]
async fn a_bare_model_has_to_fit_the_rules_of_a_schema() {
    let world = World::start().await;
    // Its only input is called by a control character in place of `x`.
    let mut model = fixture("brief/model.onnx").to_vec();
    for at in 1..model.len() {
        if model[at - 1..].starts_with(b"\x01x") {
            model[at] = 7;
        }
    }
    let (_, draft) = vetted(&world, "file=a.onnx", model.into()).await;
    assert_eq!(draft["state"], "refused", "{draft}");
    assert_eq!(
        draft["refused"],
        "A name has at most 512 characters, on one line."
    );
}

#[tokio::test]
async fn a_draft_that_can_not_be_kept_is_refused() {
    let world = World::start().await;
    let full = "CREATE TRIGGER full BEFORE UPDATE ON draft WHEN NEW.state = 'ready'
                BEGIN SELECT RAISE(ABORT, 'full'); END";
    world.at.sql(full).await;
    let (_, draft) = vetted(&world, "file=x.onnx", fixture("brief/model.onnx")).await;
    assert_eq!(draft["state"], "refused");
    let told = draft["refused"].as_str().unwrap();
    assert!(told.contains("failed on the server"), "{told}");
    assert!(
        world
            .at
            .texts("SELECT sha256 FROM draft_file")
            .await
            .is_empty()
    );
}

/// Waits until the only draft's vetting has begun so many times.
async fn begun(at: &TestApp, times: &str) {
    let attempts = "SELECT CAST(attempts AS TEXT) FROM draft";
    at.until(async || at.texts(attempts).await, |seen| *seen == [times])
        .await;
}

#[tokio::test]
async fn vetting_that_ends_the_server_twice_is_not_begun_again() {
    let world = World::start().await;
    let made = upload(&world, "file=x.onnx", fixture("bad/endless_always.onnx")).await;
    let path = drafts(
        &world,
        &format!("/{}", made.expect(201)["id"].as_str().unwrap()),
    );
    let World { at, token, .. } = world;
    begun(&at, "1").await;
    // An orderly stop does not count.
    let at = TestApp::start_in(at.stop().await, NOW).await;
    begun(&at, "1").await;
    // As if it had ended otherwise, twice.
    at.sql("UPDATE draft SET attempts = 3").await;
    let at = TestApp::start_in(at.stop().await, NOW).await;
    let draft = settled(&at, &token, &path).await.json();
    assert_eq!(draft["state"], "refused");
    let told = draft["refused"].as_str().unwrap();
    assert!(
        told.starts_with("The server ended twice while it vetted this."),
        "{told}"
    );
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
            changed(|m| m["stages"][1]["file"] = m["stages"][0]["file"].clone()),
            "Stage file prepare.onnx stands in two stages.".to_owned(),
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
async fn cancelling_ends_the_vetting() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let endless = fixture("bad/endless_always.onnx");
    let made = upload(&world, "file=endless.onnx", endless)
        .await
        .expect(201);
    let path = drafts(&world, &format!("/{}", made["id"].as_str().unwrap()));
    running(at, owner, &path).await;
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
    running(&at, &token, &vetting).await;
    at.delete(&token, &vetting).await.expect(204);
    let home = at.stop().await;

    let at = TestApp::start_in(home, NOW + 7 * 86_400_000_000 + 1).await;
    until(&at, &token, &path, |reply| reply.status == 404).await;
    assert!(at.texts("SELECT sha256 FROM draft_file").await.is_empty());
}
