//! What the page shows before there is a table: where rows can be put, and what the model wants.

use super::model::whole;
use super::state::{Making, Sheet, use_sheet};
use crate::features::consume::model::{type_word, values_in_words};
use crate::ui::live::{live, view};
use crate::ui::number::{bytes, counted};
use crate::ui::{Button, TableFrame};
use leptos::html;
use leptos::prelude::*;
use portico_api::schema::InputColumn;

/// Before there is a table.
#[component]
pub fn Empty() -> impl IntoView {
    let sheet = use_sheet();
    let opening = Memo::new(move |_| sheet.opening.get().is_some());
    view! {
        {live(move || {
            if opening.get() {
                view! { <Opening/> }
            } else {
                view! { <DropArea/> }
            }
        })}
        <Wanted/>
    }
}

/// A button that lets a person choose a file.
#[component]
pub fn ChooseFile(
    /// What the button says.
    label: &'static str,
    /// Whether it is the one thing to do.
    #[prop(optional)]
    primary: bool,
) -> impl IntoView {
    let sheet = use_sheet();
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let file = input.files().and_then(|files| files.get(0));
        // So that the same file can be chosen again.
        input.set_value("");
        if let Some(file) = file {
            sheet.open(&file);
        }
    };
    let kind = if primary {
        crate::ui::ButtonKind::Primary
    } else {
        crate::ui::ButtonKind::Plain
    };
    view! {
        <input
            node_ref=input
            type="file"
            class="batch-file"
            aria-label="File with rows"
            tabindex="-1"
            hidden=true
            accept=".csv,.tsv,.txt,.xlsx,.xlsm,.gz,text/csv,text/tab-separated-values"
            on:change=chosen
        />
        <Button kind=kind on_click=Callback::new(choose)>{label}</Button>
    }
}

#[component]
fn DropArea() -> impl IntoView {
    let sheet = use_sheet();
    let no_samples = if sheet.start().samples.is_empty() {
        "This version shows no sample rows"
    } else {
        ""
    };
    view! {
        <section class="batch-drop" aria-labelledby="batch-drop-title">
            <h2 id="batch-drop-title" tabindex="-1">"Paste rows, or drop a file"</h2>
            <p class="batch-drop-text">
                "Copy rows in Excel, Sheets or LibreOffice and press " <kbd>"Ctrl"</kbd> " " <kbd>"V"</kbd>
                " here, or drop a CSV or XLSX file. Everything is read and checked in this browser; nothing is sent before you press "
                <em>"Score"</em> "."
            </p>
            <div class="row">
                <ChooseFile label="Choose file" primary=true/>
                <TemplateButton sheet=sheet/>
                <Button
                    blocked=Signal::stored(no_samples.to_owned())
                    on_click=Callback::new(move |_| sheet.samples())
                >
                    "Use sample rows"
                </Button>
            </div>
        </section>
    }
}

/// A button that makes an empty workbook of the endpoint.
#[component]
pub fn TemplateButton(sheet: Sheet) -> impl IntoView {
    view! {
        <Button
            busy=Signal::derive(move || sheet.making.get() == Some(Making::Template))
            on_click=Callback::new(move |_| sheet.make(Making::Template))
        >
            "Download template"
        </Button>
    }
}

/// While a file is opened and nothing of it is there yet.
#[component]
fn Opening() -> impl IntoView {
    let sheet = use_sheet();
    let name = move || sheet.opening.get().unwrap_or_default();
    view! {
        <section class="batch-drop" aria-label="Opening" aria-busy="true">
            <h2>{move || format!("Opening {}", name())}</h2>
            <ReadProgress/>
            <div class="row">
                <Button on_click=Callback::new(move |_| sheet.close())>"Cancel"</Button>
            </div>
        </section>
    }
}

/// How much of a file is read.
#[component]
pub fn ReadProgress() -> impl IntoView {
    let sheet = use_sheet();
    let reading = Memo::new(move |_| sheet.facts.read().reading);
    let words = move || match reading.get() {
        // How many rows a workbook has is known at its end alone.
        Some((read, all)) if all <= 0.0 => {
            format!("{} read", counted(whole(read), "row", "rows"))
        }
        Some((read, all)) => format!("{} of {} read", bytes(whole(read)), bytes(whole(all))),
        None => "Reading".to_owned(),
    };
    view! {
        <div class="batch-progress">
            <progress
                aria-label="Reading"
                max="1"
                value=move || {
                    let (read, all) = reading.get().filter(|(_, all)| *all > 0.0)?;
                    Some((read / all).to_string())
                }
            ></progress>
            <span class="muted">{words}</span>
        </div>
    }
}

/// The columns that the model wants.
#[component]
fn Wanted() -> impl IntoView {
    let inputs = use_sheet().start().schema.inputs;
    let foot = counted(
        u64::try_from(inputs.len()).unwrap_or(u64::MAX),
        "column",
        "columns",
    );
    view! {
        <section class="section batch-wanted" aria-labelledby="batch-wanted-title">
            <h2 class="section-title" id="batch-wanted-title">"Columns that the model wants"</h2>
            <TableFrame label="Input columns" footer=foot>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col">"Type"</th>
                        <th scope="col" class="wide">"Seen in training"</th>
                        <th scope="col">"May be empty"</th>
                    </tr>
                </thead>
                <tbody>{inputs.into_iter().map(|column| view! { <WantedRow column=column/> }).collect_view()}</tbody>
            </TableFrame>
        </section>
    }
}

#[component]
fn WantedRow(column: InputColumn) -> impl IntoView {
    let values = values_in_words(&column);
    view! {
        <tr>
            <th scope="row" class="mono" title=column.description>{column.name}</th>
            <td>{type_word(column.column_type)}</td>
            <td class="wide muted">{values}</td>
            <td>{if column.nullable { "yes" } else { "no" }}</td>
        </tr>
    }
}
