//! `swagger.json`, `apidocument` and the help pages: public by endpoint id, unless the workspace says no.

use crate::support::{As, Reply};
use crate::world::{Endpoint, World, penguin};
use serde_json::{Value, json};

/// Where an endpoint's documents are.
struct Documents {
    swagger: String,
    help: String,
}

impl Documents {
    fn of(world: &World, endpoint: &Endpoint) -> Self {
        let (workspace, service) = (&world.workspace, &world.service);
        Self {
            swagger: endpoint.call.split("/execute").next().unwrap().to_owned() + "/swagger.json",
            help: format!(
                "/workspaces/{workspace}/webservices/{service}/endpoints/{}",
                endpoint.id
            ),
        }
    }

    /// Every document's path.
    fn all(&self) -> Vec<String> {
        let below = ["apidocument", "score", "jobs", "update"];
        let mut paths: Vec<_> = below
            .iter()
            .map(|name| format!("{}/{name}", self.help))
            .collect();
        paths.push(self.swagger.clone());
        paths
    }
}

async fn read(world: &World, path: &str) -> Reply {
    world.at.get(&As::Nobody, path).await
}

#[tokio::test]
async fn swagger_is_public_and_in_the_order_that_clients_count_on() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let documents = Documents::of(&world, &acme);
    let reply = read(&world, &documents.swagger).await;
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    let paths = [
        "\"/swagger.json\":{\"get\":",
        "\"/execute?api-version=2.0&format=swagger\":{\"post\":",
        "\"/jobs?api-version=2.0\":{\"post\":",
        "\"/jobs/{jobId}?api-version=2.0\":{\"get\":",
        "\"/jobs/{jobId}/start?api-version=2.0\":{\"post\":",
    ];
    let places: Vec<_> = paths
        .iter()
        .map(|path| reply.text.find(path).expect(path))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    // Columns too: clients type an answer's columns by their place.
    let columns = reply.text.split("\"output1Item\":").nth(1).unwrap();
    let names = [
        "\"island\":",
        "\"bill_length_mm\":",
        "\"sex\":",
        "\"Scored Labels\":",
    ];
    let places: Vec<_> = names
        .iter()
        .map(|name| columns.find(name).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");

    let document = reply.expect(200);
    let url = format!(
        "{}://{}{}{}",
        document["schemes"][0].as_str().unwrap(),
        document["host"].as_str().unwrap(),
        document["basePath"].as_str().unwrap(),
        "/swagger.json"
    );
    assert_eq!(url, format!("{}{}", world.at.base, documents.swagger));
    let operation = &document["paths"]["/execute?api-version=2.0&format=swagger"]["post"];
    assert_eq!(operation["operationId"], "execute");
    let example = &document["definitions"]["ExecutionRequest"]["example"]["Inputs"]["input1"];
    assert_eq!(
        example,
        &json!([{"island": "Torgersen", "bill_length_mm": 39.1, "bill_depth_mm": 18.7,
                 "flipper_length_mm": 181.0, "body_mass_g": 3750.0, "sex": "male"}])
    );
    let item = &document["definitions"]["input1Item"]["properties"];
    assert_eq!(item["island"]["type"], "string");
    assert_eq!(
        (&item["body_mass_g"]["type"], &item["body_mass_g"]["format"]),
        (&json!("number"), &json!("double"))
    );
    // Each reference leads somewhere.
    for part in document.to_string().split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }

    let copy = read(&world, &format!("{}/apidocument", documents.help)).await;
    assert_eq!(copy.expect(200), document);
}

#[tokio::test]
async fn the_example_of_the_document_can_be_sent() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let documents = Documents::of(&world, &acme);
    let document = read(&world, &documents.swagger).await.expect(200);
    let request = document["definitions"]["ExecutionRequest"]["example"].clone();
    let base = document["basePath"].as_str().unwrap();
    let paths = document["paths"].as_object().unwrap();
    let path = paths.keys().find(|path| path.starts_with("/execute"));
    let path = format!("{base}{}", path.unwrap());
    let answer = world.at.call(&path, &acme.primary, &request).await;
    let row = answer.expect(200)["Results"]["output1"][0].clone();
    let columns = document["definitions"]["output1Item"]["properties"].clone();
    let names =
        |object: &Value| -> Vec<String> { object.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(names(&row), names(&columns));
}

#[tokio::test]
async fn help_pages_say_everything_and_nothing_runs_in_them() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let documents = Documents::of(&world, &acme);
    let page = async |name: &str| {
        let reply = read(&world, &format!("{}/{name}", documents.help)).await;
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.status, 200);
        for part in ["<script", " style=", " onclick=", "<style", "javascript:"] {
            assert!(!reply.text.contains(part), "{part} in {name}");
        }
        assert!(
            reply
                .text
                .starts_with("<!doctype html>\n<html lang=\"en\">")
        );
        reply.text
    };
    let score = page("score").await;
    for part in [
        "<title>Request Response API Documentation for Penguin species</title>",
        "Tells the species of a penguin",
        "/execute?api-version=2.0</code>",
        "<td><code>flipper_length_mm</code></td><td>number</td>",
        "Length of the flipper, in millimetres.",
        "<code>Scored Probabilities for Class &quot;Adelie&quot;</code>",
        "\"Torgersen\", \"39.1\", \"18.7\", \"181\", \"3750\", \"male\"",
        "<code>RequestThrottled</code>",
        "x-ms-request-id",
        "id=\"code-snippet-csharp\">\nusing System;",
        "id=\"code-snippet-python\">\nimport json",
    ] {
        assert!(score.contains(part), "{part} in {score}");
    }
    // The R package shows the page from this id to its end.
    let (_, code) = score.split_once("code-snippet-r").unwrap();
    assert!(code.starts_with("\">\nlibrary(httr)"), "{code}");
    assert!(!code.contains("<section") && !code.contains("code-snippet-r"));

    let jobs = page("jobs").await;
    for part in [
        "Batch Execution API Documentation for",
        "/jobs?api-version=2.0",
        "NotStarted",
    ] {
        assert!(jobs.contains(part), "{part}");
    }
    let update = page("update").await;
    let patch = format!(
        "{}/acme</code>",
        documents.help.replace(&format!("/{}", acme.id), "")
    );
    for part in [
        "Update Resource API Documentation for",
        "Species model [trained model]",
        &patch,
    ] {
        assert!(update.contains(part), "{part} in {update}");
    }

    let sheet = read(&world, "/help.css").await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.text.contains("light-dark(") && score.contains("/help.css\""));
    let tag = sheet.header("etag").to_owned();
    let again = world.at.ask(&As::Nobody, "GET", "/help.css");
    let again = again.header("if-none-match", &tag).send().await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let icon = read(&world, "/help.svg").await;
    assert_eq!(icon.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn text_of_publishers_is_text_in_the_pages() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let hostile = "</p><script>alert(1)</script>\"'&";
    let change = json!({"name": format!("P {hostile}"), "description": hostile});
    world
        .at
        .patch(&world.owner, &world.path(""), change)
        .await
        .expect(200);
    let documents = Documents::of(&world, &acme);
    for name in ["score", "jobs", "update"] {
        let page = read(&world, &format!("{}/{name}", documents.help)).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("<script>alert"), "{}", page.text);
        let escaped = "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;";
        assert!(page.text.matches(escaped).count() >= 2, "{}", page.text);
    }
    let document = read(&world, &documents.swagger).await.expect(200);
    assert_eq!(document["info"]["description"], hostile);
}

#[tokio::test]
async fn sample_rows_are_shown_only_where_the_endpoint_shows_them() {
    let world = World::start().await;
    let request = json!({"name": "shy", "sample_data_enabled": false});
    let shy = world.endpoint_of(request).await;
    let documents = Documents::of(&world, &shy);
    for path in documents.all() {
        let reply = read(&world, &path).await;
        assert_eq!(reply.status, 200, "{path}");
        for cell in ["Torgersen", "39.1", "3750"] {
            assert!(!reply.text.contains(cell), "{cell} in {path}");
        }
        for private in [
            &shy.primary,
            &shy.secondary,
            "2500",
            "6500",
            "Chinstrap penguin",
        ] {
            assert!(!reply.text.contains(private), "{private} in {path}");
        }
    }
    let document = read(&world, &documents.swagger).await.expect(200);
    let example = &document["definitions"]["ExecutionRequest"]["example"]["Inputs"]["input1"][0];
    assert_eq!(
        (&example["island"], &example["body_mass_g"]),
        (&json!("value"), &json!(0.0))
    );
}

#[tokio::test]
async fn an_owner_switches_documents_off_and_they_do_not_exist() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let documents = Documents::of(&world, &acme);
    let nothing = read(
        &world,
        &documents.swagger.replace(&acme.id, &"0".repeat(32)),
    )
    .await;
    let error = nothing.expect(404);
    assert_eq!(error["error"]["details"][0]["code"], "WebServiceNotFound");

    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    let shown = world.at.get(&world.owner, &workspace).await.expect(200);
    assert_eq!(shown["public_documents"], true);
    let switch = async |on: bool| {
        let change = json!({"public_documents": on});
        let changed = world.at.patch(&world.owner, &workspace, change).await;
        assert_eq!(changed.expect(200)["public_documents"], on);
    };
    switch(false).await;
    for path in documents.all() {
        let reply = read(&world, &path).await;
        assert_eq!((reply.status, &reply.text), (404, &nothing.text), "{path}");
    }
    // The style sheet says nothing about anyone, and calls are another matter.
    assert_eq!(read(&world, "/help.css").await.status, 200);
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    let audited = world
        .at
        .texts("SELECT after FROM audit WHERE action = 'workspace.update'")
        .await;
    assert!(
        audited[0].contains("\"public_documents\":false"),
        "{audited:?}"
    );
    // Other changes leave the switch as it is.
    let renamed = world
        .at
        .patch(&world.owner, &workspace, json!({"name": "ice"}));
    assert_eq!(renamed.await.expect(200)["public_documents"], false);
    switch(true).await;
    for path in documents.all() {
        assert_eq!(read(&world, &path).await.status, 200, "{path}");
    }
    let wrong = world
        .at
        .patch(&world.owner, &workspace, json!({"public_documents": "no"}));
    wrong.await.problem(422, "invalid");
}

#[tokio::test]
async fn what_does_not_belong_together_is_not_found() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let documents = Documents::of(&world, &acme);
    let nobody = "0".repeat(32);
    let (workspace, service) = (world.workspace.as_str(), world.service.as_str());
    let mut checked = 0;
    for path in documents.all() {
        for part in [workspace, service, &acme.id] {
            for other in [nobody.as_str(), "x", "%ff", "acme"] {
                let wrong = path.replace(part, other);
                if wrong == path {
                    continue;
                }
                let error = read(&world, &wrong).await.expect(404);
                assert_eq!(error["error"]["code"], "NotFound", "{wrong}");
                checked += 1;
            }
        }
        for method in ["POST", "PUT", "DELETE"] {
            let reply = world.at.ask(&As::Nobody, method, &path).send().await;
            assert_eq!(reply.expect(405)["error"]["code"], "BadArgument", "{path}");
        }
    }
    assert_eq!(checked, 4 * 3 * 4 + 2 * 4);
    world
        .at
        .call(&acme.call, &acme.primary, &penguin())
        .await
        .expect(200);
    let gone = world.at.ask(&world.owner, "DELETE", &acme.path);
    gone.header("if-match", "*").send().await;
    for path in documents.all() {
        assert_eq!(read(&world, &path).await.status, 404, "{path}");
    }
}
