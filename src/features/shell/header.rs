//! The head of a page: title, what it is, one primary action, tabs.

use super::announce::Announcer;
use super::text;
use crate::ui::choice::Show;
use crate::ui::live::{effect, view};
use crate::ui::{Tab, Tabs};
use leptos::html;
use leptos::prelude::*;

/// The head of a page. An empty title is one that is on its way.
#[component]
pub fn PageHeader(
    /// The page's title.
    #[prop(into)]
    title: Signal<String>,
    /// A sentence about it.
    #[prop(optional, into)]
    description: Signal<String>,
    /// What stands beside the title, such as a state.
    #[prop(optional, into)]
    beside: ViewFn,
    /// The page's primary action.
    #[prop(optional, into)]
    action: ViewFn,
    /// The page's tabs.
    #[prop(optional)]
    tabs: Vec<Tab>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let announcer = use_context::<Announcer>();
    effect(move || {
        let title = title.get();
        if let (Some(announcer), false, true) =
            (announcer, title.is_empty(), heading.get().is_some())
        {
            announcer.heading(&title, heading);
        }
    });
    let has_description = move || !description.read().is_empty();
    view! {
        <header class="page-head">
            <div class="page-head-row">
                <div class="page-title">
                    <h1 node_ref=heading tabindex="-1">
                        {move || {
                            let title = title.get();
                            if title.is_empty() {
                                view! { <span class="title-waiting" aria-hidden="true"></span> }.into_any()
                            } else {
                                title.into_any()
                            }
                        }}
                    </h1>
                    {move || beside.run()}
                </div>
                <div class="page-action">{move || action.run()}</div>
            </div>
            <Show when=has_description>
                <p class="page-description">{description}</p>
            </Show>
            {(!tabs.is_empty()).then(|| view! { <Tabs label=text::TABS tabs=tabs/> })}
        </header>
    }
}
