//! Tabs as links: each has an address, the browser's Back and a middle click work.

use super::live::view;
use leptos::prelude::*;

/// A tab.
#[derive(Clone)]
pub struct Tab {
    /// Where it leads.
    pub href: String,
    /// Its text.
    pub label: &'static str,
    /// Whether it is shown now.
    pub current: Signal<bool>,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// What the tabs are of, for screen readers.
    #[prop(into)]
    label: String,
    /// The tabs, in order.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let items = tabs
        .into_iter()
        .map(|tab| {
            let current = tab.current;
            view! {
                <li>
                    <a class="tab" href=tab.href aria-current=move || current.get().then_some("page")>
                        {tab.label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{items}</ul>
        </nav>
    }
}
