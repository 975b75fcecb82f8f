//! Deletes an endpoint from the list: names it, says what depends on it, and offers to undo.

use super::text;
use crate::client::endpoints::Place;
use crate::client::{self, ClientError};
use crate::features::endpoints::state::traffic_in_words;
use crate::features::shell::use_scope;
use crate::ui::live::{effect, live, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Confirm, Listing};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::Endpoint;
use portico_api::usage::UsageRange;

/// Asks before an endpoint is deleted. With calls in the last 24 hours, its name must be typed.
#[component]
pub fn DeleteEndpoint(
    /// The list that it is in.
    listing: Listing<Endpoint>,
    /// The endpoint that the question is about; nothing while there is none.
    asked: RwSignal<Option<Endpoint>>,
) -> impl IntoView {
    let toasts = use_toasts();
    let scope = use_scope();
    // `None` until asked, `Some(None)` if it could not be had.
    let calls = RwSignal::new(None::<Option<u64>>);
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<ClientError>);
    let open = RwSignal::new(false);
    let name = Signal::derive(move || {
        asked
            .with(|asked| asked.as_ref().map(|endpoint| endpoint.name.to_string()))
            .unwrap_or_default()
    });
    let customer = move || asked.with(|asked| asked.as_ref()?.customer_name.clone());
    effect(move || {
        if let Some(place) = asked.with(|asked| asked.as_ref().map(Place::of)) {
            calls.set(None);
            error.set(None);
            open.set(true);
            spawn_local(async move {
                let usage = client::usage::get(&place, UsageRange::Day).await;
                calls.try_set(Some(usage.ok().map(|usage| usage.total.calls)));
            });
        }
    });
    Effect::new(move |was: Option<bool>| {
        let now = open.get();
        if was == Some(true) && !now {
            asked.set(None);
        }
        now
    });
    let typed = Signal::derive(move || match calls.get() {
        Some(Some(0)) => String::new(),
        _ => name.get(),
    });
    let traffic = move || match calls.get() {
        None => "Counting its calls…".to_owned(),
        Some(Some(calls)) => traffic_in_words(calls),
        Some(None) => "How many calls it had in the last 24 hours could not be told.".to_owned(),
    };
    let delete = Callback::new(move |()| {
        let Some(place) = asked.with_untracked(|asked| asked.as_ref().map(Place::of)) else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            let answer = delete(&place).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    open.try_set(false);
                    let deleted = place.name.clone();
                    let undo = move || {
                        let place = place.clone();
                        spawn_local(async move {
                            match client::endpoints::restore(&place).await {
                                Ok(_) => {
                                    listing.reload();
                                    scope.reload();
                                }
                                Err(error) => toasts.problem(&error),
                            }
                        });
                    };
                    toasts.with_action(format!("{deleted} was deleted"), text::UNDO, undo);
                    listing
                        .items()
                        .try_update(|items| items.retain(|item| item.name != deleted));
                    scope.reload();
                }
                Err(problem) => {
                    error.try_set(Some(problem));
                }
            }
        });
    });
    view! {
        <Confirm
            open=open
            title=Signal::derive(move || format!("Delete endpoint {}?", name.get()))
            action=text::DELETE
            typed=typed
            busy=busy
            error=error
            on_confirm=delete
        >
            <p>{live(traffic)}</p>
            {move || customer().map(|customer| view! { <p>{format!("It is granted to {customer}.")}</p> })}
            <p>"Its URL and both keys stop working at once. It can be restored for 7 days; its name stays reserved until then."</p>
        </Confirm>
    }
}

async fn delete(place: &Place) -> client::Answer<()> {
    let now = client::endpoints::get(place).await?;
    client::endpoints::delete(place, &now.etag).await
}
