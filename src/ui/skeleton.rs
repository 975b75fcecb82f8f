//! What stands in while something loads: at its final size, seen only after 150 ms.

use super::live::view;
use leptos::prelude::*;

/// Lines of text that are on their way.
#[component]
pub fn Skeleton(
    /// How many lines.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading"</span>
            {(0..lines).map(|_| view! { <div class="skeleton-line" aria-hidden="true"></div> }).collect_view()}
        </div>
    }
}

/// A table that is on its way.
#[component]
pub fn TableSkeleton(
    /// How many rows.
    #[prop(default = 5)]
    rows: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton skeleton-table" role="status">
            <span class="visually-hidden">"Loading"</span>
            <div class="skeleton-head" aria-hidden="true"></div>
            {(0..rows).map(|_| view! { <div class="skeleton-row" aria-hidden="true"></div> }).collect_view()}
        </div>
    }
}
