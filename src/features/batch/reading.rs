//! How a table was read: in a line, with ways to read it otherwise, and all that is remarkable.

use super::model::{delimiter_word, reading_in_words, remarks_in_words};
use super::remarks::{Differences, Remarks};
use super::state::{Sheet, use_sheet};
use crate::ui::choice::Show;
use crate::ui::live::{live, view};
use crate::ui::number::grouped;
use crate::ui::{Badge, Field, FieldIds, Tone};
use leptos::prelude::*;
use portico_tabular::protocol::{How, SourceFacts};

/// Encodings that are offered beside the one that was found.
const ENCODINGS: [&str; 8] = [
    "utf-8",
    "windows-1252",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "shift_jis",
    "gb18030",
];
/// Delimiters that are offered beside the one that was found.
const DELIMITERS: [char; 5] = [',', ';', '\t', '|', ' '];
/// Rows that are offered as the header's.
const HEADERS: u32 = 10;

/// How the table was read.
#[component]
pub fn HowRead() -> impl IntoView {
    let sheet = use_sheet();
    let source = Memo::new(move |_| sheet.facts.read().source.clone().unwrap_or_default());
    let line = move || reading_in_words(&source.read());
    let remarks = move || remarks_in_words(&source.read());
    let open = RwSignal::new(false);
    view! {
        <details
            class="batch-how"
            on:toggle=move |event| {
                open.set(event_target::<web_sys::Element>(&event).has_attribute("open"));
            }
        >
            <summary>
                <span>{line}</span>
                {live(move || {
                    let remarks = remarks();
                    (!remarks.is_empty()).then(|| view! { <Badge tone=Tone::Info text=remarks/> })
                })}
            </summary>
            <Show when=move || open.get()>
                <div class="batch-how-body">
                    <Selects sheet=sheet source=source/>
                    {live(move || view! { <Remarks list=source.read().diagnostics.clone()/> })}
                    {live(move || view! { <Differences list=source.read().differences.clone()/> })}
                </div>
            </Show>
        </details>
    }
}

type Options = Vec<(String, String)>;

/// A choice in one line. It stays while its options change, and so does the focus on it.
#[component]
fn Choice(
    label: &'static str,
    /// The chosen value; none: there is nothing to choose.
    chosen: Memo<Option<String>>,
    options: Memo<Options>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let there = Memo::new(move |_| chosen.read().is_some());
    view! {
        <Show when=move || there.get()>
            <ChoiceField label=label chosen=chosen options=options on_choose=on_choose/>
        </Show>
    }
}

#[component]
fn ChoiceField(
    label: &'static str,
    chosen: Memo<Option<String>>,
    options: Memo<Options>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let id = ids.input.clone();
    let list = move || {
        let chosen = chosen.get();
        options
            .get()
            .into_iter()
            .map(|(value, text)| {
                let selected = Some(&value) == chosen.as_ref();
                view! { <option value=value selected=selected>{text}</option> }
            })
            .collect_view()
    };
    view! {
        <Field ids=ids label=label>
            <select class="input" id=id on:change=move |event| on_choose.run(event_target_value(&event))>
                {live(list)}
            </select>
        </Field>
    }
}

#[component]
fn Selects(sheet: Sheet, source: Memo<SourceFacts>) -> impl IntoView {
    let chosen = |of: fn(&SourceFacts) -> Option<String>| Memo::new(move |_| of(&source.read()));
    let options = |of: fn(&SourceFacts) -> Options| Memo::new(move |_| of(&source.read()));
    let choose = |change: fn(&mut How, String)| {
        Callback::new(move |value: String| sheet.reread(|how| change(how, value)))
    };
    view! {
        <div class="batch-selects">
            <Choice
                label="Sheet"
                chosen=chosen(|source| {
                    let sheet = source.sheet.unwrap_or_default();
                    (source.sheets.len() > 1).then(|| sheet.to_string())
                })
                options=options(sheets)
                on_choose=choose(|how, value| {
                    how.sheet = value.parse().ok();
                    // Another sheet has its header elsewhere.
                    how.header = None;
                })
            />
            <Choice
                label="Encoding"
                chosen=chosen(|source| Some(source.encoding.as_ref()?.to_ascii_lowercase()))
                options=options(encodings)
                on_choose=choose(|how, value| how.encoding = Some(value))
            />
            <Choice
                label="Delimiter"
                chosen=chosen(|source| Some(source.delimiter?.to_string()))
                options=options(delimiters)
                on_choose=choose(|how, value| how.delimiter = value.chars().next())
            />
            <Choice
                label="Header"
                chosen=chosen(|source| {
                    (source.kind != "samples").then(|| source.header.unwrap_or_default().to_string())
                })
                options=options(headers)
                on_choose=choose(|how, value| how.header = value.parse().ok())
            />
        </div>
    }
}

fn sheets(source: &SourceFacts) -> Options {
    let numbered = source.sheets.iter().enumerate();
    numbered
        .map(|(index, name)| (index.to_string(), name.clone()))
        .collect()
}

fn encodings(source: &SourceFacts) -> Options {
    let mut labels: Vec<String> = ENCODINGS.into_iter().map(str::to_owned).collect();
    let found = source.encoding.as_deref().unwrap_or_default();
    let found = found.to_ascii_lowercase();
    if !labels.contains(&found) {
        labels.insert(0, found);
    }
    labels
        .into_iter()
        .map(|label| (label.clone(), label))
        .collect()
}

fn delimiters(source: &SourceFacts) -> Options {
    let mut all = DELIMITERS.to_vec();
    if let Some(found) = source.delimiter
        && !all.contains(&found)
    {
        all.insert(0, found);
    }
    all.into_iter()
        .map(|delimiter| (delimiter.to_string(), delimiter_word(delimiter)))
        .collect()
}

fn headers(source: &SourceFacts) -> Options {
    let last = HEADERS.max(source.header.unwrap_or_default());
    let mut options = vec![("0".to_owned(), "no header".to_owned())];
    options.extend((1..=last).map(|row| {
        let text = format!("row {}", grouped(u64::from(row)));
        (row.to_string(), text)
    }));
    options
}
