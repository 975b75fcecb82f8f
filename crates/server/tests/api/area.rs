//! The blob area: uploads, downloads, lists and deletes, with a key, with a link, and as Azure's clients
//! sign.

use crate::support::{As, Reply, TestApp};
use crate::world::{Endpoint, World};
use portico_server::clock::SECOND;
use portico_server::keys::derive;
use serde_json::{Value, json};

/// Two penguins, their columns in another order than the schema's, and one more.
pub(crate) const ROWS: &str = "note,sex,body_mass_g,flipper_length_mm,bill_depth_mm,bill_length_mm,island\n\
first,male,3750,181,18.7,39.1,Torgersen\n\"a, \"\"b\"\"\",,4500,211,13.2,46.1,Biscoe\n";

fn key(endpoint: &Endpoint) -> As {
    As::Bearer(endpoint.primary.clone())
}

fn path(endpoint: &Endpoint, blob: &str) -> String {
    format!("{}/blobs/{blob}", endpoint.base())
}

/// Uploads a blob with the endpoint's key; the reference that a job takes.
pub(crate) async fn upload(at: &TestApp, endpoint: &Endpoint, blob: &str, text: &str) -> Value {
    let ask = at
        .ask(&key(endpoint), "PUT", &path(endpoint, blob))
        .text(text);
    ask.send().await.expect(201)
}

#[tokio::test]
async fn a_blob_goes_in_and_out() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let first = upload(at, &acme, "data/2026/in%20put.csv", "first").await;
    assert_eq!(first["RelativeLocation"], "data/2026/in%20put.csv");
    upload(at, &acme, "data/2026/in%20put.csv", "second, longer").await;
    upload(at, &acme, "more/b.bin", "").await;
    let got = at
        .get(&key(&acme), &path(&acme, "data/2026/in%20put.csv"))
        .await;
    assert_eq!((got.status, got.text.as_str()), (200, "second, longer"));
    assert_eq!(got.header("content-disposition"), "attachment");
    assert_eq!(got.header("last-modified"), "Wed, 18 Nov 2026 11:06:40 GMT");
    let part = at
        .ask(&key(&acme), "GET", &path(&acme, "data/2026/in%20put.csv"))
        .header("range", "bytes=8-")
        .send()
        .await;
    assert_eq!(
        (
            part.status,
            part.text.as_str(),
            part.header("content-range").as_str()
        ),
        (206, "longer", "bytes 8-13/14")
    );
    let outside = at
        .ask(&key(&acme), "GET", &path(&acme, "more/b.bin"))
        .header("range", "bytes=0-")
        .send()
        .await;
    assert_eq!(
        (outside.status, outside.header("content-range").as_str()),
        (416, "bytes */0")
    );
    let head = at
        .ask(&key(&acme), "HEAD", &path(&acme, "more/b.bin"))
        .send()
        .await;
    assert_eq!(
        (head.status, head.header("content-type").as_str()),
        (200, "application/octet-stream")
    );

    for list in ["/blobs", "/blobs/"] {
        let list = at
            .get(&key(&acme), &format!("{}{list}", acme.base()))
            .await
            .expect(200);
        let items: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (&item["container"], &item["name"], &item["bytes"]))
            .collect();
        assert_eq!(
            items,
            [
                (&json!("data"), &json!("2026/in put.csv"), &json!(14)),
                (&json!("more"), &json!("b.bin"), &json!(0))
            ]
        );
        assert_eq!(list["next_page_token"], Value::Null);
    }
    assert_eq!(
        at.ask(&key(&acme), "DELETE", &path(&acme, "more/b.bin"))
            .send()
            .await
            .status,
        202
    );
    let gone = at
        .ask(&key(&acme), "DELETE", &path(&acme, "more/b.bin"))
        .send()
        .await;
    assert_eq!(gone.header("x-ms-error-code"), "BlobNotFound");
    gone.expect(404);
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    upload(at, &acme, "data/000", "x").await;
    at.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
         INSERT INTO area_blob SELECT endpoint_id, container, printf('%03d', i), sha256, bytes, changed_at FROM area_blob, n",
    )
    .await;
    let list = format!("{}/blobs", acme.base());
    let first = at.get(&key(&acme), &list).await.expect(200);
    let token = first["next_page_token"].as_str().unwrap();
    let second = at
        .get(&key(&acme), &format!("{list}?page_token={token}"))
        .await
        .expect(200);
    let names: Vec<String> = [first["items"].as_array(), second["items"].as_array()]
        .into_iter()
        .flat_map(Option::unwrap)
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        (0..=250).map(|i| format!("{i:03}")).collect::<Vec<_>>()
    );
    let wrong = at
        .get(&key(&acme), &format!("{list}?page_token=x"))
        .await
        .expect(400);
    assert_eq!(
        wrong["error"]["details"][0]["code"],
        "InvalidQueryParameter"
    );
}

#[tokio::test]
async fn nobody_else_gets_at_a_blob() {
    let world = World::start().await;
    let (at, acme, next) = (
        &world.at,
        world.endpoint("acme").await,
        world.endpoint("next").await,
    );
    let blob = upload(at, &acme, "data/a.csv", "secret").await;
    let token = blob["SasBlobToken"].as_str().unwrap();
    let there = path(&acme, "data/a.csv");
    let nobody = "0".repeat(32);
    let mut bodies = Vec::new();
    for method in ["GET", "PUT", "DELETE"] {
        for (who, path) in [
            (As::Nobody, there.clone()),
            (world.owner.clone(), there.clone()),
            (world.token.clone(), there.clone()),
            (key(&next), there.clone()),
            (key(&acme), there.replace(&acme.id, &nobody)),
            (key(&acme), there.replace(world.workspace.as_str(), &nobody)),
            (As::Nobody, path(&acme, "data/no-such.csv")),
            (As::Nobody, path(&acme, "data")),
            (As::Nobody, format!("{}/blobs", acme.base())),
        ] {
            let reply = at.ask(&who, method, &path).send().await;
            assert_eq!(reply.status, 401, "{method} {path}");
            bodies.push(reply.text);
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    // A link reads its blob, and neither writes, deletes nor reads another, there or not.
    assert_eq!(
        at.get(&As::Nobody, &format!("{there}{token}")).await.text,
        "secret"
    );
    assert_eq!(
        at.ask(&As::Nobody, "PUT", &format!("{there}{token}"))
            .text("x")
            .send()
            .await
            .status,
        401
    );
    assert_eq!(
        at.ask(&As::Nobody, "DELETE", &format!("{there}{token}"))
            .send()
            .await
            .status,
        401
    );
    for other in [
        path(&acme, "data/no-such.csv"),
        path(&next, "data/a.csv"),
        there.replace(world.workspace.as_str(), &nobody),
    ] {
        assert_eq!(
            at.get(&As::Nobody, &format!("{other}{token}")).await.status,
            403,
            "{other}"
        );
    }
    let refused = at
        .get(&As::Nobody, &format!("{there}?key={}", acme.primary))
        .await;
    assert!(!refused.text.contains(&acme.primary));
    refused.expect(400);
}

#[tokio::test]
async fn names_and_bodies_that_break_a_rule_are_refused() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    let check = async |blob: &str, code: &str| {
        let reply = at
            .ask(&key(&acme), "PUT", &path(&acme, blob))
            .text("x")
            .send()
            .await;
        assert_eq!(reply.header("x-ms-error-code"), code, "{blob}");
        assert_eq!(reply.expect(400)["error"]["details"][0]["code"], code);
    };
    check("Data/a.csv", "ContainerSegmentInvalid").await;
    check("d/a.csv", "ContainerSegmentInvalid").await;
    check("data/a%00.csv", "InputBlobRelativeLocationInvalid").await;
    check("data/a//b.csv", "InputBlobRelativeLocationInvalid").await;
    check("data/a%2f..%2fb.csv", "InputBlobRelativeLocationInvalid").await;
    check(&format!("data/{}", "x".repeat(1025)), "BlobNameTooLong").await;
    check("data/a.csv?comp=block&blockid=AA", "InvalidQueryParameter").await;
    let page = at
        .ask(&key(&acme), "PUT", &path(&acme, "data/a.csv"))
        .header("x-ms-blob-type", "PageBlob")
        .text("x")
        .send()
        .await;
    page.expect(400);
    let large = at
        .ask(&key(&acme), "PUT", &path(&acme, "data/a.csv"))
        .header("content-length", "536870913")
        .text("x");
    assert_eq!(
        large.send().await.expect(413)["error"]["details"][0]["code"],
        "RequestBodyTooLarge"
    );
    // The area of an endpoint has its limit too.
    upload(at, &acme, "data/full.csv", "x").await;
    at.sql("UPDATE area_blob SET bytes = 8589934592 - 1").await;
    let full = at
        .ask(&key(&acme), "PUT", &path(&acme, "data/b.csv"))
        .text("two")
        .send()
        .await;
    assert_eq!(
        full.expect(507)["error"]["details"][0]["code"],
        "NoMoreResources"
    );
    upload(at, &acme, "data/full.csv", "its bytes count no more").await;
    for method in ["POST", "PATCH"] {
        assert_eq!(
            at.ask(&key(&acme), method, &path(&acme, "data/a.csv"))
                .send()
                .await
                .status,
            405
        );
    }
    assert_eq!(at.texts("SELECT name FROM area_blob").await, ["full.csv"]);
    let left: Vec<_> = std::fs::read_dir(at.home.path().join("data/area/aside"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn what_nothing_names_is_swept_and_nothing_else() {
    let world = World::start().await;
    let (at, acme) = (&world.at, world.endpoint("acme").await);
    upload(at, &acme, "data/a.csv", "same").await;
    upload(at, &acme, "data/b.csv", "same").await;
    upload(at, &acme, "data/a.csv", "other").await;
    let files = || {
        let folders = std::fs::read_dir(at.home.path().join("data/area/sha256")).unwrap();
        folders
            .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
            .count()
    };
    upload(at, &acme, "data/b.csv", "third").await;
    assert_eq!(files(), 3);
    let sweep = async |before: i64| at.app.area.sweep(&at.app.store, before).await.unwrap();
    sweep(0).await;
    assert_eq!(files(), 3, "what was written lately stays");
    sweep(i64::MAX).await;
    assert_eq!(files(), 2);
    assert_eq!(
        at.get(&key(&acme), &path(&acme, "data/b.csv")).await.text,
        "third"
    );
}

/// A request signed as Azure's clients sign theirs, by the rules of Microsoft's page on *Shared Key*.
async fn signed(
    at: &TestApp,
    connection: &str,
    method: &str,
    url: &str,
    body: &str,
    extra: &[(&str, &str)],
) -> Reply {
    let part = |name: &str| {
        let found = connection
            .split(';')
            .find_map(|part| part.strip_prefix(&format!("{name}=")));
        found.unwrap().to_owned()
    };
    let account = part("AccountName");
    let now = jiff::Timestamp::from_microsecond(at.app.clock.now()).unwrap();
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut own: Vec<(String, String)> = extra
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    own.push(("x-ms-date".to_owned(), date));
    own.push(("x-ms-version".to_owned(), "2021-08-06".to_owned()));
    own.sort();
    let named = |name: &str| {
        own.iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let length = if body.is_empty() {
        String::new()
    } else {
        body.len().to_string()
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut text = format!(
        "{method}\n\n\n{length}\n\n{}\n\n\n\n{}\n\n\n",
        named("content-type"),
        named("if-none-match")
    );
    for (name, value) in own.iter().filter(|(name, _)| name.starts_with("x-ms-")) {
        text += &format!("{name}:{value}\n");
    }
    text += &format!("/{account}{path}");
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    for pair in pairs {
        text += &format!("\n{}", pair.replacen('=', ":", 1));
    }
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let secret: [u8; 32] = engine
        .decode(part("AccountKey"))
        .unwrap()
        .try_into()
        .unwrap();
    let signature = engine.encode(derive::sign(&secret, &text));
    let mut ask = at
        .ask(&As::Nobody, method, url)
        .header("authorization", &format!("SharedKey {account}:{signature}"));
    for (name, value) in &own {
        ask = ask.header(name, value);
    }
    if body.is_empty() { ask } else { ask.text(body) }
        .send()
        .await
}

#[tokio::test]
async fn azures_clients_write_and_read_with_the_connection_string() {
    let world = World::start().await;
    let (at, acme, next) = (
        &world.at,
        world.endpoint("acme").await,
        world.endpoint("next").await,
    );
    let string = async |endpoint: &Endpoint, who: &As| {
        let path = format!("{}/blobs?comp=connectionstring", endpoint.base());
        at.get(who, &path).await.expect(200)["connection_string"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let own = string(&acme, &key(&acme)).await;
    assert!(own.starts_with("DefaultEndpointsProtocol=http;AccountName="));
    assert!(own.ends_with(&format!(";BlobEndpoint={}{}/blobs", at.base, acme.base())));
    assert!(!own.contains(&acme.primary));
    let container = format!("{}/blobs/input?restype=container", acme.base());
    assert_eq!(
        signed(at, &own, "PUT", &container, "", &[]).await.status,
        201
    );
    assert_eq!(
        signed(at, &own, "GET", &container, "", &[]).await.status,
        200
    );
    let blob = path(&acme, "input/a%20b.csv");
    let put = [
        ("x-ms-blob-type", "BlockBlob"),
        ("content-type", "text/csv"),
        ("if-none-match", "*"),
    ];
    let made = signed(at, &own, "PUT", &blob, "rows", &put).await;
    assert_eq!((made.status, made.text.as_str()), (201, ""));
    assert!(made.header("etag").starts_with("\"0x") && !made.header("last-modified").is_empty());
    assert_eq!(made.header("x-ms-version"), "2021-08-06");
    let again = signed(at, &own, "PUT", &blob, "rows", &put).await;
    assert_eq!(
        (again.status, again.header("x-ms-error-code").as_str()),
        (409, "BlobAlreadyExists")
    );
    let part = signed(at, &own, "GET", &blob, "", &[("x-ms-range", "bytes=0-99")]).await;
    assert_eq!(
        (
            part.status,
            part.text.as_str(),
            part.header("content-range").as_str()
        ),
        (206, "rows", "bytes 0-3/4")
    );

    // Another endpoint's, another path, another time, a key that is over.
    let foreign = string(&next, &key(&next)).await;
    assert_eq!(
        signed(at, &foreign, "GET", &blob, "", &[]).await.status,
        401
    );
    let (before, secret) = own.split_once("AccountKey=").unwrap();
    let other = if secret.starts_with('A') { "B" } else { "A" };
    let changed = format!("{before}AccountKey={other}{}", &secret[1..]);
    let refused = signed(at, &changed, "GET", &blob, "", &[]).await;
    assert_eq!(refused.status, 401);
    let disable = format!("{}/keys/primary", acme.path);
    at.patch(&world.owner, &disable, json!({"disabled": true}))
        .await
        .expect(200);
    assert_eq!(signed(at, &own, "GET", &blob, "", &[]).await.status, 401);
    let second = string(&acme, &As::Bearer(acme.secondary.clone())).await;
    assert_eq!(
        signed(at, &second, "DELETE", &blob, "", &[]).await.status,
        202
    );
    at.wait(16 * 60 * SECOND);
    assert_eq!(
        signed(at, &second, "GET", &container, "", &[]).await.status,
        200,
        "signed anew, it is of now"
    );
}
