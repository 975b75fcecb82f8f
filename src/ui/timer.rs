//! The portal's only way to timers: each ends with the view that started it.

use leptos::prelude::*;
use std::time::Duration;

/// Runs `act` again and again, `every` apart, until the view is gone.
pub fn every(every: Duration, act: impl Fn() + 'static) {
    if let Ok(handle) = set_interval_with_handle(act, every) {
        on_cleanup(move || handle.clear());
    }
}

/// A timer that can be set anew: only the last of several calls in a row acts.
#[derive(Clone, Copy)]
pub struct Delay {
    running: StoredValue<Option<TimeoutHandle>>,
}

impl Delay {
    /// A timer that is not running. It ends with the view that makes it.
    pub fn new() -> Self {
        let delay = Self {
            running: StoredValue::new(None),
        };
        on_cleanup(move || delay.stop());
        delay
    }

    /// Runs `act` after `wait`, in place of what was set before.
    pub fn set(self, wait: Duration, act: impl FnOnce() + 'static) {
        self.stop();
        if let Ok(handle) = set_timeout_with_handle(act, wait) {
            self.running.try_set_value(Some(handle));
        }
    }

    /// Drops what was set.
    pub fn stop(self) {
        self.running.try_update_value(|running| {
            if let Some(handle) = running.take() {
                handle.clear();
            }
        });
    }
}
