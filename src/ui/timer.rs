//! The portal's only way to timers: each ends with the view that started it.

use leptos::prelude::*;
use std::time::Duration;

/// Runs `act` once after `delay`, unless the view is gone by then.
pub fn after(delay: Duration, act: impl FnOnce() + 'static) {
    let Ok(handle) = set_timeout_with_handle(act, delay) else {
        return;
    };
    if Owner::current().is_some() {
        on_cleanup(move || handle.clear());
    }
}

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

/// Waits inside an async act. What comes after must use `try_*` only.
pub async fn sleep(delay: Duration) {
    let millis = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        if window()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis)
            .is_err()
        {
            // Without a timer there is nothing to wait for.
            let _ = resolve.call0(&wasm_bindgen::JsValue::NULL);
        }
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}
