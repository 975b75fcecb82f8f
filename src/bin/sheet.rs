//! The spreadsheet page: a module of its own, which the portal loads when the page is first opened.
//!
//! It shares the portal's components and its client, and nothing of a running portal: the two meet
//! at one element of the document.

#[path = "../client/mod.rs"]
#[expect(dead_code, reason = "shared with the portal, which uses the rest")]
mod client;
#[path = "../ui/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the portal, which uses the rest"
)]
mod ui;

use leptos::prelude::*;
use portico_tabular::protocol::{Reply, Request};
use serde::Deserialize;
use ui::Button;
use ui::live::view;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlElement, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Whose rows a spreadsheet is for, and the worker's address.
#[derive(Clone, Debug, Deserialize)]
struct Place {
    name: String,
    worker: String,
}

fn main() {
    std::panic::set_hook(Box::new(|panic| stop(&panic.to_string())));
}

/// Shows a spreadsheet inside an element, for as long as the page lives.
///
/// # Errors
///
/// If `place` is not what the portal's loader hands over, or the browser gives no worker.
#[wasm_bindgen]
#[expect(
    clippy::needless_pass_by_value,
    reason = "values come from JavaScript, which hands them over whole"
)]
pub fn mount(root: HtmlElement, place: String) -> Result<(), JsValue> {
    let place: Place = serde_json::from_str(&place).map_err(|error| error.to_string())?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&place.worker, &options)?;
    leptos::mount::mount_to(root, move || view! { <Sheet place=place worker=worker/> }).forget();
    Ok(())
}

#[component]
fn Sheet(place: Place, worker: Worker) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        let heard = match serde_json::from_str::<Reply>(&text) {
            Ok(Reply::Ready) => "The worker is ready.",
            Ok(Reply::State(_)) => "The worker answered.",
            Ok(_) => "The worker said something else.",
            Err(_) => "The worker can’t be understood.",
        };
        said.try_set(heard.to_owned());
    });
    worker.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker speaks as long as it lives.
    listen.forget();
    let ask = Callback::new(move |_| {
        if let Ok(text) = serde_json::to_string(&Request::Undo) {
            let _ = worker.post_message(&JsValue::from(text));
        }
    });
    view! {
        <p>{place.name}</p>
        <Button on_click=ask>"Ask the worker"</Button>
        <p role="status">{said}</p>
    }
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
