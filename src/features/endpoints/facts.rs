//! What is known of an endpoint and can't be changed here.

use super::state::{model_name, short_digest};
use crate::client::Versioned;
use crate::ui::live::{live, view};
use crate::ui::{Badge, CopyButton, CopySource, RelativeTime, Tone};
use leptos::prelude::*;
use portico_api::endpoint::{Endpoint, EndpointModel};

/// The list of facts, and the models.
#[component]
pub fn Facts(
    /// The endpoint.
    endpoint: RwSignal<Versioned<Endpoint>>,
) -> impl IntoView {
    live(move || {
        let Versioned { value, .. } = endpoint.get();
        let models = value
            .models
            .iter()
            .map(|model| view! { <Model model=model.clone()/> })
            .collect_view();
        let url = value.urls.request_response.clone();
        let id = value.id.to_string();
        view! {
            <section class="card facts-card" aria-label="Facts">
                <dl class="facts">
                    <dt>"ID"</dt>
                    <dd class="fact-copy">
                        <code>{id.clone()}</code>
                        <CopyButton source=CopySource::text(id) label="Copy endpoint id" bare=true/>
                    </dd>
                    <dt>"URL"</dt>
                    <dd class="fact-copy">
                        <code class="fact-clip" title=url.clone()>{url.clone()}</code>
                        <CopyButton source=CopySource::text(url) label="Copy request-response URL" bare=true/>
                    </dd>
                    <dt>"Service"</dt>
                    <dd>{value.service_name} ", version " <span class="num">{value.version}</span></dd>
                    <dt>"Customer"</dt>
                    <dd>{value.customer_name.unwrap_or_else(|| "None".to_owned())}</dd>
                    <dt>"Created"</dt>
                    <dd><RelativeTime time=value.created_at/></dd>
                    <dt>"Changed"</dt>
                    <dd><RelativeTime time=value.updated_at/></dd>
                </dl>
                <h2 class="section-title">"Models"</h2>
                <ul class="models">{models}</ul>
            </section>
        }
    })
}

#[component]
fn Model(model: EndpointModel) -> impl IntoView {
    let name = model_name(&model);
    let digest = model.sha256.clone();
    view! {
        <li class="model">
            <span class="model-name">{name}</span>
            <span class="model-digest">
                <code title=digest.clone()>{short_digest(&digest).to_owned()} "…"</code>
                <CopyButton source=CopySource::text(digest) label="Copy SHA-256" bare=true/>
            </span>
            <span class="muted">{if model.own { "The endpoint’s own" } else { "The version’s" }}</span>
            {model.quarantine.map(|_| view! { <Badge tone=Tone::Bad text="Quarantined"/> })}
        </li>
    }
}
