//! The worker's side of the browser: messages in, time, and pauses.

use js_sys::{Function, Promise, Reflect};
use portico_tabular::protocol::Request;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

/// The worker itself.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// What stands beside a message.
pub struct Extra(JsValue);

impl Extra {
    /// The file, if there is one.
    pub fn file(&self) -> Option<File> {
        self.get("file").dyn_into().ok()
    }

    /// A text; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        self.get(name).as_string().unwrap_or_default()
    }

    fn get(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &name.into()).unwrap_or_default()
    }
}

/// Calls `act` for each request, for as long as the worker lives.
pub fn listen(act: impl Fn(Request, Extra) + 'static) {
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let extra = Extra(event.data());
        // What is no request is of another version of the page, which is about to be replaced.
        if let Ok(request) = serde_json::from_str(&extra.text("message")) {
            act(request, extra);
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}

/// Milliseconds since the worker began.
pub fn now_ms() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

/// Lets this much time pass, and requests with it.
pub async fn pause(milliseconds: f64) {
    let promise = Promise::new(&mut |resolve: Function, _| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "pauses are seconds at the most"
        )]
        let time = milliseconds.clamp(0.0, 60_000.0).ceil() as i32;
        // Without a timer the promise would never end; then it ends at once.
        if scope()
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, time)
            .is_err()
        {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // It is never rejected.
    let _ = JsFuture::from(promise).await;
}
