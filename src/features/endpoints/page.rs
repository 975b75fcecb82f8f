//! The page of one endpoint: its head with its state, and the tabs.

use super::batch::Batch;
use super::configure::Configure;
use super::state::EndpointState;
use crate::client::endpoints::Place;
use crate::client::{self, Versioned};
use crate::features::consume::Consume;
use crate::features::keys::Keys;
use crate::features::later::Later;
use crate::features::shell::{PageError, PageHeader, use_scope};
use crate::features::tryit::TryIt;
use crate::routes::{EndpointTab, Page};
use crate::session::use_session;
use crate::ui::live::{live, memo, view};
use crate::ui::resource::Resource;
use crate::ui::toast::use_toasts;
use crate::ui::{Badge, Button, CopyButton, CopySource, RelativeTime, Skeleton, Tab, Tone};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::{Endpoint, Quarantine};
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_api::throttle::HIGH_MAX;
use portico_api::workspace::RevealPolicy;

/// The page of one endpoint.
#[component]
pub fn EndpointPage(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
    /// The endpoint.
    name: EndpointName,
    /// What of it is shown.
    tab: Signal<EndpointTab>,
) -> impl IntoView {
    let place = Place { ws, svc, name };
    let wanted = place.clone();
    let resource = Resource::new(move || {
        let place = wanted.clone();
        async move { client::endpoints::get(&place).await }
    });
    live(move || match resource.get() {
        None => view! {
            <PageHeader title="" tabs=tabs(&place, tab)/>
            <Skeleton lines=8/>
        }
        .into_any(),
        Some(Ok(loaded)) => {
            view! { <EndpointView loaded=loaded place=place.clone() tab=tab/> }.into_any()
        }
        Some(Err(error)) => {
            let retry = Callback::new(move |()| resource.refetch());
            view! { <PageError error=error retry=retry/> }.into_any()
        }
    })
}

fn tabs(place: &Place, tab: Signal<EndpointTab>) -> Vec<Tab> {
    EndpointTab::ALL
        .into_iter()
        .map(|this| Tab {
            href: Page::Endpoint {
                ws: place.ws.clone(),
                svc: place.svc.clone(),
                name: place.name.clone(),
                tab: this,
            }
            .href(),
            label: match this {
                EndpointTab::Configure => "Configure",
                EndpointTab::Keys => "Keys",
                EndpointTab::Consume => "Consume",
                EndpointTab::Test => "Test",
                EndpointTab::Batch => "Batch",
                EndpointTab::Models => "Models",
            },
            current: Signal::derive(move || tab.get() == this),
        })
        .collect()
}

/// What of the workspace and the service the tabs need to know.
#[derive(Clone, Copy, PartialEq)]
struct Around {
    cap: u32,
    policy: RevealPolicy,
    latency_ms: Option<f64>,
    siblings: Option<u32>,
}

#[component]
fn EndpointView(
    loaded: Versioned<Endpoint>,
    place: Place,
    tab: Signal<EndpointTab>,
) -> impl IntoView {
    let title = loaded.value.name.to_string();
    let endpoint = RwSignal::new(loaded);
    let url = Signal::derive(move || endpoint.read().value.urls.request_response.clone());
    let state = memo(move || EndpointState::of(&endpoint.read().value));
    let badge = move || {
        let state = state.get();
        let tone = match state {
            EndpointState::Live => Tone::Good,
            EndpointState::Paused => Tone::Warning,
            EndpointState::Quarantined { .. } => Tone::Bad,
        };
        view! { <Badge tone=tone text=state.word()/> }
    };
    let session = use_session();
    let ws = place.ws.clone();
    let blocked = memo(move || {
        if session.can_publish(&ws) {
            String::new()
        } else {
            "Only publishers and owners of the workspace can do this".to_owned()
        }
    });
    let scope = use_scope();
    let around = memo(move || {
        let (workspace, service) = (scope.workspace()?.ok(), scope.service()?.ok());
        Some(Around {
            cap: workspace
                .as_ref()
                .map_or(HIGH_MAX, |w| w.max_concurrent_calls_cap),
            policy: workspace
                .as_ref()
                .map_or(RevealPolicy::AnyTime, |w| w.reveal_policy),
            latency_ms: service.as_ref().and_then(|s| s.latency_ms),
            siblings: service.as_ref().map(|s| s.endpoints),
        })
    });
    let reload = {
        let place = place.clone();
        Callback::new(move |()| {
            let place = place.clone();
            spawn_local(async move {
                if let Ok(now) = client::endpoints::get(&place).await {
                    endpoint.try_update(|held| {
                        if !now.is_older_than(held) {
                            *held = now;
                        }
                    });
                }
            });
        })
    };
    let body = move || {
        let with = |show: &dyn Fn(Around) -> AnyView| match around.get() {
            Some(around) => show(around),
            None => view! { <Skeleton lines=8/> },
        };
        match tab.get() {
            EndpointTab::Configure => with(&|around| {
                view! {
                    <Configure
                        endpoint=endpoint
                        cap=around.cap
                        latency_ms=around.latency_ms
                        siblings=around.siblings
                        blocked=blocked
                    />
                }
            }),
            EndpointTab::Keys => {
                with(&|around| view! { <Keys place=place.clone() policy=around.policy/> })
            }
            EndpointTab::Consume => with(&|_| view! { <Consume endpoint=endpoint/> }),
            EndpointTab::Test => with(&|_| view! { <TryIt endpoint=endpoint/> }),
            EndpointTab::Batch => with(&|_| view! { <Batch place=place.clone()/> }),
            // It needs nothing of what is around, and stays when that is loaded anew.
            tab @ EndpointTab::Models => {
                let Place { ws, svc, name } = place.clone();
                let page = Page::Endpoint { ws, svc, name, tab };
                view! { <Later page=page on_outdated=reload/> }
            }
        }
    };
    let heads = {
        let endpoint = endpoint.read_untracked();
        tabs(&Place::of(&endpoint.value), tab)
    };
    view! {
        <PageHeader
            title=title
            description=Signal::derive(move || endpoint.read().value.description.clone())
            beside=move || view! { {live(badge)} }
            action=move || view! { <CopyButton source=CopySource::signal(url) label="Copy URL"/> }
            tabs=heads
        />
        {move || match state.get() {
            EndpointState::Quarantined { model, quarantine } => Some(view! {
                <QuarantineNotice endpoint=endpoint model=model quarantine=quarantine blocked=blocked/>
            }),
            _ => None,
        }}
        {live(body)}
    }
}

/// Says that a model does not run, since when and why, and lets it run again.
#[component]
fn QuarantineNotice(
    endpoint: RwSignal<Versioned<Endpoint>>,
    model: String,
    quarantine: Quarantine,
    #[prop(into)] blocked: Signal<String>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let toasts = use_toasts();
    let release = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let place = Place::of(&endpoint.read_untracked().value);
        spawn_local(async move {
            match client::endpoints::release(&place).await {
                Ok(released) => {
                    endpoint.try_set(released);
                    toasts.success("The model runs again.");
                }
                Err(error) => toasts.problem(&error),
            }
            busy.try_set(false);
        });
    };
    view! {
        <section class="notice quarantine tone-bad" aria-label="Quarantine">
            <div>
                <p class="notice-title">
                    "Model " <strong>{model}</strong> " was quarantined " <RelativeTime time=quarantine.since/> "."
                </p>
                <p>{quarantine.reason} " Calls that need it are refused meanwhile."</p>
            </div>
            <Button busy=busy blocked=blocked on_click=Callback::new(release)>"Let it run again"</Button>
        </section>
    }
}
