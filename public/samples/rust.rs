//! @TITLE@
//! Rust 1.85 or newer: cargo new score, cargo add serde_json, cargo add ureq --features json, put this
//! into src/main.rs, cargo run. Wants the key in PORTICO_KEY.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, SystemTime};

const URL: &str = "@URL@";

type Row = BTreeMap<&'static str, Value>;

fn main() {
    let row = Row::from([
        "@ROW@",
    ]);
    match score(&[row]) {
        Ok(scored) => scored.iter().for_each(|row| println!("{row}")),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

/// Scores rows (maps by column); answers with one object for each, in the same order.
fn score(rows: &[Row]) -> Result<Vec<Value>, Box<dyn Error>> {
    let key = "@KEY@";
    let parameters = Row::from(["@PARAMETERS@"]);
    let body = json!({ "Inputs": { "input1": rows }, "GlobalParameters": parameters });
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(120)))
        .http_status_as_error(false)
        .build()
        .into();
    let tries = 6;
    let mut attempt = 1;
    loop {
        let mut answer = agent
            .post(URL)
            .header("Authorization", format!("Bearer {key}"))
            .send_json(&body)?;
        let status = answer.status().as_u16();
        if status == 200 {
            let mut scored: Value = answer.body_mut().read_json()?;
            let rows = scored["Results"]["output1"].take();
            return Ok(serde_json::from_value(rows)?);
        }
        let said = answer.headers().get("Retry-After").cloned();
        if !matches!(status, 429 | 503) || attempt == tries {
            return Err(explained(status, &answer.body_mut().read_to_string()?).into());
        }
        // The limit was reached: wait as long as the answer says, and longer from try to try.
        let wait = (0.5 + chance() / 2.0) * 2_f64.powi(attempt - 2);
        let said = said.and_then(|text| text.to_str().ok()?.parse().ok());
        let said = Duration::from_secs(said.unwrap_or(0));
        std::thread::sleep(said.max(Duration::from_secs_f64(wait)));
        attempt += 1;
    }
}

/// A number from 0 to 1 that differs from caller to caller, so that they do not all come back at once.
fn chance() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    f64::from(now.map_or(0, |time| time.subsec_nanos() % 1_000_000)) / 1e6
}

/// An error's code, message and details, one a line.
fn explained(status: u16, body: &str) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = |value: &Value| format!("{}: {}", text(&value["code"]), text(&value["message"]));
    let answer: Value = serde_json::from_str(body).unwrap_or_default();
    let error = &answer["error"];
    if error.is_null() {
        return format!("{status}: {body}");
    }
    let mut lines = format!("{status} {}", told(error));
    for detail in error["details"].as_array().into_iter().flatten() {
        let target = text(&detail["target"]);
        lines += &match target.as_str() {
            "" => format!("\n  {}", told(detail)),
            target => format!("\n  {} ({target})", told(detail)),
        };
    }
    lines
}
