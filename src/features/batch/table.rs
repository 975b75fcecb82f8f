//! The page with a table: bars above, the grid, and what there is to say about its active cell.

use super::bar::{Lose, SourceBar};
use super::columns::Columns;
use super::findings::FindingsBar;
use super::goto::GoTo;
use super::score::ScoreBar;
use super::state::{Sheet, use_sheet};
use crate::sheet::Grid;
use crate::ui::live::{effect, live, view};
use crate::ui::number::{counted, grouped};
use leptos::html;
use leptos::prelude::*;
use std::time::Duration;
use web_sys::HtmlElement;

/// With a table.
#[component]
pub fn Table() -> impl IntoView {
    view! {
        <div class="batch-table">
            <SourceBar/>
            <ScoreBar/>
            <FindingsBar/>
            <GridHost/>
            <StatusLine/>
        </div>
        <Columns/>
        <GoTo/>
        <Lose/>
    }
}

/// Where the grid is put; it is no view of Leptos.
#[component]
fn GridHost() -> impl IntoView {
    let sheet = use_sheet();
    let host = NodeRef::<html::Div>::new();
    let alive = StoredValue::new(());
    effect(move || {
        let Some(host) = host.get() else {
            return;
        };
        // In a task of its own, so that neither it nor the bars keep the page waiting for long.
        set_timeout(
            move || {
                if alive.try_get_value().is_some() {
                    make(sheet, &host);
                }
            },
            Duration::ZERO,
        );
    });
    on_cleanup(move || sheet.set_grid(None));
    view! { <div node_ref=host class="batch-grid"></div> }
}

fn make(sheet: Sheet, host: &HtmlElement) {
    let inputs = sheet.start().schema.inputs;
    let categories = inputs.into_iter().map(|input| input.categories).collect();
    let grid = Grid::new(host, "Rows", categories, move |wish| sheet.wish(wish));
    sheet.set_grid(grid);
    // A table that was just opened is what the person wants to work in.
    sheet.with_grid(Grid::focus);
}

/// The active cell's address, its text and what there is to say about it.
#[component]
fn StatusLine() -> impl IntoView {
    let sheet = use_sheet();
    let address = move || sheet.active.read().address.clone();
    let words = move || {
        let active = sheet.active.read();
        let text: String = active.text.chars().take(200).collect();
        if active.words.is_empty() {
            view! { <span class="batch-text">{text}</span> }.into_any()
        } else {
            let class = if active.error {
                "batch-words tone-bad"
            } else {
                "batch-words tone-warning"
            };
            view! {
                <span class="batch-text">{text}</span>
                <span class=class>
                    {if active.error { "To fix: " } else { "" }}
                    {active.words.clone()}
                </span>
            }
            .into_any()
        }
    };
    let size = move || {
        let (rows, columns) = sheet.active.read().selected;
        if rows <= 1 && columns <= 1 {
            return String::new();
        }
        format!(
            "{} × {} selected",
            counted(u64::from(rows), "row", "rows"),
            counted(u64::from(columns), "column", "columns")
        )
    };
    let shown = move || {
        let facts = sheet.facts.read();
        if facts.shown == facts.rows {
            String::new()
        } else {
            format!(
                "{} of {} rows shown",
                grouped(u64::from(facts.shown)),
                grouped(u64::from(facts.rows))
            )
        }
    };
    view! {
        <div class="batch-status">
            <span class="batch-address mono">{address}</span>
            <span class="batch-said" id="sheet-words">{live(words)}</span>
            <span class="muted">{size}</span>
            <span class="muted">{shown}</span>
            <span class="muted batch-keys">"F2 edits · F8 next to fix · Esc, Tab leaves"</span>
        </div>
    }
}
