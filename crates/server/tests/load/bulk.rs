//! Runs over a thousand endpoints, three hundred of them with own models, on a server that is killed at
//! random moments: each ends in the state that an undisturbed one ends in, and says of each endpoint what
//! ran before and what runs now.

use std::time::{Duration, Instant};

use portico_server::store::Store;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    http::request,
    linear_service::{self, Service, digest, slot},
    server::{Server, note},
};

const ENDPOINTS: usize = 1_000;
const CUSTOMISED: usize = 300;
/// Runs that are disturbed, and how often each.
const RUNS: u32 = 12;
const KILLS: u32 = 2;
const LONGEST: Duration = Duration::from_secs(60);
/// Numbers of the models of versions 1 and 2: preparation, `a`, `b`.
const VERSIONS: [[u32; 3]; 2] = [[10, 11, 12], [20, 21, 22]];
/// The model that customised endpoints have of their own, in `a`.
const OWN: u32 = 99;

/// Marsaglia's xorshift.
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 % end
    }
}

/// Makes of two endpoints a thousand, by their rows: each as it is, under other ids and names.
async fn multiply(server: &Server) {
    let store = Store::open(&server.data()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    for (name, more) in [
        ("own", CUSTOMISED - 1),
        ("plain", ENDPOINTS - CUSTOMISED - 1),
    ] {
        for (table, rows) in [
            ("endpoint", format!(
                "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {more})
                 INSERT INTO endpoint (id, workspace_id, service_id, name, description, is_default, version, level, max_calls,
                                       logging, sample_data, tags, created_from, created_at, updated_at)
                 SELECT lower(hex(randomblob(16))), workspace_id, service_id, printf('{name}%04d', n), '', 0, version, level,
                        max_calls, logging, sample_data, tags, created_from, created_at, updated_at
                   FROM endpoint JOIN many WHERE name = '{name}'"
            )),
            ("revision", format!(
                "INSERT INTO revision (endpoint_id, number, at, actor, act, version, models)
                 SELECT e.id, r.number, r.at, r.actor, r.act, r.version, r.models FROM endpoint e JOIN revision r
                  WHERE e.name LIKE '{name}_%' AND r.endpoint_id = (SELECT id FROM endpoint WHERE name = '{name}')"
            )),
            ("endpoint_model", format!(
                "INSERT INTO endpoint_model (endpoint_id, resource, sha256, bytes)
                 SELECT e.id, m.resource, m.sha256, m.bytes FROM endpoint e JOIN endpoint_model m
                  WHERE e.name LIKE '{name}_%' AND m.endpoint_id = (SELECT id FROM endpoint WHERE name = '{name}')"
            )),
        ] {
            let done = sqlx::query(sqlx::AssertSqlSafe(rows)).execute(tx.conn()).await;
            done.unwrap_or_else(|error| panic!("{table}: {error}"));
        }
    }
    tx.commit().await.unwrap();
    store.close().await;
}

/// Endpoints that the last run has changed by now, as the ended server left it.
async fn changed(server: &Server) -> i64 {
    let store = Store::open(&server.data()).await.unwrap();
    let done = sqlx::query_scalar(
        "SELECT count(*) FROM run_line WHERE state = 'changed'
            AND run_id = (SELECT id FROM run ORDER BY started_at DESC LIMIT 1)",
    )
    .fetch_one(store.read())
    .await
    .unwrap();
    store.close().await;
    done
}

/// Starts a run, under a key by which it is known again.
async fn start(server: &Server, service: &Service, body: &Value, key: &str) -> Value {
    let token = format!(
        "Bearer {}",
        server.demo["workspace_token"].as_str().unwrap()
    );
    let headers = [("Authorization", token.as_str()), ("Idempotency-Key", key)];
    let path = format!("{}/runs", service.api);
    let answer = server
        .send(&request("POST", &path, &headers, &body.to_string()))
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

async fn ended(server: &Server, service: &Service, run: &Value) -> Value {
    let began = Instant::now();
    let path = format!("{}/runs/{}", service.api, run["id"].as_str().unwrap());
    loop {
        let now = server.act("GET", &path, "").await.json();
        if now["state"] != "running" {
            return now;
        }
        assert!(began.elapsed() < LONGEST, "{now}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Name, version, revision and models of every endpoint but `default`.
async fn ledger(server: &Server, service: &Service) -> Vec<(String, u64, u64, Value)> {
    let lines = service.all(server, "/ledger").await;
    let line = |line: &Value| {
        let number = |name: &str| line[name].as_u64().unwrap();
        let name = line["name"].as_str().unwrap().to_owned();
        (
            name,
            number("version"),
            number("revision"),
            line["models"].clone(),
        )
    };
    lines.iter().skip(1).map(line).collect()
}

/// The models of `a` and `b` in a version, and the own one in its place.
fn models(version: usize, own: bool) -> [String; 2] {
    let [_, a, b] = VERSIONS[version - 1];
    [
        digest(slot("a", if own { OWN } else { a })),
        digest(slot("b", b)),
    ]
}

/// Fails unless every endpoint serves this version, at this revision of its own, with its own models and
/// no others.
async fn check_state(server: &Server, service: &Service, version: usize, runs: u64) {
    let lines = ledger(server, service).await;
    assert_eq!(lines.len(), ENDPOINTS);
    let mut customised = 0;
    for (name, at, revision, found) in lines {
        let own = name.starts_with("own");
        customised += usize::from(own);
        let [a, b] = models(version, own);
        let expected = json!([{"resource": "a", "sha256": a, "own": own}, {"resource": "b", "sha256": b, "own": false}]);
        assert_eq!((at as usize, &found), (version, &expected), "{name}");
        // Created, customised, and once by each run.
        assert_eq!(revision, 1 + u64::from(own) + runs, "{name}");
    }
    assert_eq!(customised, CUSTOMISED);
}

/// Fails unless the run says of each endpoint exactly what it did: old and new.
async fn check_lines(server: &Server, service: &Service, run: &Value, from: usize, to: usize) {
    let rest = format!("/runs/{}/lines", run["id"].as_str().unwrap());
    let lines = service.all(server, &rest).await;
    assert_eq!(lines.len(), ENDPOINTS);
    for line in lines {
        let own = line["endpoint"].as_str().unwrap().starts_with("own");
        let ([old_a, old_b], [new_a, new_b]) = (models(from, own), models(to, own));
        let resource = |name: &str, fate: &str, before: String, after: String| json!({"resource": name, "fate": fate, "differences": [], "before": before, "after": after});
        let expected = json!({"endpoint": line["endpoint"], "state": "changed", "from": from, "to": to, "detail": null,
            "resources": [resource("a", if own { "kept" } else { "taken" }, old_a, new_a), resource("b", "taken", old_b, new_b)]});
        assert_eq!(line, expected);
    }
}

#[tokio::test]
async fn a_thousand_endpoints_end_where_they_should_however_often_the_server_is_killed() {
    let mut server = Server::start(Duration::from_secs(20)).await;
    let [[prepare, a, b], next] = VERSIONS;
    let service = linear_service::publish(&server, prepare, a, b).await;
    for name in ["own", "plain"] {
        service.endpoint(&server, name).await;
    }
    service.customise(&server, "own", slot("a", OWN)).await;
    linear_service::publish(&server, next[0], next[1], next[2]).await;
    multiply(&server).await;
    check_state(&server, &service, 1, 0).await;

    let all = json!({"kind": "all"});
    let update =
        |version: usize| json!({"selection": all, "act": {"kind": "update", "version": version}});
    let began = Instant::now();
    let run = start(&server, &service, &update(2), "undisturbed").await;
    let run = ended(&server, &service, &run).await;
    let undisturbed = began.elapsed();
    assert_eq!(
        (&run["changed"], &run["state"]),
        (&json!(ENDPOINTS), &json!("finished"))
    );
    check_state(&server, &service, 2, 1).await;
    check_lines(&server, &service, &run, 1, 2).await;

    let (mut dice, mut last) = (Dice(0x9E37_79B9), run);
    let (mut version, mut kills, mut amid) = (2, 0, Vec::new());
    for number in 0..RUNS {
        let to = 3 - version;
        // Every third run takes the one before back.
        let body = if number % 3 == 2 {
            json!({"selection": all, "act": {"kind": "rollback", "run": last["id"]}})
        } else {
            update(to)
        };
        let key = format!("run {number}");
        let run = start(&server, &service, &body, &key).await;
        for _ in 0..KILLS {
            let latest = u32::try_from(undisturbed.as_millis()).unwrap().max(1);
            sleep(Duration::from_millis(dice.below(latest).into())).await;
            server.kill().await;
            kills += 1;
            amid.push(changed(&server).await);
            server.start_again().await;
        }
        let again = start(&server, &service, &body, &key).await;
        assert_eq!(again["id"], run["id"], "a repeat starts nothing");
        last = ended(&server, &service, &run).await;
        assert_eq!(last["changed"], json!(ENDPOINTS), "{last}");
        check_state(&server, &service, to, u64::from(number) + 2).await;
        check_lines(&server, &service, &last, version, to).await;
        version = to;
    }
    let half_done = amid
        .iter()
        .filter(|done| (1..ENDPOINTS as i64).contains(*done))
        .count();
    note(&format!(
        "a run over {ENDPOINTS} endpoints, {CUSTOMISED} customised: {undisturbed:.1?}; {RUNS} runs with {kills} kills, \
         {half_done} of them with some endpoints done and some not: {amid:?}; each ended in the same state"
    ));
    assert!(half_done > 0, "{amid:?}");
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
