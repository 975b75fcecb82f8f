//! Scoring: the one button with its exact counts, how far it is, what came of it, and the files.

use super::focus::keep_focus;
use super::model::{pace_in_words, progress, run_in_words, score_button};
use super::state::{Making, Sheet, use_sheet};
use crate::ui::choice::Show;
use crate::ui::live::{effect, view};
use crate::ui::{Button, ButtonKind, FieldIds, Glyph};
use leptos::prelude::*;
use portico_tabular::protocol::{Format, Policy, Request};

/// The bar that scores.
#[component]
pub fn ScoreBar() -> impl IntoView {
    let sheet = use_sheet();
    let running = Memo::new(move |_| sheet.facts.read().run.running);
    // The button that was pressed goes with the state that it was for.
    let mut before = running.get_untracked();
    effect(move || {
        let now = running.get();
        if before != now {
            before = now;
            keep_focus(".batch-score");
        }
    });
    view! {
        <section class="batch-score" aria-label="Scoring" tabindex="-1">
            <Show when=move || running.get() fallback=move || view! { <Ready sheet=sheet/> }>
                <Running sheet=sheet/>
            </Show>
            <Downloads sheet=sheet/>
        </section>
    }
}

/// While nothing runs.
#[component]
fn Ready(sheet: Sheet) -> impl IntoView {
    let button = Memo::new(move |_| {
        score_button(
            &sheet.facts.read(),
            sheet.policy.get(),
            sheet.complete.get(),
        )
    });
    let bad = Memo::new(move |_| sheet.facts.read().barred > 0);
    let begun = Memo::new(move |_| {
        let facts = sheet.facts.read();
        let (done, _) = progress(&facts.run);
        done > 0
    });
    let summary = move || run_in_words(&sheet.facts.read().run);
    let blocked = Signal::derive(move || button.read().blocked.clone());
    let words = Memo::new(move |_| sheet.facts.read().run.words.clone());
    let score = move |_| {
        sheet.ask(&Request::Score {
            policy: sheet.policy.get_untracked(),
        });
    };
    view! {
        <div class="batch-ready">
            <Button kind=ButtonKind::Primary glyph=Glyph::Play blocked=blocked on_click=Callback::new(score)>
                {move || button.read().label.clone()}
            </Button>
            <Show when=move || bad.get()>
                <PolicyChoice sheet=sheet/>
            </Show>
            {move || {
                let blocked = blocked.get();
                (!blocked.is_empty()).then(|| view! { <span class="muted" aria-hidden="true">{blocked}</span> })
            }}
            <Show when=move || begun.get()>
                <span class="batch-summary">{summary}</span>
            </Show>
            {move || {
                let words = words.get();
                (!words.is_empty()).then(|| view! { <p class="batch-run-words">{words}</p> })
            }}
        </div>
    }
}

/// What becomes of rows with errors.
#[component]
fn PolicyChoice(sheet: Sheet) -> impl IntoView {
    let ids = FieldIds::new();
    let options = [
        (Policy::Skip, "skip", "leave them out"),
        (Policy::Block, "block", "fix them first"),
        (Policy::Send, "send", "send them all the same"),
    ];
    let choose = move |event| {
        let value = event_target_value(&event);
        let chosen = options.iter().find(|(_, name, _)| *name == value);
        if let Some((policy, _, _)) = chosen {
            sheet.policy.set(*policy);
        }
    };
    let list = options
        .into_iter()
        .map(|(policy, value, text)| {
            let selected = move || sheet.policy.get() == policy;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect_view();
    view! {
        <span class="batch-policy">
            <label for=ids.input.clone()>"Rows to fix:"</label>
            <select class="input" id=ids.input on:change=choose>{list}</select>
        </span>
    }
}

/// While rows are scored.
#[component]
fn Running(sheet: Sheet) -> impl IntoView {
    let done = move || progress(&sheet.facts.read().run);
    let counts = move || run_in_words(&sheet.facts.read().run);
    let pace = move || pace_in_words(&sheet.facts.read().run);
    let words = Memo::new(move |_| sheet.facts.read().run.words.clone());
    let stopping = RwSignal::new(false);
    let stop = move |_| {
        stopping.set(true);
        sheet.ask(&Request::Stop);
    };
    view! {
        <div class="batch-running">
            <div class="batch-progress">
                <progress
                    aria-label="Rows scored"
                    max=move || done().1.max(1).to_string()
                    prop:value=move || f64::from(done().0)
                ></progress>
                <span>{counts}</span>
                <span class="muted">{pace}</span>
            </div>
            <Button busy=stopping on_click=Callback::new(stop)>"Cancel"</Button>
            <p class="batch-run-words" role="status">{move || words.get()}</p>
        </div>
    }
}

/// The files that can be made of the table.
#[component]
fn Downloads(sheet: Sheet) -> impl IntoView {
    let button = move |format: Format, label: &'static str| {
        let busy = Signal::derive(move || sheet.making.get() == Some(Making::Table(format)));
        let blocked = Signal::derive(move || {
            let facts = sheet.facts.read();
            if facts.reading.is_some() {
                "The table is still being read".to_owned()
            } else if facts.run.running {
                "Rows are still being scored".to_owned()
            } else {
                String::new()
            }
        });
        view! {
            <Button
                busy=busy
                blocked=blocked
                on_click=Callback::new(move |_| sheet.make(Making::Table(format)))
            >
                {label}
            </Button>
        }
    };
    view! {
        <div class="row batch-acts">
            {button(Format::Csv, "Download CSV")}
            {button(Format::Xlsx, "Download XLSX")}
        </div>
    }
}
