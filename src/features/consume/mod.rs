//! *Consume*: where an endpoint is called, samples that call it, and what goes in and comes out.

pub mod model;
mod samples;
mod schema_tables;
pub mod shell;

use crate::client::endpoints::Place;
use crate::client::{self, Versioned};
use crate::ui::live::{live, memo, view};
use crate::ui::resource::Resource;
use crate::ui::{CopyButton, CopySource, Loaded, Skeleton};
use leptos::prelude::*;
use model::Call;
use portico_api::endpoint::Endpoint;
use portico_api::service::Version;
use samples::Samples;
use schema_tables::SchemaTables;

/// Shows how an endpoint is called.
#[component]
pub fn Consume(
    /// The endpoint.
    endpoint: RwSignal<Versioned<Endpoint>>,
) -> impl IntoView {
    let urls = memo(move || endpoint.read().value.urls.clone());
    let version = version_of(endpoint);
    let url_rows = move || {
        let urls = urls.get();
        [
            ("Request-response", Some(urls.request_response)),
            ("Batch", urls.batch),
            ("Open Inference Protocol", urls.inference),
        ]
        .into_iter()
        .filter_map(|(label, url)| Some(view! { <UrlRow label=label url=url?/> }))
        .collect_view()
    };
    view! {
        <section class="section" aria-labelledby="consume-urls">
            <h2 class="section-title" id="consume-urls">"Address"</h2>
            <div class="card">{live(url_rows)}</div>
        </section>
        <Loaded resource=version waiting=|| view! { <Skeleton lines=12/> } let:version>
            <VersionView endpoint=endpoint version=version/>
        </Loaded>
    }
}

/// The version that an endpoint serves; loaded anew when it serves another.
pub fn version_of(endpoint: RwSignal<Versioned<Endpoint>>) -> Resource<client::Answer<Version>> {
    let wanted = memo(move || {
        let endpoint = endpoint.read();
        (Place::of(&endpoint.value), endpoint.value.version)
    });
    Resource::new(move || {
        let (place, number) = wanted.get();
        async move { client::versions::get(&place.ws, &place.svc, number).await }
    })
}

#[component]
fn UrlRow(label: &'static str, url: String) -> impl IntoView {
    view! {
        <div class="created-row">
            <p class="field-label">{label}</p>
            <div class="url-line">
                <code>{url.clone()}</code>
                <CopyButton source=CopySource::text(url) label="Copy URL"/>
            </div>
        </div>
    }
}

#[component]
fn VersionView(endpoint: RwSignal<Versioned<Endpoint>>, version: Version) -> impl IntoView {
    let (call, batch) = {
        let Versioned { value, .. } = &*endpoint.read_untracked();
        let title = format!(
            "Scores one row with {}, endpoint {}",
            value.service_name, value.name
        );
        let call = Call::new(
            &value.urls.request_response,
            &title,
            &version.schema,
            &version.samples,
        );
        (call, value.urls.batch.is_some())
    };
    view! {
        <Samples call=call batch=batch/>
        <SchemaTables schema=version.schema number=version.number/>
    }
}
