//! The bar over a table: what it is, how it was read, and what can be done with all of it.

use super::empty::{ChooseFile, ReadProgress};
use super::model::columns_in_words;
use super::reading::HowRead;
use super::state::{Losing, use_sheet};
use crate::ui::choice::Show;
use crate::ui::live::{effect, view};
use crate::ui::number::counted;
use crate::ui::{Button, Confirm};
use leptos::prelude::*;

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
                <Button on_click=Callback::new(move |_| sheet.leave())>"Close"</Button>
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
                on_click=Callback::new(move |_| sheet.undo())
            >
                "Undo"
            </Button>
        </span>
        <span title=title(redo)>
            <Button
                blocked=blocked(redo, "There is nothing to redo")
                on_click=Callback::new(move |_| sheet.redo())
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

/// Asks before edits or predictions are lost.
#[component]
pub fn Lose() -> impl IntoView {
    let sheet = use_sheet();
    let open = RwSignal::new(false);
    effect(move || {
        if sheet.losing.read().is_some() {
            open.set(true);
        }
    });
    effect(move || {
        if !open.get() && sheet.losing.with_untracked(Option::is_some) {
            sheet.losing.set(None);
        }
    });
    let next = Memo::new(move |_| sheet.losing.get() == Some(Losing::ByNext));
    let title = move || {
        if next.get() {
            "Open another table?".to_owned()
        } else {
            "Close this table?".to_owned()
        }
    };
    let action = move || {
        if next.get() {
            "Open without saving".to_owned()
        } else {
            "Close without saving".to_owned()
        }
    };
    view! {
        <Confirm
            open=open
            title=Signal::derive(title)
            action=Signal::derive(action)
            on_confirm=Callback::new(move |()| {
                sheet.lose();
                open.set(false);
            })
        >
            <p>"This table holds edits or predictions that no file has. Download it first to keep them."</p>
        </Confirm>
    }
}
