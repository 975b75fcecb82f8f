//! Properties and storms of the gate, without its queue.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32};

#[test]
fn calls_beyond_the_limit_are_refused_and_places_come_back() {
    let gate = Arc::new(Gate::new(2));
    let first = gate.try_admit(Share::Full).unwrap();
    let _second = gate.try_admit(Share::Full).unwrap();
    assert_eq!(
        gate.try_admit(Share::Full).unwrap_err(),
        Refused {
            limit: 2,
            of: Share::Full
        }
    );
    assert_eq!((gate.free(), gate.in_flight()), (0, 2));
    drop(first);
    assert_eq!(gate.free(), 1);
    assert!(gate.try_admit(Share::Full).is_ok());
}

#[test]
fn signed_in_calls_take_at_most_half_and_at_least_one() {
    for (limit, most) in [(1, 1), (2, 1), (3, 1), (4, 2), (20, 10), (200, 100)] {
        let gate = Arc::new(Gate::new(limit));
        let mut held = Vec::new();
        let refused = loop {
            match gate.try_admit(Share::Half) {
                Ok(permit) => held.push(permit),
                Err(refused) => break refused,
            }
        };
        assert_eq!(held.len(), most as usize, "limit {limit}");
        assert_eq!(refused.limit, most);
        let of = if limit == 1 { Share::Full } else { Share::Half };
        assert_eq!(refused.of, of);
        assert_eq!(gate.free(), limit - most);
    }
}

#[test]
fn the_room_is_that_of_the_share_without_the_own_call() {
    let gate = Arc::new(Gate::new(5));
    let room = |share, own| {
        let room = gate.room(share, own);
        (room.limit, room.free)
    };
    assert_eq!(
        (room(Share::Full, 0), room(Share::Half, 0)),
        ((5, 5), (2, 2))
    );
    let _signed = gate.try_admit(Share::Half).unwrap();
    assert_eq!(
        (room(Share::Full, 0), room(Share::Half, 0)),
        ((5, 4), (2, 1))
    );
    assert_eq!(
        (room(Share::Full, 1), room(Share::Half, 1)),
        ((5, 5), (2, 2))
    );
    let held: Vec<_> = (0..4)
        .map(|_| gate.try_admit(Share::Full).unwrap())
        .collect();
    assert_eq!(
        (room(Share::Full, 0), room(Share::Half, 0)),
        ((5, 0), (2, 0))
    );
    gate.set_limit(2);
    assert_eq!(
        (room(Share::Full, 1), room(Share::Half, 1)),
        ((2, 0), (1, 0))
    );
    drop(held);
    gate.set_limit(0);
    assert_eq!(
        (room(Share::Full, 1), room(Share::Half, 1)),
        ((0, 0), (0, 0))
    );
}

#[test]
fn a_gate_without_places_lets_in_no_share() {
    let gate = Arc::new(Gate::new(0));
    assert_eq!(gate.try_admit(Share::Half).unwrap_err().limit, 0);
    assert_eq!(gate.try_admit(Share::Full).unwrap_err().limit, 0);
}

#[test]
fn a_shrunken_limit_lets_running_calls_end() {
    let gate = Arc::new(Gate::new(4));
    let mut held: Vec<Permit> = (0..4)
        .map(|_| gate.try_admit(Share::Full).unwrap())
        .collect();
    gate.set_limit(2);
    assert_eq!((gate.limit(), gate.in_flight(), gate.free()), (2, 4, 0));
    held.truncate(2);
    assert_eq!(gate.try_admit(Share::Full).unwrap_err().limit, 2);
    held.truncate(1);
    assert!(gate.try_admit(Share::Full).is_ok());
}

#[test]
fn the_place_is_free_only_when_all_sharers_are_done() {
    let gate = Arc::new(Gate::new(1));
    let answer = Arc::new(gate.try_admit(Share::Full).unwrap());
    let run = Arc::clone(&answer);
    drop(answer);
    assert_eq!(gate.free(), 0);
    drop(run);
    assert_eq!(gate.free(), 1);
}

#[test]
fn a_call_that_panics_gives_its_place_back() {
    let gate = Arc::new(Gate::new(1));
    let inside = Arc::clone(&gate);
    let ended = std::thread::spawn(move || {
        let _permit = inside.try_admit(Share::Full).unwrap();
        std::panic::resume_unwind(Box::new(()));
    })
    .join();
    assert!(ended.is_err());
    assert_eq!(gate.free(), 1);
}

#[test]
fn limits_above_the_widest_count_as_the_widest() {
    assert_eq!(Gate::new(u32::MAX).limit(), 65_535);
}

/// Eight threads, 100,000 calls each; `running` counts them apart from the gate.
fn storm(gate: &Arc<Gate>, running: &AtomicU32, highest: u32) -> u32 {
    let admitted = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let admitted = &admitted;
            scope.spawn(move || {
                for call in 0..100_000_u32 {
                    let half = (call ^ thread).is_multiple_of(3);
                    let share = if half { Share::Half } else { Share::Full };
                    // Through `count_in`, to see the very word that the admission made.
                    let Ok(Arrival::In(word)) = gate.count_in(share, 0) else {
                        continue;
                    };
                    let permit = gate.permit(share);
                    assert!(word.in_flight() <= word.limit());
                    assert!(share == Share::Full || word.half() <= word.half_limit());
                    assert!(running.fetch_add(1, Ordering::SeqCst) < highest);
                    admitted.fetch_add(1, Ordering::Relaxed);
                    if call.is_multiple_of(64) {
                        std::thread::yield_now();
                    }
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                }
            });
        }
    });
    assert_eq!((gate.in_flight(), gate.word().half()), (0, 0));
    admitted.into_inner()
}

#[test]
fn a_fixed_limit_is_never_passed() {
    for limit in [1, 3, 5] {
        let gate = Arc::new(Gate::new(limit));
        assert!(storm(&gate, &AtomicU32::new(0), limit) > 0);
        assert_eq!(gate.free(), limit);
    }
}

#[test]
fn a_changing_limit_is_never_passed() {
    let gate = Arc::new(Gate::new(4));
    let running = AtomicU32::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut next = 0_u32;
            while !done.load(Ordering::Relaxed) {
                next += 1;
                gate.set_limit(next % 5 + 1);
                std::thread::yield_now();
            }
        });
        let admitted = storm(&gate, &running, 5);
        done.store(true, Ordering::Relaxed);
        assert!(admitted > 0);
    });
    assert_eq!(gate.free(), gate.limit());
}

proptest! {
    /// Any order of calls, ends and changes does what a plain list of permits would do.
    #[test]
    fn the_gate_acts_like_its_model(
        start in 0_u32..8,
        steps in prop::collection::vec((0_u8..4, 0_u32..8), 0..200),
    ) {
        let gate = Arc::new(Gate::new(start));
        let mut limit = start;
        let mut held: Vec<(Share, Permit)> = Vec::new();
        for (step, number) in steps {
            match step {
                0 | 1 => {
                    let share = if step == 0 { Share::Full } else { Share::Half };
                    let halves = held.iter().filter(|(s, _)| *s == Share::Half).count();
                    let fits = held.len() < limit as usize
                        && (share == Share::Full || halves < (limit as usize / 2).max(1));
                    let answer = gate.try_admit(share);
                    prop_assert_eq!(answer.is_ok(), fits);
                    held.extend(answer.ok().map(|permit| (share, permit)));
                }
                2 if !held.is_empty() => {
                    held.swap_remove(number as usize % held.len());
                }
                _ => {
                    limit = number;
                    gate.set_limit(limit);
                }
            }
            prop_assert_eq!(gate.limit(), limit);
            prop_assert_eq!(gate.in_flight() as usize, held.len());
            prop_assert_eq!(gate.free() as usize, (limit as usize).saturating_sub(held.len()));
        }
        drop(held);
        prop_assert_eq!(gate.free(), limit);
    }
}
