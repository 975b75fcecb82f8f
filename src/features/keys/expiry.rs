//! Sets the date after which a key is refused, or takes it away.

use super::KeyRing;
use super::model::slot_in_sentence;
use crate::client::{self, ClientError};
use crate::ui::live::view;
use crate::ui::toast::use_toasts;
use crate::ui::{Button, ButtonKind, Dialog, ErrorPanel, TextInput};
use js_sys::Date;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{Key, KeySlot, UpdateKey};
use portico_api::time::Timestamp;

/// The dialog with the date.
#[component]
pub fn ExpiryDialog(
    /// The endpoint's keys.
    ring: KeyRing,
    /// Which slot.
    which: KeySlot,
    /// The slot's newest key.
    key: Signal<Option<Key>>,
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let title = format!("Expiry of {}", slot_in_sentence(which));
    view! {
        <Dialog open=open title=title on_close=Callback::new(move |()| open.set(false))>
            <ExpiryForm ring=ring which=which key=key open=open/>
        </Dialog>
    }
}

#[component]
fn ExpiryForm(
    ring: KeyRing,
    which: KeySlot,
    key: Signal<Option<Key>>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let now = key
        .read_untracked()
        .as_ref()
        .and_then(|key| key.expires_at.clone());
    let has_date = now.is_some();
    let date = RwSignal::new(
        now.as_ref()
            .map(|time| time.day().to_owned())
            .unwrap_or_default(),
    );
    let wrong = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    let toasts = use_toasts();
    let send = move |expires_at: Option<Timestamp>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let (place, etag) = (ring.place.get_value(), ring.etag());
        spawn_local(async move {
            let done = match &expires_at {
                Some(time) => format!("Expires at the end of {} (UTC).", time.day()),
                None => "Never expires now.".to_owned(),
            };
            let body = UpdateKey {
                disabled: None,
                expires_at: Some(expires_at),
            };
            let answer = client::keys::update(&place, which, &body, &etag).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    open.try_set(false);
                    toasts.success(done);
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
            ring.load();
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match Timestamp::end_of_day(&date.read_untracked()) {
            Some(time) if Date::parse(time.as_str()) > Date::now() => {
                wrong.set(String::new());
                send(Some(time));
            }
            Some(_) => wrong.set("Pick a day from today on.".to_owned()),
            None => wrong.set("Pick a date.".to_owned()),
        }
    };
    view! {
        <form class="dialog-form" novalidate=true on:submit=submit>
            <div class="dialog-body">
                <TextInput
                    label="Last day"
                    hint="The key works until the end of that day (UTC). The page warns 30, 7 and 1 days before."
                    kind="date"
                    value=date
                    error=wrong
                    autofocus=true
                />
                {move || failure.get().map(|error| view! { <ErrorPanel error=error/> })}
            </div>
            <footer class="dialog-foot">
                {has_date.then(|| view! {
                    <Button busy=busy on_click=Callback::new(move |_| send(None))>"Never expire"</Button>
                })}
                <Button on_click=Callback::new(move |_| open.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=busy>"Save"</Button>
            </footer>
        </form>
    }
}
