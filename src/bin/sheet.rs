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
    #[expect(dead_code, reason = "the words about a schema, of the tab Consume")]
    pub mod consume {
        pub mod model;
        pub mod shell;
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
use web_sys::HtmlElement;

/// Where the endpoint is found, as the portal says it.
#[derive(Deserialize)]
struct Told {
    ws: String,
    svc: String,
    name: String,
}

fn main() {}

/// Puts the page into `root`, where it stays for as long as the portal runs. `place` names the
/// endpoint: `{"ws": …, "svc": …, "name": …}`. Does nothing for a place that is none.
#[wasm_bindgen]
pub fn mount(root: HtmlElement, place: &str) {
    let Some(place) = read(place) else {
        return;
    };
    let host = root.clone();
    let handle = leptos::mount::mount_to(host, move || {
        view! { <Batch place=place root=root/> }
    });
    handle.forget();
}

fn read(place: &str) -> Option<Place> {
    let told: Told = serde_json::from_str(place).ok()?;
    Some(Place {
        ws: WorkspaceId::parse(&told.ws).ok()?,
        svc: ServiceId::parse(&told.svc).ok()?,
        name: EndpointName::parse(&told.name).ok()?,
    })
}
