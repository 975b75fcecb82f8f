//! What a schema changes against the version before, in words.

use super::model::{changes_in_words, part_word};
use crate::ui::live::view;
use crate::ui::{Badge, Glyph, Icon, Tone};
use leptos::prelude::*;
use portico_api::difference::SchemaDifference;

/// The changes, breaking ones first and marked.
#[component]
pub fn Differences(
    /// The changes.
    difference: SchemaDifference,
) -> impl IntoView {
    let breaking = difference.breaking() > 0;
    let (tone, glyph) = if breaking {
        (Tone::Warning, Glyph::Warning)
    } else {
        (Tone::Good, Glyph::Check)
    };
    let head = changes_in_words(&difference);
    let items = difference
        .changes
        .into_iter()
        .map(|change| {
            view! {
                <li class="difference">
                    <span class="difference-mark">
                        {if change.breaking {
                            view! { <Badge tone=Tone::Warning text="breaks callers"/> }
                        } else {
                            view! { <Badge text="safe"/> }
                        }}
                    </span>
                    <span class="muted difference-part">{part_word(change.part)}</span>
                    <span class="difference-text">{change.detail}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class=format!("card parity-card {}", tone.class())>
            <p class="parity-verdict">
                <Icon glyph=glyph/>
                <strong>{head}</strong>
            </p>
            <ul class="differences">{items}</ul>
        </div>
    }
}
