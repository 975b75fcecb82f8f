//! *Ledger*: which endpoint of a service runs which models, how far each is behind, and moving many of
//! them at once. For publishers.

mod bulk;
mod filter;
mod lines;
pub mod model;
mod plan;
mod plan_choice;
mod plan_list;
mod row;
mod run;
mod runs;
mod table;

use crate::client;
use crate::outside::{Outside, asked, use_outside};
use crate::routes::{Page, ServiceTab};
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use crate::ui::toast::{Toasts, use_toasts};
use crate::ui::{EmptyState, Listing, ListingView};
use bulk::BulkBar;
use filter::FilterBar;
use leptos::prelude::*;
use lines::LedgerLines;
use model::{Filter, Row};
use plan::PlanDialog;
use portico_api::id::{ServiceId, WorkspaceId};
use portico_api::name::EndpointName;
use portico_api::update::{LedgerLine, Run, StartRun};
use run::RunPanel;
use runs::Runs;
use std::collections::HashSet;
use std::sync::Arc;

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Book {
    ids: StoredValue<(WorkspaceId, ServiceId)>,
    listing: Listing<LedgerLine>,
    runs: Listing<Run>,
    /// The lines, prepared for filtering.
    rows: Memo<Prepared>,
    filter: RwSignal<Filter>,
    /// Names of the endpoints that are chosen.
    picked: RwSignal<HashSet<EndpointName>>,
    /// What is about to be planned; the dialog is open while there is something.
    planning: RwSignal<Option<StartRun>>,
    /// The run that is shown above the list.
    run: RwSignal<Option<String>>,
    /// The run that was just started here.
    fresh: StoredValue<Option<String>>,
    /// Whether the runs are shown in place of the endpoints.
    past: RwSignal<bool>,
    outside: Outside,
    toasts: Toasts,
}

/// Lines that are shared, not copied; another list is another value.
#[derive(Clone)]
struct Prepared(Arc<Vec<Row>>);

impl PartialEq for Prepared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Book {
    fn new(ws: WorkspaceId, svc: ServiceId, filter: Filter) -> Self {
        let ids = StoredValue::new((ws, svc));
        let listing = Listing::new(move |query| {
            let (ws, svc) = ids.get_value();
            async move { client::ledger::list(&ws, &svc, &query).await }
        });
        let runs = Listing::new(move |query| {
            let (ws, svc) = ids.get_value();
            async move { client::runs::list(&ws, &svc, &query).await }
        });
        let items = listing.items();
        let rows = memo(move || {
            let rows = items.read().iter().cloned().map(Row::of).collect();
            Prepared(Arc::new(rows))
        });
        Self {
            ids,
            listing,
            runs,
            rows,
            filter: RwSignal::new(filter),
            picked: RwSignal::new(HashSet::new()),
            planning: RwSignal::new(None),
            run: RwSignal::new(asked("run").filter(|run| is_run_id(run))),
            fresh: StoredValue::new(None),
            past: RwSignal::new(asked("view").as_deref() == Some("runs")),
            outside: use_outside(),
            toasts: use_toasts(),
        }
    }

    /// Endpoints are other than they were.
    fn changed(self) {
        self.listing.reload();
        self.runs.reload();
        self.outside.outdated();
    }

    /// What the address says of the page, as it is now.
    fn address(self) -> String {
        let (ws, svc) = self.ids.get_value();
        let mut href = Page::Service {
            ws,
            svc,
            tab: ServiceTab::Ledger,
        }
        .href();
        let mut pairs = self.filter.read().query();
        if self.past.get() {
            pairs.push(("view", "runs".to_owned()));
        }
        if let Some(run) = self.run.get() {
            pairs.push(("run", run));
        }
        for (place, (name, value)) in pairs.iter().enumerate() {
            href.push(if place == 0 { '?' } else { '&' });
            href.push_str(name);
            href.push('=');
            href.push_str(&String::from(js_sys::encode_uri_component(value)));
        }
        href
    }
}

/// Whether a text of the address can be a run's id.
fn is_run_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The filter of the address, and what of it made no sense.
fn filter_of_address() -> (Filter, Vec<String>) {
    let given: Vec<(&str, String)> = ["q", "behind", "own", "version"]
        .into_iter()
        .filter_map(|name| Some((name, asked(name)?)))
        .collect();
    Filter::read(given.iter().map(|(name, value)| (*name, value.as_str())))
}

/// The ledger of a service.
#[component]
pub fn Ledger(
    /// The workspace.
    ws: WorkspaceId,
    /// The service.
    svc: ServiceId,
) -> impl IntoView {
    let (filter, notes) = filter_of_address();
    let book = Book::new(ws, svc, filter);
    let notes = (!notes.is_empty())
        .then(|| view! { <p class="notice tone-info" role="status">{notes.join(" ")}</p> });
    let empty = || {
        view! { <EmptyState title="No endpoint yet" text="Once the service has endpoints, this says which models each of them runs."/> }
    };
    let run = move || {
        book.run
            .get()
            .map(|run| view! { <RunPanel book=book run=run/> })
    };
    view! {
        <div class="ledger">
            {notes}
            {live(run)}
            <FilterBar book=book/>
            <Show when=move || book.past.get() fallback=move || view! {
                <BulkBar book=book/>
                <ListingView listing=book.listing empty=empty pager=false>
                    <LedgerLines book=book/>
                </ListingView>
            }>
                <Runs book=book/>
            </Show>
            <PlanDialog book=book/>
        </div>
    }
}
