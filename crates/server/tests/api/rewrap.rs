//! `portico keys`: another key-encryption key takes over under a running server, is killed at any
//! moment, and every row is checked.

use crate::support::{As, NOW, TestApp};
use crate::world::{Endpoint, World};
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const KILLS: u32 = 50;
const WORKSPACES: usize = 300;
/// Tries at most: some end before they are killed.
const TRIES: u32 = 200;

fn keys(home: &Path, command: &str) -> Command {
    let mut portico = Command::new(env!("CARGO_BIN_EXE_portico"));
    portico
        .args(["keys", command, "--data"])
        .arg(home.join("data"))
        .arg("--secrets")
        .arg(home.join("secrets"));
    portico
}

async fn run(home: &Path, command: &'static str) -> Output {
    let mut command = keys(home, command);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

/// Standard output of a command that went well.
async fn done(home: &Path, command: &'static str) -> String {
    let output = run(home, command).await;
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command}: {said}{errors}");
    said
}

/// Both outputs of a command that ended with 1.
async fn failed(home: &Path, command: &'static str) -> String {
    let output = run(home, command).await;
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{command}: {said}");
    assert!(!said.contains("portico_"), "no key is printed: {said}");
    said
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn report(home: &Path) -> Value {
    let mut command = keys(home, "check");
    command.arg("--json");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    serde_json::from_slice(&output.await.unwrap().stdout).unwrap()
}

fn files(home: &Path) -> Vec<String> {
    let entries = fs::read_dir(home.join("secrets")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn reveals(at: &TestApp, owner: &As, endpoint: &Endpoint) {
    for (slot, key) in [
        ("primary", &endpoint.primary),
        ("secondary", &endpoint.secondary),
    ] {
        let path = format!("{}/keys/{slot}/reveal", endpoint.path);
        let shown = at.ask(owner, "POST", &path).send().await.expect(200);
        assert_eq!(shown, json!({"value": key}));
    }
}

async fn shows_none(at: &TestApp, owner: &As, endpoint: &Endpoint) {
    for slot in ["primary", "secondary"] {
        let path = format!("{}/keys/{slot}/reveal", endpoint.path);
        let failed = at.ask(owner, "POST", &path).send().await;
        failed.problem(500, "internal");
        assert!(!failed.text.contains("portico_"));
    }
}

#[tokio::test]
async fn the_key_encryption_key_is_changed_under_a_running_server() {
    let world = World::start().await;
    let (home, at, owner) = (world.at.home.path(), &world.at, &world.owner);
    let acme = world.endpoint("acme").await;
    let old_kek = fs::read(home.join("secrets/kek")).unwrap();
    let wrapped = "SELECT hex(data_key) FROM workspace";
    let before = at.texts(wrapped).await;
    let sealed = "SELECT hex(sealed) FROM access_key ORDER BY id";
    let copies = at.texts(sealed).await;

    let said = done(home, "rewrap").await;
    assert!(said.contains("1 of 1 data keys wrapped again"), "{said}");
    assert_eq!(files(home), ["kek", "kek.previous", "pepper"]);
    for name in files(home) {
        let mode = fs::metadata(home.join("secrets").join(name)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    }
    assert_ne!(at.texts(wrapped).await, before);
    assert_eq!(
        at.texts(sealed).await,
        copies,
        "sealed copies stay as they are"
    );
    // The server was not told anything, and has the old key in memory.
    reveals(at, owner, &acme).await;
    let next = world.endpoint("next").await;
    reveals(at, owner, &next).await;
    let (other, _) = at.workspace("other", &world.owner_id).await;
    assert!(
        done(home, "check")
            .await
            .contains("10 keys in 2 workspaces")
    );
    assert_eq!(world.try_key(&acme, &acme.primary).await, 200);

    // Given again it does nothing until the old key is forgotten.
    let said = done(home, "rewrap").await;
    assert!(said.contains("Nothing was done"), "{said}");
    assert_eq!(
        fs::read(home.join("secrets/kek.previous")).unwrap(),
        old_kek
    );
    assert!(done(home, "forget-old").await.contains("removed"));
    assert!(done(home, "forget-old").await.contains("Nothing was done"));
    assert_eq!(files(home), ["kek", "pepper"]);
    reveals(at, owner, &acme).await;
    let audited =
        "SELECT object_id FROM audit WHERE action = 'workspace.rewrap' AND actor_kind = 'system'";
    assert_eq!(at.texts(audited).await, [world.workspace.to_string()]);

    // Once more, with the workspace that was made between.
    let said = done(home, "rewrap").await;
    assert!(said.contains("2 of 2 data keys"), "{said}");
    assert!(at.texts(audited).await.contains(&other.to_string()));
    reveals(at, owner, &next).await;
    let owner = owner.clone();

    // Neither the old key nor a sealed copy in another row opens anything now.
    let home = world.at.stop().await;
    let data = home.path().join("data");
    let left: Vec<u8> = ["portico.db", "portico.db-wal"]
        .into_iter()
        .filter_map(|name| fs::read(data.join(name)).ok())
        .flatten()
        .collect();
    let old = before[0].as_bytes().chunks(2);
    let old: Vec<u8> = old
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let found = left.windows(old.len()).any(|window| window == old);
    assert!(
        !found,
        "the wrapping under the old key is gone from the files"
    );
    let at = TestApp::start_in(home, NOW).await;
    reveals(&at, &owner, &acme).await;
    let swap = "UPDATE access_key SET nonce = o.nonce, sealed = o.sealed
        FROM (SELECT endpoint_id, slot, nonce, sealed FROM access_key) o
        WHERE o.endpoint_id = access_key.endpoint_id AND o.slot <> access_key.slot";
    at.sql(swap).await;
    shows_none(&at, &owner, &acme).await;
    let said = failed(at.home.path(), "check").await;
    assert_eq!(
        said.matches("does not open in this row").count(),
        6,
        "{said}"
    );
    at.sql(swap).await;
    reveals(&at, &owner, &acme).await;
    let home = at.stop().await;
    done(home.path(), "forget-old").await;
    fs::write(home.path().join("secrets/kek"), &old_kek).unwrap();
    let at = TestApp::start_in(home, NOW).await;
    shows_none(&at, &owner, &acme).await;
    at.stop().await;
}

/// Marsaglia's xorshift: the same moments in each run, as far as the machine allows.
struct Dice(u64);

impl Dice {
    fn part_of(&mut self, whole: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let parts = u32::try_from(self.0 % 1_000).unwrap();
        whole * parts / 1_000
    }
}

#[tokio::test]
async fn killed_at_any_moment_it_loses_nothing_and_goes_on() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    for number in 0..WORKSPACES {
        let name = format!("w{number}");
        world.at.workspace(&name, &world.owner_id).await;
    }
    let (owner, token) = (world.owner.clone(), world.token.clone());
    let home = world.at.stop().await;
    let began = Instant::now();
    done(home.path(), "rewrap").await;
    let whole = began.elapsed();
    done(home.path(), "forget-old").await;

    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut tries, mut killed, mut half, mut finished) = (0, 0, 0, 0);
    while killed < KILLS && tries < TRIES {
        tries += 1;
        let mut command = keys(home.path(), "rewrap");
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(dice.part_of(whole)).await;
        // It may have ended by itself.
        let _ = child.kill();
        let status = child.wait().unwrap();
        killed += u32::from(status.signal() == Some(9));
        let all = report(home.path()).await;
        assert_eq!(all["failures"], json!([]));
        // Each workspace has two tokens, the first one two endpoints with two keys besides.
        let keys = 2 * (WORKSPACES + 1) + 4;
        assert_eq!((&all["keys"], &all["opened"]), (&json!(keys), &json!(keys)));
        let names = files(home.path());
        half += u32::from(names.contains(&"kek.next".to_owned()));
        if names.contains(&"kek.previous".to_owned()) && !names.contains(&"kek.next".to_owned()) {
            finished += 1;
            done(home.path(), "forget-old").await;
        }
    }
    note(&format!(
        "{killed} of {tries} killed within {whole:.0?}; {half} left half-way, {finished} finished"
    ));
    assert!(killed == KILLS && half >= KILLS / 5, "{killed} {half}");

    done(home.path(), "rewrap").await;
    done(home.path(), "forget-old").await;
    let at = TestApp::start_in(home, NOW).await;
    reveals(&at, &owner, &acme).await;
    at.get(&token, &acme.path).await.expect(200);
    for key in [&acme.primary, &acme.secondary] {
        let call = at.call(&acme.call, key, &crate::world::penguin()).await;
        call.expect(200);
    }
    at.stop().await;
}

#[expect(clippy::print_stderr, reason = "a figure for whoever reads the output")]
fn note(figures: &str) {
    eprintln!("{figures}");
}

#[tokio::test]
async fn a_check_names_each_row_that_fails() {
    let world = World::start().await;
    let (at, home) = (&world.at, world.at.home.path());
    let acme = world.endpoint("acme").await;
    let (other, _) = at.workspace("other", &world.owner_id).await;
    let said = done(home, "check").await;
    let well = "8 keys in 2 workspaces: 8 sealed copies open and fit their verifier, 0 keys have a verifier alone, 0 failures";
    assert_eq!(said.trim(), well);
    let all = report(home).await;
    let expected =
        json!({"workspaces": 2, "keys": 8, "opened": 8, "verifier_only": 0, "failures": []});
    assert_eq!(all, expected);

    let broken = [
        (
            "UPDATE access_key SET verifier = zeroblob(32) WHERE slot = 'primary' AND generation = 1",
            "its verifier does not fit its sealed copy",
            4,
        ),
        (
            "UPDATE access_key SET verifier = x'00' WHERE slot = 'primary'",
            "its verifier has the wrong length",
            4,
        ),
        (
            "UPDATE access_key SET sealed = NULL WHERE slot = 'secondary'",
            "half of its sealed copy is missing",
            4,
        ),
        (
            "UPDATE access_key SET nonce = x'00' WHERE slot = 'secondary'",
            "the nonce of its sealed copy has the wrong length",
            4,
        ),
        (
            "UPDATE access_key SET generation = 9 WHERE endpoint_id IS NULL",
            "its sealed copy does not open in this row",
            4,
        ),
        (
            "UPDATE access_key SET last4 = 'wxyz' WHERE endpoint_id IS NOT NULL",
            "its sealed copy is another key",
            4,
        ),
        (
            "UPDATE access_key SET id = 'no' || substr(id, 3, 8) WHERE endpoint_id IS NULL",
            "its id can't be read",
            4,
        ),
    ];
    for (sql, problem, rows) in broken {
        let mut tx = at.app.store.begin().await.unwrap();
        let keep = "CREATE TABLE kept AS SELECT * FROM access_key";
        sqlx::query(keep).execute(tx.conn()).await.unwrap();
        sqlx::query(sql).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        let said = failed(home, "check").await;
        assert_eq!(said.matches(problem).count(), rows, "{said}");
        assert!(said.contains(&format!("{rows} failures")), "{said}");
        let mut tx = at.app.store.begin().await.unwrap();
        for back in [
            "DELETE FROM access_key",
            "INSERT INTO access_key SELECT * FROM kept",
            "DROP TABLE kept",
        ] {
            sqlx::query(back).execute(tx.conn()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    done(home, "check").await;

    // A workspace whose data key is another's: itself and its two tokens.
    at.sql("UPDATE workspace SET data_key_nonce = o.data_key_nonce, data_key = o.data_key
        FROM (SELECT id, data_key_nonce, data_key FROM workspace WHERE name = 'field') o WHERE workspace.name = 'other'")
        .await;
    let all = report(home).await;
    assert_eq!(all["failures"].as_array().unwrap().len(), 3);
    for failure in all["failures"].as_array().unwrap() {
        assert_eq!(failure["workspace"], json!(other));
        assert!(!failure.to_string().contains(&acme.id));
    }
    // Such a workspace stops a rewrap, and nothing is lost by it.
    let said = failed(home, "rewrap").await;
    assert!(said.contains(other.as_str()), "{said}");
    assert_eq!(files(home), ["kek", "kek.next", "pepper"]);
    reveals(at, &world.owner, &acme).await;
    let said = failed(home, "forget-old").await;
    assert!(said.contains("not finished"), "{said}");

    // Where keys are shown once there is a verifier alone.
    let path = format!("/api/v1/workspaces/{}", world.workspace);
    let once = json!({"reveal_policy": "once"});
    at.patch(&world.owner, &path, once).await.expect(200);
    assert_eq!(report(home).await["verifier_only"], json!(4));
}

#[tokio::test]
async fn commands_that_can_not_work_say_why() {
    let nowhere = tempfile::tempdir().unwrap();
    for command in ["rewrap", "forget-old", "check"] {
        let said = failed(nowhere.path(), command).await;
        assert!(said.contains("holds no installation"), "{said}");
        assert!(!nowhere.path().join("data").exists(), "and nothing is made");
        let unknown = keys(nowhere.path(), command).arg("--force").output();
        assert_eq!(unknown.unwrap().status.code(), Some(2));
    }
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let owner = world.owner.clone();
    let home = world.at.stop().await;
    let home = home.path();
    let secrets = home.join("secrets");

    // Somebody else is at it.
    let taken = fs::File::open(&secrets).unwrap();
    let exclusively = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    rustix::fs::flock(&taken, exclusively).unwrap();
    for command in ["rewrap", "forget-old"] {
        let said = failed(home, command).await;
        assert!(said.contains("another `portico keys` command"), "{said}");
    }
    done(home, "check").await;
    drop(taken);

    fs::set_permissions(secrets.join("kek"), Permissions::from_mode(0o644)).unwrap();
    for command in ["rewrap", "forget-old", "check"] {
        let said = failed(home, command).await;
        assert!(said.contains("mode 0644"), "{said}");
    }
    fs::set_permissions(secrets.join("kek"), Permissions::from_mode(0o600)).unwrap();

    let away = |name: &str| fs::rename(secrets.join(name), home.join(name)).unwrap();
    let back = |name: &str| fs::rename(home.join(name), secrets.join(name)).unwrap();
    away("pepper");
    assert!(failed(home, "check").await.contains("pepper is missing"));
    back("pepper");
    away("kek");
    let said = failed(home, "check").await;
    assert!(said.contains("the key-encryption key is missing"), "{said}");
    assert!(
        said.contains("7 failures"),
        "the workspace and each key: {said}"
    );
    let said = failed(home, "rewrap").await;
    assert!(said.contains("kek"), "{said}");
    assert_eq!(files(home), ["pepper"], "no key is made in its place");
    back("kek");
    fs::write(secrets.join("kek.next"), "half").unwrap();
    fs::set_permissions(secrets.join("kek.next"), Permissions::from_mode(0o600)).unwrap();
    let said = failed(home, "rewrap").await;
    assert!(said.contains("kek.next does not hold 32 bytes"), "{said}");
    fs::remove_file(secrets.join("kek.next")).unwrap();

    done(home, "check").await;
    let moved = tempfile::tempdir().unwrap();
    for name in ["data", "secrets"] {
        fs::rename(home.join(name), moved.path().join(name)).unwrap();
    }
    let at = TestApp::start_in(moved, NOW).await;
    reveals(&at, &owner, &acme).await;
    at.stop().await;
}
