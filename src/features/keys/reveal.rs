//! Showing a key in clear: on a click, for 30 seconds, until the tab is hidden or left.

use super::KeyRing;
use super::model::{REVEAL_SECONDS, slot_in_sentence};
use crate::client;
use crate::features::account::step_up::use_step_up;
use crate::ui::choice::Show;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Button, CopyButton, CopySource, Glyph, Icon};
use js_sys::Date;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{Key, KeySlot};
use portico_api::problem::Code;
use portico_api::workspace::RevealPolicy;

/// A key in clear and until when it is shown, in milliseconds.
#[derive(Clone)]
struct Clear {
    text: String,
    until: f64,
}

/// The masked key with *Reveal* and *Copy*.
#[component]
pub fn KeyText(
    /// The endpoint's keys.
    ring: KeyRing,
    /// Which slot.
    which: KeySlot,
    /// The slot's newest key.
    #[prop(into)]
    key: Signal<Option<Key>>,
) -> impl IntoView {
    let clear = RwSignal::new(None::<Clear>);
    let busy = RwSignal::new(false);
    let hide = move || {
        clear.try_set(None);
    };
    let watch = window_event_listener(ev::visibilitychange, move |_| {
        if document().hidden() {
            hide();
        }
    });
    on_cleanup(move || watch.remove());
    // Another generation is another key: what is shown in clear is no longer it.
    Effect::watch(
        move || key.read().as_ref().map(|key| key.generation),
        move |now, before, _| {
            if before.is_some_and(|before| before != now) {
                hide();
            }
        },
        false,
    );
    let left = memo(move || {
        let until = clear.read().as_ref()?.until;
        let seconds = ((until - ring.now.get()) / 1_000.0).ceil();
        (seconds > 0.0).then_some(seconds.min(f64::from(REVEAL_SECONDS)))
    });
    effect(move || {
        if left.get().is_none() && clear.read_untracked().is_some() {
            hide();
        }
    });
    let shown = memo(move || left.get().is_some());
    let step_up = use_step_up();
    let toasts = use_toasts();
    let fetch = move || async move {
        let place = ring.place.try_get_value()?;
        let answer = step_up
            .guard(|| {
                let place = place.clone();
                async move { client::keys::reveal(&place, which).await }
            })
            .await;
        match answer {
            Ok(revealed) => Some(revealed.value),
            // The person closed the question; there is nothing to report.
            Err(error) if error.is(Code::StepUpRequired) => None,
            Err(error) => {
                toasts.problem(&error);
                None
            }
        }
    };
    let toggle = move |_| {
        if clear.read_untracked().is_some() {
            hide();
        } else if !busy.get_untracked() {
            busy.set(true);
            spawn_local(async move {
                let text = fetch().await;
                busy.try_set(false);
                let until = Date::now() + f64::from(REVEAL_SECONDS) * 1_000.0;
                ring.now.try_set(Date::now());
                // The tab may have been hidden while the answer was on its way.
                if !document().hidden() {
                    clear.try_set(text.map(|text| Clear { text, until }));
                }
            });
        }
    };
    let blocked = Signal::derive(move || {
        if key.read().as_ref().is_some_and(|key| key.revealable) {
            String::new()
        } else if ring.policy == RevealPolicy::Once {
            "This workspace shows a key once, when it is made".to_owned()
        } else {
            "This key can’t be shown again; rotate to get a new one".to_owned()
        }
    });
    let text = move || match &*clear.read() {
        Some(clear) => clear.text.clone(),
        None => key
            .read()
            .as_ref()
            .map(|key| key.masked.clone())
            .unwrap_or_default(),
    };
    view! {
        <div class="key-line">
            <code class="key-text" class:key-clear=move || shown.get()>{live(text)}</code>
            <div class="key-tools">
                <Button busy=busy blocked=blocked on_click=Callback::new(toggle)>
                    <span class="key-toggle">
                        {move || {
                            let glyph = if shown.get() { Glyph::EyeOff } else { Glyph::Eye };
                            view! { <Icon glyph=glyph/> }
                        }}
                        {move || if shown.get() { "Hide" } else { "Reveal" }}
                        <span class="visually-hidden">" " {slot_in_sentence(which)}</span>
                    </span>
                </Button>
                <Show
                    when=move || blocked.read().is_empty()
                    fallback=move || view! { <Button glyph=Glyph::Copy blocked=blocked>"Copy"</Button> }
                >
                    <CopyButton source=CopySource::fetch(fetch) label=format!("Copy {}", slot_in_sentence(which).trim_start_matches("the "))/>
                </Show>
                <span class="key-count">{move || left.get().map(|seconds| format!("Hides in {seconds} s"))}</span>
            </div>
        </div>
    }
}
