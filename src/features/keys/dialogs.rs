//! Asks before a key is switched off.

use super::KeyRing;
use super::model::slot_in_sentence;
use crate::client::{self, ClientError};
use crate::ui::Confirm;
use crate::ui::live::{live, view};
use crate::ui::number::counted;
use crate::ui::toast::use_toasts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{Key, KeySlot, UpdateKey};

/// The question.
#[component]
pub fn DisableDialog(
    /// The endpoint's keys.
    ring: KeyRing,
    /// Which slot.
    which: KeySlot,
    /// The slot's newest key.
    key: Signal<Option<Key>>,
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let toasts = use_toasts();
    let calls = move || {
        let calls = key.read().as_ref().map_or(0, |key| key.calls_last_hour);
        format!(
            "It had {} in the last hour.",
            counted(calls, "call", "calls")
        )
    };
    let disable = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let (place, etag) = (ring.place.get_value(), ring.etag());
        spawn_local(async move {
            let body = UpdateKey {
                disabled: Some(true),
                expires_at: None,
            };
            let answer = client::keys::update(&place, which, &body, &etag).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    open.try_set(false);
                    toasts.success("Switched off. Calls with it are refused.");
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            ring.load();
        });
    });
    view! {
        <Confirm
            open=open
            title=format!("Disable {}?", slot_in_sentence(which))
            action="Disable"
            busy=busy
            error=failure
            on_confirm=disable
        >
            <p>{live(calls)}</p>
            <p>"Calls with it are refused until it is enabled again. Nothing is deleted."</p>
        </Confirm>
    }
}
