//! A server that is killed in the middle of a batch job does the job all the same: every row once, and the
//! same bytes as without a kill.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    http::{Answer, request},
    server::{Server, note},
};

const ROWS: usize = 120_000;
/// How long after a job began to run the server is killed.
const KILLS: [u64; 5] = [0, 120, 400, 900, 1_600];
const OVER: Duration = Duration::from_secs(120);
const BEGAN_AGAIN: &str = "begin again";

struct Caller {
    base: String,
    key: String,
}

impl Caller {
    /// The demo's first endpoint, of the model of species.
    fn of(server: &Server) -> Self {
        let endpoint = &server.demo["endpoints"][0];
        let url = endpoint["url"].as_str().unwrap();
        let base = url.split("/execute").next().unwrap();
        Self {
            base: base[base.find("/workspaces").unwrap()..].to_owned(),
            key: endpoint["primary_key"].as_str().unwrap().to_owned(),
        }
    }

    async fn ask(&self, server: &Server, method: &str, rest: &str, body: &str) -> Answer {
        let key = format!("Bearer {}", self.key);
        let path = format!("{}{rest}", self.base);
        server
            .send(&request(method, &path, &[("Authorization", &key)], body))
            .await
    }

    async fn start(&self, server: &Server, blob: &Value) -> String {
        let body = json!({"Inputs": {"input1": blob}}).to_string();
        let answer = self
            .ask(server, "POST", "/jobs?api-version=2.0", &body)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let job = answer.json().as_str().unwrap().to_owned();
        let path = format!("/jobs/{job}/start?api-version=2.0");
        assert_eq!(self.ask(server, "POST", &path, "").await.status, 204);
        job
    }

    async fn until(&self, server: &Server, job: &str, state: &str) -> Value {
        let began = Instant::now();
        loop {
            let path = format!("/jobs/{job}?api-version=2.0");
            let status = self.ask(server, "GET", &path, "").await.json();
            if status["StatusCode"] == state || status["EndTime"].is_string() {
                return status;
            }
            assert!(began.elapsed() < OVER, "{status}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn output(&self, server: &Server, job: &str) -> String {
        let status = self.until(server, job, "Finished").await;
        assert_eq!(status["StatusCode"], "Finished", "{status}");
        let result = &status["Results"]["output1"];
        let text = |name: &str| result[name].as_str().unwrap();
        let path = format!("{}{}", text("RelativeLocation"), text("SasBlobToken"));
        let plain = request("GET", &format!("{}/blobs/{path}", self.base), &[], "");
        server.send(&plain).await.text()
    }
}

fn rows() -> String {
    let mut text =
        "id,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex\n".to_owned();
    for row in 0..ROWS {
        let length = 30.0 + f64::from(u32::try_from(row % 3_000).unwrap()) / 100.0;
        // Some can't be scored, and are told apart whenever the server ends.
        let mass = if row % 1_000 == 7 { "heavy" } else { "4100" };
        text += &format!(
            "{row},Biscoe,{length},{}.5,{},{mass},male\n",
            13 + row % 7,
            180 + row % 40
        );
    }
    text
}

#[tokio::test]
async fn a_kill_costs_a_job_nothing_but_time() {
    let mut server = Server::start(Duration::from_secs(20)).await;
    let caller = Caller::of(&server);
    let blob = caller
        .ask(&server, "PUT", "/blobs/input/rows.csv", &rows())
        .await;
    assert_eq!(blob.status, 201, "{}", blob.text());
    let blob = blob.json();

    let began = Instant::now();
    let job = caller.start(&server, &blob).await;
    let expected = caller.output(&server, &job).await;
    let alone = began.elapsed();
    let lines: Vec<&str> = expected.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), ROWS + 1);
    for (row, line) in lines[1..].iter().enumerate() {
        assert!(line.starts_with(&format!("{row},Biscoe,")), "{line}");
    }

    for (number, wait) in KILLS.into_iter().enumerate() {
        let job = caller.start(&server, &blob).await;
        caller.until(&server, &job, "Running").await;
        sleep(Duration::from_millis(wait)).await;
        server.kill().await;
        server.start_again().await;
        let output = caller.output(&server, &job).await;
        assert!(
            output == expected,
            "kill {number}: the output is another one"
        );
    }
    let again = server.log().matches(BEGAN_AGAIN).count();
    assert!(again >= 3, "only {again} kills met a running job");

    // Each row was counted once, however often it was scored.
    let endpoint = &server.demo["endpoints"][0];
    let text = |name: &str| endpoint[name].as_str().unwrap();
    let usage = format!(
        "/api/v1/workspaces/{}/services/{}/endpoints/{}/usage?range=hour",
        text("workspace_id"),
        text("service_id"),
        text("name")
    );
    let usage = server.act("GET", &usage, "").await.json();
    let jobs = KILLS.len() + 1;
    let scored = ROWS - ROWS / 1_000;
    assert_eq!(usage["total"]["rows"], jobs * scored, "{usage}");
    assert_eq!(usage["total"]["calls"], jobs);
    let aside = fs::read_dir(server.data().join("area/aside"))
        .unwrap()
        .count();
    assert_eq!(aside, 0, "half-written files are left");
    note(&format!(
        "jobs: {ROWS} rows in {:.1} s ({:.0} rows/s) alone; {again} of {} kills met a running job, all outputs the same",
        alone.as_secs_f64(),
        ROWS as f64 / alone.as_secs_f64(),
        KILLS.len()
    ));
}
