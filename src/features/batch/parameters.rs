//! The global parameters: the same for every row.

use super::state::use_sheet;
use crate::ui::choice::{For, Show};
use crate::ui::live::view;
use crate::ui::{Field, FieldIds};
use leptos::prelude::*;
use portico_tabular::protocol::Request;

/// A field for each global parameter, if there are any.
#[component]
pub fn Parameters() -> impl IntoView {
    let sheet = use_sheet();
    let count = Memo::new(move |_| sheet.facts.read().parameters.len());
    view! {
        <Show when=move || { count.get() > 0 }>
            <h3>"Global parameters"</h3>
            <For each=move || (0..count.get()).collect() key=|index: &usize| index.to_string() let:index>
                <ParameterField index=index/>
            </For>
        </Show>
    }
}

#[component]
fn ParameterField(index: usize) -> impl IntoView {
    let sheet = use_sheet();
    let facts = Memo::new(move |_| sheet.facts.read().parameters.get(index).cloned());
    let of = move |get: fn(&portico_tabular::protocol::ParameterFacts) -> String| {
        Signal::derive(move || facts.read().as_ref().map(get).unwrap_or_default())
    };
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let problem = of(|facts| facts.problem.clone());
    let change = move |event| {
        sheet.ask(&Request::Parameter {
            index,
            text: event_target_value(&event),
        });
    };
    view! {
        <Field
            ids=ids
            label=of(|facts| facts.name.clone())
            hint=of(|facts| facts.description.clone())
            error=problem
        >
            <input
                class="input mono"
                id=id
                autocomplete="off"
                aria-describedby=described
                aria-invalid=move || (!problem.read().is_empty()).then_some("true")
                placeholder=of(|facts| facts.default.clone().unwrap_or_default())
                prop:value=of(|facts| facts.text.clone())
                on:change=change
            />
        </Field>
    }
}
