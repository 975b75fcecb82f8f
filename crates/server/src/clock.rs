//! Time and randomness as values, so that tests hold them. Nothing else in the server reads the
//! system's clock for anything that is stored or compared, or draws random bytes.

use portico_api::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A moment in microseconds since 1970, UTC.
pub type Micros = i64;

/// Microseconds in a second.
pub const SECOND: Micros = 1_000_000;
/// Microseconds in a day.
pub const DAY: Micros = 24 * 60 * 60 * SECOND;

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// A clock that moves only when told.
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `micros` until it is moved.
    pub fn held(micros: Micros) -> Self {
        Self::Held(Arc::new(AtomicI64::new(micros)))
    }

    /// The present moment.
    pub fn now(&self) -> Micros {
        match self {
            Self::System => jiff::Timestamp::now().as_microsecond(),
            Self::Held(at) => at.load(Ordering::SeqCst),
        }
    }

    /// Moves a held clock on; the system's clock stays as it is.
    pub fn advance(&self, micros: Micros) {
        if let Self::Held(at) = self {
            at.fetch_add(micros, Ordering::SeqCst);
        }
    }
}

/// A moment as the wire writes it: RFC 3339 with milliseconds and `Z`.
pub fn on_the_wire(micros: Micros) -> Timestamp {
    let text = jiff::Timestamp::from_microsecond(micros)
        .map(|at| format!("{at:.3}"))
        .unwrap_or_default();
    Timestamp::from_rfc3339(text)
}

/// Reads a moment from the wire; `None` if it is not RFC 3339.
pub fn from_the_wire(text: &Timestamp) -> Option<Micros> {
    text.as_str()
        .parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_microsecond)
}

/// Where random bytes come from.
#[derive(Clone, Debug, Default)]
pub enum Entropy {
    /// The operating system.
    #[default]
    System,
    /// A counter, for tests that want the same ids twice. Never for a server that anyone reaches.
    Counted(Arc<AtomicI64>),
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct NoEntropy(String);

impl Entropy {
    /// `N` random bytes.
    ///
    /// # Errors
    /// [`NoEntropy`] if the operating system has none to give.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoEntropy> {
        let mut out = [0u8; N];
        match self {
            Self::System => getrandom::fill(&mut out).map_err(|e| NoEntropy(e.to_string()))?,
            Self::Counted(next) => {
                use sha2::Digest;
                for chunk in out.chunks_mut(32) {
                    let count = next.fetch_add(1, Ordering::SeqCst);
                    let block = sha2::Sha256::digest(count.to_be_bytes());
                    chunk.copy_from_slice(&block[..chunk.len()]);
                }
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_times_round_trip_at_milliseconds() {
        let wire = on_the_wire(1_795_000_000_123_456);
        assert_eq!(wire.as_str(), "2026-11-18T11:06:40.123Z");
        assert_eq!(from_the_wire(&wire), Some(1_795_000_000_123_000));
        assert_eq!(
            on_the_wire(1_795_000_000_000_000).as_str(),
            "2026-11-18T11:06:40.000Z"
        );
    }

    #[test]
    fn a_held_clock_moves_only_when_told() {
        let clock = Clock::held(5);
        assert_eq!(clock.now(), 5);
        clock.advance(SECOND);
        assert_eq!(clock.now(), 5 + SECOND);
    }
}
