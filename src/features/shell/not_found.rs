//! What is shown where nothing is, or nothing for this person: the text is the same.

use super::header::PageHeader;
use crate::client::ClientError;
use crate::routes::Page;
use crate::ui::{ButtonKind, ErrorPanel};
use leptos::prelude::*;
use portico_api::problem::Code;

/// There is nothing here, or nothing for this person.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <PageHeader title="Not found"/>
        <div class="empty">
            <p class="empty-title">"There is nothing at this address"</p>
            <p class="empty-text">
                "It may have been deleted, or it may belong to someone else. Check the address, or go back to the start."
            </p>
            <div class="empty-action">
                <a class=ButtonKind::Primary.class() href=Page::Home.href()>"Go to the start"</a>
            </div>
        </div>
    }
}

/// What is shown in place of a page that could not be loaded.
#[component]
pub fn PageError(
    /// Why not.
    error: ClientError,
    /// Tries again.
    retry: Callback<()>,
) -> impl IntoView {
    if error.is(Code::NotFound) {
        view! { <NotFoundPage/> }.into_any()
    } else {
        view! {
            <PageHeader title="This page could not be loaded"/>
            <ErrorPanel error=error retry=retry/>
        }
        .into_any()
    }
}
