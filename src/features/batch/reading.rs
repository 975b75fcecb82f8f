//! How a table was read: in a line, with ways to read it otherwise, and all that is remarkable.

use super::model::{delimiter_word, reading_in_words, remarks_in_words};
use super::state::{Sheet, use_sheet};
use crate::ui::choice::Show;
use crate::ui::live::{live, view};
use crate::ui::number::grouped;
use crate::ui::{Badge, Field, FieldIds, TableFrame, Tone};
use leptos::prelude::*;
use portico_tabular::diagnostic::{Diagnostic, Difference, Severity};
use portico_tabular::protocol::SourceFacts;

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
/// The most remarks that are shown.
const SHOWN: usize = 100;

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
                <span>"Read as " {line}</span>
                {live(move || {
                    let remarks = remarks();
                    (!remarks.is_empty()).then(|| view! { <Badge tone=Tone::Info text=remarks/> })
                })}
            </summary>
            <Show when=move || open.get()>
                {live(move || {
                    let source = source.get();
                    view! {
                        <div class="batch-how-body">
                            <Selects sheet=sheet source=source.clone()/>
                            <Remarks list=source.diagnostics/>
                            <Differences list=source.differences/>
                        </div>
                    }
                })}
            </Show>
        </details>
    }
}

/// A choice in one line.
#[component]
fn Choice(
    label: &'static str,
    chosen: String,
    options: Vec<(String, String)>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let id = ids.input.clone();
    let options = options
        .into_iter()
        .map(|(value, text)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect_view();
    view! {
        <Field ids=ids label=label>
            <select class="input" id=id on:change=move |event| on_choose.run(event_target_value(&event))>
                {options}
            </select>
        </Field>
    }
}

#[component]
fn Selects(sheet: Sheet, source: SourceFacts) -> impl IntoView {
    let encoding = source.encoding.map(|found| {
        let mut options: Vec<(String, String)> = ENCODINGS
            .into_iter()
            .map(|label| (label.to_owned(), label.to_owned()))
            .collect();
        let found = found.to_ascii_lowercase();
        if !ENCODINGS.contains(&found.as_str()) {
            options.insert(0, (found.clone(), found.clone()));
        }
        let choose = Callback::new(move |label: String| {
            sheet.reread(|how| how.encoding = Some(label));
        });
        view! { <Choice label="Encoding" chosen=found options=options on_choose=choose/> }
    });
    let delimiter = source.delimiter.map(|found| {
        let mut all = DELIMITERS.to_vec();
        if !all.contains(&found) {
            all.insert(0, found);
        }
        let options = all
            .into_iter()
            .map(|delimiter| (delimiter.to_string(), delimiter_word(delimiter)))
            .collect();
        let choose = Callback::new(move |value: String| {
            sheet.reread(|how| how.delimiter = value.chars().next());
        });
        view! { <Choice label="Delimiter" chosen=found.to_string() options=options on_choose=choose/> }
    });
    let sheets = (source.sheets.len() > 1).then(|| {
        let options = source
            .sheets
            .iter()
            .enumerate()
            .map(|(index, name)| (index.to_string(), name.clone()))
            .collect();
        let chosen = source.sheet.unwrap_or_default().to_string();
        let choose = Callback::new(move |value: String| {
            sheet.reread(|how| {
                how.sheet = value.parse().ok();
                // Another sheet has its header elsewhere.
                how.header = None;
            });
        });
        view! { <Choice label="Sheet" chosen=chosen options=options on_choose=choose/> }
    });
    let header = (source.kind != "samples").then(|| {
        let found = source.header.unwrap_or_default();
        let mut options = vec![("0".to_owned(), "no header".to_owned())];
        options.extend((1..=HEADERS.max(found)).map(|row| {
            let text = format!("row {}", grouped(u64::from(row)));
            (row.to_string(), text)
        }));
        let choose = Callback::new(move |value: String| {
            sheet.reread(|how| how.header = value.parse().ok());
        });
        view! { <Choice label="Header" chosen=found.to_string() options=options on_choose=choose/> }
    });
    view! { <div class="batch-selects">{sheets} {encoding} {delimiter} {header}</div> }
}

#[component]
fn Remarks(list: Vec<Diagnostic>) -> impl IntoView {
    (!list.is_empty()).then(|| {
        let rows = list
            .into_iter()
            .take(SHOWN)
            .map(|remark| {
                let (tone, word) = match remark.severity {
                    Severity::Note => (Tone::Info, "note"),
                    Severity::Warning => (Tone::Warning, "warning"),
                    Severity::Error => (Tone::Bad, "error"),
                };
                view! {
                    <tr>
                        <td><Badge tone=tone text=word/></td>
                        <td class="mono">{remark.address}</td>
                        <td class="num">{grouped(remark.count)}</td>
                        <td class="wide batch-wrap">{remark.detail}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <TableFrame label="What is remarkable">
                <thead>
                    <tr>
                        <th scope="col">"Weight"</th>
                        <th scope="col">"First at"</th>
                        <th scope="col" class="num">"Places"</th>
                        <th scope="col" class="wide">"What"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        }
    })
}

#[component]
fn Differences(list: Vec<Difference>) -> impl IntoView {
    (!list.is_empty()).then(|| {
        let rows = list
            .into_iter()
            .take(SHOWN)
            .map(|one| {
                view! {
                    <tr>
                        <td class="mono">{one.address}</td>
                        <td class="num">{grouped(one.count)}</td>
                        <td class="mono batch-wrap">{one.written}</td>
                        <td class="mono wide batch-wrap">{one.read}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <TableFrame label="Values read otherwise than written">
                <thead>
                    <tr>
                        <th scope="col">"First at"</th>
                        <th scope="col" class="num">"Cells"</th>
                        <th scope="col">"Written"</th>
                        <th scope="col" class="wide">"Read"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        }
    })
}
