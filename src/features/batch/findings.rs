//! What there is to fix: how much, the next one, and the list.

use super::model::findings_in_words;
use super::state::{LISTED, Sheet, use_sheet};
use crate::ui::choice::Show;
use crate::ui::live::{live, view};
use crate::ui::number::grouped;
use crate::ui::{Badge, Button, Tone};
use leptos::prelude::*;
use portico_tabular::protocol::{Request, Spot, View};

/// The bar of findings.
#[component]
pub fn FindingsBar() -> impl IntoView {
    let sheet = use_sheet();
    let words = Memo::new(move |_| findings_in_words(&sheet.facts.read()));
    let tone = Memo::new(move |_| {
        let facts = sheet.facts.read();
        match (facts.errors, facts.marks) {
            (0, 0) if facts.checked < facts.rows => "tone-neutral",
            (0, 0) => "tone-good",
            (0, _) => "tone-warning",
            _ => "tone-bad",
        }
    });
    let any = Memo::new(move |_| {
        let facts = sheet.facts.read();
        facts.errors > 0 || facts.marks > 0
    });
    let none = Signal::derive(move || {
        if any.get() {
            String::new()
        } else {
            "There is nothing to fix".to_owned()
        }
    });
    let listed = Memo::new(move |_| sheet.findings.read().is_some());
    view! {
        <div class="batch-findings">
            <span class=move || format!("badge {}", tone.get())>
                <span class="badge-dot" aria-hidden="true"></span>
                {move || words.get()}
            </span>
            <div class="row batch-acts">
                <span title="Shift+F8">
                    <Button blocked=none on_click=Callback::new(move |_| sheet.find(true))>"Previous"</Button>
                </span>
                <span title="F8">
                    <Button blocked=none on_click=Callback::new(move |_| sheet.find(false))>"Next"</Button>
                </span>
                <Views sheet=sheet/>
                <button
                    type="button"
                    class="button"
                    aria-expanded=move || if listed.get() { "true" } else { "false" }
                    aria-controls="batch-list"
                    on:click=move |_| sheet.list_findings(!listed.get_untracked())
                >
                    "List"
                </button>
            </div>
        </div>
        <div id="batch-list">
            <Show when=move || listed.get()>
                <List sheet=sheet/>
            </Show>
        </div>
    }
}

/// Which rows are shown.
#[component]
fn Views(sheet: Sheet) -> impl IntoView {
    let view = Memo::new(move |_| sheet.facts.read().view);
    let failed = Memo::new(move |_| sheet.facts.read().run.failed > 0);
    let toggle = move |of: View| {
        let label = match of {
            View::All => "All rows",
            View::Findings => "Show only rows to fix",
            View::Failed => "Show only failed rows",
        };
        let choose = move |_| {
            let wanted = if view.get_untracked() == of {
                View::All
            } else {
                of
            };
            sheet.ask(&Request::Filter { view: wanted });
        };
        view! {
            <button
                type="button"
                class="button batch-toggle"
                aria-pressed=move || if view.get() == of { "true" } else { "false" }
                on:click=choose
            >
                {label}
            </button>
        }
    };
    view! {
        {toggle(View::Findings)}
        <Show when=move || failed.get() || view.get() == View::Failed>{toggle(View::Failed)}</Show>
    }
}

#[component]
fn List(sheet: Sheet) -> impl IntoView {
    let count = move || {
        let facts = sheet.facts.read();
        let all = facts.errors.saturating_add(facts.marks);
        let listed = sheet.findings.read().as_ref().map_or(0, Vec::len);
        (all > u64::from(LISTED) && listed > 0).then(|| {
            view! {
                <p class="table-foot">
                    {format!("The first {} of {}", grouped(u64::from(LISTED)), grouped(all))}
                </p>
            }
        })
    };
    let items = move || {
        let list = sheet.findings.get().unwrap_or_default();
        if list.is_empty() {
            return view! { <li class="table-foot">"There is nothing to fix."</li> }.into_any();
        }
        list.into_iter()
            .map(|spot| view! { <Entry sheet=sheet spot=spot/> })
            .collect_view()
            .into_any()
    };
    view! {
        <div class="batch-list table-frame" role="region" aria-label="Cells to look at" tabindex="0">
            <ul>{live(items)}</ul>
            {live(count)}
        </div>
    }
}

#[component]
fn Entry(sheet: Sheet, spot: Spot) -> impl IntoView {
    let (tone, word) = if spot.finding.error {
        (Tone::Bad, "to fix")
    } else {
        (Tone::Warning, "unusual")
    };
    let text: String = spot.text.chars().take(60).collect();
    let text = if text.is_empty() {
        "empty".to_owned()
    } else {
        text
    };
    let go = spot.clone();
    view! {
        <li>
            <button type="button" class="batch-entry" on:click=move |_| sheet.go_to_spot(go.clone())>
                <span class="mono batch-entry-at">{spot.address}</span>
                <span class="batch-entry-text">{text}</span>
                <span class="batch-entry-words">{spot.finding.words}</span>
                <Badge tone=tone text=word/>
            </button>
        </li>
    }
}
