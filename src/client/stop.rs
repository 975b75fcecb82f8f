//! A call that a person can break off: the call's future is dropped, which aborts it in the browser.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

#[derive(Default)]
struct State {
    stopped: bool,
    waiting: Option<Waker>,
}

/// Breaks off what runs under it. Clones are the same stop.
#[derive(Clone, Default)]
pub struct Stop(Rc<RefCell<State>>);

impl Stop {
    /// Breaks off.
    pub fn stop(&self) {
        let waiting = {
            let mut state = self.0.borrow_mut();
            state.stopped = true;
            state.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Whether it was broken off.
    pub fn is_stopped(&self) -> bool {
        self.0.borrow().stopped
    }

    /// Runs `work` to its end, or answers nothing once this was broken off.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.is_stopped() {
                return Poll::Ready(None);
            }
            self.0.borrow_mut().waiting = Some(context.waker().clone());
            work.as_mut().poll(context).map(Some)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Context;

    #[test]
    fn what_was_broken_off_answers_nothing() {
        let stop = Stop::default();
        let mut context = Context::from_waker(Waker::noop());
        {
            let mut done = pin!(stop.run(async { 7 }));
            assert_eq!(done.as_mut().poll(&mut context), Poll::Ready(Some(7)));
        }
        let mut never = pin!(stop.run(std::future::pending::<()>()));
        assert_eq!(never.as_mut().poll(&mut context), Poll::Pending);
        stop.clone().stop();
        assert_eq!(never.as_mut().poll(&mut context), Poll::Ready(None));
        assert!(stop.is_stopped());
    }
}
