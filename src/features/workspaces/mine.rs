//! The endpoints that were granted to the signed-in person's organisations.

use super::text;
use crate::client;
use crate::features::endpoints::state::EndpointState;
use crate::features::services::{StateBadge, limit_in_words};
use crate::features::shell::PageHeader;
use crate::routes::{EndpointTab, Page};
use crate::session::use_session;
use crate::ui::choice::For;
use crate::ui::live::view;
use crate::ui::number::counted;
use crate::ui::{CopyButton, CopySource, EmptyState, Listing, ListingView, TableFrame};
use leptos::prelude::*;
use portico_api::endpoint::Endpoint;

/// *My endpoints*, a customer's start.
#[component]
pub fn MyEndpointsPage() -> impl IntoView {
    let listing = Listing::new(|query| async move { client::endpoints::mine(&query).await });
    let empty = || view! { <EmptyState title=text::MINE_NONE_TITLE text=text::MINE_NONE_TEXT/> };
    view! {
        <PageHeader title=text::MINE/>
        <ListingView listing=listing empty=empty>
            <Granted listing=listing/>
        </ListingView>
    }
}

#[component]
fn Granted(listing: Listing<Endpoint>) -> impl IntoView {
    let items = listing.items();
    let footer = Signal::derive(move || {
        let count = u64::try_from(items.read().len()).unwrap_or_default();
        counted(count, "endpoint", "endpoints")
    });
    view! {
        <TableFrame label=text::MINE footer=footer>
            <thead>
                <tr>
                    <th scope="col">{text::NAME}</th>
                    <th scope="col">{text::SERVICE}</th>
                    <th scope="col">{text::WORKSPACE}</th>
                    <th scope="col">{text::STATE}</th>
                    <th scope="col">{text::LIMIT}</th>
                    <th scope="col" class="actions">{text::COPY_URL}</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || items.get()
                    key=|endpoint| format!("{} {}", endpoint.id, endpoint.updated_at)
                    let:endpoint
                >
                    <GrantedRow endpoint=endpoint/>
                </For>
            </tbody>
        </TableFrame>
    }
}

#[component]
fn GrantedRow(endpoint: Endpoint) -> impl IntoView {
    let session = use_session();
    let workspace = untrack(|| session.me())
        .and_then(|me| {
            me.memberships
                .iter()
                .find(|place| place.workspace_id == endpoint.workspace_id)
                .map(|place| place.workspace_name.clone())
        })
        .unwrap_or_default();
    let href = Page::Endpoint {
        ws: endpoint.workspace_id.clone(),
        svc: endpoint.service_id.clone(),
        name: endpoint.name.clone(),
        tab: EndpointTab::default(),
    }
    .href();
    view! {
        <tr>
            <th scope="row"><a href=href>{endpoint.name.to_string()}</a></th>
            <td>{endpoint.service_name.clone()}</td>
            <td>{workspace}</td>
            <td><StateBadge state=EndpointState::of(&endpoint)/></td>
            <td>{limit_in_words(endpoint.throttle.max_concurrent_calls)}</td>
            <td class="actions">
                <CopyButton source=CopySource::text(endpoint.urls.request_response) label=text::COPY_URL bare=true/>
            </td>
        </tr>
    }
}
