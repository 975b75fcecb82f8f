//! Code that can be copied.

use super::copy::{CopyButton, CopySource};
use super::live::view;
use leptos::prelude::*;

/// A block of code in its own scroller.
#[component]
pub fn CodeBlock(
    /// The code.
    #[prop(into)]
    code: Signal<String>,
    /// What it is, such as *curl*.
    #[prop(into)]
    label: String,
    /// What is copied, if it is not what is shown.
    #[prop(optional)]
    source: Option<CopySource>,
) -> impl IntoView {
    let source = source.unwrap_or_else(|| CopySource::signal(code));
    let region = label.clone();
    view! {
        <div class="code-block">
            <div class="code-head">
                <span>{label}</span>
                <CopyButton source=source label="Copy" bare=true/>
            </div>
            <pre tabindex="0" role="region" aria-label=region><code>{code}</code></pre>
        </div>
    }
}
