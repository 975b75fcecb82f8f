//! The pages of publishing as their own WebAssembly file: the portal loads it when the first of them is
//! opened, so that a first visit does not wait for it. It is a small application of its own over the
//! portal's components and calls; `outside` is what it knows of the portal. A page of it is found by
//! its address, is put into an element, and goes when the person leaves it.

#[expect(
    dead_code,
    reason = "the portal's components; these pages need some of them"
)]
#[path = "../client/mod.rs"]
mod client;
#[path = "../features"]
mod features {
    // Its tests use all of it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the words about a schema, of the tab Consume")
    )]
    pub mod consume {
        pub mod model;
        pub mod schema_tables;
    }
    // An idempotency key is made as the dialogs of endpoints make theirs.
    pub mod endpoints {
        pub mod mint;
    }
    pub mod ledger;
    pub mod many;
    pub mod models;
    pub mod pasted;
    pub mod publishing;
    pub mod rollout;
    pub mod versions;
}
#[path = "../outside.rs"]
mod outside;
#[expect(
    dead_code,
    reason = "the portal's addresses; these pages need some of them"
)]
#[path = "../routes.rs"]
mod routes;
#[expect(
    dead_code,
    unused_imports,
    reason = "the portal's components; these pages need some of them"
)]
#[path = "../ui/mod.rs"]
mod ui;

use client::endpoints::Place;
use features::ledger::Ledger;
use features::many::Many;
use features::models::Models;
use features::publishing::PublishPage;
use features::rollout::RolloutView;
use features::versions::{VersionPage, VersionsTab};
use leptos::prelude::*;
use outside::Outside;
use routes::{EndpointTab, Page, ServiceTab};
use serde::Deserialize;
use std::any::Any;
use ui::ToastHost;
use ui::time::Clock;
use ui::toast::Toasts;
use ui::view;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// Which page, and for whom, as the portal says it.
#[derive(Deserialize)]
struct Told {
    /// The page's address.
    path: String,
    /// Whether the signed-in person may publish, and change endpoints.
    publisher: bool,
}

/// A page in its place. It goes when this is freed.
#[wasm_bindgen]
pub struct Mounted(#[expect(dead_code, reason = "held until it is dropped")] Box<dyn Any>);

fn main() {
    std::panic::set_hook(Box::new(|panic| stop(&panic.to_string())));
}

/// Puts a page into `root`. `told` says which: `{"path": …, "publisher": …}`.
///
/// # Errors
///
/// If `told` is not of that form, or there is no such page.
#[wasm_bindgen]
#[expect(
    clippy::needless_pass_by_value,
    reason = "values come from JavaScript, which hands them over whole"
)]
pub fn mount(root: HtmlElement, told: String) -> Result<Mounted, JsValue> {
    let told: Told = serde_json::from_str(&told).map_err(|error| error.to_string())?;
    let page = Page::parse(&told.path).ok_or("an address of the portal was expected")?;
    let host = root.clone();
    let mounted = leptos::mount::mount_to(host, move || {
        let outside = Outside::new(root, told.publisher);
        client::on_signed_out(move || outside.signed_out());
        provide_context(outside);
        provide_context(Toasts::new());
        provide_context(Clock::start());
        view! {
            {page_of(page)}
            <ToastHost/>
        }
    });
    Ok(Mounted(Box::new(mounted)))
}

/// The page of an address.
fn page_of(page: Page) -> AnyView {
    match page {
        Page::Service {
            ws,
            svc,
            tab: ServiceTab::Versions,
        } => view! { <VersionsTab ws=ws svc=svc/> },
        Page::Service {
            ws,
            svc,
            tab: ServiceTab::Ledger,
        } => view! { <Ledger ws=ws svc=svc/> },
        Page::Many { ws, svc } => view! { <Many ws=ws svc=svc/> },
        Page::Endpoint {
            ws,
            svc,
            name,
            tab: EndpointTab::Models,
        } => view! { <Models place=Place { ws, svc, name }/> },
        Page::Rollout { ws, svc, name } => view! { <RolloutView place=Place { ws, svc, name }/> },
        Page::Version { ws, svc, number } => {
            view! { <VersionPage ws=ws svc=svc number=number/> }
        }
        Page::Publish { ws, svc } => view! { <PublishPage ws=ws svc=svc/> },
        // The portal asks for no other.
        _ => ().into_any(),
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
