//! Calls that wait at the gate: who goes in when, and what those who leave leave behind.

use super::*;
use proptest::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::task::Wake;
use std::thread::{self, Thread};

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn look(ticket: &mut Ticket) -> Option<Permit> {
    look_with(ticket, &Arc::new(Bell::default()))
}

fn look_with(ticket: &mut Ticket, bell: &Arc<Bell>) -> Option<Permit> {
    let waker = Waker::from(Arc::clone(bell));
    match Pin::new(ticket).poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(permit) => Some(permit),
        Poll::Pending => None,
    }
}

fn waits(gate: &Arc<Gate>, share: Share) -> Ticket {
    match gate.admit(share, 100).unwrap() {
        Admission::Wait(ticket) => ticket,
        Admission::In(_) => panic!("it was let in"),
    }
}

#[test]
fn who_came_first_goes_in_first() {
    let gate = Arc::new(Gate::new(1));
    let running = gate.try_admit(Share::Full).unwrap();
    let bell = Arc::new(Bell::default());
    let mut first = waits(&gate, Share::Full);
    let mut second = waits(&gate, Share::Full);
    assert!(look_with(&mut first, &bell).is_none() && look(&mut second).is_none());
    assert_eq!((gate.waiting(), gate.in_flight()), (2, 1));
    drop(running);
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    assert_eq!((gate.waiting(), gate.in_flight()), (1, 1));
    // Granted, though nobody has looked: whoever comes now is refused, and the second waits on.
    assert!(gate.try_admit(Share::Full).is_err());
    assert!(look(&mut second).is_none());
    let permit = look(&mut first).unwrap();
    assert!(look(&mut first).is_none(), "a permit comes once");
    drop(permit);
    assert!(look(&mut second).is_some());
    assert_eq!((gate.waiting(), gate.in_flight()), (0, 0));
}

#[test]
fn as_many_wait_as_may() {
    let gate = Arc::new(Gate::new(1));
    let running = gate.try_admit(Share::Full).unwrap();
    let waiting: Vec<_> = (0..3)
        .map(|_| gate.admit(Share::Full, 3).unwrap())
        .collect();
    let refused = gate.admit(Share::Full, 3).unwrap_err();
    assert_eq!((refused.limit, refused.of), (1, Share::Full));
    assert!(gate.admit(Share::Full, 0).is_err());
    drop(waiting);
    assert_eq!(gate.waiting(), 0);
    drop(running);
    assert!(matches!(gate.admit(Share::Full, 3), Ok(Admission::In(_))));
}

#[test]
fn who_leaves_the_queue_leaves_no_trace() {
    let gate = Arc::new(Gate::new(1));
    let running = gate.try_admit(Share::Full).unwrap();
    let (gone, mut next) = (waits(&gate, Share::Full), waits(&gate, Share::Full));
    drop(gone);
    drop(running);
    let permit = look(&mut next).unwrap();
    // One that was granted and never fetched goes to the next.
    let (gone, mut next) = (waits(&gate, Share::Full), waits(&gate, Share::Full));
    drop(permit);
    drop(gone);
    drop(look(&mut next).unwrap());
    let running = gate.try_admit(Share::Full).unwrap();
    let last = waits(&gate, Share::Half);
    drop(running);
    drop(last);
    assert_eq!((gate.waiting(), gate.in_flight(), gate.free()), (0, 0, 1));
    assert_eq!(gate.word(), Word::new(1));
}

#[test]
fn a_limit_that_grows_lets_in_who_waits_and_one_that_shrinks_does_not() {
    let gate = Arc::new(Gate::new(1));
    let running = gate.try_admit(Share::Full).unwrap();
    let mut waiting: Vec<_> = (0..3).map(|_| waits(&gate, Share::Full)).collect();
    gate.set_limit(3);
    let permits: Vec<_> = waiting.iter_mut().filter_map(look).collect();
    assert_eq!((permits.len(), gate.waiting(), gate.in_flight()), (2, 1, 3));
    gate.set_limit(1);
    drop(permits);
    assert!(look(&mut waiting[2]).is_none());
    drop(running);
    assert!(look(&mut waiting[2]).is_some());
}

#[test]
fn signed_in_calls_that_wait_do_not_stop_those_with_a_key() {
    let gate = Arc::new(Gate::new(2));
    let signed = gate.try_admit(Share::Half).unwrap();
    let mut waiting = waits(&gate, Share::Half);
    assert_eq!(gate.refusal(Share::Half).of, Share::Half);
    let with_key = gate.try_admit(Share::Full).unwrap();
    let mut behind = waits(&gate, Share::Full);
    drop(with_key);
    assert!(look(&mut waiting).is_none());
    let with_key = look(&mut behind).unwrap();
    drop(signed);
    assert!(look(&mut waiting).is_some());
    drop(with_key);
    assert_eq!(gate.word(), Word::new(2));
}

#[test]
fn a_gate_that_is_shut_keeps_everybody_waiting() {
    let gate = Arc::new(Gate::new(0));
    let mut ticket = waits(&gate, Share::Full);
    assert!(look(&mut ticket).is_none());
    gate.set_limit(1);
    assert!(look(&mut ticket).is_some());
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for the permit, or goes away after so many looks.
fn block(mut ticket: Ticket, patience: u32) -> Option<Permit> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    for look in 0.. {
        match Pin::new(&mut ticket).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(permit) => return Some(permit),
            Poll::Pending if look >= patience => return None,
            Poll::Pending if patience == u32::MAX => thread::park(),
            Poll::Pending => thread::yield_now(),
        }
    }
    None
}

#[test]
fn a_storm_of_waiting_calls_never_passes_a_changing_limit_and_all_end() {
    const LIMIT: u32 = 3;
    let gate = Arc::new(Gate::new(LIMIT));
    let (running, admitted, left) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    let busy = AtomicU32::new(8);
    thread::scope(|scope| {
        for thread in 0..8_u32 {
            let (gate, running, admitted, left, busy) = (&gate, &running, &admitted, &left, &busy);
            scope.spawn(move || {
                for call in 0..20_000_u32 {
                    let half = (call ^ thread).is_multiple_of(3);
                    let share = if half { Share::Half } else { Share::Full };
                    let patience = if call.is_multiple_of(10) {
                        call % 7
                    } else {
                        u32::MAX
                    };
                    let permit = match gate.admit(share, 8).unwrap() {
                        Admission::In(permit) => Some(permit),
                        Admission::Wait(ticket) => block(ticket, patience),
                    };
                    let Some(permit) = permit else {
                        left.fetch_add(1, Ordering::Relaxed);
                        continue;
                    };
                    assert!(running.fetch_add(1, Ordering::SeqCst) < LIMIT);
                    admitted.fetch_add(1, Ordering::Relaxed);
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                }
                busy.fetch_sub(1, Ordering::SeqCst);
            });
        }
        scope.spawn(|| {
            let mut next = 0_u32;
            while busy.load(Ordering::SeqCst) > 0 {
                next += 1;
                gate.set_limit(next % LIMIT + 1);
                thread::yield_now();
            }
            gate.set_limit(LIMIT);
        });
    });
    assert_eq!(admitted.into_inner() + left.into_inner(), 160_000);
    assert_eq!(gate.word(), Word::new(LIMIT));
}

proptest! {
    /// Any order of calls, waits, ends, departures and changes does what two plain lists would do.
    #[test]
    fn the_queue_acts_like_its_model(
        start in 0_u32..5,
        steps in prop::collection::vec((0_u8..6, 0_u32..6), 0..200),
    ) {
        let gate = Arc::new(Gate::new(start));
        let (mut limit, mut held) = (start, Vec::<(Share, Permit)>::new());
        // Calls that wait, and those among them that the model has let in.
        let mut queue = Vec::<(Share, Ticket, bool)>::new();
        let fits = |limit: u32, held: &[(Share, Permit)], queue: &[(Share, Ticket, bool)], share| {
            let shares = held.iter().map(|(share, _)| *share)
                .chain(queue.iter().filter(|(.., granted)| *granted).map(|(share, ..)| *share));
            let (mut all, mut halves) = (0, 0);
            for share in shares {
                all += 1;
                halves += u32::from(share == Share::Half);
            }
            all < limit && (share == Share::Full || halves < (limit / 2).max(1))
        };
        for (step, number) in steps {
            match step {
                0 | 1 => {
                    let share = if step == 0 { Share::Full } else { Share::Half };
                    let waiting = queue.iter().filter(|(.., granted)| !granted).count();
                    let expected = fits(limit, &held, &queue, share);
                    match gate.admit(share, number) {
                        Ok(Admission::In(permit)) => {
                            prop_assert!(expected);
                            held.push((share, permit));
                        }
                        Ok(Admission::Wait(ticket)) => {
                            prop_assert!(!expected && waiting < number as usize);
                            queue.push((share, ticket, false));
                        }
                        Err(_) => prop_assert!(!expected && waiting >= number as usize),
                    }
                }
                2 if !held.is_empty() => {
                    held.swap_remove(number as usize % held.len());
                }
                3 if !queue.is_empty() => {
                    drop(queue.remove(number as usize % queue.len()));
                }
                4 if !queue.is_empty() => {
                    let place = number as usize % queue.len();
                    let (share, mut ticket, granted) = queue.remove(place);
                    match look(&mut ticket) {
                        Some(permit) => {
                            prop_assert!(granted);
                            held.push((share, permit));
                        }
                        None => {
                            prop_assert!(!granted);
                            queue.insert(place, (share, ticket, false));
                        }
                    }
                }
                _ => {
                    limit = number;
                    gate.set_limit(limit);
                }
            }
            while let Some(next) = queue.iter().position(|(share, _, granted)| {
                !granted && fits(limit, &held, &queue, *share)
            }) {
                queue[next].2 = true;
            }
            let waiting = queue.iter().filter(|(.., granted)| !granted).count();
            prop_assert_eq!(gate.waiting() as usize, waiting);
            prop_assert_eq!(gate.in_flight() as usize, held.len() + queue.len() - waiting);
        }
        drop((held, queue));
        prop_assert_eq!(gate.word(), Word::new(limit));
    }
}
