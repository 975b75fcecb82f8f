//! The throttle selector: Low or High, and for High a slider with a number field. It shows what
//! `limit` says; the draft belongs to the form around it.

use super::limit::{LimitDraft, calls_in_words, rate_in_words, slider_max};
use crate::ui::FieldIds;
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use leptos::prelude::*;
use portico_api::throttle::{LOW_CALLS, ThrottleLevel};

/// Chooses a throttle.
#[component]
pub fn LimitSelector(
    /// What is chosen.
    #[prop(into)]
    value: Signal<LimitDraft>,
    /// Called with what is wanted; the owner changes `value`.
    on_change: Callback<LimitDraft>,
    /// The most that the workspace allows.
    cap: u32,
    /// The service's measured time of a call in milliseconds.
    latency_ms: Option<f64>,
    /// What the server found wrong; empty if nothing.
    #[prop(optional, into)]
    error: Signal<String>,
    /// The id of the number field.
    input_id: &'static str,
    /// Why it can't be changed; empty when it can.
    #[prop(optional, into)]
    blocked: Signal<String>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let group = ids.input.clone();
    let described = ids.described_by();
    let read = memo(move || value.read().read(cap));
    let high = memo(move || value.read().level == ThrottleLevel::High);
    let off = Signal::derive(move || !blocked.read().is_empty());
    let wrong = memo(move || match read.get() {
        Err(problem) => problem.to_string(),
        Ok(_) => error.get(),
    });
    let change = move |act: &dyn Fn(&mut LimitDraft)| {
        let mut draft = value.get_untracked();
        act(&mut draft);
        on_change.run(draft);
    };
    let level = move |level| move |_| change(&|draft| draft.level = level);
    let typed = move |event| {
        let text = event_target_value(&event);
        change(&|draft| draft.calls.clone_from(&text));
    };
    let high_words = move || match value.read().calls.trim().parse() {
        Ok(calls) => calls_in_words(calls),
        Err(_) => format!("1 to {} calls at once", slider_max(cap)),
    };
    let rate = move || {
        let calls = read.get().ok()?.max_concurrent_calls;
        rate_in_words(calls, latency_ms)
    };
    view! {
        <fieldset class="limit" aria-describedby=described>
            <legend class="field-label">"Throttle level"</legend>
            <div class="limit-levels">
                <label class="choice" class:chosen=move || !high.get()>
                    <input
                        type="radio"
                        name=group.clone()
                        value="low"
                        disabled=off
                        prop:checked=move || !high.get()
                        on:change=level(ThrottleLevel::Low)
                    />
                    <span class="choice-title">"Low"</span>
                    <span class="choice-note">{calls_in_words(LOW_CALLS)}</span>
                </label>
                <label class="choice" class:chosen=move || high.get()>
                    <input
                        type="radio"
                        name=group
                        value="high"
                        disabled=off
                        prop:checked=move || high.get()
                        on:change=level(ThrottleLevel::High)
                    />
                    <span class="choice-title">"High"</span>
                    <span class="choice-note">{live(high_words)}</span>
                </label>
            </div>
            <Show when=move || high.get()>
                <div class="limit-range">
                    <input
                        type="range"
                        min="1"
                        max=slider_max(cap)
                        aria-label="Calls at once, slider"
                        disabled=off
                        prop:value=move || value.read().slider(cap).to_string()
                        on:input=typed
                    />
                    <input
                        class="input num"
                        type="number"
                        inputmode="numeric"
                        id=input_id
                        min="1"
                        max=slider_max(cap)
                        step="1"
                        aria-label="Calls at once"
                        aria-invalid=move || (!wrong.read().is_empty()).then_some("true")
                        disabled=off
                        prop:value=move || value.read().calls.clone()
                        on:input=typed
                    />
                </div>
            </Show>
            <p class="field-hint" id=ids.hint>
                {move || rate().unwrap_or_else(|| format!("The owner of this workspace allows up to {}.", calls_in_words(cap)))}
            </p>
            <p class="field-error" id=ids.error aria-live="polite">{move || wrong.get()}</p>
        </fieldset>
    }
}
