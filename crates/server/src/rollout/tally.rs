//! What is counted of both sides of a rollout: in memory since the last flush, and in all as stored.

use super::bins::Bins;
use crate::usage::histogram::Histogram;
use portico_api::rollout::ArmReport;
use std::time::Duration;

/// Which side of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arm {
    /// The version in force.
    Current,
    /// The version that is tried.
    Candidate,
}

impl Arm {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Current, Self::Candidate];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Candidate => "candidate",
        }
    }
}

/// Counts of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// Calls that it was given.
    pub calls: u64,
    /// Of these, those in shadow.
    pub shadow_calls: u64,
    /// Of the calls, those that failed.
    pub errors: u64,
    /// Rows whose scores were compared with the answer: on the candidate's side alone.
    pub compared: u64,
    /// Of these, those that differed.
    pub different: u64,
    /// Time of the models.
    pub latency: Histogram,
    /// Scores of the counted column.
    pub bins: Bins,
}

impl Side {
    /// Counts a call whose rows were scored, and where their scores fell.
    pub fn scored(&mut self, models: Duration, scores: Bins) {
        self.calls += 1;
        let micros = u64::try_from(models.as_micros()).unwrap_or(u64::MAX);
        self.latency.record(micros);
        self.bins.merge(scores);
    }

    /// Counts a call that failed.
    pub fn failed(&mut self) {
        self.calls += 1;
        self.errors += 1;
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.shadow_calls += other.shadow_calls;
        self.errors += other.errors;
        self.compared += other.compared;
        self.different += other.different;
        self.latency.merge(&other.latency);
        self.bins.merge(other.bins);
    }

    /// As the wire shows it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of a call are far below 2^53"
    )]
    pub fn report(&self, version: u32) -> ArmReport {
        let ms = |percent| {
            let micros = self.latency.percentile(percent)?;
            Some(micros as f64 / 1e3)
        };
        ArmReport {
            version,
            calls: self.calls,
            shadow_calls: self.shadow_calls,
            errors: self.errors,
            p50_ms: ms(50),
            p95_ms: ms(95),
            p99_ms: ms(99),
        }
    }
}

/// Counts of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The version in force.
    pub current: Side,
    /// The version that is tried.
    pub candidate: Side,
}

impl Tally {
    /// One side.
    pub fn side(&self, arm: Arm) -> &Side {
        match arm {
            Arm::Current => &self.current,
            Arm::Candidate => &self.candidate,
        }
    }

    /// One side, to count on.
    pub fn side_mut(&mut self, arm: Arm) -> &mut Side {
        match arm {
            Arm::Current => &mut self.current,
            Arm::Candidate => &mut self.candidate,
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        self.current.merge(other.current);
        self.candidate.merge(other.candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::Values;
    use portico_api::schema::OutputKind;

    #[test]
    fn sides_are_counted_apart_and_added_up() {
        let mut tally = Tally::default();
        assert!(tally.is_empty());
        let mut labels = Bins::default();
        labels.count(
            OutputKind::Label,
            &Values::Text(["a", "b"].iter().collect()),
        );
        let time = Duration::from_millis(3);
        let side = tally.side_mut(Arm::Candidate);
        side.scored(time, labels);
        side.failed();
        tally.merge(tally.clone());
        assert_eq!(tally.current, Side::default());
        let side = tally.side(Arm::Candidate);
        assert_eq!((side.calls, side.errors, side.latency.count()), (4, 2, 2));
        assert_eq!(side.bins.0.values().sum::<u64>(), 4);
        let report = side.report(7);
        assert_eq!((report.version, report.calls), (7, 4));
        assert!((2.8..3.2).contains(&report.p95_ms.unwrap()));
    }
}
