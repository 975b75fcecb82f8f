//! *Keys*: the two keys of an endpoint, masked. A key in clear lives in the view that shows it and
//! nowhere else; it goes with it.

mod card;
mod dialogs;
mod expiry;
pub mod model;
mod old;
mod reveal;
mod rotate;

use crate::client::endpoints::Place;
use crate::client::{self, Answer, Versioned};
use crate::ui::live::{memo, view};
use crate::ui::timer;
use crate::ui::{EmptyState, ErrorPanel, Skeleton};
use card::SlotCard;
use js_sys::Date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::key::{Key, KeyList, KeySlot};
use portico_api::workspace::RevealPolicy;
use std::time::Duration;

/// How often the list is asked for again, so that *last used* stays true.
const REFRESH: Duration = Duration::from_secs(30);

/// The keys of an endpoint and what can be done with them.
#[derive(Clone, Copy)]
struct KeyRing {
    place: StoredValue<Place>,
    list: RwSignal<Option<Answer<Versioned<KeyList>>>>,
    /// Now in milliseconds, renewed each second for the countdowns.
    now: RwSignal<f64>,
    policy: RevealPolicy,
}

impl KeyRing {
    fn keys(self) -> Vec<Key> {
        match &*self.list.read() {
            Some(Ok(list)) => list.value.items.clone(),
            _ => Vec::new(),
        }
    }

    fn etag(self) -> String {
        match &*self.list.read_untracked() {
            Some(Ok(list)) => list.etag.clone(),
            _ => String::new(),
        }
    }

    /// Asks for the list anew. What is shown stays until the answer is there; a failed refresh
    /// leaves it.
    fn load(self) {
        let Some(place) = self.place.try_get_value() else {
            return;
        };
        spawn_local(async move {
            let answer = client::keys::list(&place).await;
            self.list.try_update(|list| {
                if answer.is_ok() || !matches!(list, Some(Ok(_))) {
                    *list = Some(answer);
                }
            });
        });
    }
}

/// Shows the keys of an endpoint.
#[component]
pub fn Keys(
    /// The endpoint.
    place: Place,
    /// Whether keys can be shown again.
    policy: RevealPolicy,
) -> impl IntoView {
    let ring = KeyRing {
        place: StoredValue::new(place),
        list: RwSignal::new(None),
        now: RwSignal::new(Date::now()),
        policy,
    };
    ring.load();
    timer::every(REFRESH, move || {
        if !document().hidden() {
            ring.load();
        }
    });
    timer::every(Duration::from_secs(1), move || {
        ring.now.try_set(Date::now());
    });
    let state = memo(move || match &*ring.list.read() {
        None => Shown::Waiting,
        Some(Err(_)) => Shown::Failed,
        Some(Ok(list)) if list.value.items.is_empty() => Shown::Empty,
        Some(Ok(_)) => Shown::Keys,
    });
    let failed = move || match &*ring.list.read_untracked() {
        Some(Err(error)) => {
            let retry = Callback::new(move |()| ring.load());
            Some(view! { <ErrorPanel error=error.clone() retry=retry/> })
        }
        _ => None,
    };
    view! {
        <p class="keys-intro muted">
            {match policy {
                RevealPolicy::AnyTime => "Either key works. Rotate one while callers use the other, and nobody is interrupted. Each reveal is recorded.",
                RevealPolicy::Once => "Either key works. This workspace shows a key once, when it is made. Rotate to get a new one.",
            }}
        </p>
        {move || match state.get() {
            Shown::Waiting => view! { <Skeleton lines=8/> }.into_any(),
            Shown::Failed => failed().into_any(),
            Shown::Empty => view! {
                <EmptyState title="No keys" text="This endpoint has no key that is good. Rotate is offered once it has one."/>
            }
            .into_any(),
            Shown::Keys => view! {
                <div class="keys">
                    <SlotCard ring=ring which=KeySlot::Primary/>
                    <SlotCard ring=ring which=KeySlot::Secondary/>
                </div>
            }
            .into_any(),
        }}
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Waiting,
    Failed,
    Empty,
    Keys,
}
