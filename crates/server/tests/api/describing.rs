//! Describing a draft: which edits are refused, what becomes of its sample rows and of what is expected of them,
//! and edits that meet another act.

use crate::drafts::{drafts, files, fixture, scaled, vetted, with_manifest, zipped};
use crate::support::Reply;
use crate::world::World;
use portico_api::draft::PublishDraft;
use portico_api::id::DraftId;
use portico_server::acts::models::AT_ONCE;
use portico_server::acts::{drafts as acts, versions};
use portico_server::audit::Who;
use portico_server::error::Error;
use portico_server::store::drafts as store;
use serde_json::{Value, json};
use std::pin::pin;
use std::time::Duration;

/// A package of two stages that are called, and its draft.
async fn species(world: &World) -> (String, Value) {
    let (path, draft) = vetted(
        world,
        "file=a.zip&service=none",
        zipped(&files("penguin-species")),
    )
    .await;
    assert_eq!(draft["state"], "ready", "{draft}");
    (path, draft)
}

async fn stored(world: &World, path: &str) -> store::Stored {
    let id = DraftId::parse(path.rsplit('/').next().unwrap()).unwrap();
    let found = store::by_id(world.at.app.store.read(), &id).await;
    found.unwrap().unwrap()
}

fn told(reply: &Reply) -> (String, String) {
    let error = reply.problem(422, "invalid")["errors"][0].clone();
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (text("pointer"), text("code"))
}

#[tokio::test]
async fn what_is_expected_goes_with_renamed_outputs() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let (path, draft) = species(&world).await;
    let parity = async |schema: &Value| {
        let change = json!({"schema": schema});
        at.patch(owner, &path, change).await.expect(200);
        let preview = format!("{path}/preview");
        at.ask(owner, "POST", &preview).send().await.expect(200);
        at.get(owner, &path).await.json()["parity"].clone()
    };
    let mut schema = draft["schema"].clone();
    schema["outputs"][0]["column"] = json!("Species");
    schema["outputs"][3]["column"] = json!("Gentoo");
    let renamed = parity(&schema).await;
    assert_eq!(
        (&renamed["compared"], &renamed["label_differences"]),
        (&json!(344), &json!(0))
    );
    assert!(renamed["largest_difference"].as_f64().unwrap() < 1e-5);
    let last = schema["outputs"].as_array_mut().unwrap().pop().unwrap();
    assert_eq!(parity(&schema).await["compared"], 344);
    // Of a new one nothing is known, and then nothing is compared.
    schema["outputs"].as_array_mut().unwrap().push(last);
    assert_eq!(parity(&schema).await["compared"], 0);
    let publish = format!("{path}/publish");
    at.post(owner, &publish, json!({})).await.expect(201);
    // A version's files are its own.
    assert!(at.texts("SELECT sha256 FROM draft_file").await.is_empty());
    // The audit trail has what changed in the schema, not two schemas.
    let trail = at
        .texts("SELECT after FROM audit WHERE action = 'draft.update' ORDER BY seq")
        .await;
    let first: Value = serde_json::from_str(&trail[0]).unwrap();
    assert_eq!(first["schema"]["changes"], 4);
    assert_eq!(
        first["schema"]["first"][0],
        "“Scored Labels” is no output any more."
    );
}

#[tokio::test]
async fn rows_and_stages_that_break_a_rule_are_named() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let (path, draft) = species(&world).await;
    let field = async |change: Value, pointer: &str, code: &str| {
        let reply = at.patch(owner, &path, change).await;
        assert_eq!(told(&reply), (pointer.to_owned(), code.to_owned()));
    };
    let row = draft["samples"][0].clone();
    field(
        json!({"samples": vec![row; 1_001]}),
        "/samples",
        "samples_count",
    )
    .await;
    let stages = draft["stages"].as_array().unwrap();
    let resource = |stage: &Value| json!({"file": stage["file"], "resource": "Mine"});
    let twice: Vec<_> = stages.iter().map(resource).collect();
    field(json!({"resources": twice}), "/resources", "resource_twice").await;
    // Rows that somebody gave are not made up anew for a column that they lack.
    let mut schema = draft["schema"].clone();
    let column = json!({"name": "weight", "type": "double"});
    schema["inputs"].as_array_mut().unwrap().push(column);
    field(json!({"schema": schema}), "/samples", "samples_do_not_fit").await;
}

#[tokio::test]
async fn rows_that_do_not_score_are_told_where_they_are_given() {
    let world = World::start().await;
    let (path, draft) = vetted(&world, "file=a.onnx", fixture("bad/one_row.onnx")).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    for act in ["preview", "publish"] {
        let path = format!("{path}/{act}");
        let reply = world.at.post(&world.owner, &path, json!({})).await;
        assert_eq!(
            told(&reply),
            ("/samples".to_owned(), "samples_not_scored".to_owned())
        );
    }
}

#[tokio::test]
async fn a_draft_that_is_edited_or_deleted_while_it_is_published_is_not_published() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let (path, _) = vetted(&world, "file=x.onnx", fixture("brief/model.onnx")).await;
    let wish = PublishDraft {
        accept_breaking: false,
    };
    for act in ["PATCH", "DELETE"] {
        let before = stored(&world, &path).await;
        if act == "PATCH" {
            let notes = json!({"notes": "Other."});
            at.patch(owner, &path, notes).await.expect(200);
        } else {
            at.delete(owner, &path).await.expect(204);
        }
        let refused = acts::publish(&at.app, &Who::system(), &before, &wish).await;
        let Err(Error::Conflict(words)) = refused else {
            panic!("{act}: {refused:?}");
        };
        assert_eq!(words, "The draft changed meanwhile. Look at it again.");
    }
    assert_eq!(
        at.texts("SELECT name FROM service").await,
        ["Penguin species"]
    );
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_before_anything_is_kept() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let mut package = files("../../tests/fixtures/models/brief");
    with_manifest(&mut package, |m| {
        m["description"] = "a".repeat(2_001).into();
    });
    let (path, draft) = vetted(&world, "file=x.zip&service=none", zipped(&package)).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    let kept = || at.app.blobs.written_before(i64::MAX).unwrap().len();
    let before = kept();
    let reply = at.post(owner, &format!("{path}/publish"), json!({})).await;
    assert_eq!(
        told(&reply),
        ("/description".to_owned(), "text_too_long".to_owned())
    );
    assert_eq!(kept(), before);
}

#[tokio::test]
async fn what_holds_models_in_memory_takes_turns() {
    let world = World::start().await;
    let app = &world.at.app;
    let (path, _) = vetted(&world, "file=x.onnx", fixture("brief/model.onnx")).await;
    assert!(path.starts_with(&drafts(&world, "")));
    let draft = stored(&world, &path).await;
    let who = Who::system();
    let wish = PublishDraft {
        accept_breaking: false,
    };
    let mut preview = pin!(acts::preview(app, &draft));
    let mut check = pin!(versions::check(
        app,
        &who,
        &world.workspace,
        &world.service,
        1
    ));
    let all = AT_ONCE.acquire_many(2).await.unwrap();
    let soon = Duration::from_millis(500);
    assert!(tokio::time::timeout(soon, &mut preview).await.is_err());
    assert!(tokio::time::timeout(soon, &mut check).await.is_err());
    {
        let publish = pin!(acts::publish(app, &who, &draft, &wish));
        assert!(tokio::time::timeout(soon, publish).await.is_err());
    }
    drop(all);
    preview.await.unwrap();
    check.await.unwrap();
}

#[tokio::test]
async fn edits_that_break_a_rule_are_named_and_change_nothing() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let mut scaled = scaled();
    with_manifest(&mut scaled, |m| {
        m["sample_parameters"] = json!({"scale": 2});
    });
    let (path, draft) = vetted(&world, "file=scaled.zip&service=none", zipped(&scaled)).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    assert_eq!(draft["sample_parameters"], json!({"scale": "2"}));
    assert_eq!(draft["parity"]["label_differences"], 0);
    let before = at.get(owner, &path).await;
    let schema = |at: &str, value: Value| {
        let mut schema = draft["schema"].clone();
        *schema.pointer_mut(at).unwrap() = value;
        json!({"schema": schema})
    };
    let (kind, tensor, default) = (
        "/inputs/0/type",
        "/outputs/0/tensor",
        "/parameters/1/default",
    );
    let colour = json!({"name": "x", "type": "double", "colour": "red"});
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
            schema("/inputs", json!([])),
            "/schema/inputs",
            "columns_missing",
        ),
        (
            schema("/inputs/0/name", json!("z")),
            "/schema/inputs",
            "tensor_missing",
        ),
        (
            schema(kind, json!("string")),
            "/schema/inputs/0/type",
            "type_does_not_fit",
        ),
        (
            schema(tensor, json!("z")),
            "/schema/outputs/0/tensor",
            "tensor_unknown",
        ),
        (
            schema(default, json!("x")),
            "/schema/parameters/1/default",
            "value_type",
        ),
        (
            schema("/inputs/0", colour),
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
    let (_, draft) = vetted(&world, "file=scaled.zip", zipped(&scaled())).await;
    assert_eq!(draft["state"], "refused");
    assert_eq!(
        draft["refused"],
        "The sample rows: Global parameter scale has no default and needs a value."
    );
}
