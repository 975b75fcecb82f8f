//! Publishing versions: what changes for callers, the self-test and its second run, the command line.

use crate::drafts::{drafts, files, scaled, settled, upload, vetted, with_manifest, zipped};
use crate::support::{As, NOW, TestApp};
use crate::world::World;
use portico_server::audit::Who;
use portico_server::package::{self, Package};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

#[tokio::test]
async fn a_package_becomes_the_next_version_of_the_service_of_its_name() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let mut package = files("penguin-species");
    with_manifest(&mut package, |m| {
        m["notes"] = json!("Second.");
        m["inputs"][1]["max"] = json!(63);
    });
    let (path, draft) = vetted(&world, "file=species.zip", zipped(&package)).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    assert_eq!(draft["service_id"], world.service.as_str());
    assert_eq!(draft["name"], "Penguin species");
    assert_eq!(
        (&draft["sample_rows"], &draft["samples_made_up"]),
        (&json!(344), &json!(false))
    );
    assert_eq!(draft["samples"].as_array().unwrap().len(), 20);
    assert_eq!(draft["stages"][1]["outputs"][0]["element"], "text");
    let parity = &draft["parity"];
    assert_eq!(
        (&parity["compared"], &parity["label_differences"]),
        (&json!(344), &json!(0))
    );
    assert!(parity["largest_difference"].as_f64().unwrap() < 1e-5);
    assert!(
        parity["engine"]
            .as_str()
            .unwrap()
            .starts_with("ONNX Runtime 1."),
        "{parity}"
    );
    let changes = draft["difference"]["changes"].as_array().unwrap();
    assert_eq!(draft["difference"]["from"], 1);
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (&changes[0]["code"], &changes[0]["breaking"]),
        (&json!("range"), &json!(false))
    );
    // The service keeps its name.
    let renamed = at.patch(owner, &path, json!({"name": "Other"})).await;
    assert_eq!(
        renamed.problem(422, "invalid")["errors"][0]["code"],
        "name_of_service"
    );

    let done = at
        .post(owner, &format!("{path}/publish"), json!({}))
        .await
        .expect(201);
    assert_eq!(
        done,
        json!({"service_id": world.service.as_str(), "version": 2})
    );
    let listed = at.get(owner, &world.path("/versions")).await.expect(200);
    let newest = &listed["items"][0];
    assert_eq!(newest["number"], 2);
    assert_eq!(newest["published_by"], "olga");
    assert_eq!(newest["parity"]["compared"], 344);
    assert_eq!(newest["difference"], draft["difference"]);
    assert_eq!(listed["items"][1]["difference"], Value::Null);
    let default = at
        .get(owner, &world.path("/endpoints/default"))
        .await
        .expect(200);
    assert_eq!(default["version"], 2);
    let acts =
        at.texts("SELECT action FROM audit WHERE object_kind IN ('draft', 'version') ORDER BY seq");
    assert_eq!(
        acts.await,
        [
            "version.publish",
            "draft.create",
            "version.publish",
            "draft.publish"
        ]
    );
}

#[tokio::test]
async fn what_breaks_callers_is_refused_with_each_change_unless_it_is_accepted() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let mut package = files("penguin-species");
    package.remove("expected.csv");
    with_manifest(&mut package, |m| {
        m["outputs"][0]["column"] = json!("Species");
        m["inputs"][0]["description"] = json!("Where it nests.");
        m["parameters"] = json!([{"name": "unit", "type": "string"}]);
        m["sample_parameters"] = json!({"unit": "mm"});
    });
    let query = format!("file=species.zip&service={}", world.service);
    let (path, draft) = vetted(&world, &query, zipped(&package)).await;
    assert_eq!(draft["state"], "ready", "{draft}");
    let state = async || {
        (
            at.get(owner, &path).await.json(),
            at.get(owner, &world.path("/versions")).await.json(),
            at.get(owner, &world.path("/endpoints/default"))
                .await
                .json(),
            at.texts("SELECT action FROM audit").await,
        )
    };
    let before = state().await;
    let refused = at.post(owner, &format!("{path}/publish"), json!({})).await;
    let problem = refused.problem(422, "invalid");
    assert_eq!(
        problem["errors"],
        json!([
            {
                "pointer": "/schema/outputs/Scored Labels",
                "code": "breaking_removed",
                "detail": "“Scored Labels” is no output any more."
            },
            {
                "pointer": "/schema/parameters/unit",
                "code": "breaking_added",
                "detail": "“unit” is a new parameter that has to be given."
            }
        ])
    );
    assert_eq!(state().await, before);

    let publish = json!({"accept_breaking": true});
    at.post(owner, &format!("{path}/publish"), publish)
        .await
        .expect(201);
    let version = at.get(owner, &world.path("/versions/2")).await.expect(200);
    let changes = version["difference"]["changes"].as_array().unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|c| {
            (
                c["name"].as_str().unwrap(),
                c["code"].as_str().unwrap(),
                c["breaking"] == true,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Scored Labels", "removed", true),
            ("unit", "added", true),
            ("island", "description", false),
            ("Species", "added", false),
        ]
    );
    // The self-test gives the new parameter the value that the package scored its sample rows with.
    let check = at
        .ask(owner, "POST", &world.path("/versions/2/check"))
        .send()
        .await;
    assert_eq!(check.expect(200)["rows"], 344);
}

#[tokio::test]
async fn two_drafts_of_one_service_are_compared_with_what_is_newest_when_they_are_published() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let mut first = files("penguin-species");
    first.remove("expected.csv");
    with_manifest(&mut first, |m| m["outputs"][0]["column"] = json!("Species"));
    let same = files("penguin-species");
    let (one, _) = vetted(&world, "file=a.zip", zipped(&first)).await;
    let (two, draft) = vetted(&world, "file=b.zip", zipped(&same)).await;
    assert_eq!(draft["difference"], json!({"from": 1, "changes": []}));
    let accept = json!({"accept_breaking": true});
    at.post(owner, &format!("{one}/publish"), accept)
        .await
        .expect(201);
    let refused = at.post(owner, &format!("{two}/publish"), json!({})).await;
    let errors = refused.problem(422, "invalid")["errors"].clone();
    assert_eq!(errors[0]["detail"], "“Species” is no output any more.");
}

#[tokio::test]
async fn the_self_test_is_run_again_when_asked_and_on_another_engine() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let check = world.path("/versions/1/check");
    let parity = at.ask(owner, "POST", &check).send().await.expect(200);
    assert_eq!(
        (&parity["rows"], &parity["compared"]),
        (&json!(344), &json!(344))
    );
    assert_eq!(parity["failed"], Value::Null);
    let none = at
        .ask(owner, "POST", &world.path("/versions/9/check"))
        .send()
        .await;
    none.problem(404, "not_found");
    let acts = at
        .texts("SELECT action FROM audit WHERE action = 'version.check'")
        .await;
    assert_eq!(acts.len(), 1);

    let elsewhere = "UPDATE version SET parity = json_set(parity, '$.engine', 'another', '$.label_differences', 7)";
    assert_eq!(at.sql(elsewhere).await, 1);
    let (path, token) = (world.path("/versions/1"), world.token.clone());
    let shown = at.get(&token, &path).await.expect(200);
    assert_eq!(shown["parity"]["label_differences"], 7);
    let home = world.at.stop().await;
    let at = TestApp::start_in(home, NOW).await;
    let ask = async || at.get(&token, &path).await.expect(200)["parity"].clone();
    let parity = at.until(ask, |parity| parity["engine"] != "another").await;
    let engine = parity["engine"].as_str().unwrap();
    assert!(engine.starts_with("ONNX Runtime 1."), "{engine}");
    assert_eq!(parity["label_differences"], 0);
}

#[tokio::test]
async fn differences_from_what_is_expected_are_counted_and_placed() {
    let world = World::start().await;
    let mut package = files("penguin-species");
    let expected = String::from_utf8(package["expected.csv"].to_vec()).unwrap();
    let mut lines: Vec<String> = expected.lines().map(str::to_owned).collect();
    let cells: Vec<&str> = lines[3].split(',').collect();
    lines[3] = format!("Emperor,{},{},0.75", cells[1], cells[2]);
    package.insert("expected.csv".to_owned(), (lines.join("\n") + "\n").into());
    let (_, draft) = vetted(&world, "file=species.zip", zipped(&package)).await;
    let parity = &draft["parity"];
    assert_eq!(parity["label_differences"], 1);
    assert!((parity["label_share"].as_f64().unwrap() - 1.0 / 344.0).abs() < 1e-9);
    assert_eq!(
        parity["largest_at"],
        json!({"row": 3, "column": "Scored Probabilities for Class \"Gentoo\""})
    );
    assert!(parity["largest_difference"].as_f64().unwrap() > 0.5);
}

#[tokio::test]
async fn a_service_with_a_required_parameter_can_be_imported() {
    let world = World::start().await;
    let mut scaled = scaled();
    with_manifest(&mut scaled, |m| {
        m["sample_parameters"] = json!({"scale": "2"});
    });
    let package = Package::from_files(scaled).unwrap();
    let done = package::import(&world.at.app, &Who::system(), &world.workspace, &package).await;
    let (published, parity) = done.unwrap();
    assert_eq!((published.number, parity.compared), (1, parity.rows));
    assert!(parity.largest_difference < 1e-6, "{parity:?}");
}

/// Runs `portico publish` against this server with the workspace's token.
async fn publish(world: &World, file: &Path, more: &[&str]) -> Output {
    let As::Bearer(token) = &world.token else {
        panic!("a token");
    };
    let command = tokio::process::Command::new(env!("CARGO_BIN_EXE_portico"))
        .arg("publish")
        .arg(file)
        .args([
            "--url",
            &world.at.base,
            "--workspace",
            world.workspace.as_str(),
        ])
        .args(more)
        .env("PORTICO_TOKEN", token)
        .output();
    command.await.unwrap()
}

#[tokio::test]
async fn the_command_line_publishes_and_says_what_it_does() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let folder = crate::support::package_folder("penguin-species");
    let done = publish(&world, &folder, &["--notes", "From a folder."]).await;
    let said = text(&done.stdout);
    assert!(done.status.success(), "{said}{}", text(&done.stderr));
    for line in [
        "uploading penguin-species.zip",
        &format!("published version 2 of service {}", world.service),
        "344 sample rows scored: 0 labels differ",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let version = at.get(owner, &world.path("/versions/2")).await.expect(200);
    assert_eq!(version["notes"], "From a folder.");
    assert_eq!(version["published_by"], "workspace token");

    // A bare model under the service's name has other columns: each is named, and nothing is left.
    let model = folder.join("model.onnx");
    let done = publish(&world, &model, &["--name", "Penguin species"]).await;
    let said = text(&done.stderr);
    assert!(!done.status.success());
    assert!(
        said.contains("/schema/inputs/island: “island” is no input any more."),
        "{said}"
    );
    assert!(said.contains("--accept-breaking"), "{said}");
    let listed = at.get(owner, &world.path("/versions")).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let states = at.texts("SELECT state FROM draft").await;
    assert_eq!(states, ["published"]);

    let done = publish(&world, &model, &["--name", "Bare"]).await;
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("published version 1 of service"));
    assert_eq!(
        at.texts("SELECT name FROM service ORDER BY name").await,
        ["Bare", "Penguin species"]
    );

    let done = publish(&world, &model, &["--service", "Nowhere"]).await;
    assert!(text(&done.stderr).contains("no service “Nowhere”"));
    let other = World::start().await;
    let wrong = World {
        token: other.token.clone(),
        ..world
    };
    let done = publish(&wrong, &model, &[]).await;
    assert!(
        text(&done.stderr).contains("(401)"),
        "{}",
        text(&done.stderr)
    );
}

#[tokio::test]
async fn drafts_are_listed_newest_first_page_by_page() {
    let world = World::start().await;
    let (at, owner) = (&world.at, &world.owner);
    for name in ["a", "b", "c"] {
        let made = upload(&world, &format!("file={name}"), name.into())
            .await
            .expect(201);
        let path = drafts(&world, &format!("/{}", made["id"].as_str().unwrap()));
        settled(at, owner, &path).await;
        at.wait(1_000_000);
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let path = drafts(&world, &format!("?page_size=2{token}"));
        let page = at.get(owner, &path).await.expect(200);
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|draft| draft["file"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_page_token"].as_str() else {
            break;
        };
        token = format!("&page_token={next}");
    }
    assert_eq!(seen, ["c", "b", "a"]);
}
