//! Where a request may come from, and what it may carry, before anybody asks what it wants.

use crate::support::As;
use crate::world::{World, penguin};
use serde_json::json;

#[tokio::test]
async fn cookies_and_keys_stay_on_their_own_wires() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let at = &world.at;
    let without_key = at
        .ask(&world.owner, "POST", &acme.call)
        .json(&penguin())
        .send()
        .await;
    assert_eq!(without_key.expect(401)["error"]["code"], "Unauthorized");
    // A page of another site sends the cookie along, and it changes nothing.
    let key = As::Bearer(acme.primary.clone());
    let As::Cookie(cookie) = &world.owner else {
        panic!()
    };
    let both = at
        .ask(&key, "POST", &acme.call)
        .header("cookie", &format!("__Host-sid={cookie}"));
    both.header("sec-fetch-site", "cross-site")
        .json(&penguin())
        .send()
        .await
        .expect(200);
    let As::Bearer(token) = &world.token else {
        panic!()
    };
    assert_eq!(world.try_key(&acme, token).await, 401);
    for path in ["/api/v1/me", &acme.path, "/api/v1/workspaces"] {
        at.get(&key, path).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_change_with_a_cookie_comes_from_the_portals_own_pages() {
    let world = World::start().await;
    let at = &world.at;
    let path = format!("/api/v1/workspaces/{}/customers", world.workspace);
    let As::Cookie(token) = &world.owner else {
        panic!()
    };
    let cookie = format!("__Host-sid={token}");
    let port = at.base.rsplit(':').next().unwrap();
    let check = async |headers: &[(&str, &str)], taken: bool| {
        let name = format!("{headers:?}");
        let mut ask = at.ask(&As::Nobody, "POST", &path).header("cookie", &cookie);
        for (name, value) in headers {
            ask = ask.header(name, value);
        }
        let reply = ask.json(&json!({"name": name})).send().await;
        if taken {
            reply.expect(201);
        } else {
            reply.problem(403, "cross_site");
        }
    };
    check(&[], false).await;
    check(&[("sec-fetch-site", "same-origin")], true).await;
    for site in ["cross-site", "same-site", "none", "", "Same-Origin"] {
        check(&[("sec-fetch-site", site)], false).await;
        check(&[("sec-fetch-site", site), ("origin", &at.base)], false).await;
    }
    check(&[("origin", &at.base)], true).await;
    let of_host = format!("http://localhost:{port}");
    check(
        &[("origin", &of_host), ("host", &format!("localhost:{port}"))],
        true,
    )
    .await;
    for origin in [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1",
        &format!("{}.evil.example", at.base),
        &of_host,
    ] {
        check(&[("origin", origin)], false).await;
    }
    // Reading needs no proof, and neither does a token, which no browser sends by itself.
    at.ask(&As::Nobody, "GET", &path)
        .header("cookie", &cookie)
        .send()
        .await
        .expect(200);
    at.post(&world.token, &path, json!({"name": "by token"}))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_body_is_json_or_refused() {
    let world = World::start().await;
    let path = format!("/api/v1/workspaces/{}/customers", world.workspace);
    let check = async |media: &str, status: u16| {
        let ask = world
            .at
            .ask(&world.owner, "POST", &path)
            .header("content-type", media);
        let reply = ask
            .text(format!(r#"{{"name":"{}"}}"#, media.len()))
            .send()
            .await;
        if status == 415 {
            reply.problem(415, "unsupported_media_type");
        } else {
            reply.expect(status);
        }
    };
    check("application/json; charset=utf-8", 201).await;
    check("Application/JSON", 201).await;
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "",
    ] {
        check(media, 415).await;
    }
}
