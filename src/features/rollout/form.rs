//! What is asked of a rollout: the version, the share of calls, whether the others are compared. In
//! words below it, what that does to calls.

use super::Stand;
use super::model::{Draft, in_words};
use crate::client;
use crate::ui::act::Act;
use crate::ui::focus::catch_focus;
use crate::ui::live::{live, memo, view};
use crate::ui::{Button, ButtonKind, Field, FieldIds, Switch};
use leptos::ev;
use leptos::prelude::*;

/// Starts a rollout.
#[component]
pub fn StartForm(stand: Stand, current: u32, versions: Vec<u32>) -> impl IntoView {
    let draft = RwSignal::new(Draft::new(versions.first().copied()));
    let act = Act::new();
    let blocked = memo(move || match draft.read().read() {
        Ok(_) => String::new(),
        Err(problem) => problem.in_words().to_owned(),
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Ok(body) = draft.read_untracked().read() else {
            return;
        };
        let place = stand.place.get_value();
        let call = async move { client::rollout::start(&place, &body).await };
        act.run(call, move |rollout| {
            stand.outside.outdated();
            stand.put(Some(rollout));
            catch_focus("#rollout-title");
        });
    };
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    let options = versions
        .into_iter()
        .map(|number| view! { <option value=number.to_string()>{format!("Version {number}")}</option> })
        .collect_view();
    view! {
        <form class="card rollout-form" novalidate=true on:submit=submit>
            <p class="muted">
                {format!("The endpoint serves version {current} and goes on doing so. Its own models are kept on both sides.")}
            </p>
            <Field ids=ids label="Version to try">
                <select
                    class="input"
                    id=id
                    aria-describedby=described
                    on:change=move |event| draft.update(|draft| draft.version = event_target_value(&event))
                >
                    {options}
                </select>
            </Field>
            <ShareFields draft=draft current=current/>
            {act.error()}
            <div class="row">
                <Button kind=ButtonKind::Primary submit=true busy=act.busy blocked=blocked>"Start"</Button>
            </div>
        </form>
    }
}

/// The share and the comparing, with what they do in words.
#[component]
pub fn ShareFields(draft: RwSignal<Draft>, current: u32) -> impl IntoView {
    let ids = FieldIds::new();
    let described = ids.described_by();
    let error = memo(move || match draft.read().read() {
        Err(problem) => problem.in_words().to_owned(),
        Ok(_) => String::new(),
    });
    let words = move || match draft.read().read() {
        Ok(wanted) => in_words(&wanted, current),
        Err(_) => String::new(),
    };
    let typed = move |event| {
        let text = event_target_value(&event);
        draft.update(|draft| draft.share = text);
    };
    view! {
        <fieldset class="limit" aria-describedby=described>
            <legend class="field-label">"Of 100 calls, how many it answers"</legend>
            <div class="limit-range">
                <input
                    type="range"
                    min="0"
                    max="100"
                    aria-label="Share of calls, slider"
                    prop:value=move || draft.read().slider().to_string()
                    on:input=typed
                />
                <input
                    class="input num"
                    type="number"
                    inputmode="numeric"
                    min="0"
                    max="100"
                    step="1"
                    aria-label="Share of calls"
                    aria-invalid=move || (!error.read().is_empty()).then_some("true")
                    prop:value=move || draft.read().share.clone()
                    on:input=typed
                />
            </div>
        </fieldset>
        <Switch
            label="Compare the other calls too"
            hint="They are scored by the tried version as well, without effect on the caller."
            checked=Signal::derive(move || draft.read().shadow)
            on_change=Callback::new(move |wanted| draft.update(|draft| draft.shadow = wanted))
        />
        <p class="rollout-words" id=ids.hint aria-live="polite">{live(words)}</p>
        <p class="field-error" id=ids.error aria-live="polite">{move || error.get()}</p>
    }
}
