//! The versions of a service, newest first.

use super::model::{Verdict, changes_in_short, verdict};
use super::text;
use crate::client;
use crate::outside::use_outside;
use crate::routes::{Page, ServiceTab};
use crate::ui::choice::{For, Show};
use crate::ui::live::{memo, view};
use crate::ui::number::counted;
use crate::ui::{
    Badge, ButtonKind, EmptyState, Listing, ListingView, RelativeTime, TableFrame, Tone,
};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::service::VersionSummary;

type Ids = StoredValue<(WorkspaceId, ServiceId)>;

/// The list of versions.
#[component]
pub fn VersionsTab(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
) -> impl IntoView {
    let publisher = use_outside().publisher();
    let ids = StoredValue::new((ws, svc));
    let listing = Listing::new(move |query| {
        let (ws, svc) = ids.get_value();
        async move { client::versions::list(&ws, &svc, &query).await }
    });
    let items = listing.items();
    let newest = memo(move || items.read().first().map(|version| version.number));
    let empty = move || {
        let (ws, svc) = ids.get_value();
        let publish = Page::Publish { ws, svc: Some(svc) }.href();
        view! {
            <EmptyState title=text::NO_VERSION_TITLE text=text::NO_VERSION_TEXT>
                {publisher.then(|| view! { <a class=ButtonKind::Primary.class() href=publish>{text::PUBLISH}</a> })}
            </EmptyState>
        }
    };
    let footer = Signal::derive(move || {
        let count = u64::try_from(items.read().len()).unwrap_or_default();
        let so_far = if listing.is_complete() {
            ""
        } else {
            " loaded so far"
        };
        format!("{}{so_far}", counted(count, "version", "versions"))
    });
    view! {
        <ListingView listing=listing empty=empty>
            <TableFrame label=text::VERSIONS footer=footer>
                <thead>
                    <tr>
                        <th scope="col">{text::VERSION}</th>
                        <th scope="col" class="wide">{text::NOTES}</th>
                        <th scope="col">{text::CHANGES}</th>
                        <th scope="col">{text::CHECK}</th>
                        <th scope="col" class="num">{text::ENDPOINTS}</th>
                        <th scope="col">{text::BY}</th>
                        <th scope="col">{text::WHEN}</th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || items.get()
                        key=|version| format!("{} {}", version.number, version.endpoints)
                        let:version
                    >
                        <VersionRow version=version newest=newest ids=ids publisher=publisher/>
                    </For>
                </tbody>
            </TableFrame>
        </ListingView>
    }
}

/// The endpoints that serve a version: the ledger tells, for who may see it.
pub fn served_href(ws: WorkspaceId, svc: ServiceId, number: u32) -> String {
    let tab = ServiceTab::Ledger;
    format!("{}?version={number}", Page::Service { ws, svc, tab }.href())
}

#[component]
fn VersionRow(
    version: VersionSummary,
    newest: Memo<Option<u32>>,
    ids: Ids,
    publisher: bool,
) -> impl IntoView {
    let number = version.number;
    let (ws, svc) = ids.get_value();
    let href = Page::Version {
        ws: ws.clone(),
        svc: svc.clone(),
        number,
    }
    .href();
    let changes = match &version.difference {
        None => view! { <span class="muted">{text::FIRST}</span> },
        Some(difference) => match changes_in_short(difference) {
            (words, true) => view! { <Badge tone=Tone::Warning text=words/> },
            (words, false) => view! { <span class="muted">{words}</span> },
        },
    };
    let said = verdict(&version.parity);
    let check = match said {
        Verdict::Same => view! { <Badge tone=Tone::Good text=said.short()/> },
        Verdict::NotCompared => view! { <span class="muted">{said.short()}</span> },
        Verdict::Differs => view! { <Badge tone=Tone::Warning text=said.short()/> },
        Verdict::Failed => view! { <Badge tone=Tone::Bad text=said.short()/> },
    };
    let served = if publisher && version.endpoints > 0 {
        let label = counted(
            version.endpoints.into(),
            "endpoint serves",
            "endpoints serve",
        );
        let label = format!("{label} version {number}");
        view! { <a href=served_href(ws, svc, number) aria-label=label>{version.endpoints}</a> }
    } else {
        version.endpoints.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <a href=href>{format!("Version {number}")}</a>
                " "
                <Show when=move || newest.get() == Some(number)>
                    <Badge tone=Tone::Info text=text::NEWEST/>
                </Show>
            </th>
            <td class="wide">
                <span class="clip" title=version.notes.clone()>{version.notes.clone()}</span>
            </td>
            <td>{changes}</td>
            <td>{check}</td>
            <td class="num">{served}</td>
            <td><span class="clip" title=version.published_by.clone()>{version.published_by.clone()}</span></td>
            <td class="muted"><RelativeTime time=version.created_at/></td>
        </tr>
    }
}
