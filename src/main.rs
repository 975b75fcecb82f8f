//! Starts the portal in the browser.

mod app;
#[expect(
    dead_code,
    reason = "calls that the portal's programs share; this one needs some of them"
)]
mod client;
mod features;
mod routes;
mod session;
#[expect(
    dead_code,
    unused_imports,
    reason = "the components of all programs; the portal itself needs most of them"
)]
mod ui;

use ui::view;
use wasm_bindgen::{JsCast, JsValue};

fn main() {
    std::panic::set_hook(Box::new(|panic| stop(&panic.to_string())));
    let token = features::account::link::take_token();
    leptos::mount::mount_to_body(move || view! { <app::App token=token/> });
}

/// Hands a panic to the page's own script, which shows an element that needs no Rust any more.
fn stop(reason: &str) {
    let show = js_sys::Reflect::get(&js_sys::global(), &"portico_panic".into())
        .ok()
        .and_then(|show| show.dyn_into::<js_sys::Function>().ok());
    if let Some(show) = show {
        // Nothing is left that could handle a failure here.
        let _ = show.call1(&JsValue::NULL, &reason.into());
    }
}
