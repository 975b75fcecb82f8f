//! Keeps unsaved work from being lost: asks once before the page or the tab is left.

use super::confirm::Confirm;
use super::live::view;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Lets the browser ask before the tab closes while `dirty`.
pub fn guard_tab(dirty: Signal<bool>) {
    let handle = window_event_listener(ev::beforeunload, move |event| {
        if dirty.try_get_untracked().unwrap_or(false) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Asks before a person follows a link while `dirty`, and lets the browser ask before the tab closes.
/// Where the page itself leads, nobody is asked.
#[component]
pub fn LeaveGuard(
    /// Whether there is something to lose.
    #[prop(into)]
    dirty: Signal<bool>,
    /// Goes to an address of the portal.
    go: Callback<String>,
) -> impl IntoView {
    guard_tab(dirty);
    let target = StoredValue::new(String::new());
    let asking = RwSignal::new(false);

    // In the capturing phase, so that it comes before the router.
    let listener =
        Closure::<dyn Fn(web_sys::MouseEvent)>::new(move |event: web_sys::MouseEvent| {
            let held = event.ctrl_key() || event.meta_key() || event.shift_key();
            let plain = event.is_trusted() && event.button() == 0 && !held;
            let stay = plain && dirty.try_get_untracked().unwrap_or(false);
            let Some(href) = stay.then(|| link_of(&event)).flatten() else {
                return;
            };
            event.prevent_default();
            event.stop_propagation();
            target.try_set_value(href);
            asking.try_set(true);
        });
    let function = listener
        .as_ref()
        .unchecked_ref::<js_sys::Function>()
        .clone();
    // It fails only for an event type that the browser does not know.
    let _ = document().add_event_listener_with_callback_and_bool("click", &function, true);
    let kept = send_wrapper::SendWrapper::new((listener, function));
    on_cleanup(move || {
        let (_, function) = &*kept;
        let _ = document().remove_event_listener_with_callback_and_bool("click", function, true);
    });

    let leave = Callback::new(move |()| {
        asking.set(false);
        go.run(target.get_value());
    });
    view! {
        <Confirm open=asking title="Leave without saving?" action="Leave" on_confirm=leave>
            <p>"What was changed on this page is not saved yet. Leaving now drops it."</p>
        </Confirm>
    }
}

/// Where a click leads within the portal, if it is on a link.
fn link_of(event: &web_sys::MouseEvent) -> Option<String> {
    let element = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = element.closest("a[href]").ok()??;
    let href = link.get_attribute("href")?;
    let same_tab = link
        .get_attribute("target")
        .is_none_or(|target| target == "_self");
    (same_tab && href.starts_with('/')).then_some(href)
}
