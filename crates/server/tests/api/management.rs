//! Classic's management wire: who may do what, what the answers look like, what bad requests are told.

use crate::support::{As, Reply};
use crate::world::{World, penguin};
use portico_api::id::ServiceId;
use serde_json::{Value, json};

/// An id that nothing has.
const NO_ID: &str = "00000000000000000000000000000000";

/// The path of the service on this wire.
fn service(world: &World) -> String {
    format!(
        "/workspaces/{}/webservices/{}",
        world.workspace, world.service
    )
}

fn endpoint(world: &World, name: &str) -> String {
    format!("{}/endpoints/{name}", service(world))
}

fn bearer(key: &str) -> As {
    As::Bearer(key.to_owned())
}

/// Fails unless this is an error in classic's form with this status, class and code; answers its detail.
#[track_caller]
pub(crate) fn refused(reply: &Reply, status: u16, class: &str, code: &str) -> Value {
    let error = reply.expect(status)["error"].clone();
    assert_eq!(
        (&error["code"], &error["details"][0]["code"]),
        (&json!(class), &json!(code)),
        "{error}"
    );
    assert!(
        error["message"].is_string() && error["details"][0]["message"].is_string(),
        "{error}"
    );
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    error["details"][0].clone()
}

#[track_caller]
fn unauthorized(reply: &Reply) {
    assert_eq!(
        reply.text,
        r#"{"error":{"code":"Unauthorized","message":"Unauthorized","details":[{"code":"ManagementRequestUnauthorized","message":"Invalid credentials provided."}]}}"#
    );
    assert_eq!(
        (reply.status, reply.header("www-authenticate").as_str()),
        (401, "Bearer")
    );
}

#[tokio::test]
async fn every_route_for_every_caller() {
    let world = World::start().await;
    let at = &world.at;
    let (_, other_token) = at.workspace("other", &world.owner_id).await;
    let own = world.endpoint("acme").await;
    let other = world.endpoint("next").await;
    let customer = at.person("carla", false).await;
    let customer = at.customer(&world.workspace, "Carla", &customer).await;
    let sold = world
        .endpoint_of(json!({"name": "sold", "customer_id": customer}))
        .await;
    let other_service = at.publish(&world.workspace, "penguin-body-mass").await;
    let services = format!("/workspaces/{}/webservices", world.workspace);
    let far = format!("{services}/{other_service}");
    let (of, acme) = (service(&world), endpoint(&world, "acme"));
    let description = json!({"Description": "d"});
    let nothing = json!({});
    // Changes stand in an order in which each finds what it is about.
    // Columns: token, own key, sold key (of the endpoint "sold"), key of another endpoint.
    let rows: Vec<(&str, String, Option<&Value>, [u16; 4])> = vec![
        ("GET", services.clone(), None, [200, 200, 200, 200]),
        ("GET", of.clone(), None, [200, 200, 200, 200]),
        ("GET", far.clone(), None, [200, 401, 401, 401]),
        (
            "GET",
            format!("{services}/{NO_ID}"),
            None,
            [404, 401, 401, 401],
        ),
        ("PUT", of.clone(), Some(&nothing), [400, 403, 403, 403]),
        (
            "DELETE",
            format!("{services}/{NO_ID}"),
            None,
            [404, 401, 401, 401],
        ),
        ("DELETE", far.clone(), None, [200, 401, 401, 401]),
        ("GET", format!("{of}/endpoints"), None, [200, 200, 200, 200]),
        (
            "GET",
            format!("{services}/{NO_ID}/endpoints"),
            None,
            [404, 401, 401, 401],
        ),
        ("GET", acme.clone(), None, [200, 200, 401, 401]),
        ("GET", endpoint(&world, &own.id), None, [200, 200, 401, 401]),
        ("GET", endpoint(&world, "sold"), None, [200, 401, 200, 401]),
        (
            "GET",
            endpoint(&world, "nobody"),
            None,
            [404, 401, 401, 401],
        ),
        ("GET", endpoint(&world, NO_ID), None, [404, 401, 401, 401]),
        (
            "GET",
            format!("{far}/endpoints/{}", own.id),
            None,
            [404, 401, 401, 401],
        ),
        (
            "PATCH",
            acme.clone(),
            Some(&description),
            [200, 200, 401, 401],
        ),
        (
            "PATCH",
            endpoint(&world, "sold"),
            Some(&description),
            [200, 401, 403, 401],
        ),
        (
            "PATCH",
            endpoint(&world, "nobody"),
            Some(&description),
            [404, 401, 401, 401],
        ),
        (
            "PUT",
            endpoint(&world, "acme"),
            Some(&nothing),
            [409, 403, 403, 403],
        ),
        (
            "PUT",
            endpoint(&world, "fresh"),
            Some(&nothing),
            [200, 403, 403, 403],
        ),
        (
            "POST",
            format!("{acme}/refresh"),
            Some(&nothing),
            [304, 304, 401, 401],
        ),
        (
            "POST",
            format!("{}/refresh", endpoint(&world, "sold")),
            Some(&nothing),
            [304, 401, 403, 401],
        ),
        (
            "DELETE",
            endpoint(&world, "nobody"),
            None,
            [404, 401, 401, 401],
        ),
        (
            "DELETE",
            endpoint(&world, "sold"),
            None,
            [200, 401, 403, 401],
        ),
        ("DELETE", acme.clone(), None, [200, 403, 401, 401]),
    ];
    let mut wrong = Vec::new();
    for (method, path, body, expected) in rows {
        let send = async |who: &As| {
            let ask = at.ask(who, method, &path);
            let ask = match body {
                Some(body) => ask.json(body),
                None => ask,
            };
            ask.send().await
        };
        let (rest, last) = own.primary.split_at(own.primary.len() - 1);
        let mistyped = format!("{rest}{}", if last == "x" { "y" } else { "x" });
        for who in [
            As::Nobody,
            other_token.clone(),
            bearer(&mistyped),
            world.owner.clone(),
        ] {
            unauthorized(&send(&who).await);
        }
        // Keys before the token, so that what it deletes is still there for them.
        let callers = [
            (&bearer(&own.secondary), expected[1]),
            (&bearer(&sold.primary), expected[2]),
            (&bearer(&other.primary), expected[3]),
        ];
        for (index, (who, status)) in callers.into_iter().enumerate() {
            let reply = send(who).await;
            match status {
                401 if reply.status == 401 => unauthorized(&reply),
                403 if reply.status == 403 => {
                    refused(&reply, 403, "Unauthorized", "ManagementRequestUnauthorized");
                }
                _ if reply.status == status => {}
                _ => wrong.push(format!(
                    "{method} {path} by {index}: {} for {status}: {}",
                    reply.status, reply.text
                )),
            }
        }
        let reply = send(&world.token).await;
        if reply.status != expected[0] {
            wrong.push(format!(
                "{method} {path}: {} for {}: {}",
                reply.status, expected[0], reply.text
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Who was deleted does not call any more.
    assert_eq!(world.try_key(&own, &own.primary).await, 401);
    unauthorized(&at.get(&bearer(&own.primary), &services).await);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_in_classics_form() {
    let world = World::start().await;
    let at = &world.at;
    let of = service(&world);
    for path in [
        format!("{of}/nothing"),
        format!("{of}/endpoints/default/nothing"),
    ] {
        refused(
            &at.get(&world.token, &path).await,
            404,
            "NotFound",
            "WebServiceNotFound",
        );
    }
    for (method, path) in [
        ("POST", of.clone()),
        ("POST", format!("{of}/endpoints")),
        ("POST", format!("{of}/endpoints/default")),
        ("GET", format!("{of}/endpoints/default/refresh")),
        (
            "PATCH",
            format!("/workspaces/{}/webservices", world.workspace),
        ),
    ] {
        let reply = at.ask(&world.token, method, &path).send().await;
        refused(&reply, 405, "BadArgument", "BadParameterValue");
    }
    for who in [&world.token, &As::Nobody] {
        let path = format!("{of}/endpoints?key=abc");
        let reply = at.get(who, &path).await;
        refused(&reply, 400, "BadArgument", "InvalidQueryParameter");
    }
    for workspace in [NO_ID, "x", "%ff"] {
        let path = format!("/workspaces/{workspace}/webservices");
        unauthorized(&at.get(&world.token, &path).await);
    }
    for id in ["x", "%ff", &NO_ID.replace('0', "A")] {
        let path = format!("/workspaces/{}/webservices/{id}", world.workspace);
        let reply = at.get(&world.token, &path).await;
        assert!(matches!(reply.status, 401 | 404), "{id}: {}", reply.text);
    }
}

#[tokio::test]
async fn services_and_endpoints_look_as_classics_did() {
    let world = World::start().await;
    let at = &world.at;
    let (workspace, id, base) = (&world.workspace, &world.service, &at.base);
    let services = at
        .get(
            &world.token,
            &format!("/workspaces/{workspace}/webservices"),
        )
        .await;
    let expected = format!(
        r#"{{"Id":"{id}","Name":"Penguin species","Description":{},"CreationTime":"2026-11-18T11:06:40.000Z","WorkspaceId":"{workspace}","DefaultEndpointName":"default","EndpointCount":1}}"#,
        services.expect(200)[0]["Description"]
    );
    assert_eq!(services.text, format!("[{expected}]"));
    assert_eq!(at.get(&world.token, &service(&world)).await.text, expected);

    let own = world.endpoint("acme").await;
    let reply = at.get(&world.token, &endpoint(&world, "acme")).await;
    let shown = reply.expect(200);
    let digest = shown["Resources"][0]["Location"]["RelativeLocation"]
        .as_str()
        .unwrap();
    assert!(
        digest
            .strip_prefix("sha256/")
            .is_some_and(|hex| hex.len() == 64),
        "{digest}"
    );
    assert_eq!(
        reply.text,
        format!(
            r#"{{"Name":"acme","Description":"","CreationTime":"2026-11-18T11:06:40.000Z","WorkspaceId":"{workspace}","WebServiceId":"{id}","HelpLocation":"{base}/workspaces/{workspace}/webservices/{id}/endpoints/{own}","ApiLocation":"{base}/workspaces/{workspace}/services/{own}","Version":"2026-11-18T11:06:40.000Z","PreventUpdate":false,"SampleDataEnabled":true,"MaxConcurrentCalls":20,"DiagnosticsTraceLevel":"None","ThrottleLevel":"High","Resources":[{{"Name":{name},"Kind":"TrainedModel","Location":{{"BaseLocation":null,"RelativeLocation":"{digest}","SasBlobToken":null}}}}]}}"#,
            own = own.id,
            name = shown["Resources"][0]["Name"],
        )
    );
    assert_eq!(
        at.get(&world.token, &endpoint(&world, &own.id)).await.text,
        reply.text
    );
    let all = at
        .get(&world.token, &format!("{}/endpoints", service(&world)))
        .await
        .expect(200);
    assert_eq!((&all[0]["Name"], &all[1]), (&json!("default"), &shown));
    // A body of any kind, headers of old clients, any run of spaces.
    let odd = at
        .ask(&As::Nobody, "GET", &endpoint(&world, "acme"))
        .header("authorization", &format!("bearer \t  {}", own.primary))
        .header("x-ms-metaanalytics-authorizationtoken", &own.primary)
        .header("x-aml-sdk", "dotnetsdk_0.3.8")
        .header("content-type", "application/json;charset=UTF8");
    assert_eq!(odd.send().await.expect(200)["Name"], "acme");
}

#[tokio::test]
async fn keys_are_told_to_who_made_them_or_holds_them() {
    let world = World::start().await;
    let at = &world.at;
    let own = world.endpoint("acme").await;
    world.endpoint("next").await;
    let of = service(&world);
    for path in [
        format!("{of}/endpoints"),
        format!("{of}/endpoints?decryptSecrets=true"),
        format!("{of}/endpoints/acme?decryptSecrets=true"),
    ] {
        let reply = at.get(&world.token, &path).await;
        reply.expect(200);
        assert!(
            !reply.text.contains("Key") && !reply.text.contains("portico_"),
            "{}",
            reply.text
        );
    }
    for (key, slot, other) in [
        (&own.primary, "PrimaryKey", "SecondaryKey"),
        (&own.secondary, "SecondaryKey", "PrimaryKey"),
    ] {
        let mine = at
            .get(&bearer(key), &format!("{of}/endpoints?decryptSecrets=true"))
            .await
            .expect(200);
        assert_eq!(mine.as_array().unwrap().len(), 1, "its own endpoint alone");
        assert_eq!((&mine[0][slot], mine[0].get(other)), (&json!(key), None));
        let services = at
            .get(
                &bearer(key),
                &format!("/workspaces/{}/webservices", world.workspace),
            )
            .await;
        let services = services.expect(200);
        assert_eq!(
            (
                services.as_array().unwrap().len(),
                &services[0]["EndpointCount"]
            ),
            (1, &json!(1))
        );
    }
    let reveals = at
        .texts("SELECT action FROM audit WHERE action LIKE '%reveal%'")
        .await;
    assert!(reveals.is_empty(), "{reveals:?}");
}

#[tokio::test]
async fn an_endpoint_is_added_once() {
    let world = World::start().await;
    let at = &world.at;
    let path = endpoint(&world, "epsilon");
    // As PowerShell writes it.
    let body = format!(
        r#"{{"WebServiceId":"{}","EndpointName":"epsilon","Description":"for ?","ThrottleLevel":"High","MaxConcurrentCalls":3,"PreventUpdate":true}}"#,
        world.service
    );
    let put = async |path: &str, body: &str| {
        let ask = at.ask(&world.token, "PUT", path);
        ask.header("content-type", "application/json; charset=us-ascii")
            .text(body)
            .send()
            .await
    };
    let made = put(&path, &body).await.expect(200);
    assert_eq!(
        (
            &made["Name"],
            &made["Description"],
            &made["MaxConcurrentCalls"],
            &made["ThrottleLevel"],
            &made["PreventUpdate"]
        ),
        (
            &json!("epsilon"),
            &json!("for ?"),
            &json!(3),
            &json!("High"),
            &json!(true)
        )
    );
    let call = made["ApiLocation"]
        .as_str()
        .unwrap()
        .strip_prefix(&at.base)
        .unwrap();
    let call = format!("{call}/execute?api-version=2.0");
    for slot in ["PrimaryKey", "SecondaryKey"] {
        let key = made[slot].as_str().unwrap();
        assert_eq!(at.call(&call, key, &penguin()).await.status, 200, "{slot}");
    }
    let again = put(&path, &body.replace(',', " , ")).await.expect(200);
    assert_eq!(
        (again.get("PrimaryKey"), &again["ApiLocation"]),
        (None, &made["ApiLocation"])
    );
    let other = put(&path, &body.replace("for ?", "other")).await;
    let detail = refused(&other, 409, "Conflict", "EndpointNameTaken");
    assert!(detail["message"].as_str().unwrap().contains("epsilon"));

    let minted = "abababababababababababababababab";
    let low = format!(
        r#"{{"Id":"{minted}","ThrottleLevel":"Low","MaxConcurrentCalls":99,"SampleDataEnabled":"False","DiagnosticsTraceLevel":"Error"}}"#
    );
    let made = put(&endpoint(&world, "low"), &low).await.expect(200);
    assert!(made["ApiLocation"].as_str().unwrap().ends_with(minted));
    assert_eq!(
        (
            &made["MaxConcurrentCalls"],
            &made["ThrottleLevel"],
            &made["SampleDataEnabled"],
            &made["DiagnosticsTraceLevel"]
        ),
        (&json!(4), &json!("Low"), &json!(false), &json!("Error"))
    );
    let plain = put(
        &endpoint(&world, "plain"),
        "{\"MaxConcurrentCalls\":null,\"ThrottleLevel\":null}",
    )
    .await
    .expect(200);
    assert_eq!(
        (&plain["MaxConcurrentCalls"], &plain["ThrottleLevel"]),
        (&json!(20), &json!("High"))
    );
    put(&endpoint(&world, "spent"), &low).await.expect(409);

    let rows = at.texts("SELECT action || ' ' || actor_kind FROM audit WHERE action = 'endpoint.create' AND actor_kind = 'token'").await;
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn bad_additions_name_the_field_and_change_nothing() {
    let world = World::start().await;
    let at = &world.at;
    at.patch(
        &world.owner,
        &format!("/api/v1/workspaces/{}", world.workspace),
        json!({"max_concurrent_calls_cap": 50}),
    )
    .await
    .expect(200);
    let put = async |name: &str, body: &str| {
        let ask = at.ask(&world.token, "PUT", &endpoint(&world, name));
        ask.header("content-type", "application/json")
            .text(body)
            .send()
            .await
    };
    for (body, code) in [
        ("", "RequestIsEmpty"),
        ("[]", "RequestBodyInvalid"),
        ("{", "RequestBodyInvalid"),
        ("null", "RequestBodyInvalid"),
    ] {
        refused(&put("fine", body).await, 400, "BadArgument", code);
    }
    let long = "x".repeat(2001);
    let invalid = "WebServiceConcurrentRequestRequirementInvalid";
    for (name, body, code, target) in [
        ("Upper", json!({}), "BadParameterValue", "EndpointName"),
        ("a-b", json!({}), "BadParameterValue", "EndpointName"),
        (
            "a234567890123456789012345",
            json!({}),
            "BadParameterValue",
            "EndpointName",
        ),
        (
            "fine",
            json!({"EndpointName": "other"}),
            "BadParameterValue",
            "EndpointName",
        ),
        (
            "fine",
            json!({"WebServiceId": NO_ID}),
            "BadParameterValue",
            "WebServiceId",
        ),
        ("fine", json!({"Id": "x"}), "BadParameterValue", "Id"),
        (
            "fine",
            json!({"Description": 7}),
            "BadParameterValue",
            "Description",
        ),
        (
            "fine",
            json!({"Description": long}),
            "BadParameterValue",
            "Description",
        ),
        (
            "fine",
            json!({"ThrottleLevel": "Medium"}),
            "BadParameterValue",
            "ThrottleLevel",
        ),
        (
            "fine",
            json!({"MaxConcurrentCalls": "many"}),
            "BadParameterValue",
            "MaxConcurrentCalls",
        ),
        (
            "fine",
            json!({"MaxConcurrentCalls": -1}),
            "BadParameterValue",
            "MaxConcurrentCalls",
        ),
        (
            "fine",
            json!({"MaxConcurrentCalls": 0}),
            invalid,
            "MaxConcurrentCalls",
        ),
        (
            "fine",
            json!({"MaxConcurrentCalls": 201}),
            invalid,
            "MaxConcurrentCalls",
        ),
        (
            "fine",
            json!({"MaxConcurrentCalls": 51}),
            "WebServiceTooManyConcurrentRequestRequirement",
            "MaxConcurrentCalls",
        ),
        (
            "fine",
            json!({"PreventUpdate": "maybe"}),
            "BadParameterValue",
            "PreventUpdate",
        ),
        (
            "fine",
            json!({"SampleDataEnabled": 1}),
            "BadParameterValue",
            "SampleDataEnabled",
        ),
        (
            "fine",
            json!({"DiagnosticsTraceLevel": "Verbose"}),
            "BadParameterValue",
            "DiagnosticsTraceLevel",
        ),
    ] {
        let detail = refused(
            &put(name, &body.to_string()).await,
            400,
            "BadArgument",
            code,
        );
        assert_eq!(detail["target"], target, "{detail}");
    }
    let default = refused(
        &put("default", "{}").await,
        409,
        "Conflict",
        "EndpointNameTaken",
    );
    assert!(default["message"].is_string());
    let all = at
        .get(&world.token, &format!("{}/endpoints", service(&world)))
        .await
        .expect(200);
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn settings_are_patched_and_in_force() {
    let world = World::start().await;
    let at = &world.at;
    world.endpoint("acme").await;
    let path = endpoint(&world, "acme");
    let patch = async |body: Value| {
        at.ask(&world.token, "PATCH", &path)
            .json(&body)
            .send()
            .await
    };
    let all = json!({"Description": "new", "ThrottleLevel": "High", "MaxConcurrentCalls": "7", "DiagnosticsTraceLevel": "All",
        "PreventUpdate": "True", "SampleDataEnabled": false});
    let changed = patch(all).await.expect(200);
    for (field, value) in [
        ("Description", json!("new")),
        ("MaxConcurrentCalls", json!(7)),
        ("DiagnosticsTraceLevel", json!("All")),
        ("PreventUpdate", json!(true)),
        ("SampleDataEnabled", json!(false)),
    ] {
        assert_eq!(changed[field], value, "{field}");
    }
    let limit = async |body: Value| {
        let changed = patch(body).await.expect(200);
        (
            changed["ThrottleLevel"].as_str().unwrap().to_owned(),
            changed["MaxConcurrentCalls"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        limit(json!({"ThrottleLevel": "Low", "MaxConcurrentCalls": 9})).await,
        ("Low".to_owned(), 4)
    );
    assert_eq!(
        limit(json!({"MaxConcurrentCalls": 9})).await,
        ("Low".to_owned(), 4)
    );
    assert_eq!(
        limit(json!({"ThrottleLevel": "High"})).await,
        ("High".to_owned(), 20)
    );
    assert_eq!(
        limit(json!({"MaxConcurrentCalls": 9})).await,
        ("High".to_owned(), 9)
    );
    assert_eq!(
        limit(json!({"Description": "again"})).await,
        ("High".to_owned(), 9)
    );
    let shown = at
        .get(&world.owner, &world.path("/endpoints/acme"))
        .await
        .expect(200);
    assert_eq!(
        shown["throttle"],
        json!({"level": "high", "max_concurrent_calls": 9, "queue_ms": 0, "queue_max": 0})
    );

    for (body, code) in [
        (json!({}), "BadParameterValue"),
        (json!({"PrimaryKey": "x"}), "BadParameterValue"),
        (
            json!({"MaxConcurrentCalls": 0}),
            "WebServiceConcurrentRequestRequirementInvalid",
        ),
        (json!({"Resources": {}}), "BadParameterValue"),
        (json!({"Resources": ["x"]}), "BadParameterValue"),
        (
            json!({"Resources": [{"Location": {}}]}),
            "BadParameterValue",
        ),
        (json!({"Resources": [{"Name": "m"}]}), "BadParameterValue"),
        (
            json!({"Resources": [{"Name": "m", "Location": {}}]}),
            "MissingInputBlobInformation",
        ),
        (
            json!({"Resources": [{"Name": "m", "Location": {"BaseLocation": 1}}]}),
            "BadParameterValue",
        ),
    ] {
        refused(&patch(body.clone()).await, 400, "BadArgument", code);
    }
    let location =
        json!({"BaseLocation": "http://x/", "RelativeLocation": "m", "SasBlobToken": ""});
    let twice = json!({"Resources": [{"Name": "m", "Location": location}, {"Name": "m", "Location": location}]});
    let detail = refused(&patch(twice).await, 400, "BadArgument", "BadParameterValue");
    assert_eq!(detail["target"], "Resources[1].Name");
    let one = json!({"Resources": [{"Name": "m", "Location": location}]});
    let detail = refused(
        &patch(one.clone()).await,
        400,
        "BadArgument",
        "BadParameterValue",
    );
    let words = detail["message"].as_str().unwrap();
    assert!(
        words.starts_with("This Web Service has no updatable resource “m”. It has: "),
        "{words}"
    );
    let default = at
        .ask(&world.token, "PATCH", &endpoint(&world, "default"))
        .json(&one)
        .send()
        .await;
    let detail = refused(&default, 409, "Conflict", "OperationNotAllowed");
    assert!(
        detail["message"]
            .as_str()
            .unwrap()
            .contains("default endpoint")
    );
    let settings = json!({"Description": "mine"});
    let default = at
        .ask(&world.token, "PATCH", &endpoint(&world, "default"))
        .json(&settings)
        .send()
        .await;
    assert_eq!(default.expect(200)["Description"], "mine");
}

#[tokio::test]
async fn code_is_not_published_and_the_default_endpoint_stays() {
    let world = World::start().await;
    let at = &world.at;
    world.endpoint("acme").await;
    let fresh = format!(
        "/workspaces/{}/webservices/{}",
        world.workspace,
        "ab".repeat(16)
    );
    let code = json!({"Name": "adder", "Type": "Code", "CodeBundle": {"InputSchema": {}, "OutputSchema": {}, "Language": "python-2.7-64", "SourceCode": "x"}});
    for path in [&fresh, &service(&world)] {
        let reply = at.ask(&world.token, "PUT", path).json(&code).send().await;
        let detail = refused(&reply, 400, "BadArgument", "WebServiceTypeInvalid");
        assert!(
            detail["message"].as_str().unwrap().contains("ONNX"),
            "{detail}"
        );
    }
    let default = endpoint(&world, "default");
    let reply = at.ask(&world.token, "DELETE", &default).send().await;
    refused(&reply, 409, "Conflict", "OperationNotAllowed");
    at.ask(&world.token, "DELETE", &endpoint(&world, "acme"))
        .send()
        .await
        .expect(200);
    at.ask(&world.token, "DELETE", &default)
        .send()
        .await
        .expect(200);
    at.ask(&world.token, "DELETE", &service(&world))
        .send()
        .await
        .expect(200);
    refused(
        &at.get(&world.token, &service(&world)).await,
        404,
        "NotFound",
        "WebServiceIdNotFoundInWorkspace",
    );
    let actions = at
        .texts("SELECT action FROM audit WHERE actor_kind = 'token' ORDER BY seq")
        .await;
    assert_eq!(
        actions,
        ["endpoint.delete", "endpoint.delete", "service.delete"]
    );
}

#[tokio::test]
async fn services_may_share_a_name() {
    let world = World::start().await;
    let at = &world.at;
    let id = ServiceId::from_bytes([7; 16]);
    let mut tx = at.app.store.begin().await.unwrap();
    portico_server::store::services::insert(
        tx.conn(),
        &world.workspace,
        &id,
        "Penguin species",
        "",
        1,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let services = at
        .get(
            &world.token,
            &format!("/workspaces/{}/webservices", world.workspace),
        )
        .await
        .expect(200);
    let names: Vec<_> = services
        .as_array()
        .unwrap()
        .iter()
        .map(|service| &service["Name"])
        .collect();
    assert_eq!(names, ["Penguin species", "Penguin species"]);
    let one = at
        .get(
            &world.token,
            &format!("/workspaces/{}/webservices/{id}", world.workspace),
        )
        .await
        .expect(200);
    assert_eq!(one["Id"], json!(id));
}
