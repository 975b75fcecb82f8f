//! Copies a text. Says so in a live region; where the clipboard is denied, the text stands selected.

use super::icon::{Glyph, Icon};
use super::live::{effect, view};
use super::timer;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;

type Fetch = Pin<Box<dyn Future<Output = Option<String>>>>;

/// Where the text comes from, asked at the click. The text is kept nowhere.
#[derive(Clone)]
pub struct CopySource(Arc<dyn Fn() -> Fetch + Send + Sync>);

impl CopySource {
    /// A text that is known.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::fetch(move || {
            let text = text.clone();
            async move { Some(text) }
        })
    }

    /// The text that a signal holds at the click.
    pub fn signal(text: impl Into<Signal<String>>) -> Self {
        let text = text.into();
        Self::fetch(move || async move { text.try_get_untracked() })
    }

    /// A text that must be fetched first; `None` when that failed and was shown elsewhere.
    pub fn fetch<F>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<String>> + 'static,
    {
        Self(Arc::new(move || Box::pin(make())))
    }

    /// Asks for the text.
    pub async fn read(&self) -> Option<String> {
        (self.0)().await
    }
}

/// Puts a text on the clipboard. Whether the browser let it.
pub async fn copy_text(text: &str) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

/// A button that copies.
#[component]
pub fn CopyButton(
    /// Where the text comes from.
    source: CopySource,
    /// What it copies, such as *Copy URL*: the button's text, or its name where it is bare.
    #[prop(into)]
    label: String,
    /// Only the icon.
    #[prop(optional)]
    bare: bool,
    /// Whether the dialog that it is in opens with the focus on it.
    #[prop(optional)]
    autofocus: bool,
    /// Called once the text is on the clipboard, or stands selected.
    #[prop(optional)]
    on_copied: Option<Callback<()>>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let denied = RwSignal::new(None::<String>);
    let field = NodeRef::<html::Input>::new();
    let reset = timer::Delay::new();
    let copy = move |_| {
        let source = source.clone();
        spawn_local(async move {
            let Some(text) = source.read().await else {
                return;
            };
            if copy_text(&text).await {
                copied.try_set(true);
                reset.set(Duration::from_secs(2), move || {
                    copied.try_set(false);
                });
            } else {
                denied.try_set(Some(text));
            }
            if let Some(act) = on_copied {
                act.try_run(());
            }
        });
    };
    effect(move || {
        if denied.read().is_some()
            && let Some(field) = field.get()
        {
            field.select();
        }
    });
    let name = label.clone();
    view! {
        <span class="copy">
            <button
                type="button"
                class="button"
                class:button-quiet=bare
                class:icon-button=bare
                class:copied=move || copied.get()
                autofocus=autofocus
                aria-label=bare.then(|| name.clone())
                title=bare.then_some(name)
                on:click=copy
            >
                {move || {
                    let glyph = if copied.get() { Glyph::Check } else { Glyph::Copy };
                    view! { <Icon glyph=glyph/> }
                }}
                {(!bare).then(|| view! { <span>{label}</span> })}
            </button>
            <span class="visually-hidden" role="status">
                {move || if copied.get() { "Copied" } else { "" }}
            </span>
            {move || {
                denied
                    .get()
                    .map(|text| {
                        view! {
                            <input
                                node_ref=field
                                class="input mono copy-field"
                                readonly=true
                                aria-label="The clipboard is not available. Copy this text by hand"
                                prop:value=text
                                on:blur=move |_| denied.set(None)
                            />
                        }
                    })
            }}
        </span>
    }
}
