//! Every route for every kind of caller: what the server decides is what the access table says.

use crate::support::{As, Reply};
use crate::world::World;
use portico_api::id::{CustomerId, PersonId, WorkspaceId};
use portico_api::routes::{self, Route};
use portico_api::session::Role;
use portico_domain::access::{Decision, Scope, Standing, decide, row};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// An id that nothing has.
const NO_ID: &str = "00000000000000000000000000000000";

struct Actor {
    name: &'static str,
    who: As,
    person: Option<PersonId>,
    /// What the caller is as far as a route of this scope is concerned.
    standing: fn(Scope) -> Standing,
}

struct Stage {
    world: World,
    actors: Vec<Actor>,
    workspace: WorkspaceId,
    customer: CustomerId,
    /// A draft that was refused.
    draft: String,
    /// A run that has ended.
    run: String,
    count: AtomicU32,
}

fn member(role: Role) -> Standing {
    Standing::person(false, Some(role), false)
}

fn customer_of(granted: bool) -> Standing {
    Standing::person(false, Some(Role::Customer), granted)
}

async fn stage() -> Stage {
    let world = World::start().await;
    let at = &world.at;
    let workspace = world.workspace.clone();
    let other_service = at.publish(&workspace, "penguin-body-mass").await;
    let mut actors = vec![Actor {
        name: "anonymous",
        who: As::Nobody,
        person: None,
        standing: |_| Standing::anonymous(),
    }];
    let mut people = Vec::new();
    for (name, administrator, standing) in [
        (
            "stranger",
            false,
            (|_| Standing::person(false, None, false)) as fn(Scope) -> Standing,
        ),
        ("administrator", true, |_| {
            Standing::person(true, None, false)
        }),
        ("publisher", false, |_| member(Role::Publisher)),
        ("granted", false, |_| customer_of(true)),
        // Sees the service by an endpoint of its own, and none but that one.
        ("neighbour", false, |scope| {
            customer_of(scope == Scope::Service)
        }),
        ("elsewhere", false, |_| customer_of(false)),
    ] {
        let id = at.person(name, administrator).await;
        let who = at.session(&id).await;
        people.push(id.clone());
        actors.push(Actor {
            name,
            who,
            person: Some(id),
            standing,
        });
    }
    actors.push(Actor {
        name: "owner",
        who: world.owner.clone(),
        person: Some(world.owner_id.clone()),
        standing: |_| member(Role::Owner),
    });
    actors.push(Actor {
        name: "token",
        who: world.token.clone(),
        person: None,
        standing: |_| Standing::token(true),
    });
    let (_, other_token) = at.workspace("other", &people[0]).await;
    actors.push(Actor {
        name: "token of another workspace",
        who: other_token,
        person: None,
        // Routes without a workspace in their path are about the token's own.
        standing: |scope| {
            let own = matches!(scope, Scope::Public | Scope::Signed | Scope::Installation);
            Standing::token(own)
        },
    });
    at.member(&workspace, &people[2], Role::Publisher).await;
    let granted = at.customer(&workspace, "Granted", &people[3]).await;
    let neighbour = at.customer(&workspace, "Neighbour", &people[4]).await;
    let elsewhere = at.customer(&workspace, "Elsewhere", &people[5]).await;
    for (name, customer) in [("acme", &granted), ("gone", &granted), ("next", &neighbour)] {
        let request = json!({"name": name, "customer_id": customer});
        world.endpoint_of(request).await;
    }
    let path = format!("/api/v1/workspaces/{workspace}/services/{other_service}/endpoints");
    let request = json!({"name": "far", "customer_id": elsewhere});
    at.post(&world.owner, &path, request).await.expect(201);
    at.delete(&world.owner, &world.path("/endpoints/gone"))
        .await
        .expect(204);
    let path = format!("/api/v1/workspaces/{workspace}/drafts?file=none.onnx");
    let draft = at.ask(&world.owner, "POST", &path).text("no model");
    let draft = draft.send().await.expect(201);
    // It finds nothing to do, and is over before the first question about it.
    let request = json!({"selection": {"kind": "all"}, "act": {"kind": "update"}});
    let run = at
        .post(&world.owner, &world.path("/runs"), request)
        .await
        .expect(202);
    let run = run["id"].as_str().unwrap().to_owned();
    let shown = world.path(&format!("/runs/{run}"));
    let ask = async || at.get(&world.owner, &shown).await.expect(200);
    at.until(ask, |run| run["state"] != "running").await;
    Stage {
        run,
        workspace,
        world,
        actors,
        customer: granted,
        draft: draft["id"].as_str().unwrap().to_owned(),
        count: AtomicU32::new(0),
    }
}

impl Stage {
    /// The path of a route; `object` is what its innermost parameter names.
    fn path(&self, route: &Route, object: Option<&str>) -> String {
        let (workspace, service) = (self.workspace.to_string(), self.world.service.to_string());
        let mut values = Vec::new();
        for name in route
            .path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
        {
            values.push(match name {
                "ws" => workspace.as_str(),
                "svc" => service.as_str(),
                "name" => "acme",
                "draft" => &self.draft,
                "slot" => "secondary",
                "n" => "1",
                "resource" => "model",
                "run" => self.run.as_str(),
                other => panic!("parameter {other}"),
            });
        }
        let objects = values.len()
            - values
                .iter()
                .filter(|v| ["secondary", "1", "model"].contains(v))
                .count();
        if let (Some(object), 1..) = (object, objects) {
            values[objects - 1] = object;
        }
        route.at(&values)
    }

    /// A request that changes as little as can be, and the status that it has where it is allowed.
    fn request(&self, route: &Route) -> (Option<Value>, Option<&'static str>, u16) {
        let fresh = format!("e{}", self.count.fetch_add(1, Ordering::Relaxed));
        let row = json!({"island": "Biscoe", "bill_length_mm": null, "bill_depth_mm": null,
            "flipper_length_mm": null, "body_mass_g": null, "sex": ""});
        match route.name {
            "set_up" | "sign_in" | "step_up" | "report_leaked_key" => (Some(json!({})), None, 422),
            "sign_out" => (None, None, 204),
            "create_workspace" | "create_customer" => (Some(json!({"name": fresh})), None, 201),
            "create_endpoint" => {
                let request = json!({"name": fresh, "customer_id": self.customer});
                (Some(request), None, 201)
            }
            "update_workspace" | "update_service" | "update_endpoint" => {
                (Some(json!({})), Some("*"), 200)
            }
            // A state that never was: the object is found and left alone.
            "delete_workspace"
            | "delete_service"
            | "delete_endpoint"
            | "delete_draft"
            | "uncustomise_endpoint" => (None, Some("\"999\""), 412),
            // It does not say what it sends.
            "create_draft" => (None, None, 400),
            // What was refused is described and published no more.
            "update_draft" => (Some(json!({})), Some("*"), 409),
            "preview_draft" => (None, None, 409),
            "publish_draft" => (Some(json!({})), None, 409),
            "update_key" => (Some(json!({})), None, 200),
            "rotate_key" | "rotate_token" => (Some(json!({"grace_seconds": 0})), None, 200),
            "reveal_key" | "reveal_token" | "restore_endpoint" => (None, None, 200),
            "end_grace" | "end_token_grace" | "release_models" => (None, None, 409),
            "extend_grace" => (Some(json!({"grace_seconds": 60})), None, 409),
            "create_many_endpoints" => {
                let rows = json!([{"name": fresh}]);
                (Some(json!({"rows": rows, "dry_run": true})), None, 200)
            }
            // The one version there is has none before it, none after it, and is served already.
            "update_version" => (Some(json!({"may_stay_until": null})), None, 409),
            "endpoint_notice" => (None, None, 404),
            "stay_on_version" => (Some(json!({"until": null})), None, 409),
            "replay_examples" => (Some(json!({})), None, 409),
            "start_rollout" => (Some(json!({"version": 1, "share_percent": 0})), None, 422),
            "get_rollout" => (None, None, 404),
            "update_rollout" => (Some(json!({"share_percent": 0})), Some("*"), 404),
            "end_rollout" => (None, Some("*"), 404),
            "promote_rollout" => (None, None, 409),
            "score" => (Some(json!({"rows": [row]})), None, 200),
            // The service has no such slot.
            "customise_endpoint" => (None, None, 422),
            "update_endpoint_version" => (Some(json!({})), None, 200),
            "plan_run" | "start_run" => {
                let request = json!({"selection": {"kind": "all"}, "act": {"kind": "update"}});
                let allowed = if route.name == "plan_run" { 200 } else { 202 };
                (Some(request), None, allowed)
            }
            "cancel_run" => (None, None, 409),
            _ => (None, None, 200),
        }
    }

    async fn send(&self, actor: &Actor, route: &Route, path: &str) -> (Reply, u16) {
        let at = &self.world.at;
        let (body, if_match, allowed) = self.request(route);
        let who = match &actor.person {
            // Signing out must not end the session that the next cell needs.
            Some(person) if route.name == "sign_out" => at.session(person).await,
            _ => actor.who.clone(),
        };
        let mut ask = at.ask(&who, route.method.as_str(), path);
        if let Some(body) = &body {
            ask = ask.json(body);
        }
        if let Some(if_match) = if_match {
            ask = ask.header("if-match", if_match);
        }
        (ask.send().await, allowed)
    }
}

#[tokio::test]
async fn every_cell_of_the_table_is_what_the_server_does() {
    let stage = stage().await;
    let (mut cells, mut wrong) = (0, Vec::new());
    for route in routes::ALL {
        let row = row(route).unwrap();
        for actor in &stage.actors {
            cells += 1;
            let decision = decide(row, (actor.standing)(row.scope));
            let allow = decision == Decision::Allow;
            // What can be restored is what was deleted; everything else is about what lives.
            let object = (route == &routes::RESTORE_ENDPOINT && allow).then_some("gone");
            let path = stage.path(route, object);
            let (reply, allowed) = stage.send(actor, route, &path).await;
            let expected = match decision {
                Decision::Allow => allowed,
                Decision::SignIn => 401,
                Decision::Forbid => 403,
                Decision::Hide => 404,
            };
            if reply.status != expected {
                wrong.push(format!(
                    "{} by {}: {} for {expected}: {}",
                    route.name, actor.name, reply.status, reply.text
                ));
            }
            match decision {
                Decision::SignIn => drop(reply.problem(401, "unauthenticated")),
                Decision::Forbid if reply.status == 403 => drop(reply.problem(403, "forbidden")),
                Decision::Hide if reply.status == 404 => {
                    let nothing = if route.path.contains("{name}") {
                        "nothing"
                    } else {
                        NO_ID
                    };
                    let path = stage.path(route, Some(nothing));
                    let (absent, _) = stage.send(actor, route, &path).await;
                    assert_eq!(
                        absent.anonymous(),
                        reply.anonymous(),
                        "{} by {}",
                        route.name,
                        actor.name
                    );
                    let names = |reply: &Reply| reply.headers.keys().cloned().collect::<Vec<_>>();
                    assert_eq!(names(&absent), names(&reply), "{}", route.name);
                }
                _ => {}
            }
            if object.is_some() {
                let gone = stage.world.path("/endpoints/gone");
                stage
                    .world
                    .at
                    .delete(&stage.world.owner, &gone)
                    .await
                    .expect(204);
            }
        }
    }
    assert!(wrong.is_empty(), "{cells} cells:\n{}", wrong.join("\n"));
    assert_eq!(cells, routes::ALL.len() * 10);
}

#[tokio::test]
async fn lists_hold_what_the_caller_may_see() {
    let stage = stage().await;
    let names = |value: &Value| -> Vec<String> {
        let items = value["items"].as_array().unwrap().iter();
        items
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let as_one = |name: &str| {
        stage
            .actors
            .iter()
            .find(|actor| actor.name == name)
            .unwrap()
            .who
            .clone()
    };
    let at = &stage.world.at;
    let endpoints = stage.world.path("/endpoints");
    let services = format!("/api/v1/workspaces/{}/services", stage.workspace);
    for (name, seen, served) in [
        ("owner", &["default", "acme", "next"][..], 2),
        ("publisher", &["default", "acme", "next"], 2),
        ("token", &["default", "acme", "next"], 2),
        ("granted", &["acme"], 1),
        ("neighbour", &["next"], 1),
    ] {
        let who = as_one(name);
        assert_eq!(
            names(&at.get(&who, &endpoints).await.expect(200)),
            seen,
            "{name}"
        );
        assert_eq!(
            names(&at.get(&who, &services).await.expect(200)).len(),
            served,
            "{name}"
        );
        let versions = at
            .get(&who, &stage.world.path("/versions"))
            .await
            .expect(200);
        assert_eq!(versions["items"][0]["endpoints"], seen.len(), "{name}");
    }
    let mine = at
        .get(&as_one("granted"), "/api/v1/me/endpoints")
        .await
        .expect(200);
    assert_eq!(names(&mine), ["acme"]);
    let mine = at
        .get(&as_one("owner"), "/api/v1/me/endpoints")
        .await
        .expect(200);
    assert!(names(&mine).is_empty());
    let all = at
        .get(&as_one("administrator"), "/api/v1/workspaces")
        .await
        .expect(200);
    assert_eq!(names(&all), ["field", "other"]);
    for name in ["token", "granted", "owner"] {
        let own = at
            .get(&as_one(name), "/api/v1/workspaces")
            .await
            .expect(200);
        assert_eq!(names(&own), ["field"], "{name}");
    }
}
