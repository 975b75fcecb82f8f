//! The end of an endpoint: says what depends on it, asks, and can be undone.

use super::state::traffic_in_words;
use crate::client::endpoints::Place;
use crate::client::{self, ClientError, Versioned};
use crate::features::shell::use_scope;
use crate::routes::{Page, ServiceTab};
use crate::ui::live::{live, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Button, Confirm, Glyph};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use portico_api::endpoint::Endpoint;
use portico_api::usage::UsageRange;

/// The part of the page that deletes.
#[component]
pub fn DeleteZone(
    /// The endpoint.
    endpoint: RwSignal<Versioned<Endpoint>>,
    /// How many endpoints the service has, if that is known.
    siblings: Option<u32>,
    /// Why it can't be changed; empty when it can.
    blocked: Signal<String>,
) -> impl IntoView {
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<ClientError>);
    // Calls in the last 24 hours; `None` until asked, `Some(None)` if that could not be had.
    let calls = RwSignal::new(None::<Option<u64>>);
    let name = Signal::derive(move || endpoint.read().value.name.to_string());
    let reason = Signal::derive(move || {
        let reason = blocked.get();
        if reason.is_empty() && endpoint.read().value.is_default && siblings.is_none_or(|n| n > 1) {
            "The default endpoint can’t be deleted while its service has others".to_owned()
        } else {
            reason
        }
    });
    let ask = move |_| {
        calls.set(None);
        failure.set(None);
        asking.set(true);
        let place = Place::of(&endpoint.read_untracked().value);
        spawn_local(async move {
            let usage = client::usage::get(&place, UsageRange::Day).await;
            calls.try_set(Some(usage.ok().map(|usage| usage.total.calls)));
        });
    };
    let traffic = move || match calls.get() {
        None => "Counting its calls…".to_owned(),
        Some(Some(calls)) => traffic_in_words(calls),
        Some(None) => "How many calls it had in the last 24 hours could not be told.".to_owned(),
    };
    let typed = Signal::derive(move || match calls.get() {
        Some(Some(0)) => String::new(),
        _ => name.get(),
    });
    let toasts = use_toasts();
    let navigate = use_navigate();
    let scope = use_scope();
    let delete = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        let Versioned { etag, value } = endpoint.get_untracked();
        let navigate = navigate.clone();
        spawn_local(async move {
            let place = Place::of(&value);
            let answer = client::endpoints::delete(&place, &etag).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    asking.try_set(false);
                    let list = Page::Service {
                        ws: value.workspace_id,
                        svc: value.service_id,
                        tab: ServiceTab::default(),
                    };
                    let back = navigate.clone();
                    let undo = move || {
                        let (place, back) = (place.clone(), back.clone());
                        spawn_local(async move {
                            match client::endpoints::restore(&place).await {
                                Ok(_) => {
                                    toasts.success(format!("{} is back.", place.name));
                                    back(&address(place), NavigateOptions::default());
                                }
                                Err(error) => toasts.problem(&error),
                            }
                        });
                    };
                    toasts.with_action(format!("{} was deleted.", value.name), "Undo", undo);
                    scope.reload();
                    navigate(&list.href(), NavigateOptions::default());
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    });
    view! {
        <section class="card danger-zone" aria-labelledby="delete-title">
            <h2 class="section-title" id="delete-title">"Delete this endpoint"</h2>
            <p class="muted">"Its URL and keys stop working at once. It can be restored for 7 days; its name stays reserved until then."</p>
            <Button glyph=Glyph::Trash blocked=reason on_click=Callback::new(ask)>"Delete endpoint"</Button>
            {move || {
                let reason = reason.get();
                (!reason.is_empty()).then(|| view! { <p class="field-hint">{reason} "."</p> })
            }}
        </section>
        <Confirm
            open=asking
            title=Signal::derive(move || format!("Delete endpoint {}?", name.get()))
            action="Delete"
            typed=typed
            busy=busy
            error=failure
            on_confirm=delete
        >
            <p>{live(traffic)}</p>
            <p>"Its URL and both keys stop working at once. It can be restored for 7 days."</p>
        </Confirm>
    }
}

fn address(place: Place) -> String {
    Page::Endpoint {
        ws: place.ws,
        svc: place.svc,
        name: place.name,
        tab: crate::routes::EndpointTab::default(),
    }
    .href()
}
