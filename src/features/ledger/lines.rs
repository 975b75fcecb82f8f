//! The endpoints that the filter lets through: all of them are here, and as many as are seen are drawn.

use super::Book;
use super::model::{Filter, footer};
use super::table::LedgerTable;
use crate::ui::choice::Show;
use crate::ui::focus::catch_focus;
use crate::ui::live::{effect, live, memo, view};
use crate::ui::{Button, EmptyState};
use leptos::prelude::*;
use portico_api::name::EndpointName;
use std::collections::HashSet;

/// The list, its count, and what stands there if nothing matches.
#[component]
pub fn LedgerLines(book: Book) -> impl IntoView {
    // A ledger is of the whole service: filters and choices are over all of it.
    effect(move || {
        if book.listing.has_more() {
            book.listing.rest();
        }
    });
    let found = memo(move || book.filter.read().apply(&book.rows.read().0));
    // Who is gone can't be chosen.
    effect(move || {
        let rows = book.rows.get();
        let complete = book.listing.is_complete();
        if !complete || book.picked.with_untracked(HashSet::is_empty) {
            return;
        }
        let there: HashSet<&EndpointName> = rows.0.iter().map(|row| &row.line.name).collect();
        let gone = book
            .picked
            .with_untracked(|picked| picked.iter().any(|name| !there.contains(name)));
        if gone {
            book.picked
                .update(|picked| picked.retain(|name| there.contains(name)));
        }
    });
    let foot = Signal::derive(move || {
        footer(
            book.rows.read().0.len(),
            found.read().len(),
            book.listing.is_complete(),
            !book.filter.read().is_empty(),
        )
    });
    let nothing = memo(move || found.read().is_empty());
    let clear = move |_| {
        book.filter.set(Filter::default());
        catch_focus(".ledger-filters input");
    };
    view! {
        <Show
            when=move || !nothing.get()
            fallback=move || view! {
                <EmptyState title="No endpoint matches" text="No endpoint is all that the filter asks for.">
                    <Button on_click=Callback::new(clear)>"Clear the filter"</Button>
                </EmptyState>
            }
        >
            <LedgerTable book=book found=found/>
        </Show>
        <p class="ledger-foot muted" role="status">{live(move || foot.get())}</p>
    }
}
