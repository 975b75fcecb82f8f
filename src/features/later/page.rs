//! A whole page of publishing below a head of the portal's own.

use super::Later;
use crate::features::shell::{NotFoundPage, PageError, PageHeader, use_scope};
use crate::routes::Page;
use crate::session::use_session;
use crate::ui::live::{live, memo, view};
use leptos::prelude::*;

/// A page of publishing with its head.
#[component]
pub fn LaterPage(
    /// Which page.
    page: Page,
) -> impl IntoView {
    let scope = use_scope();
    let failure = memo(move || {
        let service = scope.service().and_then(Result::err);
        service.or_else(|| scope.workspace().and_then(Result::err))
    });
    // Only versions are for everybody; to others these pages are not there, as their data is not.
    let session = use_session();
    let may = matches!(page, Page::Version { .. })
        || page
            .workspace()
            .is_some_and(|ws| untrack(|| session.can_publish(ws)));
    if !may {
        return view! { <NotFoundPage/> };
    }
    let page = StoredValue::new(page);
    live(move || match failure.get() {
        Some(error) => {
            let retry = Callback::new(move |()| scope.reload());
            view! { <PageError error=error retry=retry/> }
        }
        None => {
            let page = page.get_value();
            view! {
                <PageHeader title=title(&page)/>
                <Later page=page/>
            }
            .into_any()
        }
    })
}

fn title(page: &Page) -> String {
    match page {
        Page::Publish { svc: Some(_), .. } => "Publish a version".to_owned(),
        Page::Version { number, .. } => format!("Version {number}"),
        Page::Many { .. } => "Add many endpoints".to_owned(),
        Page::Rollout { name, .. } => format!("Staged rollout of {name}"),
        _ => "Publish a model".to_owned(),
    }
}
