//! One field of the row, by the type of its column.

use super::model::{Control, Remark, hint};
use super::run::Run;
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use crate::ui::{FieldIds, Glyph, Icon};
use leptos::prelude::*;
use portico_api::schema::InputColumn;

/// A field with its hint and what is to be said about its value.
#[component]
pub fn CellField(
    /// The state.
    run: Run,
    /// Which field.
    index: usize,
) -> impl IntoView {
    let column = run.columns().into_iter().nth(index)?;
    let ids = FieldIds::new();
    let remark = memo(move || run.remark(index));
    let error = move || match remark.get() {
        Some(Remark::Error(words)) => words,
        _ => String::new(),
    };
    let mark = move || match remark.get() {
        Some(Remark::Mark(words)) => Some(view! {
            <span class="try-mark"><Icon glyph=Glyph::Info/>{words}</span>
        }),
        _ => None,
    };
    let title = column.description.clone();
    Some(view! {
        <div class="field try-field" class:field-bad=move || !error().is_empty()>
            <label class="field-label mono" for=ids.input.clone() title=title>{column.name.clone()}</label>
            {control(run, index, &column, &ids)}
            <p class="field-hint" id=ids.hint.clone()>{hint(&column)}</p>
            <p class="field-error" id=ids.error aria-live="polite">{live(error)} {live(mark)}</p>
        </div>
    })
}

fn control(run: Run, index: usize, column: &InputColumn, ids: &FieldIds) -> AnyView {
    let (id, described) = (ids.input.clone(), ids.described_by());
    match Control::of(column) {
        Control::Number { whole } => {
            let mode = if whole { "numeric" } else { "decimal" };
            view! { <Line run=run index=index id=id described=described mode=mode numeric=true/> }.into_any()
        }
        Control::Text => view! { <Line run=run index=index id=id described=described mode="text"/> }.into_any(),
        Control::Date => view! { <Line run=run index=index id=id described=described mode="text" date=true/> }.into_any(),
        Control::Category(categories) => view! {
            <Choice run=run index=index id=id described=described values=categories nullable=column.nullable other=true/>
        }
        .into_any(),
        Control::Boolean => view! {
            <Choice
                run=run
                index=index
                id=id
                described=described
                values=vec!["true".to_owned(), "false".to_owned()]
                nullable=column.nullable
            />
        }
        .into_any(),
    }
}

fn invalid(run: Run, index: usize) -> Option<&'static str> {
    matches!(run.remark(index), Some(Remark::Error(_))).then_some("true")
}

/// A line of text. Numbers too: a number field of the browser would hide what it cannot read.
#[component]
fn Line(
    run: Run,
    index: usize,
    id: String,
    described: String,
    mode: &'static str,
    #[prop(optional)] numeric: bool,
    #[prop(optional)] date: bool,
) -> impl IntoView {
    // The browser's date field shows nothing for a date with a time: then it is a line of text.
    let plain_date = memo(move || date && matches!(run.text(index).len(), 0 | 10));
    view! {
        <input
            class="input"
            class:num=numeric
            id=id
            type=move || if plain_date.get() { "date" } else { "text" }
            inputmode=mode
            autocomplete="off"
            spellcheck="false"
            aria-describedby=described
            aria-invalid=move || invalid(run, index)
            prop:value=move || run.text(index)
            on:input=move |event| run.set_text(index, event_target_value(&event))
            on:blur=move |_| run.touch(index)
        />
    }
}

const OTHER: &str = "other";
const EMPTY: &str = "empty";

/// A choice among known values; *other…* opens a line of text.
#[component]
fn Choice(
    run: Run,
    index: usize,
    id: String,
    described: String,
    values: Vec<String>,
    nullable: bool,
    #[prop(optional)] other: bool,
) -> impl IntoView {
    let values = StoredValue::new(values);
    let asked_other = RwSignal::new(false);
    let number = memo(move || {
        let text = run.text(index);
        values.with_value(|values| values.iter().position(|value| *value == text))
    });
    let is_other = memo(move || {
        other && number.get().is_none() && (asked_other.get() || !run.text(index).is_empty())
    });
    let chosen = Signal::derive(move || match number.get() {
        Some(number) => number.to_string(),
        None if is_other.get() => OTHER.to_owned(),
        None => EMPTY.to_owned(),
    });
    let options = values
        .get_value()
        .into_iter()
        .enumerate()
        .map(|(number, value)| view! { <option value=number.to_string()>{value}</option> })
        .collect_view();
    let pick = move |event| {
        let picked = event_target_value(&event);
        asked_other.set(picked == OTHER);
        let value = picked
            .parse::<usize>()
            .ok()
            .and_then(|number| values.with_value(|values| values.get(number).cloned()));
        run.set_text(index, value.unwrap_or_default());
    };
    let line_id = format!("{id}-other");
    let line_described = described.clone();
    view! {
        <div class="try-choice">
            <select
                class="input"
                id=id
                aria-describedby=described
                aria-invalid=move || invalid(run, index)
                prop:value=chosen
                on:change=pick
                on:blur=move |_| run.touch(index)
            >
                <option value=EMPTY>{if nullable { "(empty)" } else { "Choose…" }}</option>
                {options}
                {other.then(|| view! { <option value=OTHER>"Other…"</option> })}
            </select>
            <Show when=move || is_other.get()>
                <input
                    class="input"
                    id=line_id.clone()
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    aria-label="Other value"
                    aria-describedby=line_described.clone()
                    prop:value=move || run.text(index)
                    on:input=move |event| {
                        asked_other.set(true);
                        run.set_text(index, event_target_value(&event));
                    }
                />
            </Show>
        </div>
    }
}
