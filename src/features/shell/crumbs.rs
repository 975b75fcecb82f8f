//! Breadcrumbs: where the person is, with the siblings of each level a click away.

use super::scope::use_scope;
use super::text;
use crate::client::{self, Answer};
use crate::routes::{EndpointTab, Page, ServiceTab, WorkspaceTab};
use crate::ui::live::{live, view};
use crate::ui::resource::Resource;
use crate::ui::{Glyph, Icon, Menu, MenuLink};
use leptos::prelude::*;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_api::page::{PAGE_SIZE_MAX, PageQuery};

/// A sibling in a switcher.
#[derive(Clone, PartialEq)]
struct Sibling {
    text: String,
    href: String,
    current: bool,
}

/// What a switcher lists: the first page is enough to switch, the whole list is one level up.
fn whole_page() -> PageQuery {
    PageQuery {
        page_size: Some(PAGE_SIZE_MAX),
        page_token: None,
    }
}

async fn workspaces(current: WorkspaceId) -> Answer<Vec<Sibling>> {
    let page = client::workspaces::list(&whole_page()).await?;
    Ok(page
        .items
        .into_iter()
        .map(|workspace| Sibling {
            text: workspace.name,
            current: workspace.id == current,
            href: Page::Workspace {
                ws: workspace.id,
                tab: WorkspaceTab::default(),
            }
            .href(),
        })
        .collect())
}

async fn services(ws: WorkspaceId, current: ServiceId) -> Answer<Vec<Sibling>> {
    let page = client::services::list(&ws, &whole_page()).await?;
    Ok(page
        .items
        .into_iter()
        .map(|service| Sibling {
            text: service.name,
            current: service.id == current,
            href: Page::Service {
                ws: ws.clone(),
                svc: service.id,
                tab: ServiceTab::default(),
            }
            .href(),
        })
        .collect())
}

async fn endpoints(
    ws: WorkspaceId,
    svc: ServiceId,
    current: String,
    tab: EndpointTab,
) -> Answer<Vec<Sibling>> {
    let page = client::endpoints::list(&ws, &svc, &whole_page()).await?;
    Ok(page
        .items
        .into_iter()
        .map(|endpoint| Sibling {
            text: endpoint.name.to_string(),
            current: endpoint.name.as_str() == current,
            href: Page::Endpoint {
                ws: ws.clone(),
                svc: svc.clone(),
                name: endpoint.name,
                tab,
            }
            .href(),
        })
        .collect())
}

/// A switcher; the list is asked for when it opens.
#[component]
fn Switcher<F, Fut>(
    /// What can be switched.
    label: &'static str,
    /// Asks for the siblings.
    load: F,
) -> impl IntoView
where
    F: Fn() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Answer<Vec<Sibling>>> + 'static,
{
    view! {
        <Menu
            label=label
            class="button button-quiet icon-button crumb-switch"
            trigger=|| view! { <Icon glyph=Glyph::ChevronDown/> }
        >
            <Siblings load=load.clone()/>
        </Menu>
    }
}

#[component]
fn Siblings<F, Fut>(load: F) -> impl IntoView
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Answer<Vec<Sibling>>> + 'static,
{
    let list = Resource::new(load);
    live(move || {
        match list.get() {
        None => view! { <p class="menu-note" role="menuitem" aria-disabled="true" tabindex="-1">{text::LOADING}</p> }.into_any(),
        Some(Err(error)) => {
            view! { <p class="menu-note" role="menuitem" aria-disabled="true" tabindex="-1">{error.in_words()}</p> }.into_any()
        }
        Some(Ok(siblings)) => siblings
            .into_iter()
            .map(|Sibling { text, href, current }| {
                view! { <MenuLink href=href current=current>{text}</MenuLink> }
            })
            .collect_view()
            .into_any(),
    }
    })
}

/// One level.
#[component]
fn Crumb(
    /// Where it leads.
    href: String,
    /// Its text; empty while it is on its way.
    #[prop(into)]
    text: Signal<String>,
    /// Whether it is the page itself.
    here: bool,
    /// The switcher beside it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <li class="crumb">
            <a href=href aria-current=here.then_some("page")>
                {move || {
                    let text = text.get();
                    if text.is_empty() {
                        view! { <span class="crumb-waiting" aria-hidden="true"></span> <span class="visually-hidden">{text::LOADING}</span> }.into_any()
                    } else {
                        text.into_any()
                    }
                }}
            </a>
            {children.map(|children| children())}
        </li>
    }
}

/// The breadcrumbs of the page.
#[component]
pub fn Crumbs() -> impl IntoView {
    let scope = use_scope();
    let workspace_name = Signal::derive(move || match scope.workspace() {
        Some(Ok(workspace)) => workspace.name,
        Some(Err(_)) => text::WORKSPACE.to_owned(),
        None => String::new(),
    });
    let service_name = Signal::derive(move || match scope.service() {
        Some(Ok(service)) => service.name,
        Some(Err(_)) => text::SERVICE.to_owned(),
        None => String::new(),
    });
    let workspace = move |ws: WorkspaceId, here| {
        let href = Page::Workspace {
            ws: ws.clone(),
            tab: WorkspaceTab::default(),
        }
        .href();
        view! {
            <Crumb href=href text=workspace_name here=here>
                <Switcher label=text::SWITCH_WORKSPACE load=move || workspaces(ws.clone())/>
            </Crumb>
        }
    };
    let service = move |ws: WorkspaceId, svc: ServiceId, here| {
        let href = Page::Service {
            ws: ws.clone(),
            svc: svc.clone(),
            tab: ServiceTab::default(),
        }
        .href();
        view! {
            <Crumb href=href text=service_name here=here>
                <Switcher label=text::SWITCH_SERVICE load=move || services(ws.clone(), svc.clone())/>
            </Crumb>
        }
    };
    let endpoint = move |ws: WorkspaceId, svc: ServiceId, name: EndpointName, tab, here| {
        let href = Page::Endpoint {
            ws: ws.clone(),
            svc: svc.clone(),
            name: name.clone(),
            tab: EndpointTab::default(),
        }
        .href();
        let text = name.to_string();
        view! {
            <Crumb href=href text=text.clone() here=here>
                <Switcher label=text::SWITCH_ENDPOINT load=move || endpoints(ws.clone(), svc.clone(), text.clone(), tab)/>
            </Crumb>
        }
    };
    let levels = move || {
        let page = scope.page()?;
        let ws = page.workspace()?.clone();
        let svc = page.service().cloned();
        let last = match page {
            Page::Endpoint { name, tab, .. } => Some((name, tab, true)),
            Page::Rollout { name, .. } => Some((name, EndpointTab::default(), false)),
            Page::Workspace { .. } => return Some(workspace(ws, true)),
            Page::Service { ws, svc, .. } => {
                return Some(view! { {workspace(ws.clone(), false)} {service(ws, svc, true)} });
            }
            _ => None,
        };
        Some(view! {
            {workspace(ws.clone(), false)}
            {svc.clone().map(|svc| service(ws.clone(), svc, false))}
            {svc.zip(last).map(|(svc, (name, tab, here))| endpoint(ws, svc, name, tab, here))}
        })
    };
    view! {
        <nav class="crumbs" aria-label=text::BREADCRUMBS>
            <ol>{live(levels)}</ol>
        </nav>
    }
}
