//! Fields within tables: named by their row and column, with what is wrong below them. What they show
//! at first is what the form holds; from then on they only tell what is typed.

use super::model::TYPES;
use super::state::use_publishing;
use crate::features::consume::model::type_word;
use crate::ui::FieldIds;
use crate::ui::live::{live, memo, view};
use leptos::prelude::*;
use portico_api::schema::ColumnType;

/// What is wrong with the field of a pointer, tracked.
pub fn wrong(pointer: String) -> Memo<String> {
    let problems = use_publishing().problems;
    memo(move || problems.read().get(&pointer).cloned().unwrap_or_default())
}

#[component]
fn Wrong(id: String, wrong: Memo<String>) -> impl IntoView {
    view! {
        <span id=id>
            {live(move || {
                let text = wrong.get();
                (!text.is_empty()).then(|| view! { <span class="field-error">{text}</span> })
            })}
        </span>
    }
}

/// What is wrong with a whole table.
#[component]
pub fn TableWrong(
    /// Where its errors land.
    pointer: &'static str,
) -> impl IntoView {
    let wrong = wrong(pointer.to_owned());
    view! {
        <div role="alert" class="publish-wrong">
            {live(move || {
                let text = wrong.get();
                (!text.is_empty()).then(|| view! { <p class="field-error">{text}</p> })
            })}
        </div>
    }
}

/// A text in a table.
#[component]
pub fn TextCell(
    /// Its name, row and column: `Lowest of age`.
    #[prop(into)]
    label: Signal<String>,
    /// What it holds at first.
    value: String,
    /// Where its errors land.
    #[prop(into)]
    pointer: String,
    /// Whether it is an identifier or a number.
    #[prop(optional)]
    mono: bool,
    /// Whether it is short, such as a number.
    #[prop(optional)]
    short: bool,
    /// Shown while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// Takes what is typed.
    on_input: Callback<String>,
) -> impl IntoView {
    let wrong = wrong(pointer);
    let ids = FieldIds::new();
    view! {
        <input
            class="input cell"
            class:mono=mono
            class:cell-short=short
            type="text"
            autocomplete="off"
            autocapitalize="none"
            spellcheck=if mono || short { "false" } else { "true" }
            aria-label=label
            aria-describedby=ids.error.clone()
            aria-invalid=move || (!wrong.read().is_empty()).then_some("true")
            placeholder=placeholder
            prop:value=value
            on:input=move |event| on_input.run(event_target_value(&event))
        />
        <Wrong id=ids.error wrong=wrong/>
    }
}

/// One of a few values in a table.
#[component]
pub fn ChoiceCell(
    /// Its name, row and column: `Type of age`.
    #[prop(into)]
    label: Signal<String>,
    /// The values in words.
    words: Vec<&'static str>,
    /// The position of the value that it holds at first.
    value: usize,
    /// Where its errors land.
    #[prop(into)]
    pointer: String,
    /// Takes the position of the value that is chosen.
    on_choose: Callback<usize>,
) -> impl IntoView {
    let wrong = wrong(pointer);
    let ids = FieldIds::new();
    let options = words
        .into_iter()
        .enumerate()
        .map(|(index, word)| {
            view! { <option value=index.to_string() selected=index == value>{word}</option> }
        })
        .collect_view();
    view! {
        <select
            class="input cell"
            aria-label=label
            aria-describedby=ids.error.clone()
            aria-invalid=move || (!wrong.read().is_empty()).then_some("true")
            on:change=move |event| {
                if let Ok(index) = event_target_value(&event).parse() {
                    on_choose.run(index);
                }
            }
        >
            {options}
        </select>
        <Wrong id=ids.error wrong=wrong/>
    }
}

/// The column types in words, as a choice offers them.
pub fn type_words() -> Vec<&'static str> {
    TYPES.map(type_word).to_vec()
}

/// Where a column type stands in that choice.
pub fn type_place(column_type: ColumnType) -> usize {
    TYPES
        .iter()
        .position(|one| *one == column_type)
        .unwrap_or_default()
}
