//! The calls of a scoring run: sent as the desk says, through the signed-in route.

use super::Shop;
use super::outbox::refuse;
use super::scope::{now_ms, pause};
use crate::client::endpoints::Place;
use crate::client::{self, ClientError};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_tabular::desk::Call;
use portico_tabular::protocol::{Asked, Policy};
use portico_tabular::run::Outcome;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen_futures::spawn_local;

/// The calls under way; they can be broken off together.
#[derive(Default)]
pub struct Calls {
    /// Counts the times that calls were broken off: one of an earlier count is over.
    era: Rc<Cell<u32>>,
    wakers: Rc<RefCell<Vec<Waker>>>,
}

impl Calls {
    /// Breaks off every call; the browser closes their connections.
    pub fn cancel(&self) {
        self.era.set(self.era.get().wrapping_add(1));
        self.wakers.take().into_iter().for_each(Waker::wake);
    }

    fn breakable<F: Future>(&self, future: F) -> Breakable<F> {
        Breakable {
            future: Some(Box::pin(future)),
            born: self.era.get(),
            era: Rc::clone(&self.era),
            wakers: Rc::clone(&self.wakers),
        }
    }
}

/// A future that ends without a value when the calls are broken off.
struct Breakable<F> {
    future: Option<Pin<Box<F>>>,
    born: u32,
    era: Rc<Cell<u32>>,
    wakers: Rc<RefCell<Vec<Waker>>>,
}

impl<F: Future> Future for Breakable<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.era.get() != self.born {
            self.future = None;
            return Poll::Ready(None);
        }
        let Some(future) = &mut self.future else {
            return Poll::Ready(None);
        };
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            let mut wakers = self.wakers.borrow_mut();
            if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                wakers.push(context.waker().clone());
            }
        }
        polled.map(Some)
    }
}

/// Begins to score, or goes on.
pub fn begin(shop: &Rc<Shop>, policy: Policy) {
    let begun = shop.desk.borrow_mut().begin(policy, now_ms());
    match begun {
        Ok(()) => {
            shop.calls.cancel();
            pump(shop);
            tick(shop);
        }
        Err(refusal) => refuse(Asked::Score, &refusal),
    }
    shop.report();
}

/// Stops at once.
pub fn stop(shop: &Rc<Shop>) {
    shop.desk.borrow_mut().stop();
    shop.calls.cancel();
    shop.report();
}

/// Says how the run stands while it lasts: a rate is news too when no call ends.
fn tick(shop: &Rc<Shop>) {
    let shop = Rc::clone(shop);
    let era = shop.calls.era.get();
    spawn_local(async move {
        while shop.calls.era.get() == era && shop.desk.borrow().is_running() {
            pause(200.0).await;
            shop.report_sometimes();
        }
    });
}

/// Sends what is to be sent now.
fn pump(shop: &Rc<Shop>) {
    loop {
        let next = shop.desk.borrow_mut().next_call(now_ms());
        match next {
            Call::Send(number, request) => {
                let Some(place) = place(shop) else { return };
                let shop = Rc::clone(shop);
                spawn_local(async move {
                    let call = client::score::score(&place, &request);
                    // A call that was broken off belongs to a run that is over.
                    let Some(answer) = shop.calls.breakable(call).await else {
                        return;
                    };
                    let mut desk = shop.desk.borrow_mut();
                    match &answer {
                        Ok(answer) => desk.answered(number, answer, now_ms()),
                        Err(error) => desk.failed(number, outcome(error), now_ms()),
                    }
                    drop(desk);
                    pump(&shop);
                });
            }
            Call::Wait(until) => {
                let shop = Rc::clone(shop);
                let era = shop.calls.era.get();
                spawn_local(async move {
                    pause(until - now_ms()).await;
                    if shop.calls.era.get() == era {
                        pump(&shop);
                    }
                });
                break;
            }
            Call::Idle => break,
            Call::Done => {
                shop.report();
                return;
            }
        }
    }
    shop.report_sometimes();
}

fn place(shop: &Shop) -> Option<Place> {
    let desk = shop.desk.borrow();
    let start = desk.start();
    let place = Place {
        ws: WorkspaceId::parse(&start.ws).ok()?,
        svc: ServiceId::parse(&start.svc).ok()?,
        name: EndpointName::parse(&start.name).ok()?,
    };
    Some(place)
}

/// What a call that came to nothing means for its rows.
fn outcome(error: &ClientError) -> Outcome {
    match error {
        ClientError::Problem(refusal) => Outcome::of_problem(&refusal.problem, refusal.retry_after),
        ClientError::Offline | ClientError::Unreadable => Outcome::Lost {
            words: error.in_words(),
        },
    }
}
