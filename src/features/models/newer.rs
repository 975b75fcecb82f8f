//! What is to be known of a newer version before an endpoint moves to it.

use super::Desk;
use super::model::{day_of, difference_in_words};
use crate::routes::Page;
use crate::ui::live::{live, view};
use crate::ui::{Badge, RelativeTime, Tone};
use leptos::prelude::*;
use portico_api::difference::{SchemaChange, SchemaDifference, SchemaPart};

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
                day_of(until.as_str())
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
                <Changes difference=notice.difference/>
                {may_stay}
            </div>
        })
    })
}

/// A schema difference: a sentence, then each change.
#[component]
pub fn Changes(
    /// The difference.
    difference: SchemaDifference,
) -> impl IntoView {
    let words = difference_in_words(&difference);
    let changes = difference
        .changes
        .into_iter()
        .map(|change| view! { <Change change=change/> })
        .collect_view();
    view! {
        <p>{words}</p>
        <ul class="changes">{changes}</ul>
    }
}

#[component]
fn Change(change: SchemaChange) -> impl IntoView {
    let part = match change.part {
        SchemaPart::Input => "Input",
        SchemaPart::Output => "Output",
        SchemaPart::Parameter => "Parameter",
    };
    view! {
        <li>
            {change.breaking.then(|| view! { <Badge tone=Tone::Bad text="Breaks callers"/> " " })}
            <span class="muted">{part} ": "</span>
            {change.detail}
        </li>
    }
}
