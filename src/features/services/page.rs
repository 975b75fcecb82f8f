//! The page of one web service.

use super::endpoints::EndpointsTab;
use super::text;
use crate::features::later::Later;
use crate::features::shell::{NotFoundPage, PageError, PageHeader, use_scope};
use crate::routes::{Page, ServiceTab};
use crate::session::use_session;
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use crate::ui::{Button, ButtonKind, Glyph, Tab};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use portico_api::id::{ServiceId, WorkspaceId};

/// One web service.
#[component]
pub fn ServicePage(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
    /// What of it is shown.
    tab: Signal<ServiceTab>,
) -> impl IntoView {
    let scope = use_scope();
    let failure = memo(move || {
        let service = scope.service().and_then(Result::err);
        service.or_else(|| scope.workspace().and_then(Result::err))
    });
    let session = use_session();
    let ids = StoredValue::new((ws, svc));
    // To others than publishers the ledger is not there, as its data is not.
    let hidden = memo(move || {
        let publisher = ids.with_value(|(ws, _)| session.can_publish(ws));
        tab.get() == ServiceTab::Ledger && !publisher
    });
    live(move || match failure.get() {
        None if hidden.get() => view! { <NotFoundPage/> },
        Some(error) => {
            let retry = Callback::new(move |()| scope.reload());
            view! { <PageError error=error retry=retry/> }.into_any()
        }
        None => {
            let (ws, svc) = ids.get_value();
            view! { <ServiceView ws=ws svc=svc tab=tab/> }.into_any()
        }
    })
}

#[component]
fn ServiceView(ws: WorkspaceId, svc: ServiceId, tab: Signal<ServiceTab>) -> impl IntoView {
    let scope = use_scope();
    let session = use_session();
    let loaded = move || scope.service().and_then(Result::ok);
    let title = Signal::derive(move || loaded().map(|service| service.name).unwrap_or_default());
    let description = Signal::derive(move || {
        loaded()
            .map(|service| service.description)
            .unwrap_or_default()
    });
    let publisher = {
        let ws = ws.clone();
        memo(move || session.can_publish(&ws))
    };
    // A link can open the dialog. The route's own query, which `use_query_map` answers, is that of the page
    // before: the router keeps it for all paths of one route.
    let query = use_location().query;
    let adding = RwSignal::new(query.read_untracked().get("add").as_deref() == Some("1"));
    let blocked = Signal::derive(move || {
        if publisher.get() {
            String::new()
        } else {
            text::ADD_NOT_ALLOWED.to_owned()
        }
    });
    let many = Page::Many {
        ws: ws.clone(),
        svc: svc.clone(),
    };
    let many = StoredValue::new(many.href());
    let publish = Page::Publish {
        ws: ws.clone(),
        svc: Some(svc.clone()),
    };
    let publish = StoredValue::new(publish.href());
    // On the list of endpoints an endpoint is the next thing to add, elsewhere a version is.
    let adds_endpoints = memo(move || tab.get() == ServiceTab::Endpoints);
    let links = move || {
        let (many, kind) = if adds_endpoints.get() {
            (Some(many.get_value()), ButtonKind::Plain)
        } else {
            (None, ButtonKind::Primary)
        };
        publisher.get().then(|| {
            view! {
                <a class=kind.class() href=publish.get_value()>{text::PUBLISH}</a>
                {many.map(|href| view! { <a class=ButtonKind::Plain.class() href=href>{text::ADD_MANY}</a> })}
            }
        })
    };
    let action = move || {
        view! {
            <div class="row">
                {live(links)}
                <Show when=move || adds_endpoints.get()>
                    <Button
                        kind=ButtonKind::Primary
                        glyph=Glyph::Plus
                        blocked=blocked
                        on_click=Callback::new(move |_| adding.set(true))
                    >
                        {text::ADD}
                    </Button>
                </Show>
            </div>
        }
    };
    let may = publisher.get_untracked();
    let tabs = ServiceTab::ALL
        .into_iter()
        .filter(|this| may || *this != ServiceTab::Ledger)
        .map(|this| Tab {
            href: Page::Service {
                ws: ws.clone(),
                svc: svc.clone(),
                tab: this,
            }
            .href(),
            label: match this {
                ServiceTab::Endpoints => text::ENDPOINTS,
                ServiceTab::Versions => text::VERSIONS,
                ServiceTab::Ledger => text::LEDGER,
            },
            current: Signal::derive(move || tab.get() == this),
        })
        .collect();
    let ids = StoredValue::new((ws, svc));
    let shown = memo(move || tab.get());
    view! {
        <PageHeader title=title description=description action=action tabs=tabs/>
        {move || {
            let (ws, svc) = ids.get_value();
            match shown.get() {
                ServiceTab::Endpoints => {
                    view! { <EndpointsTab ws=ws svc=svc adding=adding publisher=publisher/> }.into_any()
                }
                tab => view! { <Later page=Page::Service { ws, svc, tab }/> }.into_any(),
            }
        }}
    }
}
