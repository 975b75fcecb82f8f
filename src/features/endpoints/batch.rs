//! *Batch*: where the spreadsheet page appears. That page is a module of its own, which the page's
//! script fetches when the tab is first opened; this one only gives it a place and says if it fails.

use crate::client::endpoints::Place;
use crate::session::use_session;
use crate::ui::live::{effect, live, view};
use crate::ui::{Button, Glyph, Icon, Skeleton};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::HtmlElement;

#[wasm_bindgen]
extern "C" {
    /// Shows the spreadsheet of an endpoint inside an element; public/boot.js has it.
    #[wasm_bindgen(catch, js_name = portico_sheet)]
    async fn open(
        host: &HtmlElement,
        ws: &str,
        svc: &str,
        name: &str,
        who: &str,
    ) -> Result<JsValue, JsValue>;
}

#[derive(Clone, Copy, PartialEq)]
enum Opening {
    Waiting,
    Open,
    Failed,
}

/// The place of an endpoint's spreadsheet.
#[component]
pub fn Batch(
    /// The endpoint.
    place: Place,
) -> impl IntoView {
    let host = NodeRef::<html::Div>::new();
    let opening = RwSignal::new(Opening::Waiting);
    let session = use_session();
    effect(move || {
        let (Opening::Waiting, Some(host)) = (opening.get(), host.get()) else {
            return;
        };
        let who = untrack(|| session.me()).map(|me| me.id.to_string());
        let Place { ws, svc, name } = place.clone();
        spawn_local(async move {
            let (ws, svc) = (ws.to_string(), svc.to_string());
            let opened = open(&host, &ws, &svc, name.as_str(), &who.unwrap_or_default()).await;
            opening.try_set(match opened {
                Ok(_) => Opening::Open,
                Err(_) => Opening::Failed,
            });
        });
    });
    view! {
        <div class="sheet-host" node_ref=host></div>
        {live(move || match opening.get() {
            Opening::Waiting => view! { <Skeleton lines=12/> },
            Opening::Open => ().into_any(),
            Opening::Failed => view! { <Failed retry=Callback::new(move |_| opening.set(Opening::Waiting))/> },
        })}
    }
}

#[component]
fn Failed(retry: Callback<leptos::ev::MouseEvent>) -> impl IntoView {
    view! {
        <div class="error-panel tone-bad" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div class="error-text">
                <p class="error-title">"The spreadsheet could not be loaded"</p>
                <p>"Check the network and try again. If that does not help, reload the page."</p>
            </div>
            <Button on_click=retry>"Try again"</Button>
        </div>
    }
}
