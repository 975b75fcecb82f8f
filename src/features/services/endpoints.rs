//! The endpoints of a service: the list, its filter, and adding one.

use super::delete::DeleteEndpoint;
use super::model::matches;
use super::row::EndpointRow;
use super::text;
use crate::client;
use crate::features::endpoints::add::AddEndpointDialog;
use crate::features::shell::use_scope;
use crate::ui::choice::{For, Show};
use crate::ui::live::{effect, live, memo, view};
use crate::ui::number::{counted, grouped};
use crate::ui::timer::Delay;
use crate::ui::{Button, EmptyState, Glyph, Icon, Listing, ListingView, TableFrame};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use portico_api::endpoint::Endpoint;
use portico_api::id::{ServiceId, WorkspaceId};
use std::time::Duration;

/// How many rows are drawn at first, and more with each *Show more*.
const ROWS: usize = 100;

/// The list of endpoints.
#[component]
pub fn EndpointsTab(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
    /// Whether the dialog that adds one is open.
    adding: RwSignal<bool>,
    /// Whether the person may change endpoints here.
    publisher: Memo<bool>,
) -> impl IntoView {
    let scope = use_scope();
    let listing = Listing::new(move |query| {
        let (ws, svc) = (ws.clone(), svc.clone());
        async move { client::endpoints::list(&ws, &svc, &query).await }
    });
    let created = Callback::new(move |_| {
        listing.reload();
        scope.reload();
    });
    // The dialog is made once and stays: a reload of the service must not close it over the keys.
    let ready = memo(move || {
        matches!(
            (scope.service(), scope.workspace()),
            (Some(Ok(_)), Some(Ok(_)))
        )
    });
    let dialog = move || {
        if !(ready.get() && publisher.get()) {
            return None;
        }
        let service = untrack(|| scope.service())?.ok()?;
        let workspace = untrack(|| scope.workspace())?.ok()?;
        Some(
            view! { <AddEndpointDialog service=service workspace=workspace open=adding on_created=created/> },
        )
    };
    let path = use_location().pathname;
    let navigate = use_navigate();
    // The address opened the dialog; once it is closed, a reload must not open it again.
    Effect::new(move |was: Option<bool>| {
        let now = adding.get();
        if was == Some(true) && !now && address_opens_dialog() {
            navigate(&path.get_untracked(), replacing());
        }
        now
    });
    let empty = move || view! { <EmptyState title=text::NONE_TITLE text=text::NONE_TEXT/> };
    view! {
        <ListingView listing=listing empty=empty pager=false>
            <Endpoints listing=listing publisher=publisher/>
        </ListingView>
        {live(dialog)}
    }
}

/// Whether the address asks for the dialog.
fn address_opens_dialog() -> bool {
    window()
        .location()
        .search()
        .is_ok_and(|search| search.contains("add="))
}

/// Changes the address without a new step in the history and without scrolling.
fn replacing() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        scroll: false,
        ..NavigateOptions::default()
    }
}

#[component]
fn Endpoints(listing: Listing<Endpoint>, publisher: Memo<bool>) -> impl IntoView {
    let items = listing.items();
    let filter = RwSignal::new(
        use_location()
            .query
            .read_untracked()
            .get("q")
            .unwrap_or_default(),
    );
    let shown = RwSignal::new(ROWS);
    let deleting = RwSignal::new(None::<Endpoint>);
    let found = memo(move || {
        let filter = filter.read();
        let items = items.read();
        let found = items
            .iter()
            .enumerate()
            .filter(|(_, endpoint)| matches(endpoint, &filter));
        found.map(|(index, _)| index).collect::<Vec<usize>>()
    });
    // A filter is over all endpoints, so all of them must be here.
    effect(move || {
        if !filter.read().trim().is_empty() && !listing.is_complete() {
            listing.rest();
        }
    });
    let rows = move || {
        let items = items.read();
        found
            .read()
            .iter()
            .take(shown.get())
            .filter_map(|index| items.get(*index).cloned())
            .collect::<Vec<Endpoint>>()
    };
    let footer = Signal::derive(move || {
        let (all, found) = (items.read().len(), found.read().len());
        let count = |number: usize| u64::try_from(number).unwrap_or_default();
        let total = counted(count(all), "endpoint", "endpoints");
        let more = if listing.is_complete() {
            ""
        } else {
            " loaded so far"
        };
        if filter.read().trim().is_empty() {
            format!("{total}{more}")
        } else {
            format!("{} of {total}{more} match", grouped(count(found)))
        }
    });
    let nothing = memo(move || found.read().is_empty());
    let more = memo(move || found.read().len() > shown.get() || listing.has_more());
    let show_more = Callback::new(move |_| {
        shown.update(|shown| *shown += ROWS);
        if found.read_untracked().len() < shown.get_untracked() {
            listing.more();
        }
    });
    view! {
        <FilterBox filter=filter/>
        <DeleteEndpoint listing=listing asked=deleting/>
        <Show
            when=move || !nothing.get()
            fallback=move || {
                view! {
                    <EmptyState title=text::NO_MATCH_TITLE text=format!("Nothing here has “{}”.", filter.get().trim())>
                        <Button on_click=Callback::new(move |_| filter.set(String::new()))>{text::CLEAR}</Button>
                    </EmptyState>
                }
            }
        >
            <TableFrame label=text::ENDPOINTS footer=footer tall=true>
                <thead>
                    <tr>
                        <th scope="col">{text::NAME}</th>
                        <th scope="col" class="wide">{text::DESCRIPTION}</th>
                        <th scope="col">{text::CUSTOMER}</th>
                        <th scope="col" class="num">{text::VERSION}</th>
                        <th scope="col" class="num">{text::LIMIT}</th>
                        <th scope="col">{text::STATE}</th>
                        <th scope="col">{text::UPDATED}</th>
                        <th scope="col" class="actions"><span class="visually-hidden">{text::ACTIONS}</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=rows
                        key=|endpoint| format!("{} {} {}", endpoint.id, endpoint.updated_at, endpoint.paused)
                        let:endpoint
                    >
                        <EndpointRow endpoint=endpoint listing=listing publisher=publisher deleting=deleting/>
                    </For>
                </tbody>
            </TableFrame>
            <Show when=move || more.get()>
                <div class="show-more">
                    <Button on_click=show_more>{text::MORE}</Button>
                </div>
            </Show>
        </Show>
    }
}

/// The filter. It stands in the address as well, once the typing pauses.
#[component]
fn FilterBox(filter: RwSignal<String>) -> impl IntoView {
    let path = use_location().pathname;
    let navigate = use_navigate();
    let delay = Delay::new();
    Effect::new(move |before: Option<()>| {
        let text = filter.get();
        if before.is_none() {
            return;
        }
        let navigate = navigate.clone();
        delay.set(Duration::from_millis(250), move || {
            let Some(mut address) = path.try_get_untracked() else {
                return;
            };
            let text = text.trim();
            if !text.is_empty() {
                address.push_str("?q=");
                address.push_str(&String::from(js_sys::encode_uri_component(text)));
            }
            navigate(&address, replacing());
        });
    });
    view! {
        <div class="toolbar" role="search">
            <span class="search">
                <Icon glyph=Glyph::Search/>
                <input
                    class="input"
                    type="search"
                    aria-label=text::FILTER
                    placeholder=text::FILTER_PLACE
                    prop:value=move || filter.get()
                    on:input=move |event| filter.set(event_target_value(&event))
                />
            </span>
        </div>
    }
}
