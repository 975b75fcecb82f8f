//! The key that was rotated away and still works: for how long, and whether it can go.

use super::KeyRing;
use super::model::{countdown, longer_grace, slot_in_sentence, state_word, verdict};
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
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let toasts = use_toasts();
    let slot = key.slot;
    // For so many seconds from now; 0 ends it.
    let change = move |seconds: u32| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let place = ring.place.get_value();
        spawn_local(async move {
            let answer = client::keys::change_grace(&place, slot, seconds).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    asking.try_set(false);
                    // A longer grace is seen in the countdown.
                    if seconds == 0 {
                        toasts.success("The old key no longer works.");
                    }
                    ring.load();
                }
                Err(error) if seconds > 0 => toasts.problem(&error),
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    };
    let longer = longer_grace(ends.map_or(0.0, |ends| ends - ring.now.get_untracked()));
    let off = key.state == KeyState::Disabled;
    let leaked = key.leaked_at.is_some();
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
                    Some(_) if off => String::new(),
                    Some(left) => format!("Works for another {left}."),
                    None => "Its grace is over.".to_owned(),
                }}
                " "
                {match key.last_used_at {
                    Some(time) => view! { "Last used " <RelativeTime time=time/> "." }.into_any(),
                    None => "Never used.".into_any(),
                }}
            </p>
            <p class="key-verdict" class:key-verdict-safe=safe>{words}</p>
            <div class="key-tools">
                {(!leaked).then(|| view! {
                    <Button busy=busy on_click=Callback::new(move |_| change(longer.seconds))>
                        {format!("Extend to {}", longer.label)}
                    </Button>
                })}
                <Button on_click=Callback::new(move |_| asking.set(true))>"End now"</Button>
            </div>
            <Confirm
                open=asking
                title=format!("End the grace of the old key of {} slot?", slot_in_sentence(slot).replace(" key", ""))
                action="End now"
                busy=busy
                error=failure
                on_confirm=Callback::new(move |()| change(0))
            >
                <p>{question.clone()}</p>
                <p>"Calls with it are refused from then on. The new key is not touched."</p>
            </Confirm>
        </div>
    }
}
