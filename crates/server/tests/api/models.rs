//! Own models of endpoints and updates: what is put in force, what is refused, what stays.

use crate::management::refused;
use crate::support::{As, NOW, Reply, TestApp, package_folder};
use bytes::Bytes;
use portico_api::id::{EndpointId, ServiceId, WorkspaceId};
use portico_server::acts::models::{self, NewModel};
use portico_server::audit::Who;
use portico_server::error::Error;
use portico_server::package::{self, Package};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The slot of the demo's package *Penguin body mass*.
pub(crate) const SLOT: &str = "Body mass model [trained model]";
const PACKAGE: &str = "penguin-body-mass";

/// A model of tests/fixtures/models/retrained.
pub(crate) fn retrained(name: &str) -> Bytes {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models/retrained");
    std::fs::read(folder.join(name)).unwrap().into()
}

/// One penguin for that package, in classic's list form.
pub(crate) fn penguin() -> Value {
    json!({"Inputs": {"input1": [{"species": "Adelie", "island": "Torgersen", "bill_length_mm": "39.1",
        "bill_depth_mm": "18.7", "flipper_length_mm": "181", "sex": "male"}]}})
}

/// A workspace with the service, and the endpoint `acme` in it.
pub(crate) struct Stage {
    pub(crate) at: TestApp,
    pub(crate) workspace: WorkspaceId,
    pub(crate) service: ServiceId,
    pub(crate) token: As,
    pub(crate) id: EndpointId,
    pub(crate) key: String,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_at(TestApp::start().await).await
    }

    pub(crate) async fn start_at(at: TestApp) -> Self {
        let owner_id = at.person("olga", false).await;
        let (workspace, token) = at.workspace("field", &owner_id).await;
        let service = at.publish(&workspace, PACKAGE).await;
        let path = format!("/workspaces/{workspace}/webservices/{service}/endpoints/acme");
        let made = at
            .ask(&token, "PUT", &path)
            .json(&json!({}))
            .send()
            .await
            .expect(200);
        let location = made["ApiLocation"].as_str().unwrap();
        Self {
            id: EndpointId::parse(location.rsplit('/').next().unwrap()).unwrap(),
            key: made["PrimaryKey"].as_str().unwrap().to_owned(),
            at,
            workspace,
            service,
            token,
        }
    }

    /// Where an endpoint is on classic's management wire.
    pub(crate) fn path(&self, name: &str) -> String {
        let (workspace, service) = (&self.workspace, &self.service);
        format!("/workspaces/{workspace}/webservices/{service}/endpoints/{name}")
    }

    /// A path below the service, over REST.
    pub(crate) fn rest(&self, path: &str) -> String {
        let (workspace, service) = (&self.workspace, &self.service);
        format!("/api/v1/workspaces/{workspace}/services/{service}{path}")
    }

    /// Publishes a next version whose answers are 1,000 g heavier, after a change of its manifest.
    pub(crate) async fn heavier(&self, change: impl FnOnce(&mut Value)) {
        self.publish(|manifest, files| {
            files.insert("model.onnx".to_owned(), retrained("heavier.onnx"));
            change(manifest);
        })
        .await;
    }

    /// Has `acme` stay on its version until then, or no longer.
    pub(crate) async fn stay(&self, until: Option<&str>) {
        let (path, body) = (self.rest("/endpoints/acme/stay"), json!({"until": until}));
        self.at.post(&self.token, &path, body).await.expect(200);
    }

    /// Publishes the package as the service's next version, after a change of its manifest and files.
    pub(crate) async fn publish(
        &self,
        change: impl FnOnce(&mut Value, &mut BTreeMap<String, Bytes>),
    ) {
        let folder = package_folder(PACKAGE);
        let mut files: BTreeMap<String, Bytes> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                (name, std::fs::read(entry.path()).unwrap().into())
            })
            .collect();
        let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        change(&mut manifest, &mut files);
        files.insert(
            "manifest.json".to_owned(),
            serde_json::to_vec(&manifest).unwrap().into(),
        );
        let package = Package::from_files(files).unwrap();
        let done = package::import(&self.at.app, &Who::system(), &self.workspace, &package).await;
        assert_eq!(done.unwrap().0.service, self.service);
    }

    pub(crate) async fn customise(&self, model: &str) -> Result<bool, Error> {
        self.customise_slot(SLOT, model).await
    }

    async fn customise_slot(&self, slot: &str, model: &str) -> Result<bool, Error> {
        let new = NewModel {
            resource: slot.to_owned(),
            bytes: retrained(model),
            source: format!("test/{model}"),
        };
        models::customise(&self.at.app, &Who::system(), &self.id, &[new], None).await
    }

    /// Uploads a model into the endpoint's blob area; answers where it is.
    async fn upload(&self, name: &str, model: &str) -> Value {
        let path = format!(
            "/workspaces/{}/services/{}/blobs/models/{name}",
            self.workspace, self.id
        );
        let key = As::Bearer(self.key.clone());
        let ask = self.at.ask(&key, "PUT", &path).bytes(retrained(model));
        let mut location = ask.send().await.expect(201);
        location.as_object_mut().unwrap().remove("ConnectionString");
        location
    }

    /// A PATCH of the slot with the model at this location.
    async fn patch(&self, who: &As, location: &Value, also: Value) -> Reply {
        let mut body = json!({"Resources": [{"Name": SLOT, "Location": location}]});
        let also = also.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(also);
        let ask = self.at.ask(who, "PATCH", &self.path("acme"));
        ask.json(&body).send().await
    }

    async fn refresh(&self, body: &str) -> Reply {
        let path = format!("{}/refresh", self.path("acme"));
        let ask = self
            .at
            .ask(&self.token, "POST", &path)
            .header("content-type", "application/json; charset=us-ascii");
        ask.text(body).send().await
    }

    /// Scores one penguin: grams.
    pub(crate) async fn grams(&self) -> f64 {
        let path = format!(
            "/workspaces/{}/services/{}/execute?format=swagger",
            self.workspace, self.id
        );
        let answer = self.at.call(&path, &self.key, &penguin()).await.expect(200);
        answer["Results"]["output1"][0]["Scored Labels"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Digest of the model in the slot, as classic's wire shows it.
    async fn digest(&self) -> String {
        let shown = self
            .at
            .get(&self.token, &self.path("acme"))
            .await
            .expect(200);
        let text = shown["Resources"][0]["Location"]["RelativeLocation"].as_str();
        text.unwrap_or_default().to_owned()
    }

    pub(crate) async fn revisions(&self) -> Vec<String> {
        self.at.texts("SELECT r.act || ' ' || r.version || ' ' || (r.models <> '{}') FROM revision r JOIN endpoint e ON e.id = r.endpoint_id WHERE e.name = 'acme' ORDER BY r.number").await
    }
}

/// Adds nothing to a model but its digest: a comment.
fn commented(bytes: &Bytes, text: u8) -> Bytes {
    [bytes, &[0x32, 1, text][..]].concat().into()
}

/// Publishes a version whose own models are other files that score the same.
pub(crate) async fn next(stage: &Stage, text: u8) {
    stage
        .publish(|_, files| {
            for name in ["model.onnx", "prepare.onnx"] {
                let bytes = commented(&files[name], text);
                files.insert(name.to_owned(), bytes);
            }
        })
        .await;
}

#[tokio::test]
async fn an_own_model_is_in_force_at_once_and_leaves_its_trace() {
    let stage = Stage::start().await;
    let before = (stage.grams().await, stage.digest().await);
    assert!(stage.customise("heavier.onnx").await.unwrap());
    let after = (stage.grams().await, stage.digest().await);
    assert!(
        (after.0 - before.0 - 1000.0).abs() < 0.01,
        "{before:?} {after:?}"
    );
    assert_ne!(after.1, before.1);
    // The same model again is no change.
    assert!(!stage.customise("heavier.onnx").await.unwrap());
    assert_eq!(stage.revisions().await, ["create 1 0", "customise 1 1"]);
    let trail = stage
        .at
        .texts("SELECT after FROM audit WHERE action = 'endpoint.customise'")
        .await;
    let trail: Value = serde_json::from_str(&trail[0]).unwrap();
    assert_eq!(trail["models"][SLOT]["from"], "test/heavier.onnx");
    assert_eq!(
        format!("sha256/{}", trail["own_models"][SLOT].as_str().unwrap()),
        after.1
    );
    // Over a start of the server, too.
    let Stage {
        at,
        workspace,
        id,
        key,
        ..
    } = stage;
    let at = TestApp::start_in(at.stop().await, crate::support::NOW).await;
    let path = format!("/workspaces/{workspace}/services/{id}/execute?format=swagger");
    let answer = at.call(&path, &key, &penguin()).await.expect(200);
    let grams: f64 = answer["Results"]["output1"][0]["Scored Labels"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((grams - after.0).abs() < 1e-9);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_each_difference() {
    let stage = Stage::start().await;
    let before = stage.digest().await;
    let field = |error: Error| match error {
        Error::Invalid(mut fields) => (fields[0].code.clone(), fields.remove(0).detail),
        other => panic!("{other}"),
    };
    let (code, words) = field(stage.customise("wider.onnx").await.unwrap_err());
    assert_eq!(code, "model_does_not_fit");
    assert_eq!(
        words,
        format!(
            "The model does not fit “{SLOT}”: input “features” has 11 values a row, expected 12; output “weight” is not expected."
        )
    );
    let (code, words) = field(stage.customise("failing.onnx").await.unwrap_err());
    assert_eq!(code, "model_refused");
    assert!(
        words.starts_with("The model fails on the sample rows of version 1: "),
        "{words}"
    );
    for bad in [
        "../bad/truncated.onnx",
        "../bad/external_data.onnx",
        "../bad/unknown_domain.onnx",
    ] {
        let (code, words) = field(stage.customise(bad).await.unwrap_err());
        assert_eq!(code, "model_refused", "{bad}");
        assert!(!words.is_empty());
    }
    let (code, words) = field(
        stage
            .customise_slot("other", "heavier.onnx")
            .await
            .unwrap_err(),
    );
    assert_eq!(code, "resource_unknown");
    assert!(words.contains(SLOT), "{words}");
    assert_eq!(stage.digest().await, before);
    assert_eq!(stage.revisions().await, ["create 1 0"]);
    assert!(
        stage
            .at
            .texts("SELECT action FROM audit WHERE action = 'endpoint.customise'")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn refresh_takes_the_new_version_and_keeps_the_own_model() {
    let stage = Stage::start().await;
    assert_eq!(
        stage
            .refresh(r#"{"OverwriteResources": "False"}"#)
            .await
            .status,
        304
    );
    stage.customise("heavier.onnx").await.unwrap();
    let (own, grams) = (stage.digest().await, stage.grams().await);
    stage.at.wait(1_000_000);
    next(&stage, b'2').await;
    let shown = stage
        .at
        .get(&stage.token, &stage.path("acme"))
        .await
        .expect(200);
    assert_eq!(
        shown["Version"], "2026-11-18T11:06:40.000Z",
        "it stays where it was"
    );
    let default = stage
        .at
        .get(&stage.token, &stage.path("default"))
        .await
        .expect(200);
    assert_eq!(
        default["Version"], "2026-11-18T11:06:41.000Z",
        "default follows by itself"
    );

    let moved = stage
        .refresh(r#"{"OverwriteResources": "False"}"#)
        .await
        .expect(200);
    assert_eq!(moved["Version"], "2026-11-18T11:06:41.000Z");
    assert_eq!(
        (stage.digest().await, stage.grams().await),
        (own.clone(), grams)
    );
    assert_eq!(
        stage
            .refresh(r#"{"OverwriteResources":false}"#)
            .await
            .status,
        304
    );
    assert_eq!(stage.refresh("").await.status, 304);
    let rest = format!(
        "/api/v1/workspaces/{}/services/{}/endpoints/acme",
        stage.workspace, stage.service
    );
    let rest = stage.at.get(&stage.token, &rest).await.expect(200);
    let models = rest["models"].as_array().unwrap();
    assert_eq!(
        (&rest["version"], &models[0]["own"], &models[1]["own"]),
        (&json!(2), &json!(false), &json!(true))
    );
    let default = stage
        .at
        .get(&stage.token, &stage.path("default"))
        .await
        .expect(200);
    assert_ne!(
        default["Resources"][0]["Location"]["RelativeLocation"],
        json!(own)
    );

    let overwritten = stage
        .refresh(r#"{"OverwriteResources": "True"}"#)
        .await
        .expect(200);
    assert_eq!(overwritten["Resources"], default["Resources"]);
    assert!((grams - stage.grams().await - 1000.0).abs() < 0.01);
    assert_eq!(
        stage.refresh(r#"{"OverwriteResources":true}"#).await.status,
        304
    );
    assert_eq!(
        stage.revisions().await,
        ["create 1 0", "customise 1 1", "update 2 1", "update 2 0"]
    );
    let trail = stage.at.texts("SELECT before || after FROM audit WHERE action = 'endpoint.update_version' ORDER BY seq").await;
    assert_eq!(trail.len(), 2);
    assert!(
        trail[0].contains("\"overwrite\":false") && trail[1].contains("\"overwrite\":true"),
        "{trail:?}"
    );
}

#[tokio::test]
async fn refresh_is_refused_where_the_own_model_has_no_place() {
    let stage = Stage::start().await;
    stage.customise("heavier.onnx").await.unwrap();
    let (own, grams) = (stage.digest().await, stage.grams().await);
    // The resource is gone.
    stage
        .publish(|manifest, _| {
            manifest["stages"][1]
                .as_object_mut()
                .unwrap()
                .remove("resource");
        })
        .await;
    let detail = refused(
        &stage.refresh(r#"{"OverwriteResources":"False"}"#).await,
        400,
        "InvalidOperation",
        "IncompatibleModel",
    );
    assert_eq!(detail["target"], SLOT);
    let words = detail["message"].as_str().unwrap();
    assert_eq!(
        words,
        format!(
            "The endpoint has its own model for “{SLOT}”, which the new version does not have."
        )
    );
    // The slot is another one: the preparation makes it, under the model's name.
    stage
        .publish(|manifest, _| {
            let name = manifest["stages"][1]["resource"].take();
            manifest["stages"][1]
                .as_object_mut()
                .unwrap()
                .remove("resource");
            manifest["stages"][0]["resource"] = name;
        })
        .await;
    let detail = refused(
        &stage.refresh("{}").await,
        400,
        "InvalidOperation",
        "IncompatibleModel",
    );
    let words = detail["message"].as_str().unwrap();
    assert!(
        words.contains("no longer fits the new version: input “species” is missing"),
        "{words}"
    );
    assert!(words.contains("output “mass” is not expected"), "{words}");
    assert_eq!((stage.digest().await, stage.grams().await), (own, grams));
    assert_eq!(stage.revisions().await, ["create 1 0", "customise 1 1"]);
    // Overwriting is the way out.
    stage
        .refresh(r#"{"OverwriteResources":"true"}"#)
        .await
        .expect(200);
    assert!((grams - stage.grams().await - 1000.0).abs() < 0.01);
}

#[tokio::test]
async fn refresh_honours_prevent_update_and_passes_default_by() {
    let stage = Stage::start().await;
    next(&stage, b'2').await;
    let patch = async |value: Value| {
        let ask = stage.at.ask(&stage.token, "PATCH", &stage.path("acme"));
        ask.json(&json!({"PreventUpdate": value}))
            .send()
            .await
            .expect(200)
    };
    patch(json!(true)).await;
    for body in [r#"{"OverwriteResources":"True"}"#, "{}"] {
        let detail = refused(
            &stage.refresh(body).await,
            409,
            "Conflict",
            "OperationNotAllowed",
        );
        assert!(
            detail["message"].as_str().unwrap().contains("prevented"),
            "{detail}"
        );
    }
    patch(json!("False")).await;
    for (body, code) in [
        (r#"{"OverwriteResources":"maybe"}"#, "BadParameterValue"),
        (r#"{"OverwriteResources":1}"#, "BadParameterValue"),
        ("[]", "RequestBodyInvalid"),
        ("{", "RequestBodyInvalid"),
    ] {
        refused(&stage.refresh(body).await, 400, "BadArgument", code);
    }
    stage.refresh("{}").await.expect(200);
    let path = format!("{}/refresh", stage.path("default"));
    let default = stage
        .at
        .ask(&stage.token, "POST", &path)
        .json(&json!({}))
        .send()
        .await;
    let detail = refused(&default, 409, "Conflict", "OperationNotAllowed");
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .contains("default endpoint"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_service_without_slots_says_so() {
    let stage = Stage::start().await;
    stage
        .publish(|manifest, _| {
            manifest["stages"][1]
                .as_object_mut()
                .unwrap()
                .remove("resource");
        })
        .await;
    stage.refresh("{}").await.expect(200);
    let location =
        json!({"BaseLocation": stage.at.base, "RelativeLocation": "/x", "SasBlobToken": ""});
    let body = json!({"Resources": [{"Name": SLOT, "Location": location}]});
    let reply = stage
        .at
        .ask(&stage.token, "PATCH", &stage.path("acme"))
        .json(&body)
        .send()
        .await;
    let detail = refused(&reply, 400, "InvalidOperation", "NoUpdatableResources");
    assert_eq!(
        detail["message"],
        "This Web Service has no updatable resources."
    );
    let shown = stage
        .at
        .get(&stage.token, &stage.path("acme"))
        .await
        .expect(200);
    assert_eq!(shown["Resources"], json!([]));
}

#[tokio::test]
async fn no_call_fails_while_models_are_swapped() {
    let stage = Stage::start().await;
    let low = stage.grams().await;
    let plain: Bytes = std::fs::read(package_folder(PACKAGE).join("model.onnx"))
        .unwrap()
        .into();
    let swaps = async {
        for turn in 0..6 {
            let bytes = if turn % 2 == 0 {
                retrained("heavier.onnx")
            } else {
                plain.clone()
            };
            let new = [NewModel {
                resource: SLOT.to_owned(),
                bytes,
                source: String::new(),
            }];
            models::customise(&stage.at.app, &Who::system(), &stage.id, &new, None)
                .await
                .unwrap();
        }
        false
    };
    let calls = async {
        let mut seen = BTreeMap::new();
        loop {
            let grams = stage.grams().await - low;
            assert!(
                grams.abs() < 0.01 || (grams - 1000.0).abs() < 0.01,
                "{grams}"
            );
            *seen.entry(grams > 500.0).or_insert(0) += 1;
            if seen.len() == 2 && seen.values().sum::<i32>() > 50 {
                return seen;
            }
        }
    };
    let (_, seen) = tokio::join!(swaps, calls);
    assert!(seen[&true] > 0 && seen[&false] > 0, "{seen:?}");
}

/// A host that answers every request with this model, and counts them.
async fn elsewhere(model: Bytes) -> (String, std::sync::Arc<std::sync::atomic::AtomicU32>) {
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let base = format!("http://{}/models", listener.local_addr().unwrap());
    let count = std::sync::Arc::new(AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", model.len());
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&model).await;
        }
    });
    (base, count)
}

#[tokio::test]
async fn patch_takes_a_model_from_the_blob_area_by_its_link() {
    let stage = Stage::start().await;
    let before = stage.grams().await;
    let location = stage.upload("heavier.onnx", "heavier.onnx").await;
    let base = location["BaseLocation"].as_str().unwrap();
    assert!(base.starts_with(&stage.at.base), "{location}");
    let settings = json!({"MaxConcurrentCalls": 7, "Description": "retrained"});
    let patched = stage
        .patch(&stage.token, &location, settings)
        .await
        .expect(200);
    assert_eq!(
        (&patched["MaxConcurrentCalls"], &patched["Description"]),
        (&json!(7), &json!("retrained"))
    );
    assert!((stage.grams().await - before - 1000.0).abs() < 0.01);
    assert_eq!(stage.revisions().await, ["create 1 0", "customise 1 1"]);
    let trail = stage.at.texts("SELECT actor_kind || ' ' || action || ' ' || after FROM audit WHERE action IN ('endpoint.update', 'endpoint.customise') ORDER BY seq").await;
    assert_eq!(trail.len(), 2);
    assert!(
        trail[0].starts_with("token endpoint.update ") && trail[0].contains("retrained"),
        "{trail:?}"
    );
    let from = format!("{base}{}", location["RelativeLocation"].as_str().unwrap());
    assert!(
        trail[1].contains(&from) && !trail[1].contains("sig="),
        "{trail:?}"
    );

    // The endpoint's own key opens its own area, and a slash more or a question mark less is no matter.
    stage
        .refresh(r#"{"OverwriteResources":"True"}"#)
        .await
        .expect(200);
    let own = As::Bearer(stage.key.clone());
    let bare = json!({"BaseLocation": base.trim_end_matches('/'), "RelativeLocation": "/models/heavier.onnx", "SasBlobToken": null});
    stage.patch(&own, &bare, json!({})).await.expect(200);
    assert!((stage.grams().await - before - 1000.0).abs() < 0.01);
    let kinds = stage
        .at
        .texts("SELECT actor_kind FROM audit WHERE action = 'endpoint.customise' ORDER BY seq")
        .await;
    assert_eq!(kinds, ["token", "key"]);
}

#[tokio::test]
async fn locations_that_lead_nowhere_are_refused_and_change_nothing() {
    let stage = Stage::start().await;
    let good = stage.upload("heavier.onnx", "heavier.onnx").await;
    let wide = stage.upload("wider.onnx", "wider.onnx").await;
    let own = As::Bearer(stage.key.clone());
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    let other_link = wide["SasBlobToken"].clone();
    for (who, location, code, words) in [
        (
            &stage.token,
            with("SasBlobToken", json!("")),
            "InvalidBlob",
            "does not open it",
        ),
        (
            &stage.token,
            with("SasBlobToken", other_link),
            "InvalidBlob",
            "does not open it",
        ),
        (
            &stage.token,
            with("RelativeLocation", json!("x")),
            "InvalidBlob",
            "no address of a blob",
        ),
        (
            &stage.token,
            with("BaseLocation", json!(stage.at.base)),
            "InvalidBlob",
            "no address of a blob",
        ),
        (
            &own,
            with("RelativeLocation", json!("models/none.onnx")),
            "BlobNotFound",
            "no such blob",
        ),
        (
            &own,
            with("BaseLocation", json!("http://models.example.test/")),
            "InvalidBlob",
            "not allowed",
        ),
        (
            &own,
            with("BaseLocation", json!("file:///etc/")),
            "InvalidBlob",
            "no address of http",
        ),
        (
            &own,
            with("BaseLocation", json!("")),
            "MissingInputBlobInformation",
            "BaseLocation",
        ),
        (
            &own,
            with("RelativeLocation", json!(null)),
            "MissingInputBlobInformation",
            "RelativeLocation",
        ),
    ] {
        let reply = stage
            .patch(who, &location, json!({"Description": "never"}))
            .await;
        let detail = refused(&reply, 400, "BadArgument", code);
        let message = detail["message"].as_str().unwrap();
        assert!(
            message.contains(words) && !message.contains("sig="),
            "{message}"
        );
        assert_eq!(detail["target"], SLOT);
    }
    let detail = refused(
        &stage
            .patch(&stage.token, &wide, json!({"Description": "never"}))
            .await,
        400,
        "InvalidOperation",
        "IncompatibleModel",
    );
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .contains("11 values a row, expected 12")
    );
    // A setting that breaks a rule keeps the model out, too.
    let reply = stage
        .patch(&stage.token, &good, json!({"MaxConcurrentCalls": 201}))
        .await;
    refused(
        &reply,
        400,
        "BadArgument",
        "WebServiceConcurrentRequestRequirementInvalid",
    );
    assert_eq!(stage.revisions().await, ["create 1 0"]);
    let shown = stage
        .at
        .get(&stage.token, &stage.path("acme"))
        .await
        .expect(200);
    assert_eq!(shown["Description"], "");
    // More than there is room for is not read.
    stage.at.sql("UPDATE area_blob SET bytes = 536870913").await;
    let detail = refused(
        &stage.patch(&stage.token, &good, json!({})).await,
        400,
        "BadArgument",
        "InvalidBlob",
    );
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .contains("at most 536870912 bytes"),
        "{detail}"
    );
    stage.at.sql("UPDATE area_blob SET bytes = 30765").await;
    // A link works for a day.
    stage.at.wait(25 * 3600 * 1_000_000);
    let reply = stage.patch(&stage.token, &good, json!({})).await;
    let detail = refused(&reply, 400, "BadArgument", "InvalidBlob");
    assert!(
        detail["message"].as_str().unwrap().contains("has expired"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_model_is_fetched_from_a_host_that_was_allowed_and_from_no_other() {
    use std::sync::atomic::Ordering;
    let (base, count) = elsewhere(retrained("heavier.onnx")).await;
    let home = tempfile::tempdir().unwrap();
    let at = TestApp::start_as(home, NOW, |settings| {
        settings.allowed_sources = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let stage = Stage::start_at(at).await;
    let before = stage.grams().await;
    let location = json!({"BaseLocation": base, "RelativeLocation": "heavier.onnx", "SasBlobToken": "?sig=abc"});
    stage
        .patch(&stage.token, &location, json!({}))
        .await
        .expect(200);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert!((stage.grams().await - before - 1000.0).abs() < 0.01);
    // What has no slot is not asked for.
    let body = json!({"Resources": [{"Name": "other", "Location": location}]});
    let ask = stage
        .at
        .ask(&stage.token, "PATCH", &stage.path("acme"))
        .json(&body);
    refused(&ask.send().await, 400, "BadArgument", "BadParameterValue");
    let default = stage.at.ask(&stage.token, "PATCH", &stage.path("default"));
    let body = json!({"Resources": [{"Name": SLOT, "Location": location}]});
    refused(
        &default.json(&body).send().await,
        409,
        "Conflict",
        "OperationNotAllowed",
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let plain = Stage::start().await;
    let reply = plain.patch(&plain.token, &location, json!({})).await;
    let detail = refused(&reply, 400, "BadArgument", "InvalidBlob");
    assert!(
        detail["message"].as_str().unwrap().contains("not allowed"),
        "{detail}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
