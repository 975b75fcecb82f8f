//! A switch: on or off, at once.

use super::field::FieldIds;
use super::live::view;
use leptos::prelude::*;

/// A switch with its label.
#[component]
pub fn Switch(
    /// What it switches.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is on.
    #[prop(into)]
    checked: Signal<bool>,
    /// What it means.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// Why it can't be switched now; empty when it can. It still takes the focus and tells its state.
    #[prop(optional, into)]
    blocked: Signal<String>,
    /// Called with the state that is wanted; the owner changes `checked`.
    on_change: Callback<bool>,
) -> impl IntoView {
    let ids = FieldIds::new();
    view! {
        <div class="switch">
            <input
                type="checkbox"
                role="switch"
                id=ids.input.clone()
                aria-describedby=ids.hint.clone()
                aria-disabled=move || (!blocked.read().is_empty()).then_some("true")
                title=move || Some(blocked.get()).filter(|reason| !reason.is_empty())
                prop:checked=move || checked.get()
                on:click=move |event| {
                    if !blocked.read_untracked().is_empty() {
                        event.prevent_default();
                    }
                }
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <div>
                <label for=ids.input>{label}</label>
                <p class="field-hint" id=ids.hint>{hint}</p>
            </div>
        </div>
    }
}
