//! What of the ledger is shown. It stands in the address as well, once the typing pauses.

use super::Book;
use super::model::{csv, resources, versions};
use crate::ui::choice::Show;
use crate::ui::file::save;
use crate::ui::live::{memo, view};
use crate::ui::timer::Delay;
use crate::ui::{Button, Glyph, Icon};
use leptos::prelude::*;
use std::time::Duration;

/// The bar above the list.
#[component]
pub fn FilterBar(book: Book) -> impl IntoView {
    keep_in_address(book);
    let view_choice = [(false, "Endpoints"), (true, "Runs")]
        .into_iter()
        .map(|(past, words)| {
            view! {
                <label class="segment">
                    <input
                        type="radio"
                        name="ledger-view"
                        prop:checked=move || book.past.get() == past
                        on:change=move |_| book.past.set(past)
                    />
                    <span>{words}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="ledger-bar">
            <fieldset class="segments">
                <legend class="visually-hidden">"What is listed"</legend>
                <div class="segment-row">{view_choice}</div>
            </fieldset>
            <Show when=move || !book.past.get()>
                <Filters book=book/>
                <Export book=book/>
            </Show>
        </div>
    }
}

/// Changes the address when the filter was changed, without a new step in the history.
fn keep_in_address(book: Book) {
    let delay = Delay::new();
    Effect::new(move |before: Option<String>| {
        let address = book.address();
        if before.is_some_and(|before| before != address) {
            let address = address.clone();
            delay.set(Duration::from_millis(250), move || {
                book.outside.note(&address);
            });
        }
        address
    });
}

#[component]
fn Filters(book: Book) -> impl IntoView {
    let filter = book.filter;
    let numbers = memo(move || versions(&book.rows.read().0));
    let options = move || {
        let mut numbers = numbers.get();
        // What the address asks for can be seen and taken back, whether anything serves it or not.
        if let Some(asked) = filter.read_untracked().version
            && !numbers.contains(&asked)
        {
            numbers.push(asked);
        }
        numbers
            .into_iter()
            .map(|number| {
                view! {
                    <option
                        value=number.to_string()
                        prop:selected=move || filter.read().version == Some(number)
                    >
                        {format!("Version {number}")}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <div class="ledger-filters" role="search">
            <span class="search">
                <Icon glyph=Glyph::Search/>
                <input
                    class="input"
                    type="search"
                    aria-label="Filter endpoints"
                    placeholder="Name, customer, digest"
                    prop:value=move || filter.read().text.clone()
                    on:input=move |event| filter.update(|filter| filter.text = event_target_value(&event))
                />
            </span>
            <select
                class="input ledger-version"
                aria-label="Version"
                on:change=move |event| {
                    filter.update(|filter| filter.version = event_target_value(&event).parse().ok());
                }
            >
                <option value="" prop:selected=move || filter.read().version.is_none()>"Any version"</option>
                {options}
            </select>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || filter.read().behind
                    on:change=move |event| filter.update(|filter| filter.behind = event_target_checked(&event))
                />
                "Behind only"
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || filter.read().customised
                    on:change=move |event| filter.update(|filter| filter.customised = event_target_checked(&event))
                />
                "Customised only"
            </label>
        </div>
    }
}

/// Hands out what is filtered.
#[component]
fn Export(book: Book) -> impl IntoView {
    let blocked = memo(move || {
        if book.listing.is_complete() {
            String::new()
        } else {
            "The endpoints are still loading".to_owned()
        }
    });
    let export = move |_| {
        let rows = book.rows.get_untracked();
        let found = book.filter.read_untracked().apply(&rows.0);
        let lines = found
            .iter()
            .filter_map(|place| rows.0.get(*place))
            .map(|row| &row.line);
        let bytes = csv(lines, &resources(&rows.0));
        if !save("ledger.csv", "text/csv", &bytes) {
            book.toasts
                .error("The browser did not take the file. Try again.");
        }
    };
    view! { <Button blocked=blocked on_click=Callback::new(export)>"Export"</Button> }
}
