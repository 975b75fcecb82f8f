//! What is shown where nothing is, or nothing for this person: the text is the same.

use super::header::PageHeader;
use super::text;
use crate::client::ClientError;
use crate::routes::Page;
use crate::ui::live::view;
use crate::ui::{ButtonKind, ErrorPanel};
use leptos::prelude::*;
use portico_api::problem::Code;

/// There is nothing here, or nothing for this person.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <PageHeader title=text::NOT_FOUND/>
        <div class="empty">
            <p class="empty-title">{text::NOT_FOUND_TITLE}</p>
            <p class="empty-text">
                {text::NOT_FOUND_TEXT}
            </p>
            <div class="empty-action">
                <a class=ButtonKind::Primary.class() href=Page::Home.href()>{text::TO_START}</a>
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
            <PageHeader title=text::NOT_LOADED/>
            <ErrorPanel error=error retry=retry/>
        }
        .into_any()
    }
}
