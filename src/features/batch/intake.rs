//! Ways into the page that are not of one element: a file dropped anywhere, rows pasted anywhere, keys
//! that work outside the grid, and the browser's question before the page is left.

use super::state::Sheet;
use crate::sheet::clipboard::{self, Pasted};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement};

/// Listens for as long as the page lives. Answers whether a file is dragged over the page.
pub fn listen(sheet: Sheet, root: StoredValue<HtmlElement, LocalStorage>) -> RwSignal<bool> {
    let over = RwSignal::new(false);
    // Out of the document the page lives on, and what happens there is none of its business.
    let here = move || {
        root.try_with_value(|root| root.is_connected())
            .unwrap_or(false)
    };
    let dragged = move |event: &ev::DragEvent| {
        here()
            && event
                .data_transfer()
                .is_some_and(|data| clipboard::holds_file(&data))
    };
    let handles = [
        window_event_listener(ev::dragover, move |event| {
            if dragged(&event) {
                event.prevent_default();
                over.try_set(true);
            }
        }),
        window_event_listener(ev::dragleave, move |event| {
            // Leaving the window, not an element within it.
            if event.related_target().is_none() {
                over.try_set(false);
            }
        }),
        window_event_listener(ev::drop, move |event| {
            over.try_set(false);
            if !here() {
                return;
            }
            let file = event
                .data_transfer()
                .and_then(|data| clipboard::file(&data));
            if let Some(file) = file {
                event.prevent_default();
                sheet.open(&file);
            }
        }),
        window_event_listener(ev::paste, move |event| {
            if !here() || event.default_prevented() || in_field(event.target()) {
                return;
            }
            let table = sheet.facts.with_untracked(|facts| facts.source.is_some());
            match clipboard::pasted(&event) {
                Some(Pasted::File(file)) => sheet.open(&file),
                Some(Pasted::Clip(clip)) if !table => sheet.paste(&clip),
                Some(Pasted::Clip(_)) => {
                    sheet.say("Choose the cell to paste at first.");
                    return;
                }
                None => return,
            }
            event.prevent_default();
        }),
        window_event_listener(ev::keydown, move |event| {
            if !here() || event.default_prevented() {
                return;
            }
            let ctrl = event.ctrl_key() || event.meta_key();
            match (event.key().as_str(), ctrl) {
                ("F8", false) => sheet.find(event.shift_key()),
                ("g" | "G", true) if sheet.facts.with_untracked(|facts| facts.rows > 0) => {
                    sheet.goto_open.set(true);
                }
                _ => return,
            }
            event.prevent_default();
        }),
        window_event_listener(ev::beforeunload, move |event| {
            if sheet.would_lose() {
                event.prevent_default();
                event.set_return_value("lost");
            }
        }),
    ];
    on_cleanup(move || {
        for handle in handles {
            handle.remove();
        }
    });
    over
}

/// Whether a text that is pasted belongs in a field.
fn in_field(target: Option<EventTarget>) -> bool {
    target
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| {
            element
                .closest("input, textarea, select, [contenteditable]")
                .ok()
        })
        .flatten()
        .is_some()
}
