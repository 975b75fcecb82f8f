//! Dialogs on the browser's own element: it traps the focus, dims the page and gives the focus back.

use super::choice::Show;
use super::icon::{Glyph, Icon};
use super::live::{effect, view};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A modal dialog. What is in it is made anew each time it opens.
#[component]
pub fn Dialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// 640 pixels instead of 480.
    #[prop(optional)]
    wide: bool,
    /// Asked when a person wants to close it: Escape, the cross, a click beside it. It stays open
    /// until the owner sets `open` to false, so that a form that was changed can ask first.
    on_close: Callback<()>,
    /// What is in it.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let heading = super::FieldIds::new().input;
    let labelled = heading.clone();
    let children = StoredValue::new(children);
    let is_open = move || open.try_get_untracked().unwrap_or(false);
    effect(move || {
        let open = open.get();
        let Some(dialog) = node.get() else { return };
        if open && !dialog.open() {
            // What is in it must be there first, so that the browser finds what takes the focus.
            request_animation_frame(move || {
                if dialog.is_connected() && !dialog.open() && is_open() {
                    // It fails only for an element outside the document, which this one is not.
                    let _ = dialog.show_modal();
                }
            });
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    // A press that begins in the dialog and ends beside it (selecting text) closes nothing.
    let pressed_beside = StoredValue::new(false);
    let beside = move |event: &ev::MouseEvent| {
        node.get_untracked().is_some_and(|dialog| {
            event
                .target()
                .is_some_and(|target| &target == dialog.unchecked_ref())
        })
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            class:dialog-wide=wide
            aria-labelledby=labelled
            on:keydown=move |event: ev::KeyboardEvent| {
                if event.key() == "Escape" && !event.default_prevented() {
                    event.prevent_default();
                    event.stop_propagation();
                    on_close.run(());
                }
            }
            on:cancel=move |event: ev::Event| {
                event.prevent_default();
                on_close.run(());
            }
            on:mousedown=move |event| pressed_beside.set_value(beside(&event))
            on:click=move |event| {
                if pressed_beside.get_value() && beside(&event) {
                    on_close.run(());
                }
            }
        >
            <Show when=move || open.get()>
                <div class="dialog-frame">
                    <header class="dialog-head">
                        <h2 id=heading.clone()>{title}</h2>
                        <button
                            type="button"
                            class="button button-quiet icon-button"
                            aria-label="Close"
                            on:click=move |_| on_close.run(())
                        >
                            <Icon glyph=Glyph::Close/>
                        </button>
                    </header>
                    {children.get_value()()}
                </div>
            </Show>
        </dialog>
    }
}
