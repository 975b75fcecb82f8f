//! One workspace and its web services.

use super::text;
use crate::client;
use crate::features::shell::{PageError, PageHeader, use_scope};
use crate::routes::{Page, ServiceTab, WorkspaceTab};
use crate::session::use_session;
use crate::ui::choice::{For, Show};
use crate::ui::live::{live, memo, view};
use crate::ui::number::{counted, grouped, millis};
use crate::ui::{
    ButtonKind, CodeBlock, EmptyState, Listing, ListingView, RelativeTime, Tab, TableFrame,
};
use leptos::prelude::*;
use portico_api::id::WorkspaceId;
use portico_api::service::Service;

/// One workspace.
#[component]
pub fn WorkspacePage(
    /// Which one.
    ws: WorkspaceId,
) -> impl IntoView {
    let scope = use_scope();
    let failure = memo(move || scope.workspace().and_then(Result::err));
    let ws = StoredValue::new(ws);
    live(move || match failure.get() {
        Some(error) => {
            let retry = Callback::new(move |()| scope.reload());
            view! { <PageError error=error retry=retry/> }.into_any()
        }
        None => view! { <WorkspaceView ws=ws.get_value()/> }.into_any(),
    })
}

#[component]
fn WorkspaceView(ws: WorkspaceId) -> impl IntoView {
    let scope = use_scope();
    let session = use_session();
    let loaded = move || scope.workspace().and_then(Result::ok);
    let title =
        Signal::derive(move || loaded().map(|workspace| workspace.name).unwrap_or_default());
    let description = Signal::derive(move || {
        loaded()
            .map(|workspace| workspace.description)
            .unwrap_or_default()
    });
    let publisher = {
        let ws = ws.clone();
        memo(move || session.can_publish(&ws))
    };
    let publish = Page::Publish {
        ws: ws.clone(),
        svc: None,
    };
    let publish = StoredValue::new(publish.href());
    let link = move || view! { <a class=ButtonKind::Primary.class() href=publish.get_value()>{text::PUBLISH}</a> };
    let action = move || view! { <Show when=move || publisher.get()>{link()}</Show> };
    let tab = Tab {
        href: Page::Workspace {
            ws: ws.clone(),
            tab: WorkspaceTab::Services,
        }
        .href(),
        label: text::SERVICES,
        current: Signal::stored(true),
    };
    let command = StoredValue::new(format!("portico import DIR --workspace {ws}"));
    let listing = Listing::new(move |query| {
        let ws = ws.clone();
        async move { client::services::list(&ws, &query).await }
    });
    let empty = move || {
        if publisher.get() {
            view! {
                <EmptyState title=text::NO_SERVICE_TITLE text=text::NO_SERVICE_TEXT>
                    <div class="stack">
                        <p>{link()}</p>
                        <CodeBlock code=command.get_value() label=text::SHELL/>
                    </div>
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <EmptyState title=text::NO_SERVICE_TITLE text=text::NO_SERVICE_OTHERS/> }
                .into_any()
        }
    };
    view! {
        <PageHeader title=title description=description action=action tabs=vec![tab]/>
        <ListingView listing=listing empty=empty>
            <Services listing=listing/>
        </ListingView>
    }
}

#[component]
fn Services(listing: Listing<Service>) -> impl IntoView {
    let items = listing.items();
    let footer = Signal::derive(move || {
        let count = u64::try_from(items.read().len()).unwrap_or_default();
        counted(count, "web service", "web services")
    });
    view! {
        <TableFrame label=text::SERVICES footer=footer>
            <thead>
                <tr>
                    <th scope="col">{text::NAME}</th>
                    <th scope="col" class="wide">{text::DESCRIPTION}</th>
                    <th scope="col" class="num">{text::VERSION}</th>
                    <th scope="col" class="num">{text::ENDPOINTS}</th>
                    <th scope="col" class="num" title=text::LATENCY_MORE>{text::LATENCY}</th>
                    <th scope="col">{text::UPDATED}</th>
                </tr>
            </thead>
            <tbody>
                <For
                    each=move || items.get()
                    key=|service| format!("{} {} {}", service.id, service.updated_at, service.endpoints)
                    let:service
                >
                    <ServiceRow service=service/>
                </For>
            </tbody>
        </TableFrame>
    }
}

#[component]
fn ServiceRow(service: Service) -> impl IntoView {
    let href = Page::Service {
        ws: service.workspace_id,
        svc: service.id,
        tab: ServiceTab::default(),
    }
    .href();
    let latency = match service.latency_ms {
        Some(ms) => millis(ms).into_any(),
        None => view! { <span class="muted">{text::NO_CALLS}</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=href>{service.name}</a></th>
            <td class="wide muted"><span class="clip">{service.description}</span></td>
            <td class="num">{service.newest_version}</td>
            <td class="num">{grouped(service.endpoints.into())}</td>
            <td class="num">{latency}</td>
            <td class="muted"><RelativeTime time=service.updated_at/></td>
        </tr>
    }
}
