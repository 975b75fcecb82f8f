//! The load: connections that each send one request after the other, as fast as answers come or at
//! a fixed rate, and look at every answer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::http::Connection;
use crate::error::Error;

/// Looks at the answer to the request of this number.
pub type Check<'a> = dyn Fn(usize, &[u8]) -> Result<(), String> + Sync + 'a;

/// What is sent, and what must come back.
pub struct Work<'a> {
    /// Ready-made requests.
    pub requests: &'a [Vec<u8>],
    /// Which of them go out one after the other, again and again.
    pub order: &'a [usize],
    /// How many in all, if that is to end it.
    pub count: Option<u64>,
    /// Whether this body is the right answer to the request of this number. Asked once all have come:
    /// reading JSON meanwhile would take time from the server and keep requests waiting.
    pub check: &'a Check<'a>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Requests that were answered, all of them rightly.
    pub answered: u64,
    /// From the first request to the last answer.
    pub wall: Duration,
    /// Of each request, sorted. With a fixed rate counted from when it was due, not from when it
    /// could be sent.
    pub latencies: Vec<Duration>,
}

impl Outcome {
    /// The latency that this share of the requests kept under.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// What one connection was answered.
#[derive(Debug, Default)]
struct Answered {
    latencies: Vec<Duration>,
    /// Answers and the numbers of their requests; one that is to the letter the same as the last one to
    /// its request does not stand here again.
    bodies: Vec<(usize, Vec<u8>)>,
}

/// Sends for so long over so many connections; with `rate`, so many requests a second in all.
pub fn run(
    address: SocketAddr,
    work: &Work<'_>,
    connections: usize,
    rate: Option<f64>,
    time: Duration,
) -> Result<Outcome, Error> {
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let start = Instant::now();
    let sent: Vec<Result<Answered, String>> = std::thread::scope(|scope| {
        let one = || {
            let sent = send(address, work, rate, start, time, &next, &failed);
            failed.fetch_or(sent.is_err(), Ordering::Relaxed);
            sent
        };
        let all: Vec<_> = (0..connections).map(|_| scope.spawn(one)).collect();
        all.into_iter()
            .map(|connection| {
                connection
                    .join()
                    .unwrap_or_else(|_| Err("a connection's thread panicked".to_owned()))
            })
            .collect()
    });
    let mut outcome = Outcome {
        wall: start.elapsed(),
        ..Outcome::default()
    };
    for sent in sent {
        let sent = sent.map_err(Error::Check)?;
        for (which, body) in sent.bodies {
            (work.check)(which, &body)
                .map_err(|why| Error::Check(format!("the answer to request {which}: {why}")))?;
        }
        outcome.answered += sent.latencies.len() as u64;
        outcome.latencies.extend(sent.latencies);
    }
    outcome.latencies.sort_unstable();
    Ok(outcome)
}

fn send(
    address: SocketAddr,
    work: &Work<'_>,
    rate: Option<f64>,
    start: Instant,
    time: Duration,
    next: &AtomicU64,
    failed: &AtomicBool,
) -> Result<Answered, String> {
    let mut connection = Connection::open(address).map_err(|error| error.to_string())?;
    let mut answered = Answered::default();
    // Where the last answer to each request stands.
    let mut last: HashMap<usize, usize> = HashMap::new();
    while !failed.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let due = match rate {
            Some(rate) => start + Duration::from_secs_f64(number as f64 / rate),
            None => Instant::now(),
        };
        if due >= start + time || work.count.is_some_and(|count| number >= count) {
            break;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let turn = usize::try_from(number).unwrap_or(0) % work.order.len();
        let which = work.order[turn];
        let (status, body) = connection
            .send(&work.requests[which])
            .map_err(|error| format!("request {which}: {error}"))?;
        answered.latencies.push(due.elapsed());
        if status != 200 {
            let text: String = String::from_utf8_lossy(body).chars().take(400).collect();
            return Err(format!("request {which} was answered {status}: {text}"));
        }
        let before = last.get(&which).map(|at| answered.bodies[*at].1.as_slice());
        if before != Some(body) {
            last.insert(which, answered.bodies.len());
            answered.bodies.push((which, body.to_vec()));
        }
    }
    Ok(answered)
}
