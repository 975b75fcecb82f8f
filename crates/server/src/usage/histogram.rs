//! Latencies in buckets: eight to each doubling, so that a percentile is off by at most a
//! sixteenth. Stored as pairs of bucket and count, little-endian, in the order of buckets.

/// Buckets up to here hold one value each.
const EXACT: u64 = 16;
/// Bits of a value that tell buckets of one doubling apart.
const SUB_BITS: u32 = 3;
/// The bucket of `u64::MAX`.
const LAST_BUCKET: u16 = 495;
/// Bytes of one stored pair.
const PAIR: usize = 6;

/// Latencies in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Bucket and count, by bucket, without empty ones.
    pairs: Vec<(u16, u32)>,
}

/// Bytes that are not a stored histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored histogram is damaged")]
pub struct HistogramDamaged;

impl Histogram {
    /// Counts one latency.
    pub fn record(&mut self, micros: u64) {
        self.add(bucket(micros), 1);
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        for &(bucket, count) in &other.pairs {
            self.add(bucket, count);
        }
    }

    /// How many latencies were counted.
    pub fn count(&self) -> u64 {
        self.pairs.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// The latency that `percent` of all don't pass (nearest rank), in microseconds, within 10 %;
    /// `None` of nothing.
    pub fn percentile(&self, percent: u8) -> Option<u64> {
        let rank = (self.count() * u64::from(percent.min(100)))
            .div_ceil(100)
            .max(1);
        let mut seen = 0;
        self.pairs.iter().find_map(|&(bucket, count)| {
            seen += u64::from(count);
            (seen >= rank).then(|| middle(bucket))
        })
    }

    /// As it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.pairs.len() * PAIR);
        for &(bucket, count) in &self.pairs {
            bytes.extend_from_slice(&bucket.to_le_bytes());
            bytes.extend_from_slice(&count.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Histogram::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`HistogramDamaged`] for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HistogramDamaged> {
        let mut pairs: Vec<(u16, u32)> = Vec::with_capacity(bytes.len() / PAIR);
        for part in bytes.chunks(PAIR) {
            let &[b0, b1, c0, c1, c2, c3] = part else {
                return Err(HistogramDamaged);
            };
            let bucket = u16::from_le_bytes([b0, b1]);
            let count = u32::from_le_bytes([c0, c1, c2, c3]);
            let ordered = pairs.last().is_none_or(|&(before, _)| before < bucket);
            if !ordered || bucket > LAST_BUCKET || count == 0 {
                return Err(HistogramDamaged);
            }
            pairs.push((bucket, count));
        }
        Ok(Self { pairs })
    }

    fn add(&mut self, bucket: u16, count: u32) {
        match self.pairs.binary_search_by_key(&bucket, |&(b, _)| b) {
            Ok(place) => self.pairs[place].1 = self.pairs[place].1.saturating_add(count),
            Err(place) => self.pairs.insert(place, (bucket, count)),
        }
    }
}

/// The bucket of a value: itself while it is small, then by its highest bit and the three after it.
fn bucket(value: u64) -> u16 {
    let number = if value < EXACT {
        value
    } else {
        let shift = value.ilog2() - SUB_BITS;
        u64::from(shift << SUB_BITS) + (value >> shift)
    };
    u16::try_from(number).unwrap_or(LAST_BUCKET)
}

/// The value in the middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let number = u64::from(bucket);
    if number < EXACT {
        return number;
    }
    let shift = (number >> SUB_BITS) - 1;
    let lowest = (number - (shift << SUB_BITS)) << shift;
    lowest + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.record(*value);
        }
        histogram
    }

    #[test]
    fn the_ends_have_buckets() {
        assert_eq!(bucket(0), 0);
        assert_eq!(
            (bucket(15), bucket(16), bucket(17), bucket(18)),
            (15, 16, 16, 17)
        );
        assert_eq!(bucket(u64::MAX), LAST_BUCKET);
        assert_eq!(Histogram::default().percentile(50), None);
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let good = of(&[1, 500, 70_000]).to_bytes();
        assert!(Histogram::from_bytes(&good).is_ok());
        assert!(Histogram::from_bytes(&good[..good.len() - 1]).is_err());
        let mut unordered = good;
        unordered.rotate_left(PAIR);
        assert!(Histogram::from_bytes(&unordered).is_err());
        assert!(Histogram::from_bytes(&[0, 0, 0, 0, 0, 0]).is_err());
        assert!(Histogram::from_bytes(&[0xff, 0xff, 1, 0, 0, 0]).is_err());
    }

    /// Latencies from microseconds to days, as many of each size.
    fn latencies() -> impl Strategy<Value = Vec<u64>> {
        let one =
            (0_u32..37, any::<u64>()).prop_map(|(bits, noise)| (1 << bits) + noise % (1 << bits));
        prop::collection::vec(one, 1..400)
    }

    proptest! {
        #[test]
        fn percentiles_are_within_ten_percent(mut values in latencies(), percent in 1_u8..=100) {
            let found = of(&values).percentile(percent).unwrap();
            values.sort_unstable();
            let rank = (values.len() * usize::from(percent)).div_ceil(100);
            let exact = values[rank - 1];
            prop_assert!(found.abs_diff(exact) * 10 <= exact, "{} for {}", found, exact);
        }

        #[test]
        fn every_bucket_holds_its_middle(value: u64) {
            prop_assert_eq!(bucket(middle(bucket(value))), bucket(value));
        }

        #[test]
        fn merged_is_the_same_as_counted_together(a in latencies(), b in latencies()) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let together: Vec<u64> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(&merged, &of(&together));
            prop_assert_eq!(merged.count(), together.len() as u64);
        }

        #[test]
        fn bytes_are_read_back(values in latencies()) {
            let histogram = of(&values);
            prop_assert_eq!(Histogram::from_bytes(&histogram.to_bytes()), Ok(histogram));
        }

        #[test]
        fn no_bytes_break_the_reader(bytes: Vec<u8>) {
            if let Ok(histogram) = Histogram::from_bytes(&bytes) {
                prop_assert_eq!(histogram.to_bytes(), bytes);
                let _ = histogram.percentile(99);
            }
        }
    }
}
