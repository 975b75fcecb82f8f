//! A whole number by slider or by typing.

use super::field::{Field, FieldIds};
use leptos::prelude::*;

/// A slider with a number field beside it.
#[component]
pub fn Slider(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// The number.
    value: RwSignal<u32>,
    /// The least.
    min: u32,
    /// The most.
    max: u32,
    /// The rule, there before any error.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// What is wrong; empty if nothing is.
    #[prop(optional, into)]
    error: Signal<String>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let read = move |text: String| {
        if let Ok(number) = text.trim().parse::<u32>() {
            value.set(number);
        }
    };
    view! {
        <Field ids=ids label=label hint=hint error=error>
            <div class="slider">
                <input
                    type="range"
                    min=min
                    max=max
                    aria-label=move || format!("{}, slider", label.get())
                    prop:value=move || value.get().to_string()
                    on:input=move |event| read(event_target_value(&event))
                />
                <input
                    class="input num"
                    type="number"
                    inputmode="numeric"
                    id=id
                    min=min
                    max=max
                    step="1"
                    aria-describedby=described
                    aria-invalid=move || (!error.read().is_empty()).then_some("true")
                    prop:value=move || value.get().to_string()
                    on:input=move |event| read(event_target_value(&event))
                />
            </div>
        </Field>
    }
}
