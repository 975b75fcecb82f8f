//! What this process takes on in all, whatever endpoints are called: calls at once, bytes of their
//! bodies, and how long the engine lets them wait. Beyond it calls are *shed* with a code of their own:
//! an endpoint's limit is a promise, this is the end of what the machine can do.
//!
//! Must not know endpoints, nor HTTP.

use crate::error::Error;
use portico_domain::load::Sojourn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How much a process takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadLimits {
    /// Calls at once over all endpoints, those that wait for a place too.
    pub calls: u64,
    /// Bytes of bodies at once, those that are still coming in too.
    pub bytes: u64,
    /// How long calls may wait in the engine while they keep coming; 0 does not look.
    pub target: Duration,
    /// For how long they may wait longer.
    pub interval: Duration,
}

impl LoadLimits {
    /// The defaults for a machine with so many cores: 1,024 calls and 128 MiB for each core, at least
    /// 2,048 calls and 256 MiB. A core scores some ten thousand rows a second, so what is allowed to
    /// wait is scored within a second unless the models are slow; for those it is 5 s of waiting, twice as
    /// long as 200 calls of one endpoint with a model of 20 ms wait on two cores.
    pub fn for_cores(cores: usize) -> Self {
        let cores = u64::try_from(cores).unwrap_or(2).max(2);
        Self {
            calls: 1_024 * cores,
            bytes: 128 * 1024 * 1024 * cores,
            target: Duration::from_secs(5),
            interval: Duration::from_secs(1),
        }
    }
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self::for_cores(std::thread::available_parallelism().map_or(2, usize::from))
    }
}

/// What the process has on its hands.
#[derive(Debug)]
pub struct Load {
    limits: LoadLimits,
    calls: AtomicU64,
    bytes: AtomicU64,
    /// Calls in the engine.
    scoring: AtomicU64,
    sojourn: Mutex<Sojourn>,
    late: AtomicBool,
    shed: AtomicU64,
    began: Instant,
}

impl Load {
    /// Nothing yet.
    pub fn new(limits: LoadLimits) -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            scoring: AtomicU64::new(0),
            sojourn: Mutex::new(Sojourn::new(micros(limits.target), micros(limits.interval))),
            late: AtomicBool::new(false),
            shed: AtomicU64::new(0),
            began: Instant::now(),
            limits,
        })
    }

    /// Takes a call on, before its body is read.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when as many calls are here as may be.
    pub fn enter(self: &Arc<Self>) -> Result<Seat, Error> {
        if !add(&self.calls, 1, self.limits.calls) {
            return Err(self.shed("It has as many calls at once as it takes on."));
        }
        Ok(Seat {
            load: Arc::clone(self),
            bytes: 0,
        })
    }

    /// Lets a call on to the engine.
    ///
    /// # Errors
    /// [`Error::Overloaded`] while calls wait too long there.
    pub fn check(&self) -> Result<(), Error> {
        if self.late.load(Ordering::Relaxed) && self.scoring.load(Ordering::Relaxed) > 0 {
            return Err(self.shed("Calls wait too long to be scored."));
        }
        Ok(())
    }

    /// A call goes to the engine; it is there until this is dropped.
    pub fn scoring(&self) -> Scoring<'_> {
        self.scoring.fetch_add(1, Ordering::Relaxed);
        Scoring(self)
    }

    /// How many calls were shed since the process began.
    pub fn shed_calls(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    /// Calls here, and the bytes of their bodies.
    pub fn taken(&self) -> (u64, u64) {
        let read = |number: &AtomicU64| number.load(Ordering::Acquire);
        (read(&self.calls), read(&self.bytes))
    }

    fn shed(&self, why: &'static str) -> Error {
        // Said now and then: what floods the server must not flood its log.
        let shed = self.shed.fetch_add(1, Ordering::Relaxed) + 1;
        if shed.is_power_of_two() {
            tracing::warn!(shed, why, "calls are shed");
        }
        Error::Overloaded(why)
    }

    fn sojourn(&self) -> MutexGuard<'_, Sojourn> {
        self.sojourn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Adds unless the sum would be above `most`.
fn add(sum: &AtomicU64, more: u64, most: u64) -> bool {
    sum.try_update(Ordering::AcqRel, Ordering::Acquire, |now| {
        now.checked_add(more).filter(|next| *next <= most)
    })
    .is_ok()
}

/// The place of one call among all; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    load: Arc<Load>,
    bytes: u64,
}

impl Seat {
    /// So many bytes of the call's body have come.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the bodies of all calls are larger than may be.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        let more = u64::try_from(bytes).unwrap_or(u64::MAX);
        if !add(&self.load.bytes, more, self.load.limits.bytes) {
            return Err(self.load.shed("It holds as many bytes of calls as it can."));
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.load.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        self.load.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A call in the engine.
#[derive(Debug)]
pub struct Scoring<'a>(&'a Load);

impl Scoring<'_> {
    /// It was begun after waiting for so long.
    pub fn waited(&self, time: Duration) {
        let late = self
            .0
            .sojourn()
            .saw(micros(self.0.began.elapsed()), micros(time));
        self.0.late.store(late, Ordering::Relaxed);
    }
}

impl Drop for Scoring<'_> {
    fn drop(&mut self) {
        if self.0.scoring.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.sojourn().calm();
            self.0.late.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(calls: u64, bytes: u64) -> Arc<Load> {
        Load::new(LoadLimits {
            calls,
            bytes,
            target: Duration::from_millis(10),
            interval: Duration::ZERO,
        })
    }

    fn is_shed<T>(result: &Result<T, Error>, shed: &str) -> bool {
        matches!(result, Err(Error::Overloaded(why)) if why.contains(shed))
    }

    #[test]
    fn calls_and_bytes_are_bounded_and_come_back() {
        let load = load(2, 100);
        let mut first = load.enter().unwrap();
        let second = load.enter().unwrap();
        assert!(is_shed(&load.enter(), "as many calls"));
        drop(second);
        let mut second = load.enter().unwrap();
        first.hold(60).unwrap();
        assert!(is_shed(&second.hold(41), "bytes"));
        second.hold(40).unwrap();
        assert_eq!(load.taken(), (2, 100));
        drop((first, second));
        assert_eq!((load.taken(), load.shed_calls()), ((0, 0), 2));
    }

    #[test]
    fn calls_are_shed_while_the_engine_lets_them_wait_and_no_longer() {
        let load = load(9, 9);
        let (one, other) = (load.scoring(), load.scoring());
        one.waited(Duration::from_millis(9));
        assert!(load.check().is_ok());
        one.waited(Duration::from_millis(10));
        assert!(is_shed(&load.check(), "wait too long"));
        other.waited(Duration::from_millis(1));
        assert!(load.check().is_ok());
        one.waited(Duration::from_millis(10));
        drop(one);
        assert!(load.check().is_err());
        // Nothing is there that could wait.
        drop(other);
        assert!(load.check().is_ok());
    }

    #[test]
    fn larger_machines_take_on_more() {
        let two = LoadLimits::for_cores(2);
        assert_eq!(LoadLimits::for_cores(1), two);
        assert_eq!((two.calls, two.bytes >> 20), (2_048, 256));
        let many = LoadLimits::for_cores(64);
        assert_eq!((many.calls, many.bytes >> 20), (65_536, 8_192));
    }

    #[test]
    fn a_flood_never_passes_the_bound() {
        let load = load(3, u64::MAX);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let seat = load.enter();
                        assert!(load.taken().0 <= 3);
                        drop(seat);
                    }
                });
            }
        });
        assert_eq!(load.taken(), (0, 0));
    }
}
