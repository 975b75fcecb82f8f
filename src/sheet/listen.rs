//! Listeners of the browser's events that end with their owner.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AddEventListenerOptions, EventTarget};

/// A listener; dropping it takes it off.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    function: js_sys::Function,
    _closure: Box<dyn std::any::Any>,
}

impl Listener {
    /// Listens to an event.
    pub fn new<E>(target: &EventTarget, name: &'static str, act: impl FnMut(E) + 'static) -> Self
    where
        E: FromWasmAbi + 'static,
    {
        let closure = Closure::<dyn FnMut(E)>::new(act);
        let function: js_sys::Function =
            AsRef::<JsValue>::as_ref(&closure).clone().unchecked_into();
        let options = AddEventListenerOptions::new();
        // Browsers take wheel listeners for passive where nothing else is said.
        options.set_passive(false);
        // Adding a listener fails for none of the events that there are.
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            name, &function, &options,
        );
        Self {
            target: target.clone(),
            name,
            function,
            _closure: Box::new(closure),
        }
    }
}

impl Listener {
    /// Stops to listen. What it called lives on with it, so that it may be what calls this.
    pub fn stop(&self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, &self.function);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}
