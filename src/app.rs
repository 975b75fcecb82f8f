//! The root: what lives as long as the portal, and which page is shown.

use crate::features::account::link::Link;
use crate::features::endpoints::EndpointPage;
use crate::features::later::LaterPage;
use crate::features::services::ServicePage;
use crate::features::setup::SetupPage;
use crate::features::shell::{NotFoundPage, Shell, StartPage};
use crate::features::signin::SignInPage;
use crate::features::workspaces::{HomePage, WorkspacePage, WorkspacesPage};
use crate::routes::{EndpointTab, Page, ServiceTab};
use crate::session::{Session, SessionState, use_session};
use crate::ui::ToastHost;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::time::Clock;
use crate::ui::toast::Toasts;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::WildcardSegment;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::{use_location, use_navigate};

/// The portal.
#[component]
pub fn App(
    /// The token of a one-time link, taken out of the address before anything else saw it.
    token: Option<String>,
) -> impl IntoView {
    let session = Session::new();
    provide_context(session);
    provide_context(Toasts::new());
    provide_context(Clock::start());
    provide_context(Link::new(token));
    session.load();
    // One route for all: which page an address is, and whether it is one, is decided by the typed
    // routes alone.
    view! {
        <Router>
            <FlatRoutes fallback=|| ()>
                <Route path=WildcardSegment("page") view=Root/>
            </FlatRoutes>
        </Router>
        <ToastHost/>
    }
}

/// What is shown for the session and the address.
#[derive(Clone, PartialEq)]
enum View {
    /// Nobody knows yet who is signed in, or why the server can't say.
    Start,
    Setup,
    SignIn,
    Portal,
}

#[component]
fn Root() -> impl IntoView {
    let session = use_session();
    let link = expect_context::<Link>();
    let path = use_location().pathname;
    let page = memo(move || Page::parse(&path.read()));
    let view = memo(move || match (session.state(), page.get()) {
        (_, Some(Page::Setup)) => View::Setup,
        (_, Some(Page::SignIn)) if link.is_open() => View::SignIn,
        (SessionState::SignedOut, _) => View::SignIn,
        (SessionState::SignedIn(_), _) => View::Portal,
        (SessionState::Unknown | SessionState::Failed(_), _) => View::Start,
    });
    let navigate = use_navigate();
    effect(move || {
        if view.get() == View::Portal && page.get() == Some(Page::SignIn) {
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate(&Page::Home.href(), options);
        }
    });
    live(move || match view.get() {
        View::Start => view! { <StartPage/> }.into_any(),
        View::Setup => view! { <SetupPage/> }.into_any(),
        View::SignIn => view! { <SignInPage/> }.into_any(),
        View::Portal => view! { <Shell page=page><PortalPage page=page/></Shell> }.into_any(),
    })
}

/// The page of the address, for who is signed in. A page is made anew when its object changes, not
/// when its tab does.
#[component]
fn PortalPage(page: Memo<Option<Page>>) -> impl IntoView {
    let place = memo(move || page.with(|page| page.as_ref().map(Page::without_tab)));
    let service_tab = Signal::derive(move || match page.get() {
        Some(Page::Service { tab, .. }) => tab,
        _ => ServiceTab::default(),
    });
    let endpoint_tab = Signal::derive(move || match page.get() {
        Some(Page::Endpoint { tab, .. }) => tab,
        _ => EndpointTab::default(),
    });
    live(move || match place.get() {
        Some(Page::Home) => view! { <HomePage/> }.into_any(),
        Some(Page::Workspaces) => view! { <WorkspacesPage/> }.into_any(),
        Some(Page::Workspace { ws, .. }) => view! { <WorkspacePage ws=ws/> }.into_any(),
        Some(Page::Service { ws, svc, .. }) => {
            view! { <ServicePage ws=ws svc=svc tab=service_tab/> }.into_any()
        }
        Some(Page::Endpoint { ws, svc, name, .. }) => {
            view! { <EndpointPage ws=ws svc=svc name=name tab=endpoint_tab/> }.into_any()
        }
        Some(
            page @ (Page::Publish { .. }
            | Page::Version { .. }
            | Page::Many { .. }
            | Page::Rollout { .. }),
        ) => view! { <LaterPage page=page/> }.into_any(),
        // These are shown without the shell, or lead on at once.
        Some(Page::Setup | Page::SignIn) => ().into_any(),
        None => view! { <NotFoundPage/> }.into_any(),
    })
}
