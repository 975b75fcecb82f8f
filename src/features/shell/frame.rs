//! The frame of the signed-in portal: bar on top, page below.

use super::account_menu::{AccountMenu, Mark};
use super::announce::Announcer;
use super::crumbs::Crumbs;
use super::offline::OfflineBar;
use super::scope::Scope;
use super::text;
use crate::features::account::step_up::{StepUp, StepUpDialog};
use crate::routes::Page;
use crate::ui::live::{memo, view};
use leptos::html;
use leptos::prelude::*;

/// The frame. It makes the scope, the announcer and the step-up that pages use.
#[component]
pub fn Shell(
    /// The page of the address.
    page: Memo<Option<Page>>,
    /// The page's view.
    children: Children,
) -> impl IntoView {
    let place = memo(move || page.with(|page| page.as_ref().map(Page::without_tab)));
    let announcer = Announcer::new(place);
    provide_context(announcer);
    provide_context(Scope::new(page));
    provide_context(StepUp::new());
    let main = NodeRef::<html::Main>::new();
    view! {
        <a
            class="skip-link"
            href="#main"
            on:click=move |event| {
                // The router would take the link for a new address.
                event.prevent_default();
                if let Some(main) = main.get_untracked() {
                    let _ = main.focus();
                }
            }
        >
            {text::SKIP}
        </a>
        <header class="bar">
            <a class="bar-home" href=Page::Home.href() aria-label=text::HOME>
                <Mark/>
                <span>{text::PRODUCT}</span>
            </a>
            <Crumbs/>
            <AccountMenu/>
        </header>
        <OfflineBar/>
        <main node_ref=main id="main" class="page" tabindex="-1">{children()}</main>
        <div class="visually-hidden" role="status">{move || announcer.text()}</div>
        <StepUpDialog/>
    }
}
