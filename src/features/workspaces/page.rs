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
    Button, ButtonKind, CodeBlock, Dialog, EmptyState, Listing, ListingView, RelativeTime, Tab,
    TableFrame,
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
    let publishing = RwSignal::new(false);
    let publisher = {
        let ws = ws.clone();
        memo(move || session.can_publish(&ws))
    };
    let action = move || {
        view! {
            <Show when=move || publisher.get()>
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |_| publishing.set(true))>
                    {text::PUBLISH}
                </Button>
            </Show>
        }
    };
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
                    <CodeBlock code=command.get_value() label="Shell"/>
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
        <Dialog
            open=publishing
            title=text::PUBLISH
            wide=true
            on_close=Callback::new(move |()| publishing.set(false))
        >
            <div class="dialog-body">
                <p>"A package is a folder or a zip with a manifest, the ONNX files and sample rows. On the server, run:"</p>
                <CodeBlock code=command.get_value() label="Shell"/>
                <p class="muted">"A package with the name of a service becomes that service's next version. It is published only if its sample rows score as its expected results say."</p>
            </div>
            <footer class="dialog-foot">
                <Button
                    kind=ButtonKind::Primary
                    on_click=Callback::new(move |_| {
                        publishing.set(false);
                        listing.reload();
                    })
                >
                    "Done, show the list"
                </Button>
            </footer>
        </Dialog>
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
