//! Where the focus goes when what had it is gone, or a field wants it.

use super::live::effect;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Moves the focus to the first element that matches, once the page shows it.
pub fn focus_first(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        focus(document().query_selector(&selector).ok().flatten());
    });
}

/// Moves the focus to the last element that matches, once the page shows it.
pub fn focus_last(selector: &'static str) {
    request_animation_frame(move || {
        let found = document().query_selector_all(selector).ok();
        focus(found.and_then(|found| found.item(found.length().checked_sub(1)?)));
    });
}

/// Moves the focus to the first element that matches if it was lost with what stood here before.
/// Where a person has put it, it stays.
pub fn catch_focus(selector: &'static str) {
    request_animation_frame(move || {
        let active = document().active_element();
        if active.is_none_or(|active| active.tag_name() == "BODY") {
            focus(document().query_selector(selector).ok().flatten());
        }
    });
}

/// Does that whenever what `read` reads has changed.
pub fn catch_focus_after(read: impl Fn() + 'static, selector: &'static str) {
    let mut begun = false;
    effect(move || {
        read();
        if begun {
            catch_focus(selector);
        }
        begun = true;
    });
}

fn focus(element: Option<impl JsCast>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // It fails only for an element that cannot take the focus; then there is nothing to do.
        let _ = element.focus();
    }
}
