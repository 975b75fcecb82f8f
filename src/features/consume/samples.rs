//! Samples by language. The language is in the address and, for the next visit, in this browser.

use super::model::{Call, Language};
use crate::ui::live::{effect, memo, view};
use crate::ui::{CodeBlock, Tab, Tabs};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

/// Where the browser keeps the language.
const KEPT: &str = "portico-sample";

fn kept() -> Option<Language> {
    let storage = window().local_storage().ok()??;
    Language::parse(&storage.get_item(KEPT).ok()??)
}

fn keep(language: Language) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Without room to keep it the next visit starts with the first language.
        let _ = storage.set_item(KEPT, language.slug());
    }
}

/// Shows the samples.
#[component]
pub fn Samples(
    /// What they call.
    call: Call,
) -> impl IntoView {
    let query = use_query_map();
    let path = use_location().pathname;
    let language = memo(move || {
        let named = query
            .read()
            .get("sample")
            .and_then(|slug| Language::parse(&slug));
        named.or_else(kept).unwrap_or(Language::Curl)
    });
    effect(move || {
        if query.read().get("sample").is_some() {
            keep(language.get());
        }
    });
    let tabs = Language::ALL
        .into_iter()
        .map(|this| Tab {
            href: format!("{}?sample={}", path.get_untracked(), this.slug()),
            label: this.label(),
            current: Signal::derive(move || language.get() == this),
        })
        .collect();
    let code = memo(move || call.sample(language.get()));
    view! {
        <section class="section samples" aria-labelledby="consume-samples">
            <h2 class="section-title" id="consume-samples">"Samples"</h2>
            <p class="muted">
                "They run as they are once the key is in the environment variable " <code>"PORTICO_KEY"</code>
                ". When the throttle refuses a call, they wait as long as " <code>"Retry-After"</code> " says and try again."
            </p>
            <Tabs label="Languages" tabs=tabs/>
            {move || view! { <CodeBlock code=code label=language.get().label()/> }}
        </section>
    }
}
