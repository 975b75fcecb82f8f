//! One endpoint in the list, with what can be done to it from there.

use super::model::limit_in_words;
use super::text;
use crate::client;
use crate::client::endpoints::Place;
use crate::features::endpoints::state::EndpointState;
use crate::routes::{EndpointTab, Page};
use crate::ui::copy::copy_text;
use crate::ui::live::view;
use crate::ui::toast::use_toasts;
use crate::ui::{Badge, Glyph, Icon, Listing, Menu, MenuButton, MenuLink, RelativeTime, Tone};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::{Endpoint, UpdateEndpoint};

/// What an endpoint is doing, as a badge.
#[component]
pub fn StateBadge(
    /// What it is doing.
    state: EndpointState,
) -> impl IntoView {
    let word = state.word();
    let (tone, why) = match state {
        EndpointState::Live => (Tone::Good, None),
        EndpointState::Paused => (
            Tone::Warning,
            Some("It refuses calls until it is resumed".to_owned()),
        ),
        EndpointState::Quarantined { quarantine, .. } => (Tone::Bad, Some(quarantine.reason)),
    };
    view! { <Badge tone=tone text=word title=why.unwrap_or_default()/> }
}

/// Puts `changed` in the place of the endpoint with the same id.
fn put(listing: Listing<Endpoint>, changed: Endpoint) {
    listing.items().try_update(|items| {
        if let Some(item) = items.iter_mut().find(|item| item.id == changed.id) {
            *item = changed;
        }
    });
}

/// One endpoint in the list.
#[component]
pub fn EndpointRow(
    /// The endpoint.
    endpoint: Endpoint,
    /// The list that it is in.
    listing: Listing<Endpoint>,
    /// Whether the person may change it.
    publisher: Memo<bool>,
    /// Asks before it is deleted.
    deleting: RwSignal<Option<Endpoint>>,
) -> impl IntoView {
    let href = Page::Endpoint {
        ws: endpoint.workspace_id.clone(),
        svc: endpoint.service_id.clone(),
        name: endpoint.name.clone(),
        tab: EndpointTab::default(),
    }
    .href();
    let open = href.clone();
    let customer = endpoint.customer_name.clone().unwrap_or_default();
    let at_hand = StoredValue::new(endpoint.clone());
    let label = format!("Actions for {}", endpoint.name);
    view! {
        <tr>
            <th scope="row">
                <a href=href>{endpoint.name.to_string()}</a>
            </th>
            <td class="wide muted"><span class="clip">{endpoint.description.clone()}</span></td>
            <td><span class="clip" title=customer>{customer.clone()}</span></td>
            <td class="num">{endpoint.version}</td>
            <td class="num">{limit_in_words(endpoint.throttle.max_concurrent_calls)}</td>
            <td><StateBadge state=EndpointState::of(&endpoint)/></td>
            <td class="muted"><RelativeTime time=endpoint.updated_at/></td>
            <td class="actions">
                <Menu label=label trigger=|| view! { <Icon glyph=Glyph::More/> }>
                    <MenuLink href=open.clone() glyph=Glyph::Open>{text::OPEN}</MenuLink>
                    <RowActions endpoint=at_hand.get_value() listing=listing publisher=publisher deleting=deleting/>
                </Menu>
            </td>
        </tr>
    }
}

#[component]
fn RowActions(
    endpoint: Endpoint,
    listing: Listing<Endpoint>,
    publisher: Memo<bool>,
    deleting: RwSignal<Option<Endpoint>>,
) -> impl IntoView {
    let toasts = use_toasts();
    let allowed = publisher.get_untracked();
    let siblings = listing.items().with_untracked(Vec::len);
    let blocked = if allowed {
        ""
    } else {
        text::CHANGE_NOT_ALLOWED
    };
    let undeletable = if allowed && endpoint.is_default && siblings > 1 {
        text::DEFAULT_STAYS
    } else {
        blocked
    };
    let paused = endpoint.paused;
    let doomed = endpoint.clone();
    let url = endpoint.urls.request_response.clone();
    let copy = Callback::new(move |()| {
        let url = url.clone();
        spawn_local(async move {
            if copy_text(&url).await {
                toasts.success(text::COPIED);
            } else {
                toasts.error(format!("The clipboard is not available. The URL is {url}"));
            }
        });
    });
    // Shown at once: it can be taken back. What was there returns if the server refuses.
    let toggle = Callback::new(move |()| {
        let before = endpoint.clone();
        let mut wanted = before.clone();
        wanted.paused = !paused;
        put(listing, wanted);
        spawn_local(async move {
            match pause(&before, !paused).await {
                Ok(changed) => {
                    let done = if paused {
                        "is live again"
                    } else {
                        "is paused: it refuses calls"
                    };
                    toasts.success(format!("{} {done}", changed.name));
                    put(listing, changed);
                }
                Err(error) => {
                    put(listing, before);
                    toasts.problem(&error);
                }
            }
        });
    });
    let (glyph, act) = if paused {
        (Glyph::Play, text::RESUME)
    } else {
        (Glyph::Pause, text::PAUSE)
    };
    view! {
        <MenuButton glyph=Glyph::Copy on_click=copy>{text::COPY_URL}</MenuButton>
        <div class="menu-line" role="separator"></div>
        <MenuButton glyph=glyph blocked=blocked on_click=toggle>{act}</MenuButton>
        <MenuButton
            glyph=Glyph::Trash
            danger=true
            blocked=undeletable
            on_click=Callback::new(move |()| deleting.set(Some(doomed.clone())))
        >
            {text::DELETE}
        </MenuButton>
    }
}

async fn pause(endpoint: &Endpoint, paused: bool) -> client::Answer<Endpoint> {
    let place = Place::of(endpoint);
    let now = client::endpoints::get(&place).await?;
    let body = UpdateEndpoint {
        paused: Some(paused),
        ..UpdateEndpoint::default()
    };
    let changed = client::endpoints::update(&place, &body, &now.etag).await?;
    Ok(changed.value)
}
