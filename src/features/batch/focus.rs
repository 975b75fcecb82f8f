//! Where the focus goes when what had it goes away: without it, keys lead nowhere and a screen reader
//! starts over.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement};

/// Gives the focus to the first element that matches, once the page shows it, unless something has it.
pub fn keep_focus(selector: &'static str) {
    request_animation_frame(move || {
        let document = document();
        let had = document
            .active_element()
            .is_some_and(|element| Some(&element) != document.body().as_deref());
        let element = document.query_selector(selector).ok().flatten();
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok())
            && !had
        {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            // It fails only for an element that can't take the focus; then there is nothing to do.
            let _ = element.focus_with_options(&options);
        }
    });
}
