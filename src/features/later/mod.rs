//! Where a page of another program appears: the spreadsheet, and the pages of publishing. A program is
//! a module of its own, which the page's script fetches when it is first opened; this gives it a
//! place, says if it fails, and hears what it has to tell.

mod page;

pub use page::LaterPage;

use crate::features::shell::use_scope;
use crate::routes::Page;
use crate::session::use_session;
use crate::ui::live::{effect, live, view};
use crate::ui::{Button, Glyph, Icon, Skeleton};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlElement};

#[wasm_bindgen]
extern "C" {
    /// Shows a page of a program inside an element; public/boot.js has it.
    #[wasm_bindgen(catch, js_name = portico_program)]
    async fn open(
        program: &str,
        host: &HtmlElement,
        told: &str,
        who: &str,
    ) -> Result<JsValue, JsValue>;
}

/// The programs that a first visit does without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The spreadsheet.
    Sheet,
    /// Publishing, versions, models, the ledger.
    Publishing,
}

#[derive(Clone, Copy, PartialEq)]
enum Opening {
    Waiting,
    Open,
    Failed,
}

/// A page of a program, in its place.
#[component]
pub fn ProgramPage(
    /// Which program.
    program: Program,
    /// What it is told: a text of JSON that says which page.
    told: String,
    /// What is shown of an object may be outdated now.
    #[prop(optional)]
    on_outdated: Option<Callback<()>>,
) -> impl IntoView {
    let host = NodeRef::<html::Div>::new();
    let opening = RwSignal::new(Opening::Waiting);
    let session = use_session();
    let scope = use_scope();
    // What takes the page away again.
    let leave = StoredValue::new_local(None::<js_sys::Function>);
    effect(move || {
        let (Opening::Waiting, Some(host)) = (opening.get(), host.get()) else {
            return;
        };
        let who = untrack(|| session.me()).map(|me| me.id.to_string());
        let told = told.clone();
        let name = match program {
            Program::Sheet => "sheet",
            Program::Publishing => "publishing",
        };
        spawn_local(async move {
            let opened = open(name, &host, &told, &who.unwrap_or_default()).await;
            let leaves = opened
                .as_ref()
                .ok()
                .and_then(|leave| leave.dyn_ref::<js_sys::Function>().cloned());
            let now = match opened {
                Ok(_) => Opening::Open,
                Err(_) => Opening::Failed,
            };
            if opening.try_set(now).is_none() {
                leave.try_set_value(leaves);
            } else {
                // The person is elsewhere by now.
                gone(leaves);
            }
        });
    });
    on_cleanup(move || gone(leave.try_update_value(Option::take).flatten()));
    view! {
        <div
            class="program"
            class:sheet-host=program == Program::Sheet
            node_ref=host
            on:outdated=move |_: Event| {
                scope.reload();
                if let Some(act) = on_outdated {
                    act.run(());
                }
            }
            on:signedout=move |_: Event| session.forget()
        ></div>
        {live(move || match opening.get() {
            Opening::Waiting => view! { <Skeleton lines=12/> },
            Opening::Open => ().into_any(),
            Opening::Failed => view! { <Failed retry=Callback::new(move |_| opening.set(Opening::Waiting))/> },
        })}
    }
}

fn gone(leave: Option<js_sys::Function>) {
    if let Some(leave) = leave {
        // A page that can't be taken away has stopped, and said so.
        let _ = leave.call0(&JsValue::NULL);
    }
}

/// A page of publishing, in its place.
#[component]
pub fn Later(
    /// Which page.
    page: Page,
    /// What is shown of an object may be outdated now.
    #[prop(optional)]
    on_outdated: Option<Callback<()>>,
) -> impl IntoView {
    let session = use_session();
    let path = page.href();
    let publisher = untrack(move || page.workspace().is_some_and(|ws| session.can_publish(ws)));
    // An address has nothing in it that JSON would want escaped.
    let told = format!(r#"{{"path":"{path}","publisher":{publisher}}}"#);
    match on_outdated {
        Some(act) => view! { <ProgramPage program=Program::Publishing told=told on_outdated=act/> },
        None => view! { <ProgramPage program=Program::Publishing told=told/> },
    }
}

#[component]
fn Failed(retry: Callback<leptos::ev::MouseEvent>) -> impl IntoView {
    view! {
        <div class="error-panel tone-bad" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div class="error-text">
                <p class="error-title">"This part of the page could not be loaded"</p>
                <p>"Check the network and try again. If that does not help, reload the page."</p>
            </div>
            <Button on_click=retry>"Try again"</Button>
        </div>
    }
}
