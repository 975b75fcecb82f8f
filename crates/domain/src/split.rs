//! Which calls of an endpoint go to the candidate of a staged rollout: exactly as many of each hundred as
//! its share says, in an order that callers who take turns can't be in step with.
//!
//! The places of a hundred are put in another order for each hundred by an affine map modulo 100. Whoever
//! calls every second time, or every fifth, meets the candidate as often as everybody else.

use std::sync::atomic::{AtomicU64, Ordering};

/// Calls that a share is exact over.
const HUNDRED: u64 = 100;

/// Counts the calls of one endpoint while its rollout lasts.
#[derive(Debug)]
pub struct Splitter {
    calls: AtomicU64,
    seed: u64,
}

impl Splitter {
    /// A splitter before its first call. Its seed is the order's.
    pub fn new(seed: u64) -> Self {
        Self {
            calls: AtomicU64::new(0),
            seed,
        }
    }

    /// Counts a call and tells whether it is the candidate's. `share` is of a hundred.
    pub fn is_candidates(&self, share: u32) -> bool {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        place(call, self.seed) < u64::from(share)
    }
}

/// The place of a call among those of its hundred, in that hundred's order.
fn place(call: u64, seed: u64) -> u64 {
    let order = mixed(seed ^ (call / HUNDRED));
    // One of the 40 factors below 100 that have no divisor in common with it.
    let ending = [1, 3, 7, 9][usize::from(order.to_le_bytes()[0] & 3)];
    let factor = (order >> 8) % 10 * 10 + ending;
    let shift = (order >> 16) % HUNDRED;
    (factor * (call % HUNDRED) + shift) % HUNDRED
}

/// The mixing step of SplitMix64 (Steele, Lea and Flood, 2014): each bit of the answer hangs on each bit of
/// the number.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_hundred_has_exactly_its_share(seed: u64, share in 0_u32..=100) {
            let splitter = Splitter::new(seed);
            for _ in 0..20 {
                let taken = (0..100).filter(|_| splitter.is_candidates(share)).count();
                prop_assert_eq!(taken, usize::try_from(share).unwrap());
            }
        }

        /// `callers` take turns; each of them meets the candidate as often as the share says, within a
        /// fifth of its calls.
        #[test]
        fn callers_that_take_turns_are_not_in_step(
            seed: u64,
            share in 0_u32..=100,
            callers in prop::sample::select(vec![2_usize, 3, 4, 5, 7, 10, 20, 25]),
        ) {
            let splitter = Splitter::new(seed);
            let mut taken = vec![0_u32; callers];
            let rounds = 2_000;
            for _ in 0..rounds {
                for caller in &mut taken {
                    *caller += u32::from(splitter.is_candidates(share));
                }
            }
            for caller in taken {
                let part = f64::from(caller) / f64::from(rounds);
                prop_assert!((part - f64::from(share) / 100.0).abs() < 0.2, "{part} of {share}");
            }
        }
    }

    #[test]
    fn threads_share_one_count() {
        let splitter = Splitter::new(7);
        let taken: usize = std::thread::scope(|scope| {
            let count = || (0..2_500).filter(|_| splitter.is_candidates(13)).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(taken, 1_300);
    }
}
