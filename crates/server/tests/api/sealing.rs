//! What a stolen database is worth: no key is verified, shown or found in it.

use crate::support::{As, NOW, TestApp, onnxruntime, package_folder};
use crate::world::{World, penguin};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[tokio::test]
async fn a_database_without_its_secrets_opens_no_key() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let (owner, token) = (world.owner.clone(), world.token.clone());
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);
    let home = world.at.stop().await;
    std::fs::remove_dir_all(home.path().join("secrets")).unwrap();

    let at = TestApp::start_in(home, NOW).await;
    let ready = at.get(&As::Nobody, "/readyz").await.expect(503);
    assert_eq!(
        ready,
        json!({"ready": false, "database": true, "engine": true, "secrets": false})
    );
    at.get(&As::Nobody, "/healthz").await.expect(200);
    for key in [&acme.primary, &acme.secondary] {
        assert_eq!(at.call(&acme.call, key, &penguin()).await.status, 401);
    }
    at.get(&token, &acme.path)
        .await
        .problem(401, "unauthenticated");
    let reveal = format!("{}/keys/primary/reveal", acme.path);
    let problem = at
        .ask(&owner, "POST", &reveal)
        .send()
        .await
        .problem(409, "not_revealable");
    assert!(
        problem["detail"].as_str().unwrap().contains("key file"),
        "{problem}"
    );
    let rotate = format!("{}/keys/primary/rotate", acme.path);
    at.post(&owner, &rotate, json!({}))
        .await
        .problem(409, "not_revealable");
    assert!(
        !at.home.path().join("secrets").exists(),
        "nothing is made in its place"
    );
    // What needs no secret goes on.
    at.get(&owner, &acme.path).await.expect(200);
    at.stop().await;
}

#[tokio::test]
async fn other_secrets_open_no_key_either() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let owner = world.owner.clone();
    let home = world.at.stop().await;
    let other = TestApp::start().await.stop().await;
    for file in ["kek", "pepper"] {
        let (from, to) = (
            other.path().join("secrets").join(file),
            home.path().join("secrets").join(file),
        );
        std::fs::copy(from, to).unwrap();
    }
    let at = TestApp::start_in(home, NOW).await;
    assert_eq!(
        at.call(&acme.call, &acme.primary, &penguin()).await.status,
        401
    );
    let reveal = format!("{}/keys/primary/reveal", acme.path);
    at.ask(&owner, "POST", &reveal)
        .send()
        .await
        .problem(500, "internal");
    at.stop().await;
}

#[tokio::test]
async fn a_sealed_copy_opens_in_its_own_row_alone() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let at = &world.at;
    let reveal = async |slot: &str| {
        let path = format!("{}/keys/{slot}/reveal", acme.path);
        at.ask(&world.owner, "POST", &path).send().await
    };
    // A join is read whole before anything is written.
    let swap = "UPDATE access_key SET nonce = o.nonce, sealed = o.sealed
        FROM (SELECT endpoint_id, slot, nonce, sealed FROM access_key) o
        WHERE o.endpoint_id = access_key.endpoint_id AND o.slot <> access_key.slot";
    let (primary, secondary) = (reveal("primary").await, reveal("secondary").await);
    assert!(primary.status == 200 && secondary.status == 200);
    // Two endpoints, `default` and this, with two keys each.
    assert_eq!(at.sql(swap).await, 4);
    for slot in ["primary", "secondary"] {
        let failed = reveal(slot).await;
        failed.problem(500, "internal");
        assert!(!failed.text.contains("portico_"));
    }
    let shown = at
        .texts("SELECT action FROM audit WHERE action = 'key.reveal'")
        .await;
    assert_eq!(shown.len(), 2, "what was not shown is not in the trail");
    at.sql(swap).await;
    assert_eq!(reveal("primary").await.text, primary.text);
    // A workspace's data key is bound to its workspace likewise.
    at.workspace("other", &world.owner_id).await;
    at.sql(
        "UPDATE workspace SET data_key_nonce = o.data_key_nonce, data_key = o.data_key
        FROM (SELECT id, data_key_nonce, data_key FROM workspace) o WHERE o.id <> workspace.id",
    )
    .await;
    reveal("primary").await.problem(500, "internal");
}

/// A process that does not outlive its test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself where all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program itself, logging everything that it can log.
struct Program {
    child: Running,
    base: String,
    link: String,
    log: std::thread::JoinHandle<Vec<u8>>,
}

fn portico(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command
        .env("PORTICO_DATA", home.join("data"))
        .env("PORTICO_SECRETS", home.join("secrets"));
    command
        .env("PORTICO_ONNXRUNTIME", onnxruntime())
        .env("PORTICO_LOG", "trace");
    command
}

fn start(home: &Path) -> Program {
    let mut command = portico(home);
    command
        .args(["serve", "--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut stderr = child.0.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).unwrap();
        log
    });
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut line = |before: &str| {
        let line = lines.next().unwrap().unwrap();
        line.split_once(before)
            .map(|(_, after)| after.trim().to_owned())
            .expect(before)
    };
    let base = line("listening ");
    let link = line("#token=");
    Program {
        child,
        base,
        link,
        log,
    }
}

/// Every file below a folder, with what it holds.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_secret_stands_in_the_data_folder_or_the_log() {
    let home = tempfile::tempdir().unwrap();
    let Program {
        mut child,
        base,
        link,
        log,
    } = start(home.path());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let send = async |method: &str, path: &str, cookie: &str, body: Value| {
        let request = client.request(method.parse().unwrap(), format!("{base}{path}"));
        let request = request
            .header("cookie", format!("__Host-sid={cookie}"))
            .header("sec-fetch-site", "same-origin");
        request
            .json(&body)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
    };
    let token_of = |response: &reqwest::Response| {
        let header = response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .to_owned();
        header["__Host-sid=".len()..]
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    };
    let (password, wrong) = ("canary in the coal mine", "canary out of the mine");
    let set_up =
        json!({"token": link, "name": "Ada", "email": "ada@example.test", "password": password});
    let first = token_of(&send("POST", "/api/v1/setup", "", set_up).await);
    let failed = client
        .post(format!("{base}/api/v1/session"))
        .json(&json!({"email": "ada@example.test", "password": wrong}));
    assert_eq!(failed.send().await.unwrap().status(), 401);
    let cookie = token_of(
        &send(
            "POST",
            "/api/v1/session/step-up",
            &first,
            json!({"password": password}),
        )
        .await,
    );
    let workspace: Value = send("POST", "/api/v1/workspaces", &cookie, json!({"name": "w"}))
        .await
        .json()
        .await
        .unwrap();
    let id = workspace["id"].as_str().unwrap();
    // A second process publishes into the same folder meanwhile.
    let package = package_folder("penguin-species");
    let import = portico(home.path())
        .arg("import")
        .arg(&package)
        .args(["--workspace", id])
        .output()
        .unwrap();
    assert!(
        import.status.success(),
        "{}",
        String::from_utf8_lossy(&import.stderr)
    );
    let services = format!("/api/v1/workspaces/{id}/services");
    let list: Value = send("GET", &services, &cookie, Value::Null)
        .await
        .json()
        .await
        .unwrap();
    let service = list["items"][0]["id"].as_str().unwrap();
    let path = format!("{services}/{service}/endpoints");
    let made: Value = send("POST", &path, &cookie, json!({"name": "acme"}))
        .await
        .json()
        .await
        .unwrap();
    let rotated: Value = send(
        "POST",
        &format!("{path}/acme/keys/primary/rotate"),
        &cookie,
        json!({}),
    )
    .await
    .json()
    .await
    .unwrap();
    let shown: Value = send(
        "POST",
        &format!("{path}/acme/keys/primary/reveal"),
        &cookie,
        json!({}),
    )
    .await
    .json()
    .await
    .unwrap();
    assert_eq!(shown["value"], rotated["value"]);
    let keys = [
        &made["keys"]["primary"],
        &made["keys"]["secondary"],
        &rotated["value"],
    ]
    .map(|key| key.as_str().unwrap());
    let url = made["endpoint"]["urls"]["request_response"]
        .as_str()
        .unwrap();
    for key in keys {
        let call = client
            .post(url)
            .header("authorization", format!("Bearer {key}"))
            .json(&penguin());
        assert_eq!(call.send().await.unwrap().status(), 200);
        // A key in the address is refused, and its address goes nowhere.
        let call = client.post(format!("{url}&key={key}")).json(&penguin());
        assert_eq!(call.send().await.unwrap().status(), 400);
        let call = client.get(format!("{base}/api/v1/me?token={key}"));
        assert_eq!(call.send().await.unwrap().status(), 401);
    }
    for list in [
        format!("{path}/acme"),
        format!("{path}/acme/keys"),
        path.clone(),
        services,
    ] {
        let text = send("GET", &list, &cookie, Value::Null)
            .await
            .text()
            .await
            .unwrap();
        for key in keys {
            assert!(!text.contains(key.rsplit('_').next().unwrap()), "{list}");
        }
    }
    // A key is reported, then half of it, then the whole again.
    for (key, status) in [(keys[0], 202), (&keys[0][..60], 422), (keys[0], 202)] {
        let report = client.post(format!("{base}/api/v1/leaked-keys"));
        let report = report.json(&json!({"key": key, "found_at": "https://code.example/a"}));
        assert_eq!(report.send().await.unwrap().status(), status);
    }
    let running = files(&home.path().join("data"));
    assert!(
        running
            .iter()
            .any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty())
    );
    let pid = rustix::process::Pid::from_child(&child.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.0.wait().unwrap().success());
    let log = log.join().unwrap();
    assert!(
        holds(&log, "a key was reported as leaked"),
        "{}",
        String::from_utf8_lossy(&log)
    );
    assert!(
        holds(&log, "DEBUG") && holds(&log, "INSERT INTO access_key"),
        "{}",
        String::from_utf8_lossy(&log)
    );

    let mut places = running;
    places.extend(files(&home.path().join("data")));
    places.push(("the log".to_owned(), log));
    places.push(("the import's log".to_owned(), import.stderr));
    let mut secrets = vec![password, wrong, &link, &first, &cookie];
    for key in keys {
        // The whole key, and its secret part alone.
        secrets.extend([key, &key[key.len() - 49..]]);
    }
    for (place, bytes) in &places {
        for secret in &secrets {
            assert!(!holds(bytes, secret), "{secret} stands in {place}");
        }
    }
}
