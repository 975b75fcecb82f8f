//! Global parameters: on classic's wire, and in an endpoint's documents.

use crate::support::As;
use crate::world::World;
use serde_json::{Value, json};

/// An endpoint whose model answers `x` times `scale`, with the other sign where `negate` is true.
struct Scaled {
    world: World,
    call: String,
    key: String,
    help: String,
}

impl Scaled {
    async fn start() -> Self {
        let world = World::start().await;
        let folder = "../../tests/fixtures/models/scaled";
        let service = world.at.publish(&world.workspace, folder).await;
        let workspace = &world.workspace;
        let path = format!("/api/v1/workspaces/{workspace}/services/{service}/endpoints");
        let made = world.at.post(&world.owner, &path, json!({"name": "acme"}));
        let made = made.await.expect(201);
        let id = made["endpoint"]["id"].as_str().unwrap();
        Self {
            call: format!("/workspaces/{workspace}/services/{id}/execute?api-version=2.0"),
            key: made["keys"]["primary"].as_str().unwrap().to_owned(),
            help: format!("/workspaces/{workspace}/webservices/{service}/endpoints/{id}"),
            world,
        }
    }

    async fn call(&self, parameters: Value) -> crate::support::Reply {
        let body = json!({
            "Inputs": {"input1": {"ColumnNames": ["x"], "Values": [["1.5"], ["-2"]]}},
            "GlobalParameters": parameters
        });
        self.world.at.call(&self.call, &self.key, &body).await
    }
}

#[tokio::test]
async fn parameters_reach_the_model_and_defaults_stand_in() {
    let scaled = Scaled::start().await;
    let check = async |parameters: Value, expected: [&str; 2]| {
        let answer = scaled.call(parameters.clone()).await.expect(200);
        let rows = &answer["Results"]["output1"]["value"]["Values"];
        assert_eq!(
            (&rows[0][1], &rows[1][1]),
            (&json!(expected[0]), &json!(expected[1])),
            "{parameters}"
        );
    };
    check(json!({}), ["3", "-4"]).await;
    check(Value::Null, ["3", "-4"]).await;
    check(json!({"scale": "10"}), ["15", "-20"]).await;
    check(json!({"scale": 0.5, "negate": true}), ["-0.75", "1"]).await;
    check(json!({"negate": "True", "scale": null}), ["-3", "4"]).await;
    check(json!({"scale": "1e1", "negate": "0"}), ["15", "-20"]).await;
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let scaled = Scaled::start().await;
    let check = async |parameters: Value, code: &str, target: &str| {
        let error = scaled.call(parameters).await.expect(400)["error"].clone();
        assert_eq!(error["code"], "BadUserArgument");
        let detail = &error["details"][0];
        assert_eq!(
            (&detail["code"], &detail["target"]),
            (&json!(code), &json!(target))
        );
        assert!(!detail["message"].as_str().unwrap().is_empty());
    };
    check(json!({"scale": "wide"}), "UserParameterInvalid", "scale").await;
    check(json!({"negate": [true]}), "UserParameterInvalid", "negate").await;
    check(json!({"Scale": "1"}), "UnexpectedParameter", "Scale").await;
}

#[tokio::test]
async fn documents_name_them_with_their_defaults() {
    let scaled = Scaled::start().await;
    let read = async |name: &str| {
        let path = format!("{}/{name}", scaled.help);
        scaled.world.at.get(&As::Nobody, &path).await
    };
    let document = read("apidocument").await.expect(200);
    let request = &document["definitions"]["ExecutionRequest"];
    assert_eq!(
        request["properties"]["GlobalParameters"],
        json!({"type": "object", "properties": {
            "scale": {"type": "number", "format": "double", "description": "What x is multiplied by.", "default": 2.0},
            "negate": {"type": "boolean", "description": "Whether the sign is turned.", "default": false}
        }})
    );
    assert_eq!(
        request["example"]["GlobalParameters"],
        json!({"scale": 2.0, "negate": false})
    );
    let page = read("score").await.text;
    for part in [
        "<td><code>scale</code></td><td>number</td><td><code>2</code></td><td>What x is multiplied by.</td>",
        "GlobalParameters = new Dictionary<string, string> { [\"scale\"] = \"2\", [\"negate\"] = \"false\" }",
        "\"GlobalParameters\": {\"scale\": \"2\", \"negate\": \"false\"},",
        "GlobalParameters = list(\"scale\" = \"2\", \"negate\" = \"false\")",
    ] {
        let part = part.replace("<string, string>", "&lt;string, string&gt;");
        assert!(page.contains(&part), "{part} in {page}");
    }
}
