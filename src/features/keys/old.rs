//! The key that was rotated away and still works: for how long, and whether it can go.

use super::KeyRing;
use super::leak::leak_notice;
use super::model::{GRACES, countdown, longer_graces, slot_in_sentence, state_word, verdict};
use super::rotate::graces;
use crate::client::{self, ClientError};
use crate::ui::live::{effect, memo, view};
use crate::ui::time::millis_of;
use crate::ui::toast::use_toasts;
use crate::ui::{Badge, Button, Confirm, RelativeTime, Tone};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{Key, KeyState};

/// Shows a key in its grace.
#[component]
pub fn OldKey(
    /// The endpoint's keys.
    ring: KeyRing,
    /// The key.
    key: Key,
) -> impl IntoView {
    let ends = key.grace_until.as_ref().map(millis_of);
    let left = move || ends.and_then(|ends| countdown(ends, ring.now.get()));
    // Once the grace is over, the list no longer has this key.
    let over = memo(move || left().is_none());
    effect(move || {
        if over.get() && ends.is_some() {
            ring.load();
        }
    });
    let (safe, words) = verdict(&key);
    let asking = RwSignal::new(false);
    let extending = RwSignal::new(false);
    let grace = RwSignal::new(0);
    let choices = StoredValue::new(&GRACES[..]);
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let toasts = use_toasts();
    let slot = key.slot;
    let act = move |longer: bool| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let place = ring.place.get_value();
        spawn_local(async move {
            let answer = if longer {
                client::keys::extend_grace(&place, slot, grace.get_untracked()).await
            } else {
                client::keys::end_grace(&place, slot).await
            };
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    asking.try_set(false);
                    extending.try_set(false);
                    toasts.success(if longer {
                        "The old key works for longer."
                    } else {
                        "The old key no longer works."
                    });
                    ring.load();
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    };
    let extend = move |_| {
        let left = ends.map_or(0.0, |ends| ends - ring.now.get_untracked());
        let (longer, first) = longer_graces(left);
        choices.set_value(longer);
        grace.set(first);
        failure.set(None);
        extending.set(true);
    };
    let end = move |_| {
        failure.set(None);
        asking.set(true);
    };
    let can_extend = key.leaked_at.is_none();
    let leaked = leak_notice(&key, "Whoever still calls with it needs the new one.");
    let off = key.state == KeyState::Disabled;
    let question = words.clone();
    view! {
        <div class="key-old">
            <div class="key-old-head">
                <h3 class="key-old-title">"Old key, generation " <span class="num">{key.generation}</span></h3>
                <Badge tone=if off { Tone::Warning } else { Tone::Info } text=state_word(key.state)/>
            </div>
            <code class="key-text">{key.masked}</code>
            <p>
                {move || match left() {
                    Some(_) if off => "Refused.".to_owned(),
                    Some(left) => format!("Works for another {left}."),
                    None => "Its grace is over.".to_owned(),
                }}
                " "
                {match key.last_used_at {
                    Some(time) => view! { "Last used " <RelativeTime time=time/> "." }.into_any(),
                    None => "Never used.".into_any(),
                }}
            </p>
            {leaked}
            <p class="key-verdict" class:key-verdict-safe=safe>{words}</p>
            <div class="key-tools">
                {can_extend.then(|| view! { <Button on_click=Callback::new(extend)>"Extend"</Button> })}
                <Button on_click=Callback::new(end)>"End now"</Button>
            </div>
            <Confirm
                open=extending
                title="Extend the grace of the old key?"
                action="Extend"
                danger=false
                busy=busy
                error=failure
                on_confirm=Callback::new(move |()| act(true))
            >
                {graces(choices.get_value(), grace, Callback::new(|()| {}))}
            </Confirm>
            <Confirm
                open=asking
                title=format!("End the grace of the old key of {} slot?", slot_in_sentence(slot).replace(" key", ""))
                action="End now"
                busy=busy
                error=failure
                on_confirm=Callback::new(move |()| act(false))
            >
                <p>{question.clone()}</p>
                <p>"Calls with it are refused from then on. The new key is not touched."</p>
            </Confirm>
        </div>
    }
}
