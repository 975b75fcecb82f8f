//! The frame around a table: its own scroller, so that the page never scrolls sideways.

use super::live::view;
use leptos::prelude::*;

/// A table in its scroller. Children are `<thead>` and `<tbody>`. Classes for cells: `num` (right,
/// tabular figures), `mono`, `actions` (the row menu at the end), `wide` (takes the room left),
/// `muted`.
#[component]
pub fn TableFrame(
    /// What the table lists; its caption for screen readers.
    #[prop(into)]
    label: String,
    /// What stands under it, such as the count.
    #[prop(optional, into)]
    footer: Signal<String>,
    /// Whether it can be longer than the window: its head then stays in view. Such a table must fit
    /// a page of 1000 pixels.
    #[prop(optional)]
    tall: bool,
    /// Head and body.
    children: Children,
) -> impl IntoView {
    let region = label.clone();
    view! {
        <div class="table-frame" class:table-tall=tall>
            <div class="table-scroller" role="region" tabindex="0" aria-label=region>
                <table class="table">
                    <caption class="visually-hidden">{label}</caption>
                    {children()}
                </table>
            </div>
            {move || {
                let footer = footer.get();
                (!footer.is_empty()).then(|| view! { <p class="table-foot">{footer}</p> })
            }}
        </div>
    }
}
