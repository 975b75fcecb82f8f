//! Samples by language. The language is in the address and, for the next visit, in this browser. The
//! programs come from public/samples.js, which a first visit does without.

use super::model::Call;
use crate::client::{Answer, ClientError};
use crate::ui::live::{effect, memo, view};
use crate::ui::resource::Resource;
use crate::ui::{CodeBlock, Loaded, Skeleton, Tab, Tabs, TextInput};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The sample of a language for a call; public/boot.js has it.
    #[wasm_bindgen(catch, js_name = portico_sample)]
    async fn sample(language: &str, call: &str) -> Result<JsValue, JsValue>;
}

/// Where the browser keeps the language.
const KEPT: &str = "portico-sample";

/// The languages, in the order of the tabs: as they stand in the address, and on the tab.
const LANGUAGES: [(&str, &str); 11] = [
    ("curl", "curl"),
    ("python", "Python"),
    ("python-requests", "Python, requests"),
    ("r", "R"),
    ("csharp", "C#"),
    ("powershell", "PowerShell"),
    ("javascript", "JavaScript"),
    ("java", "Java"),
    ("go", "Go"),
    ("rust", "Rust"),
    BATCH,
];

/// The last one, where the endpoint takes batch jobs.
const BATCH: (&str, &str) = ("python-batch", "Python, batch");

/// The place of a language in [`LANGUAGES`], if there is one of this slug.
fn place_of(slug: &str) -> Option<usize> {
    LANGUAGES.iter().position(|(known, _)| *known == slug)
}

fn kept() -> Option<usize> {
    let storage = window().local_storage().ok()??;
    place_of(&storage.get_item(KEPT).ok()??)
}

fn keep(slug: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Without room to keep it the next visit starts with the first language.
        let _ = storage.set_item(KEPT, slug);
    }
}

/// Shows the samples.
#[component]
pub fn Samples(
    /// What they call.
    call: Call,
    /// Whether the endpoint takes batch jobs.
    batch: bool,
) -> impl IntoView {
    let count = LANGUAGES.len() - usize::from(!batch);
    let query = use_location().query;
    let path = use_location().pathname;
    let language = memo(move || {
        let named = query.read().get("sample").and_then(|slug| place_of(&slug));
        let place = named.or_else(kept).unwrap_or(0);
        if place < count { place } else { 0 }
    });
    effect(move || {
        if query.read().get("sample").is_some() {
            keep(LANGUAGES[language.get()].0);
        }
    });
    let tabs = LANGUAGES.into_iter().enumerate().take(count);
    let tabs = tabs
        .map(|(place, (slug, label))| Tab {
            href: format!("{}?sample={slug}", path.get_untracked()),
            label,
            current: Signal::derive(move || language.get() == place),
        })
        .collect();
    let key = RwSignal::new(String::new());
    let code = Resource::new(move || {
        let (slug, label) = LANGUAGES[language.get()];
        let call = call.as_json(key.read().trim());
        async move {
            let text = sample(slug, &call).await.ok();
            let text = text.and_then(|text| text.as_string());
            let code: Answer<_> = text.ok_or(ClientError::Offline);
            code.map(|code| (label, code))
        }
    });
    view! {
        <section class="section samples" aria-labelledby="consume-samples">
            <h2 class="section-title" id="consume-samples">"Samples"</h2>
            <p class="muted">
                "Copy, paste, run: with this endpoint’s columns and a row. A call that the throttle refuses is repeated, no sooner than "
                <code>"Retry-After"</code> " says, six times at most."
            </p>
            <TextInput
                label="Key in the samples"
                hint="Left empty, samples take it from the environment variable PORTICO_KEY."
                value=key
                optional=true
                mono=true
            />
            <Tabs label="Languages" tabs=tabs/>
            <Loaded resource=code waiting=|| view! { <Skeleton lines=12/> } let:sample>
                <CodeBlock code=sample.1 label=sample.0/>
            </Loaded>
        </section>
    }
}
