//! What is chosen before many endpoints are updated or rolled back.

use super::Book;
use super::model::act_in_words;
use crate::client;
use crate::ui::live::{memo, view};
use crate::ui::number::counted;
use crate::ui::time::absolute;
use crate::ui::{Field, FieldIds};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};
use portico_api::update::{RunAct, StartRun};

/// Chooses the version; the newest at first.
#[component]
pub fn ToVersion(book: Book, wanted: RwSignal<StartRun>) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let numbers = RwSignal::new(Vec::<u32>::new());
    let (ws, svc) = book.ids.get_value();
    spawn_local(async move {
        let query = PageQuery {
            page_size: Some(PAGE_SIZE_MAX),
            page_token: None,
        };
        // Without the list, the newest version can be chosen still.
        if let Ok(page) = client::versions::list(&ws, &svc, &query).await {
            let list = page.items.into_iter().map(|version| version.number);
            numbers.try_set(list.collect());
        }
    });
    let options = move || {
        let numbers = numbers.get();
        let option = |number: u32| view! { <option value=number.to_string()>{format!("Version {number}")}</option> };
        numbers.into_iter().map(option).collect_view()
    };
    let choose = move |event| {
        let chosen = event_target_value(&event).parse().ok();
        wanted.update(|wanted| {
            if let RunAct::Update { version, .. } = &mut wanted.act {
                *version = chosen;
            }
        });
    };
    view! {
        <Field ids=ids label="To version">
            <select class="input" id=id aria-describedby=described on:change=choose>
                <option value="">"The newest"</option>
                {options}
            </select>
        </Field>
    }
}

/// Whether own models stay or give way.
#[component]
pub fn Overwrite(wanted: RwSignal<StartRun>, overwrites: Memo<bool>) -> impl IntoView {
    let set = move |flag| {
        wanted.update(|wanted| {
            if let RunAct::Update { overwrite, .. } = &mut wanted.act {
                *overwrite = flag;
            }
        });
    };
    view! {
        <fieldset class="pick overwrite">
            <legend class="field-label">"Own models of these endpoints"</legend>
            <label class="choice" class:chosen=move || !overwrites.get()>
                <input
                    type="radio"
                    name="overwrite-many"
                    prop:checked=move || !overwrites.get()
                    on:change=move |_| set(false)
                />
                <span class="choice-title">"Keep them"</span>
                <span class="choice-note">"Everything else is taken from the version."</span>
            </label>
            <label class="choice" class:chosen=move || overwrites.get()>
                <input
                    type="radio"
                    name="overwrite-many"
                    prop:checked=move || overwrites.get()
                    on:change=move |_| set(true)
                />
                <span class="choice-title">"Overwrite them"</span>
                <span class="choice-note">"The version’s models take their place, as the list below says. The revisions keep them."</span>
            </label>
        </fieldset>
    }
}

/// Chooses the run that is taken back, or says which one it is.
#[component]
pub fn OfRun(book: Book, wanted: RwSignal<StartRun>) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let current = memo(move || match &wanted.read().act {
        RunAct::Rollback { run } => run.clone(),
        RunAct::Update { .. } => String::new(),
    });
    let options = move || {
        let runs = book.runs.items();
        let runs = runs.read();
        runs.iter()
            .filter(|run| run.changed > 0)
            .map(|run| {
                let words = format!(
                    "{}, {}, {} changed",
                    act_in_words(&run.act),
                    absolute(&run.started_at),
                    counted(run.changed.into(), "endpoint", "endpoints")
                );
                let (value, this) = (run.id.clone(), run.id.clone());
                view! { <option value=value prop:selected=move || *current.read() == this>{words}</option> }
            })
            .collect_view()
    };
    let choose = move |event| {
        let run = event_target_value(&event);
        wanted.update(|wanted| wanted.act = RunAct::Rollback { run });
    };
    view! {
        <Field
            ids=ids
            label="The run that is taken back"
            hint="Endpoints go back to what they were before it, where nothing has changed them since."
        >
            <select class="input" id=id aria-describedby=described on:change=choose>
                <option value="" prop:selected=move || current.read().is_empty()>"Choose a run"</option>
                {options}
            </select>
        </Field>
    }
}
