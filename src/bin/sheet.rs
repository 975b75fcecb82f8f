//! The spreadsheet page as its own WebAssembly file: the portal loads it when the tab is first
//! opened, so that nobody else waits for it. It is a small application of its own over the portal's
//! components and calls, and knows of the portal only the element that it is put into.

#[expect(
    dead_code,
    reason = "the portal's components; this page needs some of them"
)]
#[path = "../client/mod.rs"]
mod client;
#[path = "../features"]
mod features {
    pub mod batch;
    // Its tests use all of it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the words about a schema, of the tab Consume")
    )]
    pub mod consume {
        pub mod model;
    }
}
#[path = "../sheet/mod.rs"]
mod sheet;
#[expect(
    dead_code,
    unused_imports,
    reason = "the portal's components; this page needs some of them"
)]
#[path = "../ui/mod.rs"]
mod ui;

use client::endpoints::Place;
use features::batch::Batch;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use serde::Deserialize;
use ui::view;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// Where the endpoint is found, as the portal says it.
#[derive(Deserialize)]
struct Told {
    ws: String,
    svc: String,
    name: String,
}

fn main() {
    std::panic::set_hook(Box::new(|panic| stop(&panic.to_string())));
}

/// Puts the page into `root`, where it stays for as long as the portal runs. `place` names the
/// endpoint: `{"ws": …, "svc": …, "name": …}`; `worker` is the address of the worker's script.
///
/// # Errors
///
/// If `place` is not of that form.
#[wasm_bindgen]
#[expect(
    clippy::needless_pass_by_value,
    reason = "values come from JavaScript, which hands them over whole"
)]
pub fn mount(root: HtmlElement, place: String, worker: String) -> Result<(), JsValue> {
    let told: Told = serde_json::from_str(&place).map_err(|error| error.to_string())?;
    let place = Place {
        ws: WorkspaceId::parse(&told.ws).map_err(|error| error.to_string())?,
        svc: ServiceId::parse(&told.svc).map_err(|error| error.to_string())?,
        name: EndpointName::parse(&told.name)
            .map_err(|_| "an endpoint's name was expected".to_owned())?,
    };
    let host = root.clone();
    leptos::mount::mount_to(host, move || {
        view! { <Batch place=place root=root worker=worker/> }
    })
    .forget();
    Ok(())
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
