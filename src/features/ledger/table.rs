//! The table of the ledger. It may have ten thousand rows: those in view are drawn, and two rows without
//! content stand for the others, so that the page is as long as it would be.

use super::Book;
use super::model::{Row, window};
use super::row::LedgerRow;
use crate::ui::choice::For;
use crate::ui::live::{effect, memo, view};
use crate::ui::number::fixed;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use portico_api::name::EndpointName;
use portico_api::update::LedgerLine;
use std::collections::HashSet;

/// A row's height in pixels before one was measured.
const ROW: f64 = 37.0;
/// How many columns the table has.
const COLUMNS: &str = "8";

/// The rows at these places.
#[component]
pub fn LedgerTable(book: Book, found: Memo<Vec<usize>>) -> impl IntoView {
    let body = NodeRef::<html::Tbody>::new();
    let height = RwSignal::new(ROW);
    let view = RwSignal::new((0.0_f64, 1_000.0_f64));
    let look = move || {
        let Some(body) = body.try_get_untracked().flatten() else {
            return;
        };
        let inner = window_height();
        let top = -body.get_bounding_client_rect().top();
        if view.try_get_untracked() != Some((top, inner)) {
            view.try_set((top, inner));
        }
        let drawn = body.query_selector("tr:not(.spacer)").ok().flatten();
        let measured = drawn.map(|row| row.get_bounding_client_rect().height());
        if let Some(measured) = measured.filter(|measured| *measured > 0.0)
            && height
                .try_get_untracked()
                .is_some_and(|known| (known - measured).abs() > 0.01)
        {
            height.try_set(measured);
        }
    };
    let handles = [
        window_event_listener(ev::scroll, move |_| look()),
        window_event_listener(ev::resize, move |_| look()),
    ];
    on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
    // What is above the table changes its place as well.
    effect(move || {
        found.track();
        book.run.track();
        book.picked.track();
        body.track();
        request_animation_frame(look);
    });
    let range = memo(move || {
        let (top, inner) = view.get();
        window(top, inner, height.get(), found.read().len())
    });
    let drawn = move || {
        let range = range.get();
        let rows = book.rows.read();
        let places = found.read();
        let first = range.start;
        let places = places.get(range).unwrap_or_default();
        places
            .iter()
            .enumerate()
            .filter_map(|(at, place)| Some((first + at, rows.0.get(*place)?.clone())))
            .collect::<Vec<(usize, Row)>>()
    };
    let above = Signal::derive(move || pixels(range.read().start, height.get()));
    let below = Signal::derive(move || {
        let left = found.read().len().saturating_sub(range.read().end);
        pixels(left, height.get())
    });
    view! {
        <div class="table-frame table-tall">
            <div class="table-scroller" role="region" tabindex="0" aria-label="Ledger">
                <table class="table ledger-table" aria-rowcount=move || (found.read().len() + 1).to_string()>
                    <caption class="visually-hidden">"Which endpoint runs which models"</caption>
                    <thead>
                        <tr aria-rowindex="1">
                            <th scope="col" class="pick-cell"><PickAll book=book found=found/></th>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Customer"</th>
                            <th scope="col">"Version"</th>
                            <th scope="col">"Models"</th>
                            <th scope="col" class="num">"Revision"</th>
                            <th scope="col">"Since"</th>
                            <th scope="col">"Flags"</th>
                        </tr>
                    </thead>
                    <tbody node_ref=body>
                        <Spacer height=above/>
                        <For
                            each=drawn
                            key=|(place, row)| key(*place, &row.line)
                            let:item
                        >
                            <LedgerRow book=book place=item.0 row=item.1/>
                        </For>
                        <Spacer height=below/>
                    </tbody>
                </table>
            </div>
        </div>
    }
}

/// What tells a drawn row from another one, or from what the same endpoint was before.
fn key(place: usize, line: &LedgerLine) -> String {
    let LedgerLine {
        name,
        behind,
        revision,
        prevent_update,
        ..
    } = line;
    let stays = line.stay_until.as_ref().map_or("", |until| until.as_str());
    format!("{place} {name} {behind} {revision} {prevent_update} {stays}")
}

fn window_height() -> f64 {
    let inner = leptos::prelude::window().inner_height().ok();
    inner.and_then(|inner| inner.as_f64()).unwrap_or(1_000.0)
}

/// So many rows in pixels.
fn pixels(rows: usize, height: f64) -> f64 {
    #[expect(
        clippy::as_conversions,
        reason = "far fewer rows than a double counts exactly"
    )]
    let rows = rows as f64;
    rows * height
}

/// The room of rows that are not drawn.
#[component]
fn Spacer(height: Signal<f64>) -> impl IntoView {
    let cell = NodeRef::<html::Td>::new();
    effect(move || {
        if let Some(cell) = cell.get() {
            let style = web_sys::HtmlElement::style(&cell);
            // A length in pixels is always taken.
            let _ = style.set_property("height", &format!("{}px", fixed(height.get(), 0)));
        }
    });
    let none = move || height.get() < 1.0;
    view! {
        <tr class="spacer" aria-hidden="true" hidden=none>
            <td node_ref=cell colspan=COLUMNS></td>
        </tr>
    }
}

/// Chooses all that the filter lets through.
#[component]
fn PickAll(book: Book, found: Memo<Vec<usize>>) -> impl IntoView {
    let names = move || {
        let rows = book.rows.read();
        let found = found.read();
        let lines = found
            .iter()
            .filter_map(|place| rows.0.get(*place))
            .filter(|row| !row.line.is_default);
        lines
            .map(|row| row.line.name.clone())
            .collect::<HashSet<EndpointName>>()
    };
    let all = memo(move || {
        let names = names();
        !names.is_empty() && names.is_subset(&book.picked.read())
    });
    view! {
        <input
            type="checkbox"
            aria-label="Choose all that are listed"
            title="Choose all that are listed"
            prop:checked=move || all.get()
            on:change=move |event| {
                let names = untrack(names);
                let wanted = event_target_checked(&event);
                book.picked.update(|picked| {
                    if wanted {
                        picked.extend(names);
                    } else {
                        picked.retain(|name| !names.contains(name));
                    }
                });
            }
        />
    }
}
