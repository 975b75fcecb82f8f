//! The spreadsheet's worker: holds the table in a thread of its own and answers the page.
//!
//! Knows nothing of how a table is shown. A message is one JSON text.

use portico_tabular::protocol::{Reply, Request, State};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let answers = scope.clone();
    let listen = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        if serde_json::from_str::<Request>(&text).is_ok() {
            say(&answers, &Reply::State(Box::<State>::default()));
        }
    });
    scope.set_onmessage(Some(listen.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listen.forget();
    say(&scope, &Reply::Ready);
}

fn say(scope: &DedicatedWorkerGlobalScope, reply: &Reply) {
    if let Ok(text) = serde_json::to_string(reply) {
        // A message that can't be posted has nobody who could hear of it.
        let _ = scope.post_message(&JsValue::from(text));
    }
}
