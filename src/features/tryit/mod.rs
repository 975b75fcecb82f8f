//! *Test*: a form made from the schema, the same row as JSON, and the answer. Calls go through the
//! signed-in session and need no key.

mod answer;
mod field;
pub mod model;
mod run;

use crate::client::Versioned;
use crate::features::consume::version_of;
use crate::ui::choice::Show;
use crate::ui::live::view;
use crate::ui::{Button, ButtonKind, Field, FieldIds, Glyph, Loaded, Skeleton};
use answer::AnswerView;
use field::CellField;
use leptos::ev;
use leptos::prelude::*;
use portico_api::endpoint::Endpoint;
use portico_api::service::Version;
use run::Run;

/// Tries an endpoint.
#[component]
pub fn TryIt(
    /// The endpoint.
    endpoint: RwSignal<Versioned<Endpoint>>,
) -> impl IntoView {
    let version = version_of(endpoint);
    view! {
        <Loaded resource=version waiting=|| view! { <Skeleton lines=12/> } let:version>
            <Bench endpoint=endpoint version=version/>
        </Loaded>
    }
}

/// Form and answer side by side.
#[component]
fn Bench(endpoint: RwSignal<Versioned<Endpoint>>, version: Version) -> impl IntoView {
    let run = Run::new(endpoint, version);
    on_cleanup(move || run.cancel());
    // Mod+Enter runs from anywhere on the tab.
    let keys = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            run.start();
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <p class="muted try-intro">
            "Calls go through your session and need no key. They count in the endpoint’s usage, and its throttle holds for them too."
        </p>
        <div class="bench">
            <RowForm run=run/>
            <AnswerView run=run/>
        </div>
    }
}

#[component]
fn RowForm(run: Run) -> impl IntoView {
    let fields = (0..run.columns().len())
        .map(|index| view! { <CellField run=run index=index/> })
        .collect_view();
    let no_sample = if run.samples() == 0 {
        "This version shows no sample rows"
    } else {
        ""
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        run.start();
    };
    view! {
        <form class="card try-form" novalidate=true aria-label="Row" on:submit=submit>
            <div class="try-head">
                <h2 class="section-title">"Row"</h2>
                <Button
                    blocked=Signal::stored(no_sample.to_owned())
                    on_click=Callback::new(move |_| run.next_sample())
                >
                    "Use sample row"
                </Button>
            </div>
            <div class="try-fields">{fields}</div>
            <JsonView run=run/>
            <div class="try-foot">
                <Button kind=ButtonKind::Primary glyph=Glyph::Play submit=true busy=run.running>"Run"</Button>
                <Show when=move || run.running.get() fallback=|| view! { <span class="muted try-keys">"Ctrl or ⌘ + Enter"</span> }>
                    <Button on_click=Callback::new(move |_| run.cancel())>"Cancel"</Button>
                </Show>
            </div>
        </form>
    }
}

/// The row as JSON; either side changes the other.
#[component]
fn JsonView(run: Run) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    view! {
        <details class="more">
            <summary>"The row as JSON"</summary>
            <Field ids=ids label="Row as JSON" hint="Changing it changes the fields, and the other way round." error=run.json_error>
                <textarea
                    class="input mono try-json"
                    id=id
                    rows="9"
                    spellcheck="false"
                    aria-describedby=described
                    aria-invalid=move || (!run.json_error.read().is_empty()).then_some("true")
                    prop:value=move || run.json.get()
                    on:input=move |event| run.json_typed(event_target_value(&event))
                ></textarea>
            </Field>
        </details>
    }
}
