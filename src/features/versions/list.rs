//! The versions of a service.

use super::columns::VersionDetails;
use super::text;
use crate::client;
use crate::ui::choice::{For, Show};
use crate::ui::live::{memo, view};
use crate::ui::number::counted;
use crate::ui::{Badge, EmptyState, Glyph, Icon, Listing, ListingView, RelativeTime, Tone};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::service::VersionSummary;

/// The list of versions, newest first.
#[component]
pub fn VersionsTab(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
) -> impl IntoView {
    let ids = StoredValue::new((ws, svc));
    let listing = Listing::new(move |query| {
        let (ws, svc) = ids.get_value();
        async move { client::versions::list(&ws, &svc, &query).await }
    });
    let items = listing.items();
    let newest = memo(move || items.read().first().map(|version| version.number));
    let empty = || view! { <EmptyState title=text::NO_VERSION_TITLE text=text::NO_VERSION_TEXT/> };
    view! {
        <ListingView listing=listing empty=empty>
            <ol class="versions">
                <For
                    each=move || items.get()
                    key=|version| format!("{} {}", version.number, version.endpoints)
                    let:version
                >
                    <VersionItem version=version newest=newest ids=ids/>
                </For>
            </ol>
        </ListingView>
    }
}

#[component]
fn VersionItem(
    version: VersionSummary,
    newest: Memo<Option<u32>>,
    ids: StoredValue<(WorkspaceId, ServiceId)>,
) -> impl IntoView {
    let number = version.number;
    // The newest one stands open: it is the one that people look for.
    let open = RwSignal::new(newest.get_untracked() == Some(number));
    let details = crate::ui::FieldIds::new().input;
    let controls = details.clone();
    view! {
        <li class="version">
            <div class="version-head">
                <h2 class="version-number">{format!("Version {number}")}</h2>
                <Show when=move || newest.get() == Some(number)>
                    <Badge tone=Tone::Info text=text::NEWEST/>
                </Show>
                <p class="muted">
                    "Published by " {version.published_by} ", " <RelativeTime time=version.created_at/>
                    ". Served by " {counted(version.endpoints.into(), "endpoint", "endpoints")} "."
                </p>
                <button
                    type="button"
                    class="button button-quiet fold"
                    aria-expanded=move || if open.get() { "true" } else { "false" }
                    aria-controls=controls
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    <Icon glyph=Glyph::ChevronRight/>
                    <span>{text::SCHEMA}</span>
                </button>
            </div>
            {(!version.notes.is_empty()).then(|| view! { <p class="version-notes">{version.notes}</p> })}
            <div id=details>
                <Show when=move || open.get()>
                    {move || {
                        let (ws, svc) = ids.get_value();
                        view! { <VersionDetails ws=ws svc=svc number=number/> }
                    }}
                </Show>
            </div>
        </li>
    }
}
