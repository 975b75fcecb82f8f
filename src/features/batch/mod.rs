//! The spreadsheet page, which stands in for the Excel workbook: rows come in, are checked, fixed,
//! scored and handed out. What is read, checked and sent is the worker's; this shows it.

mod bar;
mod columns;
mod columns_row;
mod download;
mod empty;
mod findings;
mod focus;
mod goto;
mod hear;
mod intake;
pub mod model;
mod notice;
mod parameters;
mod reading;
mod remarks;
mod score;
mod state;
mod table;

use crate::client::endpoints::Place;
use crate::client::{self, Answer};
use crate::ui::live::{live, view};
use crate::ui::resource::Resource;
use crate::ui::{Loaded, Skeleton};
use empty::Empty;
use leptos::prelude::*;
use notice::{NoticeLine, Unreachable};
use portico_api::endpoint::Endpoint;
use portico_api::service::Version;
use portico_tabular::protocol::Start;
use state::Sheet;
use table::Table;
use web_sys::HtmlElement;

/// The page, within `root`: below the page's head and tabs.
#[component]
pub fn Batch(
    /// The endpoint.
    place: Place,
    /// What the page stands in. While it is out of the document, the page keeps still.
    root: HtmlElement,
    /// The address of the worker's script.
    worker: String,
) -> impl IntoView {
    let worker = StoredValue::new(worker);
    let root = StoredValue::new_local(root);
    let loaded = Resource::new(move || {
        let place = place.clone();
        async move { load(&place).await }
    });
    view! {
        <Loaded resource=loaded waiting=|| view! { <Skeleton lines=12/> } let:loaded>
            <Page loaded=loaded root=root worker=worker.get_value()/>
        </Loaded>
    }
}

async fn load(place: &Place) -> Answer<(Endpoint, Version)> {
    let endpoint = client::endpoints::get(place).await?.value;
    let version = client::versions::get(&place.ws, &place.svc, endpoint.version).await?;
    Ok((endpoint, version))
}

#[component]
fn Page(
    loaded: (Endpoint, Version),
    root: StoredValue<HtmlElement, LocalStorage>,
    worker: String,
) -> impl IntoView {
    let (endpoint, version) = loaded;
    let sheet = Sheet::new(
        worker,
        Start {
            ws: endpoint.workspace_id.to_string(),
            svc: endpoint.service_id.to_string(),
            service: endpoint.service_name.clone(),
            name: endpoint.name.to_string(),
            schema: version.schema,
            samples: version.samples,
            max_concurrent_calls: endpoint.throttle.max_concurrent_calls,
        },
    );
    provide_context(sheet);
    let over = intake::listen(sheet, root);
    let page = move || {
        if sheet.unreachable.get() {
            view! { <Unreachable/> }
        } else if sheet.has_table() {
            view! { <Table/> }
        } else {
            view! { <Empty/> }
        }
    };
    let which = Memo::new(move |_| (sheet.unreachable.get(), sheet.has_table()));
    view! {
        <div class="batch" class:batch-over=move || over.get()>
            <NoticeLine/>
            {live(move || {
                which.get();
                untrack(page)
            })}
            <p class="visually-hidden" role="status" aria-live="polite">{move || sheet.spoken.get()}</p>
        </div>
    }
}
