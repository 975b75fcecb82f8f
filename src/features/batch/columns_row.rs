//! One input of the model: where its values come from, and how their text is read.

use super::model::{
    input_in_words, reading_of, reading_value, reading_word, source_of, source_value,
};
use super::state::use_sheet;
use crate::features::consume::model::type_word;
use crate::ui::choice::Show;
use crate::ui::live::{live, view};
use crate::ui::{Badge, FieldIds, Tone};
use leptos::prelude::*;
use portico_tabular::mapping::Source;
use portico_tabular::place::letters;
use portico_tabular::protocol::Request;

/// The most columns that are listed before somebody wants to choose.
const LISTED: usize = 400;

/// An input.
#[component]
pub fn InputRow(
    /// Its number in the schema.
    index: usize,
) -> impl IntoView {
    let sheet = use_sheet();
    let input = Memo::new(move |_| sheet.facts.read().inputs.get(index).cloned());
    let get = move || input.get();
    let source = Memo::new(move |_| get().map(|input| input.source).unwrap_or_default());
    let name = move || get().map(|input| input.name).unwrap_or_default();
    let kind = move || get().map_or("", |input| type_word(input.column_type));
    let why = move || get().map(|input| input.why).unwrap_or_default();
    let counts = move || {
        let input = get()?;
        let words = input_in_words(&input);
        let tone = if input.errors > 0 {
            Tone::Bad
        } else {
            Tone::Info
        };
        (!words.is_empty()).then(|| view! { <Badge tone=tone text=words/> })
    };
    let missing = move || {
        (source.get() == Source::Missing)
            .then(|| view! { <Badge tone=Tone::Warning text="no column"/> })
    };
    let map = move |source: Source| {
        sheet.ask(&Request::Map {
            input: index,
            source,
        });
    };
    let ids = FieldIds::new();
    let constant = Memo::new(move |_| matches!(source.get(), Source::Constant(_)));
    let choice =
        Memo::new(move |_| get().is_some_and(|input| input.ambiguous || input.readings.len() > 1));
    view! {
        <div class="batch-input">
            <div class="batch-input-name">
                <label class="mono" for=ids.input.clone()>{name}</label>
                <span class="muted">{kind}</span>
            </div>
            <div class="batch-input-from">
                <SourceSelect id=ids.input source=source on_choose=Callback::new(map)/>
                <Show when=move || constant.get()>
                    <Constant source=source name=Signal::derive(name) on_change=Callback::new(map)/>
                </Show>
                <Show when=move || choice.get()>
                    <ReadingSelect index=index/>
                </Show>
                <p class="field-hint">{why}</p>
            </div>
            <div class="batch-input-state">{live(missing)} {live(counts)}</div>
        </div>
    }
}

/// Nothing, the same text, or one of the table's columns.
#[component]
fn SourceSelect(id: String, source: Memo<Source>, on_choose: Callback<Source>) -> impl IntoView {
    let sheet = use_sheet();
    let names = Memo::new(move |_| {
        let facts = sheet.facts.read();
        let names: Vec<String> = facts.columns.iter().map(|of| of.name.clone()).collect();
        names
    });
    let value = move || source_value(&source.get());
    // A list of thousands for each input is made only where somebody wants to choose.
    let wanted = RwSignal::new(false);
    let options = move || {
        let chosen = value();
        let names = names.get();
        let all = names.len() <= LISTED || wanted.get();
        let columns = names.into_iter().enumerate().filter_map(|(index, name)| {
            let value = format!("column-{index}");
            if !all && value != chosen {
                return None;
            }
            let letters = letters(u32::try_from(index).unwrap_or_default());
            Some((value, format!("{letters} · {name}")))
        });
        [
            ("missing".to_owned(), "nothing".to_owned()),
            ("constant".to_owned(), "the same in every row".to_owned()),
        ]
        .into_iter()
        .chain(columns)
        .map(|(value, text)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect_view()
    };
    let choose = move |event| {
        let text = match source.get_untracked() {
            Source::Constant(text) => text,
            _ => String::new(),
        };
        if let Some(source) = source_of(&event_target_value(&event), &text) {
            on_choose.run(source);
        }
    };
    view! {
        <select
            class="input"
            id=id
            on:change=choose
            on:focus=move |_| wanted.set(true)
            on:pointerdown=move |_| wanted.set(true)
            prop:value=value
        >
            {live(options)}
        </select>
    }
}

/// The text that stands in every row.
#[component]
fn Constant(
    source: Memo<Source>,
    name: Signal<String>,
    on_change: Callback<Source>,
) -> impl IntoView {
    let text = move || match source.get() {
        Source::Constant(text) => text,
        _ => String::new(),
    };
    view! {
        <input
            class="input"
            aria-label=move || format!("The same {} in every row", name.get())
            autocomplete="off"
            prop:value=text
            on:change=move |event| on_change.run(Source::Constant(event_target_value(&event)))
        />
    }
}

/// How the column's text is read, where there is a choice.
#[component]
fn ReadingSelect(index: usize) -> impl IntoView {
    let sheet = use_sheet();
    let input = Memo::new(move |_| {
        let facts = sheet.facts.read();
        let input = facts.inputs.get(index)?;
        Some((
            input.name.clone(),
            input.reading,
            input.readings.clone(),
            input.ambiguous,
        ))
    });
    let body = move || {
        let (name, reading, readings, ambiguous) = input.get()?;
        let options = readings
            .into_iter()
            .map(|of| {
                let selected = of == reading && !ambiguous;
                view! { <option value=reading_value(of) selected=selected>{reading_word(of)}</option> }
            })
            .collect_view();
        let choose = move |event| {
            if let Some(reading) = reading_of(&event_target_value(&event)) {
                sheet.ask(&Request::ReadAs {
                    input: index,
                    reading,
                });
            }
        };
        Some(view! {
            <select
                class="input"
                class:batch-decide=ambiguous
                aria-label=format!("How {name} is read")
                aria-invalid=ambiguous.then_some("true")
                on:change=choose
            >
                {ambiguous.then(|| view! { <option value="" selected=true disabled=true>"choose how it is read"</option> })}
                {options}
            </select>
        })
    };
    live(body)
}
