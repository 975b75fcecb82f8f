//! Which models are in memory, which of them make room, and when.
//!
//! Bookkeeping alone: what a model takes is measured by whoever loads it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// Something resident, with what it takes and who uses it.
pub(super) struct Resident<T> {
    pub(super) value: T,
    bytes: AtomicU64,
    used: AtomicU64,
    users: AtomicUsize,
}

impl<T> Resident<T> {
    /// One who used it is done.
    pub(super) fn release(&self) {
        self.users.fetch_sub(1, Ordering::Release);
    }
}

/// All residents by key.
pub(super) struct Residents<K, T> {
    by_key: HashMap<K, Arc<Resident<T>>>,
    clock: u64,
    held: u64,
}

impl<K, T> Default for Residents<K, T> {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            clock: 0,
            held: 0,
        }
    }
}

impl<K: Copy + Eq + Hash, T> Residents<K, T> {
    /// Takes one in, which is then the most recently used, unless it is there already.
    pub(super) fn add(&mut self, key: K, bytes: u64, value: impl FnOnce() -> T) {
        self.clock += 1;
        let (clock, held) = (self.clock, &mut self.held);
        self.by_key.entry(key).or_insert_with(|| {
            *held += bytes;
            Arc::new(Resident {
                value: value(),
                bytes: AtomicU64::new(bytes),
                used: AtomicU64::new(clock),
                users: AtomicUsize::new(0),
            })
        });
    }

    /// One to use; it stays until [`Resident::release`].
    pub(super) fn take(&mut self, key: &K) -> Option<Arc<Resident<T>>> {
        self.clock += 1;
        let resident = self.by_key.get(key)?;
        resident.used.store(self.clock, Ordering::Relaxed);
        resident.users.fetch_add(1, Ordering::Relaxed);
        Some(Arc::clone(resident))
    }

    /// One that is in use takes so much more.
    pub(super) fn grow(&mut self, resident: &Resident<T>, bytes: u64) {
        resident.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.held += bytes;
    }

    /// What all take together.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Takes out those used least recently, and by nobody now, until so many bytes are free or
    /// nothing is left to take out.
    pub(super) fn evict(&mut self, bytes: u64) -> Vec<(K, Arc<Resident<T>>)> {
        let mut idle: Vec<_> = self
            .by_key
            .iter()
            .filter(|(_, resident)| resident.users.load(Ordering::Acquire) == 0)
            .map(|(key, resident)| (resident.used.load(Ordering::Relaxed), *key))
            .collect();
        idle.sort_unstable_by_key(|(used, _)| *used);
        let (mut freed, mut out) = (0, Vec::new());
        for (_, key) in idle {
            if freed >= bytes {
                break;
            }
            if let Some(resident) = self.by_key.remove(&key) {
                freed += resident.bytes.load(Ordering::Relaxed);
                out.push((key, resident));
            }
        }
        self.held = self.held.saturating_sub(freed);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::Residents;

    fn keys(residents: &mut Residents<u8, ()>, bytes: u64) -> Vec<u8> {
        let out = residents.evict(bytes);
        out.into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn the_least_recently_used_make_room() {
        let mut residents = Residents::default();
        for key in 1..=4 {
            residents.add(key, 10, || ());
        }
        residents.take(&1).unwrap().release();
        let second = residents.take(&2).unwrap();
        residents.grow(&second, 90);
        assert_eq!(residents.held(), 130);
        assert_eq!(keys(&mut residents, 15), [3, 4]);
        assert_eq!(residents.held(), 110);
        // The second is in use and stays, whatever is asked for.
        assert_eq!(keys(&mut residents, 1_000), [1]);
        assert!(residents.take(&3).is_none());
        assert!(residents.take(&2).is_some());
    }

    #[test]
    fn one_that_is_there_is_not_replaced() {
        let mut residents = Residents::default();
        residents.add(1, 10, || "first");
        residents.add(1, 10, || "second");
        assert_eq!(residents.take(&1).unwrap().value, "first");
    }

    proptest! {
        #[test]
        fn evicting_frees_enough_where_it_can(
            sizes in vec((1u64..100, any::<bool>()), 0..20), bytes in 0u64..1_000,
        ) {
            let mut residents = Residents::default();
            let mut held = Vec::new();
            for (key, (size, busy)) in sizes.iter().enumerate() {
                residents.add(key, *size, || ());
                if *busy {
                    held.push(residents.take(&key).unwrap());
                }
            }
            let idle: u64 = sizes.iter().filter(|(_, busy)| !busy).map(|(size, _)| size).sum();
            let out = residents.evict(bytes);
            let freed: u64 = out.iter().map(|(key, _)| sizes[*key].0).sum();
            prop_assert!(freed >= bytes.min(idle));
            prop_assert!(out.iter().all(|(key, _)| !sizes[*key].1));
            // Not one more than needed.
            if let Some((last, _)) = out.last() {
                prop_assert!(freed - sizes[*last].0 < bytes);
            }
        }
    }
}
