//! Every order in which threads can use the gate, up to a bound on how often one interrupts another.
//! Run with `cargo test -p portico-domain --features loom --lib interleavings`.
//!
//! A wake-up that is lost shows as a deadlock, which the model checker reports.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use super::*;
use loom::future::block_on;
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering as Plain};

/// Runs the model in every order with at most so many interruptions; at least two orders exist.
fn every_order(interruptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(interruptions);
    builder.check(move || {
        counted.fetch_add(1, Plain::Relaxed);
        model();
    });
    let orders = orders.load(Plain::Relaxed);
    eprintln!("{orders} orders");
    assert!(orders > 1);
}

fn one_of(gate: &Arc<Gate>) -> Permit {
    gate.try_admit(Share::Full).unwrap()
}

fn ticket(gate: &Arc<Gate>, share: Share) -> Ticket {
    match gate.admit(share, 9).unwrap() {
        Admission::Wait(ticket) => ticket,
        Admission::In(_) => panic!("it was let in"),
    }
}

/// Lets a call in or has it wait to the end.
fn run(gate: &Arc<Gate>, share: Share, running: &AtomicU32, limit: u32) {
    let permit = match gate.admit(share, 9).unwrap() {
        Admission::In(permit) => permit,
        Admission::Wait(ticket) => block_on(ticket),
    };
    assert!(running.fetch_add(1, Plain::SeqCst) < limit);
    thread::yield_now();
    running.fetch_sub(1, Plain::SeqCst);
    drop(permit);
}

#[test]
fn two_calls_that_come_at_once_never_pass_the_limit() {
    every_order(3, || {
        let gate = Arc::new(Gate::new(1));
        let running = Arc::new(AtomicU32::new(0));
        let attempt = |gate: &Arc<Gate>, running: &AtomicU32| {
            if let Ok(permit) = gate.try_admit(Share::Full) {
                assert_eq!(running.fetch_add(1, Plain::SeqCst), 0);
                thread::yield_now();
                running.fetch_sub(1, Plain::SeqCst);
                drop(permit);
            }
        };
        let other = {
            let (gate, running) = (Arc::clone(&gate), Arc::clone(&running));
            thread::spawn(move || attempt(&gate, &running))
        };
        attempt(&gate, &running);
        other.join().unwrap();
        assert_eq!(gate.word(), Word::new(1));
    });
}

#[test]
fn every_admission_sees_the_limit_then_in_force() {
    every_order(3, || {
        let gate = Arc::new(Gate::new(2));
        let change = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || {
                gate.set_limit(1);
                gate.set_limit(3);
            })
        };
        let call = |gate: &Arc<Gate>| {
            if let Ok(Arrival::In(word)) = gate.count_in(Share::Half, 0) {
                // The word that this very admission made.
                assert!(word.in_flight() <= word.limit(), "{word:?}");
                assert!(word.half() <= word.half_limit(), "{word:?}");
                drop(gate.permit(Share::Half));
            }
        };
        let other = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || call(&gate))
        };
        call(&gate);
        other.join().unwrap();
        change.join().unwrap();
        assert_eq!(gate.word(), Word::new(3));
    });
}

#[test]
fn who_waits_is_woken_by_whoever_ends() {
    every_order(3, || {
        let gate = Arc::new(Gate::new(1));
        let running = Arc::new(AtomicU32::new(0));
        let other = {
            let (gate, running) = (Arc::clone(&gate), Arc::clone(&running));
            thread::spawn(move || run(&gate, Share::Full, &running, 1))
        };
        run(&gate, Share::Half, &running, 1);
        other.join().unwrap();
        assert_eq!(gate.word(), Word::new(1));
    });
}

#[test]
fn three_calls_at_one_place_all_get_their_turn() {
    every_order(1, || {
        let gate = Arc::new(Gate::new(1));
        let running = Arc::new(AtomicU32::new(0));
        let others: Vec<_> = [Share::Full, Share::Half]
            .into_iter()
            .map(|share| {
                let (gate, running) = (Arc::clone(&gate), Arc::clone(&running));
                thread::spawn(move || run(&gate, share, &running, 1))
            })
            .collect();
        run(&gate, Share::Full, &running, 1);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(gate.word(), Word::new(1));
    });
}

#[test]
fn who_goes_away_as_their_turn_comes_leaves_it_to_the_next() {
    every_order(3, || {
        let gate = Arc::new(Gate::new(1));
        let permit = one_of(&gate);
        let (gone, next) = (ticket(&gate, Share::Full), ticket(&gate, Share::Full));
        let leaving = thread::spawn(move || drop(gone));
        let ending = thread::spawn(move || drop(permit));
        drop(block_on(next));
        leaving.join().unwrap();
        ending.join().unwrap();
        assert_eq!(gate.word(), Word::new(1));
    });
}

#[test]
fn a_limit_that_grows_as_a_call_begins_to_wait_lets_it_in() {
    every_order(3, || {
        let gate = Arc::new(Gate::new(0));
        let change = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.set_limit(1))
        };
        run(&gate, Share::Full, &AtomicU32::new(0), 1);
        change.join().unwrap();
        assert_eq!(gate.word(), Word::new(1));
    });
}

#[test]
fn nobody_goes_before_those_who_wait() {
    every_order(3, || {
        let gate = Arc::new(Gate::new(1));
        let permit = one_of(&gate);
        let first = ticket(&gate, Share::Full);
        let ending = thread::spawn(move || drop(permit));
        // Whenever it comes, the only place is taken or is the first one's.
        assert!(gate.try_admit(Share::Full).is_err());
        drop(block_on(first));
        ending.join().unwrap();
        assert_eq!(gate.word(), Word::new(1));
    });
}
