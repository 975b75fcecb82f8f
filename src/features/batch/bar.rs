//! The bar over a table: what it is, how it was read, and what can be done with all of it.

use super::empty::{ChooseFile, ReadProgress};
use super::model::columns_in_words;
use super::reading::HowRead;
use super::state::use_sheet;
use crate::ui::choice::Show;
use crate::ui::live::view;
use crate::ui::number::counted;
use crate::ui::{Button, Confirm};
use leptos::prelude::*;
use portico_tabular::protocol::Request;

/// The bar.
#[component]
pub fn SourceBar() -> impl IntoView {
    let sheet = use_sheet();
    let name = Memo::new(move |_| {
        let facts = sheet.facts.read();
        let source = facts.source.as_ref();
        source.map(|source| source.name.clone()).unwrap_or_default()
    });
    let size = move || {
        let facts = sheet.facts.read();
        format!(
            "{} × {}",
            counted(u64::from(facts.rows), "row", "rows"),
            counted(
                u64::try_from(facts.columns.len()).unwrap_or(u64::MAX),
                "column",
                "columns"
            )
        )
    };
    let reading = Memo::new(move |_| sheet.facts.read().reading.is_some());
    view! {
        <div class="batch-bar">
            <div class="batch-source">
                <h2 class="batch-name">{move || name.get()}</h2>
                <span class="muted">{size}</span>
            </div>
            <div class="row batch-acts">
                <History/>
                <ColumnsButton/>
                <ChooseFile label="Open another"/>
                <CloseButton/>
            </div>
        </div>
        <Show when=move || reading.get()>
            <div class="row batch-reading">
                <ReadProgress/>
                <Button on_click=Callback::new(move |_| sheet.close())>"Cancel"</Button>
            </div>
        </Show>
        <HowRead/>
    }
}

/// *Undo* and *Redo*, each saying what it is about.
#[component]
fn History() -> impl IntoView {
    let sheet = use_sheet();
    let undo = Memo::new(move |_| sheet.facts.read().undo.clone());
    let redo = Memo::new(move |_| sheet.facts.read().redo.clone());
    let blocked = |words: Memo<Option<String>>, none: &'static str| {
        Signal::derive(move || {
            if words.read().is_none() {
                none.to_owned()
            } else {
                String::new()
            }
        })
    };
    let title = |words: Memo<Option<String>>| move || words.get();
    view! {
        <span title=title(undo)>
            <Button
                blocked=blocked(undo, "There is nothing to undo")
                on_click=Callback::new(move |_| sheet.ask(&Request::Undo))
            >
                "Undo"
            </Button>
        </span>
        <span title=title(redo)>
            <Button
                blocked=blocked(redo, "There is nothing to redo")
                on_click=Callback::new(move |_| sheet.ask(&Request::Redo))
            >
                "Redo"
            </Button>
        </span>
    }
}

/// Opens the columns; says what there is to decide.
#[component]
fn ColumnsButton() -> impl IntoView {
    let sheet = use_sheet();
    let words = Memo::new(move |_| columns_in_words(&sheet.facts.read()));
    view! {
        <Button on_click=Callback::new(move |_| sheet.columns_open.set(true))>
            "Columns"
            {move || {
                let words = words.get();
                (!words.is_empty()).then(|| view! { <span class="badge tone-warning batch-count">{words}</span> })
            }}
        </Button>
    }
}

/// Lets go of the table; asks first where something would be lost.
#[component]
fn CloseButton() -> impl IntoView {
    let sheet = use_sheet();
    let asking = RwSignal::new(false);
    let close = move |_| {
        let lost = sheet
            .facts
            .with_untracked(|facts| facts.unsaved || facts.run.running);
        if lost {
            asking.set(true);
        } else {
            sheet.close();
        }
    };
    view! {
        <Button on_click=Callback::new(close)>"Close"</Button>
        <Confirm
            open=asking
            title=Signal::stored("Close this table?".to_owned())
            action=Signal::stored("Close without saving".to_owned())
            on_confirm=Callback::new(move |()| {
                asking.set(false);
                sheet.close();
            })
        >
            <p>"It holds edits or predictions that no file has. Download it first to keep them."</p>
        </Confirm>
    }
}
