//! What is to be known of a newer version before an endpoint moves to it.

use super::Desk;
use crate::features::versions::Differences;
use crate::routes::Page;
use crate::ui::RelativeTime;
use crate::ui::live::{live, view};
use leptos::prelude::*;

/// The notice of the newest version.
#[component]
pub fn Newer(desk: Desk) -> impl IntoView {
    live(move || {
        let notice = desk.part(|around| around.notice.clone()).flatten()?;
        let place = desk.place.get_value();
        let href = Page::Version {
            ws: place.ws,
            svc: place.svc,
            number: notice.to,
        }
        .href();
        let may_stay = notice.may_stay_until.map(|until| {
            let words = format!(
                "You may stay on version {} until the end of {} (UTC).",
                notice.from,
                until.day()
            );
            view! { <p class="muted">{words}</p> }
        });
        Some(view! {
            <div class="newer tone-info">
                <p class="newer-title">
                    <a href=href>{format!("Version {} is available", notice.to)}</a>
                    <span class="muted">", published " <RelativeTime time=notice.published_at/></span>
                </p>
                {(!notice.notes.is_empty()).then(|| view! { <p class="newer-notes">{notice.notes}</p> })}
                <Differences difference=notice.difference/>
                {may_stay}
            </div>
        })
    })
}
