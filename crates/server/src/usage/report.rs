//! Turns stored counts into the usage that the REST API shows: the whole range, by caller and over
//! time.

use super::histogram::{Histogram, HistogramDamaged};
use portico_api::time::Timestamp;
use portico_api::usage::{Counts, SlotUsage, Usage, UsagePoint, UsageRange, UsageSlot};
use std::collections::BTreeMap;

const MINUTE_MICROS: i64 = 60_000_000;

/// A stored row: counts of one caller in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUsage {
    /// Who called.
    pub slot: UsageSlot,
    /// The minute: whole minutes since 1970, UTC.
    pub minute: i64,
    /// Calls that were let in.
    pub calls: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Calls let in that failed.
    pub errors: u64,
    /// Rows scored.
    pub rows: u64,
    /// Latencies, as [`Histogram::to_bytes`] wrote them.
    pub latency: Vec<u8>,
}

/// The first minute that a report of this range at this moment holds. Points begin on whole minutes,
/// hours or days (UTC); the last one is the span that is running.
pub fn first_minute(range: UsageRange, now: i64) -> i64 {
    let (span, points) = shape(range);
    start_of(now.div_euclid(MINUTE_MICROS), span) - span * (points - 1)
}

/// The report over these rows; those outside the range are left out. `now` is in microseconds UTC,
/// `stamp` writes such a moment as the wire wants it.
///
/// # Errors
/// [`HistogramDamaged`] when a stored histogram can't be read.
pub fn report(
    stored: impl IntoIterator<Item = StoredUsage>,
    range: UsageRange,
    now: i64,
    stamp: impl Fn(i64) -> Timestamp,
) -> Result<Usage, HistogramDamaged> {
    let (span, _) = shape(range);
    let first = first_minute(range, now);
    let mut total = Sum::default();
    let mut slots = UsageSlot::ALL.map(|slot| (slot, Sum::default()));
    let mut points: BTreeMap<i64, Sum> = BTreeMap::new();
    for row in stored {
        if row.minute < first || row.minute > now.div_euclid(MINUTE_MICROS) {
            continue;
        }
        let latency = Histogram::from_bytes(&row.latency)?;
        total.add(&row, &latency);
        points
            .entry(start_of(row.minute, span))
            .or_default()
            .add(&row, &latency);
        for (slot, sum) in &mut slots {
            if *slot == row.slot {
                sum.add(&row, &latency);
            }
        }
    }
    Ok(Usage {
        range,
        total: total.counts(),
        by_slot: slots
            .iter()
            .map(|(slot, sum)| SlotUsage {
                slot: *slot,
                counts: sum.counts(),
            })
            .collect(),
        points: points
            .iter()
            .map(|(minute, sum)| UsagePoint {
                from: stamp(minute * MINUTE_MICROS),
                counts: sum.counts(),
            })
            .collect(),
        as_of: stamp(now),
    })
}

/// Minutes of one point, and how many points.
fn shape(range: UsageRange) -> (i64, i64) {
    match range {
        UsageRange::Hour => (1, 60),
        UsageRange::Day => (60, 24),
        UsageRange::Month => (24 * 60, 30),
    }
}

fn start_of(minute: i64, span: i64) -> i64 {
    minute.div_euclid(span) * span
}

#[derive(Default)]
struct Sum {
    calls: u64,
    refused: u64,
    errors: u64,
    rows: u64,
    latency: Histogram,
}

impl Sum {
    fn add(&mut self, row: &StoredUsage, latency: &Histogram) {
        self.calls += row.calls;
        self.refused += row.refused;
        self.errors += row.errors;
        self.rows += row.rows;
        self.latency.merge(latency);
    }

    fn counts(&self) -> Counts {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact up to 2^53 microseconds, which is 285 years"
        )]
        let percentile = |percent| {
            self.latency
                .percentile(percent)
                .map(|micros| micros as f64 / 1000.0)
        };
        Counts {
            calls: self.calls,
            refused: self.refused,
            errors: self.errors,
            rows: self.rows,
            p50_ms: percentile(50),
            p95_ms: percentile(95),
            p99_ms: percentile(99),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(micros: i64) -> Timestamp {
        Timestamp::from_rfc3339((micros / MINUTE_MICROS).to_string())
    }

    fn row(slot: UsageSlot, minute: i64, calls: u64, millis: u64) -> StoredUsage {
        let mut latency = Histogram::default();
        for _ in 0..calls {
            latency.record(millis * 1000);
        }
        StoredUsage {
            slot,
            minute,
            calls,
            refused: 1,
            errors: 2,
            rows: 10 * calls,
            latency: latency.to_bytes(),
        }
    }

    #[test]
    fn ranges_begin_on_whole_spans() {
        let check = |range, minute: i64, expected: i64| {
            let now = minute * MINUTE_MICROS + 59_999_999;
            assert_eq!(first_minute(range, now), expected, "{range:?}");
        };
        check(UsageRange::Hour, 1000, 941);
        check(UsageRange::Day, 60 * 100 + 59, 60 * 77);
        check(UsageRange::Month, 1440 * 100 + 1439, 1440 * 71);
    }

    #[test]
    fn counts_are_summed_by_caller_and_over_time() {
        let now = (6000 + 30) * MINUTE_MICROS;
        let rows = [
            row(UsageSlot::Primary, 6000, 90, 10),
            row(UsageSlot::Portal, 6010, 10, 100),
            row(UsageSlot::Primary, 5990, 1, 10),
            row(UsageSlot::Primary, 6000 - 23 * 60 - 1, 7, 10),
            row(UsageSlot::Primary, 6031, 7, 10),
        ];
        let usage = report(rows, UsageRange::Day, now, stamp).unwrap();
        assert_eq!((usage.total.calls, usage.total.rows), (101, 1010));
        assert_eq!((usage.total.refused, usage.total.errors), (3, 6));
        let slots: Vec<_> = usage
            .by_slot
            .iter()
            .map(|s| (s.slot, s.counts.calls))
            .collect();
        assert_eq!(
            slots,
            [
                (UsageSlot::Primary, 91),
                (UsageSlot::Secondary, 0),
                (UsageSlot::Portal, 10)
            ]
        );
        let points: Vec<_> = usage
            .points
            .iter()
            .map(|p| (p.from.as_str(), p.counts.calls))
            .collect();
        assert_eq!(points, [("5940", 1), ("6000", 100)]);
        let near = |found: Option<f64>, exact: f64| {
            assert!(
                found.is_some_and(|found| (found - exact).abs() <= exact / 10.0),
                "{found:?}"
            );
        };
        near(usage.total.p50_ms, 10.0);
        near(usage.total.p95_ms, 100.0);
        near(usage.by_slot[0].counts.p99_ms, 10.0);
        assert_eq!(usage.by_slot[1].counts.p50_ms, None);
        assert_eq!(usage.as_of, stamp(now));
    }

    #[test]
    fn a_damaged_row_is_an_error() {
        let mut damaged = row(UsageSlot::Primary, 10, 1, 1);
        damaged.latency.pop();
        let now = 10 * MINUTE_MICROS;
        assert!(report([damaged], UsageRange::Hour, now, stamp).is_err());
    }
}
