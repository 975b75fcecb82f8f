//! The audit trail: each act leaves its row, and no row a secret.

use crate::support::{As, Reply};
use crate::world::World;
use serde_json::{Value, json};

#[tokio::test]
async fn every_act_leaves_a_row_without_secrets() {
    let world = World::start().await;
    let at = &world.at;
    let workspace = format!("/api/v1/workspaces/{}", world.workspace);
    let mut expected = at.texts("SELECT action FROM audit ORDER BY seq").await;
    let made = ["workspace.create", "endpoint.create", "version.publish"];
    assert_eq!(expected, made);
    let mut did = |action: &str, reply: Reply| {
        assert!(
            (200..300).contains(&reply.status),
            "{action}: {}",
            reply.text
        );
        expected.push(action.to_owned());
        reply
    };
    let created = did(
        "endpoint.create",
        at.post(
            &world.owner,
            &world.path("/endpoints"),
            json!({"name": "acme"}),
        )
        .await,
    );
    let acme = world.path("/endpoints/acme");
    let key = format!("{acme}/keys/primary");
    let nothing = async |path: String| at.ask(&world.owner, "POST", &path).send().await;
    did(
        "endpoint.update",
        at.patch(&world.owner, &acme, json!({"paused": true})).await,
    );
    did("key.reveal", nothing(format!("{key}/reveal")).await);
    let rotated = did(
        "key.rotate",
        at.post(
            &world.owner,
            &format!("{key}/rotate"),
            json!({"grace_seconds": 60}),
        )
        .await,
    );
    did("key.end_grace", nothing(format!("{key}/end-grace")).await);
    did(
        "key.update",
        at.ask(&world.token, "PATCH", &key)
            .json(&json!({"disabled": true}))
            .send()
            .await,
    );
    did("endpoint.delete", at.delete(&world.owner, &acme).await);
    did("endpoint.restore", nothing(format!("{acme}/restore")).await);
    did(
        "customer.create",
        at.post(
            &world.owner,
            &format!("{workspace}/customers"),
            json!({"name": "Acme"}),
        )
        .await,
    );
    did(
        "workspace.update",
        at.patch(&world.owner, &workspace, json!({"description": "d"}))
            .await,
    );
    did(
        "service.update",
        at.patch(&world.owner, &world.path(""), json!({"description": "d"}))
            .await,
    );
    let stepped = did(
        "session.step_up",
        at.post(
            &world.owner,
            "/api/v1/session/step-up",
            json!({"password": "correct horse"}),
        )
        .await,
    );
    let owner = stepped.cookie();
    did("service.delete", at.delete(&owner, &world.path("")).await);
    did("workspace.delete", at.delete(&owner, &workspace).await);
    did(
        "session.sign_out",
        at.ask(&owner, "DELETE", "/api/v1/session").send().await,
    );
    let signed = json!({"email": "olga@example.test", "password": "correct horse"});
    did(
        "session.sign_in",
        at.post(&As::Nobody, "/api/v1/session", signed).await,
    );
    assert_eq!(
        at.texts("SELECT action FROM audit ORDER BY seq").await,
        expected
    );

    let rows = at.texts("SELECT json_object('at', at, 'kind', actor_kind, 'actor', actor_id, 'act', action, 'what', object_id,
        'before', before, 'after', after, 'request', request_id, 'address', address) FROM audit ORDER BY seq").await;
    let whole = rows.join("\n");
    for secret in [
        "portico_",
        "correct horse",
        created.json()["keys"]["secondary"].as_str().unwrap(),
        rotated.json()["value"].as_str().unwrap(),
    ] {
        assert!(!whole.contains(secret), "{secret} stands in the trail");
    }
    for (number, row) in rows.iter().enumerate().skip(made.len()) {
        let row: Value = serde_json::from_str(row).unwrap();
        let act = row["act"].as_str().unwrap();
        let kind = match act {
            "key.update" => "token",
            "session.sign_in" => "anonymous",
            _ => "person",
        };
        assert_eq!(
            (row["kind"].as_str(), row["address"].as_str()),
            (Some(kind), Some("127.0.0.1")),
            "{row}"
        );
        assert_eq!(row["request"].as_str().unwrap().len(), 32, "row {number}");
    }
    let As::Bearer(token) = &world.token else {
        panic!()
    };
    let by_token = at
        .texts("SELECT actor_id FROM audit WHERE actor_kind = 'token'")
        .await;
    assert_eq!(
        by_token,
        [token.split('_').nth(2).unwrap()[..11].to_owned()]
    );
    let update = at
        .texts("SELECT before || after FROM audit WHERE action = 'endpoint.update'")
        .await;
    assert_eq!(update, [r#"{"paused":false}{"paused":true}"#]);

    // Nobody changes a row, not even past the server.
    for statement in ["UPDATE audit SET action = 'x'", "DELETE FROM audit"] {
        let mut tx = at.app.store.begin().await.unwrap();
        let refused = sqlx::query(statement).execute(tx.conn()).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}
