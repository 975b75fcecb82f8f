//! What a button or a form starts: whether it is under way, and why it came to nothing.

use super::error::ErrorPanel;
use super::live::{live, view};
use crate::client::{Answer, ClientError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;

/// An act, one at a time.
#[derive(Clone, Copy)]
pub struct Act {
    /// Whether it is under way.
    pub busy: RwSignal<bool>,
    /// Why it came to nothing the last time.
    pub failure: RwSignal<Option<ClientError>>,
}

impl Act {
    /// Not under way.
    pub fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            failure: RwSignal::new(None),
        }
    }

    /// Makes the call, unless one is under way, and hands on what it came to. The page may be gone then.
    pub fn run<T: 'static>(
        self,
        call: impl Future<Output = Answer<T>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = call.await;
            self.busy.try_set(false);
            match answer {
                Ok(value) => done(value),
                Err(error) => {
                    self.failure.try_set(Some(error));
                }
            }
        });
    }

    /// Shows why it came to nothing.
    pub fn error(self) -> AnyView {
        live(move || {
            self.failure
                .get()
                .map(|error| view! { <ErrorPanel error=error/> })
        })
    }
}
