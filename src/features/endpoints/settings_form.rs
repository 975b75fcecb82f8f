//! The fields of *Configure*.

use super::limit_selector::LimitSelector;
use super::settings::{Setting, Settings, logging_word};
use crate::ui::live::view;
use crate::ui::{Field, FieldIds, Switch};
use leptos::prelude::*;
use portico_api::endpoint::Logging;

/// The id of the element that takes the focus when this setting is wrong.
pub fn element_id(setting: Setting) -> &'static str {
    match setting {
        Setting::Limit => "endpoint-calls",
        Setting::Tags => "endpoint-tags",
        _ => "endpoint-description",
    }
}

fn ids(setting: Setting) -> FieldIds {
    let input = element_id(setting).to_owned();
    FieldIds {
        hint: format!("{input}-hint"),
        error: format!("{input}-error"),
        input,
    }
}

/// Shows the settings and changes the draft.
#[component]
pub fn SettingsForm(
    /// What is being edited.
    draft: RwSignal<Settings>,
    /// What is wrong.
    errors: RwSignal<Vec<(Setting, String)>>,
    /// The most calls at once that the workspace allows.
    cap: u32,
    /// The service's measured time of a call in milliseconds.
    latency_ms: Option<f64>,
    /// Why nothing can be changed; empty when it can.
    blocked: Signal<String>,
) -> impl IntoView {
    let error = move |setting: Setting| {
        Signal::derive(move || {
            let errors = errors.read();
            errors
                .iter()
                .find(|(s, _)| *s == setting)
                .map(|(_, e)| e.clone())
                .unwrap_or_default()
        })
    };
    let change = move |setting: Setting, act: &dyn Fn(&mut Settings)| {
        draft.update(act);
        if !errors.read_untracked().is_empty() {
            errors.update(|errors| errors.retain(|(s, _)| *s != setting));
        }
    };
    let off = Signal::derive(move || !blocked.read().is_empty());
    let toggled = move |setting, set: fn(&mut Settings, bool)| {
        Callback::new(move |on: bool| change(setting, &|settings| set(settings, on)))
    };
    let described = |setting| ids(setting).described_by();
    view! {
        {move || {
            let reason = blocked.get();
            (!reason.is_empty()).then(|| view! { <p class="notice tone-info">{reason} "."</p> })
        }}
        <Field ids=ids(Setting::Description) label="Description" hint="At most 2,000 characters." error=error(Setting::Description)>
            <textarea
                class="input"
                id=element_id(Setting::Description)
                rows="3"
                readonly=off
                aria-describedby=described(Setting::Description)
                prop:value=move || draft.read().description.clone()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    change(Setting::Description, &|settings| settings.description.clone_from(&text));
                }
            ></textarea>
        </Field>
        <LimitSelector
            value=Signal::derive(move || draft.read().limit.clone())
            on_change=Callback::new(move |limit| {
                change(Setting::Limit, &|settings| settings.limit = Clone::clone(&limit));
            })
            cap=cap
            latency_ms=latency_ms
            error=error(Setting::Limit)
            input_id=element_id(Setting::Limit)
            blocked=blocked
        />
        <details class="more">
            <summary>"Queue"</summary>
            <p class="field-hint">"Calls beyond the limit wait for a place instead of being refused at once."</p>
            {["Longest wait in milliseconds, 0 to 2,000", "Calls that may wait, 0 to 1,000"]
                .into_iter()
                .enumerate()
                .map(|(at, label)| {
                    view! {
                        <label class="field-label">
                            {label}
                            <input
                                class="input num"
                                type="number"
                                readonly=off
                                prop:value=move || draft.read().limit.queue[at].clone()
                                on:input=move |event| {
                                    let text = event_target_value(&event);
                                    change(Setting::Limit, &|settings| settings.limit.queue[at].clone_from(&text));
                                }
                            />
                        </label>
                    }
                })
                .collect_view()}
        </details>
        <Switch
            label="Paused"
            hint="Refuses every call with 503 until it is switched off."
            checked=Signal::derive(move || draft.read().paused)
            blocked=blocked
            on_change=toggled(Setting::Paused, |settings, on| settings.paused = on)
        />
        <Switch
            label="Prevent update"
            hint="Bulk updates to a new version pass it by."
            checked=Signal::derive(move || draft.read().prevent_update)
            blocked=blocked
            on_change=toggled(Setting::PreventUpdate, |settings, on| settings.prevent_update = on)
        />
        <Switch
            label="Sample data"
            hint="Callers may see the sample rows that came with the version."
            checked=Signal::derive(move || draft.read().sample_data_enabled)
            blocked=blocked
            on_change=toggled(Setting::SampleData, |settings, on| settings.sample_data_enabled = on)
        />
        <LoggingChoice
            value=Signal::derive(move || draft.read().logging)
            on_change=Callback::new(move |level| {
                change(Setting::Logging, &|settings| settings.logging = level);
            })
            blocked=blocked
        />
        <Field ids=ids(Setting::Tags) label="Tags" hint="Separated by commas; at most 20, each up to 40 characters." error=error(Setting::Tags)>
            <input
                class="input"
                type="text"
                autocomplete="off"
                id=element_id(Setting::Tags)
                readonly=off
                aria-describedby=described(Setting::Tags)
                prop:value=move || draft.read().tags.clone()
                on:input=move |event| {
                    let text = event_target_value(&event);
                    change(Setting::Tags, &|settings| settings.tags.clone_from(&text));
                }
            />
        </Field>
    }
}

/// Chooses which calls are logged.
#[component]
pub fn LoggingChoice(
    /// The chosen level.
    #[prop(into)]
    value: Signal<Logging>,
    /// Called with the level that is wanted; the owner changes `value`.
    on_change: Callback<Logging>,
    /// Why it can't be changed; empty when it can.
    #[prop(optional, into)]
    blocked: Signal<String>,
) -> impl IntoView {
    let name = FieldIds::new().input;
    let choices = [Logging::None, Logging::Error, Logging::All]
        .into_iter()
        .map(|level| {
            view! {
                <label class="segment">
                    <input
                        type="radio"
                        name=name.clone()
                        disabled=move || !blocked.read().is_empty()
                        prop:checked=move || value.get() == level
                        on:change=move |_| on_change.run(level)
                    />
                    <span>{logging_word(level)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="segments">
            <legend class="field-label">"Logging"</legend>
            <div class="segment-row">{choices}</div>
        </fieldset>
    }
}
