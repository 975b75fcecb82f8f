//! `cargo xtask bench models`: a thousand endpoints, each with a trained model of its own, in a gigabyte and in less
//! memory than they take together.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::data::{self, Data};
use super::load::{self, Outcome, Work};
use super::product::{self, Endpoint, Product};
use super::{number, peers, procfs, results};
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

/// What the scorer may take: more than all models need, and less.
const CAPS_MIB: [&str; 2] = ["1024", "384"];
const RESOURCE: &str = "Income model [trained model]";
/// Calls at once in mixed traffic.
const AT_ONCE: usize = 8;
/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_millis(10);

struct Options {
    models: usize,
    seconds: u64,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self {
            models: 1_000,
            seconds: 30,
        };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            match name.as_str() {
                "--models" => options.models = number(name, rest.next())?.max(1) as usize,
                "--seconds" => options.seconds = number(name, rest.next())?.max(1),
                other => {
                    return Err(Error::Usage(format!(
                        "bench models does not know {other:?}; it takes --models N and --seconds N"
                    )));
                }
            }
        }
        Ok(options)
    }
}

/// Runs the benchmark.
pub fn run(repo: &Repo, arguments: &[String]) -> Result<(), Error> {
    let options = Options::parse(arguments)?;
    let folder = data::folder(repo, options.models)?;
    let rows = Data::read(&folder)?;
    let expected = folder.join("own.json");
    let text = std::fs::read(&expected).map_err(Error::file(&expected))?;
    let expected: Vec<Vec<f64>> = serde_json::from_slice(&text)
        .map_err(|error| Error::Check(format!("own.json: {error}")))?;

    let alone = alone(repo, &folder.join("own"), options.models)?;
    let binary = product::binary(repo)?;
    let mut phases = Vec::new();
    for cap in CAPS_MIB {
        let product = Product::start(repo, &binary, &["--model-memory", cap])?;
        phases.extend(called(
            repo, &options, &folder, &rows, &expected, &product, cap,
        )?);
    }
    results::write(
        repo,
        "models",
        &report(repo, options.models, &alone, &phases),
    )
}

/// Calls every model of a product whose scorer may take so much.
fn called(
    repo: &Repo,
    options: &Options,
    folder: &std::path::Path,
    rows: &Data,
    expected: &[Vec<f64>],
    product: &Product,
    cap: &'static str,
) -> Result<[Phase; 4], Error> {
    let service = product.import(&folder.join("package"))?;
    println!("Making {} endpoints.", options.models);
    let endpoints = (0..options.models)
        .map(|number| product.endpoint(&service, &format!("own{number}"), 20))
        .collect::<Result<Vec<_>, _>>()?;
    customise(repo, product, &folder.join("own"), &endpoints)?;

    let row_of = |which: usize| which % expected[which].len();
    let requests: Vec<Vec<u8>> = endpoints
        .iter()
        .enumerate()
        .map(|(which, endpoint)| {
            let row = row_of(which);
            let body = data::classic_body(rows, &rows.rows[row..=row]);
            product.call(endpoint, body.to_string().as_bytes())
        })
        .collect();
    let check = |which: usize, body: &[u8]| {
        let answers = data::classic_answers(body)?;
        let wanted = expected[which][row_of(which)];
        match &answers[..] {
            [(_, [_, given])] if (given - wanted).abs() < 1e-4 => Ok(()),
            other => Err(format!("{other:?}, not {wanted}")),
        }
    };
    let sweep: Vec<usize> = (0..requests.len()).collect();
    let zipf = zipf(requests.len(), 400_000);
    let scorer = scorer(product)?;
    let seconds = Duration::from_secs(options.seconds);
    let phase = |name, order: &[usize], connections, count, time| {
        let work = Work {
            requests: &requests,
            order,
            count,
            check: &check,
        };
        watched(cap, name, product, scorer, || {
            load::run(product.running.address, &work, connections, None, time)
        })
    };
    let once = Some(requests.len() as u64);
    let long = Duration::from_secs(600);
    let phases = [
        phase(
            "each model for the first time, one call at a time",
            &sweep,
            1,
            once,
            long,
        )?,
        phase("all in turns, one call at a time", &sweep, 1, once, long)?,
        phase(
            "mixed traffic, Zipf, 8 at once",
            &zipf,
            AT_ONCE,
            None,
            seconds,
        )?,
        phase(
            "all in turns once more, one call at a time",
            &sweep,
            1,
            once,
            long,
        )?,
    ];
    if scorer != self::scorer(product)? {
        return Err(Error::Check(
            "the scorer has ended and another took its place".to_owned(),
        ));
    }
    Ok(phases)
}

/// What the same models take without Portico: a row of the table.
fn alone(repo: &Repo, models: &std::path::Path, count: usize) -> Result<String, Error> {
    let mut script = Command::new(peers::environment(repo, "train")?);
    script
        .arg(repo.root.join("bench/models/alone.py"))
        .arg(models)
        .arg(count.to_string());
    let said = process::output(&mut script)?;
    match said.split_whitespace().collect::<Vec<_>>()[..] {
        [median, high, longest] => Ok(format!(
            "| | the yardstick: ONNX Runtime alone loads each and scores one row | {count} | {median} | {high} | | {longest} | | |"
        )),
        _ => Err(Error::Check(format!("alone.py said {said:?}"))),
    }
}

/// The models take the places of the published one; a running server notices within half a second.
fn customise(
    repo: &Repo,
    product: &Product,
    models: &std::path::Path,
    endpoints: &[Endpoint],
) -> Result<(), Error> {
    let mut own = Command::new(peers::environment(repo, "train")?);
    own.arg(repo.root.join("bench/models/own.py"))
        .args([product.data(), models])
        .arg(RESOURCE);
    let shown = process::shown(&own);
    println!("  $ {shown}");
    let failed = |outcome: String| Error::Command {
        command: shown.clone(),
        outcome,
    };
    let mut child = own
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    let ids: Vec<&str> = endpoints
        .iter()
        .map(|endpoint| endpoint.id.as_str())
        .collect();
    let written = child
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(ids.join("\n").as_bytes()));
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if !status.success() || !matches!(written, Some(Ok(()))) {
        return Err(failed(format!("failed ({status})")));
    }
    std::thread::sleep(Duration::from_secs(2));
    Ok(())
}

fn scorer(product: &Product) -> Result<u32, Error> {
    match procfs::children(product.running.pid())[..] {
        [scorer] => Ok(scorer),
        ref other => Err(Error::Check(format!("{} scorers run", other.len()))),
    }
}

/// Numbers below `count`, small ones more often: the chance of each falls as its rank grows.
fn zipf(count: usize, length: usize) -> Vec<usize> {
    let mut sums = Vec::with_capacity(count);
    let mut sum = 0.0;
    for rank in 1..=count {
        sum += 1.0 / rank as f64;
        sums.push(sum);
    }
    // Any sequence does that is the same in every run (Steele and Vigna's splitmix).
    let mut state = 20_140_092u64;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..length)
        .map(|_| {
            let at = random() * sum;
            sums.partition_point(|sum| *sum <= at).min(count - 1)
        })
        .collect()
}

struct Phase {
    cap: &'static str,
    name: &'static str,
    outcome: Outcome,
    cpu: f64,
    peak_mib: f64,
}

/// Runs something while the scorer's memory is watched.
fn watched(
    cap: &'static str,
    name: &'static str,
    product: &Product,
    scorer: u32,
    work: impl FnOnce() -> Result<Outcome, Error>,
) -> Result<Phase, Error> {
    let (done, peak) = (AtomicBool::new(false), Mutex::new(0.0f64));
    let before = procfs::used(product.running.pid()).cpu;
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let rss = procfs::rss_mib(scorer);
                let mut peak = peak.lock().unwrap_or_else(|poison| poison.into_inner());
                *peak = peak.max(rss);
                drop(peak);
                std::thread::sleep(SAMPLE);
            }
        });
        let outcome = work();
        done.store(true, Ordering::Relaxed);
        outcome
    })?;
    let phase = Phase {
        cap,
        name,
        outcome,
        cpu: procfs::used(product.running.pid()).cpu - before,
        peak_mib: peak
            .into_inner()
            .unwrap_or_else(|poison| poison.into_inner()),
    };
    println!("{}", row(&phase));
    Ok(phase)
}

fn row(phase: &Phase) -> String {
    let ms = |share| phase.outcome.quantile(share).as_secs_f64() * 1e3;
    format!(
        "| {} | {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} |",
        phase.cap,
        phase.name,
        phase.outcome.answered,
        ms(0.5),
        ms(0.99),
        ms(0.999),
        ms(1.0),
        phase.outcome.answered as f64 / phase.cpu.max(0.01),
        phase.peak_mib
    )
}

fn report(repo: &Repo, models: usize, alone: &str, phases: &[Phase]) -> String {
    let rows: Vec<String> = phases.iter().map(row).collect();
    format!(
        "{}; {}; {}.\n{models} endpoints, each with 98 trees of its own. Every answer checked; no error.\n\n\
         | the scorer may take, MiB | Traffic | calls | p50 ms | p99 ms | p99.9 ms | longest ms | calls a CPU-second | scorer's memory, most, MiB |\n|---|---|---|---|---|---|---|---|---|\n{alone}\n{}",
        results::machine(),
        results::state(repo),
        results::load(),
        rows.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::zipf;

    #[test]
    fn small_numbers_come_more_often() {
        let order = zipf(100, 10_000);
        let count = |number| order.iter().filter(|which| **which == number).count();
        assert!(count(0) > 5 * count(20), "{} {}", count(0), count(20));
        assert!(order.iter().all(|which| *which < 100));
        assert_eq!(order, zipf(100, 10_000));
    }
}
