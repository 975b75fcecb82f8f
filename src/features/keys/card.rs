//! One slot: its newest key, what is known of it, what can be done, and the key in grace below.

use super::KeyRing;
use super::dialogs::DisableDialog;
use super::expiry::ExpiryDialog;
use super::model::{Nearness, Slot, by_slot, expiry_warning, leak, slot_word, state_word};
use super::old::OldKey;
use super::reveal::KeyText;
use super::rotate::RotateDialog;
use crate::client;
use crate::ui::live::{live, memo, view};
use crate::ui::number::counted;
use crate::ui::time::millis_of;
use crate::ui::toast::use_toasts;
use crate::ui::{Badge, Button, Glyph, Icon, RelativeTime, Tone};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{Key, KeySlot, KeyState, UpdateKey};

/// Shows one slot.
#[component]
pub fn SlotCard(
    /// The endpoint's keys.
    ring: KeyRing,
    /// Which slot.
    which: KeySlot,
) -> impl IntoView {
    let of_slot = memo(move || {
        by_slot(&ring.keys())
            .into_iter()
            .find(|each| each.slot == which)
            .unwrap_or(Slot {
                slot: which,
                newest: None,
                old: None,
            })
    });
    let newest = memo(move || of_slot.read().newest.clone());
    let old = memo(move || of_slot.read().old.clone());
    let title = format!("key-{}", which.as_str());
    let labelled = title.clone();
    view! {
        <section class="card key-card" aria-labelledby=labelled>
            <header class="key-head">
                <h2 class="section-title" id=title>{slot_word(which)}</h2>
                {move || newest.get().map(|key| view! { <State key=key/> })}
            </header>
            <KeyText ring=ring which=which key=newest/>
            <Warning ring=ring key=newest/>
            {move || newest.get().map(|key| view! { <Known key=key/> })}
            <Actions ring=ring which=which key=newest/>
            {move || old.get().map(|key| view! { <OldKey ring=ring key=key/> })}
        </section>
    }
}

#[component]
fn State(key: Key) -> impl IntoView {
    let tone = match key.state {
        KeyState::Live => Tone::Good,
        KeyState::Grace => Tone::Info,
        KeyState::Expired => Tone::Bad,
        KeyState::Disabled => Tone::Warning,
    };
    view! {
        <Badge tone=tone text=state_word(key.state)/>
        <span class="muted key-generation">"Generation " <span class="num">{key.generation}</span></span>
    }
}

/// Says that the key was found by somebody, or ends soon.
#[component]
fn Warning(ring: KeyRing, #[prop(into)] key: Signal<Option<Key>>) -> impl IntoView {
    let warning = memo(move || {
        let key = key.read();
        let key = key.as_ref()?;
        if let Some(words) = leak(key) {
            return Some((Nearness::Day, words));
        }
        expiry_warning(millis_of(key.expires_at.as_ref()?), ring.now.get())
    });
    live(move || {
        warning.get().map(|(near, words)| {
            let tone = match near {
                Nearness::Month => Tone::Info,
                Nearness::Week => Tone::Warning,
                Nearness::Day => Tone::Bad,
            };
            view! {
                <p class=format!("notice key-warning {}", tone.class())>
                    <Icon glyph=Glyph::Warning/>
                    {words}
                </p>
            }
        })
    })
}

/// What is known of the key.
#[component]
fn Known(key: Key) -> impl IntoView {
    view! {
        <dl class="facts key-facts">
            <dt>"Last used"</dt>
            <dd>
                {match key.last_used_at {
                    Some(time) => view! { <RelativeTime time=time/> }.into_any(),
                    None => "Never used".into_any(),
                }}
            </dd>
            <dt>"Last hour"</dt>
            <dd class="num">{counted(key.calls_last_hour, "call", "calls")}</dd>
            <dt>"Made"</dt>
            <dd><RelativeTime time=key.created_at/></dd>
            <dt>"Expires"</dt>
            <dd>
                {match key.expires_at {
                    Some(time) => view! { <RelativeTime time=time/> }.into_any(),
                    None => "Never".into_any(),
                }}
            </dd>
        </dl>
    }
}

#[component]
fn Actions(ring: KeyRing, which: KeySlot, #[prop(into)] key: Signal<Option<Key>>) -> impl IntoView {
    let rotating = RwSignal::new(false);
    let dating = RwSignal::new(false);
    let disabling = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let disabled = memo(move || {
        key.read()
            .as_ref()
            .is_some_and(|key| key.state == KeyState::Disabled)
    });
    let toasts = use_toasts();
    let enable = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let (place, etag) = (ring.place.get_value(), ring.etag());
        spawn_local(async move {
            let body = UpdateKey {
                disabled: Some(false),
                expires_at: None,
            };
            match client::keys::update(&place, which, &body, &etag).await {
                Ok(_) => toasts.success(format!("{} is accepted again.", slot_word(which))),
                Err(error) => toasts.problem(&error),
            }
            busy.try_set(false);
            ring.load();
        });
    };
    let switch = move |_| {
        if disabled.get_untracked() {
            enable();
        } else {
            disabling.set(true);
        }
    };
    view! {
        <div class="key-actions">
            <Button glyph=Glyph::Rotate on_click=Callback::new(move |_| rotating.set(true))>"Rotate"</Button>
            <Button on_click=Callback::new(move |_| dating.set(true))>"Set expiry"</Button>
            <Button busy=busy on_click=Callback::new(switch)>
                {move || if disabled.get() { "Enable" } else { "Disable" }}
            </Button>
        </div>
        <RotateDialog ring=ring which=which open=rotating/>
        <ExpiryDialog ring=ring which=which key=key open=dating/>
        <DisableDialog ring=ring which=which key=key open=disabling/>
    }
}
