//! `cargo xtask bench calls`: calls through the whole product, beside FastAPI and MLServer.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::data::{self, Data};
use super::load::{self, Work};
use super::peers::{self, Running};
use super::product::{self, Product};
use super::{http, number, procfs, results};
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

/// Rows a call, and calls at once.
const LOADS: [(usize, usize); 5] = [(1, 1), (1, 8), (1, 32), (32, 8), (1024, 4)];
/// Each load is measured so often on each server, in turns; the median counts.
const RUNS: usize = 3;
/// Single-row calls a second where latency is measured.
const RATES: [f64; 2] = [1_000.0, 5_000.0];
const CONNECTIONS: usize = 32;

struct Options {
    seconds: u64,
    peers: bool,
    only: Option<(usize, usize)>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self {
            seconds: 20,
            peers: true,
            only: None,
        };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            match name.as_str() {
                "--seconds" => options.seconds = number(name, rest.next())?.max(1),
                "--no-peers" => options.peers = false,
                "--only" => {
                    let rows = number(name, rest.next())?;
                    let at_once = number(name, rest.next())?;
                    options.only = Some((rows as usize, at_once as usize));
                }
                other => {
                    return Err(Error::Usage(format!(
                        "bench calls does not know {other:?}; it takes --seconds N, --no-peers and --only ROWS AT_ONCE"
                    )));
                }
            }
        }
        Ok(options)
    }
}

type Answers = fn(&[u8]) -> Result<Vec<(String, [f64; 2])>, String>;
/// The bytes to send for a body.
type Request<'a> = Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>;
type Body = fn(&Data, &[Vec<serde_json::Value>]) -> serde_json::Value;

/// A server under load.
struct Server<'a> {
    name: &'static str,
    pid: u32,
    address: SocketAddr,
    request: Request<'a>,
    body: Body,
    answers: Answers,
}

/// One measurement.
#[derive(Clone, Copy, Default)]
struct Measured {
    per_cpu_second: f64,
    per_second: f64,
    p50: Duration,
    p99: Duration,
    rss_mib: f64,
}

/// Runs the benchmark.
pub fn run(repo: &Repo, arguments: &[String]) -> Result<(), Error> {
    let options = Options::parse(arguments)?;
    let folder = data::folder(repo, 0)?;
    let data = Data::read(&folder)?;
    let product = Product::start(repo, &product::binary(repo)?, &[])?;
    let service = product.import(&folder.join("package"))?;
    let endpoint = product.endpoint(&service, "bench", 200)?;
    let mut running = Vec::new();
    if options.peers {
        running.push(("FastAPI", peers::fastapi(repo, &folder)?));
        running.push(("MLServer", peers::mlserver(repo, &folder)?));
    }
    let mut servers = vec![Server {
        name: "Portico, classic's wire",
        pid: product.running.pid(),
        address: product.running.address,
        request: Box::new(|body| product.call(&endpoint, body)),
        body: data::classic_body,
        answers: data::classic_answers,
    }];
    for (name, peer) in &running {
        servers.push(peer_server(name, peer));
    }
    let mut text = String::new();
    if options.only.is_none() {
        text = alone(repo, &folder)?;
    }
    for (rows, at_once) in LOADS {
        if options.only.is_none_or(|only| only == (rows, at_once)) {
            closed(&mut text, &data, &servers, (rows, at_once), options.seconds)?;
        }
    }
    if options.only.is_none() {
        open(&mut text, &data, &servers, options.seconds)?;
        text = format!("{}\n\n{text}", heading(repo, options.seconds)?);
        results::write(repo, "calls", &text)
    } else {
        println!("\n{text}");
        Ok(())
    }
}

fn peer_server<'a>(name: &&'static str, peer: &'a Running) -> Server<'a> {
    let fastapi = *name == "FastAPI";
    let path = if fastapi {
        "/score"
    } else {
        "/v2/models/census/infer"
    };
    Server {
        name,
        pid: peer.pid(),
        address: peer.address,
        request: Box::new(move |body| http::request("POST", path, peer.address, "", body)),
        body: if fastapi {
            data::plain_body
        } else {
            data::inference_body
        },
        answers: if fastapi {
            data::plain_answers
        } else {
            data::inference_answers
        },
    }
}

fn heading(repo: &Repo, seconds: u64) -> Result<String, Error> {
    let packages = |name: &str, packages: &[&str]| {
        peers::environment(repo, name).map(|python| peers::versions(&python, packages))
    };
    Ok(format!(
        "{}; {}; {}. Each figure is the median of {RUNS} runs of {seconds} s, the servers in turns.\n\
         Peers: {}; {}. ONNX Runtime 1.32.0 everywhere, one thread within a run. Every answer checked.",
        results::machine(),
        results::state(repo),
        results::load(),
        packages("fastapi", &["fastapi", "uvicorn", "uvloop"])?,
        packages("mlserver", &["mlserver", "uvicorn"])?,
    ))
}

/// What the engine takes for the same rows without any server.
fn alone(repo: &Repo, folder: &Path) -> Result<String, Error> {
    let mut script = Command::new(peers::environment(repo, "train")?);
    script
        .arg(repo.root.join("bench/calls/alone.py"))
        .arg(folder);
    let said = process::output(&mut script)?;
    match said.split_whitespace().collect::<Vec<_>>()[..] {
        [small, large, trees] => Ok(format!(
            "The yardstick, ONNX Runtime alone, in rows a CPU-second: the pipeline {small} with 32 rows a run and {large} with 512; its 98 trees by themselves {trees} with 512.\n\n"
        )),
        _ => Err(Error::Check(format!("alone.py said {said:?}"))),
    }
}

/// As fast as answers come.
fn closed(
    text: &mut String,
    data: &Data,
    servers: &[Server<'_>],
    (rows, at_once): (usize, usize),
    seconds: u64,
) -> Result<(), Error> {
    let mut measured = vec![Vec::new(); servers.len()];
    for run in 0..RUNS {
        for (server, measured) in servers.iter().zip(&mut measured) {
            let one = measure(data, server, rows, at_once, None, seconds)?;
            println!(
                "{rows} rows, {at_once} at once, run {run}: {}: {:.0} rows a CPU-second, {:.0} a second",
                server.name, one.per_cpu_second, one.per_second
            );
            measured.push(one);
        }
    }
    let medians: Vec<Measured> = measured.iter().map(|runs| median(runs)).collect();
    let word = if rows == 1 { "row" } else { "rows" };
    let _ = writeln!(
        text,
        "**{rows} {word} a call, {at_once} at once**\n\n\
         | Server | rows a CPU-second | Portico is | rows a second | p50 ms | p99 ms | memory MiB |\n|---|---|---|---|---|---|---|"
    );
    for (server, one) in servers.iter().zip(&medians) {
        let ratio = medians[0].per_cpu_second / one.per_cpu_second;
        let _ = writeln!(
            text,
            "| {} | {:.0} | {ratio:.1} × | {:.0} | {} | {} | {:.0} |",
            server.name,
            one.per_cpu_second,
            one.per_second,
            shown(one.p50),
            shown(one.p99),
            one.rss_mib
        );
    }
    let _ = writeln!(text);
    Ok(())
}

/// At a fixed rate, latency counted from when a call was due. Peers get what they can bear.
fn open(text: &mut String, data: &Data, servers: &[Server<'_>], seconds: u64) -> Result<(), Error> {
    let _ = writeln!(
        text,
        "**Latency at a fixed rate, one row a call**, counted from when a call was due\n\n\
         | Server | calls a second | p50 ms | p99 ms | rows a CPU-second |\n|---|---|---|---|---|"
    );
    for server in servers {
        for rate in RATES {
            // A server that needs longer than there is time only queues.
            if rate > 1_000.0 && !server.name.starts_with("Portico") {
                continue;
            }
            let mut runs = Vec::new();
            for _ in 0..RUNS {
                runs.push(measure(data, server, 1, CONNECTIONS, Some(rate), seconds)?);
            }
            let one = median(&runs);
            let _ = writeln!(
                text,
                "| {} | {rate:.0} (got {:.0}) | {} | {} | {:.0} |",
                server.name,
                one.per_second,
                shown(one.p50),
                shown(one.p99),
                one.per_cpu_second
            );
        }
    }
    Ok(())
}

fn measure(
    data: &Data,
    server: &Server<'_>,
    rows: usize,
    at_once: usize,
    rate: Option<f64>,
    seconds: u64,
) -> Result<Measured, Error> {
    let requests: Vec<Vec<u8>> = data
        .bodies(rows, server.body)
        .iter()
        .map(|body| (server.request)(body))
        .collect();
    let answers = server.answers;
    let check = |which: usize, body: &[u8]| data.check(which * rows, rows, &answers(body)?);
    let order: Vec<usize> = (0..requests.len()).collect();
    let work = Work {
        requests: &requests,
        order: &order,
        count: None,
        check: &check,
    };
    let warm = Duration::from_secs((seconds / 4).max(1));
    load::run(server.address, &work, at_once, rate, warm)?;
    let before = procfs::used(server.pid);
    let outcome = load::run(
        server.address,
        &work,
        at_once,
        rate,
        Duration::from_secs(seconds),
    )?;
    let after = procfs::used(server.pid);
    let answered = outcome.answered as f64 * rows as f64;
    Ok(Measured {
        per_cpu_second: answered / (after.cpu - before.cpu).max(0.01),
        per_second: answered / outcome.wall.as_secs_f64(),
        p50: outcome.quantile(0.5),
        p99: outcome.quantile(0.99),
        rss_mib: after.rss_mib,
    })
}

/// The run in the middle by rows a CPU-second.
fn median(runs: &[Measured]) -> Measured {
    let mut runs = runs.to_vec();
    runs.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
    runs.get(runs.len() / 2).copied().unwrap_or_default()
}

fn shown(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}
